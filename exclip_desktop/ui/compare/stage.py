"""The middle of the window: our answer's canvas, the compare view's panes, two pictures or two captions."""

from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.session.session import Session
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.canvas.colour_bar import picture_unit
from exclip_desktop.ui.compare.pane_grid import PaneGrid
from exclip_desktop.ui.two_inputs.two_captions_view import TwoCaptionsView
from exclip_desktop.ui.two_inputs.two_pictures_view import TwoPicturesView


class Stage(QStackedWidget):
    """Shows one of these; zooming and naming boxes go to the canvas that is in sight.

    Attributes:
        grid: the panes.
        two_pictures, two_captions: the views of two inputs.

    Signals:
        region_naming_requested(index): a region was double-clicked on any canvas.
        menu_requested(index, place): see ``Canvas``; of any canvas.

    """

    region_naming_requested = Signal(int)
    menu_requested = Signal(object, QPoint)

    def __init__(
        self,
        canvas: Canvas,
        alone: QWidget,
        grid: PaneGrid,
        two_inputs: tuple[TwoPicturesView, TwoCaptionsView],
        session: Session,
    ) -> None:
        """Show ``alone``, which holds the session's ``canvas``, or what the session has opened instead."""
        super().__init__()
        self._canvas, self.grid = canvas, grid
        self.two_pictures, self.two_captions = two_inputs
        self._state, self._compare_controller, self._two_inputs = (
            session.state,
            session.compare_controller,
            session.two_inputs,
        )
        for page in (alone, grid, *two_inputs):
            self.addWidget(page)
        for part in (canvas, grid, self.two_pictures):
            part.region_naming_requested.connect(self.region_naming_requested)
            part.menu_requested.connect(self.menu_requested)
        for view in (self._compare_controller, self._two_inputs):
            view.opened.connect(self._show)
            view.closed.connect(self._show)
        self._compare_controller.opened.connect(self._two_inputs.close)
        self._two_inputs.opened.connect(self._compare_controller.close)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the least size of what is shown; a wide view that is not shown takes no room from the inspector."""
        return (self.currentWidget() or self._canvas).minimumSizeHint()

    @property
    def canvas(self) -> Canvas:
        """The canvas that is in sight, or stands for those that are."""
        if self._two_inputs.kind == "pictures":
            return self.two_pictures.canvas
        lead = self.grid.lead if self._compare_controller.is_open else None
        return lead or self._canvas

    def limit(self) -> float | None:
        """Return the end of the colour range of what is in sight; None where panes have ranges of their own."""
        return self.grid.limit() if self._compare_controller.is_open else self.canvas.current_limit()

    def heat(self) -> Floats | None:
        """Return the values of the heat on that canvas, (grid_h, grid_w), or None."""
        return self.canvas.current_heat()

    def unit(self) -> str:
        """Return the unit of that range, in words."""
        return "in each method's own unit" if self._compare_controller.is_open else picture_unit(self._state)

    def _show(self) -> None:
        pages = {"pictures": 2, "captions": 3, None: int(self._compare_controller.is_open)}
        self.setCurrentIndex(pages[self._two_inputs.kind])
        self.updateGeometry()  # the least size is the page's
