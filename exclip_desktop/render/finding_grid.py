"""Figures of findings: one alone, a grid for a paper, and a contact sheet of several pages; text stays text."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.maths.colour import range_limit
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.render.figure import own_style, save_figure
from exclip_desktop.render.figure_caption import wrap_text
from exclip_desktop.render.figure_options import FigureOptions
from exclip_desktop.render.figure_picture import draw_bar, draw_heat, draw_picture, draw_regions, draw_unseen

Pixels = NDArray[np.uint8]
PixelsOf = Callable[[Finding], Pixels | None]
"""Finding → its picture, upright RGB (H, W, 3), or None where it is missing."""

COLUMN_IN, PAGE_IN = 3.25, 6.75
"""Usual widths of a column and of a page's text, in inches."""
A4_IN: Final = 8.27, 11.69
MARGIN_IN: Final = 0.5
TEXT_PT: Final = 6.5
LETTERS_PER_IN: Final = 100  # of the narrowest letter fewer fit
LINE_IN: Final = 0.115
CAPTION_LINES: Final = 3
DETAIL_LINES: Final = 4  # below the caption: rating, method, numbers, and the colour range
GAP_IN: Final = 0.12
BAR_IN: Final = 0.65  # gap, bar and its numbers
DPI: Final = 200


@dataclass(frozen=True, slots=True)
class GridOptions:
    """Layout of the findings.

    Attributes:
        columns: number of pictures side by side.
        width_in: the figure's width in inches; fewer findings than columns make it narrower, by the columns they lack.
        shared: whether all have one colour range, with one colour bar; else each has its own, named in its text.
            Methods have units of their own: findings of several methods always have their own ranges.
        look: colours, opacity and the rest, as in any figure.

    """

    columns: int = 3
    width_in: float = PAGE_IN
    shared: bool = True
    look: FigureOptions = FigureOptions()


@own_style()
def draw_grid(findings: Sequence[Finding], pixels_of: PixelsOf, options: GridOptions | None = None) -> Figure:
    """Return findings in a grid: each picture with its heat and regions, caption and numbers below.

    Raises:
        SettingsError: there is nothing to draw, or no room.

    """
    chosen = _separate_units(options or GridOptions(), findings)
    return _draw_grid(findings, pixels_of, chosen, _limit(findings, chosen))


@own_style()
def write_contact_sheet(
    findings: Sequence[Finding], pixels_of: PixelsOf, file: BinaryIO, options: GridOptions | None = None
) -> None:
    """Write findings as a PDF of A4 pages."""
    chosen = _separate_units(options or GridOptions(columns=4, width_in=A4_IN[0] - 2 * MARGIN_IN), findings)
    limit = _limit(findings, chosen)
    with PdfPages(file, metadata={"CreationDate": None}) as pages:
        for part in _pages(findings, chosen):
            grid = _draw_grid(part, pixels_of, chosen, limit)
            top, left = grid.get_figheight() + MARGIN_IN, -MARGIN_IN
            pages.savefig(grid, bbox_inches=Bbox([[left, top - A4_IN[1]], [left + A4_IN[0], top]]))


