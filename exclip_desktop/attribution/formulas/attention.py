"""Raw attention, and attention rollout (Abnar & Zuidema 2020): maps of the attention weights alone."""

import torch
from torch import Tensor

from exclip_desktop.attribution.formulas.block_run import block_index, pooled_tokens, run_blocks
from exclip_desktop.attribution.formulas.pooler import Pooler, attend_pool
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.models.towers.blocks import Anatomy


@torch.no_grad()
def raw_attention(anatomy: Anatomy, head: int = -1) -> Tensor:
    """Return the last block's weights of the pooled token, (T,), of one ``head``, or −1: the heads' mean.

    With several pooled tokens, the mean of their weights.
    """
    pooled = pooled_tokens(anatomy, "Raw attention")
    return _select_head(run_blocks(anatomy, len(anatomy.blocks) - 1).records[-1].weights[0, :, pooled].mean(1), head)


@torch.no_grad()
def raw_attention_of_pooler(pooler: Pooler, head: int = -1) -> Tensor:
    """Return the weights, (T,), of an attention that pools by a query of its own."""
    record, _ = pooler.attend(pooler.query.maps.heads)
    return _select_head(record.weights[0, :, 0], head)


def _select_head(weights: Tensor, head: int) -> Tensor:
    if head >= len(weights):
        raise SettingsError(
            f"There is no head {head}.", f"Choose one from 0 to {len(weights) - 1}, or −1 for their mean."
        )
    return weights.mean(0).detach() if head < 0 else weights[head].detach()


@torch.no_grad()
def rollout(anatomy: Anatomy, start: int = 0) -> Tensor:
    """Return the pooled token's row of the blocks' product, from block ``start`` on, (T,).

    Each block is its heads' mean with the residual added, its rows normalised. An attention that pools adds its heads'
    mean on the left; its query is no token, and brings no residual.
    """
    run = run_blocks(anatomy, block_index(anatomy, start))
    if anatomy.pool is None:
        row = torch.zeros_like(run.last[0, :, 0])
        row[pooled_tokens(anatomy, "Attention rollout")] = 1.0
        row = row / row.sum()
    else:
        row = attend_pool(anatomy.pool, run.last, anatomy.pool.maps.heads)[0].weights[0, :, 0].mean(0)
    for record in reversed(run.records):  # from the left, one row is enough
        mean = record.weights[0].mean(0)
        mixed = mean + torch.eye(len(mean), dtype=mean.dtype, device=mean.device)
        row = row @ (mixed / mixed.sum(-1, keepdim=True))
    return row.detach()
