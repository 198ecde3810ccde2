"""The caption as chips of cells, a word of tokens each, valued and broken into lines."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from exclip_desktop.core.values.caption import Caption, Kind, Word
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Preview, Selection, token_heat

POINTS_PER_IN = 72
FONT_PT = 13
OUTER_PAD_IN = 0.05  # beside the text at a chip's ends
INNER_PAD_IN = 0.03  # beside the text where two cells meet
GAP_IN = 0.05


@dataclass(frozen=True, slots=True)
class Cell:
    """A token, or all padding; ``rows`` of the matrix, none where the model did not see it; their sum."""

    text: str
    rows: tuple[int, ...] = ()
    value: float = 0.0
    selected: bool = False


Chip = tuple[Cell, ...]
"""A word's cells."""


@dataclass(frozen=True, slots=True)
class PlacedChip:
    """A chip, or what of it fits in one line, with the places of its cells' edges in inches: one more than cells."""

    cells: Chip
    edges: tuple[float, ...]


def chips_of(result: PairMatrix, selection: Selection, specials: bool) -> list[Chip]:
    """Return what the caption shows in order, valued through the regions; then what the model did not see."""
    heat = token_heat(result.interactions, result.geometry, selection, Preview())
    caption, chosen = result.caption, set(selection.rows)
    named = [list(_word_cells(caption, word)) for word in caption.words]
    if specials:
        before, *after = (_special_cells(caption, kind) for kind in ("start", "end", "padding", "class"))
        named = [before, *named, *after]
    chips = [
        tuple(Cell(text, rows, float(heat[list(rows)].sum()), chosen.issuperset(rows)) for text, rows in cells)
        for cells in named
        if cells
    ]
    unseen = "" if caption.unseen is None else caption.text[slice(*caption.unseen)]
    return chips + [(Cell(text),) for text in unseen.split()]


def in_lines(chips: list[Chip], width_in: float) -> list[list[PlacedChip]]:
    """Place the chips in lines ``width_in`` wide; a chip wider than that breaks between its cells."""
    lines: list[list[PlacedChip]] = [[]]
    x = 0.0
    for chip in chips:
        whole = sum(_cell_widths(chip)) <= width_in
        for part in [chip] if whole else [(_cut(cell, width_in),) for cell in chip]:
            widths = _cell_widths(part)
            if x + sum(widths) > width_in and lines[-1]:
                lines.append([])
                x = 0.0
            lines[-1].append(PlacedChip(part, tuple(accumulate(widths, initial=x))))
            x += sum(widths) + GAP_IN
    return lines


def text_width(text: str, size_pt: float = FONT_PT) -> float:
    """Return how wide the text is drawn, in inches."""
    points, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size_pt), ismath=False)
    return float(points) / POINTS_PER_IN


def _word_cells(caption: Caption, word: Word) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the texts of a word's tokens as typed, with their rows; a sign that is several tokens is written once."""
    before = None
    for row in word.rows:
        token = caption.tokens[row]
        place = token.start, token.end
        yield "…" if place == before else caption.text[slice(*place)] or token.text, (row,)
        before = place


def _special_cells(caption: Caption, kind: Kind) -> list[tuple[str, tuple[int, ...]]]:
    rows = tuple(row for row, token in enumerate(caption.tokens) if token.kind == kind)
    if not rows:
        return []
    name = caption.tokens[rows[0]].text
    return [(name if len(rows) == 1 else f"{name} × {len(rows)}", rows)]


def _cell_widths(chip: Chip) -> list[float]:
    last = len(chip) - 1
    pads = [OUTER_PAD_IN + INNER_PAD_IN if number in (0, last) else 2 * INNER_PAD_IN for number in range(last + 1)]
    pads = pads if last else [2 * OUTER_PAD_IN]
    return [text_width(cell.text) + pad for cell, pad in zip(chip, pads, strict=True)]


def _cut(cell: Cell, width_in: float) -> Cell:
    """Return the cell; one wider than a line is cut, and ends in an ellipsis."""
    (wide,) = _cell_widths((cell,))
    if wide <= width_in:
        return cell
    kept = max(1, int(len(cell.text) * width_in / wide) - 2)
    return _cut(replace(cell, text=f"{cell.text[:kept]}…"), width_in)
