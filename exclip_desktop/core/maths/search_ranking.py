"""Rules that rank pictures by their products with a query, and the hit region of a heat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.factor_search import Floats, Products
from exclip_desktop.core.maths.patch_places import connected_patches, smooth_heat

Ranking = Literal["combined", "sum", "region", "direction", "score"]
RANKINGS: Final[dict[Ranking, str]] = {
    "combined": "sum and direction, each in standard deviations of the list",
    "sum": "sum of the heat over all patches",
    "region": "sum of the heat over the hit region",
    "direction": "strongest place of the heat without the lengths of the patches' rows",
    "score": "cosine of the two embeddings",
}
REGION_SHARE: Final = 0.3
"""The hit region reaches as far as the smoothed heat exceeds this share of its maximum."""
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


def rank_pictures(products: Sequence[Products], ranking: Ranking = "combined") -> list[RankedPicture]:
    """Return the pictures, the best one first; of equal ones the first in the list is first."""
    if not products:
        return []
    typical = float(np.quantile(np.concatenate([one.lengths.ravel() for one in products]), LENGTH_QUANTILE))
    regions = [find_hit_region(one.heat) for one in products]
    numbers: dict[Ranking, Floats] = {
        "sum": np.array([one.sum for one in products]),
        "region": np.array([one.heat[region].sum() for one, region in zip(products, regions, strict=True)]),
        "direction": np.array([_strongest_direction(one, typical) for one in products]),
        "score": np.array([one.score for one in products]),
    }
    numbers["combined"] = _standardise(numbers["sum"]) + _standardise(numbers["direction"])
    order = np.argsort(-numbers[ranking], kind="stable")
    return [
        RankedPicture(
            int(place),
            float(numbers[ranking][place]),
            {name: float(values[place]) for name, values in numbers.items()},
            regions[place],
        )
        for place in order
    ]


def find_hit_region(heat: Floats) -> NDArray[np.bool_]:
    """Return the hit region of a heat (rows, columns): the connected patches around its strongest place, bool."""
    smooth = smooth_heat(heat)
    start = np.unravel_index(int(np.argmax(smooth)), smooth.shape)
    hot = smooth >= REGION_SHARE * smooth[start] if smooth[start] > 0 else smooth == smooth[start]
    return connected_patches(hot, (int(start[0]), int(start[1])))


def _strongest_direction(products: Products, typical: float) -> float:
    lengths = np.maximum(products.lengths, max(typical, np.finfo(np.float64).tiny))
    return float(smooth_heat(products.heat / lengths).max())


def _standardise(values: Floats) -> Floats:
    deviation = values.std()
    return np.asarray((values - values.mean()) / deviation if deviation > 0 else np.zeros_like(values))
