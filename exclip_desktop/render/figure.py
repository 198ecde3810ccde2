"""The figure of one explanation: picture with signed heat, colour bar, and the caption with its words coloured."""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from exclip_desktop.core.maths.colour import range_limit
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Preview, patch_heat
from exclip_desktop.render.figure_caption import draw_strip, lay_out
from exclip_desktop.render.figure_options import FigureOptions, figure_size, selection_of
from exclip_desktop.render.figure_picture import (
    draw_bar,
    draw_heat,
    draw_picture,
    draw_regions,
    draw_unseen,
)

__all__ = ["FigureOptions", "draw_figure", "figure_bytes", "save_figure"]

SHAPES = 0.3, 1.6  # height by width of the flattest and tallest place for a picture: any figure can be opened
EDGE_IN = 0.15
TOP_IN = 0.12
BAR_GAP_IN = 0.12
BAR_IN = 0.16
BAR_ROOM_IN = 0.9  # gap, bar and its numbers
# Text stays text, and the same figure gives the same bytes.
VECTOR: dict[str, Any] = {"svg.fonttype": "none", "svg.hashsalt": "exclip-desktop", "pdf.fonttype": 42}
QUICK_PNG = {"compress_level": 4}  # a twelfth larger than the default, in half the time
UNDATED: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}

_drawing = threading.Lock()  # matplotlib's style is global, so one thread draws at a time


@contextmanager
def own_style() -> Iterator[None]:
    """Set the person's own matplotlib style aside, and let signs that the font lacks be drawn as boxes, unsaid."""
    with _drawing, style.context(["default", VECTOR]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


@own_style()
def draw_figure(result: PairMatrix, pixels: NDArray[np.uint8], options: FigureOptions | None = None) -> Figure:
    """Return the figure of ``result`` over its picture, RGB uint8 (H, W, 3).

    Raises:
        CaptionError, SelectionError: the span or box of ``options`` does not fit.
        SettingsError: the figure would be too small or too large.

    """
    chosen = options or FigureOptions()
    width_in, dpi = figure_size(chosen)
    selection = selection_of(result, chosen)
    strip = lay_out(result, selection, chosen, width_in)
    page = page_of(pixels, width_in, strip.height_in, chosen.heat)
    # A hundredth of a pixel more, since matplotlib cuts fractions of a pixel off.
    figure = Figure((page.width + 0.01 / dpi, page.height + 0.01 / dpi), dpi=dpi)
    FigureCanvasAgg(figure)

    axes = figure.add_axes(page.share(EDGE_IN, page.strip_h, page.picture_w, page.picture_h))
    draw_picture(axes, pixels, chosen, round(max(page.picture_w, page.picture_h) * dpi))
    if chosen.heat:
        heat = patch_heat(result.interactions, selection, Preview())
        limit = range_limit(heat, locked=chosen.picture_limit)
        draw_heat(axes, heat, limit, result.geometry, chosen)
        left = EDGE_IN + page.picture_w + BAR_GAP_IN
        bar = figure.add_axes(page.share(left, page.strip_h, BAR_IN, page.picture_h))
        draw_bar(bar, limit, float(np.abs(heat).max()), chosen.colours)
    draw_unseen(axes, result.geometry)
    draw_regions(axes, selection.regions)
    draw_strip(figure.add_axes(page.share(0, 0, page.width, page.strip_h)), strip, page.width, chosen.colours)
    return figure


@own_style()
def save_figure(figure: Figure, file: BinaryIO, ending: str) -> None:
    """Write the figure as ``.png``, or as ``.svg`` or ``.pdf`` with its text as text."""
    kind = {"pil_kwargs": QUICK_PNG} if ending == ".png" else {"metadata": UNDATED.get(ending)}
    figure.savefig(file, format=ending.lstrip("."), facecolor="white", **kind)


def figure_bytes(result: PairMatrix, pixels: NDArray[np.uint8], options: FigureOptions, ending: str) -> bytes:
    """Return the figure as a file's bytes; arguments and errors as in ``draw_figure`` and ``save_figure``."""
    file = io.BytesIO()
    save_figure(draw_figure(result, pixels, options), file, ending)
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class Page:
    """Sizes in inches: of the figure, of the picture in it, and of the strip below."""

    width: float
    height: float
    picture_w: float
    picture_h: float
    strip_h: float

    def share(self, left: float, bottom: float, width: float, height: float) -> tuple[float, float, float, float]:
        """Return a place given in inches as shares of the figure."""
        return left / self.width, bottom / self.height, width / self.width, height / self.height


def page_of(pixels: NDArray[np.uint8], width: float, strip_h: float, heat: bool) -> Page:
    """Return the sizes of a page ``width`` inches wide: picture, strip below, and a colour bar beside heat."""
    picture_w = width - 2 * EDGE_IN - (BAR_ROOM_IN if heat else 0.0)
    picture_h = picture_w * float(np.clip(pixels.shape[0] / pixels.shape[1], *SHAPES))
    return Page(width, picture_h + strip_h + TOP_IN, picture_w, picture_h, strip_h)
