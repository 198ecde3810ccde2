"""The strongest pairs of regions or words of two inputs.

A place of a picture is the average of a few neighbouring patches' rows, a = Σ_k G_jk a_k with a Gaussian G; a word is
the sum of its tokens' rows. Two places match by a·b / (‖a‖‖b‖)^``LENGTH_POWER``: between the product, by which the
places with the longest rows win, and the cosine, by which places match that hardly count for the score.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.maths.patch_places import REGION_SHARE, connected_patches, smooth_heat
from exclip_desktop.core.maths.word_patch_pairs import RowGroup, group_selected_rows
from exclip_desktop.core.values.explanation import Factor
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.core.values.two_inputs import NO_SELECTION, CaptionSide, InputSide, PictureSide, TwoInputExplanation

LENGTH_POWER: Final = 0.75
STRENGTH_SHARE: Final = 0.5
"""The patches of a region match at least this share as strongly as its strongest place."""
LEAST_STRENGTH: Final = 0.6
"""Further pairs of regions match at least this share as strongly as the strongest pair; weaker ones are background."""
APART_PATCHES: Final = 2
"""Places so near to both regions of a pair make no pair of their own."""


@dataclass(frozen=True, slots=True)
class PairEnd:
    """One side of a strongest pair.

    Attributes:
        weights: float64 (tokens,): 1 for the tokens that belong to it.
        name: the word; empty for a region.
        rows: the word's tokens; empty for a region.
        patches: bool (grid_h, grid_w), a region's patches; None for a word.
        place: (row, column) of the patch in the middle of the region's strongest place; None for a word.
        box: the box around a region, in source pixels within the picture; None for a word.

    """

    weights: Floats
    name: str = ""
    rows: tuple[int, ...] = ()
    patches: NDArray[np.bool_] | None = None
    place: tuple[int, int] | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class StrongestPair:
    """A region or word of the first input and one of the second, with the sum of the matrix over both."""

    first: PairEnd
    second: PairEnd
    value: float


def measure_places(factor: Factor, prefix: int, grid: tuple[int, int]) -> Floats:
    """Return the length of every place's row of a picture's factor, as ``PictureSide.place_lengths``."""
    rows = factor.rows[prefix:].astype(np.float64).reshape(*grid, -1)
    lengths = np.linalg.norm(smooth_heat(rows), axis=2)
    return np.asarray(lengths / np.linalg.norm(factor.ends.embedding))


def find_strongest_matches(
    explanation: TwoInputExplanation,
    count: int,
    first: Selection = NO_SELECTION,
    second: Selection = NO_SELECTION,
) -> list[StrongestPair]:
    """Return the strongest pairs within the selections, the strongest first; at most ``count``.

    Of two pictures these are pairs of regions that match: of each place the connected patches around it that have at
    least ``REGION_SHARE`` of its heat for the other place. Words count by the magnitude of their sums, for or against.
    """
    sides, chosen = (explanation.first, explanation.second), (first, second)
    groups = [_groups(side, selection) for side, selection in zip(sides, chosen, strict=True)]
    sums = _sum_units(explanation.values.astype(np.float64), sides[0], groups[0])
    sums = _sum_units(sums.T, sides[1], groups[1]).T
    strength = _strength(sums, sides)
    for axis, (side, selection) in enumerate(zip(sides, chosen, strict=True)):
        if isinstance(side, PictureSide):
            hidden = side.weights(selection)[side.prefix :] <= 0
            strength[hidden if axis == 0 else (slice(None), hidden)] = -np.inf
    pictures = all(isinstance(side, PictureSide) for side in sides)
    least = LEAST_STRENGTH * strength.max(initial=0.0) if pictures else 0.0
    share = STRENGTH_SHARE if pictures else 0.0
    found: list[StrongestPair] = []
    while len(found) < count and strength.size and strength.max() > least:
        at, to = divmod(int(strength.argmax()), strength.shape[1])
        one = _end(sides[0], groups[0], at, sums[:, to], strength[:, to] >= share * strength[at, to])
        other = _end(sides[1], groups[1], to, sums[at], strength[at] >= share * strength[at, to])
        block = one.weights @ explanation.values.astype(np.float64) @ other.weights
        found.append(StrongestPair(one, other, float(block)))
        strength[np.ix_(_units_of(one, at), _units_of(other, to))] = -np.inf
    return found


def _groups(side: InputSide, selection: Selection) -> tuple[RowGroup, ...]:
    """Return the words of a caption that are selected; none of a picture, whose units are its places."""
    return group_selected_rows(side.caption, selection.rows) if isinstance(side, CaptionSide) else ()


def _sum_units(values: Floats, side: InputSide, groups: tuple[RowGroup, ...]) -> Floats:
    """Return (tokens, …) averaged over every place of a picture, or summed over every word: (units, …)."""
    if isinstance(side, PictureSide):
        patches = values[side.prefix :].reshape(*side.geometry.grid, -1)
        return smooth_heat(patches).reshape(-1, values.shape[1])
    return np.array([values[list(group.rows)].sum(0) for group in groups]).reshape(len(groups), values.shape[1])


def _strength(sums: Floats, sides: tuple[InputSide, InputSide]) -> Floats:
    """Return how strongly every unit of one input matches every unit of the other."""
    first, second = sides
    if isinstance(first, CaptionSide) or isinstance(second, CaptionSide):
        return np.abs(sums)
    if first.place_lengths is None or second.place_lengths is None:
        return sums.copy()
    lengths = np.outer(first.place_lengths, second.place_lengths) ** LENGTH_POWER
    return np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)


def _end(side: InputSide, groups: tuple[RowGroup, ...], unit: int, line: Floats, inside: NDArray[np.bool_]) -> PairEnd:
    """Return the word of a unit, or the region around it.

    ``line`` are the sums of all units of its side for the other end; patches that are not ``inside`` do not belong.
    """
    if isinstance(side, CaptionSide):
        group = groups[unit]
        return PairEnd(side.weights(Selection(group.rows)), group.name, group.rows)
    sign = 1.0 if line[unit] >= 0 else -1.0
    hot = sign * line >= REGION_SHARE * abs(line[unit])
    grid = side.geometry.grid
    place = divmod(unit, grid[1])
    patches = connected_patches((hot & inside).reshape(grid), place)
    weights = np.concatenate([np.zeros(side.prefix), patches.reshape(-1).astype(np.float64)])
    return PairEnd(weights, patches=patches, place=place, box=side.geometry.box_around(patches))


def _units_of(end: PairEnd, unit: int) -> NDArray[np.intp]:
    """Return the units that make no further pair with the other end's."""
    return np.array([unit]) if end.patches is None else np.flatnonzero(_widen(end.patches))


def _widen(patches: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the patches with those at most ``APART_PATCHES`` away."""
    height, width = patches.shape
    padded = np.pad(patches, APART_PATCHES)
    steps = range(2 * APART_PATCHES + 1)
    widened = [padded[y : y + height, x : x + width] for y in steps for x in steps]
    return np.asarray(np.any(widened, axis=0))
