"""Where the attribution lies at every layer of one side, so that a person sees where a choice makes sense."""

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

from exclip_desktop.core.text.sizes import format_memory, format_rough_time
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
SAYS: Final = "Bars: where |A| lies, whatever its sign. Numbers: parts of the score. A click chooses a layer."
SAYS_MORE: Final = (
    "Numbers are the ledger's parts divided by the score; with those of prefix tokens and specials, which a tooltip "
    "tells, they add up to 100%. Where the score is closer to zero than 0.01, there are none. Since parts may cancel "
    "out, the bars show each block's share of Σ|A|, the sum of the whole matrix without signs. A layer makes sense "
    "where words × patches hold most of both."
)
OF_BEFORE: Final = "Of the picture, caption or settings before."


class LayersTab(QWidget):
    """The inspector's tab of layers.

    Signals:
        looked_at(side): a side's layers are on screen, of another explanation than before.
        profile_asked(side): the button was pressed.
        layer_chosen(side, layer): a layer was chosen.

    """

    READS: Final = frozenset({"profile", "answer"})
    looked_at = Signal(str)
    profile_requested = Signal(str)
    layer_chosen = Signal(str, object)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._looked_at: tuple[Side, Explanation] | None = None
        self._sides = {side: QRadioButton(NAMES[side]) for side in SIDES}
        self._ask, self._cost, self._before = QPushButton(), QLabel(), QLabel(OF_BEFORE)
        self._list = LayersList()
        self._lay_out()
        self._sides["image"].setChecked(True)
        for side, button in self._sides.items():
            button.setAccessibleName(f"Layers of the {NAMES[side].lower()}'s side")
            button.toggled.connect(self._on_side_toggled)
        self._ask.clicked.connect(lambda: self.profile_requested.emit(self.side))
        self._list.layer_chosen.connect(lambda layer: self.layer_chosen.emit(self.side, layer))

    @property
    def side(self) -> Side:
        """The side whose layers are shown."""
        return "image" if self._sides["image"].isChecked() else "text"

    def refresh(self, names: frozenset[str]) -> None:
        """Show the state again; ``names`` are the values that have changed. There is an explanation."""
        self._look()
        explanation, shown = self._state.explanation, self._state.profile
        assert explanation is not None
        profile = shown.profile if shown.profile is not None and shown.profile.side == self.side else None
        stale = shown.stale and profile is not None
        self._list.set_profile(profile, _layer_on_screen(explanation, self.side), stale=stale)
        self._before.setVisible(stale)
        self._ask.setText(_asks(shown, made=profile is not None and len(profile.rows) > 1 and not stale))
        self._ask.setEnabled(not shown.running and (stale or profile is None or not profile.complete))
        told = "" if shown.running or not self._ask.isEnabled() else cost_told(shown.estimate)
        self._cost.setText(told)
        self._ask.setToolTip(wrap_tooltip(f"Explain the pair at every layer of this side. {told}".strip()))
        for button in self._sides.values():
            button.setEnabled(not shown.running)

    def _look(self) -> None:
        """Tell, once, that another explanation's or another side's layers are looked at."""
        explanation = self._state.explanation
        last = self._looked_at
        if explanation is None or self._state.stale:
            return
        if last is None or last[0] != self.side or last[1] is not explanation:
            self._looked_at = self.side, explanation
            self.looked_at.emit(self.side)

    def _lay_out(self) -> None:
        group = QButtonGroup(self)
        top = QHBoxLayout()
        for button in self._sides.values():
            group.addButton(button)
            top.addWidget(button)
        top.addStretch(1)
        top.addWidget(self._ask)
        says = QLabel(SAYS)
        says.setToolTip(wrap_tooltip(SAYS_MORE))
        self._before.setObjectName("profileOfBefore")
        self._cost.setObjectName("profileCost")
        self._cost.setAlignment(Qt.AlignmentFlag.AlignRight)
        for label in (says, self._before, self._cost):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(_stacked(self._list, _Legend(), says))
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addLayout(top)
        column.addWidget(self._cost)
        column.addWidget(self._before)
        column.addWidget(scroll, 1)

    def _on_side_toggled(self, checked: bool) -> None:
        if checked and self._state.explanation is not None:
            self.refresh(self.READS)


class _Legend(QWidget):
    """The bars' colours with their names, two a line where there is room."""

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


def cost_told(estimate: ProfileEstimate | None) -> str:
    """Return what a profile is going to cost, in words; empty without an estimate."""
    if estimate is None:
        return ""
    if estimate.total_s == 0:
        return "Every layer is known already."
    return f"About {format_rough_time(estimate.total_s)}, and {format_memory(estimate.peak_bytes)} of memory."


def _asks(shown: ProfileProgress, *, made: bool) -> str:
    if shown.running:
        return "Profiling…"
    complete = shown.profile is not None and shown.profile.complete
    return "Go on" if made and not complete else "Profile the layers"


def _layer_on_screen(explanation: Explanation, side: Side) -> Layer:
    return explanation.settings.image_layer if side == "image" else explanation.settings.text_layer


def _stacked(*parts: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(10)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    return holder
