"""The ledger as a stacked bar, with a legend whose values add up to the score."""

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from exclip_desktop.core.maths.interactions import Ledger
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.two_inputs import TwoInputLedger
from exclip_desktop.ui.inspector.stacked_bars import COLOURS, Segment, StackedBars, stack_segments

NOTES: Final = {
    "words × patches": "What words and patches contribute together.",
    "specials × patches": "Specials are [SOT], [EOT] and padding.",
    "words × prefix tokens": "Prefix tokens are the class and register tokens.",
    "specials × prefix tokens": "Specials are [SOT], [EOT] and padding. Prefix tokens are class and register tokens.",
    "patches × patches": "What patches of both pictures contribute together.",
    "prefix tokens × patches": "Prefix tokens are the class and register tokens, here of the first picture.",
    "patches × prefix tokens": "Prefix tokens are the class and register tokens, here of the second picture.",
    "prefix tokens × prefix tokens": "Prefix tokens are the class and register tokens.",
    "words × words": "What words of both captions contribute together.",
    "specials × words": "Specials are [SOT], [EOT] and padding, here of the first caption.",
    "words × specials": "Specials are [SOT], [EOT] and padding, here of the second caption.",
    "specials × specials": "Specials are [SOT], [EOT] and padding.",
    "reference terms": "What the two reference inputs contribute by themselves.",
    "gap to the published reference": "From the published text reference to the actual start of the path.",
    "residual": "Error of the quadrature.",
}
BAR_HEIGHT: Final = 18
OVERHANG: Final = 4  # how far the zero line reaches past the bar
SWATCH: Final = 10
GAP: Final = 6


class LedgerBar(QWidget):
    """Shows the parts of a score; empty before ``set_ledger``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[tuple[str, float]] = []
        self._total = 0.0
        self._segments: list[Segment] = []
        self._bar: StackedBars | None = None  # made with the first ledger: the window is faster to open without it
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Ledger of the score")

    def set_ledger(self, ledger: Ledger | TwoInputLedger) -> None:
        """Show another ledger."""
        before = len(self._lines)
        self._lines, self._total = ledger.lines(), ledger.total
        self._segments = stack_segments(self._lines)
        self._show_bar()
        self.setAccessibleDescription(self.as_text())
        if len(self._lines) != before:
            self.updateGeometry()
        self.update()

    def as_text(self) -> str:
        """Return the parts and their sum, one per line."""
        parts = [*self._lines, ("score", self._total)]
        return "\n".join(f"{name}\t{format_signed(value)}" for name, value in parts)

    def sizeHint(self) -> QSize:
        """Return room for the bar, a line for each part, and the total."""
        return QSize(300, round(self._legend_top() + self._line_height() * (len(self._lines) + 1) + 3))

    def minimumSizeHint(self) -> QSize:
        """Return the same height on less width."""
        return QSize(200, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Let the bar take the whole width."""
        super().resizeEvent(event)
        if self._bar is not None:
            self._bar.setGeometry(0, 0, self.width(), BAR_HEIGHT + 2 * OVERHANG)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the legend."""
        if not self._lines:
            return
        painter = QPainter(self)
        for at, (name, value) in enumerate(self._lines):
            self._draw_line(painter, at, name, format_signed(value), QColor(COLOURS[name]))
        self._draw_total(painter)

    def event(self, event: QEvent) -> bool:
        """Describe the part under the mouse in a tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            note = self._note_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), note, self)
            return True
        return super().event(event)

    def _show_bar(self) -> None:
        if self._bar is None:
            self._bar = StackedBars(self)
            self._bar.setGeometry(0, 0, self.width(), BAR_HEIGHT + 2 * OVERHANG)
            self._bar.show()
        self._bar.show_bars([self._segments], BAR_HEIGHT / (BAR_HEIGHT + 2 * OVERHANG), with_zero=True)

    def _note_at(self, x: float, y: float) -> str:
        parts = dict(self._lines)
        if y < self._legend_top():
            names = [segment.name for segment in self._segments if self._rect_of(segment).contains(x, y)]
        else:
            at = int((y - self._legend_top()) / self._line_height())
            names = [name for name, _ in self._lines[at : at + 1]]
        return "".join(f"{name}: {format_signed(parts[name])}\n{NOTES[name]}" for name in names)

    def _rect_of(self, segment: Segment) -> QRectF:
        left, right = self._x_of(segment.start), self._x_of(segment.end)
        return QRectF(left, OVERHANG, right - left, BAR_HEIGHT)

    def _x_of(self, value: float) -> float:
        """Return the place of a value on the bar, px; all parts together take the whole width."""
        low = min((segment.start for segment in self._segments), default=0.0)
        high = max((segment.end for segment in self._segments), default=0.0)
        span = high - low
        return self.width() * ((value - low) / span if span else 0.0)

    def _legend_top(self) -> float:
        return BAR_HEIGHT + 2 * OVERHANG + GAP

    def _line_height(self) -> float:
        return self.fontMetrics().height() + 2

    def _draw_line(self, painter: QPainter, at: int, name: str, value: str, colour: QColor | None) -> None:
        top, height = self._legend_top() + at * self._line_height(), self._line_height()
        if colour is not None:
            painter.fillRect(QRectF(0, top + (height - SWATCH) / 2, SWATCH, SWATCH), colour)
        metrics = painter.fontMetrics()
        room = self.width() - SWATCH - 2 * GAP - metrics.horizontalAdvance(value)
        elided = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room))
        row = QRectF(SWATCH + GAP, top, self.width() - SWATCH - GAP, height)
        painter.setPen(self.palette().windowText().color())
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
        painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)

    def _draw_total(self, painter: QPainter) -> None:
        at = len(self._lines)
        rule = self._legend_top() + at * self._line_height() + 1
        painter.fillRect(QRectF(0, rule, self.width(), 1), self.palette().mid().color())
        bold = QFont(self.font())
        bold.setBold(True)
        painter.setFont(bold)
        painter.translate(0, 3)
        self._draw_line(painter, at, "score", format_signed(self._total), None)
