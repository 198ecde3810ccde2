"""The figure of a picture's parts: each in its colour over the picture, with its number, and a legend below."""

import textwrap
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from numpy.typing import NDArray

from exclip_desktop.core.maths.picture_parts import PART_COLOURS
from exclip_desktop.core.text.number_format import format_percent
from exclip_desktop.core.values.parts_report import PartsReport
from exclip_desktop.render.figure import EDGE_IN, own_style, page_of
from exclip_desktop.render.figure_options import FigureOptions, figure_size
from exclip_desktop.render.figure_picture import draw_picture, draw_unseen

OPACITY: Final = 0.45
LEGEND_PT: Final = 8.0
LINE_IN: Final = 0.19
SWATCH_IN: Final = 0.11
LETTER_IN: Final = 0.062
NUMBER_PT: Final = 9.0
WORDS: Final = 3
"""Words of each kind in the legend."""


@own_style()
def draw_parts(report: PartsReport, pixels: NDArray[np.uint8], options: FigureOptions | None = None) -> Figure:
    """Return the figure over the picture, RGB uint8 (H, W, 3).

    Raises:
        SettingsError: the figure would be too small or too large.

    """
    chosen = options or FigureOptions()
    width_in, dpi = figure_size(chosen)
    letters = int((width_in - 2 * EDGE_IN - 2 * SWATCH_IN) / LETTER_IN)
    legend = [textwrap.wrap(describe_part(report, place), letters) for place in range(len(report.parts))]
    lines = sum(map(len, legend))
    page = page_of(pixels, width_in, lines * LINE_IN + 2 * EDGE_IN, heat=False)
    figure = Figure((page.width + 0.01 / dpi, page.height + 0.01 / dpi), dpi=dpi)
    FigureCanvasAgg(figure)
    axes = figure.add_axes(page.share(EDGE_IN, page.strip_h, page.picture_w, page.picture_h))
    draw_picture(axes, pixels, chosen, round(max(page.picture_w, page.picture_h) * dpi))
    _draw_masks(axes, report)
    draw_unseen(axes, report.geometry)
    below = figure.add_axes(page.share(0, 0, page.width, page.strip_h))
    _draw_legend(below, legend, page.width, page.strip_h)
    return figure


def describe_part(report: PartsReport, place: int) -> str:
    """Return a part's line: number, share, and its best words from caption and vocabulary."""
    parts = [f"{place + 1}   {format_percent(report.parts[place].share)} of the picture's embedding"]
    if words := report.caption_words(place):
        parts.append(f"caption: {', '.join(one.word for one in words[:WORDS])}")
    if report.names:
        parts.append(f"vocabulary: {', '.join(one.word for one in report.names[place][:WORDS])}")
    return "   ".join(parts)


def _draw_masks(axes: Axes, report: PartsReport) -> None:
    x0, y0, x1, y1 = report.geometry.visible
    colours = np.array(PART_COLOURS, np.uint8)[report.grouped.labels]
    opacity = np.full((*report.geometry.grid, 1), round(255 * OPACITY), np.uint8)
    axes.imshow(np.concatenate([colours, opacity], 2), extent=(x0, x1, y1, y0), interpolation="nearest")
    for place, part in enumerate(report.parts):
        for region in report.regions(place):
            axes.add_patch(Polygon(region.outline, fill=False, edgecolor="white", linewidth=0.8, joinstyle="miter"))
        row, column = _inner_patch(part.mask)
        x, y = report.geometry.patch_centre(row, column)
        axes.text(x, y, str(place + 1), fontsize=NUMBER_PT, fontweight="bold", ha="center", va="center")


def _inner_patch(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the patch of a mask that is nearest to the mean of its patches."""
    places = np.argwhere(mask)
    nearest = ((places - places.mean(0)) ** 2).sum(1).argmin()
    return int(places[nearest, 0]), int(places[nearest, 1])


def _draw_legend(axes: Axes, legend: list[list[str]], width_in: float, height_in: float) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, width_in)
    axes.set_ylim(height_in, 0)
    top = EDGE_IN
    for place, lines in enumerate(legend):
        colour = [value / 255 for value in PART_COLOURS[place]]
        axes.add_patch(Rectangle((EDGE_IN, top), SWATCH_IN, SWATCH_IN, facecolor=colour, edgecolor="none"))
        for line in lines:
            place_in = EDGE_IN + 2 * SWATCH_IN, top + SWATCH_IN / 2
            axes.text(*place_in, line, fontsize=LEGEND_PT, va="center", parse_math=False)
            top += LINE_IN
