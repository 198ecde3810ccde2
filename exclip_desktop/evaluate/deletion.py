"""Deletion and insertion curves, and faithfulness over random masks, of any game.

A game's players are patches or words; its value is the score of a picture or caption that keeps only some of them.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.core.values.study import Curve

Floats = NDArray[np.float64]
Game = Callable[[Tensor], Tensor]
"""Coalitions (m, players), 1 for players that stay and 0 for others → values (m,)."""


def step_counts(players: int, steps: int) -> list[int]:
    """Return the number of deleted players after each of at most ``steps`` even steps, from none to all."""
    steps = min(steps, players)
    return [round(step * players / steps) for step in range(steps + 1)]


def rank_players(heat: Floats) -> list[int]:
    """Return the players by their heat, the strongest first, equal ones in their order."""
    return [int(place) for place in np.argsort(-heat.ravel(), kind="stable")]


def nested_coalitions(order: Sequence[int], counts: Sequence[int], inserted: bool) -> Tensor:
    """Return the coalitions after the first players in ``order`` are deleted (or inserted): (counts, players)."""
    left = torch.full((len(counts), len(order)), 0.0 if inserted else 1.0, dtype=torch.float64)
    for row, count in enumerate(counts):
        left[row, list(order[:count])] = 1.0 if inserted else 0.0
    return left


def compute_curve(game: Game, heat: Floats, steps: int, inserted: bool) -> Curve:
    """Return the deletion curve of a heat of players (n,), or its insertion curve (Petsiuk et al., RISE, BMVC 2018).

    At share s, the s·n strongest players are deleted from the whole (inserted into nothing).
    """
    counts = step_counts(heat.size, steps)
    values = game(nested_coalitions(rank_players(heat), counts, inserted))
    return Curve(tuple(count / heat.size for count in counts), tuple(float(value) for value in values))


def random_coalitions(count: int, players: int, share: float, seed: Sequence[int]) -> Tensor:
    """Return random coalitions that keep the same number of players, the nearest to ``share``: (count, players)."""
    ranks = np.random.default_rng(seed).random((count, players)).argsort(axis=1).argsort(axis=1)
    return torch.from_numpy((ranks < round(share * players)).astype(np.float64))


def sum_heat(heat: Floats, members: Tensor) -> Floats:
    """Return the summed heat of each coalition (m, n): (m,)."""
    return np.asarray(members.numpy() @ heat.ravel())


def sum_blocks(pairs: Floats, words: Tensor, patches: Tensor) -> Floats:
    """Return the sum of heat (W, P) over each block of coalitions of words (m, W) and of patches (m, P): (m,)."""
    return np.asarray(np.einsum("mw,wp,mp->m", words.numpy(), pairs, patches.numpy(), optimize=True))


def correlate(sums: Floats, values: Floats) -> float:
    """Return Pearson's correlation, over coalitions, of their summed heat (m,) with their values (m,).

    Deleted heat correlates with the drop exactly as the remaining heat does with the value. Faithfulness correlation
    (Bhatt et al., IJCAI 2020) at a share p of players; p-faithfulness in Baniecki et al. (FIxLIP, NeurIPS 2025) keeps
    each player with probability p, so that any positive heat, even a random one, follows the number of remaining
    players. 0 where one of the two does not vary.
    """
    if np.ptp(sums) <= 1e-12 * np.abs(sums).max() or np.ptp(values) == 0:
        return 0.0
    return float(np.corrcoef(sums, values)[0, 1])
