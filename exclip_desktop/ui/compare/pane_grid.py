"""Grid of the compare view's panes, as large as possible, or one of them enlarged."""

from collections.abc import Sequence
from math import ceil
from typing import Final

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from exclip_desktop.session.compare.active_pane import ActivePane
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.compare.pane import Pane
from exclip_desktop.session.compare.second_model import SecondModel
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.compare.linked_views import LinkedViews
from exclip_desktop.ui.compare.pane_view import TITLE_PX, PaneView

GAP_PX: Final = 6
CHROME_PX: Final = 72.0  # height of a pane's title and two lines of words


class PaneGrid(QScrollArea):
    """Lays out the panes, links their views, and colours them in one range on request.

    One new pane is made in each turn of the event loop, so that many do not stop the window.

    Signals:
        ranges_changed(): the colour ranges may have changed.
        region_naming_requested(index): a region was double-clicked.
        menu_requested(index, place): see ``Canvas``.
    """

    ranges_changed = Signal()
    region_naming_requested = Signal(int)
    menu_requested = Signal(object, QPoint)

    range_reset_requested = Signal()
    note_requested = Signal()
    sign_explained = Signal(str, str)

    def __init__(
        self,
        compare_controller: CompareController,
        active_pane: ActivePane,
        first: State,
        second_model: SecondModel,
        selection_controller: SelectionController,
    ) -> None:
        """Show the panes of ``compare_controller``; ``active_pane`` knows the active and the enlarged one."""
        super().__init__()
        self._compare_controller, self._states, self._selection_controller = (
            compare_controller,
            (first, second_model.state),
            selection_controller,
        )
        self._active_pane = active_pane
        self._views: dict[Pane, PaneView] = {}
        self._columns = 0
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(lambda: self._make_waiting(1))
        self._linked = LinkedViews(self)
        self._sheet = QWidget()
        self._grid = QGridLayout(self._sheet)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP_PX)
        self.setWidget(self._sheet)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Panes of the methods")
        self.viewport().setAutoFillBackground(False)
        compare_controller.laid_out.connect(self._on_laid_out)
        compare_controller.followed.connect(self._share)
        active_pane.enlarged_changed.connect(self._on_enlarged_changed)
        active_pane.pane_changed.connect(self._mark)
        first.canvas_picture_changed.connect(self._arrange)
        for state in self._states:
            state.facts_changed.connect(self._name_models)
        self._on_laid_out()

    @property
    def views(self) -> tuple[PaneView, ...]:
        """The widgets made so far, in the order of the panes."""
        return tuple(self._views.values())

    @property
    def is_complete(self) -> bool:
        """Whether every pane has its widget."""
        return not self._waiting()

    @property
    def lead(self) -> Canvas | None:
        """The leading canvas: of the enlarged pane, else of the first."""
        view = self._view_of(self._active_pane.enlarged) or next(iter(self.views), None)
        return None if view is None else view.canvas

    def limit(self) -> float | None:
        """Return the end of the shared colour range; None if each pane has its own."""
        lead = self.lead
        if lead is None or (self._active_pane.enlarged is None and not self._compare_controller.one_range):
            return None
        return lead.current_limit()

    def make_all(self) -> None:
        """Make now the widgets that wait for their turn."""
        self._make_waiting(len(self._waiting()))

    def event(self, event: QEvent) -> bool:
        """Claim Esc while a pane is enlarged, before the window's shortcut."""
        if event.type() == QEvent.Type.ShortcutOverride and self._goes_back(event):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Show all panes again on Esc."""
        if self._goes_back(event):
            self._active_pane.enlarge(None)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Lay out the panes for another size."""
        super().resizeEvent(event)
        self._arrange()

    def _goes_back(self, event: QEvent) -> bool:
        return (
            self._active_pane.enlarged is not None and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        )

    def _on_laid_out(self) -> None:
        panes, before = self._compare_controller.panes, self._views
        self._views = {pane: before[pane] for pane in panes if pane in before}
        for pane in before.keys() - self._views.keys():
            self._linked.remove(before[pane].canvas.view)
            self._grid.removeWidget(before[pane])
            before[pane].deleteLater()
        self._columns = 0
        self._make(self._waiting()[:1])

    def _waiting(self) -> list[Pane]:
        return [pane for pane in self._compare_controller.panes if pane not in self._views]

    def _make_waiting(self, count: int) -> None:
        """Make the first widgets that wait; they join the common colour range."""
        waiting = self._waiting()[:count]
        if waiting:
            self._make(waiting)
            self._share()

    def _make(self, panes: Sequence[Pane]) -> None:
        views = self._views | {pane: self._made(pane) for pane in panes}
        self._views = {pane: views[pane] for pane in self._compare_controller.panes if pane in views}
        self._name_models()
        self._arrange()
        self._mark()
        if not self.is_complete:
            self._next.start()

    def _on_enlarged_changed(self) -> None:
        enlarged = self._active_pane.enlarged
        if enlarged in self._waiting():
            self.make_all()
        self._arrange()
        used = self._view_of(self._active_pane.pane)
        if used is not None:
            used.canvas.setFocus()
        self.ranges_changed.emit()

    def _view_of(self, pane: Pane | None) -> PaneView | None:
        return None if pane is None else self._views.get(pane)

    def _mark(self) -> None:
        """Mark the active pane."""
        for pane, view in self._views.items():
            view.show_in_use(pane is self._active_pane.pane)

    def _made(self, pane: Pane) -> PaneView:
        view = PaneView(pane, self._compare_controller, self._selection_controller)
        view.used.connect(lambda: self._active_pane.use(pane))
        view.enlarge_requested.connect(
            lambda: self._active_pane.enlarge(None if self._active_pane.enlarged is pane else pane)
        )
        view.canvas.range_reset_requested.connect(self.range_reset_requested)
        view.strip.note_requested.connect(self.note_requested)
        view.strip.sign_explained.connect(self.sign_explained)
        view.canvas.region_naming_requested.connect(self.region_naming_requested)
        view.canvas.menu_requested.connect(self.menu_requested)
        pane.scene.answer_changed.connect(self._stretch)  # the words may be others
        self._linked.add(view.canvas.view)
        return view

    def _name_models(self) -> None:
        two = any(pane.key.of_second_model for pane in self._compare_controller.panes)
        for pane, view in self._views.items():
            view.name_model(self._compare_controller.model_of(pane) if two else "")

    def _arrange(self) -> None:
        """Place the panes, with room for those that wait; hide all but the enlarged one."""
        panes = self._compare_controller.panes
        if not self._views:
            return
        count, models = len(panes), 2 if any(pane.key.of_second_model for pane in panes) else 1
        room = self.viewport().width(), self.viewport().height()
        columns = choose_column_count(count, models, room, _aspect(self._states[0].canvas_picture), CHROME_PX)
        for number, pane in enumerate(panes):
            view = self._views.get(pane)
            if view is not None and (columns != self._columns or self._grid.indexOf(view) < 0):
                self._grid.addWidget(view, *divmod(number, columns))
        self._columns = columns
        enlarged = self._active_pane.enlarged
        for pane, view in self._views.items():
            view.setVisible(enlarged in (None, pane))
            view.show_enlarged(enlarged is pane)
        self._stretch()

    def _stretch(self) -> None:
        """Share the room between the visible rows and columns."""
        if not self._columns:
            return
        enlarged = self._active_pane.enlarged
        panes = self._compare_controller.panes
        cells = [divmod(at, self._columns) for at, pane in enumerate(panes) if enlarged in (None, pane)]
        rows, columns = {row for row, _ in cells}, {column for _, column in cells}
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, int(row in rows))
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column in columns))
        self._give_room(len(rows), len(columns))

    def _give_room(self, rows: int, columns: int) -> None:
        """Give the words of all panes one height: that of all lines, but at most that of a picture as wide as its pane.

        Where pictures of ``LEAST_PX`` do not fit with them, the grid scrolls.
        """
        width, two = self.viewport().width() // columns - GAP_PX, round(CHROME_PX) - TITLE_PX
        words = min(max(view.words_px(width) for view in self.views), max(width, two))
        self._sheet.setMinimumHeight(round(rows * (LEAST_PX + TITLE_PX + words + GAP_PX)))
        for view in self.views:
            view.give_room(words)

    def _share(self) -> None:
        """Colour all panes in the widest range, or each in its own."""
        if not self._views:  # the compare view is closed: a preview changes no range of it
            return
        filled = [view for view in self.views if view.pane.scene.answer is not None]
        one = self._compare_controller.one_range
        picture = max((view.canvas.own_limit() for view in filled), default=0.0) if one else 0.0
        words = max((view.strip.own_limit for view in filled), default=0.0) if one else 0.0
        for view in filled:
            view.canvas.set_least_limit(picture, can_reset=one)
            view.strip.set_least_limit(words)
        self.ranges_changed.emit()


