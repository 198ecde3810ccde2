"""Qt's model of the open project's findings; only the rows on screen are read."""

from typing import Any, Final

from PySide6.QtCore import QObject, Qt

from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.session.project.findings import ProjectFindings
from exclip_desktop.storage.finding_columns import LISTED
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.ui.lists.thumbnail_rows import Index, ThumbnailModel

PAGE: Final = 64
CACHED_PAGES: Final = 16
LONGEST: Final = 300  # characters; no cell shows more
KEYS: Final = tuple(column.key for column in LISTED)
PICTURE: Final = KEYS.index("picture")
Role = Qt.ItemDataRole


class FindingsModel(ThumbnailModel):
    """Rows are the findings of ``query``, columns those of ``LISTED``.

    Attributes:
        query: which findings are listed, and their order.

    """

    def __init__(self, findings: ProjectFindings, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(thumbnails, PICTURE, parent)
        self._findings = findings
        self.query = FindingQuery(descending=True)
        self._ids: list[int] = []
        self._pages: dict[int, dict[int, Finding]] = {}  # of each page, findings by id

    def show(self, query: FindingQuery) -> None:
        """List the present findings of a query."""
        self.beginResetModel()
        self.query, self._ids = query, self._findings.ids(query)
        self._pages.clear()
        self.cancel_thumbnails()
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return the number of findings."""
        return 0 if parent is not None and parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(LISTED)

    def headerData(  # noqa: N802  Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Return a column's heading; numbers and dates sort in descending order first."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = LISTED[section]
        if role == Role.DisplayRole:
            return column.heading
        if role == Role.ToolTipRole:
            return f"Sort by {column.heading.lower()}" if column.is_sortable else None
        if role == Role.InitialSortOrderRole:
            is_large_first = column.kind == "number" or column.key in ("created", "changed", "id")
            return Qt.SortOrder.DescendingOrder if is_large_first else Qt.SortOrder.AscendingOrder
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return the data of a cell."""
        finding = self.finding(index.row())
        if finding is None:
            return None
        column = LISTED[index.column()]
        if role == Role.DecorationRole and index.column() == PICTURE:
            return self.thumbnail(str(self._findings.picture_path(finding)), index.row())
        if role == Role.DisplayRole:
            return column.display(finding)[:LONGEST]
        if role == Role.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.kind == "number" else Qt.AlignmentFlag.AlignLeft
            return Qt.AlignmentFlag.AlignVCenter | side
        if role == Role.AccessibleTextRole:
            return f"{column.heading}: {column.display(finding)}"
        return _details(finding) if role == Role.ToolTipRole else None

    def finding(self, row: int) -> Finding | None:
        """Return the finding of a row; None where it was removed meanwhile."""
        number = row // PAGE
        if number not in self._pages:
            if len(self._pages) >= CACHED_PAGES:
                self._pages.pop(next(iter(self._pages)))
            ids = self._ids[number * PAGE : (number + 1) * PAGE]
            self._pages[number] = {finding.id: finding for finding in self._findings.load(ids)}
        return self._pages[number].get(self._ids[row]) if 0 <= row < len(self._ids) else None


def _details(finding: Finding) -> str:
    view, numbers = finding.view, finding.numbers
    rating = " · ".join(part for part in (finding.rating, *finding.tags) if part)
    score = f"score {format_signed(numbers.score)}, {view.model}, {finding.created[:10]}"
    lines = (view.caption, view.method_line, rating, finding.note, view.picture, score)
    return "\n".join(line for line in lines if line)
