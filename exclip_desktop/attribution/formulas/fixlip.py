"""FIxLIP (Baniecki et al., NeurIPS 2025): the cross-modal game's weighted Banzhaf fit.

Players are words' tokens and patches; ν of two coalitions is the score of what they leave. Coalitions of either side
are drawn apart, each player kept with probability p, and every one meets every other: m + n passes give m·n values. A
surrogate with an intercept, main effects and all token × patch pairs is fitted to them by least squares; drawn so,
plain least squares are those of the p-weighted Banzhaf kernel, and where all coalitions fit the budget they are taken
once, as heavy as they are likely. Its design is a Kronecker product, so the fit is exact
by two small pseudo-inverses, whatever the number of pairs.
"""

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Fixlip:
    """Options.

    Attributes:
        share: p, how likely a player is kept.
        pairs: the budget: how many pairs of coalitions are valued.
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


@dataclass(frozen=True, slots=True)
class Coalitions:
    """Coalitions of one side's players, (count, players) of 0 and 1, and what each weighs in the fit, (count,)."""

    kept: Tensor
    weights: Tensor


def coalitions(count: int, players: int, share: float, draw: torch.Generator) -> Coalitions:
    """Return all coalitions, as heavy as they are likely, where ``count`` suffices for them; else as many drawn ones.

    Among those drawn are the whole and nothing.
    """
    if _all(players) <= count:
        kept = torch.tensor(list(itertools.product((0.0, 1.0), repeat=players)), dtype=torch.float64)
        size = kept.sum(1)
        return Coalitions(kept, share**size * (1 - share) ** (players - size))
    kept = (torch.rand(count, players, generator=draw) < share).double()
    kept[0], kept[-1] = 1.0, 0.0
    return Coalitions(kept, torch.ones(count, dtype=torch.float64))


def sizes(tokens: int, patches: int, pairs: int) -> tuple[int, int]:
    """Return how many coalitions of tokens, and of patches, share a budget of pairs.

    Either side gets as many for each of its players; where patches, which are more, got no more than tokens, two seeds
    would hardly agree. Each fit needs players + 2.

    Raises:
        SettingsError: the budget is too small for the fit.

    """
    least = [min(count + 2, _all(count)) for count in (tokens, patches)]
    if pairs < least[0] * least[1]:
        raise SettingsError(
            f"{pairs} pairs are too few for {tokens} tokens and {patches} patches.",
            f"Give {least[0] * least[1]} or more (pairs).",
        )
    fair = int((pairs * (tokens + 1) / (patches + 1)) ** 0.5)
    few = min(max(fair, least[0]), _all(tokens), pairs // least[1])
    return few, min(pairs // few, _all(patches))


def _all(players: int) -> int:
    """Return how many coalitions there are."""
    return int(2**players)


def fit(values: Tensor, tokens: Coalitions, patches: Coalitions) -> Surrogate:
    """Return the least-squares surrogate of ``values`` (n, m) at coalitions of tokens and of patches."""
    (left, before), (right, after) = (_design(side) for side in (tokens, patches))
    found = torch.linalg.pinv(left) @ (before[:, None] * values.double() * after) @ torch.linalg.pinv(right).T
    return Surrogate(found[1:, 1:], found[1:, 0], found[0, 1:], float(found[0, 0]))


def _design(side: Coalitions) -> tuple[Tensor, Tensor]:
    """Return a side's weighted design with an intercept, and the roots of its weights."""
    root = side.weights.sqrt()
    return torch.cat([side.kept.new_ones(len(root), 1), side.kept], dim=1) * root[:, None], root
