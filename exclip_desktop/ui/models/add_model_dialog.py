"""Dialog for a folder or file of weights: asks for architecture and preprocessing if they are unknown."""

from pathlib import Path
from typing import Final

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.values.preprocessing import PREPROCESSINGS
from exclip_desktop.session.library.model_listing import WeightsFile
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.widgets.screen_size import ScreenKeeper

FROM_FILE: Final = "From a JSON file…"
KNOWN: Final = {True: "As in the folder's config", False: "Known: these weights are published"}
PREPROCESS_TIP: Final = (
    "Choose how pictures were preprocessed when the model was trained. With a wrong choice all numbers are wrong, and "
    "the program cannot notice it."
)
WIDTH_PX: Final = 520


class AddModelDialog(QDialog):
    """Asks for a file's architecture if it fits several, and for the preprocessing if it is unknown."""

    def __init__(self, what: Path | WeightsFile, parent: QWidget | None = None) -> None:
        """``what`` is a folder, or a file that has been read."""
        super().__init__(parent)
        self._file = what if isinstance(what, WeightsFile) else None
        self._path = what.path if isinstance(what, WeightsFile) else what
        self.setWindowTitle("Add folder" if self._file is None else "Add file")
        self._architecture, self._preprocess = QComboBox(), QComboBox()
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._ok = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._ok.setText("&Add")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._fill_architectures(self._file.architectures if self._file else ())
        self._fill_preprocess()
        self._lay_out()
        ScreenKeeper(self)
        self._show_enabled()

    def choice(self) -> ModelChoice:
        """Return the described model."""
        preprocess = self._preprocess.currentData()
        if self._file is None:
            return ModelChoice(str(self._path), preprocess=preprocess)
        return ModelChoice(self._architecture.currentText(), checkpoint=str(self._path), preprocess=preprocess)

    def _fill_architectures(self, names: tuple[str, ...]) -> None:
        """Offer the architectures that fit; of several, none is preselected: they may differ in their activation."""
        combo = self._architecture
        combo.setAccessibleName("Architecture")
        combo.setPlaceholderText("Several fit: choose one…")
        combo.addItems(names)
        combo.setCurrentIndex(0 if len(names) == 1 else -1)
        combo.setEnabled(len(names) > 1)
        combo.currentIndexChanged.connect(self._show_enabled)

    def _fill_preprocess(self) -> None:
        """Offer every kind of preprocessing; for unpublished weights, none is preselected."""
        combo = self._preprocess
        combo.setAccessibleName("Preprocessing")
        if self._file is None or self._file.preprocess_known:
            combo.addItem(KNOWN[self._file is None], None)
        else:
            combo.setPlaceholderText("Choose…")
        if self._file is None or not self._file.preprocess_known:
            for one in PREPROCESSINGS:
                combo.addItem(one.title, one.name)
            combo.addItem(FROM_FILE, None)
        combo.setEnabled(combo.count() > 1)
        combo.setCurrentIndex(0 if combo.itemData(0) is None else -1)
        combo.activated.connect(self._on_preprocess_activated)
        combo.currentIndexChanged.connect(self._show_enabled)

    def _lay_out(self) -> None:
        name = QLabel(self._path.name)
        name.setToolTip(str(self._path))
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Folder" if self._file is None else "File", name)
        if self._file is not None:
            form.addRow("A&rchitecture", self._architecture)
        form.addRow("&Preprocessing", self._preprocess)
        column = QVBoxLayout(self)
        column.addLayout(form)
        if self._preprocess.isEnabled():
            column.addWidget(QLabel(PREPROCESS_TIP, wordWrap=True))
        column.addStretch(1)
        column.addWidget(self._buttons)
        self.setMinimumWidth(WIDTH_PX)

    def _show_enabled(self) -> None:
        named = self._file is None or self._architecture.currentIndex() >= 0
        prepared = self._preprocess.currentIndex() >= 0 and self._preprocess.currentText() != FROM_FILE
        self._ok.setEnabled(named and prepared)

    def _on_preprocess_activated(self, index: int) -> None:
        if self._preprocess.itemText(index) != FROM_FILE:
            return
        path, _ = QFileDialog.getOpenFileName(self, "Preprocessing", str(self._path.parent), "JSON files (*.json)")
        if path:
            self._preprocess.insertItem(index, f"As {Path(path).name} says", path)
        self._preprocess.setCurrentIndex(index if path else 0 if self._file is None else -1)
