"""The figure of one explanation, or of one map: picture with signed heat, colour bar, and coloured caption or title."""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import numpy as np
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from exclip_desktop.core.maths.colour import range_limit
from exclip_desktop.core.text.visible_controls import show_controls
from exclip_desktop.core.values.answers import TokenMap
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Preview, patch_heat
from exclip_desktop.render.figure_caption import draw_strip, lay_out_strip
from exclip_desktop.render.figure_options import FigureOptions, figure_size, selection_of
from exclip_desktop.render.figure_picture import (
    draw_bar,
    draw_heat,
    draw_parts,
    draw_picture,
    draw_regions,
    draw_unseen,
)

__all__ = ["FigureOptions", "draw_figure", "draw_map", "figure_bytes", "save_figure"]

SHAPES: Final = 0.3, 1.6  # height by width of the flattest and tallest place for a picture: any figure can be opened
EDGE_IN: Final = 0.15
TOP_IN: Final = 0.12
BAR_GAP_IN: Final = 0.12
BAR_IN: Final = 0.16
TITLE_IN: Final = 0.5
TITLE_PT: Final = 10
BAR_ROOM_IN: Final = 0.9  # gap, bar and its numbers
# Text stays text, and the same figure gives the same bytes.
VECTOR: dict[str, Any] = {"svg.fonttype": "none", "svg.hashsalt": "exclip-desktop", "pdf.fonttype": 42}
QUICK_PNG: Final = {"compress_level": 4}  # a twelfth larger than the default, in half the time
UNDATED: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}

_drawing = threading.Lock()  # matplotlib's style is global, so one thread draws at a time


@contextmanager
def own_style() -> Iterator[None]:
    """Draw in matplotlib's default style, whatever the person's own; glyphs that the font lacks become boxes."""
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
    strip = lay_out_strip(result, selection, chosen, width_in)
    page = page_of(pixels, width_in, strip.height_in, chosen.draws_heat)
    # A hundredth of a pixel more, since matplotlib cuts fractions of a pixel off.
    figure = Figure((page.width + 0.01 / dpi, page.height + 0.01 / dpi), dpi=dpi)
    FigureCanvasAgg(figure)

    axes = figure.add_axes(page.share(EDGE_IN, page.strip_h, page.picture_w, page.picture_h))
    draw_picture(axes, pixels, chosen, round(max(page.picture_w, page.picture_h) * dpi))
    if chosen.draws_heat:
        other = chosen.other_heat
        heat = patch_heat(result.interactions, selection, Preview()) if other is None else other.patches
        limit = range_limit(heat, locked=chosen.picture_limit if other is None else None)
        draw_heat(axes, heat, limit, result.geometry, chosen)
        left = EDGE_IN + page.picture_w + BAR_GAP_IN
        bar = figure.add_axes(page.share(left, page.strip_h, BAR_IN, page.picture_h))
        draw_bar(bar, limit, float(np.abs(heat).max()), chosen.colours)
    draw_unseen(axes, result.geometry)
    if chosen.parts is not None:
        draw_parts(axes, chosen.parts, tinted=not chosen.draws_heat)
    draw_regions(axes, selection.regions)
    draw_strip(figure.add_axes(page.share(0, 0, page.width, page.strip_h)), strip, page.width, chosen.colours)
    return figure


@own_style()
def draw_map(
    token_map: TokenMap, pixels: NDArray[np.uint8], title: str, options: FigureOptions | None = None
) -> Figure:
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
    limit = range_limit(token_map.values, locked=chosen.picture_limit)
    draw_heat(axes, token_map.values, limit, token_map.geometry, chosen)
    left = EDGE_IN + page.picture_w + BAR_GAP_IN
    bar = figure.add_axes(page.share(left, page.strip_h, BAR_IN, page.picture_h))
    draw_bar(bar, limit, float(np.abs(token_map.values).max()), chosen.colours)
    draw_unseen(axes, token_map.geometry)
    figure.text(
        EDGE_IN / page.width, TITLE_IN / 2 / page.height, title, fontsize=TITLE_PT, va="center", parse_math=False
    )
    return figure


@own_style()
def save_figure(figure: Figure, file: BinaryIO, ending: str) -> None:
    """Write the figure as ``.png``, or as ``.svg`` or ``.pdf`` with its text as text."""
    for text in figure.findobj(Text):  # XML has no control characters
        text.set_text(show_controls(text.get_text()))
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
        """Return a place in inches as shares of the figure."""
        return left / self.width, bottom / self.height, width / self.width, height / self.height


def page_of(pixels: NDArray[np.uint8], width: float, strip_h: float, heat: bool) -> Page:
    """Return the sizes of a page ``width`` inches wide: picture, strip below, and a colour bar where there is heat."""
    picture_w = width - 2 * EDGE_IN - (BAR_ROOM_IN if heat else 0.0)
    picture_h = picture_w * float(np.clip(pixels.shape[0] / pixels.shape[1], *SHAPES))
    return Page(width, picture_h + strip_h + TOP_IN, picture_w, picture_h, strip_h)
