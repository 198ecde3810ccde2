"""Directional derivatives of an attention that pools by one query, in closed form.

Only one query matters there, so moving token j changes the attention's output by

    ȯ⁽ʲ⁾ = w_j ( v̇_j + (q·k̇_j / √d)(v_j − o) )

per head, with w the attention weights of the query (zero where a mask hides a token), o = Σ w v, and dots for
derivatives along Δ_j. A moving query adds Σ_m w_m (ℓ̇_m − Σ w ℓ̇) v_m with ℓ̇_m = q̇·k_m / √d. A query from one of
the tokens moves that token's residual as well; a query from their mean moves with every token, as query, key and value.

What follows the attention is differentiated by forward mode written out for its few maps: torch's own takes a
millisecond a layer to set up, more than a small tower needs; and it repeats the value for every direction, or is
vectorised anew at every call. These rules run as plain operations.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn import functional

from exclip_desktop.attribution.second_order.path import along, exact_derivatives
from exclip_desktop.models.towers.attention import Query


class _NoRule(AttributeError):
    """A map uses an operation without a forward rule."""


@dataclass(frozen=True, slots=True)
class _DualTensor:
    """A value (…, W) and its derivatives along K directions, (…, K, W); torch's functions accept it as a tensor."""

    value: Tensor
    along: Tensor

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> "_DualTensor":
        rule = RULES.get(function)
        if rule is None:
            raise _NoRule(str(function))
        return rule(*args, **kwargs or {})

    def __getattr__(self, name: str) -> Any:
        raise _NoRule(name)

    @property
    def dtype(self) -> torch.dtype:
        return self.value.dtype

    def to(self, dtype: torch.dtype) -> "_DualTensor":
        return _DualTensor(self.value.to(dtype), self.along.to(dtype))

    def __add__(self, other: Any) -> "_DualTensor":
        return _sum(self, other)

    def __mul__(self, other: Any) -> "_DualTensor":
        return _product(self, other)

    __rmul__ = __mul__

    def __matmul__(self, matrix: Tensor) -> "_DualTensor":
        return _linear(self, matrix.T)


def push_forward(function: Callable[[Any], Any], value: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """Return a function of the last axis at ``value`` (…, W), (…, D), and its derivatives along ``directions``.

    Args:
        function: maps (…, W) to (…, D), each row by itself.
        value: the point.
        directions: (…, K, W), K of them at each row.

    Returns:
        (…, D) and (…, K, D).

    """
    try:
        result = function(_DualTensor(value, directions))
        return result.value, result.along
    except _NoRule:
        each = vmap(lambda dx: along(function, value, dx)[1], in_dims=-2, out_dims=-2)
        return function(value), each(directions)


def _linear(x: _DualTensor, weight: Tensor, bias: Tensor | None = None) -> _DualTensor:
    return _DualTensor(functional.linear(x.value, weight, bias), functional.linear(x.along, weight))


def _layer_norm(
    x: _DualTensor, shape: Sequence[int], weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> _DualTensor:
    if len(shape) != 1:
        raise _NoRule("layer_norm of several axes")
    centred = x.value - x.value.mean(-1, keepdim=True)
    scale = torch.rsqrt(centred.square().mean(-1, keepdim=True) + eps)
    normed = (centred * scale)[..., None, :]
    shifted = x.along - x.along.mean(-1, keepdim=True)
    shifted = (shifted - normed * (normed * shifted).mean(-1, keepdim=True)) * scale[..., None, :]
    return _DualTensor(
        functional.layer_norm(x.value, shape, weight, bias, eps), shifted if weight is None else shifted * weight
    )


def _gelu(x: _DualTensor, approximate: str = "none") -> _DualTensor:
    slope = torch.ops.aten.gelu_backward(torch.ones_like(x.value), x.value, approximate=approximate)
    return _DualTensor(functional.gelu(x.value, approximate=approximate), slope[..., None, :] * x.along)


def _sigmoid(x: _DualTensor) -> _DualTensor:
    value = torch.sigmoid(x.value)
    return _DualTensor(value, (value * (1 - value))[..., None, :] * x.along)


def _sum(x: Any, y: Any) -> _DualTensor:
    if isinstance(x, _DualTensor) and isinstance(y, _DualTensor):
        return _DualTensor(x.value + y.value, x.along + y.along)
    moving, constant = (x, y) if isinstance(x, _DualTensor) else (y, x)
    return _DualTensor(moving.value + constant, moving.along)


def _product(x: Any, y: Any) -> _DualTensor:
    if isinstance(x, _DualTensor) and isinstance(y, _DualTensor):
        return _DualTensor(x.value * y.value, x.along * y.value[..., None, :] + x.value[..., None, :] * y.along)
    moving, constant = (x, y) if isinstance(x, _DualTensor) else (y, x)
    return _DualTensor(moving.value * constant, moving.along * constant)


def _dropout(x: _DualTensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> _DualTensor:
    if training:
        raise _NoRule("dropout")
    return x


RULES: Final[Mapping[Any, Callable[..., _DualTensor]]] = {
    functional.linear: _linear,
    functional.layer_norm: _layer_norm,
    functional.gelu: _gelu,
    functional.dropout: _dropout,
    torch.sigmoid: _sigmoid,
    torch.add: _sum,
    torch.Tensor.add: _sum,
    torch.Tensor.mul: _product,
}


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
