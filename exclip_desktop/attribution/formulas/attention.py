"""Raw attention, and attention rollout (Abnar & Zuidema 2020): what the attention weights alone say."""

from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.attribution.formulas.block_run import run_blocks
from exclip_desktop.attribution.formulas.pooler import Pooler, look_at_pool
from exclip_desktop.attribution.formulas.target import first_block, pooled_tokens
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.models.towers.anatomy import Anatomy


@dataclass(frozen=True, slots=True)
class RawAttention:
    """Options: one ``head``, from 0; −1: the heads' mean."""

    head: int = -1


@dataclass(frozen=True, slots=True)
class Rollout:
    """Options: the first block that counts, ``start``, from 0; some published comparisons took the last block only."""

    start: int = 0


@torch.no_grad()
def raw_attention(anatomy: Anatomy, options: RawAttention | None = None) -> Tensor:
    """Return the last block's weights of the pooled token, (T,); of several, their mean."""
    pooled, head = pooled_tokens(anatomy, "Raw attention"), (options or RawAttention()).head
    return _of_head(run_blocks(anatomy, len(anatomy.blocks) - 1).seen[-1].weights[0, :, pooled].mean(1), head)


@torch.no_grad()
def raw_attention_of_pooler(pooler: Pooler, options: RawAttention | None = None) -> Tensor:
    """Return the weights, (T,), of an attention that pools by a query of its own."""
    seen, _ = pooler.look(pooler.query.maps.heads)
    return _of_head(seen.weights[0, :, 0], (options or RawAttention()).head)


def _of_head(weights: Tensor, head: int) -> Tensor:
    if head >= len(weights):
        raise SettingsError(
            f"There is no head {head}.", f"Give one from 0 to {len(weights) - 1}, or −1 for their mean."
        )
    return weights.mean(0).detach() if head < 0 else weights[head].detach()


@torch.no_grad()
def rollout(anatomy: Anatomy, options: Rollout | None = None) -> Tensor:
    """Return the pooled token's row of the blocks' product from the first that counts, (T,).

    Each block is its heads' mean with the residual added, its rows normalised. An attention that pools adds its heads'
    mean on the left; its query is no token, and brings no residual.
    """
    run = run_blocks(anatomy, first_block(anatomy, (options or Rollout()).start))
    if anatomy.pool is None:
        row = torch.zeros_like(run.last[0, :, 0])
        row[pooled_tokens(anatomy, "Attention rollout")] = 1.0
        row = row / row.sum()
    else:
        row = look_at_pool(anatomy.pool, run.last, anatomy.pool.maps.heads)[0].weights[0, :, 0].mean(0)
    for seen in reversed(run.seen):  # from the left, one row is enough
        mean = seen.weights[0].mean(0)
        mixed = mean + torch.eye(len(mean), dtype=mean.dtype, device=mean.device)
        row = row @ (mixed / mixed.sum(-1, keepdim=True))
    return row.detach()
