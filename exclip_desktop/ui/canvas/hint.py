"""One line below the words that says what can be done next, until the person has done it."""

from typing import Final

from PySide6.QtGui import QPalette, QUndoStack
from PySide6.QtWidgets import QLabel, QWidget

from exclip_desktop.session.state import State

SELECT: Final = "Select words, or drag a box on the picture."
TYPE: Final = "Type what the picture shows."


class Hint(QLabel):
    """Asks for a caption where a picture has none, and shows a beginner how to select; its place always stays."""

    def __init__(self, state: State, undo: QUndoStack, parent: QWidget | None = None) -> None:
        """Follow ``state``; a step on ``undo`` shows that the person needs no help with what is explained."""
        super().__init__(parent)
        self._state, self._undo, self._knows = state, undo, False
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        for signal in (state.canvas_picture_changed, state.caption_changed, state.answer_changed):
            signal.connect(self._show)
        undo.indexChanged.connect(self._on_index_changed)
        self._show()

    def _on_index_changed(self) -> None:
        self._knows = self._knows or (self._undo.count() > 0 and self._state.explanation is not None)
        self._show()

    def _show(self) -> None:
        state = self._state
        if state.canvas_picture is not None and not state.caption.strip():
            self.setText(TYPE)
        else:
            self.setText("" if self._knows or state.explanation is None else SELECT)
