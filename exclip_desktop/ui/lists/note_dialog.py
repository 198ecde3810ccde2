"""The dialog for rating, tags and note of a finding."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.values.finding import RATINGS, Rating
from exclip_desktop.session.project.remark_edits import Remark
from exclip_desktop.ui.lists.tag_field import TagField
from exclip_desktop.ui.widgets.form_dialog import FormDialog

WIDTH_PX: Final = 460
NOTE_LINES: Final = 4
SHORTCUTS: Final[dict[Rating, str]] = {
    "match": "&Match",
    "mismatch": "M&ismatch",
    "artefact": "&Artefact",
    "unsure": "&Unsure",
    "": "Not &rated",
}
SEVERAL_NOTES: Final = "Different notes. Text that you type here replaces all of them."


class NoteDialog(FormDialog):
    """Asks for a remark; ``what`` describes the view it belongs to. Ctrl+Return saves, in a single line Return too."""

    def __init__(
        self,
        what: str,
        remark: Remark,
        tags: Sequence[str],
        parent: QWidget | None = None,
        *,
        several_notes: bool = False,
    ) -> None:
        """Start with ``remark``; complete ``tags``, those of the project. The notes of several findings may differ."""
        super().__init__(parent)
        self.setWindowTitle("Finding")
        self._ratings = QButtonGroup(self)
        self._tags, self._note = TagField(remark.tags, tags), QPlainTextEdit(remark.note)
        description = QLabel(what, wordWrap=True)
        description.setTextFormat(Qt.TextFormat.PlainText)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Save).setToolTip("Save (Ctrl+Return)")
        self._note.setTabChangesFocus(True)
        self._note.setFixedHeight((NOTE_LINES + 1) * self.fontMetrics().lineSpacing())
        self._note.setPlaceholderText(SEVERAL_NOTES if several_notes else "")
        self._note.installEventFilter(self)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Rating", self._rating_row(remark.rating))
        form.addRow("&Tags", self._tags)
        form.addRow("&Note", self._note)
        column = QVBoxLayout()
        column.addWidget(description)
        column.addLayout(form)
        self.lay_out(column, buttons, WIDTH_PX)  # at least this wide: large fonts need more for the ratings
        self._note.setFocus()

    def remark(self) -> Remark:
        """Return the remark that was entered."""
        rating = RATINGS[self._ratings.checkedId()]
        return Remark(rating, self._tags.tags, self._note.toPlainText().strip())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Save with Ctrl+Return in the note, whose Return begins a line."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and _saves(event):
            self.accept()
            return True
        return super().eventFilter(watched, event)

    def _rating_row(self, rating: Rating) -> QHBoxLayout:
        row = QHBoxLayout()
        for key, name in SHORTCUTS.items():
            button = QRadioButton(name)
            button.setChecked(key == rating)
            self._ratings.addButton(button, RATINGS.index(key))
            row.addWidget(button)
        row.addStretch(1)
        return row


def _saves(event: QKeyEvent) -> bool:
    is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    return is_return and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
