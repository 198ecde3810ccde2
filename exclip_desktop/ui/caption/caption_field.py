"""The caption's editor, and a gauge of the number of tokens."""

import re
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from exclip_desktop.core.text.caption_chips import unread_words
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.session.state import State
from exclip_desktop.ui.theme import error_colour

PAUSE_MS: Final = 150
PLACEHOLDER: Final = "Caption"
LINE_BREAK: Final = re.compile("\r\n|[\t\n\v\f\r\x85\u2028\u2029]")


class CaptionField(QWidget):
    """A field for the caption; it emits the text after a pause, or at once with Return or Esc, which leave the field.

    Signals:
        caption_typed(str): a changed caption, or the last one again while it has no answer on screen; it has no
            surrounding spaces and may be empty.
        left(): Return or Esc was pressed: letters should be shortcuts again.
    """

    caption_typed = Signal(str)
    left = Signal()

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._settled = ""  # the caption of the state, or the one emitted last
        self._editor = QLineEdit()
        self._editor.installEventFilter(self)
        self._gauge = QLabel()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._build()
        self._pause.timeout.connect(self._emit_caption)
        self._editor.textEdited.connect(self._on_text_edited)
        self._editor.returnPressed.connect(self._finish)
        state.caption_changed.connect(self._on_caption_changed)
        state.answer_changed.connect(self._show_gauge)
        self._on_caption_changed()

    @property
    def text(self) -> str:
        """The text in the editor."""
        return self._editor.text()

    @property
    def gauge(self) -> str:
        """The text of the gauge."""
        return self._gauge.text()

    def commit(self) -> None:
        """Emit what was typed since the last pause, before another picture is shown."""
        if self._pause.isActive():
            self._emit_caption()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the gauge readable when theme or font change."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._show_gauge()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Handle Esc before the window's shortcut, which would clear the selection."""
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Escape:
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            self._finish()
        return True

    def _build(self) -> None:
        self._editor.setPlaceholderText(PLACEHOLDER)
        self._editor.setAccessibleName("Caption")
        self._gauge.setAccessibleName("Tokens of the caption")
        self._gauge.setTextFormat(Qt.TextFormat.PlainText)
        self._gauge.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setFocusProxy(self._editor)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._editor, 1)
        row.addWidget(self._gauge)

    def _finish(self) -> None:
        self._emit_caption()
        self.left.emit()

    def _emit_caption(self) -> None:
        self._pause.stop()
        caption, state = self.text.strip(), self._state
        if caption != self._settled or (caption and (state.stale or state.explanation is None)):
            self._settled = caption
            self.caption_typed.emit(caption)

    def _on_text_edited(self, text: str) -> None:
        if LINE_BREAK.search(text):  # a line edit keeps pasted line breaks, and shows them as arrows
            self._put(LINE_BREAK.sub(" ", text), len(LINE_BREAK.sub(" ", text[: self._editor.cursorPosition()])))
        self._pause.start()
        self._show_gauge()

    def _on_caption_changed(self) -> None:
        self._settled = self._state.caption.strip()
        if not self._pause.isActive() and self.text.strip() != self._settled:
            self._put(self._state.caption, self._editor.cursorPosition())
        self._show_gauge()

    def _put(self, text: str, cursor: int) -> None:
        self._editor.setText(text)
        self._editor.setCursorPosition(cursor)

    def _show_gauge(self) -> None:
        explanation = self._state.explanation
        caption = None if explanation is None else explanation.caption
        typed = bool(self.text.strip())
        short = caption is not None and caption.unseen is not None and typed
        gauge = format_gauge(caption) if caption is not None and typed else ""
        colours = QPalette(self.palette())
        if short:
            colours.setColor(QPalette.ColorRole.WindowText, error_colour(self.palette()))
        font = self.font()
        font.setBold(short)
        self._gauge.setFont(font)
        self._gauge.setPalette(colours)
        self._gauge.setText(gauge)
        self._gauge.setToolTip("The greyed words were not seen." if short else "")


def format_gauge(caption: Caption) -> str:
    """Return how many of the model's tokens the caption takes, and how many words were not read."""
    missing = len(unread_words(caption))
    words = "word" if missing == 1 else "words"
    return f"{caption.read} / {caption.context} tokens" + (f", {missing} {words} not seen" if missing else "")
