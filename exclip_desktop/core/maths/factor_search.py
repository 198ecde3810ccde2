"""Products of stored factors with a query: the heat that a sum of factor rows gives, exact as the matrix is.

A query is a vector c, the sum of the selected rows of a caption's or a picture's factor. The heat of a picture with
factor V is V c / (‖e_v‖‖e_q‖): the same products as in the matrix of that picture with the query, added up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.values.explanation import Factor

Floats = NDArray[np.float64]
CONTRAST_RIDGE: Final = 0.05
"""Measured on the bundled scenes by ``demo.search_quality``: 0.3 to 0.01 differ by less than 0.01."""


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
class ProductBlock:
    """The products of several pictures of one grid with a query; the names are those of ``Products``.

    Attributes:
        places: int64 (pictures,): their places in the list.
        heat, lengths: float64 (pictures, rows, columns).
        sums, scores: float64 (pictures,).

    """

    places: NDArray[np.int64]
    heat: Floats
    lengths: Floats
    sums: Floats
    scores: Floats


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


def stack_products(products: Sequence[Products]) -> list[ProductBlock]:
    """Return the products of pictures, whose places are their order, as one block for each grid."""
    grids: dict[tuple[int, ...], list[int]] = {}
    for place, one in enumerate(products):
        grids.setdefault(one.heat.shape, []).append(place)
    return [
        ProductBlock(
            np.array(places),
            np.stack([products[place].heat for place in places]),
            np.stack([products[place].lengths for place in places]),
            np.array([products[place].sum for place in places]),
            np.array([products[place].score for place in places]),
        )
        for places in grids.values()
    ]


@dataclass(frozen=True, slots=True)
class Background:
    """The rows of the patches of a list's pictures, or of some of them.

    Attributes:
        mean: float64 (D,).
        moments: float64 (D, D): the mean of the rows' outer products.

    """

    mean: Floats
    moments: Floats


def measure_background(rows: NDArray[np.float32]) -> Background:
    """Return the background of patches' rows, (patches, D)."""
    values = rows.astype(np.float64)
    return Background(values.mean(0), values.T @ values / len(values))


def contrast_query(query: SearchQuery, patches: float, background: Background) -> SearchQuery:
    """Return the query for what sets a region apart from the list's patches: M⁻¹ (c − n m).

    The linear discriminant of one example against all patches (Hariharan, Malik and Ramanan, "Discriminative
    decorrelation for clustering and classification", ECCV 2012). Heat of it ranks pictures; it is no part of the score.

    Args:
        query: the sum of a region's rows.
        patches: n, the number of patches in the region, parts of a patch by their covered share.
        background: m and M; ``CONTRAST_RIDGE`` of the largest eigenvalue is added to M.

    """
    values, vectors = np.linalg.eigh(background.moments)
    values = np.maximum(values, 0.0)
    scale = 1.0 / (values + (CONTRAST_RIDGE * float(values.max()) or 1.0))
    difference = query.vector - patches * background.mean
    return SearchQuery((vectors * scale) @ (vectors.T @ difference), query.embedding)


def join_blocks(blocks: Sequence[ProductBlock]) -> list[ProductBlock]:
    """Return one block for each grid, with the pictures of all ``blocks`` of that grid."""
    grids: dict[tuple[int, ...], list[ProductBlock]] = {}
    for one in blocks:
        grids.setdefault(one.heat.shape[1:], []).append(one)
    return [
        ProductBlock(*(np.concatenate([getattr(one, field.name) for one in same]) for field in fields(ProductBlock)))
        for same in grids.values()
    ]
