"""Model, settings and environment of the explanation on screen, to read and to copy."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.method_registry import plugin_errors
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.explanation import Explanation, SideReport
from exclip_desktop.core.values.settings import FRAMINGS
from exclip_desktop.session.state import Provenance, State
from exclip_desktop.session.worker.requests import ModelFacts
from exclip_desktop.ui.models.model_texts import get_model_note

SHORT_HASH: Final = 12
COPIED_MS: Final = 1500


@dataclass(frozen=True, slots=True)
class Detail:
    """A line: its name, its text, and its full text where the text is shortened."""

    name: str
    text: str
    full_text: str = ""


def list_details(
    explanation: Explanation, provenance: Provenance, facts: ModelFacts | None, log_file: str
) -> list[Detail]:
    """Return the lines in reading order; ``facts`` of another model than the explanation's are ignored."""
    settings, geometry = explanation.settings, explanation.geometry
    known = facts if facts is not None and facts.name == settings.model else None
    columns, rows = geometry.grid[1], geometry.grid[0]
    at_most = "at most " if settings.quadrature == "adaptive" else ""
    lines = [
        Detail("Model", f"{settings.model}\n{get_model_note(settings.model)}".strip(), settings.model),
        Detail("Weights", settings.weights),
        Detail("Weights SHA-256", f"{settings.weights_sha256[:SHORT_HASH]}…", settings.weights_sha256),
        Detail("Device", settings.device),
        Detail("Picture layer", _layer(settings.image_layer, known.image_layers if known else None)),
        Detail("Caption layer", _layer(settings.text_layer, known.text_layers if known else None)),
        Detail("Quadrature", f"{settings.quadrature}, {at_most}{settings.steps} nodes"),
        Detail("Picture side", _side(explanation.image_side, settings.tolerance)),
        Detail("Caption side", _side(explanation.text_side, settings.tolerance)),
        Detail("Reference", settings.text_reference),
        Detail("Framing", FRAMINGS[settings.framing]),
        Detail("Precision", _precision(explanation)),
        Detail("Patches", f"{columns} × {rows} on {geometry.source_size[0]} × {geometry.source_size[1]} pixels"),
        Detail("Time", f"{provenance.seconds:.2f} s, {'from the cache' if provenance.cached else 'computed'}"),
        Detail("Versions", "\n".join(f"{name} {version}" for name, version in settings.versions.items())),
    ]
    errors = plugin_errors()
    if errors:
        lines.append(Detail("Methods that could not be loaded", "\n".join(str(error) for error in errors)))
    return [*lines, Detail("Log file", log_file)] if log_file else lines


def _layer(layer: int | str, count: int | None) -> str:
    return f"{layer}" if count is None or isinstance(layer, str) else f"{layer} of 0–{count - 1}"


def _precision(explanation: Explanation) -> str:
    """Return the precision, and where it is not float32 the score in both."""
    precision, full = explanation.settings.precision, explanation.float32_score
    if full is None:
        return precision
    scores = f"score {format_signed(explanation.score, 5)}, in float32 {format_signed(full, 5)}"
    return f"{precision} before the layers\n{scores}"


def _side(side: SideReport, tolerance: float) -> str:
    error = "" if side.row_error is None else f"\nrow error {side.row_error:.1e}"
    fault = "not converged" if not side.converged else "not exact" if side.residual > tolerance else ""
    warning = f"\n{fault}: the tolerance is {tolerance:g}" if fault else ""
    return f"{side.nodes} nodes, {side.way}\nresidual {side.residual:.1e}{error}{warning}"


class DetailsTab(QWidget):
    """The inspector's last tab: lines of names and values, and a button that copies them."""

    READS: Final = frozenset({"answer", "provenance", "facts"})

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._log_file = ""
        self._details: list[Detail] = []
        self._values: list[QLabel] = []
        self._form = QFormLayout()
        self._copy = QPushButton("Copy")
        self._copy.setAccessibleName("Copy all details")
        self._copy.setToolTip("Copy all details as text.")
        self._copy.clicked.connect(self._on_copy)
        self._lay_out()

    def set_log_file(self, path: str) -> None:
        """Name the log file; "" for none."""
        self._log_file = path
        if self._state.explanation is not None:
            self.refresh(self.READS)

    def refresh(self, names: frozenset[str]) -> None:
        """Show the state again. There is an explanation."""
        explanation = self._state.explanation
        assert explanation is not None
        details = list_details(explanation, self._state.provenance, self._state.facts, self._log_file)
        if [detail.name for detail in details] != [detail.name for detail in self._details]:
            self._make_lines(details)
        self._details = details
        for label, detail in zip(self._values, details, strict=True):
            label.setText(_breakable(detail.text))
            label.setToolTip(detail.full_text)

    def as_text(self) -> str:
        """Return all lines as text, nothing shortened."""
        return "\n".join(
            f"{detail.name}: {(detail.full_text or detail.text).replace(chr(10), ', ')}" for detail in self._details
        )

    def _make_lines(self, details: list[Detail]) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self._values = []
        for detail in details:
            value = QLabel()
            value.setObjectName(detail.name)
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            value.setWordWrap(True)  # after the policy, in which it sets that the height depends on the width
            name = QLabel(detail.name)
            name.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self._form.addRow(name, value)
            self._values.append(value)

    def _lay_out(self) -> None:
        content = QWidget()
        content.setLayout(self._form)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        scroll = QScrollArea()
        scroll.setAccessibleName("Details")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll, 1)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(9, 0, 9, 9)
        buttons.addStretch(1)
        buttons.addWidget(self._copy)
        column.addLayout(buttons)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.as_text())
        self._copy.setText("Copied")
        QTimer.singleShot(COPIED_MS, self._copy, self._on_copied_read)

    def _on_copied_read(self) -> None:
        self._copy.setText("Copy")


def _breakable(text: str) -> str:
    """Return text that wraps within a path or a file name too; a label breaks at spaces only."""
    return text.replace("/", "/\u200b").replace("_", "_\u200b")
