"""Similar patches: which patches of a picture its embedding treats alike, V Vᵀ, one row of it at a time.

The whole product of N patches has N² values; a row of it takes N·D multiplications, a millisecond for the largest
grids, and no memory. So a row is computed when a patch is pointed at.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.picture_parts import unit_rows

Floats = NDArray[np.float64]
SimilarityKind = Literal["cosine", "product"]
SIMILARITIES: Final[dict[SimilarityKind, str]] = {
    "cosine": "cosine of the patches' rows, in [−1, 1]",
    "product": "product of the patches' rows, in units of the picture's cosine with itself",
}


@dataclass(frozen=True, slots=True)
class PatchSimilarity:
    """The patches' rows, scaled so that a product of two is their similarity.

    Attributes:
        kind: a key of ``SIMILARITIES``.
        rows: float32 (N, D). For ``cosine``, of unit length; for ``product``, divided by ‖e_v‖: the products of all
            tokens add up to the picture's cosine with itself, less its reference terms.
        grid: (rows, columns) of the patches, N in all.

    """

    kind: SimilarityKind
    rows: NDArray[np.float32]
    grid: tuple[int, int]

    def heat_of_patch(self, patch: tuple[int, int]) -> Floats:
        """Return the similarity of every patch with one, (row, column): (grid_h, grid_w)."""
        row = self.rows[patch[0] * self.grid[1] + patch[1]]
        return np.asarray(self.rows @ row, dtype=np.float64).reshape(self.grid)

    def heat_of_patches(self, coverage: Floats) -> Floats:
        """Return the mean similarity with patches, each by its ``coverage``, (grid_h, grid_w): (grid_h, grid_w)."""
        weights = coverage.reshape(-1)
        whole = float(weights.sum())
        mean = weights @ self.rows / whole if whole else np.zeros(self.rows.shape[1])
        return np.asarray(self.rows @ mean, dtype=np.float64).reshape(self.grid)

    def matrix(self) -> NDArray[np.float32]:
        """Return the similarities of all pairs of patches: float32 (N, N), N² · 4 bytes."""
        return np.asarray(self.rows @ self.rows.T, dtype=np.float32)


def similar_patches(
    rows: NDArray[np.floating[Any]], embedding: Floats, grid: tuple[int, int], kind: SimilarityKind = "cosine"
) -> PatchSimilarity:
    """Return the similarities of a picture's patches from their rows of its factor, (N, D), and its embedding, (D,)."""
    if kind == "cosine":
        scaled = unit_rows(rows)
    else:
        scaled = rows.astype(np.float64) / (float(np.linalg.norm(embedding)) or 1.0)
    return PatchSimilarity(kind, scaled.astype(np.float32), grid)
