"""Takes transformers apart into blocks, and blocks into linear maps, to run them with one query or to read them.

Both open_clip's and timm's blocks are x + s₁(A(n₁(x))), then x + s₂(M(n₂(x))). torch's attention projects queries, keys
and values at once and slices them, as timm's does; in a derivative, slices cost zeros to fill and to add.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, NoReturn

import torch
from open_clip.transformer import ResidualAttentionBlock
from timm.layers.attention import Attention
from timm.layers.attention_pool import AttentionPoolLatent
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from exclip_desktop.core.errors import MethodError
from exclip_desktop.models.towers.attention import Projections, Query

Step = Callable[[Tensor], Tensor]


class Parts(NamedTuple):
    """The parts of a block in evaluation mode.

    Attributes:
        norm: applied to tokens before the attention.
        maps: the attention's linear maps.
        scale: applied to the attention's output before it is added to the residual stream.
        second: the block's second branch, whose output is added to the stream.

    """

    norm: Step
    maps: Projections
    scale: Step
    second: Step


def run_block(block: Any, x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the block's output for features (B, T, W) and an additive attention mask (T, T), or None."""
    parts = take_apart(block)  # at every run: the block may have moved to another device
    if parts is None:
        output: Tensor = block(x, attn_mask=mask)
        return output
    y = parts.norm(x)
    x = x + parts.scale(parts.maps.attend(y, y, mask))
    return x + parts.second(x)


def find_block_query(block: Any, pooled: int, finish: Step, mask: Tensor | None = None) -> Query | None:
    """Return the query of a block of whose output only token ``pooled`` matters; None where it cannot be taken apart.

    ``finish`` maps the block's output (B, W) to the embedding; ``mask`` (T,) is the pooled token's row of the additive
    attention mask.
    """
    parts = take_apart(block)
    if parts is None:
        return None
    return Query(parts.norm, parts.maps, pooled, parts.scale, lambda x: finish(x + parts.second(x)), mask=mask)


def take_apart(block: Any) -> Parts | None:
    """Return the parts of a block; None where it is of another kind."""
    if type(block) is ResidualAttentionBlock:
        first, maps, scale = block.ln_1, take_apart_multihead(block.attn), block.ls_1
        norm, mlp, second = block.ln_2, block.mlp, block.ls_2
    elif type(block) is Block:
        first, maps, scale = block.norm1, take_apart_fused(block.attn), block.ls1
        norm, mlp, second = block.norm2, block.mlp, block.ls2
    else:
        return None
    return None if maps is None else Parts(first, maps, scale, lambda x: second(mlp(norm(x))))


def take_apart_multihead(attention: nn.Module) -> Projections | None:
    """Return the maps of torch's multi-head attention; None where it is of another kind or has further parts."""
    if type(attention) is not nn.MultiheadAttention or attention.in_proj_bias is None:
        return None
    if attention.bias_k is not None or attention.add_zero_attn:
        return None
    if attention.in_proj_weight is not None:
        query, key, value = attention.in_proj_weight.chunk(3)
    else:
        query, key, value = attention.q_proj_weight, attention.k_proj_weight, attention.v_proj_weight
    biases = attention.in_proj_bias.chunk(3)
    out = attention.out_proj
    return Projections(
        query, biases[0], key, biases[1], value, biases[2], out.weight, out.bias, heads=attention.num_heads
    )


def take_apart_fused(attention: nn.Module) -> Projections | None:
    """Return the maps of timm's attention; None where it is of another kind, or normalises or gates."""
    if type(attention) is not Attention or getattr(attention, "gate", None) is not None:
        return None
    if not all(isinstance(part, nn.Identity) for part in (attention.q_norm, attention.k_norm, attention.norm)):
        return None
    query, key, value = attention.qkv.weight.chunk(3)
    biases = (None, None, None) if attention.qkv.bias is None else attention.qkv.bias.chunk(3)
    out = attention.proj
    return Projections(
        query, biases[0], key, biases[1], value, biases[2], out.weight, out.bias, heads=attention.num_heads
    )


def find_latent_query(pooler: Any, finish: Step) -> Query | None:
    """Return the query of timm's MAP head, a learned latent, with ``finish`` after it; None for its variants."""
    if type(pooler) is not AttentionPoolLatent or pooler.pos_embed is not None or pooler.pool != "token":
        return None
    if not (isinstance(pooler.q_norm, nn.Identity) and isinstance(pooler.k_norm, nn.Identity)):
        return None
    if not (isinstance(pooler.q, nn.Linear) and isinstance(pooler.proj, nn.Linear)):
        return None
    key, value = pooler.kv.weight.chunk(2)
    biases = (None, None) if pooler.kv.bias is None else pooler.kv.bias.chunk(2)
    maps = Projections(
        pooler.q.weight,
        pooler.q.bias,
        key,
        biases[0],
        value,
        biases[1],
        pooler.proj.weight,
        pooler.proj.bias,
        heads=pooler.num_heads,
    )
    latent: Tensor = pooler.latent[0, 0].detach()
    return Query(nn.Identity(), maps, latent, nn.Identity(), lambda x: finish(x + pooler.mlp(pooler.norm(x))))


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A transformer taken apart for one input.

    Attributes:
        start: the first block's input, (1, T, W).
        blocks: the parts of every block.
        finish: maps the last block's output (B, T, W) to unnormalised embeddings (B, D).
        project: maps one token's residual stream (B, W), as if it were pooled, to an embedding (B, D); where an
            attention pools, as if that read no other token.
        pooled: the tokens whose streams are pooled by their mean; empty for other poolings.
        mask: additive attention mask (T, T), or None.
        mapped: the tokens of a map: patches row by row, or the tokens of words.
        grid: rows and columns of the patches; (0, 0) for a caption.
        pool: the attention that pools the last block's output, with the norms before it; None where there is none, or
            it cannot be taken apart.

    """

    start: Tensor
    blocks: tuple[Parts, ...]
    finish: Step
    project: Step
    pooled: tuple[int, ...]
    mask: Tensor | None
    mapped: slice
    grid: tuple[int, int] = field(default=(0, 0))
    pool: Query | None = None


def take_apart_blocks(blocks: Iterable[Any]) -> tuple[Parts, ...]:
    """Return the parts of blocks; raise ``MethodError`` where one is of another kind."""
    parts = [take_apart(block) for block in blocks]
    known = tuple(part for part in parts if part is not None)
    if len(known) < len(parts):
        raise_no_anatomy("This encoder")
    return known


def without_padding(anatomy: Anatomy) -> Anatomy:
    """Return a causal caption's anatomy without the tokens after the pooled one, which have no effect."""
    count = max(anatomy.pooled, default=-1) + 1
    mask = anatomy.mask
    if mask is None or not bool(torch.isinf(mask[:count, count:]).all()):
        return anatomy
    return replace(anatomy, start=anatomy.start[:, :count], mask=mask[:count, :count])


def raise_no_anatomy(what: str) -> NoReturn:
    """Raise ``MethodError``: ``what`` cannot be taken apart."""
    raise MethodError(f"{what} has no attention blocks that can be read.", "Choose another method, or another model.")
