"""The dialog that exports pairs as a list: which of them, for which program, and what is not kept."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.storage.formula_cells import Formulas
from exclip_desktop.storage.pair_lists.list_export import check_export
from exclip_desktop.storage.pair_lists.list_writer import ListWriter, Part, count_parts, describe_losses
from exclip_desktop.storage.pair_lists.writers import WRITERS
from exclip_desktop.ui.dialogs.export_dialog import ask_folder, ask_path, make_escape_box
from exclip_desktop.ui.widgets.form_dialog import FormDialog

KNOWN_ENDINGS: Final = frozenset(ending for one in WRITERS for ending in one.endings)
WIDTH_PX: Final = 560
TABLES: Final = ("csv", "tsv")
ALL_KEPT: Final = "Nothing: everything is kept."


class ListExportDialog(FormDialog):
    """Asks how to export one of several choices of pairs.

    ``scopes`` are places of pairs by their names; ``list_of`` returns the pairs of places as a list; ``folder`` is
    where the person opened something last. ``chosen`` is the key of the format of the last export.
    """

    def __init__(
        self,
        scopes: Mapping[str, Sequence[int]],
        list_of: Callable[[Sequence[int]], PairList],
        folder: Path,
        parent: QWidget | None = None,
        *,
        chosen: str = "",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export list")
        self._list_of, self._lists = list_of, dict[int, PairList]()
        self._counts: dict[int, dict[Part, int]] = {}
        self._scope, self._format, self._path = QComboBox(), QComboBox(), QLineEdit()
        self._scopes = list(scopes.values())
        for name, places in scopes.items():
            self._scope.addItem(f"{name} ({len(places):,})")
        for one in WRITERS:
            kind = "folder" if one.is_folder else one.endings[0]
            self._format.addItem(f"{one.name} ({kind})")
        self._description, self._losses, self._problem = (QLabel(wordWrap=True) for _ in range(3))
        self._path_label, self._escapes = QLabel(), make_escape_box()
        self._lay_out()
        self._scope.currentIndexChanged.connect(self._update)
        self._format.currentIndexChanged.connect(self._on_format_changed)
        self._path.textChanged.connect(self._update)
        self._path.setText(str(folder / f"pairs{self.writer.endings[0]}"))
        self._format.setCurrentIndex(next((at for at, one in enumerate(WRITERS) if one.key == chosen), 0))
        self._on_format_changed()

    @property
    def writer(self) -> ListWriter:
        """The chosen format."""
        return WRITERS[self._format.currentIndex()]

    @property
    def places(self) -> list[int]:
        """Places of the chosen pairs."""
        return list(self._scopes[self._scope.currentIndex()])

    @property
    def formulas(self) -> Formulas:
        """What is done with cells that a spreadsheet would take for formulas."""
        return "escape" if self._escapes.isChecked() else "keep"

    def path(self) -> Path:
        """Return the file or folder to write; a file has the format's ending."""
        path = Path(self._path.text().strip()).expanduser()
        if self.writer.is_folder or not path.name or path.suffix.lower() in self.writer.endings:
            return path
        return path.with_name(path.name + self.writer.endings[0])

    def _lay_out(self) -> None:
        browse = QPushButton("&Browse…", autoDefault=False)
        browse.clicked.connect(self._on_browse_clicked)
        place = QHBoxLayout()
        place.addWidget(self._path, 1)
        place.addWidget(browse)
        self._path.setAccessibleName("File or folder")
        self._path_label.setBuddy(self._path)
        form = self._form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("&Pairs", self._scope)
        form.addRow("F&ormat", self._format)
        form.addRow("", self._description)
        form.addRow(self._path_label, place)
        form.addRow("", self._problem)
        not_kept = QLabel("Not kept")
        for label in (not_kept, self._losses):
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        form.addRow(not_kept, self._losses)
        form.addRow("", self._escapes)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._export = buttons.addButton("&Export", QDialogButtonBox.ButtonRole.AcceptRole)
        line_px = self._description.fontMetrics().lineSpacing()
        self._description.setMinimumHeight(2 * line_px)
        self._problem.setMinimumHeight(2 * line_px)
        self._losses.setMinimumHeight(3 * line_px)
        self.lay_out(form, buttons, WIDTH_PX)
        self._export.setDefault(True)  # only now does the button know its dialog

    def _on_format_changed(self) -> None:
        """Give the path the ending of the format, or none for a folder."""
        path = Path(self._path.text().strip())
        plain = path.with_suffix("") if path.suffix.lower() in KNOWN_ENDINGS else path
        if path.name and path.suffix.lower() not in (self.writer.endings or ("",)):
            self._path.setText(str(plain) + (self.writer.endings[0] if self.writer.endings else ""))
        self._path_label.setText("Fo&lder" if self.writer.is_folder else "Fi&le")
        self._description.setText(self.writer.description)
        self._form.setRowVisible(self._escapes, self.writer.key in TABLES)
        self._update()

    def _on_browse_clicked(self) -> None:
        if not self.writer.is_folder:
            suggested = self.path() if self._path.text().strip() else Path(f"pairs{self.writer.endings[0]}")
            path = ask_path(self, "Export list", suggested, {self.writer.endings[0]: self.writer.name})
        else:
            path = ask_folder(self, "Export list", self.path())
        if path is not None:
            self._path.setText(str(path))

    def _update(self) -> None:
        """Show what is not kept, and whether the place can be written."""
        scope = self._scope.currentIndex()
        if scope not in self._lists:
            self._lists[scope] = self._list_of(self.places)
            self._counts[scope] = count_parts(self._lists[scope].pairs)
        losses = describe_losses(self._counts[scope], self.writer)
        self._losses.setText("\n".join(losses) or ALL_KEPT)
        problem = self._find_problem(self._lists[scope])
        replaces = not problem and not self.writer.is_folder and self.path().exists()
        self._problem.setText(problem or (f"{self.path().name} exists and will be replaced." if replaces else ""))
        self._export.setEnabled(not problem)

    def _find_problem(self, listed: PairList) -> str:
        if not self._path.text().strip():
            return "Choose a folder." if self.writer.is_folder else "Choose a file."
        try:
            check_export(listed, self.path(), self.writer)
        except (OutputError, OSError, ValueError) as error:
            return error.message if isinstance(error, OutputError) else str(error)
        return ""


def scope_names(selected: Sequence[int], listed: Sequence[int], count: int) -> dict[str, Sequence[int]]:
    """Return the choices of pairs by their names; ``count`` is the number of all pairs."""
    everything = listed if len(listed) == count else range(count)  # in the order on screen where nothing is hidden
    scopes = {"Selected pairs": selected, "Listed pairs": listed, "All pairs": everything}
    if everything is listed:
        del scopes["Listed pairs"]
    return {name: places for name, places in scopes.items() if places}
