"""The dialog for rating, tags and note of a finding."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.values.finding import RATINGS
from exclip_desktop.session.project.findings import Remark

WIDTH_PX: Final = 460
NOTE_LINES: Final = 4
NAMES: Final = {
    "match": "&Match",
    "mismatch": "M&ismatch",
    "artefact": "&Artefact",
    "unsure": "&Unsure",
    "": "Not &rated",
}


class NoteDialog(QDialog):
    """Asks for a remark; ``what`` describes the view it belongs to."""

    def __init__(self, what: str, remark: Remark, tags: Sequence[str], parent: QWidget | None = None) -> None:
        """Start with ``remark``; ``tags`` are the project's tags, for completion."""
        super().__init__(parent)
        self.setWindowTitle("Finding")
        self._ratings = QButtonGroup(self)
        self._tags, self._note = QLineEdit(", ".join(remark.tags)), QPlainTextEdit(remark.note)
        description = QLabel(what, wordWrap=True)
        description.setTextFormat(Qt.TextFormat.PlainText)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._tags.setPlaceholderText("colour, left and right")
        completer = QCompleter(list(tags), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._tags.setCompleter(completer)
        self._note.setTabChangesFocus(True)
        self._note.setFixedHeight((NOTE_LINES + 1) * self.fontMetrics().lineSpacing())
        form = QFormLayout()
        form.addRow("Rating", self._rating_row(remark.rating))
        form.addRow("&Tags", self._tags)
        form.addRow("&Note", self._note)
        column = QVBoxLayout(self)
        column.addWidget(description)
        column.addLayout(form)
        column.addWidget(buttons)
        self.setFixedWidth(WIDTH_PX)
        self._note.setFocus()

    def remark(self) -> Remark:
        """Return the remark that was entered."""
        tags = dict.fromkeys(" ".join(tag.split()) for tag in self._tags.text().split(","))
        rating = RATINGS[self._ratings.checkedId()]
        return Remark(rating, tuple(tag for tag in tags if tag), self._note.toPlainText().strip())

    def _rating_row(self, rating: str) -> QHBoxLayout:
        row = QHBoxLayout()
        for key, name in NAMES.items():
            button = QRadioButton(name)
            button.setChecked(key == rating)
            self._ratings.addButton(button, [*RATINGS].index(key))  # type: ignore[arg-type]  # NAMES' keys are ratings
            row.addWidget(button)
        row.addStretch(1)
        return row
