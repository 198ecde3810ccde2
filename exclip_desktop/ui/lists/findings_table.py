"""The table of findings and its model: sorted by a click on a heading; columns can be moved, resized and hidden.

Only the rows on screen are read from the project.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.finding import RATING_NAMES, Finding
from exclip_desktop.core.values.heat_thumbnail import place_heat
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.session.project.findings import ProjectFindings
from exclip_desktop.session.state import State
from exclip_desktop.storage.finding_columns import LISTED
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.ui.lists.column_table import ColumnTable
from exclip_desktop.ui.lists.heat_images import HeatImage, draw_heat
from exclip_desktop.ui.lists.thumbnail_rows import (
    BELOW_ROLE,
    HEAT_ROLE,
    TITLE_ROLE,
    Index,
    ThumbnailDelegate,
    ThumbnailModel,
)

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

    def __init__(
        self, findings: ProjectFindings, thumbnails: Thumbnails, state: State, parent: QObject | None = None
    ) -> None:
        """Draw heat as ``state.view`` says."""
        super().__init__(thumbnails, PICTURE, parent)
        self._findings, self._state = findings, state
        self._heats: dict[int, HeatImage | None] = {}  # by id, of the pages in memory
        state.view_changed.connect(self._on_view_changed)
        self.query = FindingQuery(descending=True)
        self._ids: list[int] = []
        self._rows: dict[int, int] = {}  # by id
        self._pages: dict[int, dict[int, Finding]] = {}  # of each page, findings by id

    def show(self, query: FindingQuery) -> None:
        """List the present findings of a query."""
        self.beginResetModel()
        self.query, self._ids = query, self._findings.ids(query)
        self._rows = {key: row for row, key in enumerate(self._ids)}
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
        if role in (TITLE_ROLE, BELOW_ROLE, HEAT_ROLE):  # of the grid
            return self._heat(finding) if role == HEAT_ROLE else _grid_text(finding, role)
        if role == Role.AccessibleTextRole:
            return f"{column.heading}: {column.display(finding)}"
        return _details(finding) if role == Role.ToolTipRole else None

    def ids(self, rows: Iterable[int]) -> tuple[int, ...]:
        """Return the ids of the findings in these rows."""
        return tuple(self._ids[row] for row in rows if 0 <= row < len(self._ids))

    def row_of(self, key: int) -> int | None:
        """Return the row of a finding by its id; None where the filter hides it."""
        return self._rows.get(key)

    def finding(self, row: int) -> Finding | None:
        """Return the finding of a row; None where it was removed meanwhile."""
        number = row // PAGE
        if number not in self._pages:
            if len(self._pages) >= CACHED_PAGES:
                self._pages.pop(next(iter(self._pages)))
            ids = self._ids[number * PAGE : (number + 1) * PAGE]
            self._heats.clear()
            self._pages[number] = {finding.id: finding for finding in self._findings.load(ids)}
        return self._pages[number].get(self._ids[row]) if 0 <= row < len(self._ids) else None

    def _heat(self, finding: Finding) -> HeatImage | None:
        """Return the heat of a finding, in the colours of the window; None without heat, or while it is hidden."""
        numbers = finding.numbers
        if not self._state.view.heat or not numbers.heat or numbers.geometry is None:
            return None
        if finding.id not in self._heats:
            heat = place_heat(np.array(numbers.heat), numbers.geometry)
            self._heats[finding.id] = draw_heat(heat, self._state.view)
        return self._heats[finding.id]

    def _on_view_changed(self) -> None:
        self._heats.clear()
        if self._ids:
            self.dataChanged.emit(self.index(0, PICTURE), self.index(len(self._ids) - 1, PICTURE), [HEAT_ROLE])


def _grid_text(finding: Finding, role: int) -> str:
    if role == TITLE_ROLE:
        return finding.view.inputs_line
    rating = RATING_NAMES[finding.rating] if finding.rating else ""
    return " · ".join(part for part in (rating, format_signed(finding.numbers.score), *finding.tags) if part)


def _details(finding: Finding) -> str:
    view, numbers = finding.view, finding.numbers
    rating = " · ".join(part for part in (finding.rating, *finding.tags) if part)
    score = f"score {format_signed(numbers.score)}, {view.model}, {finding.created[:10]}"
    lines = (view.inputs_line, view.method_line, rating, finding.note, view.picture, score)
    return "\n".join(line for line in lines if line)


class FindingsTable(ColumnTable):
    """Shows a ``FindingsModel``, the newest finding first."""

    def __init__(self, model: FindingsModel, parent: QWidget | None = None) -> None:
        super().__init__(model, LISTED, "Findings", parent)
        self.setItemDelegateForColumn(PICTURE, ThumbnailDelegate(self))
        self.show_sort("created", descending=True)

    def text_of(self, rows: Iterable[int]) -> str:
        """Return the visible columns of rows as lines for a spreadsheet, with their headings."""
        header, model = self.horizontalHeader(), self.model()
        order = (header.logicalIndex(visual) for visual in range(header.count()))
        columns = [LISTED[at] for at in order if not header.isSectionHidden(at)]
        assert isinstance(model, FindingsModel)
        findings = [finding for row in rows if (finding := model.finding(row)) is not None]
        lines = [[column.heading for column in columns]]
        lines += [[" ".join(column.display(finding).split()) for column in columns] for finding in findings]
        return "\n".join("\t".join(line) for line in lines)
