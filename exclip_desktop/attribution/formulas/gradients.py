"""Grad-CAM, Grad-ECLIP and GAME: activations or attention weights, weighted by gradients of the score.

Grad-CAM (Selvaraju et al. 2017) is taken at a block's or stage's input, as the comparisons with CLIP take it.

Grad-ECLIP (Zhao et al., ICML 2024, eqs. 7 and 8; for captions arXiv 2502.18816): H_i = ReLU(Σ_c w_c λ_i v_ic) with
w = ∂S/∂o of the pooled token, o and v before the attention's output projection, and λ_i the similarity of the pooled
token's query and token i's key, both after that projection. As in the published code, the explained blocks attend with
one head over all channels, and S is the cosine of that run. With several pooled tokens, their values are added.

GAME (Chefer et al., ICCV 2021). Self-attention, eqs. 5 and 6: Ā = E_h[(∇A ⊙ A)⁺], R ← R + Ā R from R = I. An attention
that pools by a query of its own is attention between two kinds of tokens, eqs. 8 to 10: its row is Ā R̄,
R̄ = R̂ / (R̂'s row sums) + I, R̂ = R − I.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.formulas.block_run import (
    BlockRecord,
    block_index,
    cosine_with,
    enable_gradients,
    pooled_tokens,
    project_output,
    run_blocks,
)
from exclip_desktop.attribution.formulas.pooler import Pooler, attend_pool
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.models.towers.attention import Projections
from exclip_desktop.models.towers.blocks import Anatomy
from exclip_desktop.models.towers.tower_protocols import Cut

Likeness = Literal["cosine", "softmax", "none"]


def grad_cam(cut: Cut, tower_input: Tensor, other: Tensor, *, signed: bool = False) -> Tensor:
    """Return each token's value, (T,): ReLU(Σ_c α_c x_ic), α the mean over all tokens of ∂S/∂x at the cut.

    Args:
        cut: the tower cut at the explained layer.
        tower_input: the tower's input, a picture (3, h, w) or token ids (T,).
        other: the other side's embedding, (D,).
        signed: keep negative values.

    """
    with enable_gradients():
        with torch.no_grad():
            x = cut.features(tower_input)
        x = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(cosine_with(other, cut.head(x[None])[0]), [x])
    values = (x.detach() * slope.mean(0)).sum(-1)
    return values if signed else values.relu()


def grad_eclip(
    anatomy: Anatomy,
    other: Tensor,
    *,
    layers: int = 1,
    likeness: Likeness = "cosine",
    own_heads: bool = False,
    head: int = -1,
    signed: bool = False,
    whole_context: bool = False,
) -> Tensor:
    """Return each token's value, (T,), for the cosine with the other side's embedding ``other`` (D,).

    Args:
        anatomy: the way through the blocks.
        other: see above.
        layers: number of explained blocks, from the last.
        likeness: λ: min–max of the cosine over the counted tokens, the attention's own weights, or 1.
        own_heads: keep the model's heads in the explained blocks.
        head: one of them, from 0; −1: their sum.
        signed: keep negative values.
        whole_context: scale λ over all tokens, as for captions; else over the tokens of the map.

    Raises:
        MethodError: the encoder pools by an attention of its own.
        SettingsError: there is no such head.

    """
    pooled = pooled_tokens(anatomy, "Grad-ECLIP")
    first = max(len(anatomy.blocks) - layers, 0)
    counted = slice(None) if whole_context else anatomy.mapped
    with enable_gradients():
        run = run_blocks(anatomy, first, one_head=not own_heads)
        score = cosine_with(other, run.embedding)
        slopes = torch.autograd.grad(score, [record.attended for record in run.records])
    values = [
        _weight_values(record, slope[0, token], _likeness(part.maps, record, token, counted, likeness))
        for part, record, slope in zip(anatomy.blocks[first:], run.records, slopes, strict=True)
        for token in pooled
    ]
    return _sum_heads(torch.stack(values).sum(0).detach(), own_heads, head, signed)


def grad_eclip_of_pooler(
    pooler: Pooler,
    other: Tensor,
    *,
    layers: int = 1,
    likeness: Likeness = "cosine",
    own_heads: bool = False,
    head: int = -1,
    signed: bool = False,
    whole_context: bool = False,
) -> Tensor:
    """Return the same, (T,), of an attention that pools: its own query takes the pooled token's place.

    Raises:
        SettingsError: ``layers`` is more than this one, or there is no such head.

    """
    if layers > 1:
        raise SettingsError(f"layers is {layers}, and the attention that pools is one layer.", "Choose 1.")
    maps = pooler.query.maps
    counted = slice(None) if whole_context else pooler.patches
    with enable_gradients():
        record, embedding = pooler.attend(maps.heads if own_heads else 1)
        (slope,) = torch.autograd.grad(cosine_with(other, embedding), [record.attended])
    values = _weight_values(record, slope[0, 0], _likeness(maps, record, 0, counted, likeness))
    return _sum_heads(values.detach(), own_heads, head, signed)


def _sum_heads(values: Tensor, own_heads: bool, head: int, signed: bool) -> Tensor:
    """Return the sum over heads (H, T), or one of them; without negative values unless ``signed``: (T,)."""
    if head >= len(values):
        hint = f"Choose one from 0 to {len(values) - 1}, or −1 for all." if own_heads else "Set own_heads."
        raise SettingsError(f"There is no head {head}.", hint)
    total = values.sum(0) if head < 0 else values[head]
    return total if signed else total.relu()


def _weight_values(record: BlockRecord, slope: Tensor, likeness: Tensor) -> Tensor:
    """Return Σ_c w_c v_ic λ_i over each head's channels: (H, T)."""
    heads = record.weights.shape[1]
    products = (slope * record.value[0]).reshape(len(record.value[0]), heads, -1).sum(-1).T
    return products * likeness


