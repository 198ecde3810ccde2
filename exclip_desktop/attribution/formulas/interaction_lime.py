"""InteractionLIME: a bilinear surrogate of the score over joint masks of tokens and patches.

Pairs of coalitions are drawn jointly; each counts by how near it is to the whole pair, exp(−d²/σ²) with d the share of
players that are missing. The surrogate Σ W_ij s_i t_j is fitted by weighted ridge regression.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.attribution.formulas.target import at_least
from exclip_desktop.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class InteractionLime:
    """Options.

    Attributes:
        samples: how many joint masks.
        share: how likely a player is kept.
        width: σ of the kernel.
        ridge: what is added to the normal equations' diagonal, relative to its mean.
        seed: of the masks.

    """

    samples: int = 1000
    share: float = 0.5
    width: float = 0.5
    ridge: float = 1e-6
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        at_least(self.samples, 1, "samples")
        if not 0 < self.share < 1:
            raise SettingsError(f"The share {self.share:g} leaves no choice.", "Give one between 0 and 1.")
        if not (self.width > 0 and self.ridge > 0):
            raise SettingsError("width and ridge are more than 0.", "Give larger ones.")


def fit_bilinear(values: Tensor, tokens: Tensor, patches: Tensor, options: InteractionLime) -> Tensor:
    """Return W (T, P) from values (N,) at joint coalitions of tokens (N, T) and patches (N, P).

    Where samples are fewer than pairs, the equations are solved in the samples' space, which ridge makes the same.
    """
    tokens, patches, values = tokens.double(), patches.double(), values.double()
    missing = 1 - (tokens.sum(1) + patches.sum(1)) / (tokens.shape[1] + patches.shape[1])
    weights = torch.exp(-(missing**2) / options.width**2)
    root = weights.sqrt()
    # Rows are Kronecker products, so their inner products are products of inner products.
    kernel = (tokens @ tokens.T) * (patches @ patches.T) * root[:, None] * root[None]
    count = len(values)
    pairs = tokens.shape[1] * patches.shape[1]
    ridge = options.ridge * kernel.trace() / pairs  # the trace of the normal equations is the same
    if count <= pairs:
        dual = torch.linalg.solve(kernel + ridge * torch.eye(count, dtype=kernel.dtype), root * values) * root
        found: Tensor = torch.einsum("n,nt,np->tp", dual, tokens, patches)
        return found
    design = torch.einsum("nt,np->ntp", tokens, patches).flatten(1) * root[:, None]
    normal = design.T @ design
    whole: Tensor = torch.linalg.solve(
        normal + ridge * torch.eye(pairs, dtype=normal.dtype), design.T @ (root * values)
    )
    return whole.reshape(tokens.shape[1], patches.shape[1])