@own_style()
def finding_png(finding: Finding, pixels: Pixels, width_px: int = 640) -> bytes:
    """Return a finding's picture with its heat and regions, without text, as PNG."""
    height, width = pixels.shape[:2]
    figure = Figure((width_px / DPI, width_px * height / width / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    _draw_view(figure, (0, 0, 1, 1), finding, pixels, _own_limit(finding), FigureOptions(), width_px)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def grid_bytes(
    findings: Sequence[Finding], pixels_of: PixelsOf, ending: str, options: GridOptions | None = None
) -> bytes:
    """Return the grid as a file's bytes: ``.png``, ``.svg`` or ``.pdf``."""
    file = io.BytesIO()
    save_figure(draw_grid(findings, pixels_of, options), file, ending)
    return file.getvalue()


def _draw_grid(findings: Sequence[Finding], pixels_of: PixelsOf, options: GridOptions, limit: float) -> Figure:
    if not findings:
        raise SettingsError("There is no finding to draw.", "Note a finding first, or choose others.")
    width, height = _cell_size(options)
    if width < 0.5:
        raise SettingsError(f"{options.columns} pictures do not fit side by side.", "Choose fewer columns.")
    rows, lacking = -(-len(findings) // options.columns), max(0, options.columns - len(findings))
    total_w, total_h = options.width_in - lacking * (width + GAP_IN), rows * (height + GAP_IN)
    figure = Figure((total_w, total_h), dpi=DPI)
    FigureCanvasAgg(figure)
    for at, finding in enumerate(findings):
        row, column = divmod(at, options.columns)
        left, top = column * (width + GAP_IN), total_h - row * (height + GAP_IN)
        place = left / total_w, (top - width) / total_h, width / total_w, width / total_h
        own = limit if options.shared else _own_limit(finding)
        _draw_view(figure, place, finding, pixels_of(finding), own, options.look, round(width * DPI))
        _write(figure, left / total_w, (top - width) / total_h - 0.02 / total_h, _lines(finding, width, options, own))
    if options.shared:
        left, bottom = total_w - BAR_IN + 0.08, total_h - 0.96 * width  # room for the numbers at its ends
        bar = figure.add_axes((left / total_w, bottom / total_h, 0.1 / total_w, 0.92 * width / total_h))
        draw_bar(bar, limit, limit, options.look.colours)
        bar.tick_params(labelsize=TEXT_PT)
    return figure


def _separate_units(options: GridOptions, findings: Sequence[Finding]) -> GridOptions:
    """Return options without a shared range where there are several methods, each with a unit of its own."""
    return replace(options, shared=options.shared and len({one.view.method for one in findings}) < 2)


def _cell_size(options: GridOptions) -> tuple[float, float]:
    """Return a cell's width and height in inches: a square for the picture, and lines of text."""
    room = options.width_in - (BAR_IN if options.shared else 0.0)
    width = (room - (options.columns - 1) * GAP_IN) / options.columns
    return width, width + LINE_IN * (CAPTION_LINES + DETAIL_LINES - options.shared + 0.5)


def _pages(findings: Sequence[Finding], options: GridOptions) -> Iterator[Sequence[Finding]]:
    rows = max(1, int((A4_IN[1] - 2 * MARGIN_IN) / (_cell_size(options)[1] + GAP_IN)))
    size = rows * options.columns
    for start in range(0, max(1, len(findings)), size):
        yield findings[start : start + size]


def _draw_view(
    figure: Figure,
    place: tuple[float, float, float, float],
    finding: Finding,
    pixels: Pixels | None,
    limit: float,
    look: FigureOptions,
    largest_px: int,
) -> None:
    axes = figure.add_axes(place)
    axes.set_anchor("N")
    axes.set_axis_off()
    if pixels is None:
        axes.text(0.5, 0.5, "the picture is missing", ha="center", va="center", fontsize=TEXT_PT, color="#777777")
        axes.add_patch(_frame())
        return
    draw_picture(axes, pixels, look, largest_px)
    geometry, heat = finding.numbers.geometry, np.array(finding.numbers.heat)
    if geometry is not None and heat.size:
        draw_heat(axes, heat, limit, geometry, look)
        draw_unseen(axes, geometry)
    draw_regions(axes, finding.view.selection.regions)


def _frame() -> Rectangle:
    return Rectangle((0, 0), 1, 1, fill=False, edgecolor="#bbbbbb")


def _limit(findings: Sequence[Finding], options: GridOptions) -> float:
    """Return the end of the shared colour range."""
    return range_limit(*(np.array(one.numbers.heat) for one in findings), locked=options.look.picture_limit)


def _own_limit(finding: Finding) -> float:
    return range_limit(np.array(finding.numbers.heat))


def _lines(finding: Finding, width_in: float, options: GridOptions, limit: float) -> list[str]:
    numbers = [f"score {format_signed(finding.numbers.score)}"]
    if finding.numbers.block is not None:
        numbers.append(f"selected {format_signed(finding.numbers.block)}")
    words = " ".join(word.text for word in finding.numbers.words if word.selected)
    rating = f"{finding.id} · {finding.rating or 'not rated'}" + (f" · “{words}”" if words else "")
    caption = _wrap(finding.view.caption, width_in)
    if len(caption) > CAPTION_LINES:
        caption = [*caption[: CAPTION_LINES - 1], f"{caption[CAPTION_LINES - 1]}…"]
    colours = "" if options.shared else f"colours ±{limit:.2g}"
    below = rating, finding.view.method_name, " · ".join(numbers), colours
    return [*caption, *(_wrap(text, width_in)[0] for text in below)]


def _wrap(text: str, width_in: float) -> list[str]:
    """Return the lines of a text, of a very long one the first: more than a caption's lines are never drawn."""
    most = int(width_in * LETTERS_PER_IN * (CAPTION_LINES + 1))
    return wrap_text(" ".join(text[: 4 * most].split())[:most], width_in, TEXT_PT)


def _write(figure: Figure, x: float, y: float, lines: list[str]) -> None:
    step = LINE_IN / figure.get_figheight()
    for number, line in enumerate(lines):
        ink = "#111111" if number < len(lines) - DETAIL_LINES else "#555555"
        figure.text(x, y - number * step, line, fontsize=TEXT_PT, va="top", color=ink, parse_math=False)
