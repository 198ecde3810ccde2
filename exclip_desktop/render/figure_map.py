"""The figure of one method's map over its picture."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from exclip_desktop.core.maths.colour import range_limit
from exclip_desktop.core.values.token_map import TokenMap
from exclip_desktop.render.figure import BAR_GAP_IN, BAR_IN, EDGE_IN, own_style, page_of
from exclip_desktop.render.figure_options import FigureOptions, figure_size
from exclip_desktop.render.figure_picture import draw_bar, draw_heat, draw_picture, draw_unseen

TITLE_IN = 0.5
TITLE_PT = 10


@own_style()
def draw_map(found: TokenMap, pixels: NDArray[np.uint8], title: str, options: FigureOptions | None = None) -> Figure:
    """Return the figure of a picture's map over the picture, RGB uint8 (H, W, 3), with ``title`` below.

    Raises:
        SettingsError: the figure would be too small or too large.

    """
    chosen = options or FigureOptions()
    width_in, dpi = figure_size(chosen)
    page = page_of(pixels, width_in, TITLE_IN, heat=True)
    figure = Figure((page.width + 0.01 / dpi, page.height + 0.01 / dpi), dpi=dpi)
    FigureCanvasAgg(figure)
    axes = figure.add_axes(page.share(EDGE_IN, page.strip_h, page.picture_w, page.picture_h))
    draw_picture(axes, pixels, chosen, round(max(page.picture_w, page.picture_h) * dpi))
    limit = range_limit(found.values, locked=chosen.picture_limit)
    draw_heat(axes, found.values, limit, found.geometry, chosen)
    left = EDGE_IN + page.picture_w + BAR_GAP_IN
    bar = figure.add_axes(page.share(left, page.strip_h, BAR_IN, page.picture_h))
    draw_bar(bar, limit, float(np.abs(found.values).max()), chosen.colours)
    draw_unseen(axes, found.geometry)
    figure.text(
        EDGE_IN / page.width, TITLE_IN / 2 / page.height, title, fontsize=TITLE_PT, va="center", parse_math=False
    )
    return figure
