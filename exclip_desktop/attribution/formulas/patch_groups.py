"""Groups a picture's patches by their rows of its factor V: k-means, and non-negative matrix factorisation.

Before they are grouped, rows are averaged over neighbouring patches and scaled to about the same length. scikit-learn
is imported when patches are grouped. The same rows always give the same groups.
"""

from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.argument_checks import as_whole_number, short_repr
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.maths.patch_places import smooth_heat
from exclip_desktop.core.maths.picture_parts import (
    FEWEST_PARTS,
    MOST_PARTS,
    PARTS_METHODS,
    PartsMethod,
    PictureParts,
    make_parts,
)
from exclip_desktop.core.values.explanation import Factor

Floats = NDArray[np.float64]
SIGMA_PATCHES: Final = 0.8
"""Width of the Gaussian that rows are averaged with: single patches differ by noise, and parts would fall to pieces."""
LENGTH_QUANTILE: Final = 0.7
"""Rows longer than this quantile are scaled to unit length, shorter ones less, so that weak patches stay weak."""
SEED: Final = 0
STARTS: Final = 10
"""Starts of k-means; the best result counts."""
ITERATIONS: Final = 60
"""Of the factorisation: a fixed number, so that it stops in the same place on every computer; more change little."""
SAME: Final = 6
"""Decimals in which scaled rows differ at least, so that they count as different."""


def find_picture_parts(
    picture: Factor, prefix: int, grid: tuple[int, int], count: int, method: PartsMethod = "kmeans"
) -> PictureParts:
    """Return the parts of a picture from its factor; ``prefix`` rows stand before the patches'.

    Raises:
        SettingsError: there is no such method, or ``count`` is not from ``FEWEST_PARTS`` to ``MOST_PARTS``.

    """
    check_parts(count, method)
    rows = picture.rows[prefix:]
    weights = group_rows(rows, grid, count, method)
    return make_parts(rows, picture.ends.embedding, grid, weights, method, count)


def check_parts(count: object, method: object) -> int:
    """Return the number of parts; raise ``SettingsError`` unless a picture can have so many by this method."""
    if not isinstance(method, str) or method not in PARTS_METHODS:
        raise SettingsError(
            f"There is no method {short_repr(method)} for parts.", f"Choose one of {', '.join(PARTS_METHODS)}."
        )
    number = as_whole_number(count)
    if number is None or not FEWEST_PARTS <= number <= MOST_PARTS:
        raise SettingsError(
            f"A picture cannot have {short_repr(count)} parts.",
            f"Choose a number from {FEWEST_PARTS} to {MOST_PARTS}.",
        )
    return number


def group_rows(rows: NDArray[np.floating[Any]], grid: tuple[int, int], count: int, method: PartsMethod) -> Floats:
    """Return how far each row, (N, D), belongs to each group: (N, groups), at least 0.

    There are ``count`` groups, or as many as there are different rows.
    """
    scaled = scale_rows(rows, grid)
    groups = min(count, len(np.unique(scaled.round(SAME), axis=0)))
    if groups < FEWEST_PARTS:
        return np.ones((len(scaled), 1))
    # With one thread these small problems take a tenth of the time where other programs use the cores, and the order of
    # additions, which decides the last digits, is the same on every computer.
    with import_module("threadpoolctl").threadpool_limits(1):
        return _k_means(scaled, groups) if method == "kmeans" else _factorise(scaled, groups)


def scale_rows(rows: NDArray[np.floating[Any]], grid: tuple[int, int]) -> Floats:
    """Return the rows, (N, D), averaged over neighbours and divided by their lengths, but at least the typical one."""
    values = rows.astype(np.float64).reshape(*grid, -1)
    smooth = smooth_heat(values, SIGMA_PATCHES).reshape(len(rows), -1)
    lengths = np.linalg.norm(smooth, axis=1, keepdims=True)
    typical = max(float(np.quantile(lengths, LENGTH_QUANTILE)), float(np.finfo(np.float64).tiny))
    return np.asarray(smooth / np.maximum(lengths, typical))


def _k_means(rows: Floats, groups: int) -> Floats:
    cluster = import_module("sklearn.cluster")
    labels = cluster.KMeans(groups, n_init=STARTS, random_state=SEED).fit_predict(rows)
    return np.asarray(np.eye(groups)[labels])


def _factorise(rows: Floats, groups: int) -> Floats:
    """Factorise the similarities without their negative part, max(V Vᵀ, 0) ≈ W H.

    Lee and Seung (Nature, 1999); of features, which are not negative, Collins, Achanta and Süsstrunk (ECCV 2018). Rows
    of V have both signs, and turning the embedding space would change their positive part, but not their products.
    """
    decomposition = import_module("sklearn.decomposition")
    similar = np.clip(rows @ rows.T, 0, None)
    model = decomposition.NMF(groups, init="nndsvda", random_state=SEED, max_iter=ITERATIONS, tol=0)
    weights = model.fit_transform(similar)
    return np.asarray(weights * np.linalg.norm(model.components_, axis=1))
