"""Rules that rank pictures by their products with a query, and the hit region of a heat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.factor_search import Floats, ProductBlock, Products, stack_products
from exclip_desktop.core.maths.patch_places import REGION_SHARE, grow_within, smooth_heat

Ranking = Literal["combined", "sum", "region", "direction", "score"]
RANKINGS: Final[dict[Ranking, str]] = {
    "combined": "sum and direction, each in standard deviations of the list; of a region, those of its contrast",
    "sum": "sum of the heat over all patches",
    "region": "sum of the heat over the hit region",
    "direction": "strongest place of the heat without the lengths of the patches' rows",
    "score": "cosine of the two embeddings",
}
LENGTH_QUANTILE: Final = 0.8
"""Rows shorter than this quantile of the list's are divided by the quantile, so that weak patches stay weak."""


@dataclass(frozen=True, slots=True)
class RankedPicture:
    """A picture's place in the answer.

    Attributes:
        place: among the pictures that were ranked, from 0.
        value: what it is ranked by.
        numbers: the value by every ranking.
        region: bool (rows, columns): the hit region.

    """

    place: int
    value: float
    numbers: dict[Ranking, float]
    region: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ListScale:
    """What numbers are measured against: a list's own typical length, means and standard deviations.

    Attributes:
        typical: the ``LENGTH_QUANTILE`` of the lengths.
        sum, direction: mean and standard deviation of these numbers, of the contrast where the query has one.

    """

    typical: float
    sum: tuple[float, float]
    direction: tuple[float, float]


def rank_pictures(products: Sequence[Products], ranking: Ranking = "combined") -> list[RankedPicture]:
    """Return the pictures, the best one first; of equal ones the first in the list is first."""
    return rank_blocks(stack_products(products), ranking)


def rank_blocks(
    blocks: Sequence[ProductBlock],
    ranking: Ranking = "combined",
    scale: ListScale | None = None,
    top: int | None = None,
) -> list[RankedPicture]:
    """Return the pictures of blocks, the best one first; of equal ones the first in the list is first.

    Args:
        blocks: their products with the query.
        ranking: what they are ranked by.
        scale: of the whole list, where the blocks hold only a part of it.
        top: number of pictures; None: all.

    """
    if not blocks:
        return []
    scale = scale or measure_scale(blocks)
    numbers: dict[Ranking, Floats] = {
        "sum": np.concatenate([one.sums for one in blocks]),
        "direction": np.concatenate([strongest_directions(one.heat, one.lengths, scale.typical) for one in blocks]),
        "score": np.concatenate([one.scores for one in blocks]),
    }
    sums, directions = numbers["sum"], numbers["direction"]
    if any(one.contrast is not None for one in blocks):
        sums, directions = _contrast_numbers(blocks, scale.typical)
    numbers["combined"] = standardise(sums, scale.sum) + standardise(directions, scale.direction)
    regions = None if top is not None and ranking != "region" else [find_hit_regions(one.heat) for one in blocks]
    if regions is not None:
        numbers["region"] = np.concatenate(
            [(one.heat * region).sum((1, 2)) for one, region in zip(blocks, regions, strict=True)]
        )
    places = np.concatenate([one.places for one in blocks])
    block_of = np.repeat(np.arange(len(blocks)), [len(one.places) for one in blocks])
    within = np.concatenate([np.arange(len(one.places)) for one in blocks])
    ranked = []
    for at in np.lexsort((places, -numbers[ranking]))[:top]:
        heat = blocks[block_of[at]].heat[within[at]]
        region = find_hit_region(heat) if regions is None else regions[block_of[at]][within[at]]
        own: dict[Ranking, float] = {name: float(values[at]) for name, values in numbers.items()}
        own.setdefault("region", float(heat[region].sum()))
        ranked.append(RankedPicture(int(places[at]), own[ranking], own, region))
    return ranked


def measure_scale(blocks: Sequence[ProductBlock], typical: float | None = None) -> ListScale:
    """Return the scale of the pictures in ``blocks``; ``typical``: their typical length, where it is known."""
    if typical is None:
        typical = float(np.quantile(np.concatenate([one.lengths.ravel() for one in blocks]), LENGTH_QUANTILE))
    sum_, direction = ((float(one.mean()), float(one.std())) for one in _contrast_numbers(blocks, typical))
    return ListScale(typical, sum_, direction)


def find_hit_region(heat: Floats) -> NDArray[np.bool_]:
    """Return the hit region of a heat (rows, columns): the connected patches around its strongest place, bool."""
    return np.asarray(find_hit_regions(heat[None])[0])


def find_hit_regions(heat: Floats) -> NDArray[np.bool_]:
    """Return the hit region of each picture's heat, (pictures, rows, columns)."""
    smooth = _smooth_each(heat)
    flat = smooth.reshape(len(smooth), -1)
    starts = flat.argmax(1)
    peaks = np.take_along_axis(flat, starts[:, None], 1)[..., None]
    hot = np.where(peaks > 0, smooth >= REGION_SHARE * peaks, smooth == peaks)
    region = np.zeros(hot.shape, bool)  # in C order, unlike "hot"
    region.reshape(flat.shape)[np.arange(len(flat)), starts] = True
    return grow_within(region, hot)


def strongest_directions(heat: Floats, lengths: Floats, typical: float) -> Floats:
    """Return each picture's strongest place of the heat without the lengths of its rows, (pictures,)."""
    return np.asarray(_smooth_each(heat / np.maximum(lengths, max(typical, np.finfo(np.float64).tiny))).max((1, 2)))


def _contrast_numbers(blocks: Sequence[ProductBlock], typical: float) -> tuple[Floats, Floats]:
    """Return sum and strongest direction of each picture's contrast, or of its heat where the query has none."""
    heats = [one.heat if one.contrast is None else one.contrast for one in blocks]
    sums = [one.sums if one.contrast is None else one.contrast.sum((1, 2)) for one in blocks]
    pairs = zip(heats, blocks, strict=True)
    directions = [strongest_directions(heat, one.lengths, typical) for heat, one in pairs]
    return np.concatenate(sums), np.concatenate(directions)


def standardise(values: Floats, scale: tuple[float, float]) -> Floats:
    """Return values in standard deviations; ``scale``: their mean and their standard deviation."""
    mean, deviation = scale
    return np.asarray((values - mean) / deviation if deviation > 0 else np.zeros_like(values))


def _smooth_each(heat: Floats) -> Floats:
    return np.ascontiguousarray(np.moveaxis(smooth_heat(np.moveaxis(heat, 0, -1)), -1, 0))
