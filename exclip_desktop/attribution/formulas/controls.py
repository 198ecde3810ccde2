"""Controls: what any pair of first-order maps gives together, and what a model that has learned nothing gives."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class OuterProduct:
    """Options: keys of the methods of the first order, ``of_picture`` and ``of_caption``."""

    of_picture: str = "game"
    of_caption: str = "game"


@dataclass(frozen=True, slots=True)
class RandomWeights:
    """Options: the ``seed`` that weights are drawn from: all of them at once, not layer after layer from the last."""

    seed: int = 0


def outer_product(tokens: Tensor, patches: Tensor, score: float) -> Tensor:
    """Return the matrix of rank one (T, P) of values of tokens (T,) and patches (P,), scaled to sum to ``score``.

    Where the maps sum to nothing it is not scaled.
    """
    found = torch.outer(tokens, patches)
    total = found.sum()
    return found * (score / total) if total.abs() > 1e-12 else found
