"""Whether what a method points at counts: scores while it is taken away or put back, and of random masks.

A game's players are patches or words, its value the score of a picture or caption of which only some are left.
Everything here knows the game alone, as a function of coalitions.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.core.values.study import Curve

Floats = NDArray[np.float64]
Game = Callable[[Tensor], Tensor]
"""Coalitions (m, players) of 0 and 1, 1 for what is left → values (m,)."""


def step_counts(players: int, steps: int) -> list[int]:
    """Return how many players are gone after each of at most ``steps`` even steps, from none to all."""
    steps = min(steps, players)
    return [round(step * players / steps) for step in range(steps + 1)]


def ranked(heat: Floats) -> list[int]:
    """Return the players by their heat, the strongest first; of equal ones the first first."""
    return [int(place) for place in np.argsort(-heat.ravel(), kind="stable")]


def coalitions_along(order: Sequence[int], counts: Sequence[int], inserted: bool) -> Tensor:
    """Return what is left after each count of players, in ``order``, is taken away (or put back): (counts, players)."""
    left = torch.full((len(counts), len(order)), 0.0 if inserted else 1.0, dtype=torch.float64)
    for row, count in enumerate(counts):
        left[row, list(order[:count])] = 1.0 if inserted else 0.0
    return left


def curve(game: Game, heat: Floats, steps: int, inserted: bool) -> Curve:
    """Return the deletion curve of a heat of players (n,), or its insertion curve (Petsiuk et al., RISE, BMVC 2018).

    At share s of the way, the s·n strongest players are gone from the whole (put back into nothing).
    """
    counts = step_counts(heat.size, steps)
    values = game(coalitions_along(ranked(heat), counts, inserted))
    return Curve(tuple(count / heat.size for count in counts), tuple(float(value) for value in values))


def random_coalitions(count: int, players: int, share: float, seed: Sequence[int]) -> Tensor:
    """Return random coalitions that keep the same number of players, the nearest to ``share``: (count, players)."""
    ranks = np.random.default_rng(seed).random((count, players)).argsort(axis=1).argsort(axis=1)
    return torch.from_numpy((ranks < round(share * players)).astype(np.float64))


def sums(heat: Floats, kept: Tensor) -> Floats:
    """Return the summed heat of each coalition (m, n): (m,)."""
    return np.asarray(kept.numpy() @ heat.ravel())


def block_sums(pairs: Floats, words: Tensor, patches: Tensor) -> Floats:
    """Return the sum of heat (W, P) over each block of coalitions of words (m, W) and of patches (m, P): (m,)."""
    return np.asarray(np.einsum("mw,wp,mp->m", words.numpy(), pairs, patches.numpy(), optimize=True))


def correlation(sums: Floats, values: Floats) -> float:
    """Return Pearson's correlation, over coalitions, of their summed heat (m,) with their values (m,).

    What is taken away correlates with the drop exactly as what is kept does with the value. Faithfulness correlation
    (Bhatt et al., IJCAI 2020) at a share p of players; p-faithfulness in Baniecki et al. (FIxLIP, NeurIPS 2025) keeps
    each player with probability p, so that any positive heat, even a random one, follows the number kept. 0 where one
    of the two does not vary.
    """
    if np.ptp(sums) <= 1e-12 * np.abs(sums).max() or np.ptp(values) == 0:
        return 0.0
    return float(np.corrcoef(sums, values)[0, 1])
