"""The Settings dialog: layers, quadrature, tolerance, text reference, precision and device, each with one sentence."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
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
from exclip_desktop.session.window_settings import Appearance, ThemeChoice
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
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(4)
        _add(
            form,
            "&Image layer",
            self._image_layer,
            _hint_label("The picture is explained at the input of this block, counted from 0."),
        )
        _add(
            form,
            "&Text layer",
            self._text_layer,
            _hint_label("The caption is explained at the input of this block, counted from 0."),
        )
        _add(form, "&Quadrature", self._quadrature, self._quadrature_hint)
        _add(form, "&Steps", self._steps, self._steps_hint)
        _add(form, "&Tolerance", self._tolerance, _hint_label(TOLERANCE_HINT))
        _add(form, "Text &reference", self._reference, self._reference_hint)
        _add(form, "Pre&cision", self._precision, self._precision_hint)
        _add(
            form,
            "&Device",
            self._device,
            _hint_label("The device that runs the model. A change loads the model again."),
        )
        _add(form, "T&heme", self._theme, _hint_label("The colours of the window, applied at once."))
        keys = QPushButton("Rating &keys…")
        keys.setToolTip("Choose the keys of ratings, and what follows a rating")
        keys.clicked.connect(lambda: self.rating_keys_requested.emit())
        _add(form, "Rating", keys, _hint_label("One key rates the pair on screen, and may show the next one."))
        if self._storage is not None:
            self._lay_out_storage(form, self._storage)
        published = QPushButton("As &published")
        published.setToolTip("Repeat the published code number for number")
        published.clicked.connect(lambda: self._show_settings(PUBLISHED))
        defaults = QPushButton("De&faults")
        defaults.setToolTip("Restore this program's own settings")
        defaults.clicked.connect(lambda: self._show_settings(ExplainSettings()))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(published, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.addButton(defaults, QDialogButtonBox.ButtonRole.ResetRole)
        self.lay_out(form, buttons, WIDTH_PX)

    def _lay_out_storage(self, form: QFormLayout, storage: StorageSettings) -> None:
        _add(form, "At st&art", storage.start, _hint_label("What the window shows when it starts without a picture."))
        storage.limit_hint.setContentsMargins(2, 0, 0, 10)
        _add(form, "Cache &limit", storage.limit_row, storage.limit_hint)
        _add(form, "", storage.in_project, _hint_label(storage.project_hint))

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
    label.setContentsMargins(2, 0, 0, 6)
    label.setMinimumHeight(1)  # else Qt reserves a second line for every text that may wrap
    return label


def _add(form: QFormLayout, label: str, field: QWidget, sentence: QLabel) -> None:
    form.addRow(label, field)
    form.addRow("", sentence)


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
