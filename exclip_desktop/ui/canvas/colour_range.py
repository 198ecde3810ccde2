"""The bar of a colour range, on pyqtgraph: symmetric around zero, with handles at either side."""

from functools import cache
from typing import Final

import numpy as np
from pyqtgraph import AxisItem, ColorBarItem, ColorMap, GraphicsView, GraphicsWidget
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPalette, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QStyleOptionGraphicsItem, QWidget

from exclip_desktop.core.maths.colour import lookup_table
from exclip_desktop.core.text.number_format import format_digits

BAR_PX: Final = 14
GAP_PX: Final = 4
LENGTH_PX: Final = 120
STEP_FACTOR: Final = 1.1  # of the arrow keys
FINEST: Final = 0.005  # steps of the range while a handle moves, and its smallest value, as a share of it
REST_PLACES: Final = (63.0, 191.0)  # where ColorBarItem places the handles at rest, on a bar of 256 colours
OWN_RANGES: Final = "Each pane has its own range, up to its largest value, because the methods' units differ"
DRAG_TIP: Final = "Drag a ◆ to change the range. Double-click for the automatic range."


class RangeAxis(AxisItem):
    """An axis with a number at its low end, its middle and its high end.

    ``AxisItem`` lays out ticks and texts for every new range, which takes three times as long as this.
    """

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)
        self._numbers = ("", "", "")
        self._room_px = 0.0

    def set_numbers(self, numbers: tuple[str, str, str]) -> None:
        """Show other numbers."""
        self._numbers = numbers
        self.update()

    def set_font(self, font: QFont) -> None:
        """Take another font, and leave room for the longest usual number: the bar must not jump while it changes."""
        self.setTickFont(font)
        metrics, width = QFontMetricsF(font), _widest(font)
        self.prepareGeometryChange()
        if self.orientation == "right":
            self._room_px = metrics.height() / 2
            self.setWidth(round(width) + GAP_PX)
        else:
            self._room_px = width / 2
            self.setHeight(round(metrics.height()) + GAP_PX)

    def boundingRect(self) -> QRectF:  # noqa: N802 (Qt's name)
        """Return the area of the numbers; those at the ends reach beyond the axis by half their size.

        The gap to the bar is not part of it, so that new numbers do not repaint the bar and its handles.
        """
        place, room, gap = QRectF(GraphicsWidget.boundingRect(self)), self._room_px, GAP_PX - 1
        upright = self.orientation == "right"
        return place.adjusted(gap, -room, 0, room) if upright else place.adjusted(-room, gap, room, 0)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the numbers."""
        place, font = GraphicsWidget.boundingRect(self), self.style["tickFont"]
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(self.textPen())
        for share, text in zip((0.0, 0.5, 1.0), self._numbers, strict=True):
            if self.orientation == "right":
                middle = place.bottom() - share * place.height()
                baseline = QPointF(place.left() + GAP_PX, middle + (metrics.ascent() - metrics.descent()) / 2)
            else:
                middle = place.left() + share * place.width()
                baseline = QPointF(
                    middle - metrics.horizontalAdvance(text) / 2, place.top() + GAP_PX + metrics.ascent()
                )
            painter.drawText(baseline, text)


class RangeItem(ColorBarItem):
    """A colour bar whose range is −limit … limit, also while one of its handles is dragged.

    Signals:
        limit_dragged(limit): a handle is dragged.

    """

    limit_dragged = Signal(object)

    def __init__(self, *, upright: bool) -> None:
        super().__init__((-1.0, 1.0), BAR_PX, orientation="vertical" if upright else "horizontal", colorMapMenu=False)
        for side in ("left", "top", "right", "bottom"):
            self.hideAxis(side)
        side = "right" if upright else "bottom"
        self.axis = RangeAxis(side)
        self.setAxisItems({side: self.axis})
        self.axis.unlinkFromView()
        self._places = REST_PLACES
        self._is_dragged = False
        self.region.setMovable(False)  # as a whole: zero stays in the middle
        self.sigLevelsChanged.connect(self._on_levels_changed)
        self.sigLevelsChangeFinished.connect(self._on_levels_change_finished)

    def show_range(self, limit: float, numbers: tuple[str, str, str]) -> None:
        """Show −limit … limit, with ``numbers`` at the low end, the middle and the high end."""
        if not self._is_dragged:
            self.rounding = limit * FINEST
            self.setLevels((-limit, limit))
        self.axis.set_numbers(numbers)

    def set_movable(self, movable: bool) -> None:
        """Show the handles, or hide them."""
        self.region.setVisible(movable)
        for line in self.region.lines:
            line.setMovable(movable)

    def dress(self, palette: QPalette, font: QFont) -> None:
        """Take the theme's colours and font."""
        text = palette.windowText().color()
        self.vb.setBorder(palette.mid().color())
        self.axis.setTextPen(text)
        self.axis.set_font(font)
        for line in self.region.lines:
            line.setPen(text)
            line.setHoverPen(palette.highlight().color(), width=2)
        across, down = _widest(font) / 2, QFontMetricsF(font).height() / 2
        self.layout.setContentsMargins(*((across, 0, across, 0) if self.horizontal else (0, down, 0, down)))

    def _on_levels_changed(self) -> None:
        """Let the other handle move as far the other way; that calls this again, with a symmetric range."""
        places = tuple(line.value() for line in self.region.lines)
        low, high = (abs(place - before) for place, before in zip(places, self._places, strict=True))
        self._is_dragged, self._places = True, places
        if abs(sum(places) - sum(REST_PLACES)) > 1e-6:
            moved = 0 if low > high else 1
            self.region.lines[1 - moved].setValue(sum(REST_PLACES) - places[moved])
            return
        self.limit_dragged.emit(max(self.levels()[1], self.rounding))

    def _on_levels_change_finished(self) -> None:
        self._is_dragged, self._places = False, REST_PLACES


