"""Value of each word for its colour: through its strongest region, the drawn regions, or the whole picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import HeatSource, Preview, Selection, token_heat

Floats = NDArray[np.float64]
WordsBy = Literal["region", "picture"]
DEFAULT_WORDS_BY: Final[WordsBy] = "region"
SIDE_SHARE: Final = 3  # a strongest region's side is the grid's shorter side divided by this


@dataclass(frozen=True, slots=True)
class PatchSquare:
    """A square of patches: its upper left patch, and its side in patches."""

    row: int
    column: int
    side: int

    @property
    def patches(self) -> tuple[slice, slice]:
        """Its rows and columns, to index a grid with."""
        return slice(self.row, self.row + self.side), slice(self.column, self.column + self.side)


def find_strongest_region(heat: Floats) -> PatchSquare:
    """Return the square in which heat (grid_h, grid_w) adds up to the sum of largest magnitude, positive or negative.

    Its side is a third of the grid's shorter side. Of equal sums, the first in reading order.
    """
    side = max(1, round(min(heat.shape) / SIDE_SHARE))
    corners = np.zeros((heat.shape[0] + 1, heat.shape[1] + 1))
    corners[1:, 1:] = heat.cumsum(0).cumsum(1)
    sums = corners[side:, side:] - corners[:-side, side:] - corners[side:, :-side] + corners[:-side, :-side]
    row, column = divmod(int(np.abs(sums).argmax()), sums.shape[1])
    return PatchSquare(row, column, side)


def has_strongest_regions(matrix: HeatSource, selection: Selection, preview: Preview, words_by: WordsBy) -> bool:
    """Return whether words are valued through their strongest regions: nothing else says which patches count."""
    return words_by == "region" and not (
        matrix.fixed or selection.regions or preview.regions or preview.patch is not None
    )


def word_values(
    matrix: HeatSource,
    geometry: Geometry,
    selection: Selection,
    preview: Preview,
    words: Sequence[Sequence[int]],
    words_by: WordsBy,
) -> Floats:
    """Return each row's value, (rows,); those of a word's rows add up to the word's value.

    Values go through the hovered patch or regions, else the drawn ones. Where there is neither, they go through the
    whole picture, or with ``region`` through the strongest region of the row's word. ``words`` are the rows of each
    word; other rows are valued through the whole picture.
    """
    values = token_heat(matrix, geometry, selection, preview)
    if not has_strongest_regions(matrix, selection, preview, words_by):
        return values
    values = values.copy()
    for rows in words:
        if rows:
            chosen = list(rows)
            heat = matrix.patch_heat(tuple(rows))
            inside = np.zeros_like(heat)
            inside[find_strongest_region(heat).patches] = 1.0
            values[chosen] = matrix.token_heat(inside)[chosen]
    return values
