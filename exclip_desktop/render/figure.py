"""The figure of one explanation: picture with signed heat, colour bar, and the caption with its words coloured."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from numpy.typing import NDArray

from exclip_desktop.core.colour import ink_on, lookup_table, symmetric_limit, to_rgb
from exclip_desktop.core.explanation import Explanation
from exclip_desktop.core.geometry import Box
from exclip_desktop.core.tokens import Span, Word

OPACITY = 0.64
GREY = np.array([0.2126, 0.7152, 0.0722])
FONT_PT = 13
LINE_IN = 0.36
CHIP_PAD_IN = 0.05


@dataclass(frozen=True, slots=True)
class FigureOptions:
    """What the figure shows: selected words, a box in source pixels, its width in inches, dots per inch, colour map."""

    span: Span | None = None
    box: Box | None = None
    width_in: float = 7.0
    dpi: int = 150
    colours: str = "red-blue"


@contextmanager
def _missing_glyphs_as_boxes() -> Iterator[None]:
    """Let signs that the font lacks be drawn as boxes, without a warning for each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


@_missing_glyphs_as_boxes()
def draw_figure(result: Explanation, pixels: NDArray[np.uint8], options: FigureOptions | None = None) -> Figure:
    """Return the figure of ``result`` over its picture, RGB uint8 (H, W, 3).

    Raises:
        CaptionError, SelectionError: the span or box of ``options`` does not fit.

    """
    chosen = options or FigureOptions()
    heat = result.patch_heat(chosen.span)
    words = result.word_heat(chosen.box)
    selected = set() if chosen.span is None else set(result.caption.rows_of(chosen.span))
    height, width = pixels.shape[:2]
    # A panorama or a tower must not make a figure that no one can open.
    picture_w = chosen.width_in - 1.2
    picture_h = float(np.clip(picture_w * height / width, 0.3 * picture_w, 1.6 * picture_w))

    figure = Figure(dpi=chosen.dpi)
    FigureCanvasAgg(figure)
    figure.set_size_inches(chosen.width_in, 10)
    lines = _broken_lines(figure, _pieces(result), chosen.width_in - 0.3)
    caption_h = LINE_IN * len(lines) + 0.62
    total_h = picture_h + caption_h + 0.12
    figure.set_size_inches(chosen.width_in, total_h)

    axes = figure.add_axes(
        (0.15 / chosen.width_in, caption_h / total_h, picture_w / chosen.width_in, picture_h / total_h)
    )
    limit = symmetric_limit(heat)
    _draw_picture(axes, pixels, result, heat, limit, chosen)
    bar = figure.add_axes(
        ((0.27 + picture_w) / chosen.width_in, caption_h / total_h, 0.16 / chosen.width_in, picture_h / total_h)
    )
    _draw_bar(figure, bar, limit, chosen.colours)
    strip = figure.add_axes((0, 0, 1, caption_h / total_h))
    _draw_caption(strip, result, lines, words, selected, (chosen, caption_h))
    return figure


@_missing_glyphs_as_boxes()
def save_figure(figure: Figure, file: BinaryIO, ending: str) -> None:
    """Write the figure as ``.png``, ``.svg`` or ``.pdf`` (vector text)."""
    figure.savefig(file, format=ending.lstrip("."), facecolor="white")


def _draw_picture(
    axes: Axes,
    pixels: NDArray[np.uint8],
    result: Explanation,
    heat: NDArray[np.float64],
    limit: float,
    chosen: FigureOptions,
) -> None:
    height, width = pixels.shape[:2]
    grey = (pixels @ GREY).astype(np.uint8)
    axes.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0), interpolation="bilinear")
    x0, y0, x1, y1 = result.geometry.seen
    axes.imshow(to_rgb(heat, limit, chosen.colours), extent=(x0, x1, y1, y0), alpha=OPACITY, interpolation="nearest")
    for left, top, right, bottom in ((0, 0, x0, height), (x1, 0, width, height), (x0, 0, x1, y0), (x0, y1, x1, height)):
        if right - left > 0.5 and bottom - top > 0.5:  # what the model did not see
            axes.add_patch(
                Rectangle(
                    (left, top), right - left, bottom - top, fill=False, hatch="////", edgecolor="white", linewidth=0
                )
            )
    if chosen.box is not None:
        left, top, right, bottom = chosen.box
        for colour, thickness in (("white", 3.5), ("black", 1.5)):
            axes.add_patch(
                Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour, linewidth=thickness)
            )
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("auto" if not 0.3 <= height / width <= 1.6 else "equal")
    axes.set_axis_off()


