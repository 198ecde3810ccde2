"""Histogram of the heat's values next to the colour bar, on the same axis."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from pyqtgraph import BarGraphItem
from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.selection import coverage
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.heat_item import current_heat
from exclip_desktop.ui.theme import blend_colours
from exclip_desktop.ui.widgets.labels import wrap_tooltip
from exclip_desktop.ui.widgets.plots import Plot

BINS: Final = 41  # odd: zero lies in the middle of a bin
WIDTH_PX: Final = 44
LEAST_ROW_PX: Final = 520
"""Least width of canvas and colour bar together at which the histogram is shown."""
INK_SHARE: Final = 0.45
THICKNESS: Final = 0.9  # of a bin
EXPLANATION: Final = (
    "Bars count patches by their value; their length grows with the logarithm of the number. Values beyond a locked "
    "range are counted at its ends. Coloured: patches under the selected boxes."
)


def count_values(values: Floats, limit: float, weights: Floats | None = None) -> Floats:
    """Return how many of ``values`` (any shape) lie in each of ``BINS`` equal parts of −limit … limit, (BINS,).

    Values beyond the ends count in the outermost bins. ``weights``, of the same shape, count each value by a share.
    """
    at = ((values.reshape(-1) / limit + 1) * (BINS / 2)).astype(np.intp)
    counted = None if weights is None else weights.reshape(-1)
    return np.bincount(np.clip(at, 0, BINS - 1), counted, BINS).astype(np.float64)


class HeatHistogram(QWidget):
    """Counts the values of the heat on screen, and in the highlight colour the values under the selected boxes.

    It follows the selection while it is dragged. It is hidden where the view says so, and where the row is too narrow.
    """

    def __init__(
        self,
        state: State,
        limit_of: Callable[[], float | None],
        heat_of: Callable[[], Floats | None] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Show the values that ``heat_of`` returns on −limit … limit; nothing where ``limit_of`` returns None."""
        super().__init__(parent)
        self._state, self._limit_of = state, limit_of
        self._heat_of = heat_of or (lambda: current_heat(state))
        self._plot: _Bars | None = None  # made with the first heat: the window is faster to open without it
        self._heat: Floats | None = None
        self._counted: tuple[Any, ...] = ()  # what the bars count
        self._row: QWidget | None = None
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Histogram of the heat")
        for changed in (state.answer_changed, state.selection_changed, state.preview_changed, state.view_changed):
            changed.connect(self.refresh)
        for changed in (state.canvas_picture_changed, state.heat_mode_changed):
            changed.connect(self.refresh)
        self.refresh()

    def hide_in_narrow(self, row: QWidget) -> None:
        """Hide while ``row``, which holds the canvas and the histogram, is narrower than ``LEAST_ROW_PX``."""
        self._row = row
        row.installEventFilter(self)

    def refresh(self) -> None:
        """Show the values of the heat that is on screen now."""
        self._show_or_hide()
        if self.isHidden():
            return
        limit = self._limit_of()
        heat = self._heat = None if limit is None else self._heat_of()
        if limit is None or heat is None:
            if self._plot is not None:
                self._plot.hide()
            return
        if self._plot is None:
            self._plot = _Bars(self)
            self._plot.setMinimumSize(1, 1)
            self._stack.addWidget(self._plot)
        counted = heat, limit, self._state.answer, self._state.selection.regions
        if not _are_same(counted, self._counted):
            self._counted = counted
            self._plot.show_counts(count_values(heat, limit), self._count_selected(heat, limit))
        self._plot.show()

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return a slim size."""
        return QSize(WIDTH_PX, 120)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Follow the width of the row."""
        if event.type() == QEvent.Type.Resize and watched is self._row:
            was_hidden = self.isHidden()
            self._show_or_hide()
            if was_hidden and not self.isHidden():
                self.refresh()
        return False

    def event(self, event: QEvent) -> bool:
        """Describe the values in a tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.describe(), self)
            return True
        return super().event(event)

    def describe(self) -> str:
        """Return number, least, greatest and median of the values, and what the bars mean; "" without heat."""
        if self._heat is None:
            return ""
        least, middle, most = (format_signed(float(value)) for value in np.percentile(self._heat, (0, 50, 100)))
        return wrap_tooltip(f"{self._heat.size} patches: {least} to {most}, median {middle}. {EXPLANATION}")

    def _count_selected(self, heat: Floats, limit: float) -> Floats | None:
        answer, regions = self._state.answer, self._state.selection.regions
        covered = None if answer is None else coverage(answer.geometry, regions)
        return None if covered is None or covered.shape != heat.shape else count_values(heat, limit, covered)

    def _show_or_hide(self) -> None:
        is_wide = self._row is None or self._row.width() >= LEAST_ROW_PX
        self.setHidden(not (self._state.view.histogram and is_wide))


class _BarItem(BarGraphItem):
    """Bars that may cover the whole view; ``BarGraphItem`` computes its rectangle anew for each painting."""

    def boundingRect(self) -> QRectF:  # noqa: N802  Qt's name
        """Return the visible range."""
        return QRectF(self.viewRect() or QRectF())


class _Bars(Plot):
    """Bars that grow from the right to the left, the lowest value at the foot; the mouse passes through."""

    def __init__(self, parent: QWidget) -> None:
        self._all, self._selected = (
            _BarItem(x0=np.zeros(BINS), width=np.zeros(BINS), y=np.arange(BINS) + 0.5, height=THICKNESS, pen=None)
            for _ in range(2)
        )
        self._counts: tuple[Floats, Floats | None] = np.zeros(BINS), None
        super().__init__(parent)
        for side in ("left", "bottom"):
            self.plot_item.hideAxis(side)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for bars in (self._all, self._selected):
            self.view_box.addItem(bars, ignoreBounds=True)
        self.view_box.invertX(True)

    def show_counts(self, counts: Floats, selected: Floats | None) -> None:
        """Draw ``counts`` and, in front of them, ``selected``, (bins,) each."""
        before, selected_before = self._counts
        self._counts = counts, selected
        if not np.array_equal(counts, before):
            self._all.setOpts(width=np.log1p(counts))
            self.setRange(xRange=(0.0, float(np.log1p(counts.sum()))), yRange=(0, BINS), padding=0)
        if not np.array_equal(_or_zeros(selected), _or_zeros(selected_before)):
            self._selected.setOpts(width=np.log1p(_or_zeros(selected)))

    def _show_theme(self) -> None:
        super()._show_theme()
        palette = self.palette()
        ink = blend_colours(palette.windowText().color(), palette.window().color(), INK_SHARE)
        self._all.setOpts(brush=ink)
        self._selected.setOpts(brush=palette.highlight().color())
        end_px = QFontMetricsF(self.font()).height() / 2  # the colour bar beside it ends there, too
        self.plot_item.layout.setContentsMargins(0, end_px, 0, end_px)


def _are_same(values: tuple[Any, ...], others: tuple[Any, ...]) -> bool:
    """Return whether each value is the very object or number of ``others``: arrays are compared by identity."""
    return len(values) == len(others) and all(
        value is other or (isinstance(value, (float, tuple)) and value == other)
        for value, other in zip(values, others, strict=True)
    )


def _or_zeros(counts: Floats | None) -> Floats:
    return np.zeros(BINS) if counts is None else counts
