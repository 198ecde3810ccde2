"""The lower part of the figure: the caption with coloured words, and a legend."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.textpath import text_to_path

from exclip_desktop.core.maths.colour import choose_ink, range_limit, to_rgb
from exclip_desktop.core.maths.word_values import has_strongest_regions, word_values
from exclip_desktop.core.text.caption_chips import make_chips
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.text.wording import describe_regions, describe_words
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Preview, Selection
from exclip_desktop.render.figure_options import FigureOptions

POINTS_PER_IN: Final = 72
FONT_PT: Final = 13
OUTER_PAD_IN: Final = 0.05  # around the text at a chip's ends
INNER_PAD_IN: Final = 0.03  # around the text where two cells meet
GAP_IN: Final = 0.05  # between chips
LINE_IN: Final = 0.36
CHIP_IN: Final = 0.29
MARGIN_IN: Final = 0.15
TOP_IN: Final = 0.12
LEGEND_PT: Final = 8
LEGEND_LINE_IN: Final = 0.145
UNREAD_PAPER: Final = "#ededed"
UNREAD_INK: Final = "#999999"


@dataclass(frozen=True, slots=True)
class ColouredCell:
    """A cell of a chip with its value; ``rows`` of the matrix, none where the model does not read it."""

    text: str
    rows: tuple[int, ...]
    value: float
    selected: bool


@dataclass(frozen=True, slots=True)
class PlacedCells:
    """The cells of a chip that stand in one line, and the places of their edges in inches: one more than cells."""

    cells: tuple[ColouredCell, ...]
    edges: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """The caption laid out: its chips and the legend in lines, and the end of the chips' colour range."""

    lines: list[list[PlacedCells]]
    legend: list[str]
    limit: float

    @property
    def height_in(self) -> float:
        """Total height in inches."""
        return TOP_IN + LINE_IN * len(self.lines) + LEGEND_LINE_IN * len(self.legend) + 0.2


def lay_out_strip(result: PairMatrix, selection: Selection, options: FigureOptions, width_in: float) -> Strip:
    """Break caption and legend into lines that fit ``width_in``."""
    own = options.other_heat is not None and options.other_heat.tokens is not None
    chips = _colour_chips(result, selection, options)
    locked = None if own else options.words_limit
    limit = range_limit(np.array([cell.value for chip in chips for cell in chip]), locked=locked)
    inner = width_in - 2 * MARGIN_IN
    legend = [line for text in _legend(result, selection, options, limit) for line in wrap_text(text, inner, LEGEND_PT)]
    return Strip(_place_in_lines(chips, inner), legend, limit)


def _colour_chips(result: PairMatrix, selection: Selection, options: FigureOptions) -> list[tuple[ColouredCell, ...]]:
    """Return the cells of every chip with their values through the selected regions, else by ``words_by``."""
    chips = make_chips(result.caption, specials=options.specials)
    matrix, words = result.interactions, [chip.rows for chip in chips]
    heat = word_values(matrix, result.geometry, selection, Preview(), words, options.words_by)
    if options.other_heat is not None and options.other_heat.tokens is not None:
        heat = options.other_heat.tokens
    rows = set(selection.rows)
    return [
        tuple(
            ColouredCell(cell.text, cell.rows, float(heat[list(cell.rows)].sum()), rows.issuperset(cell.rows))
            for cell in chip.cells
        )
        for chip in chips
    ]


def _place_in_lines(chips: list[tuple[ColouredCell, ...]], width_in: float) -> list[list[PlacedCells]]:
    """Place the chips in lines ``width_in`` wide; a chip wider than that breaks between its cells."""
    lines: list[list[PlacedCells]] = [[]]
    x = 0.0
    for chip in chips:
        whole = sum(_cell_widths(chip)) <= width_in
        for part in [chip] if whole else [(_shorten(cell, width_in),) for cell in chip]:
            widths = _cell_widths(part)
            if x + sum(widths) > width_in and lines[-1]:
                lines.append([])
                x = 0.0
            lines[-1].append(PlacedCells(part, tuple(accumulate(widths, initial=x))))
            x += sum(widths) + GAP_IN
    return lines


def _cell_widths(cells: tuple[ColouredCell, ...]) -> list[float]:
    last = len(cells) - 1
    pads = [OUTER_PAD_IN + INNER_PAD_IN if number in (0, last) else 2 * INNER_PAD_IN for number in range(last + 1)]
    pads = pads if last else [2 * OUTER_PAD_IN]
    return [text_width(cell.text) + pad for cell, pad in zip(cells, pads, strict=True)]