def _draw_bar(figure: Figure, axes: Axes, limit: float, colours: str) -> None:
    mappable = ScalarMappable(Normalize(-limit, limit), ListedColormap(lookup_table(colours)))
    bar = figure.colorbar(mappable, cax=axes, ticks=[-limit, -limit / 2, 0, limit / 2, limit])
    bar.ax.set_yticklabels([f"{value:+.2g}" if value else "0" for value in bar.get_ticks()])
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_linewidth(0.4)


_Piece = tuple[str, Word | None]


def _pieces(result: Explanation) -> list[_Piece]:
    """Return what the caption shows in order: its words, then what the model did not see."""
    pieces: list[_Piece] = [(word.text, word) for word in result.words]
    if result.caption.unseen is not None:
        unseen = result.caption.text[slice(*result.caption.unseen)]
        pieces += [(text, None) for text in unseen.split()]
    return pieces


def _broken_lines(figure: Figure, pieces: list[_Piece], width_in: float) -> list[list[tuple[float, float, _Piece]]]:
    """Lay the pieces out in lines: (left, width, piece) in inches."""
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]  # matplotlib has no type here
    lines: list[list[tuple[float, float, _Piece]]] = [[]]
    x = 0.0
    for piece in pieces:
        text = figure.text(0, 0, piece[0], fontsize=FONT_PT, parse_math=False)
        wide = text.get_window_extent(renderer).width / figure.dpi + 2 * CHIP_PAD_IN
        text.remove()
        if x + wide > width_in and lines[-1]:
            lines.append([])
            x = 0.0
        lines[-1].append((x, wide, piece))
        x += wide + 0.05
    return lines


def _draw_caption(
    axes: Axes,
    result: Explanation,
    lines: list[list[tuple[float, float, _Piece]]],
    words: NDArray[np.float64],
    selected: set[int],
    layout: tuple[FigureOptions, float],
) -> None:
    chosen, caption_h = layout
    axes.set_xlim(0, chosen.width_in)
    axes.set_ylim(caption_h, 0)
    axes.set_axis_off()
    limit = symmetric_limit(words)
    value_of = dict(zip(result.words, words, strict=True))
    top = 0.12
    for line in lines:
        for left, wide, (text, word) in line:
            rgb = (
                np.array([0.93, 0.93, 0.93])
                if word is None
                else to_rgb(np.array(value_of[word]), limit, chosen.colours)
            )
            ink = "#999999" if word is None else ink_on(rgb)
            picked = word is not None and bool(selected.intersection(word.rows))
            axes.add_patch(
                FancyBboxPatch(
                    (0.15 + left, top),
                    wide,
                    LINE_IN - 0.07,
                    boxstyle="round,pad=0,rounding_size=0.05",
                    facecolor=tuple(rgb),
                    edgecolor="black" if picked else "#cccccc",
                    linewidth=1.6 if picked else 0.5,
                )
            )
            axes.text(
                0.15 + left + wide / 2,
                top + (LINE_IN - 0.07) / 2,
                text,
                fontsize=FONT_PT,
                color=ink,
                ha="center",
                va="center_baseline",
                parse_math=False,
            )
        top += LINE_IN
    axes.text(0.15, top + 0.05, _legend(result, chosen, limit), fontsize=8, color="#444444", va="top", parse_math=False)


def _legend(result: Explanation, chosen: FigureOptions, limit: float) -> str:
    settings = result.settings
    span = (
        chosen.span if isinstance(chosen.span, str) or chosen.span is None else result.caption.text[slice(*chosen.span)]
    )
    heat = f'Heat: "{span}"' if span is not None else "Heat: all tokens"
    words = "words: the box" if chosen.box is not None else "words: whole picture"
    return (
        f"Score {result.score:.3f}  ·  {heat}, {words} (±{limit:.2g})\n"
        f"{settings.model}, image layer {settings.image_layer}, text layer {settings.text_layer}, "
        f"{settings.text_reference} reference"
    )
