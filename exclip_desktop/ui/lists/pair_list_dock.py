"""The dock with the open pair list: a filter, and the pairs as a table or as a grid of thumbnails."""

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QItemSelectionModel, QObject, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.text.list_filter import ListFilter
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.pair_list import SORT_KEYS, Arrangement
from exclip_desktop.session.lists.list_explainer import ListExplainer
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.lists.thumbnails import LARGE_PX, SIDE_PX, Thumbnails
from exclip_desktop.ui.lists.column_table import ColumnTable
from exclip_desktop.ui.lists.heat_images import HeatImages
from exclip_desktop.ui.lists.pair_model import CAPTION, PAIR_COLUMNS, PICTURE, SCORE, PairListModel
from exclip_desktop.ui.lists.thumbnail_grid import SIDES_PX, ThumbnailGrid
from exclip_desktop.ui.lists.thumbnail_rows import (
    BELOW_ROLE,
    REMARK_ROLE,
    Index,
    RowDelegate,
    TextDelegate,
    ThumbnailDelegate,
)
from exclip_desktop.ui.theme import ThemedIcons
from exclip_desktop.ui.widgets.filter_field import FilterField

WIDTH_PX: Final = 260
REMOVE_KEYS: Final = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
OPEN_KEYS: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
Flag = QItemSelectionModel.SelectionFlag


