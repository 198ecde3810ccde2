"""Asks which findings to export, as what, and how a figure of them is laid out."""

from typing import Final

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.storage.exports.report_options import FIGURES, PAGES, ReportOptions
from exclip_desktop.storage.project.finding_rows import FindingQuery

KINDS: Final = {
    ".html": "Web page",
    ".pdf": "PDF",
    ".md": "Markdown",
    ".tex": "LaTeX",
    ".png": "PNG",
    ".svg": "SVG",
    ".csv": "CSV",
    ".jsonl": "JSON lines",
    ".json": "COCO boxes",
}
SAYS: Final = {
    ".html": "One file with pictures, captions, numbers and notes, to read and to pass on.",
    ".pdf": "A contact sheet on A4, or a figure where a width is chosen.",
    ".md": "A text with a folder of pictures beside it.",
    ".tex": "Figures with coloured captions for a paper, with a folder of pictures beside it.",
    ".png": "One grid of all, in pixels.",
    ".svg": "One grid of all; text stays text.",
    ".csv": "Every number and setting, a finding a line.",
    ".jsonl": "Every number and setting, a finding a line.",
    ".json": "Regions of findings, and labels of pictures.",
}
WIDTHS: Final = {"Page by page (A4)": None, "A page's text, 6.75 inches": 6.75, "A column, 3.25 inches": 3.25}
USUAL_COLUMNS: Final = 3
WIDTH_PX: Final = 440


class ReportDialog(QDialog):
    """Asks what to export of ``count`` findings, of which ``marked`` are marked; ``query`` says which those are."""

    def __init__(self, query: FindingQuery, count: int, marked: tuple[int, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export findings")
        self._query, self._marked = query, marked
        self._which, self._kind, self._says = QComboBox(), QComboBox(), QLabel(wordWrap=True)
        self._title, self._width = QLineEdit(), QComboBox()
        self._columns = QSpinBox(minimum=1, maximum=12, value=USUAL_COLUMNS)
        self._shared = QCheckBox("One range of colours for all")
        self._shared.setChecked(True)
        self._shared.setToolTip("Of several methods each picture has its own: their units differ.")
        self._which.addItem(f"All that are listed ({count:,})", ())
        if marked:
            self._which.addItem(f"Those that are marked ({len(marked):,})", marked)
            self._which.setCurrentIndex(int(len(marked) > 1))
        for ending, name in KINDS.items():
            self._kind.addItem(f"{name} ({ending})", ending)
        for name, width_in in WIDTHS.items():
            self._width.addItem(name, width_in)
        self._lay_out()
        self._kind.currentIndexChanged.connect(self._show)
        self._show()

    @property
    def ending(self) -> str:
        """The file's ending."""
        ending: str = self._kind.currentData()
        return ending

    def options(self) -> ReportOptions:
        """Return what was chosen."""
        figure = self.ending in FIGURES
        width_in = self._width.currentData() if figure else None
        return ReportOptions(
            self._query,
            tuple(self._which.currentData()),
            self._title.text().strip() if self.ending in PAGES else "",
            self._columns.value() if figure else None,
            width_in,
            figure and not self._shared.isChecked(),
        )

    def _lay_out(self) -> None:
        self._title.setPlaceholderText("The project's name")
        form = self._form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("&Findings", self._which)
        form.addRow("&As", self._kind)
        form.addRow("", self._says)
        form.addRow("&Title", self._title)
        form.addRow("&Width", self._width)
        form.addRow("&Columns", self._columns)
        form.addRow("", self._shared)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        export = buttons.addButton("&Export…", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(buttons)
        export.setDefault(True)  # only now does the button know its dialog
        self._says.setMinimumHeight(2 * self._says.fontMetrics().lineSpacing())
        self.setFixedWidth(WIDTH_PX)

    def _show(self) -> None:
        """Ask only for what the file's kind has."""
        figure = self.ending in FIGURES
        self._says.setText(SAYS[self.ending])
        self._form.setRowVisible(self._title, self.ending in PAGES)
        for asked in (self._width, self._columns, self._shared):
            self._form.setRowVisible(asked, figure)
        pages = self._width.model().item(0)  # type: ignore[attr-defined]  # a combo box's model has items
        pages.setEnabled(self.ending == ".pdf")
        self._width.setCurrentIndex(0 if self.ending == ".pdf" else 1)
