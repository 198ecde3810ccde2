"""Agreement of several heats of one picture, in numbers that do not depend on their units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region, coverage, positive_share

TOP_SHARE: Final = 0.1  # of the patches, where no region is drawn


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement of several heats of one picture; NaN where a number is not defined.

    Attributes:
        ranks: float64 (n, n), Spearman's rank correlation of the patches.
        overlaps: float64 (n, n), the share of each heat's ``top`` strongest patches that are also in the other's.
        inside: float64 (n,), the share of positive heat in the drawn regions; None where none is drawn.
        top: number of patches that are compared: as many as the regions cover, else a tenth of all.

    """

    ranks: Floats
    overlaps: Floats
    inside: Floats | None
    top: int


def compute_agreement(heats: Sequence[tuple[Floats, Geometry]], regions: tuple[Region, ...]) -> Agreement:
    """Return the agreement of heats (grid_h, grid_w), each with its geometry; at least one.

    Grids may differ: all heats are sampled at the patch centres of the finest grid that every model covers.
    """
    finest = max((geometry for _, geometry in heats), key=lambda geometry: geometry.grid[0] * geometry.grid[1])
    rows = np.array([_at_centres(heat, geometry, finest) for heat, geometry in heats])
    visible = np.isfinite(rows).all(axis=0)
    share = coverage(finest, regions)
    count = TOP_SHARE * visible.sum() if share is None else float(share.reshape(-1)[visible].sum())
    top = min(max(round(count), 1), max(int(visible.sum()), 1))
    inside = None if share is None else np.array([_inside(heat, geometry, regions) for heat, geometry in heats])
    return Agreement(
        compute_rank_correlations(rows[:, visible]), compute_top_overlaps(rows[:, visible], top), inside, top
    )


def compute_rank_correlations(rows: Floats) -> Floats:
    """Return Spearman's ρ of each pair of rows, (n, values) → (n, n); equal values share their mean rank."""
    if rows.shape[1] < 2:
        return np.full((len(rows), len(rows)), np.nan)
    ranked = np.array([_ranks(row) for row in rows])
    centred = ranked - ranked.mean(axis=1, keepdims=True)
    norms = np.sqrt((centred**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):  # all values are equal: there is no order
        correlations = (centred @ centred.T) / (norms[:, None] * norms[None])
    return np.asarray(np.clip(correlations, -1.0, 1.0))


def compute_top_overlaps(rows: Floats, top: int) -> Floats:
    """Return the share of the ``top`` largest values that each pair of rows has in common, (n, values) → (n, n).

    Of equal values, the first in reading order count.
    """
    if not rows.shape[1]:
        return np.full((len(rows), len(rows)), np.nan)
    chosen = np.zeros(rows.shape)
    np.put_along_axis(chosen, np.argsort(-rows, axis=1, kind="stable")[:, :top], 1.0, axis=1)
    return np.asarray(chosen @ chosen.T / top)


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last: NDArray[np.float64] = np.cumsum(counts).astype(np.float64)
    return np.asarray((last - (counts - 1) / 2)[place])


def _inside(heat: Floats, geometry: Geometry, regions: tuple[Region, ...]) -> float:
    share = positive_share(heat, geometry, regions)
    return float("nan") if share is None else share


def _at_centres(heat: Floats, own: Geometry, finest: Geometry) -> Floats:
    """Return the heat at the centres of the finest grid's patches, (patches,); NaN where it has none."""
    if own == finest:
        return heat.reshape(-1)
    rows, columns = finest.grid
    centres = (finest.patch_centre(row, column) for row in range(rows) for column in range(columns))
    patches = (own.patch_at(*centre) for centre in centres)
    return np.array([np.nan if patch is None else heat[patch] for patch in patches])
