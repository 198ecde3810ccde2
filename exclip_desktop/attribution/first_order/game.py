"""GAME (Chefer et al., ICCV 2021): relevance through attention weighted by its gradient, R ← R + E_h[(∇A ⊙ A)⁺] R."""

from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.attribution.first_order.target import cosine_with, first_block, pooled_tokens
from exclip_desktop.attribution.inside import recorded, run_blocks
from exclip_desktop.models.anatomy import Anatomy


@dataclass(frozen=True, slots=True)
class Game:
    """Options: the first block that counts, ``start``; before it, every token stands for itself."""

    start: int = 0


def game(anatomy: Anatomy, other: Tensor, scale: float, options: Game | None = None) -> Tensor:
    """Return the pooled token's row of the relevance, (T,); what it has of itself at the start is taken off.

    Args:
        anatomy: the way through the blocks.
        other: the other side's embedding, (D,).
        scale: the model's logit scale: the target is the scaled cosine.
        options: see there.

    """
    pooled = pooled_tokens(anatomy, "GAME")
    with recorded():
        run = run_blocks(anatomy, first_block(anatomy, (options or Game()).start))
        slopes = torch.autograd.grad(scale * cosine_with(other, run.embedding), [seen.weights for seen in run.seen])
    own = torch.zeros_like(slopes[0][0, 0, 0])
    own[pooled] = 1.0 / len(pooled)
    row = own
    for seen, slope in zip(reversed(run.seen), reversed(slopes), strict=True):  # from the left, one row is enough
        row = row + row @ (slope * seen.weights.detach())[0].relu().mean(0)
    return row - own
