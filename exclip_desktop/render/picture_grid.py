"""Grids of pictures with their heat: a figure for a paper, and a contact sheet of several pages; text stays text."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region
from exclip_desktop.render.figure import own_style, save_figure
from exclip_desktop.render.figure_caption import wrap_text
from exclip_desktop.render.figure_options import FigureOptions
from exclip_desktop.render.figure_picture import draw_bar, draw_heat, draw_picture, draw_regions, draw_unseen

Pixels = NDArray[np.uint8]

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
    """Layout of the pictures.

    Attributes:
        columns: number of pictures side by side.
        width_in: the figure's width in inches; fewer pictures than columns make it narrower, by the columns they lack.
        shared: whether all have one colour range, with one colour bar; else each has its own, named in its text.
        look: colours, opacity and the rest, as in any figure.

    """

    columns: int = 3
    width_in: float = PAGE_IN
    shared: bool = True
    look: FigureOptions = FigureOptions()


@dataclass(frozen=True, slots=True, eq=False)
class GridCell:
    """A picture of a grid with the text below it.

    Attributes:
        read_pixels: returns the picture, upright RGB (H, W, 3), or None where it is missing.
        heat: one value per patch, (rows, columns), or empty.
        geometry: the places of the patches; None where no heat is drawn.
        regions: outlines on the picture.
        caption: the first lines below the picture.
        details: at most three lines below the caption.

    """

    read_pixels: Callable[[], Pixels | None]
    heat: NDArray[np.float64]
    geometry: Geometry | None
    regions: tuple[Region, ...]
    caption: str
    details: tuple[str, ...]


def sheet_options() -> GridOptions:
    """Return the usual layout of an A4 page."""
    return GridOptions(columns=4, width_in=A4_IN[0] - 2 * MARGIN_IN)


@own_style()
def draw_cells(cells: Sequence[GridCell], options: GridOptions) -> Figure:
    """Return pictures in a grid, each with its heat and regions, caption and details below.

    Raises:
        SettingsError: there is nothing to draw, or no room.

    """
    return _draw_grid(cells, options, _limit(cells, options))


@own_style()
def write_pages(cells: Sequence[GridCell], file: BinaryIO, options: GridOptions) -> None:
    """Write pictures as a PDF of A4 pages."""
    limit = _limit(cells, options)
    with PdfPages(file, metadata={"CreationDate": None}) as pages:
        for part in _pages(cells, options):
            grid = _draw_grid(part, options, limit)
            top, left = grid.get_figheight() + MARGIN_IN, -MARGIN_IN
            pages.savefig(grid, bbox_inches=Bbox([[left, top - A4_IN[1]], [left + A4_IN[0], top]]))


@own_style()
def cell_png(cell: GridCell, width_px: int, height_px: float) -> bytes:
    """Return a picture with its heat and regions, without text, as PNG."""
    figure = Figure((width_px / DPI, height_px / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    _draw_view(figure, (0, 0, 1, 1), cell, range_limit(cell.heat), FigureOptions(), width_px)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def cells_bytes(cells: Sequence[GridCell], ending: str, options: GridOptions) -> bytes:
    """Return the grid as a file's bytes: ``.png``, ``.svg`` or ``.pdf``."""
    file = io.BytesIO()
    save_figure(draw_cells(cells, options), file, ending)
    return file.getvalue()


