"""Places of a few patches: averages over neighbouring patches, and connected groups of them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SIGMA_PATCHES: Final = 1.0
"""Width of the Gaussian that a place is averaged with: objects cover several patches, and lone patches mislead."""
REGION_SHARE: Final = 0.3
"""A region reaches as far around its strongest place as the smoothed heat exceeds this share of its maximum."""


def smooth_heat(heat: Floats, sigma_patches: float = SIGMA_PATCHES) -> Floats:
    """Return (rows, columns, …) averaged over neighbouring patches by a Gaussian; it is 0 beyond the edges."""
    down, across = (_gaussian(size, sigma_patches) for size in heat.shape[:2])
    return np.asarray(np.einsum("ij,jk...,lk->il...", down, heat, across, optimize=True))


def connected_patches(inside: NDArray[np.bool_], start: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the patches of ``inside`` (rows, columns) that edges connect with ``start``; it counts in any case."""
    group = np.zeros((1, *inside.shape), bool)
    group[0][start] = True
    return np.asarray(grow_within(group, (inside | group[0])[None])[0])


def grow_within(groups: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return all patches of ``inside`` (pictures, rows, columns) that edges connect with those of ``groups``."""
    while True:
        grown = groups.copy()
        grown[:, 1:] |= groups[:, :-1]
        grown[:, :-1] |= groups[:, 1:]
        grown[:, :, 1:] |= groups[:, :, :-1]
        grown[:, :, :-1] |= groups[:, :, 1:]
        grown &= inside
        if np.array_equal(grown, groups):
            return grown
        groups = grown


def _gaussian(size: int, sigma_patches: float) -> Floats:
    places = np.arange(size)
    weights = np.exp(-((places[:, None] - places) ** 2) / (2 * sigma_patches**2))
    return np.asarray(weights / weights.sum(1).max())
