"""FIxLIP and InteractionLIME: surrogates of the score, fitted over coalitions of tokens and patches.

FIxLIP (Baniecki et al., NeurIPS 2025) is the cross-modal game's weighted Banzhaf fit. Players are the words' tokens and
the patches; ν of two coalitions is the score of their remaining tokens and patches. Coalitions of either side are drawn
separately, each player kept with probability p, and every one meets every other: m + n passes give m·n values. A
surrogate with an intercept, main effects and all token × patch pairs is fitted to them by least squares; drawn so,
plain least squares are those of the p-weighted Banzhaf kernel, and where all coalitions fit the budget they are taken
once, with their probability as weight. Its design is a Kronecker product, so the fit is exact by two small
pseudo-inverses, whatever the number of pairs.

InteractionLIME draws pairs of coalitions jointly; each is weighted by its nearness to the whole pair, exp(−d²/σ²) with
d the share of missing players. The surrogate Σ W_ij s_i t_j is fitted by weighted ridge regression.
"""

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Surrogate:
    """The fitted game: ``pairs`` (tokens, patches), main effects of tokens and of patches, and the intercept."""

    pairs: Tensor
    tokens: Tensor
    patches: Tensor
    intercept: float


@dataclass(frozen=True, slots=True)
class Coalitions:
    """Coalitions of one side: ``members`` (count, players) of 0 and 1, and their ``weights`` in the fit, (count,)."""

    members: Tensor
    weights: Tensor


def draw_coalitions(count: int, players: int, share: float, generator: torch.Generator) -> Coalitions:
    """Return all coalitions, weighted by probability, where ``count`` suffices for them; else as many random ones.

    The random ones include the whole and the empty coalition.
    """
    if _count_all(players) <= count:
        members = torch.tensor(list(itertools.product((0.0, 1.0), repeat=players)), dtype=torch.float64)
        size = members.sum(1)
        return Coalitions(members, share**size * (1 - share) ** (players - size))
    members = (torch.rand(count, players, generator=generator) < share).double()
    members[0], members[-1] = 1.0, 0.0
    return Coalitions(members, torch.ones(count, dtype=torch.float64))


def split_budget(tokens: int, patches: int, pairs: int) -> tuple[int, int]:
    """Return the numbers of coalitions of tokens, and of patches, within a budget of pairs.

    Either side gets the same number for each of its players; where patches, which are more, got no more than tokens,
    two seeds would hardly agree. Each fit needs players + 2.

    Raises:
        SettingsError: the budget is too small for the fit.

    """
    least = [min(count + 2, _count_all(count)) for count in (tokens, patches)]
    if pairs < least[0] * least[1]:
        raise SettingsError(
            f"{pairs} pairs are too few for {tokens} tokens and {patches} patches.",
            f"Set pairs to {least[0] * least[1]} or more.",
        )
    fair = int((pairs * (tokens + 1) / (patches + 1)) ** 0.5)
    few = min(max(fair, least[0]), _count_all(tokens), pairs // least[1])
    return few, min(pairs // few, _count_all(patches))


def _count_all(players: int) -> int:
    """Return the number of all coalitions."""
    return int(2**players)


def fit_banzhaf(values: Tensor, tokens: Coalitions, patches: Coalitions) -> Surrogate:
    """Return the least-squares surrogate of ``values`` (n, m) at coalitions of tokens and of patches."""
    (left, before), (right, after) = (_design(side) for side in (tokens, patches))
    fitted = torch.linalg.pinv(left) @ (before[:, None] * values.double() * after) @ torch.linalg.pinv(right).T
    return Surrogate(fitted[1:, 1:], fitted[1:, 0], fitted[0, 1:], float(fitted[0, 0]))


def _design(side: Coalitions) -> tuple[Tensor, Tensor]:
    """Return a side's weighted design with an intercept, and the roots of its weights."""
    root = side.weights.sqrt()
    return torch.cat([side.members.new_ones(len(root), 1), side.members], dim=1) * root[:, None], root


def fit_bilinear(values: Tensor, tokens: Tensor, patches: Tensor, *, width: float = 0.5, ridge: float = 1e-6) -> Tensor:
    """Return W (T, P) from values (N,) at joint coalitions of tokens (N, T) and patches (N, P).

    ``width`` is σ; ``ridge`` is added to the normal equations' diagonal, relative to its mean. Where samples are fewer
    than pairs, the equations are solved in the samples' space; with ridge, the solution is the same.
    """
    tokens, patches, values = tokens.double(), patches.double(), values.double()
    missing = 1 - (tokens.sum(1) + patches.sum(1)) / (tokens.shape[1] + patches.shape[1])
    weights = torch.exp(-(missing**2) / width**2)
    root = weights.sqrt()
    # Rows are Kronecker products, so their inner products are products of inner products.
    kernel = (tokens @ tokens.T) * (patches @ patches.T) * root[:, None] * root[None]
    count = len(values)
    pairs = tokens.shape[1] * patches.shape[1]
    added = ridge * kernel.trace() / pairs  # the trace of the normal equations is the same
    if count <= pairs:
        dual = torch.linalg.solve(kernel + added * torch.eye(count, dtype=kernel.dtype), root * values) * root
        fitted: Tensor = torch.einsum("n,nt,np->tp", dual, tokens, patches)
        return fitted
    design = torch.einsum("nt,np->ntp", tokens, patches).flatten(1) * root[:, None]
    normal = design.T @ design
    whole: Tensor = torch.linalg.solve(
        normal + added * torch.eye(pairs, dtype=normal.dtype), design.T @ (root * values)
    )
    return whole.reshape(tokens.shape[1], patches.shape[1])