def _likeness(maps: Projections, record: BlockRecord, pooled: int, counted: slice, likeness: Likeness) -> Tensor:
    """Return λ: (T,), or (H, T) where each head has its own."""
    if likeness == "none":
        return torch.ones_like(record.value[0, :, 0])
    if likeness == "softmax":
        return record.weights[0, :, pooled]
    query, keys = (project_output(maps, one[0]) for one in (record.query[:, pooled], record.key))
    cosine = functional.cosine_similarity(query, keys, dim=-1)
    scaled = torch.zeros_like(cosine)
    scaled[counted] = _scale_to_unit(cosine[counted])
    return scaled


def _scale_to_unit(values: Tensor) -> Tensor:
    """Return values (N,) moved and scaled to [0, 1]; zeros where they are all the same."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else values * 0


def game(anatomy: Anatomy, other: Tensor, scale: float, *, start: int = 0) -> Tensor:
    """Return the pooled token's row of the relevance, (T,), less its start value.

    Where an attention pools, the row of its query.

    Args:
        anatomy: the way through the blocks.
        other: the other side's embedding, (D,).
        scale: the model's logit scale: the target is the scaled cosine.
        start: the first explained block, from 0; before it, every token stands for itself.

    """
    pool, first = anatomy.pool, block_index(anatomy, start)
    pooled = pooled_tokens(anatomy, "GAME") if pool is None else []
    with enable_gradients():
        run = run_blocks(anatomy, first)
        records, embedding = [*run.records], run.embedding
        if pool is not None:
            last, embedding = attend_pool(pool, run.last, pool.maps.heads)
            records.append(last)
        slopes = torch.autograd.grad(scale * cosine_with(other, embedding), [one.weights for one in records])
    relevant = [_relevance(one, slope) for one, slope in zip(records, slopes, strict=True)]
    if pool is not None:
        return _pool_row(relevant[-1][0], relevant[:-1])
    own = torch.zeros_like(run.last[0, :, 0].detach())
    own[pooled] = 1.0 / len(pooled)
    return _accumulate(own, relevant)


def _pool_row(row: Tensor, blocks: list[Tensor]) -> Tensor:
    """Return the pool's row of Ā times R̄, (T,)."""
    total = torch.ones_like(row)
    for block in blocks:  # R 1
        total = total + block @ total
    sums = total - 1  # R̂'s rows
    return row + _accumulate(torch.where(sums > 0, row / sums, 0.0), blocks)


def _relevance(record: BlockRecord, slope: Tensor) -> Tensor:
    """Return Ā, (Q, T)."""
    return (slope * record.weights.detach())[0].relu().mean(0)


def _accumulate(left: Tensor, blocks: list[Tensor]) -> Tensor:
    """Return ``left`` (T,) times R̂ = R − I; from the left, one row is enough."""
    row = left
    for block in reversed(blocks):
        row = row + row @ block
    return row - left
