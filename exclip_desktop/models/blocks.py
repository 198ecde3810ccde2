"""open_clip's transformer blocks taken apart: run with queries, keys and values each by itself, or for one query only.

torch's attention projects all three at once and slices them; in a derivative, slices cost zeros to fill and to add.
"""

from collections.abc import Callable
from typing import Any

from open_clip.transformer import ResidualAttentionBlock
from torch import Tensor, nn

from exclip_desktop.models.cuts import Projections, Query


def run_block(block: Any, x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the block's output for features (B, T, W) and an additive attention mask (T, T), or None."""
    maps = _maps(block)  # at every run, for the block may have moved to another device
    if maps is None:
        found: Tensor = block(x, attn_mask=mask)
        return found
    y = block.ln_1(x)
    return _after_attention(block, x + block.ls_1(maps.attend(y, y, mask)))


def block_query(
    block: Any, pooled: int, finished: Callable[[Tensor], Tensor], mask: Tensor | None = None
) -> Query | None:
    """Return a block of whose output only token ``pooled`` matters; None where it cannot be taken apart.

    ``mask`` (T,) is the pooled token's row of the additive attention mask.
    """
    maps = _maps(block)
    if maps is None:
        return None
    return Query(block.ln_1, maps, pooled, block.ls_1, lambda x: finished(_after_attention(block, x)), mask=mask)


def multihead(attention: nn.Module) -> Projections | None:
    """Return torch's multi-head attention taken apart; None where it is another kind or more than that."""
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


def _after_attention(block: Any, x: Tensor) -> Tensor:
    moved: Tensor = block.ls_2(block.mlp(block.ln_2(x)))
    return x + moved


def _maps(block: Any) -> Projections | None:
    return multihead(block.attn) if type(block) is ResidualAttentionBlock else None
