"""One pane of the compare view: a title, the picture with one method's heat, and the coloured words."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPalette
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout

from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.core.values.answers import Answer, MapAnswer
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.compare.pane import Pane, PaneStatus
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.caption.strip_area import StripArea
from exclip_desktop.ui.caption.token_strip import TokenStrip
from exclip_desktop.ui.compare.linked_views import connect_regions
from exclip_desktop.ui.theme import ThemedIcons
from exclip_desktop.ui.widgets.labels import ElidedLabel, wrap_tooltip

TITLE_PX: Final = 24
LEAST_LETTERS: Final = 6
LEAST_PX: Final = (90, 60)  # minimum size of the canvas
WORDS_SHARE: Final = 0.9  # of the window's font size
FIRST_ORDER: Final = "A map for the selected words; it is computed again when they change. Boxes do not change it."
SECOND_ORDER: Final = "A matrix: it is not computed again; words and boxes select its rows and columns."
STOPPED: Final = "To continue, select other words, or close the view and open it again"
PICTURES_ONLY: Final = "It has no values for words."


class PaneView(QFrame):
    """Shows a pane; selections made in it apply everywhere.

    Attributes:
        canvas, strip: its picture and words.

    Signals:
        enlarge_requested(): the pane should be enlarged, or no longer.
        used(): it was clicked, or received the keyboard focus.
    """

    enlarge_requested = Signal()
    used = Signal()

    def __init__(
        self, pane: Pane, compare_controller: CompareController, selection_controller: SelectionController
    ) -> None:
        """Show ``pane``."""
        super().__init__()
        self.pane, self._model = pane, ""
        self._compare_controller, self._selection_controller = compare_controller, selection_controller
        self.canvas, self.strip = Canvas(pane.scene), TokenStrip(pane.scene, compact=True)
        self._title, self._of_model = (
            ElidedLabel(LEAST_LETTERS, Qt.TextElideMode.ElideRight),
            ElidedLabel(LEAST_LETTERS),
        )
        self._state = QLabel()
        self._enlarge, self._error = QToolButton(), QLabel()
        self._words = StripArea(self.strip)
        self._icons = ThemedIcons(self)
        self._lay_out()
        self._connect()
        self.name_model("")

    @property
    def title(self) -> str:
        """The text of its title."""
        return self._title.text()

    @property
    def model(self) -> str:
        """The name of its model; empty while all panes are of one model."""
        return self._model

    @property
    def state(self) -> str:
        """The text of its progress; empty if it is done."""
        return self._state.text()

    @property
    def error_text(self) -> str:
        """Why there is no answer; empty if there is one."""
        return self._error.text()

    def name_model(self, model: str) -> None:
        """Show the model's name in the title; empty while all panes are of one model."""
        self._model = model
        self._name()
        self._show()

    def words_px(self, width_px: int) -> int:
        """Return the height of its words at this width, two lines at least."""
        return max(self.strip.heightForWidth(width_px), self.strip.sizeHint().height())

    def give_room(self, words_px: int) -> None:
        """Reserve this height for the words, present or not, so that no picture jumps."""
        self._words.setFixedHeight(words_px)

    def show_enlarged(self, enlarged: bool) -> None:
        """Show whether it is enlarged."""
        self._enlarge.setChecked(enlarged)
        self._enlarge.setToolTip("Show all panes" if enlarged else "Enlarge this pane")

    def show_in_use(self, in_use: bool) -> None:
        """Show whether it is the active pane, which findings are noted of."""
        font = self.font()
        font.setBold(in_use)
        self._title.setFont(font)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Emit ``used`` for clicks and keyboard focus anywhere in the pane."""
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.FocusIn):
            self.used.emit()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """Emit ``used`` for clicks on its title."""
        self.used.emit()
        super().mousePressEvent(event)

    def _lay_out(self) -> None:
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * WORDS_SHARE)
        self.strip.setFont(font)
        self.canvas.setMinimumSize(*LEAST_PX)
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 0, 0)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._of_model)
        head.addWidget(self._state)
        head.addWidget(self._enlarge)
        over = QGridLayout()
        over.addWidget(self.canvas, 0, 0)
        over.addWidget(self._error, 0, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(over, 1)
        column.addWidget(self._words)
        self._title.setFixedHeight(TITLE_PX)
        self._title.setAccessibleName("Method of this pane")
        self._of_model.setAccessibleName("Model of this pane")
        self._of_model.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._enlarge.setAutoRaise(True)
        self._enlarge.setCheckable(True)
        self._icons.add(self._enlarge, "enlarge")
        self.show_enlarged(False)
        self._error.setWordWrap(True)
        self._error.setAutoFillBackground(True)
        self._error.setMargin(6)
        self._error.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def _name(self) -> None:
        name = " · ".join(part for part in (self.pane.facts.name, self._model) if part)
        self.setAccessibleName(name)
        self.canvas.view.setAccessibleName(f"Picture: {name}")
        self.strip.setAccessibleName(f"Words of the caption: {name}")
        self._enlarge.setAccessibleName(f"Enlarge {name}")

    def _connect(self) -> None:
        selection_controller, pane, compare_controller = self._selection_controller, self.pane, self._compare_controller
        canvas, strip = self.canvas, self.strip
        connect_regions(canvas, selection_controller)
        canvas.patch_hovered.connect(
            lambda patch: selection_controller.hover_patch(compare_controller.patch_in_first(pane, patch))
        )
        canvas.double_clicked.connect(self.enlarge_requested)
        strip.rows_changed.connect(lambda rows: selection_controller.show_rows(self._in_first(rows)))
        strip.rows_hovered.connect(lambda rows: selection_controller.hover_rows(self._in_first(rows)))
        strip.rows_committed.connect(
            lambda before, after: selection_controller.commit_rows(self._in_first(before), self._in_first(after))
        )
        strip.rows_widened.connect(
            lambda before, after: selection_controller.widen_rows(self._in_first(before), self._in_first(after))
        )
        self._enlarge.clicked.connect(self.enlarge_requested)
        for part in (canvas.view, canvas.view.viewport(), strip, self._enlarge):
            part.installEventFilter(self)
        pane.status_changed.connect(self._show)
        pane.scene.answer_changed.connect(self._show)

    def _in_first(self, rows: tuple[int, ...]) -> tuple[int, ...]:
        return self._compare_controller.rows_in_first(self.pane, rows)

    def _show(self) -> None:
        pane, status = self.pane, self.pane.status
        answer = pane.scene.answer
        self._title.show_text(" · ".join(part for part in (pane.facts.name, _subject(answer)) if part), pane.facts.name)
        self._of_model.show_text(self._model)
        self._title.setToolTip(wrap_tooltip(_tooltip(pane)))
        self._state.setText(_status_text(status))
        self._state.setToolTip(STOPPED if status.kind == "stopped" else "")
        self.strip.setVisible(answer is not None)
        self._error.setText(f"{status.message} {status.hint}".strip() if status.kind == "failed" else "")
        self._error.setVisible(status.kind == "failed")


def _subject(answer: Answer | None) -> str:
    """Return the words that a map is for, if they are not the whole caption."""
    if not isinstance(answer, MapAnswer) or answer.target == answer.caption.text:
        return ""
    return f"“{answer.target}”"


def _status_text(status: PaneStatus) -> str:
    if status.kind == "working":
        return "computing" if status.share is None else format_percent(status.share)
    return "" if status.kind == "done" else status.kind


def _tooltip(pane: Pane) -> str:
    """Return a description of the pane."""
    facts, answer = pane.facts, pane.scene.answer
    source = f" ({facts.citation})" if facts.citation else ""
    sentences = [f"{facts.name}{source}: {facts.cost}.", FIRST_ORDER if facts.order == "first" else SECOND_ORDER]
    if "text" not in facts.sides:
        sentences.append(PICTURES_ONLY)
    if isinstance(answer, MapAnswer):
        cosine = format_signed(answer.score)
        sentences.append(f"Shown for “{answer.target}”, whose cosine with the picture is {cosine}.")
    return " ".join(sentences)
