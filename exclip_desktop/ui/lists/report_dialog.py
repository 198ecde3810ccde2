"""The dialog that exports findings: which of them, in which format, and the layout of a figure."""

from typing import Final

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from exclip_desktop.storage.exports.formats import LIST_REPORTS, REPORT_FORMATS, ReportFormat, ReportOptions
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.ui.dialogs.export_dialog import make_escape_box
from exclip_desktop.ui.widgets.form_dialog import FormDialog

FORMATS: Final = (*REPORT_FORMATS, *LIST_REPORTS)
WIDTHS: Final = {"Page by page (A4)": None, "A page's text, 6.75 inches": 6.75, "A column, 3.25 inches": 3.25}
DEFAULT_COLUMNS: Final = 3
WIDTH_PX: Final = 440


class ReportDialog(FormDialog):
    """Asks how to export the ``count`` findings of ``query``; ``selected`` are the ids of the selected ones."""

    def __init__(
        self, query: FindingQuery, count: int, selected: tuple[int, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export findings")
        self._query, self._selected = query, selected
        self._scope, self._format, self._description = QComboBox(), QComboBox(), QLabel(wordWrap=True)
        self._title, self._width = QLineEdit(), QComboBox()
        self._columns = QSpinBox(minimum=1, maximum=12, value=DEFAULT_COLUMNS)
        self._shared = QCheckBox("Same colour range for all pictures")
        self._shared.setChecked(True)
        self._shared.setToolTip("Pictures of several methods always have their own range: their units differ.")
        self._escapes = make_escape_box()
        self._scope.addItem(f"All listed findings ({count:,})", ())
        if selected:
            self._scope.addItem(f"Selected findings ({len(selected):,})", selected)
            self._scope.setCurrentIndex(int(len(selected) > 1))
        for one in FORMATS:
            self._format.addItem(f"{one.name} ({one.ending or 'folder'})", one.list_format or one.ending)
        for name, width_in in WIDTHS.items():
            self._width.addItem(name, width_in)
        self._lay_out()
        self._format.currentIndexChanged.connect(self._update_fields)
        self._update_fields()

    @property
    def report_format(self) -> ReportFormat:
        """The chosen format."""
        return FORMATS[self._format.currentIndex()]

    def options(self) -> ReportOptions:
        """Return the chosen options."""
        figure = self.report_format.kind == "figure"
        width_in = self._width.currentData() if figure else None
        return ReportOptions(
            self._query,
            tuple(self._scope.currentData()),
            self._title.text().strip() if self.report_format.kind == "page" else "",
            self._columns.value() if figure else None,
            width_in,
            figure and not self._shared.isChecked(),
            self.report_format.list_format,
            "escape" if self._escapes.isChecked() else "keep",
        )

    def _lay_out(self) -> None:
        self._title.setPlaceholderText("The project's name")
        form = self._form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("&Findings", self._scope)
        form.addRow("F&ormat", self._format)
        form.addRow("", self._description)
        form.addRow("&Title", self._title)
        form.addRow("&Width", self._width)
        form.addRow("&Columns", self._columns)
        form.addRow("", self._shared)
        form.addRow("", self._escapes)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        export = buttons.addButton("&Export…", QDialogButtonBox.ButtonRole.AcceptRole)
        self._description.setMinimumHeight(2 * self._description.fontMetrics().lineSpacing())
        self.lay_out(form, buttons, WIDTH_PX)
        export.setDefault(True)  # only now does the button know its dialog

    def _update_fields(self) -> None:
        """Show the fields of the chosen format."""
        chosen = self.report_format
        self._description.setText(chosen.description)
        self._form.setRowVisible(self._title, chosen.kind == "page")
        self._form.setRowVisible(self._escapes, chosen.ending == ".csv")
        for field in (self._width, self._columns, self._shared):
            self._form.setRowVisible(field, chosen.kind == "figure")
        sheet = self._width.model().item(0)  # type: ignore[attr-defined]  # a combo box's model has items
        sheet.setEnabled(chosen.ending == ".pdf")
        self._width.setCurrentIndex(0 if chosen.ending == ".pdf" else 1)
