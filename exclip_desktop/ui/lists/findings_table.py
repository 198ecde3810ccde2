"""The table of findings and its model: sorted by a click on a heading; columns can be moved, resized and hidden.

Only the rows on screen are read from the project.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
import numpy as np
from PySide6.QtCore import QByteArray, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView, QWidget

from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.finding import RATING_NAMES, Finding
from exclip_desktop.core.values.heat_thumbnail import place_heat
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.session.project.findings import ProjectFindings
from exclip_desktop.session.state import State
from exclip_desktop.storage.finding_columns import LISTED
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.ui.lists.heat_images import HeatImage, draw_heat
from exclip_desktop.ui.lists.thumbnail_rows import (
    BELOW_ROLE,
    HEAT_ROLE,
    PAD_PX,
    THUMB_PX,
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
        return finding.view.caption
    rating = RATING_NAMES[finding.rating] if finding.rating else ""
    return " · ".join(part for part in (rating, format_signed(finding.numbers.score), *finding.tags) if part)


def _details(finding: Finding) -> str:
    view, numbers = finding.view, finding.numbers
    rating = " · ".join(part for part in (finding.rating, *finding.tags) if part)
    score = f"score {format_signed(numbers.score)}, {view.model}, {finding.created[:10]}"
    lines = (view.caption, view.method_line, rating, finding.note, view.picture, score)
    return "\n".join(line for line in lines if line)


NEWEST_FIRST: Final = "created", Qt.SortOrder.DescendingOrder


class FindingsTable(QTableView):
    """Shows a ``FindingsModel``.

    Attributes:
        columns_menu: shows and hides columns, and sorts by one.

    Signals:
        sort_changed(): another column or order was chosen.

    """

    sort_changed = Signal()

    def __init__(self, model: FindingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegateForColumn(PICTURE, ThumbnailDelegate(self))
        self.setAccessibleName("Findings")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(THUMB_PX + 2 * PAD_PX)
        self._sort = NEWEST_FIRST
        self._build_header()
        self.columns_menu = self._build_menu()

    def keyboardSearch(self, search: str) -> None:  # noqa: N802  Qt's name
        """Ignore typed letters: Qt would read every finding to search for them."""

    @property
    def sort(self) -> tuple[str, bool]:
        """The key of the column that the findings are sorted by, and whether in descending order."""
        key, order = self._sort
        return key, order == Qt.SortOrder.DescendingOrder

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

    def sort_by(self, key: str, *, descending: bool) -> None:
        """Sort by a column."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(KEYS.index(key), order)

    def saveState(self) -> QByteArray:  # noqa: N802  as Qt's headers and splitters have it
        """Return order, widths and visibility of the columns."""
        header = self.horizontalHeader()
        logical = [header.logicalIndex(visual) for visual in range(header.count())]
        columns = [(KEYS[at], header.sectionSize(at), header.isSectionHidden(at)) for at in logical]
        return QByteArray(msgspec.json.encode(columns))

    def restoreState(self, state: QByteArray) -> bool:  # noqa: N802  as Qt's headers and splitters have it
        """Arrange the columns as they were saved; return whether that could be read. Unknown columns are ignored."""
        try:
            saved = msgspec.json.decode(state.data(), type=list[tuple[str, int, bool]])
        except msgspec.MsgspecError:
            return False
        header = self.horizontalHeader()
        for visual, (key, width, hidden) in enumerate(one for one in saved if one[0] in KEYS):
            at = KEYS.index(key)
            header.moveSection(header.visualIndex(at), visual)
            if width > 0:
                header.resizeSection(at, width)
            header.setSectionHidden(at, hidden)
        return True

    def _build_header(self) -> None:
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setHighlightSections(False)
        header.setResizeContentsPrecision(0)  # a double click measures the rows on screen, not a thousand
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for at, column in enumerate(LISTED):
            header.resizeSection(at, column.width_px)
            header.setSectionHidden(at, column.hidden)
        key, order = self._sort
        header.setSortIndicator(KEYS.index(key), order)
        header.sortIndicatorChanged.connect(self._on_sort_indicator_changed)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu_requested)

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        self._column_actions = [menu.addAction(column.heading) for column in LISTED]
        for at, action in enumerate(self._column_actions):
            action.setCheckable(True)
            action.toggled.connect(lambda checked, at=at: self.horizontalHeader().setSectionHidden(at, not checked))
        sort = menu.addMenu("Sort by")
        group = QActionGroup(sort)
        self._sort_actions: dict[str, QAction] = {}
        for column in LISTED:
            if column.is_sortable:
                action = self._sort_actions[column.key] = sort.addAction(column.heading)
                action.setCheckable(True)
                group.addAction(action)
                action.triggered.connect(lambda _, key=column.key: self.sort_by(key, descending=self.sort[1]))
        sort.addSeparator()
        self._descending = sort.addAction("Largest or newest first")
        self._descending.setCheckable(True)
        self._descending.triggered.connect(lambda checked: self.sort_by(self.sort[0], descending=checked))
        menu.aboutToShow.connect(self._update_menu)
        return menu

    def _update_menu(self) -> None:
        header = self.horizontalHeader()
        visible = [at for at in range(header.count()) if not header.isSectionHidden(at)]
        for at, action in enumerate(self._column_actions):
            action.setChecked(at in visible)
            action.setEnabled(visible != [at])  # one column stays
        key, descending = self.sort
        self._sort_actions[key].setChecked(True)
        self._descending.setChecked(descending)

    def _on_header_menu_requested(self, position: QPoint) -> None:
        self.columns_menu.exec(self.horizontalHeader().mapToGlobal(position))

    def _on_sort_indicator_changed(self, at: int, order: Qt.SortOrder) -> None:
        if not LISTED[at].is_sortable:
            key, order = self._sort
            self.horizontalHeader().setSortIndicator(KEYS.index(key), order)
        elif self._sort != (KEYS[at], order):
            self._sort = KEYS[at], order
            self.sort_changed.emit()
