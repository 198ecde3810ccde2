"""A table of rows with thumbnails, sorted by a click on a heading; columns can be moved, resized, hidden and saved."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
from PySide6.QtCore import QAbstractItemModel, QByteArray, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView, QWidget

from exclip_desktop.ui.actions import keep_keys
from exclip_desktop.ui.lists.thumbnail_rows import PAD_PX, THUMB_PX

UNSORTED: Final = -1
FILLING: Final = "caption"
"""The column that takes the room which whole columns leave."""
LEAST_PX: Final = 90


class TableColumn(Protocol):
    """What a table needs of a column; ``key`` is unique, ``hidden`` tells whether it is hidden until it is chosen."""

    @property
    def key(self) -> str: ...  # noqa: D102  see above
    @property
    def heading(self) -> str: ...  # noqa: D102
    @property
    def width_px(self) -> int: ...  # noqa: D102
    @property
    def hidden(self) -> bool: ...  # noqa: D102
    @property
    def is_sortable(self) -> bool: ...  # noqa: D102


class ColumnTable(QTableView):
    """Shows a model with one column for each of ``columns``.

    The column ``FILLING`` is as wide as the room allows without cutting another one, until a person resizes it.

    Attributes:
        columns_menu: shows and hides columns, and sorts by one.

    Signals:
        sort_changed(): another column or order was chosen.

    """

    sort_changed = Signal()

    def __init__(
        self,
        model: QAbstractItemModel,
        columns: Sequence[TableColumn],
        name: str,
        parent: QWidget | None = None,
        *,
        unsorted: tuple[str, str] | None = None,
    ) -> None:
        """Name the table for assistive tools; ``unsorted`` is key and name of the order without a sorted column."""
        super().__init__(parent)
        self.setModel(model)
        self._columns, self._unsorted = tuple(columns), unsorted
        self._keys = [column.key for column in columns]
        self._sort = UNSORTED, Qt.SortOrder.AscendingOrder
        self._fills, self._is_fitting = True, False
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(THUMB_PX + 2 * PAD_PX)
        self._build_header()
        self.columns_menu = self._build_menu()

    def keyboardSearch(self, search: str) -> None:  # noqa: N802  Qt's name
        """Ignore typed letters: Qt would read every row to search for them."""

    @property
    def sort(self) -> tuple[str, bool]:
        """The key of the column that the rows are sorted by, and whether in descending order."""
        at, order = self._sort
        key = self._unsorted[0] if at == UNSORTED and self._unsorted else self._keys[at]
        return key, order == Qt.SortOrder.DescendingOrder

    def sort_by(self, key: str, *, descending: bool) -> None:
        """Sort by a column; ``sort_changed`` follows where that is another order."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        at = self._keys.index(key) if key in self._keys else UNSORTED
        if (at, order) != self._sort:
            self.show_sort(key, descending=descending)
            self.sort_changed.emit()

    def show_sort(self, key: str, *, descending: bool) -> None:
        """Show the order that was chosen elsewhere."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self._sort = (self._keys.index(key) if key in self._keys else UNSORTED), order
        self.horizontalHeader().setSortIndicator(*self._sort)

    def saveState(self) -> QByteArray:  # noqa: N802  as Qt's headers and splitters have it
        """Return order, widths and visibility of the columns."""
        header = self.horizontalHeader()
        sizes = {at: 0 if self._fills and self._keys[at] == FILLING else header.sectionSize(at) for at in self._order}
        columns = [(self._keys[at], size, header.isSectionHidden(at)) for at, size in sizes.items()]
        return QByteArray(msgspec.json.encode(columns))

    def restoreState(self, state: QByteArray) -> bool:  # noqa: N802  as Qt's headers and splitters have it
        """Arrange the columns as they were saved; return whether that could be read. Unknown columns are ignored."""
        try:
            saved = msgspec.json.decode(state.data(), type=list[tuple[str, int, bool]])
        except msgspec.MsgspecError:
            return False
        header = self.horizontalHeader()
        for visual, (key, width, hidden) in enumerate(one for one in saved if one[0] in self._keys):
            at = self._keys.index(key)
            header.moveSection(header.visualIndex(at), visual)
            if width > 0:
                header.resizeSection(at, width)
            header.setSectionHidden(at, hidden)
        self._fit()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Fit the filling column to the new width."""
        super().resizeEvent(event)
        self._fit()

    @property
    def _order(self) -> list[int]:
        """The columns from left to right."""
        header = self.horizontalHeader()
        return [header.logicalIndex(visual) for visual in range(header.count())]

    def _fit(self) -> None:
        """Give the filling column the room that whole columns leave; the columns after them are scrolled to."""
        header, filling, room = self.horizontalHeader(), self._keys.index(FILLING), self.viewport().width()
        if not self._fills or header.isSectionHidden(filling):
            return
        width = room
        for size in (header.sectionSize(at) for at in self._order if at != filling):
            if width - size < LEAST_PX:
                break
            width -= size
        self._is_fitting = True
        header.resizeSection(filling, max(width, LEAST_PX))
        self._is_fitting = False

    def _on_section_resized(self, at: int, before: int, after: int) -> None:
        """Keep a width that a person chose; refit after a column was shown or hidden."""
        if self._is_fitting:
            return
        if not before or not after:
            self._fit()
        elif self._keys[at] == FILLING:
            self._fills = False

    def _build_header(self) -> None:
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(self._unsorted is not None)
        header.setHighlightSections(False)
        header.setResizeContentsPrecision(0)  # a double click measures the rows on screen, not a thousand
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for at, column in enumerate(self._columns):
            header.resizeSection(at, column.width_px)
            header.setSectionHidden(at, column.hidden)
        header.setSortIndicator(*self._sort)
        header.sectionResized.connect(self._on_section_resized)
        header.sortIndicatorChanged.connect(self._on_sort_indicator_changed)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu_requested)

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        keep_keys(menu)
        self._column_actions = [menu.addAction(column.heading) for column in self._columns]
        for at, action in enumerate(self._column_actions):
            action.setCheckable(True)
            action.toggled.connect(lambda checked, at=at: self.horizontalHeader().setSectionHidden(at, not checked))
        sort = menu.addMenu("Sort by")
        group = QActionGroup(sort)
        names = {column.key: column.heading for column in self._columns if column.is_sortable}
        self._sort_actions: dict[str, QAction] = {}
        for key, name in {**(dict([self._unsorted]) if self._unsorted else {}), **names}.items():
            action = self._sort_actions[key] = sort.addAction(name)
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _, key=key: self.sort_by(key, descending=self.sort[1]))
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
        if at != UNSORTED and not self._columns[at].is_sortable:
            self.horizontalHeader().setSortIndicator(*self._sort)
        elif self._sort != (at, order) and (at != UNSORTED or self._unsorted):
            self._sort = at, order
            self.sort_changed.emit()
