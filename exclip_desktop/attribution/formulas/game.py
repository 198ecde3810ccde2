"""GAME (Chefer et al., ICCV 2021): relevance through attention weighted by its gradient.

Self-attention, eqs. 5 and 6: Ā = E_h[(∇A ⊙ A)⁺], R ← R + Ā R from R = I. An attention that pools by a query of its own
is attention between two kinds of tokens, eqs. 8 to 10: what it takes is Ā R̄, R̄ = R̂ / (R̂'s row sums) + I, R̂ = R − I.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.attribution.formulas.block_run import Seen, recorded, run_blocks
from exclip_desktop.attribution.formulas.pooler import look_at_pool
from exclip_desktop.attribution.formulas.target import cosine_with, first_block, pooled_tokens
from exclip_desktop.models.towers.anatomy import Anatomy


@dataclass(frozen=True, slots=True)
class Game:
    """Options: the first block that counts, ``start``; before it, every token stands for itself."""

    start: int = 0


def game(anatomy: Anatomy, other: Tensor, scale: float, options: Game | None = None) -> Tensor:
    """Return the pooled token's row of the relevance, (T,); what it has of itself at the start is taken off.

    Where an attention pools, the row of its query.

    Args:
        anatomy: the way through the blocks.
        other: the other side's embedding, (D,).
        scale: the model's logit scale: the target is the scaled cosine.
        options: see there.

    """
    pool, first = anatomy.pool, first_block(anatomy, (options or Game()).start)
    pooled = pooled_tokens(anatomy, "GAME") if pool is None else []
    with recorded():
        run = run_blocks(anatomy, first)
        seen, embedding = [*run.seen], run.embedding
        if pool is not None:
            last, embedding = look_at_pool(pool, run.last, pool.maps.heads)
            seen.append(last)
        slopes = torch.autograd.grad(scale * cosine_with(other, embedding), [one.weights for one in seen])
    relevant = [_relevant(one, slope) for one, slope in zip(seen, slopes, strict=True)]
    if pool is not None:
        return _taken(relevant[-1][0], relevant[:-1])
    own = torch.zeros_like(run.last[0, :, 0].detach())
    own[pooled] = 1.0 / len(pooled)
    return _added(own, relevant)


def _taken(row: Tensor, blocks: list[Tensor]) -> Tensor:
    """Return the pool's row of Ā times R̄, (T,)."""
    total = torch.ones_like(row)
    for block in blocks:  # R 1
        total = total + block @ total
    sums = total - 1  # R̂'s rows
    return row + _added(torch.where(sums > 0, row / sums, 0.0), blocks)


def _relevant(seen: Seen, slope: Tensor) -> Tensor:
    """Return Ā, (Q, T)."""
    return (slope * seen.weights.detach())[0].relu().mean(0)


def _added(left: Tensor, blocks: list[Tensor]) -> Tensor:
    """Return ``left`` (T,) times R̂ = R − I; from the left, one row is enough."""
    row = left
    for block in reversed(blocks):
        row = row + row @ block
    return row - left
