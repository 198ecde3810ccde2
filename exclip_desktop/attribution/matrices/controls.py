"""Controls: what any pair of first-order maps gives together."""

import torch
from torch import Tensor


def outer_product(tokens: Tensor, patches: Tensor, score: float) -> Tensor:
    """Return the matrix of rank one (T, P) of values of tokens (T,) and patches (P,), scaled to sum to ``score``.

    Where the maps sum to nothing it is not scaled.
    """
    found = torch.outer(tokens, patches)
    total = found.sum()
    return found * (score / total) if total.abs() > 1e-12 else found
