"""Directional derivatives of a last block that pools one query, in closed form.

Only the pooled token's query matters there, so moving token j changes the pooled token's attention output by

    ȯ⁽ʲ⁾ = w_j ( v̇_j + (q·k̇_j / √d)(v_j − o) )

per head, with w the attention weights of the pooled query, o = Σ w v, and dots for derivatives along Δ_j. The pooled
token itself adds Σ_m w_m (ℓ̇_m − Σ w ℓ̇) v_m with ℓ̇_m = q̇·k_m / √d, and its residual.
"""

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn import functional

from exclip_desktop.attribution.path import along, exact_derivatives
from exclip_desktop.models.towers import PooledBlock


def directional_derivatives(block: PooledBlock, points: Tensor, delta: Tensor) -> Tensor:
    """Return, at every point of the path, the derivative of the embedding along each token's own Δ.

    Args:
        block: the last block.
        points: inputs of the block, (N, T, W).
        delta: X − R, (T, W).

    Returns:
        (N, T, D): row j is J(point)[:, j, :] Δ_j.

    """
    with exact_derivatives():
        at_pooled, moved = _attended(block, points, delta)
        tokens = vmap(lambda x, dx: along(block.tail, x, dx)[1], in_dims=(None, 0))
        found: Tensor = vmap(tokens)(at_pooled, moved)
        return found


def _attended(block: PooledBlock, points: Tensor, delta: Tensor) -> tuple[Tensor, Tensor]:
    """Return the residual stream at the pooled token (N, W), and its derivatives along each Δ_j (N, T, W)."""
    attention, pooled = block.attention, block.pooled
    heads, width = attention.num_heads, attention.embed_dim
    y, dy = along(block.norm, points, delta.expand_as(points))
    weight, bias = attention.in_proj_weight, attention.in_proj_bias
    q, dq = _split(_affine(y[:, pooled], dy[:, pooled], weight[:width], bias[:width]), heads)
    v, dv = _split(_affine(y, dy, weight[2 * width :], bias[2 * width :]), heads)
    scale = (width // heads) ** -0.5
    # Keys meet only one query: its projection is carried over to them, (N, heads, W), and no key is computed. The
    # keys' bias adds the same to every logit, which the softmax cancels.
    keys = scale * weight[width : 2 * width].reshape(heads, -1, width)
    asked, shifted_asked = (torch.einsum("nhd,hdw->nhw", query, keys) for query in (q, dq))

    weights = torch.softmax(torch.einsum("nhw,ntw->nth", asked, y), dim=1)
    output = torch.einsum("nth,nthd->nhd", weights, v)
    key_shift = torch.einsum("nhw,ntw->nth", asked, dy)
    moved = weights[..., None] * (dv + key_shift[..., None] * (v - output[:, None]))
    query_shift = torch.einsum("nhw,ntw->nth", shifted_asked, y)
    query_shift = weights * (query_shift - (weights * query_shift).sum(1, keepdim=True))
    moved[:, pooled] += torch.einsum("nth,nthd->nhd", query_shift, v)

    out = attention.out_proj
    projected = block.scale(functional.linear(output.flatten(1), out.weight, out.bias))
    shifted = block.scale(functional.linear(moved.flatten(2), out.weight))
    shifted[:, pooled] += delta[pooled]
    return points[:, pooled] + projected, shifted


def _affine(y: Tensor, dy: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    return functional.linear(y, weight, bias), functional.linear(dy, weight)


def _split(pair: tuple[Tensor, Tensor], heads: int) -> tuple[Tensor, Tensor]:
    value, derivative = pair
    return value.reshape(*value.shape[:-1], heads, -1), derivative.reshape(*derivative.shape[:-1], heads, -1)
