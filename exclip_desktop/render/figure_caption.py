"""The lower part of the figure: the caption with its words coloured, and the lines that say what is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

from exclip_desktop.core.maths.colour import choose_ink, range_limit, to_rgb
from exclip_desktop.core.text.wording import describe_regions, describe_words
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.render.figure_chips import FONT_PT, Cell, PlacedChip, chips_of, in_lines, text_width
from exclip_desktop.render.figure_options import FigureOptions

LINE_IN = 0.36
CHIP_IN = 0.29
MARGIN_IN = 0.15
TOP_IN = 0.12
LEGEND_PT = 8
LEGEND_LINE_IN = 0.145
UNSEEN_PAPER = "#ededed"
UNSEEN_INK = "#999999"


@dataclass(frozen=True, slots=True)
class Strip:
    """The caption laid out: its chips and the legend in lines, and the limit of the chips' colours."""

    lines: list[list[PlacedChip]]
    legend: list[str]
    limit: float

    @property
    def height_in(self) -> float:
        """Height of it all in inches."""
        return TOP_IN + LINE_IN * len(self.lines) + LEGEND_LINE_IN * len(self.legend) + 0.2


def lay_out(result: PairMatrix, selection: Selection, options: FigureOptions, width_in: float) -> Strip:
    """Break caption and legend into lines that fit ``width_in``."""
    chips = chips_of(result, selection, options.specials)
    limit = range_limit(np.array([cell.value for chip in chips for cell in chip]), locked=options.words_limit)
    inner = width_in - 2 * MARGIN_IN
    legend = [line for text in _legend(result, selection, options, limit) for line in _wrapped(text, inner)]
    return Strip(in_lines(chips, inner), legend, limit)


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


def _draw_chip(axes: Axes, chip: PlacedChip, top: float, limit: float, colours: str) -> None:
    """Draw the cells inside one rounded edge, then a dark edge around those that are selected."""
    edges = [MARGIN_IN + edge for edge in chip.edges]
    whole = axes.add_patch(_edge(edges[0], edges[-1], top, "#cccccc", 0.5))
    for cell, left, right in zip(chip.cells, edges, edges[1:], strict=False):
        rgb = to_rgb(np.array(cell.value), limit, colours)
        paper = tuple(rgb) if cell.rows else UNSEEN_PAPER
        filled = axes.add_patch(Rectangle((left, top), right - left, CHIP_IN, facecolor=paper, linewidth=0, zorder=0.5))
        filled.set_clip_path(whole)
        ink = choose_ink(rgb) if cell.rows else UNSEEN_INK
        _write(axes, cell, ((left + right) / 2, top + CHIP_IN / 2), ink)
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


def _write(axes: Axes, cell: Cell, centre: tuple[float, float], ink: str) -> None:
    axes.text(*centre, cell.text, fontsize=FONT_PT, color=ink, ha="center", va="center_baseline", parse_math=False)


def _selected_runs(cells: tuple[Cell, ...]) -> Iterator[tuple[int, int]]:
    """Yield first and stop of each run of selected cells."""
    marked = [cell.selected and bool(cell.rows) for cell in cells]
    for selected, run in groupby(range(len(cells)), key=marked.__getitem__):
        numbers = list(run)
        if selected:
            yield numbers[0], numbers[-1] + 1


def _wrapped(text: str, width_in: float) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and text_width(longer, LEGEND_PT) > width_in:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _legend(result: PairMatrix, selection: Selection, options: FigureOptions, limit: float) -> tuple[str, str]:
    words = f"words: through {describe_regions(selection.regions)} (±{limit:.2g})"
    heat = [f"heat: {describe_words(result.caption, selection.rows)}"] if options.heat else []
    return (
        "  ·  ".join([f"Score {result.score:.3f}", *heat, words]),
        result.made_by,
    )
