"""Groups a picture's patches by their rows of its factor V: k-means, and non-negative matrix factorisation.

scikit-learn is imported when patches are grouped. The same rows always give the same groups.
"""

from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.maths.picture_parts import (
    FEWEST_PARTS,
    MOST_PARTS,
    PARTS_METHODS,
    PartsMethod,
    PictureParts,
    make_parts,
    unit_rows,
)
from exclip_desktop.core.values.explanation import Factor

Floats = NDArray[np.float64]
SEED: Final = 0
STARTS: Final = 10
"""Starts of k-means; the best result counts."""
ITERATIONS: Final = 300
"""Of the factorisation: a fixed number, so that it stops in the same place on every computer."""
SAME: Final = 6
"""Decimals in which two unit rows differ at least, so that they count as different."""


def find_picture_parts(
    picture: Factor, prefix: int, grid: tuple[int, int], count: int, method: PartsMethod = "kmeans"
) -> PictureParts:
    """Return the parts of a picture from its factor; ``prefix`` rows stand before the patches'.

    Raises:
        SettingsError: there is no such method, or ``count`` is not from ``FEWEST_PARTS`` to ``MOST_PARTS``.

    """
    if method not in PARTS_METHODS:
        raise SettingsError(f'There is no method "{method}".', f"Choose one of {', '.join(PARTS_METHODS)}.")
    if not FEWEST_PARTS <= count <= MOST_PARTS:
        raise SettingsError(
            f"A picture cannot have {count} parts.", f"Choose a number from {FEWEST_PARTS} to {MOST_PARTS}."
        )
    rows = picture.rows[prefix:]
    weights = group_rows(rows, count, method)
    return make_parts(rows, picture.ends.embedding, grid, weights, method, count)


def group_rows(rows: NDArray[np.floating[Any]], count: int, method: PartsMethod) -> Floats:
    """Return how far each row, (N, D), belongs to each group: (N, groups), at least 0.

    There are ``count`` groups, or as many as there are different directions. Lengths of rows do not count.
    """
    units = unit_rows(rows)
    groups = min(count, len(np.unique(units.round(SAME), axis=0)))
    if groups < FEWEST_PARTS:
        return np.ones((len(units), 1))
    return _k_means(units, groups) if method == "kmeans" else _factorise(units, groups)


def _k_means(units: Floats, groups: int) -> Floats:
    cluster = import_module("sklearn.cluster")
    labels = cluster.KMeans(groups, n_init=STARTS, random_state=SEED).fit_predict(units)
    return np.asarray(np.eye(groups)[labels])


def _factorise(units: Floats, groups: int) -> Floats:
    """Factorise the positive part of the cosines K = max(V Vᵀ, 0) ≈ W H (Lee and Seung, 1999)."""
    decomposition = import_module("sklearn.decomposition")
    similar = np.clip(units @ units.T, 0, None)
    model = decomposition.NMF(groups, init="nndsvda", random_state=SEED, max_iter=ITERATIONS, tol=0)
    return np.asarray(model.fit_transform(similar))
