"""Attention as its linear maps, and attention of which one query matters. Shapes: B batch, T tokens, W width."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional


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
    source: int | Tensor | Literal["mean"]
    scale: Callable[[Tensor], Tensor]
    tail: Callable[[Tensor], Tensor]
    mean_shift: Tensor | None = None
    mask: Tensor | None = None

    def embed(self, x: Tensor) -> Tensor:
        """Return the embeddings of inputs at the cost of one query: (B, T, W) → (B, D)."""
        y = self.norm(x)
        if isinstance(self.source, Tensor):
            asking = self.source.expand(len(x), 1, -1)
        elif isinstance(self.source, int):
            asking = y[:, self.source : self.source + 1]
        else:
            asking = self.mean(x)
            y = torch.cat([asking, y], dim=1)
        found = self.scale(self.maps.attend(asking, y, None if self.mask is None else self.mask[None])[:, 0])
        return self.tail(x[:, self.source] + found if isinstance(self.source, int) else found)

    def embed_alone(self, x: Tensor) -> Tensor:
        """Return the embeddings of tokens (B, W) that a constant query reads alone: (B, D)."""
        maps = self.maps
        value = functional.linear(self.norm(x), maps.value, maps.value_bias)
        return self.tail(self.scale(functional.linear(value, maps.out, maps.out_bias)))

    def mean(self, x: Tensor) -> Tensor:
        """Return the token that asks where the mean does: (B, T, W) → (B, 1, W)."""
        assert self.mean_shift is not None
        return x.mean(1, keepdim=True) + self.mean_shift
