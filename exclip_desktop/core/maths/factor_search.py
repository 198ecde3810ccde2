"""Ranks pictures by a query: the heat that a sum of factor rows gives, exact as the interaction matrix is.

A query is a vector c, the sum of the selected rows of a caption's or a picture's factor. The heat of a picture with
factor V is V c / (‖e_v‖‖e_q‖): the same products as in the matrix of that picture with the query, added up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.patch_places import connected_patches, smooth_heat
from exclip_desktop.core.values.explanation import Factor

Floats = NDArray[np.float64]
Ranking = Literal["combined", "sum", "region", "direction", "score"]
RANKINGS: Final[dict[Ranking, str]] = {
    "combined": "sum and direction, each in standard deviations of the list",
    "sum": "sum of the heat over all patches",
    "region": "sum of the heat over the strongest connected group of patches",
    "direction": "strongest place of the heat without the lengths of the patches' rows",
    "score": "cosine of the two embeddings",
}
REGION_SHARE: Final = 0.3
"""The strongest region reaches as far as the smoothed heat exceeds this share of its maximum."""
LENGTH_QUANTILE: Final = 0.8
"""Rows shorter than this quantile of the list's are divided by the quantile, so that weak patches stay weak."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A vector that pictures are searched for.

    Attributes:
        vector: c, float64 (D,): the sum of the selected rows of a factor.
        embedding: e_q, float64 (D,), of the caption or picture that the rows come from.

    """

    vector: Floats
    embedding: Floats


@dataclass(frozen=True, slots=True)
class Products:
    """The products of a picture's factor with a query.

    Attributes:
        heat: float64 (rows, columns) of the patches, in units of the score.
        lengths: float64 (rows, columns): ‖v_j‖ / ‖e_v‖.
        sum: of the heat over all patches.
        score: cosine of the picture's embedding and the query's.

    """

    heat: Floats
    lengths: Floats
    sum: float
    score: float


@dataclass(frozen=True, slots=True)
class RankedPicture:
    """A picture's place in the answer.

    Attributes:
        place: among the pictures that were ranked, from 0.
        value: what it is ranked by.
        numbers: the value by every ranking.
        region: bool (rows, columns): the strongest connected group of patches.

    """

    place: int
    value: float
    numbers: dict[Ranking, float]
    region: NDArray[np.bool_]


def make_query(factor: Factor, rows: Sequence[int] | None = None, weights: Floats | None = None) -> SearchQuery:
    """Return the query of a factor's ``rows`` (None: all), or of all rows with ``weights``, (tokens,)."""
    values = factor.rows.astype(np.float64)
    vector = weights @ values if weights is not None else (values if rows is None else values[list(rows)]).sum(0)
    return SearchQuery(vector, factor.ends.embedding)


def multiply_query(picture: Factor, prefix: int, grid: tuple[int, int], query: SearchQuery) -> Products:
    """Return the products of a picture's factor with a query; ``prefix`` rows stand before the patches'."""
    patches = picture.rows[prefix:].astype(np.float64)
    length = float(np.linalg.norm(picture.ends.embedding))
    norm = length * float(np.linalg.norm(query.embedding))
    heat = (patches @ query.vector / norm).reshape(grid)
    lengths = (np.linalg.norm(patches, axis=1) / length).reshape(grid)
    return Products(heat, lengths, float(heat.sum()), float(picture.ends.embedding @ query.embedding / norm))


def rank_pictures(products: Sequence[Products], ranking: Ranking = "combined") -> list[RankedPicture]:
    """Return the pictures, the best one first; of equal ones the first in the list is first."""
    if not products:
        return []
    typical = float(np.quantile(np.concatenate([one.lengths.ravel() for one in products]), LENGTH_QUANTILE))
    regions = [find_strongest_region(one.heat) for one in products]
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


def find_strongest_region(heat: Floats) -> NDArray[np.bool_]:
    """Return the patches around the strongest place of a heat (rows, columns), connected by edges: bool."""
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