def _shorten(cell: ColouredCell, width_in: float) -> ColouredCell:
    """Return the cell; one wider than a line is cut, and ends in an ellipsis."""
    (wide,) = _cell_widths((cell,))
    if wide <= width_in:
        return cell
    count = max(1, int(len(cell.text) * width_in / wide) - 2)
    return _shorten(replace(cell, text=f"{cell.text[:count]}…"), width_in)


def text_width(text: str, size_pt: float = FONT_PT) -> float:
    """Return the width of a text in inches."""
    points, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size_pt), ismath=False)
    return float(points) / POINTS_PER_IN


def wrap_text(text: str, width_in: float, size_pt: float) -> list[str]:
    """Return the text in lines that fit ``width_in``, broken at spaces; a longer word stands alone."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and text_width(longer, size_pt) > width_in:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def draw_strip(axes: Axes, strip: Strip, width_in: float, colours: str) -> None:
    """Draw caption and legend into axes that measure inches from their upper left corner."""
    axes.set_xlim(0, width_in)
    axes.set_ylim(strip.height_in, 0)
    axes.set_axis_off()
    top = TOP_IN
    for line in strip.lines:
        for chip in line:
            _draw_chip(axes, chip, top, strip.limit, colours)
        top += LINE_IN
    for number, text in enumerate(strip.legend):
        y = top + 0.05 + number * LEGEND_LINE_IN
        axes.text(MARGIN_IN, y, text, fontsize=LEGEND_PT, color="#444444", va="top", parse_math=False)


def _draw_chip(axes: Axes, chip: PlacedCells, top: float, limit: float, colours: str) -> None:
    """Draw the cells inside one rounded edge, then a dark edge around the selected ones."""
    edges = [MARGIN_IN + edge for edge in chip.edges]
    whole = axes.add_patch(_edge(edges[0], edges[-1], top, "#cccccc", 0.5))
    for cell, left, right in zip(chip.cells, edges, edges[1:], strict=False):
        rgb = to_rgb(np.array(cell.value), limit, colours)
        paper = tuple(rgb) if cell.rows else UNREAD_PAPER
        filled = axes.add_patch(Rectangle((left, top), right - left, CHIP_IN, facecolor=paper, linewidth=0, zorder=0.5))
        filled.set_clip_path(whole)
        ink = choose_ink(rgb) if cell.rows else UNREAD_INK
        _write_cell(axes, cell, ((left + right) / 2, top + CHIP_IN / 2), ink)
    for seam in edges[1:-1]:
        axes.plot([seam, seam], [top, top + CHIP_IN], color="#cccccc", linewidth=0.5)
    for first, stop in _selected_runs(chip.cells):
        axes.add_patch(_edge(edges[first], edges[stop], top, "black", 1.6))


def _edge(left: float, right: float, top: float, colour: str, width_pt: float) -> FancyBboxPatch:
    return FancyBboxPatch(
        (left, top),
        right - left,
        CHIP_IN,
        boxstyle="round,pad=0,rounding_size=0.05",
        facecolor="none",
        edgecolor=colour,
        linewidth=width_pt,
        zorder=2 + width_pt / 10,  # dark edges over pale ones
    )


def _write_cell(axes: Axes, cell: ColouredCell, centre: tuple[float, float], ink: str) -> None:
    axes.text(*centre, cell.text, fontsize=FONT_PT, color=ink, ha="center", va="center_baseline", parse_math=False)


def _selected_runs(cells: tuple[ColouredCell, ...]) -> Iterator[tuple[int, int]]:
    """Yield first and stop of each run of selected cells."""
    marked = [cell.selected and bool(cell.rows) for cell in cells]
    for selected, run in groupby(range(len(cells)), key=marked.__getitem__):
        numbers = list(run)
        if selected:
            yield numbers[0], numbers[-1] + 1


def _legend(result: PairMatrix, selection: Selection, options: FigureOptions, limit: float) -> tuple[str, str]:
    by_region, other = has_strongest_regions(result.interactions, selection, Preview(), options.words_by), None
    source = "strongest region of each" if by_region else f"through {describe_regions(selection.regions)}"
    if options.other_heat is not None:
        other = options.other_heat.name
        source = source if options.other_heat.tokens is None else other
    words = f"words: {source} (±{limit:.2g})"
    heat = [f"heat: {other or describe_words(result.caption, selection.rows)}"] if options.draws_heat else []
    return (
        "  ·  ".join([f"Score {format_signed(result.score)}", *heat, words]),
        result.made_by,
    )
