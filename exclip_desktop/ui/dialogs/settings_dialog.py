"""The Settings dialog: layers, quadrature, tolerance, text reference, precision and device, each with one sentence."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QWidget,
)

from exclip_desktop.core.text.number_format import write_minus
from exclip_desktop.core.values.settings import (
    DEFAULT_TOLERANCE,
    LEAST_STEPS,
    MOST_STEPS,
    OWN_STEPS,
    POOL,
    PRECISIONS,
    ExplainSettings,
    Layer,
    list_layers,
)
from exclip_desktop.session.settings_file import ThemeChoice
from exclip_desktop.session.window_settings import Appearance
from exclip_desktop.session.worker.requests import ModelChoice, ModelFacts
from exclip_desktop.ui.dialogs.storage_settings import StorageSettings
from exclip_desktop.ui.widgets.form_dialog import FormDialog

PUBLISHED: Final = ExplainSettings(
    image_layer=-1, text_layer=-1, quadrature="riemann-right", steps=10, text_reference="published"
)
"""The settings of the published code (Möller et al., TMLR 2025)."""

QUADRATURES: Final = {
    "adaptive": "Adds nodes until the error is within the tolerance. The best choice.",
    "gauss-legendre": "A fixed number of nodes. Accurate if the integrand is smooth; always the same nodes.",
    "riemann-right": "A fixed number of even steps, as in the published code. Needs many steps to be accurate.",
}
REFERENCES: Final = {
    "matched": "The caption with every word replaced by filler. The parts add up to the score.",
    "published": "A short empty caption, as in the published code. Needs CLIP's own tokenizer.",
}
TOLERANCES: Final = (1e-2, 1e-4, 1e-5)
TOLERANCE_HINT: Final = (
    "The relative error at which the adaptive rule stops. You are warned if a result is less accurate."
)
DEVICES: Final = {
    None: "Fastest available",
    "cpu": "Processor (CPU)",
    "cuda": "NVIDIA GPU",
    "mps": "Apple GPU",
}
THEMES: Final[dict[ThemeChoice, str]] = {"system": "As the system", "light": "Light", "dark": "Dark"}
POOL_TEXT: Final = "Pool: what the pooling attention reads"
WIDTH_PX: Final = 560
HINT_MARGINS_PX: Final = (2, 0, 0, 8)


class SettingsDialog(FormDialog):
    """Edits the settings of an explanation, the device and the theme; ``facts`` are those of the loaded model, if any.

    The theme is applied as soon as it is chosen; Cancel restores the previous one.

    Signals:
        rating_keys_requested(): the dialog for the keys of ratings was requested.

    """

    rating_keys_requested = Signal()

    def __init__(
        self,
        settings: ExplainSettings,
        choice: ModelChoice,
        appearance: Appearance,
        facts: ModelFacts | None = None,
        parent: QWidget | None = None,
        *,
        storage: StorageSettings | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self._storage = storage
        self._image_layer = _combo("Image layer")
        self._text_layer = _combo("Text layer")
        self._quadrature, self._quadrature_hint = _combo("Quadrature"), _hint_label()
        self._steps, self._steps_hint = QSpinBox(), _hint_label()
        self._steps.setAccessibleName("Steps")
        self._tolerance = _combo("Tolerance")
        self._reference, self._reference_hint = _combo("Text reference"), _hint_label()
        self._precision, self._precision_hint = _combo("Precision"), _hint_label()
        self._device = _combo("Device")
        self._theme, self._appearance, self._first_theme = _combo("Theme"), appearance, appearance.theme()
        self._fill(facts)
        self._lay_out()
        self._quadrature.currentIndexChanged.connect(self._on_quadrature_changed)
        self._reference.currentIndexChanged.connect(self._on_reference_changed)
        self._precision.currentIndexChanged.connect(self._on_precision_changed)
        self._show_settings(settings)
        _choose(self._device, choice.device, str(choice.device))
        _choose(self._theme, self._first_theme, self._first_theme)
        self._theme.currentIndexChanged.connect(lambda: appearance.choose_theme(self._theme.currentData()))

    def explain_settings(self) -> ExplainSettings:
        """Return the settings as they stand."""
        steps = self._steps.value()
        return ExplainSettings(
            image_layer=self._image_layer.currentData(),
            text_layer=self._text_layer.currentData(),
            quadrature=self._quadrature.currentData(),
            steps=None if steps == self._steps.minimum() else steps,
            text_reference=self._reference.currentData(),
            framing=self._framing,
            precision=self._precision.currentData(),
            tolerance=self._tolerance.currentData(),
        )

    def device(self) -> str | None:
        """Return the device as it stands; None: the fastest available."""
        chosen: str | None = self._device.currentData()
        return chosen

    def accept(self) -> None:
        """Apply the settings about storage, and close."""
        if self._storage is not None:
            self._storage.save()
        super().accept()

    def reject(self) -> None:
        """Restore the previous theme, and close."""
        self._appearance.choose_theme(self._first_theme)
        super().reject()

    def _fill(self, facts: ModelFacts | None) -> None:
        if facts is None:
            _fill_layers(self._image_layer)
            _fill_layers(self._text_layer)
        else:
            _fill_layers(self._image_layer, facts.image_layers, facts.image_pools)
            _fill_layers(self._text_layer, facts.text_layers, facts.text_pools)
        for rule in QUADRATURES:
            self._quadrature.addItem(rule.replace("-", " ").capitalize().replace("legendre", "Legendre"), rule)
        self._tolerance.addItem(f"Default ({DEFAULT_TOLERANCE:g})", None)
        for tolerance in TOLERANCES:
            self._tolerance.addItem(f"{tolerance:g}", tolerance)
        for kind in REFERENCES:
            self._reference.addItem(kind.capitalize(), kind)
        for precision in PRECISIONS:
            self._precision.addItem(precision, precision)
        for device, text in DEVICES.items():
            self._device.addItem(text, device)
        for theme, text in THEMES.items():
            self._theme.addItem(text, theme)

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.lay_out({"Explanation": self._lay_out_method(), "Program": self._lay_out_program()}, buttons, WIDTH_PX)

    def _lay_out_method(self) -> QGridLayout:
        grid = QGridLayout()
        where = "The {} is explained at the input of this block, counted from 0."
        _add(grid, "&Image layer", self._image_layer, _hint_label(where.format("picture")))
        _add(grid, "&Text layer", self._text_layer, _hint_label(where.format("caption")))
        _add(grid, "&Quadrature", self._quadrature, self._quadrature_hint)
        _add(grid, "&Steps", self._steps, self._steps_hint)
        _add(grid, "T&olerance", self._tolerance, _hint_label(TOLERANCE_HINT))
        _add(grid, "Text &reference", self._reference, self._reference_hint)
        _add(grid, "Pre&cision", self._precision, self._precision_hint)
        published = QPushButton("As &published")
        published.setToolTip("Repeat the published code number for number")
        published.clicked.connect(lambda: self._show_settings(PUBLISHED))
        defaults = QPushButton("De&faults")
        defaults.setToolTip("Restore this program's own settings")
        defaults.clicked.connect(lambda: self._show_settings(ExplainSettings()))
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(published)
        row.addWidget(defaults)
        row.addStretch(1)
        _end(grid, row)
        return grid

    def _lay_out_program(self) -> QGridLayout:
        grid = QGridLayout()
        sentence = "The device that runs the model. A change loads the model again."
        _add(grid, "&Device", self._device, _hint_label(sentence))
        _add(grid, "T&heme", self._theme, _hint_label("The colours of the window, applied at once."))
        keys = QPushButton("Rating &keys…")
        keys.setToolTip("Choose the keys of ratings, and what follows a rating")
        keys.clicked.connect(lambda: self.rating_keys_requested.emit())
        _add(grid, "Rating", keys, _hint_label("One key rates the pair on screen, and may show the next one."))
        storage = self._storage
        if storage is not None:
            sentence = "What the window shows when it starts without a picture."
            _add(grid, "At st&art", storage.start, _hint_label(sentence))
            storage.limit_hint.setContentsMargins(*HINT_MARGINS_PX)
            _add(grid, "Cache &limit", storage.limit_row, storage.limit_hint)
            _add(grid, "", storage.in_project, _hint_label(storage.project_hint))
        _end(grid)
        return grid

    def _show_settings(self, settings: ExplainSettings) -> None:
        self._framing = settings.framing  # chosen in the View menu; passed through here
        _choose(self._image_layer, settings.image_layer, layer_text(settings.image_layer))
        _choose(self._text_layer, settings.text_layer, layer_text(settings.text_layer))
        _choose(self._quadrature, settings.quadrature, settings.quadrature)
        self._on_quadrature_changed()
        self._steps.setValue(self._steps.minimum() if settings.steps is None else settings.steps)
        _choose(self._tolerance, settings.tolerance, f"{settings.tolerance or DEFAULT_TOLERANCE:g}")
        _choose(self._reference, settings.text_reference, settings.text_reference)
        self._on_reference_changed()
        _choose(self._precision, settings.precision, settings.precision)
        self._on_precision_changed()

    def _on_quadrature_changed(self) -> None:
        rule = self._quadrature.currentData()
        self._quadrature_hint.setText(QUADRATURES[rule])
        # One below the least stands for the default.
        self._steps.setRange(LEAST_STEPS[rule] - 1, MOST_STEPS)
        self._steps.setSpecialValueText(f"Default ({OWN_STEPS[rule]})")
        self._steps.setValue(self._steps.minimum())
        most = rule == "adaptive"
        self._steps_hint.setText("The most nodes it may use." if most else "How many nodes it uses. More is slower.")

    def _on_reference_changed(self) -> None:
        self._reference_hint.setText(REFERENCES[self._reference.currentData()])

    def _on_precision_changed(self) -> None:
        self._precision_hint.setText(PRECISIONS[self._precision.currentData()])


def _combo(name: str) -> QComboBox:
    combo = QComboBox(maxVisibleItems=14)
    combo.setAccessibleName(name)
    return combo


def _hint_label(text: str = "") -> QLabel:
    label = QLabel(text, wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop)
    label.setContentsMargins(*HINT_MARGINS_PX)
    return label


def _add(grid: QGridLayout, label: str, field: QWidget, sentence: QLabel) -> None:
    """Add a field with its label, and a sentence below it; a form layout would reserve two lines for each."""
    name, row = QLabel(label), grid.rowCount()
    name.setBuddy(field)
    grid.addWidget(name, row, 0)
    grid.addWidget(field, row, 1)
    grid.addWidget(sentence, row + 1, 1)


def _end(grid: QGridLayout, last: QHBoxLayout | None = None) -> None:
    """Add the last row, and leave the room below it."""
    if last is not None:
        grid.addLayout(last, grid.rowCount(), 1)
    grid.setColumnStretch(1, 1)
    grid.setVerticalSpacing(3)
    grid.setRowStretch(grid.rowCount(), 1)


def layer_text(layer: Layer | None) -> str:
    """Return the name of a layer, as the dialog shows it."""
    return POOL_TEXT if layer == POOL else write_minus(f"Block {layer}")


def _fill_layers(combo: QComboBox, blocks: int = 0, pools: bool = False) -> None:
    """Offer the model's default, the last block, and for a loaded model each block and the pool's input."""
    combo.addItem("Model's default", None)
    combo.addItem("The last block (−1)", -1)
    for layer in list_layers(blocks, pools):
        combo.addItem(layer_text(layer), layer)


def _choose(combo: QComboBox, value: object, text: str) -> None:
    """Select ``value``; one that the list lacks, such as a block of a model not yet loaded, is added as ``text``."""
    index = next((i for i in range(combo.count()) if combo.itemData(i) == value), -1)
    if index < 0:
        combo.addItem(text, value)
        index = combo.count() - 1
    combo.setCurrentIndex(index)
