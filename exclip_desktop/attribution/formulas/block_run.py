"""Runs a transformer block by block and records its attention in one autograd graph."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.core.errors import MethodError, SettingsError
from exclip_desktop.models.towers.attention import Projections
from exclip_desktop.models.towers.blocks import Anatomy, Parts


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """The values of one attention.

    Attributes:
        before: the residual stream that it read, (1, T, W).
        query, key, value: its projections, (1, T, W).
        weights: its attention weights, (1, H, T, T).
        attended: the attended values before the output projection, (1, T, W).

    """

    before: Tensor
    query: Tensor
    key: Tensor
    value: Tensor
    weights: Tensor
    attended: Tensor


@dataclass(frozen=True, slots=True)
class Run:
    """A run through the blocks from ``first`` on.

    Attributes:
        records: one for each block.
        last: the residual stream after the last block, (1, T, W).
        embedding: the unnormalised embedding, (D,).

    """

    records: tuple[BlockRecord, ...]
    last: Tensor
    embedding: Tensor


@contextmanager
def enable_gradients() -> Iterator[None]:
    """Let gradients flow, whatever the caller's mode; the weights still require none."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


def run_blocks(anatomy: Anatomy, first: int = 0, *, one_head: bool = False) -> Run:
    """Run all blocks and record those from ``first`` on, with one head over all channels where ``one_head`` is set.

    Gradients of the embedding with respect to anything recorded can be taken inside ``enable_gradients``.
    """
    with torch.no_grad():
        x = run_stream(anatomy, anatomy.start, 0, first)
    x = x.detach().requires_grad_()
    records = []
    for part in anatomy.blocks[first:]:
        records.append(attend(part, x, anatomy.mask, 1 if one_head else part.maps.heads))
        x = finish_block(part, x, records[-1])
    return Run(tuple(records), x, anatomy.finish(x)[0])


def run_stream(anatomy: Anatomy, x: Tensor, first: int, stop: int) -> Tensor:
    """Return a stream (B, T, W) after the blocks from ``first`` to before ``stop``."""
    for part in anatomy.blocks[first:stop]:
        x = finish_block(part, x, attend(part, x, anatomy.mask, part.maps.heads))
    return x


def attend(part: Parts, x: Tensor, mask: Tensor | None, heads: int) -> BlockRecord:
    """Run a block's attention on a stream (B, T, W) with ``heads`` heads."""
    y, maps = part.norm(x), part.maps
    query = functional.linear(y, maps.query, maps.query_bias)
    key = functional.linear(y, maps.key, maps.key_bias)
    value = functional.linear(y, maps.value, maps.value_bias)
    weights, attended = compute_attention(query, key, value, heads, mask)
    return BlockRecord(x, query, key, value, weights, attended)


def compute_attention(
    query: Tensor, key: Tensor, value: Tensor, heads: int, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return the weights (B, H, Q, T) of queries (B, Q, W) on keys (B, T, W), and the attended values, (B, Q, W)."""
    queries, keys, values = (one.reshape(*one.shape[:2], heads, -1).transpose(1, 2) for one in (query, key, value))
    scores = queries @ keys.mT / keys.shape[-1] ** 0.5
    weights = torch.softmax(scores if mask is None else scores + mask, dim=-1)
    return weights, (weights @ values).transpose(1, 2).flatten(2)


def finish_block(part: Parts, x: Tensor, record: BlockRecord) -> Tensor:
    """Return the stream (B, T, W) after a block whose attention is recorded."""
    x = x + part.scale(project_output(part.maps, record.attended))
    return x + part.second(x)


def project_output(maps: Projections, attended: Tensor) -> Tensor:
    """Return the output projection of attended values (…, W)."""
    return functional.linear(attended, maps.out, maps.out_bias)


def cosine_with(other: Tensor, embedding: Tensor) -> Tensor:
    """Return the cosine of embeddings (…, D) with ``other`` (D,): (…), with gradients."""
    return functional.normalize(embedding, dim=-1) @ functional.normalize(other, dim=-1)


def pooled_tokens(anatomy: Anatomy, method: str) -> list[int]:
    """Return the tokens whose streams are pooled: a class token, [EOT], or all patches of a model that averages.

    The methods were published for one such token; with several, they follow each and take the mean.

    Raises:
        MethodError: the model pools in another way.

    """
    if not anatomy.pooled:
        raise MethodError(
            f"{method} follows pooled tokens, and this encoder pools by an attention of its own, or a maximum.",
            "Choose another method, or a model with a class token.",
        )
    return list(anatomy.pooled)


def block_index(anatomy: Anatomy, start: int) -> int:
    """Return a block's index from 0; negatives count from the end.

    Raises:
        SettingsError: there is no such block.

    """
    count = len(anatomy.blocks)
    if not -count <= start < count:
        raise SettingsError(f"There is no block {start}.", f"Choose one from 0 to {count - 1}; −1 is the last.")
    return start % count
