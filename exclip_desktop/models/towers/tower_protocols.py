"""What every tower is to the explainer: features before a layer, the head after it, and where one query pools.

Layer ℓ means the input of transformer block (or ResNet stage) ℓ, counted from 0; ``"pool"`` is the input of an
attention that pools. Shapes: T tokens, W width, D embedding dimensions, B batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.core.values.settings import POOL as POOL
from exclip_desktop.core.values.settings import Layer as Layer

if TYPE_CHECKING:
    from exclip_desktop.models.towers.anatomy import Anatomy  # it stands on this module


@dataclass(frozen=True, slots=True)
class Projections:
    """An attention's linear maps: weights (W_out, W_in), biases (W_out,), the number of heads, and the way out."""

    query: Tensor
    query_bias: Tensor | None
    key: Tensor
    key_bias: Tensor | None
    value: Tensor
    value_bias: Tensor | None
    out: Tensor
    out_bias: Tensor | None
    heads: int

    def attend(self, asking: Tensor, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return what ``asking`` (B, Q, W) takes from ``tokens`` (B, T, W), the keys and values: (B, Q, W)."""
        asked, keys, values = (
            functional.linear(part, weight, bias).reshape(*part.shape[:2], self.heads, -1).transpose(1, 2)
            for part, weight, bias in (
                (asking, self.query, self.query_bias),
                (tokens, self.key, self.key_bias),
                (tokens, self.value, self.value_bias),
            )
        )
        attended = functional.scaled_dot_product_attention(asked, keys, values, attn_mask=mask)
        return functional.linear(attended.transpose(1, 2).flatten(2), self.out, self.out_bias)


@dataclass(frozen=True, slots=True)
class Query:
    """An attention of which only one query matters, taken apart: all that follows depends on it alone.

    Attributes:
        norm: what tokens pass, each by itself, before the attention.
        maps: the attention's linear maps.
        asks: the token that asks, by its index; or a constant query input (W,); or ``"mean"``, the tokens' mean, which
            is then a key and a value of its own.
        mean_shift: what is added to the mean (its position), (W,); of other queries unused.
        mask: what is added to the logits of a token that asks, (T,): −inf hides a token from it; None hides none.
        scale: what the attention's output passes before the residual (LayerScale or identity).
        tail: the rest, from the asking token's residual stream (B, W), of other queries the attention's output alone,
            to the embedding (B, D).

    """

    norm: Callable[[Tensor], Tensor]
    maps: Projections
    asks: int | Tensor | Literal["mean"]
    scale: Callable[[Tensor], Tensor]
    tail: Callable[[Tensor], Tensor]
    mean_shift: Tensor | None = None
    mask: Tensor | None = None

    def embed(self, x: Tensor) -> Tensor:
        """Return the embeddings of inputs at the cost of one query: (B, T, W) → (B, D)."""
        y = self.norm(x)
        if isinstance(self.asks, Tensor):
            asking = self.asks.expand(len(x), 1, -1)
        elif isinstance(self.asks, int):
            asking = y[:, self.asks : self.asks + 1]
        else:
            asking = self.mean(x)
            y = torch.cat([asking, y], dim=1)
        found = self.scale(self.maps.attend(asking, y, None if self.mask is None else self.mask[None])[:, 0])
        return self.tail(x[:, self.asks] + found if isinstance(self.asks, int) else found)

    def alone(self, x: Tensor) -> Tensor:
        """Return the embeddings of tokens (B, W) that a constant query reads alone: (B, D)."""
        maps = self.maps
        value = functional.linear(self.norm(x), maps.value, maps.value_bias)
        return self.tail(self.scale(functional.linear(value, maps.out, maps.out_bias)))

    def mean(self, x: Tensor) -> Tensor:
        """Return the token that asks where the mean does: (B, T, W) → (B, 1, W)."""
        assert self.mean_shift is not None
        return x.mean(1, keepdim=True) + self.mean_shift


@dataclass(frozen=True, slots=True)
class Cut:
    """A tower cut at a layer.

    Attributes:
        features: model input, a picture (3, h, w) or token ids (T,), → the layer's input (T, W).
        head: (B, T, W) → unnormalised embeddings (B, D).
        query: the pooling attention taken apart where it is all that the head is, else None.
        prefix: how many leading image tokens are class or register tokens.
        grid: rows and columns of the patches after them; (0, 0) of a caption.
        patch_size: rows and columns of the model's input that one patch covers.
        hidden: tokens of a caption that its padding mask hides from all others, and that are not pooled: rows of zeros.

    """

    features: Callable[[Tensor], Tensor]
    head: Callable[[Tensor], Tensor]
    query: Query | None = None
    prefix: int = 0
    grid: tuple[int, int] = (0, 0)
    patch_size: tuple[int, int] = (0, 0)
    hidden: tuple[int, ...] = ()


class ImageTower(Protocol):
    """An image encoder that can be cut.

    Attributes:
        layers: how many blocks (or stages) it has.
        pools: whether it has a layer ``"pool"``.
        input_size: height and width of its own input.
        unit: what height and width of any input must be multiples of; None where it takes its own size only.
        embedding_size: D.

    """

    layers: int
    pools: bool
    input_size: tuple[int, int]
    unit: tuple[int, int] | None
    embedding_size: int

    def cut(self, layer: Layer, size: tuple[int, int] | None = None) -> Cut:
        """Return the tower cut at ``layer``, for inputs of ``size`` (h, w) where that is not its own."""

    def anatomy(self, pixels: Tensor) -> "Anatomy":
        """Return a picture's (3, h, w) way through the blocks; raises ``MethodError`` where they cannot be seen."""


class TextTower(Protocol):
    """A text encoder that can be cut.

    Attributes:
        layers: how many blocks it has.
        pools: whether it has a layer ``"pool"``.
        padded: whether a caption is given to it with its padding; else it ends with [EOT], after which nothing matters.
        class_token: whether it adds a learned token of its own after the caption.
        vocabulary: how many token ids it knows.

    """

    layers: int
    pools: bool
    padded: bool
    class_token: bool
    vocabulary: int

    def anatomy(self, ids: Tensor) -> "Anatomy":
        """Return a caption's (T,) way through the blocks; raises ``MethodError`` where they cannot be seen."""

    def cut(self, layer: Layer, ids: Tensor) -> Cut:
        """Return the tower cut at ``layer`` for the caption with token ``ids`` (T,).

        They say where it pools and which tokens its padding mask hides, whatever ids it is then given.
        """
