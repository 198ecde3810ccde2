"""Forward mode written out for the few maps that follow an attention: a value, and its derivatives along directions.

torch's own forward mode takes a millisecond a layer to set up, more than a small tower needs; and it repeats the value
for every direction, or is vectorised anew at every call. These rules run as plain operations.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn import functional

from exclip_desktop.attribution.second_order.path import along


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
