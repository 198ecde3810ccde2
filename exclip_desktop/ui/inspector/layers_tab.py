"""The inspector's tab with a layer profile of one side."""

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.text.number_format import format_memory, format_rough_time
from exclip_desktop.core.values.cost_estimates import ProfileEstimate
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.settings import SIDES, Layer, Side
from exclip_desktop.session.state import ProfileProgress, State
from exclip_desktop.ui.inspector.layers_list import LayersList
from exclip_desktop.ui.inspector.stacked_bars import COLOURS
from exclip_desktop.ui.widgets.labels import wrap_tooltip

MARGIN: Final = 9
SWATCH: Final = 10
BLOCKS: Final = tuple(COLOURS)[:4]
NAMES: Final[dict[Side, str]] = {"image": "Picture", "text": "Caption"}
HINT: Final = "Bars: parts of Σ|A|. Numbers: parts of the score. Click a layer to choose it."
HINT_DETAILS: Final = (
    "The numbers are the ledger's parts divided by the score. With the parts of prefix tokens and specials, which the "
    "tooltip of a layer lists, they add up to 100 %. There are no numbers where the score is between −0.01 and 0.01. "
    "The bars show each block's share of Σ|A|, the sum of the matrix without signs, because parts with different "
    "signs cancel out. A good layer has most of both in words × patches."
)
STALE: Final = "This still shows the previous picture, caption or settings."


class LayersTab(QWidget):
    """The inspector's tab of layers.

    Signals:
        side_viewed(side): the layers of another side, or of another explanation, are on screen.
        profile_requested(side): the button was pressed.
        layer_chosen(side, layer): a layer was chosen.

    """

    READS: Final = frozenset({"profile", "answer"})
    side_viewed = Signal(str)
    profile_requested = Signal(str)
    layer_chosen = Signal(str, object)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._viewed: tuple[Side, Explanation] | None = None
        self._sides = {side: QRadioButton(NAMES[side]) for side in SIDES}
        self._button, self._cost, self._stale_label = QPushButton(), QLabel(), QLabel(STALE)
        self._list = LayersList()
        self._lay_out()
        self._sides["image"].setChecked(True)
        for side, button in self._sides.items():
            button.setAccessibleName(f"Layers of the {NAMES[side].lower()}'s side")
            button.toggled.connect(self._on_side_toggled)
        self._button.clicked.connect(lambda: self.profile_requested.emit(self.side))
        self._list.layer_chosen.connect(lambda layer: self.layer_chosen.emit(self.side, layer))

    @property
    def side(self) -> Side:
        """The side whose layers are shown."""
        return "image" if self._sides["image"].isChecked() else "text"

    def refresh(self, names: frozenset[str]) -> None:
        """Show the state again; ``names`` are the values that have changed. There is an explanation."""
        self._report_view()
        explanation, progress = self._state.explanation, self._state.profile
        assert explanation is not None
        profile = progress.profile if progress.profile is not None and progress.profile.side == self.side else None
        stale = progress.stale and profile is not None
        self._list.set_profile(profile, _layer_on_screen(explanation, self.side), stale=stale)
        self._stale_label.setVisible(stale)
        self._button.setText(_button_text(progress, made=profile is not None and len(profile.rows) > 1 and not stale))
        self._button.setEnabled(not progress.running and (stale or profile is None or not profile.complete))
        cost = "" if progress.running or not self._button.isEnabled() else describe_cost(progress.estimate)
        self._cost.setText(cost)
        self._button.setToolTip(wrap_tooltip(f"Explain the pair at every layer of this side. {cost}".strip()))
        for button in self._sides.values():
            button.setEnabled(not progress.running)

    def _report_view(self) -> None:
        """Report once that the layers of another side or explanation are on screen."""
        explanation = self._state.explanation
        last = self._viewed
        if explanation is None or self._state.stale:
            return
        if last is None or last[0] != self.side or last[1] is not explanation:
            self._viewed = self.side, explanation
            self.side_viewed.emit(self.side)

    def _lay_out(self) -> None:
        group = QButtonGroup(self)
        top = QHBoxLayout()
        for button in self._sides.values():
            group.addButton(button)
            top.addWidget(button)
        top.addStretch(1)
        top.addWidget(self._button)
        hint = QLabel(HINT)
        hint.setToolTip(wrap_tooltip(HINT_DETAILS))
        self._stale_label.setObjectName("profileStale")
        self._cost.setObjectName("profileCost")
        self._cost.setAlignment(Qt.AlignmentFlag.AlignRight)
        for label in (hint, self._stale_label, self._cost):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setWordWrap(True)  # after the policy, in which it sets that the height depends on the width
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(_stack_widgets(self._list, _Legend(), hint))
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addLayout(top)
        column.addWidget(self._cost)
        column.addWidget(self._stale_label)
        column.addWidget(scroll, 1)

    def _on_side_toggled(self, checked: bool) -> None:
        if checked and self._state.explanation is not None:
            self.refresh(self.READS)


class _Legend(QWidget):
    """Names of the bars' colours."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Parts of a bar, from the left: {', '.join(BLOCKS)}")

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return room for four lines."""
        return QSize(200, len(BLOCKS) * self._line_height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Draw a line each part."""
        painter, height = QPainter(self), self._line_height()
        for at, name in enumerate(BLOCKS):
            top = at * height
            painter.fillRect(0, top + (height - SWATCH) // 2, SWATCH, SWATCH, QColor(COLOURS[name]))
            painter.drawText(SWATCH + 6, top + self.fontMetrics().ascent() + 1, name)

    def _line_height(self) -> int:
        return self.fontMetrics().height() + 2


def describe_cost(estimate: ProfileEstimate | None) -> str:
    """Return the estimated time and memory of a profile in words; "" without an estimate."""
    if estimate is None:
        return ""
    if estimate.total_s == 0:
        return "Every layer is computed."
    return f"About {format_rough_time(estimate.total_s)}, and {format_memory(estimate.peak_bytes)} of memory."


def _button_text(progress: ProfileProgress, *, made: bool) -> str:
    if progress.running:
        return "Profiling…"
    complete = progress.profile is not None and progress.profile.complete
    return "Continue" if made and not complete else "Profile the layers"


def _layer_on_screen(explanation: Explanation, side: Side) -> Layer:
    return explanation.settings.image_layer if side == "image" else explanation.settings.text_layer


def _stack_widgets(*parts: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(10)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    return holder
