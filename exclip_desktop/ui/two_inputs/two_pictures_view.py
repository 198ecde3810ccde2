"""Two pictures side by side, each with its heat, colour bar and title."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.core.values.two_inputs import WHICH, Which
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.state import State
from exclip_desktop.session.two_inputs.two_inputs_controller import TwoInputsController
from exclip_desktop.ui.canvas.banner import Banner
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.canvas.colour_bar import ColourBar
from exclip_desktop.ui.compare.linked_views import connect_regions
from exclip_desktop.ui.compare.second_model_pane import TITLE_PX, add_title
from exclip_desktop.ui.theme import ThemedIcons
from exclip_desktop.ui.widgets.labels import ElidedLabel

LEAST_LETTERS: Final = 8
LEAST_PX: Final = (120, 100)  # minimum size of a canvas
ORDINALS: Final[dict[Which, str]] = {"first": "First", "second": "Second"}
CLOSE_TIP: Final = "Show one picture only"


class InputTitle(QWidget):
    """The line above one of two pictures: which it is, its name, grid and score, and work in progress."""

    def __init__(self, state: State, which: Which) -> None:
        """Follow ``state``."""
        super().__init__()
        self._state, self._which = state, which
        self._parts: list[str] = []
        self._text = ElidedLabel(LEAST_LETTERS)
        self._text.setAccessibleName(f"{ORDINALS[which]} picture")
        self._icons = ThemedIcons(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 2, 2, 2)
        self._row.addWidget(self._text)
        self._row.addStretch(1)
        self.setFixedHeight(TITLE_PX)
        for signal in (state.canvas_picture_changed, state.answer_changed, state.work_changed):
            signal.connect(self._show)
        self._show()

    @property
    def text(self) -> str:
        """The text of the title."""
        return self._text.text()

    def add_button(self, icon: str, name: str) -> QToolButton:
        """Add a button at the right."""
        button = QToolButton()
        button.setAutoRaise(True)
        button.setToolTip(name)
        button.setAccessibleName(name)
        self._icons.add(button, icon)
        self._row.addWidget(button)
        return button

    def _show(self) -> None:
        state, picture = self._state, self._state.canvas_picture
        parts = [f"{ORDINALS[self._which]}: {'no picture' if picture is None else picture.title}"]
        if state.explanation is not None:
            rows, columns = state.explanation.geometry.grid
            score = [f"score {format_signed(state.explanation.score)}"] if self._which == "second" else []
            parts += [*score, f"{columns} × {rows} patches"]
        if state.work is not None:
            share = f" {format_percent(state.work.done / state.work.total)}" if state.work.total else ""
            parts += [f"{state.work.what}{share}"]
        if parts != self._parts:  # the answer is another one with every step of a drag
            self._parts = parts
            self._text.show_text(*("  ·  ".join(parts[:count]) for count in range(len(parts), 0, -1)))


class DropArea(QWidget):
    """A widget on which a picture can be dropped.

    Signals:
        dropped(data): QMimeData with files or a picture.

    """

    dropped = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802  Qt's name
        """Accept files and pictures."""
        data = event.mimeData()
        if data.hasImage() or any(url.isLocalFile() for url in data.urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802  Qt's name
        """Emit what was dropped."""
        self.dropped.emit(event.mimeData())
        event.acceptProposedAction()


class TwoPicturesView(QWidget):
    """The canvases of two pictures. What is selected in either colours the other.

    Attributes:
        canvases: of the first and the second picture, by name; ``bars`` their colour bars: the second one is laid out
            by the window.
        titles: the lines above them.

    Signals:
        open_requested(): another second picture should be chosen from a file.
        dropped(data): QMimeData was dropped on the second picture.
        region_naming_requested(index), menu_requested(index, place): see ``Canvas``; of the picture in use.

    """

    open_requested = Signal()
    dropped = Signal(object)
    region_naming_requested = Signal(int)
    menu_requested = Signal(object, QPoint)

    def __init__(self, two_inputs: TwoInputsController, selection_controller: SelectionController) -> None:
        """Show ``two_inputs``; ``selection_controller`` changes what is selected in the picture on screen."""
        super().__init__()
        self._two_inputs = two_inputs
        self._scenes: dict[Which, State] = {"first": two_inputs.first, "second": two_inputs.second}
        self._selections = {"first": selection_controller, "second": two_inputs.second_selection}
        self.canvases = {which: Canvas(self._scenes[which]) for which in WHICH}
        self.titles = {which: InputTitle(self._scenes[which], which) for which in WHICH}
        self.bars = {which: self._make_bar(which) for which in WHICH}
        self.banner = Banner(two_inputs.second, over=self.canvases["second"])
        self._lay_out()
        self.banner.closed.connect(two_inputs.dismiss)
        for which in WHICH:
            self._connect(which)

    @property
    def canvas(self) -> Canvas:
        """The canvas in use."""
        return self.canvases["second" if self._two_inputs.is_second_active else "first"]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Use the picture that is clicked, or receives the keyboard focus."""
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.FocusIn):
            view = self.canvases["second"].view
            self._two_inputs.use("second" if watched in (view, view.viewport()) else "first")
        return super().eventFilter(watched, event)

    def _make_bar(self, which: Which) -> ColourBar:
        bar = ColourBar(self._scenes[which], "picture", limit_of=self.canvases[which].current_limit)
        bar.setAccessibleName(f"Colours of the {which} picture")
        return bar

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        second = DropArea()
        column = QHBoxLayout(second)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(add_title(self.titles["second"], self.canvases["second"]))
        row.addWidget(add_title(self.titles["first"], self.canvases["first"]), 1)
        row.addWidget(self.bars["first"])
        row.addWidget(second, 1)
        second.dropped.connect(self.dropped)
        title = self.titles["second"]
        title.add_button("open", "Open another second picture…").clicked.connect(self.open_requested)
        title.add_button("close", CLOSE_TIP).clicked.connect(self._two_inputs.close)
        for which, canvas in self.canvases.items():
            canvas.setMinimumSize(*LEAST_PX)
            canvas.view.setAccessibleName(f"{ORDINALS[which]} picture")

    def _connect(self, which: Which) -> None:
        two_inputs, canvas, bar = self._two_inputs, self.canvases[which], self.bars[which]
        connect_regions(canvas, self._selections[which])
        canvas.patch_hovered.connect(lambda patch: two_inputs.hover_patch(which, patch))
        canvas.range_reset_requested.connect(lambda: two_inputs.lock(which, None))
        canvas.region_naming_requested.connect(self.region_naming_requested)
        canvas.menu_requested.connect(self.menu_requested)
        bar.limit_locked.connect(lambda limit: two_inputs.lock(which, limit))
        for part in (canvas.view, canvas.view.viewport()):
            part.installEventFilter(self)
