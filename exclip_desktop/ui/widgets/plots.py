"""pyqtgraph plots that follow the window's palette and font, without pyqtgraph's menus, exporters and buttons."""

from collections.abc import Mapping
from typing import Final

from pyqtgraph import AxisItem, PlotWidget, mkPen
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont, QPalette, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from exclip_desktop.core.text.number_format import write_minus
from exclip_desktop.ui.theme import blend_colours

GRID_SHARE: Final = 0.15
"""Share of the text colour in grid lines."""


class NumberAxis(AxisItem):
    """An axis of numbers with a true minus sign, in their own unit: no prefix such as milli is split off."""

    def __init__(self, side: str) -> None:
        """Make the axis of a side: ``left``, ``right``, ``top`` or ``bottom``."""
        super().__init__(side)
        self.enableAutoSIPrefix(False)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802  pyqtgraph's name
        """Return the ticks' texts."""
        return [write_minus(text) for text in super().tickStrings(values, scale, spacing)]


class Plot(PlotWidget):
    """A plot whose ranges the program sets: the mouse neither pans nor zooms it, and the wheel scrolls what is around.

    Axes, their text and the background take the colours of the palette; ``_show_theme`` is called after each change
    of palette or font, and subclasses extend it. pyqtgraph's global options stay as they are.

    Attributes:
        plot_item, view_box: pyqtgraph's parts of the plot.

    """

    _is_made = False  # Qt sends changes of the palette while pyqtgraph still makes the widget

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        axes: Mapping[str, AxisItem] | None = None,
        background: QPalette.ColorRole = QPalette.ColorRole.Window,
    ) -> None:
        """Make an empty plot with ``axes`` by their side (``left``, ``bottom`` …) in place of the usual two."""
        self._background_role, self._title = background, ""
        super().__init__(parent, background=None, enableMenu=False, axisItems=None if axes is None else dict(axes))
        self.viewport().setBackgroundRole(background)
        self.viewport().setAutoFillBackground(True)
        self.setCacheMode(self.CacheModeFlag.CacheNone)  # a cached background would hide what lies under a clear plot
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.plot_item = self.getPlotItem()
        self.view_box = self.plot_item.getViewBox()
        self.plot_item.hideButtons()
        self.plot_item.layout.setContentsMargins(0, 0, 0, 0)
        self.view_box.setMouseEnabled(False, False)
        self.view_box.setDefaultPadding(0.0)
        self.view_box.disableAutoRange()
        self._is_made = True
        self._follow_theme()

    def set_title(self, title: str) -> None:
        """Show a title above the left end of the plot, in the widget's font."""
        self._title = title
        colour = self.palette().windowText().color()
        self.plot_item.setTitle(title, size=f"{self.font().pointSizeF()}pt", color=colour, justify="left")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """Follow the theme and the font."""
        super().changeEvent(event)
        changed = event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange)
        if changed and self._is_made and self._theme() != self._shown_theme:  # Qt also sends the same ones again
            self._follow_theme()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  Qt's name
        """Leave the wheel to the widget that holds the plot."""
        event.ignore()

    def _theme(self) -> tuple[QPalette, QFont]:
        return QPalette(self.palette()), QFont(self.font())

    def _follow_theme(self) -> None:
        self._shown_theme = self._theme()
        self._show_theme()

    def _show_theme(self) -> None:
        """Draw the axes in the palette's colours and the widget's font."""
        palette = self.palette()
        ink, behind = palette.windowText().color(), palette.color(self._background_role)
        for name in ("left", "right", "top", "bottom"):
            axis = self.plot_item.getAxis(name)
            axis.setPen(mkPen(blend_colours(ink, behind, 3 * GRID_SHARE)))
            axis.setTextPen(mkPen(ink))
            axis.setTickFont(self.font())
            axis.setLabel(axis.labelText, **{"font-size": f"{self.font().pointSizeF()}pt", "color": ink.name()})
        if self._title:
            self.set_title(self._title)