def _draw_grid(cells: Sequence[GridCell], options: GridOptions, limit: float) -> Figure:
    if not cells:
        raise SettingsError("There is no picture to draw.", "Choose at least one.")
    width, height = _cell_size(options)
    if width < 0.5:
        raise SettingsError(f"{options.columns} pictures do not fit side by side.", "Choose fewer columns.")
    rows, lacking = -(-len(cells) // options.columns), max(0, options.columns - len(cells))
    total_w, total_h = options.width_in - lacking * (width + GAP_IN), rows * (height + GAP_IN)
    figure = Figure((total_w, total_h), dpi=DPI)
    FigureCanvasAgg(figure)
    for at, cell in enumerate(cells):
        row, column = divmod(at, options.columns)
        left, top = column * (width + GAP_IN), total_h - row * (height + GAP_IN)
        place = left / total_w, (top - width) / total_h, width / total_w, width / total_h
        own = limit if options.shared else range_limit(cell.heat)
        _draw_view(figure, place, cell, own, options.look, round(width * DPI))
        _write(figure, left / total_w, (top - width) / total_h - 0.02 / total_h, _lines(cell, width, options, own))
    if options.shared:
        left, bottom = total_w - BAR_IN + 0.08, total_h - 0.96 * width  # room for the numbers at its ends
        bar = figure.add_axes((left / total_w, bottom / total_h, 0.1 / total_w, 0.92 * width / total_h))
        draw_bar(bar, limit, limit, options.look.colours)
        bar.tick_params(labelsize=TEXT_PT)
    return figure


def _cell_size(options: GridOptions) -> tuple[float, float]:
    """Return a cell's width and height in inches: a square for the picture, and lines of text."""
    room = options.width_in - (BAR_IN if options.shared else 0.0)
    width = (room - (options.columns - 1) * GAP_IN) / options.columns
    return width, width + LINE_IN * (CAPTION_LINES + DETAIL_LINES - options.shared + 0.5)


def _pages(cells: Sequence[GridCell], options: GridOptions) -> Iterator[Sequence[GridCell]]:
    rows = max(1, int((A4_IN[1] - 2 * MARGIN_IN) / (_cell_size(options)[1] + GAP_IN)))
    size = rows * options.columns
    for start in range(0, max(1, len(cells)), size):
        yield cells[start : start + size]


def _draw_view(
    figure: Figure,
    place: tuple[float, float, float, float],
    cell: GridCell,
    limit: float,
    look: FigureOptions,
    largest_px: int,
) -> None:
    axes = figure.add_axes(place)
    axes.set_anchor("N")
    axes.set_axis_off()
    pixels = cell.read_pixels()
    if pixels is None:
        axes.text(0.5, 0.5, "the picture is missing", ha="center", va="center", fontsize=TEXT_PT, color="#777777")
        axes.add_patch(_frame())
        return
    draw_picture(axes, pixels, look, largest_px)
    if cell.geometry is not None and cell.heat.size:
        draw_heat(axes, cell.heat, limit, cell.geometry, look)
        draw_unseen(axes, cell.geometry)
    draw_regions(axes, cell.regions)


def _frame() -> Rectangle:
    return Rectangle((0, 0), 1, 1, fill=False, edgecolor="#bbbbbb")


def _limit(cells: Sequence[GridCell], options: GridOptions) -> float:
    """Return the end of the shared colour range."""
    return range_limit(*(one.heat for one in cells), locked=options.look.picture_limit)


def _lines(cell: GridCell, width_in: float, options: GridOptions, limit: float) -> list[str]:
    caption = _wrap(cell.caption, width_in)
    if len(caption) > CAPTION_LINES:
        caption = [*caption[: CAPTION_LINES - 1], f"{caption[CAPTION_LINES - 1]}…"]
    colours = "" if options.shared else f"colours ±{limit:.2g}"
    return [*caption, *(_wrap(text, width_in)[0] for text in (*cell.details, colours))]


def _wrap(text: str, width_in: float) -> list[str]:
    """Return the lines of a text, of a very long one the first: more than a caption's lines are never drawn."""
    most = int(width_in * LETTERS_PER_IN * (CAPTION_LINES + 1))
    return wrap_text(" ".join(text[: 4 * most].split())[:most], width_in, TEXT_PT)


def _write(figure: Figure, x: float, y: float, lines: list[str]) -> None:
    step = LINE_IN / figure.get_figheight()
    for number, line in enumerate(lines):
        ink = "#111111" if number < len(lines) - DETAIL_LINES else "#555555"
        figure.text(x, y - number * step, line, fontsize=TEXT_PT, va="top", color=ink, parse_math=False)