class PairListDock(QDockWidget):
    """Shows the open list; hidden without one.

    The current row of the views is the pair on screen, as far as the filter passes it; any rows may be selected.

    Attributes:
        table, grid: the two views; they share their selection.
        view: the one that is shown.

    Signals:
        removal_requested(object): the removal of the pairs at these places was requested.
        menu_requested(object, QPoint): the menu of the pairs at these places was requested, at a place of the screen.
        left(): Esc was pressed in the empty filter.
        grid_shown(bool): the grid is shown, or the table.

    """

    removal_requested = Signal(object)
    menu_requested = Signal(object, QPoint)
    left = Signal()
    grid_shown = Signal(bool)

    def __init__(
        self,
        navigation: PairNavigation,
        list_explainer: ListExplainer,
        thumbnails: Thumbnails,
        heats: HeatImages,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Pairs", parent)
        self.setObjectName("pairs")
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea)
        self._navigation, self._list_explainer = navigation, list_explainer
        self._model = PairListModel(navigation, thumbnails, heats, self)
        self._is_following = False  # the view is told what is on screen already
        self.filter = FilterField("Filter pairs", navigation.values.filter_keys)
        self.table = ColumnTable(self._model, PAIR_COLUMNS, "Pairs", unsorted=("list", "List order"))
        self.grid = ThumbnailGrid(self._model, PICTURE, "Pairs")
        self._views, self._stack = (self.table, self.grid), QStackedWidget()
        self.as_list, self.as_grid, self.columns = QToolButton(), QToolButton(), QToolButton()
        self.side, self.count, self.batch = QSlider(Qt.Orientation.Horizontal), QLabel(), QPushButton()
        self._build()
        self._lay_out()
        self._connect()
        self._on_order_changed()

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the width the dock opens with."""
        return QSize(WIDTH_PX, 400)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Scroll to the pair on screen once the views have their size."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._follow)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Open with Return and remove with Delete before a shortcut of the window takes the key; open menus."""
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return self._take_key(event) or super().eventFilter(watched, event)
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            if event.button() == Qt.MouseButton.RightButton:
                self._select_under(event.position().toPoint())
                return True  # the pair on screen stays
        elif isinstance(event, QContextMenuEvent) and event.type() == QEvent.Type.ContextMenu:
            self._request_menu(event)
            return True
        return super().eventFilter(watched, event)

    @property
    def view(self) -> QAbstractItemView:
        """The view that is shown."""
        return self.grid if self.is_grid else self.table

    @property
    def is_grid(self) -> bool:
        """Whether the pairs are shown as a grid."""
        return self._stack.currentWidget() is self.grid

    @property
    def selected_places(self) -> list[int]:
        """Places of the selected pairs, in the order of the list on screen."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows(PICTURE))
        return [self._model.place_of(row) for row in rows]

    @property
    def focused_places(self) -> list[int]:
        """Places of the selected pairs while the list has the focus, if they are not just the pair on screen."""
        places = self.selected_places if self.view.hasFocus() else []
        return [] if places == [self._navigation.current] else places

    def show_grid(self, on: bool) -> None:
        """Show the pairs as a grid of thumbnails, or as a table."""
        if on == self.is_grid:
            return
        had_focus = self.view.hasFocus()
        self._model.side_px = LARGE_PX if on else SIDE_PX
        self._stack.setCurrentWidget(self.grid if on else self.table)
        (self.as_grid if on else self.as_list).setChecked(True)
        self.side.setVisible(on)
        if had_focus:
            self.view.setFocus()
        self._follow()
        self.grid_shown.emit(on)

    def focus_filter(self) -> None:
        """Put the keyboard into the filter."""
        self.filter.setFocus()
        self.filter.line.selectAll()

    def saveState(self) -> QByteArray:  # noqa: N802  as Qt's headers and splitters have it
        """Return the table's columns, which view is shown, and the size of the grid's pictures."""
        return self.grid.encode_layout(self.table.saveState(), is_shown=self.is_grid)

    def restoreState(self, state: QByteArray) -> bool:  # noqa: N802  as Qt's headers and splitters have it
        """Restore what was saved; return whether that could be read."""
        saved = self.grid.restore_layout(state)
        if saved is None:
            return False
        self.table.restoreState(saved[0])
        self.show_grid(saved[1])
        return True

    def _build(self) -> None:
        self.table.setItemDelegate(RowDelegate(self.table))
        self.table.setItemDelegateForColumn(PICTURE, ThumbnailDelegate(self.table))
        self.table.setItemDelegateForColumn(CAPTION, TextDelegate(self.table, self._role_below_caption))
        self.grid.setSelectionModel(self.table.selectionModel())
        icons = ThemedIcons(self)
        for button, icon, text in ((self.as_list, "pairs", "List"), (self.as_grid, "panes", "Grid of thumbnails")):
            icons.add(button, icon)
            button.setToolTip(f"Show the pairs as a {text.lower()}")
            button.setAccessibleName(text)
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.as_list.setChecked(True)
        self.side.setRange(0, len(SIDES_PX) - 1)
        self.side.setPageStep(1)
        self.side.setValue(SIDES_PX.index(self.grid.side_px))
        self.side.setToolTip("Size of the thumbnails; Ctrl+wheel on the grid does the same")
        self.side.setAccessibleName("Size of the thumbnails")
        self.side.hide()
        self.columns.setText("Columns")
        self.columns.setToolTip("Choose the columns and the order of the list")
        self.columns.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.columns.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.columns.setMenu(self.table.columns_menu)

    def _role_below_caption(self) -> int:
        """The score is shown once: in its column, or below the caption."""
        return BELOW_ROLE if self.table.horizontalHeader().isSectionHidden(SCORE) else REMARK_ROLE

    def _lay_out(self) -> None:
        for view in self._views:
            self._stack.addWidget(view)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.as_list)
        row.addWidget(self.as_grid)
        row.addWidget(self.side, 1)
        row.addStretch(1)
        row.addWidget(self.columns)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 6, 0, 6)
        column.addWidget(self.filter)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.count, 1)
        foot.addWidget(self.batch)
        column.addLayout(foot)
        self.setWidget(inside)

    def _connect(self) -> None:
        navigation, explainer = self._navigation, self._list_explainer
        for view in self._views:
            view.installEventFilter(self)
            view.viewport().installEventFilter(self)
        buttons = QButtonGroup(self)
        buttons.addButton(self.as_list)
        buttons.addButton(self.as_grid)
        self.as_grid.toggled.connect(self.show_grid)
        self.side.valueChanged.connect(lambda at: self.grid.set_side(SIDES_PX[at]))
        self.grid.side_changed.connect(lambda side_px: self.side.setValue(SIDES_PX.index(side_px)))
        self.filter.filter_changed.connect(self._on_filter_changed)
        self.filter.entered.connect(self._on_filter_entered)
        self.filter.left.connect(self.left)
        self.table.sort_changed.connect(self._arrange)
        self.table.selectionModel().currentChanged.connect(self._on_row_changed)
        self.batch.clicked.connect(lambda: explainer.pause() if explainer.is_running else explainer.start())
        explainer.changed.connect(self._show_batch)
        navigation.figures_changed.connect(self._show_batch)
        navigation.figures_reloaded.connect(self._show_batch)
        navigation.list_changed.connect(self._follow)
        self._model.modelReset.connect(self._on_order_changed)
        navigation.current_changed.connect(self._follow)
        for changed in (navigation.walk.row_removed, navigation.walk.row_inserted):
            changed.connect(self._show_position)
            changed.connect(self._show_batch)

    def _take_key(self, event: QKeyEvent) -> bool:
        """Handle a key that the list has a meaning for; return whether it has one."""
        places, current = self.selected_places, self.view.currentIndex()
        act: Callable[[], object]
        if event.matches(QKeySequence.StandardKey.SelectAll):
            act = self.view.selectAll
        elif event.key() in REMOVE_KEYS and places:
            act = partial(self.removal_requested.emit, places)
        elif event.key() in OPEN_KEYS and current.isValid() and not event.modifiers():
            act = partial(self._navigation.show, self._model.place_of(current.row()))
        else:
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            act()
        return True

    def _select_under(self, point: QPoint) -> None:
        """Select the row under the mouse, unless it is one of those selected."""
        index, rows = self.view.indexAt(point), self.table.selectionModel()
        self.view.setFocus()
        if index.isValid() and not rows.isRowSelected(index.row()):
            rows.select(index, Flag.ClearAndSelect | Flag.Rows)

    def _request_menu(self, event: QContextMenuEvent) -> None:
        places, where = self.selected_places, event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            rect = self.view.visualRect(self.view.currentIndex())
            where = self.view.viewport().mapToGlobal(rect.center())
        if places:
            self.menu_requested.emit(places, where)

    def _on_filter_changed(self, list_filter: ListFilter) -> None:
        shown = self._navigation.arrangement
        self._navigation.arrange(Arrangement(list_filter.query, by=shown.by, descending=shown.descending))

    def _on_filter_entered(self) -> None:
        """Go to the pair on screen; where the filter leaves it out, to the first match."""
        if self._model.rowCount():
            self.view.setFocus()
            if self._model.row_of(self._navigation.current) is None:
                self._navigation.show(self._model.place_of(0))

    def _arrange(self) -> None:
        key, descending = self.table.sort
        by = next(one for one in SORT_KEYS if one == key)
        self._navigation.arrange(Arrangement(self._navigation.arrangement.query, by=by, descending=descending))

    def _on_order_changed(self) -> None:
        """Show the arrangement in the fields: a project may have restored it."""
        arrangement = self._navigation.arrangement
        if self.filter.query.strip() != arrangement.query.strip():
            self.filter.show_query(arrangement.query)
        self.table.show_sort(arrangement.by, descending=arrangement.descending)
        self._show_batch()
        self._follow()

    def _follow(self) -> None:
        """Select the pair on screen, scroll to it, and show its position."""
        row, rows = self._model.row_of(self._navigation.current), self.table.selectionModel()
        index = self._model.index(-1 if row is None else row, max(self.table.currentIndex().column(), PICTURE))
        if index.row() != rows.currentIndex().row():  # otherwise more rows may be selected around it
            self._is_following = True
            rows.setCurrentIndex(index, Flag.ClearAndSelect | Flag.Rows)
            self._is_following = False
        if row is not None:
            self.view.scrollTo(index)
        self._show_position()

    def _show_position(self) -> None:
        listed, whole = len(self._navigation.order), len(self._navigation.pairs)
        row = self._model.row_of(self._navigation.current)
        at = f"{row + 1:,} of {listed:,}" if row is not None else format_count(listed, "pair")
        self.count.setText(at if listed == whole else f"{at}; {whole:,} in the list")
        self.filter.show_count(listed, whole)

    def _show_batch(self) -> None:
        running = self._list_explainer.is_running
        self.batch.setText("Pause" if running else "Explain all")
        self.batch.setEnabled(running or self._list_explainer.has_remaining)
        self.batch.setToolTip(
            "Pause; it can be resumed later" if running else "Explain all pairs that are not explained yet"
        )

    def _on_row_changed(self, index: Index) -> None:
        if index.isValid() and not self._is_following:
            place = self._model.place_of(index.row())
            if place != self._navigation.current:
                self._navigation.show(place)
