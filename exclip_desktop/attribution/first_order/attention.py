"""Raw attention, and attention rollout (Abnar & Zuidema 2020): what the attention weights alone say."""

import torch
from torch import Tensor

from exclip_desktop.attribution.first_order.target import pooled_token
from exclip_desktop.attribution.inside import run_blocks
from exclip_desktop.models.anatomy import Anatomy


@torch.no_grad()
def raw_attention(anatomy: Anatomy, head: int | None = None) -> Tensor:
    """Return the last block's weights of the pooled token, (T,): of one head, or their mean."""
    pooled = pooled_token(anatomy, "Raw attention")
    weights = run_blocks(anatomy, len(anatomy.blocks) - 1).seen[-1].weights[0, :, pooled]
    return weights.mean(0).detach() if head is None else weights[head].detach()


@torch.no_grad()
def rollout(anatomy: Anatomy, start: int = 0) -> Tensor:
    """Return the pooled token's row of the blocks' product from block ``start`` on, (T,).

    Each block is its heads' mean with the residual added, its rows normalised.
    """
    pooled = pooled_token(anatomy, "Attention rollout")
    row: Tensor | None = None
    for seen in reversed(run_blocks(anatomy, start).seen):  # from the left, one row is enough
        mean = seen.weights[0].mean(0)
        mixed = mean + torch.eye(len(mean), dtype=mean.dtype, device=mean.device)
        mixed = mixed / mixed.sum(-1, keepdim=True)
        row = mixed[pooled] if row is None else row @ mixed
    assert row is not None
    return row.detach()