class RangeView(GraphicsView):
    """The colour bar, with the numbers −limit, 0 and +limit.

    Signals:
        limit_chosen(limit): a handle was dragged, or an arrow key pressed: the limit; None: the automatic one.

    """

    limit_chosen = Signal(object)

    def __init__(self, *, upright: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.limit: float | None = 1.0
        self._range_key: tuple[float | None, str, str, bool] | None = None
        self._upright, self._is_movable = upright, False
        self._item: RangeItem | None = None  # made when it is first shown: most windows never show some of their bars
        self.setOptimizationFlag(GraphicsView.OptimizationFlag.DontAdjustForAntialiasing)  # numbers repaint no bar
        fixed, free = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        self.setSizePolicy(*((fixed, free) if upright else (free, fixed)))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Make the bar at the first time."""
        if self._item is None:
            self._item = RangeItem(upright=self._upright)
            self._item.limit_dragged.connect(self.limit_chosen)
            self.setCentralItem(self._item)
            self._dress(self._item)
            if self._range_key is not None:
                self._fill(self._item, *self._range_key)
            self._item.layout.activate()  # before the first paint, which would use the item's previous size
        super().showEvent(event)

    def show_range(self, limit: float | None, colours: str, unit: str, can_change: bool) -> None:
        """Show −limit … limit (None: each view's own) in the colours of a key of ``COLOUR_MAPS``."""
        range_key = limit, colours, unit, can_change
        if range_key == self._range_key:
            return
        self._range_key, self.limit, self._is_movable = range_key, limit, can_change
        low, _, high = _write_range(limit)
        self.setAccessibleDescription(OWN_RANGES if limit is None else f"{low} to {high}")
        if self._item is not None:
            self._fill(self._item, *range_key)

    def _fill(self, item: RangeItem, limit: float | None, colours: str, unit: str, can_change: bool) -> None:
        low, zero, high = _write_range(limit)
        if item.colorMap() is not _colour_map(colours):
            item.setColorMap(_colour_map(colours))
        item.show_range(limit or 1.0, (low, zero, high))
        item.set_movable(can_change)
        tip = OWN_RANGES if limit is None else f"Colours from {low} to {high}, {unit}"
        item.setToolTip(f"{tip}. {DRAG_TIP}" if can_change else tip)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return a slim size with room for the numbers."""
        metrics = QFontMetricsF(self.font())
        if self._upright:
            return QSize(round(BAR_PX + GAP_PX + _widest(self.font())), LENGTH_PX)
        return QSize(2 * LENGTH_PX, round(BAR_PX + GAP_PX + metrics.height()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the least size at which the three numbers stand apart."""
        metrics = QFontMetricsF(self.font())
        if self._upright:
            return QSize(self.sizeHint().width(), round(4 * metrics.height()))
        return QSize(round(3 * _widest(self.font())), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the theme and the font."""
        super().changeEvent(event)
        if event.type() not in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) or not hasattr(self, "_item"):
            return
        if self._item is not None and self._theme() != self._shown_theme:  # Qt also sends the same ones again
            self._dress(self._item)
        self.updateGeometry()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose the automatic range."""
        if self._is_movable and event.button() == Qt.MouseButton.LeftButton:
            self.limit_chosen.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Widen the range by the up arrow, narrow it by the down arrow, and choose the automatic one by Home."""
        factors = {Qt.Key.Key_Up: STEP_FACTOR, Qt.Key.Key_Down: 1 / STEP_FACTOR}
        if self.limit is None or not self._is_movable:
            event.ignore()
        elif event.key() in factors:
            self.limit_chosen.emit(self.limit * factors[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Home:
            self.limit_chosen.emit(None)
        else:
            event.ignore()

    def _theme(self) -> tuple[QPalette, QFont]:
        return QPalette(self.palette()), QFont(self.font())

    def _dress(self, item: RangeItem) -> None:
        self._shown_theme = self._theme()
        self.setBackground(self.palette().window().color())
        item.dress(self.palette(), self.font())


def _write_range(limit: float | None) -> tuple[str, str, str]:
    """Return the numbers at the low end, the middle and the high end."""
    if limit is None:
        return "−max", "0", "+max"
    return format_digits(-limit), format_digits(0.0), format_digits(limit)


@cache
def _colour_map(colours: str) -> ColorMap:
    """Return pyqtgraph's form of a key of ``COLOUR_MAPS``."""
    return ColorMap(None, np.rint(lookup_table(colours) * 255).astype(np.uint8))


def _widest(font: QFont) -> float:
    """Return the width of the longest usual number, logical pixels."""
    return QFontMetricsF(font).horizontalAdvance("+0.000123")
