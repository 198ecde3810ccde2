"""The Export picture dialog, and the question where to save a file.

The file's ending and the chosen kind agree, and no file is replaced without a question.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QWidget,
)

from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, names_by_ending
from exclip_desktop.ui.widgets.form_dialog import FormDialog


def make_escape_box() -> QCheckBox:
    """Return the choice whether cells of a table that a spreadsheet would compute become text."""
    box = QCheckBox("&Apostrophe before formulas")
    box.setChecked(True)
    box.setToolTip(
        "An apostrophe before cells that begin with =, +, - or @ and are no numbers, so that a spreadsheet does not "
        "compute them. This program reads them as they were."
    )
    return box


def ask_path(parent: QWidget, title: str, suggested: Path, kinds: Mapping[str, str]) -> Path | None:
    """Return the path to save to; None if the person cancels.

    ``kinds`` maps endings to their names. The first one that is chosen is that of ``suggested``, or the first of all
    where that names no file. The kind chosen in the dialog decides the ending, unless the typed name has another known
    one.
    """
    filters = {f"{name} (*{ending})": ending for ending, name in kinds.items()}
    own = (label for label, ending in filters.items() if ending == suggested.suffix.lower())
    first = next(own, next(iter(filters)))
    answer, chosen = QFileDialog.getSaveFileName(parent, title, str(suggested), ";;".join(filters), first)
    if not answer:
        return None
    typed = Path(answer)
    path = with_kind(typed, filters.get(chosen, suggested.suffix), suggested.suffix, kinds)
    if path != typed and path.exists() and not _may_replace(parent, title, path):
        return None
    return path


def ask_folder(parent: QWidget, title: str, suggested: Path) -> Path | None:
    """Return the folder to save to: the chosen one where it is empty, else a new one in it; None if cancelled.

    ``suggested`` is where to start, and the name of a new folder.
    """
    text = QFileDialog.getExistingDirectory(parent, title, str(suggested.parent))
    if not text:
        return None
    chosen = Path(text)
    return chosen / suggested.name if any(chosen.iterdir()) else chosen


def with_kind(typed: Path, chosen: str, suggested: str, kinds: Mapping[str, str]) -> Path:
    """Return ``typed`` with its own known ending, else with ``chosen``; the ending of ``suggested`` counts as none."""
    ending = typed.suffix.lower()
    if ending not in kinds:
        return typed.with_name(typed.name + chosen)
    return typed.with_suffix(chosen) if ending == suggested.lower() != chosen else typed


def _may_replace(parent: QWidget, title: str, path: Path) -> bool:
    """Ask whether to replace a file; the file dialog checked the name without this ending."""
    buttons = QMessageBox.StandardButton
    return QMessageBox.question(parent, title, f"{path.name} exists. Replace it?") == buttons.Yes


FORMATS: Final = {one.ending: one for one in PICTURE_FORMATS}
LEAST_PX: Final = 600
MOST_PX: Final = 8000
USUAL_PX: Final = 1600
OPENS_AT_PX: Final = 560


class ExportDialog(FormDialog):
    """Asks for file, format and width; the path's ending and the format always agree.

    ``suggested`` is the path to start from; its ending chooses the format, PNG where it has none of them.
    """

    def __init__(self, suggested: Path, width_px: int = USUAL_PX, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export picture")
        self._path = QLineEdit()
        self._path.setAccessibleName("File")
        self._format = QComboBox()
        self._format.setAccessibleName("Format")
        for one in PICTURE_FORMATS:
            self._format.addItem(one.name, one.ending)
        self._format_hint, self._path_hint = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self._path_hint.setMinimumHeight(self._path_hint.fontMetrics().lineSpacing() * 2)
        self._width = QSpinBox(minimum=LEAST_PX, maximum=MOST_PX, singleStep=100, suffix=" pixels", value=width_px)
        self._width.setAccessibleName("Width in pixels")
        self._lay_out()
        self._path.textChanged.connect(self._on_path_changed)
        self._path.editingFinished.connect(self._on_path_finished)
        self._format.currentIndexChanged.connect(self._on_format_changed)
        self._path.setText(str(_with_ending(suggested, ".png")))
        self._on_format_changed()

    def path(self) -> Path:
        """Return the file to write, with the format's ending."""
        return _with_ending(Path(self._path.text().strip()).expanduser(), self._ending())

    def width_px(self) -> int:
        """Return the picture's width in pixels."""
        return self._width.value()

    def target(self) -> tuple[Path, int]:
        """Return the file to write and the width in pixels."""
        return self.path(), self.width_px()

    def _lay_out(self) -> None:
        browse = QPushButton("&Browse…", autoDefault=False)
        browse.clicked.connect(self._on_browse_clicked)
        file = QHBoxLayout()
        file.addWidget(self._path, 1)
        file.addWidget(browse)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("&Format", self._format)
        form.addRow("", self._format_hint)
        form.addRow("&Width", self._width)
        label = QLabel("F&ile")
        label.setBuddy(self._path)
        form.addRow(label, file)
        form.addRow("", self._path_hint)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._export = buttons.addButton("&Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self.lay_out(form, buttons, OPENS_AT_PX)
        self._export.setDefault(True)  # only now does the button know its dialog
        self._path.setFocus()

    def _ending(self) -> str:
        ending: str = self._format.currentData()
        return ending

    def _on_browse_clicked(self) -> None:
        path = ask_path(self, "Export picture", self.path(), names_by_ending(PICTURE_FORMATS))
        if path is not None:
            self._path.setText(str(path))

    def _on_format_changed(self) -> None:
        self._format_hint.setText(FORMATS[self._ending()].description)
        path = Path(self._path.text().strip())
        if path.name and path.suffix.lower() != self._ending():
            known = path.suffix.lower() in FORMATS
            self._path.setText(str(path.with_suffix(self._ending()) if known else f"{path}{self._ending()}"))
        self._update_path_hint()

    def _on_path_changed(self, text: str) -> None:
        ending = Path(text.strip()).suffix.lower()
        if ending in FORMATS:
            self._format.setCurrentIndex(list(FORMATS).index(ending))
        self._update_path_hint()

    def _on_path_finished(self) -> None:
        if self._path.text().strip():
            self._path.setText(str(self.path()))

    def _update_path_hint(self) -> None:
        problem = _path_problem(self._path.text().strip(), self.path())
        exists = not problem and self.path().exists()
        self._path_hint.setText(problem or (f"{self.path().name} exists and will be replaced." if exists else ""))
        self._export.setEnabled(not problem)


def _with_ending(path: Path, ending: str) -> Path:
    """Return ``path`` with ``ending`` added unless it has one of the formats' endings."""
    return path if path.suffix.lower() in FORMATS or not path.name else path.with_name(path.name + ending)


def _path_problem(text: str, path: Path) -> str:
    if not text:
        return "Choose a file."
    if text.endswith(("/", os.sep)) or path.is_dir() or not path.name:
        return "That is a folder. Add a name for the file."
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}."
    return ""
