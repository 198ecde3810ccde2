"""Localisation metrics: how well a heat finds a place, on the pixels of the picture.

Heat is painted as in the window: every pixel has its patch's value, or is interpolated between the patches' centres.
Pixels that the model does not see, and those with unknown truth, do not count. Heat that is constant within patches is
stored as patches with their numbers of pixels, which gives the same figures at any size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.places import Truth

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Painted:
    """A heat on the picture's pixels, pixels of equal heat together.

    Attributes:
        heat: (n,) values.
        inside: (n,) number of pixels of each value in the mask.
        total: (n,) number of pixels of each value.

    """

    heat: Floats
    inside: Floats
    total: Floats


def paint(heat: Floats, geometry: Geometry, truth: Truth, smooth: bool = False) -> Painted:
    """Return heat of patches (rows, columns) painted on a picture: in squares, or interpolated (``smooth``).

    A pixel has the value of the patch that its centre lies in, or the bilinear mixture of the four patches whose
    centres are around it; beyond the outermost centres, theirs.
    """
    x0, y0, x1, y1 = geometry.visible
    height, width = truth.inside.shape
    down, across = _patch_positions(y0, y1, geometry.grid[0], height), _patch_positions(x0, x1, geometry.grid[1], width)
    if smooth:
        values = _bilinear_weights(down, geometry.grid[0]) @ heat @ _bilinear_weights(across, geometry.grid[1]).T
        counted = truth.counted & np.outer(~np.isnan(down), ~np.isnan(across))
        return Painted(values[counted], truth.inside[counted].astype(float), np.ones(int(counted.sum())))
    rows, columns = _patch_members(down, geometry.grid[0]), _patch_members(across, geometry.grid[1])
    inside = rows.T @ (truth.inside & truth.counted) @ columns
    return Painted(heat.ravel(), inside.ravel(), (rows.T @ truth.counted @ columns).ravel())


def _patch_positions(start: float, stop: float, patches: int, pixels: int) -> Floats:
    """Return the positions of pixel centres along one axis, in patches; NaN where the model sees nothing."""
    places = (np.arange(pixels) + 0.5 - start) / (stop - start) * patches
    return np.where((places >= 0) & (places < patches), places, np.nan)


def _patch_members(places: Floats, patches: int) -> Floats:
    """Return the pixels of each patch, along one axis: (pixels, patches) of 0 and 1."""
    return np.asarray(np.floor(places)[:, None] == np.arange(patches), dtype=np.float64)


def _bilinear_weights(places: Floats, patches: int) -> Floats:
    """Return the patches' weights in a pixel, along one axis: (pixels, patches), bilinear."""
    centres = np.clip(np.nan_to_num(places) - 0.5, 0, patches - 1)
    return np.asarray(np.clip(1 - np.abs(centres[:, None] - np.arange(patches)), 0, None))


def pointing(heat: Floats, geometry: Geometry, truth: Truth, tolerance_px: float = 0.0) -> float:
    """Return 1 where the centre of the strongest patch lies in the mask, else 0.

    The pointing game (Zhang et al., Excitation Backprop, ECCV 2016), its maximum taken among patches. With a tolerance
    (15 px there), it is enough that a pixel of the mask lies within that distance.
    """
    row, column = np.unravel_index(int(np.argmax(heat)), heat.shape)
    x, y = geometry.patch_centre(int(row), int(column))
    height, width = truth.inside.shape
    if 0 <= x < width and 0 <= y < height and truth.inside[int(y), int(x)]:
        return 1.0
    if not tolerance_px:
        return 0.0
    ys, xs = np.nonzero(truth.inside)
    nearest = np.hypot(xs - np.floor(x), ys - np.floor(y)).min(initial=np.inf)
    return float(nearest <= tolerance_px)


def energy(painted: Painted) -> float:
    """Return the fraction of positive heat in the mask; 0 where none is positive.

    The energy-based pointing game (Wang et al., Score-CAM, CVPR workshops 2020).
    """
    positive = np.clip(painted.heat, 0, None)
    whole = float(positive @ painted.total)
    return float(positive @ painted.inside) / whole if whole > 0 else 0.0


def _above_mean(painted: Painted) -> Bools:
    return np.asarray(painted.heat > painted.heat @ painted.total / painted.total.sum())


def _above_half(painted: Painted) -> Bools:
    counted = painted.heat[painted.total > 0]
    return np.asarray(painted.heat > (counted.min() + counted.max()) / 2)


def _positive(painted: Painted) -> Bools:
    return np.asarray(painted.heat > 0)


MARKING_RULES: dict[str, Callable[[Painted], Bools]] = {"mean": _above_mean, "half": _above_half, "zero": _positive}
"""The marked values, by the keys of ``core.metric_table.THRESHOLDS``; min–max scaling does not change the first two."""


def accuracy(painted: Painted, threshold: str) -> float:
    """Return the fraction of pixels that are marked and in the mask, or neither (as in Chefer et al., CVPR 2021)."""
    marked = MARKING_RULES[threshold](painted)
    right = np.where(marked, painted.inside, painted.total - painted.inside)
    return float(right.sum() / painted.total.sum())


def iou(painted: Painted, threshold: str) -> float:
    """Return |marked ∩ mask| / |marked ∪ mask|, of the mask's pixels alone (not averaged with the background's)."""
    marked = MARKING_RULES[threshold](painted)
    both = float(painted.inside[marked].sum())
    either = float(painted.total[marked].sum() + painted.inside.sum()) - both
    return both / either


def average_precision(painted: Painted) -> float:
    """Return Σ (R_n − R_{n−1}) P_n over the heat's values from the highest, equal ones together.

    R and P are recall and precision of the pixels at least that hot: the area under their curve, by steps (as in
    Chefer et al., CVPR 2021).
    """
    values, places = np.unique(-painted.heat, return_inverse=True)
    inside = np.bincount(places, painted.inside, len(values))
    hits, taken = inside.cumsum(), np.bincount(places, painted.total, len(values)).cumsum()
    precision = hits / np.maximum(taken, 1)
    return float(inside @ precision / hits[-1])