def _aspect(canvas_picture: CanvasPicture | None) -> float:
    return (
        1.0
        if canvas_picture is None
        else canvas_picture.picture.pixels.shape[1] / canvas_picture.picture.pixels.shape[0]
    )


LEAST_PX: Final = 110.0  # a smaller picture shows nothing: below this width the grid scrolls
USUAL_PX: Final = 150.0  # width of a picture in a scrolling grid


def choose_column_count(count: int, models: int, room: tuple[float, float], aspect: float, chrome_px: float) -> int:
    """Return the number of columns that gives ``count`` panes the largest pictures.

    Args:
        count: panes, at least one, a multiple of ``models``.
        models: panes of one method, which stay next to each other.
        room: (width, height) for all panes, in logical pixels.
        aspect: width by height of the picture.
        chrome_px: the height of a pane's title and words.
    """
    best = max(
        range(models, count + 1, models), key=lambda columns: _picture_px(count, columns, room, aspect, chrome_px)
    )
    if _picture_px(count, best, room, aspect, chrome_px) >= LEAST_PX:
        return best
    return min(max(int(room[0] // USUAL_PX) // models * models, models), count)


def rows_of(count: int, columns: int) -> int:
    """Return the number of rows."""
    return ceil(count / columns)


def _picture_px(count: int, columns: int, room: tuple[float, float], aspect: float, chrome_px: float) -> float:
    """Return the width of a picture, or its height if that is smaller."""
    width, height = room[0] / columns, room[1] / rows_of(count, columns) - chrome_px
    width_px = min(width, height * aspect)
    return min(width_px, width_px / aspect)
