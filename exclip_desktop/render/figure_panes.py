"""The figure of the compare view: several methods' heats over one picture, each with its labels."""

import io
import textwrap
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from exclip_desktop.render.figure import BAR_GAP_IN, BAR_IN, BAR_ROOM_IN, EDGE_IN, SHAPES, own_style, save_figure
from exclip_desktop.render.figure_options import FigureOptions, Panel, PanesFigure, figure_size
from exclip_desktop.render.figure_picture import draw_bar, draw_heat, draw_picture, draw_regions, draw_unseen

GAP_IN: Final = 0.12
TITLE_PT: Final = 8.0
NOTE_PT: Final = 6.5
HEADING_PT: Final = 9.0
LINE: Final = 1.3 / 72  # inches from one line to the next, for each point of its size
LETTER: Final = 0.55 / 72  # inches that a letter takes on average, for each point of its size
BAR_TALL_IN: Final = 3.0
OWN_TICKS: Final = ("−max", "", "0", "", "+max")


@dataclass(frozen=True, slots=True)
class _Page:
    """Places of all parts, in inches from the upper left corner.

    Attributes:
        width, height: of the figure.
        columns: panels side by side.
        picture: (width, height) of each picture.
        label_h: height of a panel's lines, with the space around them.
        top: upper edge of the first panels.
        heading: the heading, broken into lines.

    """

    width: float
    height: float
    columns: int
    picture: tuple[float, float]
    label_h: float
    top: float
    heading: tuple[str, ...]

    def corner(self, number: int) -> tuple[float, float]:
        """Return the left and upper edge of a panel."""
        row, column = divmod(number, self.columns)
        return EDGE_IN + column * (self.picture[0] + GAP_IN), self.top + row * (self.picture[1] + self.label_h)

    def add_axes(self, figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
        """Return new axes at a place."""
        bottom = self.height - top - height
        place = left / self.width, bottom / self.height, width / self.width, height / self.height
        return figure.add_axes(
            place, label=f"{left}, {top}"
        )  # without a label matplotlib returns the axes of the same place

    def write(self, figure: Figure, text: str, left: float, top: float, size_pt: float, weight: str = "normal") -> None:
        """Write a line."""
        place = left / self.width, 1 - top / self.height
        figure.text(*place, text, fontsize=size_pt, fontweight=weight, va="top", parse_math=False)


@own_style()
def draw_panes(contents: PanesFigure, pixels: NDArray[np.uint8], options: FigureOptions) -> Figure:
    """Return the figure over the picture, RGB uint8 (H, W, 3).

    Raises:
        SettingsError: the figure would be too small or too large.

    """
    width_in, dpi = figure_size(options)
    page = _lay_out_page(contents, pixels, width_in)
    figure = Figure((page.width + 0.01 / dpi, page.height + 0.01 / dpi), dpi=dpi)
    FigureCanvasAgg(figure)
    for number, line in enumerate(page.heading):
        page.write(figure, line, EDGE_IN, EDGE_IN / 2 + number * HEADING_PT * LINE, HEADING_PT)
    for number, panel in enumerate(contents.panels):
        left, top = page.corner(number)
        _write_labels(figure, page, panel, left, top)
        axes = page.add_axes(figure, left, top + page.label_h - GAP_IN / 2, *page.picture)
        draw_picture(axes, pixels, replace(options, heat=panel.heat is not None), round(max(page.picture) * dpi))
        if panel.heat is not None and panel.geometry is not None:
            draw_heat(axes, panel.heat, panel.limit, panel.geometry, options)
            draw_unseen(axes, panel.geometry)
            draw_regions(axes, contents.regions)
    left, tall = page.width - BAR_ROOM_IN - EDGE_IN + BAR_GAP_IN, min(page.height - page.top - 2 * EDGE_IN, BAR_TALL_IN)
    _draw_bar(page.add_axes(figure, left, page.top + EDGE_IN, BAR_IN, tall), contents, options.colours)
    return figure


def panes_bytes(contents: PanesFigure, pixels: NDArray[np.uint8], options: FigureOptions, ending: str) -> bytes:
    """Return the figure as a file's bytes; see ``draw_panes`` and ``save_figure``."""
    file = io.BytesIO()
    save_figure(draw_panes(contents, pixels, options), file, ending)
    return file.getvalue()


def _lay_out_page(contents: PanesFigure, pixels: NDArray[np.uint8], width: float) -> _Page:
    columns = min(contents.columns, len(contents.panels))
    picture_w = (width - 2 * EDGE_IN - BAR_ROOM_IN - (columns - 1) * GAP_IN) / columns
    picture_h = picture_w * float(np.clip(pixels.shape[0] / pixels.shape[1], *SHAPES))
    heading = _wrap_lines(contents.heading, width - 2 * EDGE_IN, HEADING_PT)
    top = EDGE_IN + len(heading) * HEADING_PT * LINE
    label_h = GAP_IN + max(sum(size for _, size, _ in _labels(panel, picture_w)) for panel in contents.panels) * LINE
    height = top + ceil(len(contents.panels) / columns) * (picture_h + label_h) + EDGE_IN
    return _Page(width, height, columns, (picture_w, picture_h), label_h, top, heading)


def _wrap_lines(text: str, width_in: float, size_pt: float) -> tuple[str, ...]:
    return tuple(textwrap.wrap(text, max(4, int(width_in / (size_pt * LETTER)))))


def _labels(panel: Panel, width_in: float) -> list[tuple[str, float, str]]:
    """Return a panel's lines with their sizes and weights."""
    title = [(line, TITLE_PT, "bold") for line in _wrap_lines(panel.title, width_in, TITLE_PT)]
    return [
        *title,
        *((line, NOTE_PT, "normal") for note in panel.notes for line in _wrap_lines(note, width_in, NOTE_PT)),
    ]


def _write_labels(figure: Figure, page: _Page, panel: Panel, left: float, top: float) -> None:
    for text, size, weight in _labels(panel, page.picture[0]):
        page.write(figure, text, left, top, size, weight)
        top += size * LINE


def _draw_bar(axes: Axes, contents: PanesFigure, colours: str) -> None:
    heats = [(panel.heat, panel.limit) for panel in contents.panels if panel.heat is not None]
    if not heats:
        axes.set_axis_off()
    elif contents.one_range:
        draw_bar(axes, heats[0][1], max(float(np.abs(heat).max()) for heat, _ in heats), colours)
    else:
        draw_bar(axes, 1.0, 1.0, colours)
        axes.set_yticklabels(OWN_TICKS)
