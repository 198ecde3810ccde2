"""Stacked bars that show the parts of a score, one bar in each row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pyqtgraph import BarGraphItem, InfiniteLine, mkPen
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from exclip_desktop.ui.theme import blend_colours
from exclip_desktop.ui.widgets.plots import Plot

# Apart in lightness as well as hue, and none of the heat scale's red and blue.
COLOURS: Final = {
    "words × patches": "#1b9e77",
    "specials × patches": "#e6ab02",
    "words × prefix tokens": "#9467bd",
    "specials × prefix tokens": "#e07ab8",
    "patches × patches": "#1b9e77",
    "prefix tokens × patches": "#e6ab02",
    "patches × prefix tokens": "#9467bd",
    "prefix tokens × prefix tokens": "#e07ab8",
    "words × words": "#1b9e77",
    "specials × words": "#e6ab02",
    "words × specials": "#9467bd",
    "specials × specials": "#e07ab8",
    "reference terms": "#8c8f94",
    "gap to the published reference": "#a6761d",
    "residual": "#17becf",
}
"""Colour of each part of the score, by the ledger's names."""
PALE_SHARE: Final = 0.12


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar, from ``start`` to ``end`` in the unit of the score, start < end."""

    name: str
    value: float
    start: float
    end: float


def stack_segments(parts: Iterable[tuple[str, float]]) -> list[Segment]:
    """Return the parts stacked away from zero in reading order, negative ones to the left; zeros take no place."""
    below = above = 0.0
    stacked = []
    for name, value in parts:
        if value > 0:
            stacked.append(Segment(name, value, above, above + value))
            above += value
        elif value < 0:
            stacked.append(Segment(name, value, below + value, below))
            below += value
    return stacked


class StackedBars(Plot):
    """Horizontal bars, one below the other, that fill the widget; what lies under them shows between them.

    The mouse passes through to the widget that holds the bars.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        self._bars: list[BarGraphItem] = []
        self._empty: BarGraphItem | None = None
        self._zero = InfiniteLine(0.0, angle=90)
        self._zero.setZValue(1)  # over the bars
        super().__init__(parent)
        for side in ("left", "bottom"):
            self.plot_item.hideAxis(side)
        self.viewport().setAutoFillBackground(False)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.view_box.invertY(True)
        self.view_box.addItem(self._zero, ignoreBounds=True)

    def show_bars(self, rows: Sequence[Sequence[Segment] | None], thickness: float, *, with_zero: bool = False) -> None:
        """Draw a bar in each row, or a pale one where its segments are None; ``thickness`` is the bar's share of a row.

        All segments together take the whole width; ``with_zero`` marks zero by a line.
        """
        for bar in self._bars:
            self.view_box.removeItem(bar)
        segments = [(row, segment) for row, parts in enumerate(rows) for segment in parts or ()]
        low = min((segment.start for _, segment in segments), default=0.0)
        high = max((segment.end for _, segment in segments), default=0.0)
        high = high if high > low else low + 1.0
        places: dict[str, list[tuple[float, float, float]]] = {}
        for row, segment in segments:
            places.setdefault(segment.name, []).append((row + 0.5, segment.start, segment.end))
        self._bars = [self._add_bars(bars, thickness, COLOURS[name]) for name, bars in places.items()]
        empty = [(row + 0.5, low, high) for row, parts in enumerate(rows) if parts is None]
        self._empty = self._add_bars(empty, thickness, self._pale()) if empty else None
        self._bars += [] if self._empty is None else [self._empty]
        self._zero.setVisible(with_zero)
        self.setRange(xRange=(low, high), yRange=(0, max(len(rows), 1)), padding=0)

    def _add_bars(self, places: list[tuple[float, float, float]], thickness: float, colour: Any) -> BarGraphItem:
        """Add bars at ``places``, (middle of the row, start, end) each."""
        middles, starts, ends = np.array(places).T
        bars = BarGraphItem(y=middles, x0=starts, x1=ends, height=thickness, brush=colour, pen=None)
        self.view_box.addItem(bars, ignoreBounds=True)
        return bars

    def _pale(self) -> QColor:
        palette = self.palette()
        return blend_colours(palette.windowText().color(), palette.window().color(), PALE_SHARE)

    def _show_theme(self) -> None:
        super()._show_theme()
        self._zero.setPen(mkPen(self.palette().windowText().color()))
        if self._empty is not None:
            self._empty.setOpts(brush=self._pale())
