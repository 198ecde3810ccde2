"""Layout of the strip: chips of cells, wrapped over lines. No painting, no Qt."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from exclip_desktop.core.text.caption_chips import Chip

Place = tuple[int, int]
"""A cell: (number of its chip, number of the cell in it)."""
Rect = tuple[float, float, float, float]
"""(x, y, width, height) in logical pixels of the strip."""

REACH = 3.0  # a click this close to a chip still hits it


@dataclass(frozen=True, slots=True)
class Spacing:
    """Free space in logical pixels: around and between chips, between lines, and around the text.

    ``outer_pad`` surrounds the text at a chip's ends, ``inner_pad`` separates two cells.
    """

    margin: float = 8.0
    gap: float = 8.0
    line_gap: float = 10.0
    outer_pad: float = 8.0
    inner_pad: float = 5.0
    tall_pad: float = 4.0


USUAL: Final = Spacing()
COMPACT: Final = Spacing(margin=4.0, gap=6.0, line_gap=6.0, outer_pad=4.0, inner_pad=3.0, tall_pad=1.0)
"""For strips of which many are on screen; marks around chips still have room."""


@dataclass(frozen=True, slots=True)
class ChipPiece:
    """The cells of one chip on one line: usually all of them.

    Attributes:
        chip: its index.
        first: the index of the first cell.
        top: y of the upper edge.
        edges: x of the cells' edges, one more than there are cells.
    """

    chip: int
    first: int
    top: float
    edges: tuple[float, ...]

    def rect(self, first: int, stop: int, height: float) -> Rect:
        """Return the rectangle around the chip's cells ``first`` … ``stop`` − 1, which this piece holds."""
        left, right = self.edges[first - self.first], self.edges[stop - self.first]
        return left, self.top, right - left, height

    def cell_at(self, x: float) -> int:
        """Return the number, in its chip, of the cell nearest to ``x``."""
        return self.first + min(max(bisect_right(self.edges, x) - 1, 0), len(self.edges) - 2)


class StripLayout:
    """The chips of a caption placed in a strip ``width`` wide.

    Attributes:
        lines: the pieces, line by line.
        chip_height: of every chip.
        width, height: of the whole strip.
        spacing: the free space.
    """

    def __init__(
        self, widths: Sequence[Sequence[float]], text_height: float, width: float, spacing: Spacing = USUAL
    ) -> None:
        """Place chips whose cells are ``widths`` wide, padding included."""
        self.width, self.spacing = width, spacing
        self.chip_height = ceil(text_height) + 2 * self.spacing.tall_pad
        self.lines: list[list[ChipPiece]] = [[]]
        self._x = self.spacing.margin
        for number, cells in enumerate(widths):
            self._put(number, [min(cell, width - 2 * self.spacing.margin) for cell in cells])
        count = len(self.lines)
        self.height = 2 * self.spacing.margin + count * self.chip_height + (count - 1) * self.spacing.line_gap

    def place_at(self, x: float, y: float) -> Place | None:
        """Return the cell at a point, None on empty ground."""
        line, inside = self._line_at(y)
        if not inside:
            return None
        for piece in self.lines[line]:
            if piece.edges[0] - REACH <= x < piece.edges[-1] + REACH:
                return piece.chip, piece.cell_at(x)
        return None

    def nearest(self, x: float, y: float) -> Place | None:
        """Return the nearest cell on the nearest line to a point; None if there is none."""
        line, _ = self._line_at(y)
        pieces = self.lines[line]
        if not pieces:
            return None
        near = min(pieces, key=lambda piece: max(piece.edges[0] - x, x - piece.edges[-1], 0.0))
        return near.chip, near.cell_at(x)

    def rect_of(self, place: Place) -> Rect:
        """Return the rectangle of the part of the chip that is on one line with ``place``."""
        chip, cell = place
        for line in self.lines:
            for piece in line:
                if piece.chip == chip and piece.first <= cell < piece.first + len(piece.edges) - 1:
                    return piece.rect(piece.first, piece.first + len(piece.edges) - 1, self.chip_height)
        raise LookupError(place)

    def lines_between(self, top: float, bottom: float) -> list[list[ChipPiece]]:
        """Return the lines that touch the range of y, including the marks around their chips."""
        return self.lines[
            self._line_at(top - self.spacing.line_gap)[0] : self._line_at(bottom + self.spacing.line_gap)[0] + 1
        ]

    def _line_at(self, y: float) -> tuple[int, bool]:
        pitch = self.chip_height + self.spacing.line_gap
        line = int((y - self.spacing.margin + self.spacing.line_gap / 2) // pitch)
        return min(max(line, 0), len(self.lines) - 1), 0 <= line < len(self.lines)

    def _put(self, chip: int, cells: Sequence[float]) -> None:
        room = self.width - self.spacing.margin
        if self._x + sum(cells) > room:
            self._break_line()
        edges, first = [self._x], 0
        for number, cell in enumerate(cells):
            if edges[-1] + cell > room and len(edges) > 1:
                self._end_piece(chip, first, edges)
                self._break_line()
                edges, first = [self._x], number
            edges.append(edges[-1] + cell)
        self._end_piece(chip, first, edges)

    def _end_piece(self, chip: int, first: int, edges: Sequence[float]) -> None:
        top = self.spacing.margin + (len(self.lines) - 1) * (self.chip_height + self.spacing.line_gap)
        self.lines[-1].append(ChipPiece(chip, first, top, tuple(edges)))
        self._x = edges[-1] + self.spacing.gap

    def _break_line(self) -> None:
        if self.lines[-1]:
            self.lines.append([])
            self._x = self.spacing.margin


def cell_widths(chips: Sequence[Chip], measure: Callable[[str], float], spacing: Spacing = USUAL) -> list[list[float]]:
    """Return each cell's width in whole pixels, padding included; ``measure`` returns a text's width."""
    return [
        [ceil(measure(cell.text)) + sum(pads(chip, n, spacing)) for n, cell in enumerate(chip.cells)] for chip in chips
    ]


def pads(chip: Chip, cell: int, spacing: Spacing) -> tuple[float, float]:
    """Return the free space before and after the text of a chip's cell."""
    ends = cell == 0, cell == len(chip.cells) - 1
    before, after = (spacing.outer_pad if end else spacing.inner_pad for end in ends)
    return before, after
