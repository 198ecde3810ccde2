"""The middle of the window: our answer's canvas, or the compare view's panes."""

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.pair.scene import Scene
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.canvas.colour_bar import picture_unit
from exclip_desktop.ui.compare.pane_grid import PaneGrid


class Stage(QStackedWidget):
    """Shows one of the two; zooming and naming boxes go to the canvas that is in sight.

    Attributes:
        grid: the panes.

    Signals:
        region_naming_requested(index): a region was double-clicked on any canvas.
        menu_requested(index, place): see ``Canvas``; of any canvas.

    """

    region_naming_requested = Signal(int)
    menu_requested = Signal(object, QPoint)

    def __init__(
        self, canvas: Canvas, alone: QWidget, grid: PaneGrid, compare_controller: CompareController, state: Scene
    ) -> None:
        """Show ``alone``, which holds the ``canvas`` of ``state``, or ``grid`` while ``compare_controller`` is open."""
        super().__init__()
        self._canvas, self._compare_controller, self.grid = canvas, compare_controller, grid
        self._state = state
        self.addWidget(alone)
        self.addWidget(grid)
        canvas.region_naming_requested.connect(self.region_naming_requested)
        grid.region_naming_requested.connect(self.region_naming_requested)
        canvas.menu_requested.connect(self.menu_requested)
        grid.menu_requested.connect(self.menu_requested)
        compare_controller.opened.connect(self._show)
        compare_controller.closed.connect(self._show)

    @property
    def canvas(self) -> Canvas:
        """The canvas that is in sight, or stands for those that are."""
        lead = self.grid.lead if self._compare_controller.is_open else None
        return lead or self._canvas

    def limit(self) -> float | None:
        """Return the end of the colour range of what is in sight; None where panes have ranges of their own."""
        return self.grid.limit() if self._compare_controller.is_open else self._canvas.current_limit()

    def heat(self) -> Floats | None:
        """Return the values of the heat on that canvas, (grid_h, grid_w), or None."""
        return self.canvas.current_heat()

    def unit(self) -> str:
        """Return the unit of that range, in words."""
        return "in each method's own unit" if self._compare_controller.is_open else picture_unit(self._state)

    def _show(self) -> None:
        self.setCurrentIndex(int(self._compare_controller.is_open))
