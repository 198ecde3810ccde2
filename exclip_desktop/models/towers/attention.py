"""Attention as its linear maps, and attention of which one query matters. Shapes: B batch, T tokens, W width."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Projections:
    """The linear maps of an attention: weights (W_out, W_in), biases (W_out,) or None, and the number of heads."""

    query: Tensor
    query_bias: Tensor | None
    key: Tensor
    key_bias: Tensor | None
    value: Tensor
    value_bias: Tensor | None
    out: Tensor
    out_bias: Tensor | None
    heads: int

    def attend(self, queries: Tensor, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the output (B, Q, W) for ``queries`` (B, Q, W), with keys and values from ``tokens`` (B, T, W)."""
        query, keys, values = (
            functional.linear(part, weight, bias).reshape(*part.shape[:2], self.heads, -1).transpose(1, 2)
            for part, weight, bias in (
                (queries, self.query, self.query_bias),
                (tokens, self.key, self.key_bias),
                (tokens, self.value, self.value_bias),
            )
        )
        attended = functional.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
        return functional.linear(attended.transpose(1, 2).flatten(2), self.out, self.out_bias)


@dataclass(frozen=True, slots=True)
class Query:
    """An attention layer whose single query determines the embedding.

    Attributes:
        norm: applied to each token before the attention.
        maps: the attention's linear maps.
        source: the query's token, by its index; or a constant query input (W,); or ``"mean"``, the tokens' mean, which
            is then a key and a value as well.
        mean_shift: added to the mean (its position), (W,); None for other queries.
        mask: added to the logits of the query's token, (T,): −inf hides a token from it; None hides none.
        scale: applied to the attention's output before the residual (LayerScale or identity).
        tail: maps the residual stream of the query's token (B, W), of other queries the attention's output alone, to
            the embedding (B, D).

    """

    norm: Callable[[Tensor], Tensor]
    maps: Projections
    source: int | Tensor | Literal["mean"]
    scale: Callable[[Tensor], Tensor]
    tail: Callable[[Tensor], Tensor]
    mean_shift: Tensor | None = None
    mask: Tensor | None = None

    def embed(self, x: Tensor) -> Tensor:
        """Return the embeddings of inputs, computed for the one query only: (B, T, W) → (B, D)."""
        y = self.norm(x)
        if isinstance(self.source, Tensor):
            query = self.source.expand(len(x), 1, -1)
        elif isinstance(self.source, int):
            query = y[:, self.source : self.source + 1]
        else:
            query = self.mean(x)
            y = torch.cat([query, y], dim=1)
        output = self.scale(self.maps.attend(query, y, None if self.mask is None else self.mask[None])[:, 0])
        return self.tail(x[:, self.source] + output if isinstance(self.source, int) else output)

    def embed_alone(self, x: Tensor) -> Tensor:
        """Return the embeddings of tokens (B, W), each as the only token that a constant query reads: (B, D)."""
        maps = self.maps
        value = functional.linear(self.norm(x), maps.value, maps.value_bias)
        return self.tail(self.scale(functional.linear(value, maps.out, maps.out_bias)))

    def mean(self, x: Tensor) -> Tensor:
        """Return the query's token where it is the mean: (B, T, W) → (B, 1, W)."""
        assert self.mean_shift is not None
        return x.mean(1, keepdim=True) + self.mean_shift
