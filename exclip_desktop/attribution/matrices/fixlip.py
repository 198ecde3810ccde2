"""FIxLIP (Baniecki et al., NeurIPS 2025): the cross-modal game's weighted Banzhaf fit.

Players are words' tokens and patches; ν of two coalitions is the score of what they leave. Coalitions of either side
are drawn apart, each player kept with probability p, and every one meets every other: m + n passes give m·n values. A
surrogate with an intercept, main effects and all token × patch pairs is fitted to them by least squares; drawn so,
plain least squares are those of the p-weighted Banzhaf kernel. Its design is a Kronecker product, so the fit is exact
by two small pseudo-inverses, whatever the number of pairs.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Fixlip:
    """Options.

    Attributes:
        share: p, how likely a player is kept.
        pairs: the budget: how many pairs of coalitions are valued, about the same number of either side.
        seed: of the coalitions.

    """

    share: float = 0.5
    pairs: int = 2**15
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not 0 < self.share < 1:
            raise SettingsError(f"The share {self.share:g} leaves no choice.", "Give one between 0 and 1.")


@dataclass(frozen=True, slots=True)
class Surrogate:
    """The fitted game: ``pairs`` (tokens, patches), main effects of tokens and of patches, and the intercept."""

    pairs: Tensor
    tokens: Tensor
    patches: Tensor
    intercept: float


def coalitions(count: int, players: int, share: float, draw: torch.Generator) -> Tensor:
    """Return coalitions (count, players) of 0 and 1, among them all and none."""
    kept = (torch.rand(count, players, generator=draw) < share).double()
    kept[0], kept[-1] = 1.0, 0.0
    return kept


def sizes(tokens: int, patches: int, pairs: int) -> tuple[int, int]:
    """Return how many coalitions of tokens, and of patches, share a budget of pairs; each fit needs players + 1.

    Raises:
        SettingsError: the budget is too small for the fit.

    """
    least = tokens + 2, patches + 2
    each = int(pairs**0.5)
    few = min(max(each, least[0]), 2**tokens)
    many = max(each, pairs // few)
    if many < least[1]:
        raise SettingsError(
            f"{pairs} pairs are too few for {tokens} tokens and {patches} patches.",
            f"Give {least[0] * least[1]} or more (pairs).",
        )
    return few, many


def fit(values: Tensor, tokens: Tensor, patches: Tensor) -> Surrogate:
    """Return the least-squares surrogate of ``values`` (n, m) at coalitions of tokens (n, T) and patches (m, P)."""
    left, right = (torch.cat([kept.new_ones(len(kept), 1), kept], dim=1) for kept in (tokens, patches))
    found = torch.linalg.pinv(left) @ values.double() @ torch.linalg.pinv(right).T
    return Surrogate(found[1:, 1:], found[1:, 0], found[0, 1:], float(found[0, 0]))
