"""The curves of a study with their confidence bands; for metrics without curves, means with their intervals."""

import math
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from exclip_desktop.core.maths.intervals import Interval
from exclip_desktop.core.maths.method_colours import method_colours
from exclip_desktop.core.metric_table import METRICS
from exclip_desktop.core.values.study import RANDOM, Band, Study, name_of
from exclip_desktop.ui.theme import blended

BAND_OPACITY: Final = 0.15
LINE_PX, STRONG_PX = 1.6, 3.2
GAP_PX: Final = 6
DOT_PX: Final = 3.5
LEAST_PX: Final = (320, 180)
Place = Callable[[float, float], QPointF]


class StudyPlot(QWidget):
    """Draws one metric of a study; its colours are those of the table's methods."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(*LEAST_PX)
        self._study: Study | None = None
        self._methods: tuple[str, ...] = ()
        self._key, self._strong, self._says = "", "", ""

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return a size that reads well."""
        return QSize(640, 280)

    def show_metric(self, study: Study | None, methods: tuple[str, ...], key: str, strong: str, says: str) -> None:
        """Draw ``key`` of ``study``, the method ``strong`` thicker; where there is nothing to draw, say ``says``."""
        self._study, self._methods, self._key, self._strong, self._says = study, methods, key, strong, says
        self.setAccessibleName(f"{METRICS[key].name}, drawn" if key else "Curves")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Draw curves, else intervals, else words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().base())
        painter.setPen(self.palette().text().color())
        rows = () if self._study is None else self._study.rows
        curves = {row.method: row.curves[self._key] for row in rows if self._key in row.curves}
        figures = {row.method: row.figures[self._key] for row in rows if self._key in row.figures}
        if curves:
            self._paint_curves(painter, curves)
        elif figures:
            self._paint_intervals(painter, figures)
        else:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._says)

    def _paint_curves(self, painter: QPainter, curves: dict[str, Band]) -> None:
        assert self._study is not None
        low, high = min(band.low.min() for band in curves.values()), max(band.high.max() for band in curves.values())
        line = self.fontMetrics().height()
        marks = ticks(float(low), float(high))
        left = max(self.fontMetrics().horizontalAdvance(mark) for mark in marks.values()) + 2 * GAP_PX
        area = QRectF(self.rect()).adjusted(left, 1.5 * line, -3 * GAP_PX, -2.5 * line)
        spread = max(high - low, 1e-9)

        def place(x: float, y: float) -> QPointF:
            return QPointF(area.left() + x * area.width(), area.bottom() - (y - low) / spread * area.height())

        self._paint_frame(painter, area, {place(0, y).y(): told for y, told in marks.items()}, ticks(0.0, 1.0))
        painter.drawText(QPointF(GAP_PX, line), f"{METRICS[self._key].heading}: {self._study.settings.score}")
        below = QRectF(area.left(), area.bottom() + 1.3 * line, area.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, METRICS[self._key].along)
        for method, band in curves.items():
            self._paint_band(painter, method, band, place)
        for method, band in curves.items():
            self._paint_line(painter, method, band, place)

    def _paint_frame(
        self, painter: QPainter, area: QRectF, up: dict[float, str], along: dict[float, str], lined: bool = True
    ) -> None:
        """Draw ticks: ``up`` by their heights in pixels, ``along`` by their shares of the width."""
        ink, behind = self.palette().text().color(), self.palette().base().color()
        line = self.fontMetrics().height()
        for y, told in up.items():
            painter.setPen(blended(ink, behind, 0.15))
            if lined:
                painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(ink)
            label = QRectF(0, y - line / 2, area.left() - GAP_PX, line)
            painter.drawText(label, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, told)
        for share, told in along.items():
            x = area.left() + share * area.width()
            painter.setPen(blended(ink, behind, 0.15))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(ink)
            painter.drawText(QRectF(x - 40, area.bottom() + 2, 80, line), Qt.AlignmentFlag.AlignCenter, told)

    def _paint_band(self, painter: QPainter, method: str, band: Band, place: Place) -> None:
        edge = [place(float(x), float(y)) for x, y in zip(band.shares, band.high, strict=True)]
        edge += [place(float(x), float(y)) for x, y in zip(band.shares[::-1], band.low[::-1], strict=True)]
        fill = self._colour(method)
        fill.setAlphaF(BAND_OPACITY)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF(edge))

    def _paint_line(self, painter: QPainter, method: str, band: Band, place: Place) -> None:
        pen = QPen(self._colour(method), STRONG_PX if method == self._strong else LINE_PX)
        pen.setStyle(Qt.PenStyle.DashLine if method == RANDOM else Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(
            QPolygonF([place(float(x), float(y)) for x, y in zip(band.shares, band.mean, strict=True)])
        )

    def _paint_intervals(self, painter: QPainter, figures: dict[str, Interval]) -> None:
        low, high = min(0.0, *(one.low for one in figures.values())), max(one.high for one in figures.values())
        spread, line = max(high - low, 1e-9), self.fontMetrics().height()
        left = max(self.fontMetrics().horizontalAdvance(name_of(method)) for method in figures) + 2 * GAP_PX
        area = QRectF(self.rect()).adjusted(left, 1.5 * line, -5 * GAP_PX, -1.5 * line)
        step = area.height() / len(figures)
        heights = {method: area.top() + (row + 0.5) * step for row, method in enumerate(figures)}
        along = {(value - low) / spread: told for value, told in ticks(low, high).items()}
        self._paint_frame(painter, area, {y: name_of(method) for method, y in heights.items()}, along, lined=False)
        painter.drawText(QPointF(GAP_PX, line), METRICS[self._key].heading)
        for method, one in figures.items():
            self._paint_whisker(
                painter, method, heights[method], [(x - low) / spread for x in (one.low, one.mean, one.high)], area
            )

    def _paint_whisker(self, painter: QPainter, method: str, y: float, shares: list[float], area: QRectF) -> None:
        start, mean, stop = (QPointF(area.left() + share * area.width(), y) for share in shares)
        painter.setPen(QPen(self._colour(method), STRONG_PX if method == self._strong else LINE_PX))
        painter.setBrush(self._colour(method))
        painter.drawLine(start, stop)
        painter.drawEllipse(mean, DOT_PX, DOT_PX)

    def _colour(self, method: str) -> QColor:
        return QColor(method_colours(self._methods)[method])


def ticks(low: float, high: float, most: int = 6) -> dict[float, str]:
    """Return round values within a range, and how they are written; the steps are 1, 2 or 5 of some power of ten."""
    if not high > low:
        return {low: f"{low:.3g}"}
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * (1 - 1e-9))
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return {place * step: f"{place * step:.{digits}f}".replace("-", "−") for place in range(first, last + 1)}
