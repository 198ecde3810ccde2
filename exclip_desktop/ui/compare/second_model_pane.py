"""The second model's pane: picture, words, and titles that name each pane's model."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.session.compare.second_model import SecondModel
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.banner import Banner
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.caption.strip_area import StripArea
from exclip_desktop.ui.caption.token_strip import TokenStrip
from exclip_desktop.ui.compare.linked_views import connect_regions
from exclip_desktop.ui.theme import ThemedIcons
from exclip_desktop.ui.widgets.labels import ElidedLabel

LEAST_LETTERS: Final = 12
TITLE_PX: Final = 28  # with or without a button, so that both pictures start at one height
NAME_PX: Final = 90


class ModelTitle(QWidget):
    """The line above a pane: its model, score, grid, and the work in progress.

    Signals:
        close_requested(): the pane should be closed.
    """

    close_requested = Signal()

    def __init__(self, state: State, *, closable: bool) -> None:
        """Follow ``state``."""
        super().__init__()
        self._state = state
        self._text = ElidedLabel(LEAST_LETTERS)
        self._text.setAccessibleName("Model of this pane")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 2, 2)
        row.addWidget(self._text)
        row.addStretch(1)
        self.setFixedHeight(TITLE_PX)
        if closable:
            button = QToolButton()
            button.setAutoRaise(True)
            button.setToolTip("Show one model only")
            button.setAccessibleName("Close this pane")
            self._icons = ThemedIcons(button)
            self._icons.add(button, "close")
            button.clicked.connect(self.close_requested)
            row.addWidget(button)
        for signal in (
            state.facts_changed,
            state.answer_changed,
            state.work_changed,
            state.choice_changed,
            state.selection_changed,
        ):
            signal.connect(self._show)
        self._show()

    @property
    def text(self) -> str:
        """The text of the title."""
        return self._text.text()

    def _show(self) -> None:
        state = self._state
        parts = [state.model_name]
        if state.explanation is not None:
            rows, columns = state.explanation.geometry.grid
            parts += [f"score {format_signed(state.explanation.score)}", f"{columns} × {rows} patches"]
            parts += ["does not read the selected token"] if state.selection.absent else []
        if state.work is not None and not state.work.idle:
            share = f" {format_percent(state.work.done / state.work.total)}" if state.work.total else ""
            parts += [f"{state.work.what}{share}"]
        self._text.show_text(*("  ·  ".join(parts[:count]) for count in range(len(parts), 0, -1)))


class ModelNameLabel(ElidedLabel):
    """Names the model of the words next to it."""

    def __init__(self, state: State) -> None:
        """Follow ``state``."""
        super().__init__(LEAST_LETTERS)
        self._state = state
        self.setFixedWidth(NAME_PX)
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        for signal in (state.facts_changed, state.choice_changed):
            signal.connect(self._show)
        self._show()

    def _show(self) -> None:
        self.show_text(self._state.model_name)


class SecondModelPane:
    """The widgets of the second model, for the window to lay out; visible while a second model is open.

    Attributes:
        canvas, strip: of the second model.
        picture: title and canvas in a column; ``words``: name and strip in a row.
    """

    def __init__(self, second_model: SecondModel) -> None:
        """Show ``second_model``, and send selections to it."""
        state = second_model.state
        self.canvas, self.strip = Canvas(state), TokenStrip(state)
        self.title = ModelTitle(state, closable=True)
        self.picture = add_title(self.title, self.canvas)
        self.name = ModelNameLabel(state)
        self.words = add_name(self.name, StripArea(self.strip))
        self.banner = Banner(state, over=self.canvas)
        selection_controller = second_model.selection_controller
        connect_regions(self.canvas, selection_controller)
        self.canvas.patch_hovered.connect(second_model.hover_patch)
        self.strip.rows_changed.connect(second_model.show_rows)
        self.strip.rows_committed.connect(second_model.commit_rows)
        self.strip.rows_widened.connect(second_model.widen_rows)
        self.strip.rows_hovered.connect(second_model.hover_rows)
        self.title.close_requested.connect(second_model.close)
        self.banner.closed.connect(second_model.dismiss)
        self.banner.cpu_requested.connect(second_model.use_cpu)
        for widget in (self.picture, self.words):
            widget.setVisible(False)
            second_model.opened.connect(widget.show)
            second_model.closed.connect(widget.hide)


def add_title(title: QWidget, canvas: Canvas) -> QWidget:
    """Return a widget with a title above a canvas."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(title)
    column.addWidget(canvas, 1)
    return whole


def add_name(name: QWidget, strip: StripArea) -> QWidget:
    """Return a widget with a model's name before a strip."""
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(name)
    row.addWidget(strip, 1)
    return whole
