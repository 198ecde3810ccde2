"""Directional derivatives of an attention that pools by one query, in closed form.

Only one query matters there, so moving token j changes the attention's output by

    ȯ⁽ʲ⁾ = w_j ( v̇_j + (q·k̇_j / √d)(v_j − o) )

per head, with w the attention weights of the query (zero where a mask hides a token), o = Σ w v, and dots for
derivatives along Δ_j. A moving query adds Σ_m w_m (ℓ̇_m − Σ w ℓ̇) v_m with ℓ̇_m = q̇·k_m / √d. A query from one of
the tokens moves that token's residual as well; a query from their mean moves with every token, as query, key and value.
"""

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.second_order.path import exact_derivatives
from exclip_desktop.attribution.second_order.tangents import push_forward
from exclip_desktop.models.towers.attention import Query


def directional_derivatives(query: Query, points: Tensor, delta: Tensor) -> Tensor:
    """Return, at every point of the path, the derivative of the embedding along each token's own Δ.

    Args:
        query: the parts of the attention.
        points: its inputs, (N, T, W).
        delta: X − R, (T, W).

    Returns:
        (N, T, D): row j is J(point)[:, j, :] Δ_j.

    """
    with exact_derivatives():
        return push_forward(query.tail, *_attend(query, points, delta))[1]


def _attend(query: Query, points: Tensor, delta: Tensor) -> tuple[Tensor, Tensor]:
    """Return the input of ``query.tail`` (N, W), and its derivatives along each Δ_j (N, T, W)."""
    maps, source, tokens = query.maps, query.source, len(delta)
    y, dy = push_forward(query.norm, points, delta.expand_as(points)[..., None, :])
    dy = dy.squeeze(-2)
    dv = _heads(functional.linear(dy, maps.value), maps.heads)
    if source == "mean":
        y = torch.cat([y, query.mean(points)], dim=1)  # the last key and value
    v = _heads(functional.linear(y, maps.value, maps.value_bias), maps.heads)
    q = _heads(functional.linear(_query_input(query, y), maps.query, maps.query_bias), maps.heads)
    # Keys meet only one query: its projection is carried over to them, (N, heads, W), and no key is computed. The
    # keys' bias adds the same to every logit, which the softmax cancels.
    scale = q.shape[-1] ** -0.5
    keys = scale * maps.key.reshape(maps.heads, -1, maps.key.shape[1])
    query_keys = torch.einsum("nhd,hdw->nhw", q, keys)
    logits = torch.einsum("nhw,ntw->nth", query_keys, y)
    weights = torch.softmax(logits if query.mask is None else logits + query.mask[:, None], dim=1)
    output = torch.einsum("nth,nthd->nhd", weights, v)

    key_shift = torch.einsum("nhw,ntw->nth", query_keys, dy)[..., None]
    moved = weights[:, :tokens, :, None] * (dv + key_shift * (v[:, :tokens] - output[:, None]))
    if isinstance(source, int):
        dq = _heads(functional.linear(dy[:, source], maps.query), maps.heads)
        shift = torch.einsum("nhw,ntw->nth", torch.einsum("nhd,hdw->nhw", dq, keys), y)
        shift = weights * (shift - (weights * shift).sum(1, keepdim=True))
        moved[:, source] += torch.einsum("nth,nthd->nhd", shift, v)
    elif source == "mean":
        mean = weights[:, -1:, :, None] * (dv + key_shift * (v[:, -1:] - output[:, None]))
        # The output's derivative along the query, (N, heads, d, d): the keys' covariance with the values under w.
        k = torch.einsum("hdw,ntw->nthd", keys, y)
        spread = torch.einsum("nth,nthd,nthe->nhde", weights, k, v - output[:, None])
        dq = _heads(functional.linear(dy, maps.query), maps.heads)
        moved += (mean + torch.einsum("nthd,nhde->nthe", dq, spread)) / tokens

    pooled = query.scale(functional.linear(output.flatten(1), maps.out, maps.out_bias))
    shifted = query.scale(functional.linear(moved.flatten(2), maps.out))
    if isinstance(source, int):
        pooled = points[:, source] + pooled
        shifted[:, source] += delta[source]
    return pooled, shifted


def _query_input(query: Query, y: Tensor) -> Tensor:
    """Return the input of the query projection, (N, W)."""
    if isinstance(query.source, Tensor):
        return query.source.expand(len(y), -1)
    return y[:, query.source if isinstance(query.source, int) else -1]


def _heads(x: Tensor, heads: int) -> Tensor:
    return x.reshape(*x.shape[:-1], heads, -1)
