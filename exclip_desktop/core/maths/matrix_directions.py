"""Directions of an interaction matrix: the components of its singular value decomposition, as paired heat.

The block of words × patches is B = Σ_k σ_k x_k y_kᵀ. Its first components are the best sum of so many products of a
vector of tokens and a vector of patches (Eckart and Young, 1936). Each says which tokens and patches go together.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.values.caption import Caption

Floats = NDArray[np.float64]
DEFAULT_DIRECTIONS: Final = 6
SMALLEST_PART: Final = 1e-7
"""A component whose σ is below this part of the largest is rounding of the float32 values."""


@dataclass(frozen=True, slots=True)
class Direction:
    """A component of the block of words × patches.

    Its sign is arbitrary; here the token of the largest magnitude is positive (of equal ones the first). Tokens and
    patches of the same sign add to the score, those of different signs lower it.

    Attributes:
        share: its share of ‖B‖², σ² / Σσ², in [0, 1].
        value: σ, in the unit of the score.
        token_heat: float64 (rows,): √σ x, zero for special tokens.
        patch_heat: float64 (grid_h, grid_w): √σ y. The product of the two is the component.

    """

    share: float
    value: float
    token_heat: Floats
    patch_heat: Floats

    def word_heat(self, caption: Caption) -> Floats:
        """Return ``token_heat`` summed over each word's tokens: float64 (words,)."""
        return np.array([self.token_heat[list(word.rows)].sum() for word in caption.words])


@dataclass(frozen=True, slots=True)
class MatrixDirections:
    """The first components of a matrix.

    Attributes:
        directions: the largest one first; fewer than requested where the block has a lower rank, none where it is zero.
        block_share: the share of the block of words × patches in ‖A‖² of the whole matrix: special and prefix tokens
            take the rest.

    """

    directions: tuple[Direction, ...]
    block_share: float


def find_directions(matrix: InteractionMatrix, count: int = DEFAULT_DIRECTIONS) -> MatrixDirections:
    """Return the first ``count`` components of the block of words × patches."""
    values = matrix.values.astype(np.float64)
    block = values[matrix.content, matrix.prefix :]
    energy, whole = float((block**2).sum()), float((values**2).sum())
    if not energy:
        return MatrixDirections((), 0.0)
    tokens, sizes, patches = np.linalg.svd(block, full_matrices=False)
    rank = int((sizes > SMALLEST_PART * sizes[0]).sum())
    components = []
    for place in range(min(count, rank)):
        sign = 1.0 if tokens[np.abs(tokens[:, place]).argmax(), place] >= 0 else -1.0
        length = sign * float(np.sqrt(sizes[place]))
        token_heat = np.zeros(len(values))
        token_heat[matrix.content] = length * tokens[:, place]
        patch_heat = (length * patches[place]).reshape(matrix.grid_shape)
        components.append(Direction(float(sizes[place] ** 2) / energy, float(sizes[place]), token_heat, patch_heat))
    return MatrixDirections(tuple(components), energy / whole)
