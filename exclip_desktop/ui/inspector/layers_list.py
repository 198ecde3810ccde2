"""List of a profile's layers, each with a stacked bar and its numbers; one can be chosen."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.core.values.layer_profile import Profile, ProfileRow
from exclip_desktop.core.values.settings import Layer
from exclip_desktop.ui.inspector.stacked_bars import StackedBars, stack_segments
from exclip_desktop.ui.theme import blend_colours, error_colour

HEADS: Final = {"words × patches": "words ×\npatches", "reference terms": "reference\nterms", "residual": "\nresidual"}
"""Parts of the score that have a column of numbers: the ledger's name, and the column's head."""
PAD: Final = 5
BAR_PX: Final = 12
LEAST_BAR_PX: Final = 60  # columns of numbers are left out rather than have less
STALE_OPACITY: Final = 0.45
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class _Columns:
    """Places in a row, px: left end and width of the bar, and the right end of each number by its name."""

    bar: float
    bar_width: float
    numbers: dict[str, float]


class LayersList(QWidget):
    """The layers of a profile in reading order, under column heads; as high as all its rows.

    Signals:
        layer_chosen(layer): a layer was clicked, or reached with the arrow keys and Return.

    """

    layer_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._profile: Profile | None = None
        self._on_screen: Layer | None = None
        self._is_stale = False
        self._current: int | None = None
        self._hovered: int | None = None
        self._bars = StackedBars(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Layers and where the attribution lies")

    def set_profile(self, profile: Profile | None, on_screen: Layer | None, *, stale: bool) -> None:
        """Show another profile; ``on_screen`` is the layer of the explanation on screen."""
        before = self._layers
        self._profile, self._on_screen, self._is_stale = profile, on_screen, stale
        if self._layers != before:
            self._current = self._hovered = None
            self.updateGeometry()
        self._describe()
        rows = [None if row is None else stack_segments(row.magnitudes.lines()) for row in map(self._row, self._layers)]
        self._bars.show_bars(rows, BAR_PX / self._row_height())
        self._bars.plot_item.setOpacity(STALE_OPACITY if stale else 1.0)
        self._place_bars()
        self.update()

    def row_rect(self, at: int) -> QRectF:
        """Return a layer's place in the widget."""
        return QRectF(0, self._heads_height() + at * self._row_height(), self.width(), self._row_height())

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return room for all layers."""
        return QSize(300, self._heads_height() + len(self._layers) * self._row_height() + 1)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the same height on less width."""
        return QSize(180, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Give the bars the width that the numbers leave."""
        super().resizeEvent(event)
        self._place_bars()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """Make room for another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._place_bars()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Draw the heads and a row for each layer."""
        if self._profile is None:
            return
        painter, columns = QPainter(self), self._columns()
        self._draw_heads(painter, columns)
        for at, layer in enumerate(self._layers):
            self._draw_ground(painter, at, layer)
            painter.setOpacity(STALE_OPACITY if self._is_stale else 1.0)
            self._draw_row(painter, at, layer, columns)
            painter.setOpacity(1.0)

    def event(self, event: QEvent) -> bool:
        """Describe the layer under the mouse in a tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if at is None else self.describe_layer(at), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """Mark the layer under the mouse."""
        self._hover(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """Mark none."""
        self._hover(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """Choose the layer under the mouse."""
        at = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at is not None:
            self._go_to(at)
            self.layer_chosen.emit(self._layers[at])

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Move with the arrow keys, Home and End; choose with Return."""
        to = self._layer_at_key(Qt.Key(event.key()))
        if to is not None:
            self._go_to(to)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current is not None:
            self.layer_chosen.emit(self._layers[self._current])
        else:
            super().keyPressEvent(event)

    def describe_layer(self, at: int) -> str:
        """Return a layer's parts of the score and of |A| in words."""
        layer = self._layers[at]
        name = f"Layer {layer}{', on screen' if layer == self._on_screen else ''}"
        return f"{name}\n{describe_row(self._row(layer))}"

    def _row(self, layer: Layer) -> ProfileRow | None:
        return None if self._profile is None else self._profile.row(layer)

    def _place_bars(self) -> None:
        """Lay the bars over their column of the rows."""
        if self._layers:
            columns, height = self._columns(), len(self._layers) * self._row_height()
            self._bars.setGeometry(round(columns.bar), self._heads_height(), round(columns.bar_width), height)
        self._bars.setVisible(bool(self._layers))

    @property
    def _layers(self) -> tuple[Layer, ...]:
        return () if self._profile is None else self._profile.layers

    def _layer_at_key(self, key: Qt.Key) -> int | None:
        """Return the place of the layer that a key moves to; None for other keys."""
        last = len(self._layers) - 1
        if last < 0:
            return None
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if key in steps:
            return 0 if self._current is None else min(max(self._current + steps[key], 0), last)
        return ends.get(key)

    def _draw_heads(self, painter: QPainter, columns: _Columns) -> None:
        painter.setPen(self.palette().placeholderText().color())
        height, foot = self._heads_height(), Qt.AlignmentFlag.AlignBottom
        painter.drawText(QRectF(PAD, 0, columns.bar - PAD, height - 3), Qt.AlignmentFlag.AlignLeft | foot, "Layer")
        bar = QRectF(columns.bar, 0, columns.bar_width, height - 3)
        painter.drawText(bar, Qt.AlignmentFlag.AlignLeft | foot, "where\n|A| lies")
        for name, right in columns.numbers.items():
            painter.drawText(QRectF(0, 0, right, height - 3), Qt.AlignmentFlag.AlignRight | foot, HEADS[name])
        painter.fillRect(QRectF(0, height - 1, self.width(), 1), self.palette().mid().color())

    def _draw_ground(self, painter: QPainter, at: int, layer: Layer) -> None:
        highlight, rect = self.palette().highlight().color(), self.row_rect(at)
        window = self.palette().window().color()
        if at == self._current and self.hasFocus():
            painter.fillRect(rect, blend_colours(highlight, window, 0.35))
        elif at == self._hovered:
            painter.fillRect(rect, blend_colours(highlight, window, 0.18))
        if layer == self._on_screen:
            painter.fillRect(QRectF(0, rect.top(), 3, rect.height()), highlight)

    def _draw_row(self, painter: QPainter, at: int, layer: Layer, columns: _Columns) -> None:
        assert self._profile is not None
        rect, row = self.row_rect(at), self._profile.row(layer)
        font = QFont(self.font())
        font.setBold(layer == self._on_screen)
        painter.setFont(font)
        painter.setPen(self.palette().windowText().color())
        painter.drawText(rect.adjusted(PAD + 3, 0, 0, 0), LEFT, str(layer))
        painter.setFont(self.font())
        if row is None:
            return
        shares = dict(row.shares or ())
        for name, right in columns.numbers.items():
            is_inexact = name == "residual" and not row.exact
            painter.setPen(error_colour(self.palette()) if is_inexact else self.palette().windowText().color())
            painter.drawText(QRectF(0, rect.top(), right, rect.height()), RIGHT, format_share(shares.get(name)))

    def _columns(self) -> _Columns:
        metrics = self.fontMetrics()
        names = max(metrics.horizontalAdvance(str(layer)) for layer in (*self._layers, "Layer"))
        bar = names + 4 * PAD  # bold names are a little wider
        right, numbers = self.width() - PAD, dict[str, float]()
        widths = {name: max(map(metrics.horizontalAdvance, head.split("\n"))) + 2 * PAD for name, head in HEADS.items()}
        room = self.width() - PAD - bar - LEAST_BAR_PX
        fitting = [name for at, name in enumerate(HEADS) if sum(list(widths.values())[: at + 1]) <= room]
        for name in reversed(fitting):
            numbers[name] = right
            right -= widths[name]
        return _Columns(bar, max(0.0, right - PAD - bar), numbers)

    def _heads_height(self) -> int:
        return 2 * self.fontMetrics().lineSpacing() + 4

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 6

    def _at(self, point: QPointF) -> int | None:
        at = int((point.y() - self._heads_height()) // self._row_height())
        return at if 0 <= at < len(self._layers) else None

    def _hover(self, at: int | None) -> None:
        if at != self._hovered:
            self._hovered = at
            self.setCursor(Qt.CursorShape.ArrowCursor if at is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def _go_to(self, at: int) -> None:
        self._current = at
        self._describe()
        self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription("" if self._current is None else self.describe_layer(self._current))


def format_share(share: float | None) -> str:
    """Return a share as a percentage with its sign, or "" for None."""
    if share is None:
        return ""
    return format_percent(share, 1)


def describe_row(row: ProfileRow | None) -> str:
    """Return a layer's parts in lines: value, share of the score, share of |A|."""
    if row is None:
        return "Not computed yet. Click to explain at this layer."
    shares, magnitudes = dict(row.shares or ()), dict(row.magnitudes.lines())
    lines = []
    for name, value in row.ledger.lines():
        parts = [format_signed(value)]
        parts += [f"{format_share(shares[name])} of the score"] if name in shares else []
        parts += [f"{format_share(magnitudes[name])} of |A|"] if name in magnitudes else []
        lines.append(f"{name}: {', '.join(parts)}")
    exact = "" if row.exact else ", not exact"
    end = f"{row.report.nodes} nodes, {row.report.way}; completeness residual {row.residual:.1e}{exact}"
    return "\n".join([*lines, end])
