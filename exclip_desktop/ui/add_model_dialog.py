"""Asks what a folder or file of weights cannot tell: its architecture, and how pictures are prepared for it."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.preprocessing import PREPROCESSINGS
from exclip_desktop.session.requests import ModelChoice

RECOGNISE: Final = "Recognise it by the weights"
FROM_FILE: Final = "As a JSON file says…"
SAYS: Final = (
    "Choose how pictures were prepared when the model was trained. A wrong mean changes every number without a word, "
    "so it is never guessed: where nothing says it, the model is not opened."
)
WIDTH_PX: Final = 520


class AddModelDialog(QDialog):
    """Asks for architecture (of a file) and preprocessing; ``architectures`` are open_clip's names."""

    def __init__(self, path: Path, architectures: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path, self._is_folder = path, path.is_dir()
        self.setWindowTitle("Add folder" if self._is_folder else "Add file")
        self._architecture = _architecture_combo(architectures)
        self._preprocess = QComboBox()
        self._preprocess.setAccessibleName("Preprocessing")
        self._preprocess.addItem(f"The {'folder' if self._is_folder else 'file'} says it", None)
        for one in PREPROCESSINGS:
            self._preprocess.addItem(one.told, one.name)
        self._preprocess.addItem(FROM_FILE, None)
        self._preprocess.activated.connect(self._on_preprocess_activated)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._ok = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._ok.setText("&Add")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._architecture.currentTextChanged.connect(self._on_architecture_changed)
        self._lay_out()

    def choice(self) -> ModelChoice:
        """Return the model as it was told."""
        preprocess = self._preprocess.currentData()
        if self._is_folder:
            return ModelChoice(str(self._path), preprocess=preprocess)
        index = self._architecture.findText(self._architecture.currentText(), Qt.MatchFlag.MatchFixedString)
        name = self._architecture.itemText(index) if index > 0 else ""
        return ModelChoice(name, checkpoint=str(self._path), preprocess=preprocess)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        name = QLabel(self._path.name)
        name.setToolTip(str(self._path))
        form.addRow("Folder" if self._is_folder else "File", name)
        if not self._is_folder:
            form.addRow("A&rchitecture", self._architecture)
        form.addRow("&Preprocessing", self._preprocess)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(QLabel(SAYS, wordWrap=True))
        column.addStretch(1)
        column.addWidget(self._buttons)
        self.setMinimumWidth(WIDTH_PX)

    def _on_architecture_changed(self, text: str) -> None:
        self._ok.setEnabled(self._architecture.findText(text, Qt.MatchFlag.MatchFixedString) >= 0)

    def _on_preprocess_activated(self, index: int) -> None:
        if self._preprocess.itemText(index) != FROM_FILE:
            return
        path, _ = QFileDialog.getOpenFileName(self, "Preprocessing", str(self._path.parent), "JSON files (*.json)")
        if path:
            self._preprocess.insertItem(index, f"As {Path(path).name} says", path)
        self._preprocess.setCurrentIndex(index if path else 0)


def _architecture_combo(architectures: tuple[str, ...]) -> QComboBox:
    combo = QComboBox(editable=True, maxVisibleItems=14)
    combo.setAccessibleName("Architecture")
    combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    combo.addItems([RECOGNISE, *architectures])
    completer = QCompleter(combo.model(), combo)
    completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    combo.setCompleter(completer)
    return combo
