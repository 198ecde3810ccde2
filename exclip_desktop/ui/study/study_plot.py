"""Curves of a study with their confidence bands; for metrics without curves, means with their intervals."""

from typing import Final

import numpy as np
from pyqtgraph import AxisItem, ErrorBarItem, FillBetweenItem, PlotCurveItem, ScatterPlotItem, mkPen
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget

from exclip_desktop.core.maths.colour import method_colours
from exclip_desktop.core.metric_table import METRICS
from exclip_desktop.core.values.study import RANDOM, Band, Interval, Study, study_method_name
from exclip_desktop.ui.widgets.plots import GRID_SHARE, NumberAxis, Plot

BAND_OPACITY: Final = 0.15
LINE_PX, STRONG_PX = 1.6, 3.2
DOT_PX: Final = 8
MARGIN_SHARE: Final = 0.02
LEAST_PX: Final = (320, 180)


class StudyPlot(QWidget):
    """Draws one metric of a study in the colours of the table's methods, or a sentence while there is nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(*LEAST_PX)
        self._names = AxisItem("left")
        self._curves = _make_plot(NumberAxis("left"))
        self._intervals = _make_plot(self._names)
        self._intervals.view_box.invertY(True)
        self._message = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._message.setBackgroundRole(QPalette.ColorRole.Base)
        self._message.setAutoFillBackground(True)
        self._stack = QStackedLayout(self)
        for page in (self._message, self._curves, self._intervals):
            self._stack.addWidget(page)

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return a size that reads well."""
        return QSize(640, 280)

    def show_metric(
        self, study: Study | None, methods: tuple[str, ...], key: str, highlighted: str, message: str
    ) -> None:
        """Draw ``key`` of ``study``, with ``highlighted`` thicker; show ``message`` where there is nothing yet."""
        self.setAccessibleName(f"{METRICS[key].name}, drawn" if key else "Curves")
        rows = () if study is None else study.rows
        curves = {row.method: row.curves[key] for row in rows if key in row.curves}
        figures = {row.method: row.figures[key] for row in rows if key in row.figures}
        colours = {method: QColor(colour) for method, colour in method_colours(methods).items()}
        if study is not None and curves:
            self._draw_curves(curves, colours, highlighted)
            _set_titles(self._curves, f"{METRICS[key].heading}: {study.settings.score}", METRICS[key].along)
            self._stack.setCurrentWidget(self._curves)
        elif figures:
            self._draw_intervals(figures, colours, highlighted)
            _set_titles(self._intervals, METRICS[key].heading, "")
            self._stack.setCurrentWidget(self._intervals)
        else:
            self._message.setText(message)
            self._stack.setCurrentWidget(self._message)

    def _draw_curves(self, curves: dict[str, Band], colours: dict[str, QColor], highlighted: str) -> None:
        plot = self._curves
        plot.plot_item.clear()
        for method, band in curves.items():
            fill = QColor(colours[method])
            fill.setAlphaF(BAND_OPACITY)
            edges = [PlotCurveItem(band.shares, edge, pen=None) for edge in (band.low, band.high)]
            plot.addItem(FillBetweenItem(*edges, brush=fill))
        for method, band in curves.items():
            pen = mkPen(colours[method], width=STRONG_PX if method == highlighted else LINE_PX)
            pen.setStyle(Qt.PenStyle.DashLine if method == RANDOM else Qt.PenStyle.SolidLine)
            plot.addItem(PlotCurveItem(band.shares, band.mean, pen=pen, antialias=True))
        low, high = min(band.low.min() for band in curves.values()), max(band.high.max() for band in curves.values())
        plot.setRange(xRange=(0.0, 1.0), yRange=(float(low), float(high)), padding=MARGIN_SHARE)

    def _draw_intervals(self, figures: dict[str, Interval], colours: dict[str, QColor], highlighted: str) -> None:
        plot = self._intervals
        plot.plot_item.clear()
        self._names.setTicks([[(row, study_method_name(method)) for row, method in enumerate(figures)]])
        for row, (method, interval) in enumerate(figures.items()):
            at = {"x": np.array([interval.mean]), "y": np.array([row])}
            if interval.is_known:
                pen = mkPen(colours[method], width=STRONG_PX if method == highlighted else LINE_PX)
                left, right = interval.mean - interval.low, interval.high - interval.mean
                plot.addItem(ErrorBarItem(**at, left=left, right=right, beam=0.2, pen=pen))
            plot.addItem(ScatterPlotItem(**at, size=DOT_PX, pen=None, brush=colours[method], antialias=True))
        low, high = min(0.0, *(one.low for one in figures.values())), max(one.high for one in figures.values())
        plot.setYRange(-0.5, len(figures) - 0.5, padding=0)
        plot.setXRange(low, high if high > low else low + 1.0, padding=MARGIN_SHARE)


def _make_plot(left: AxisItem) -> Plot:
    plot = Plot(axes={"left": left, "bottom": NumberAxis("bottom")}, background=QPalette.ColorRole.Base)
    plot.plot_item.layout.setContentsMargins(6, 6, 18, 6)
    plot.plot_item.showGrid(x=True, y=isinstance(left, NumberAxis), alpha=GRID_SHARE)
    return plot


def _set_titles(plot: Plot, title: str, along: str) -> None:
    """Name what is drawn, above the plot, and what it runs along, below."""
    plot.set_title(title)
    plot.plot_item.setLabel("bottom", along)
