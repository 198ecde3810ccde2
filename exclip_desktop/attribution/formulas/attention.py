"""Maps from attention weights alone, and from values that bypass the attention.

Raw attention, and attention rollout (Abnar & Zuidema 2020), read the weights.

MaskCLIP (Zhou et al., ECCV 2022) passes each token's value, without attention, through the rest of the last block.

CLIP Surgery (Li et al. 2023; Pattern Recognition 2025): from some block on, a second stream runs parallel to the
model's own: in it values attend to each other (v–v instead of q–k), and the blocks' MLPs are skipped. Its tokens are
projected and multiplied with the text's embedding; the mean over many labels is subtracted, each label weighted by its
fit to the whole picture.
"""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.formulas.block_run import (
    attend,
    block_index,
    finish_block,
    pooled_tokens,
    project_output,
    run_blocks,
    run_stream,
)
from exclip_desktop.attribution.formulas.pooler import Pooler, attend_pool
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.models.towers.blocks import Anatomy, Parts


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


# fmt: off
_OBJECTS: Final = (
    "person", "car", "bicycle", "bus", "train", "boat", "traffic light", "bench", "bird", "cat", "dog", "horse",
    "sheep", "cow", "elephant", "bear", "umbrella", "handbag", "ball", "kite", "bottle", "cup", "fork", "bowl",
    "banana", "apple", "sandwich", "pizza", "cake", "chair", "couch", "bed", "table", "television", "laptop",
    "telephone", "book", "clock", "vase", "teddy bear", "tree", "flower", "house", "road", "mountain", "cloud",
)
# fmt: on
LABELS: Final = tuple(f"a photo of a {name}" for name in _OBJECTS)
"""Unrelated labels of everyday objects; their mean is what labels have in common."""
SHARPNESS: Final = 2.0  # of the labels' weights, as published


@torch.no_grad()
def maskclip(anatomy: Anatomy, other: Tensor, *, weighted: bool = True) -> Tensor:
    """Return each token's cosine with the other side's embedding ``other`` (D,): (T,).

    A token's value replaces the attended one; ``weighted`` multiplies by the cosine of its key and the pooled token's,
    both after the attention's output projection, as in the published comparison with Grad-ECLIP.
    """
    record, part = run_blocks(anatomy, len(anatomy.blocks) - 1).records[-1], anatomy.blocks[-1]
    x = record.before + part.scale(project_output(part.maps, record.value))
    each = anatomy.project((x + part.second(x))[0])
    values = functional.normalize(each, dim=-1) @ functional.normalize(other, dim=-1)
    if weighted:
        keys = functional.normalize(project_output(part.maps, record.key[0]), dim=-1)
        values = values * (keys @ keys[pooled_tokens(anatomy, "MaskCLIP")].mean(0))
    return values.detach()


@torch.no_grad()
def maskclip_of_pooler(pooler: Pooler, other: Tensor, *, weighted: bool = True) -> Tensor:
    """Return the same, (T,), where an attention pools, as in CLIP's ResNets: each token as if it were read alone.

    Keys are weighted by their cosine with the pooling query, or, where the query is the tokens' mean, with its key.
    """
    query, means = pooler.query, int(pooler.query.source == "mean")
    values = functional.normalize(query.embed_alone(pooler.tokens), dim=-1) @ functional.normalize(other, dim=-1)
    values = functional.pad(values, (means, 0))  # the mean is a key, and no token
    if weighted:
        record, _ = pooler.attend(query.maps.heads)
        source = (record.key if means else record.query)[0, 0]
        values = values * functional.cosine_similarity(
            project_output(query.maps, record.key[0]), project_output(query.maps, source), dim=-1
        )
    return values.detach()


@torch.no_grad()
def clip_surgery(
    anatomy: Anatomy, other: Tensor, labels: Tensor, *, layers: int = 6, feature_surgery: bool = True
) -> Tensor:
    """Return each token's value, (T,).

    Args:
        anatomy: the way through the blocks.
        other: the text's unit embedding, (D,).
        labels: unit embeddings of unrelated labels, (L, D).
        layers: number of blocks with the second stream, from the last.
        feature_surgery: subtract what the labels have in common.

    """
    own, second = _run_streams(anatomy, max(len(anatomy.blocks) - layers, 0))
    tokens = functional.normalize(anatomy.project(second[0]), dim=-1)
    if not feature_surgery:
        return tokens @ other
    texts = torch.cat([other[None], labels])
    fits = (functional.normalize(anatomy.finish(own)[0], dim=-1) @ texts.T * SHARPNESS).softmax(-1)
    weights = fits / fits.mean()
    common = (weights[:, None] * texts).mean(0)
    return tokens @ (weights[0] * other - common)


def _run_streams(anatomy: Anatomy, first: int) -> tuple[Tensor, Tensor]:
    """Return the model's own stream after the last block, and the second one, (1, T, W) each."""
    second = x = run_stream(anatomy, anatomy.start, 0, first)
    for part in anatomy.blocks[first:]:
        record = attend(part, x, anatomy.mask, part.maps.heads)
        second = second + part.scale(project_output(part.maps, _attend_values(part, record.value)))
        x = finish_block(part, x, record)
    return x, second


def _attend_values(part: Parts, value: Tensor) -> Tensor:
    """Return values (1, T, W) after they attended to themselves, in the model's heads."""
    values = value.reshape(*value.shape[:2], part.maps.heads, -1).transpose(1, 2)
    weights = torch.softmax(values @ values.mT / values.shape[-1] ** 0.5, dim=-1)
    return (weights @ values).transpose(1, 2).flatten(2)
