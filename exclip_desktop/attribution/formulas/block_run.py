"""Runs a transformer block by block, and keeps what methods ask of its attention, in one autograd graph."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.models.towers.anatomy import Anatomy
from exclip_desktop.models.towers.blocks import Parts
from exclip_desktop.models.towers.tower_protocols import Projections


@dataclass(frozen=True, slots=True)
class Seen:
    """What one block did.

    Attributes:
        before: the residual stream it read, (1, T, W).
        query, key, value: its projections, (1, T, W).
        weights: its attention weights, (1, H, T, T).
        attended: what attention took, before the way out, (1, T, W).

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
        seen: what each block did.
        last: the residual stream after the last one, (1, T, W).
        embedding: the unnormalised embedding, (D,).

    """

    seen: tuple[Seen, ...]
    last: Tensor
    embedding: Tensor


@contextmanager
def recorded() -> Iterator[None]:
    """Let gradients flow, whatever the caller's mode; weights ask for none."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


def run_blocks(anatomy: Anatomy, first: int = 0, *, one_head: bool = False) -> Run:
    """Run all blocks; those from ``first`` on are seen, with one head over all channels where ``one_head`` is set.

    Gradients with respect to anything seen can be taken from the embedding, inside ``recorded``.
    """
    with torch.no_grad():
        x = run_stream(anatomy, anatomy.start, 0, first)
    x = x.detach().requires_grad_()
    seen = []
    for part in anatomy.blocks[first:]:
        seen.append(look_at(part, x, anatomy.mask, 1 if one_head else part.maps.heads))
        x = passed(part, x, seen[-1])
    return Run(tuple(seen), x, anatomy.finish(x)[0])


def run_stream(anatomy: Anatomy, x: Tensor, first: int, stop: int) -> Tensor:
    """Return a stream (B, T, W) after the blocks from ``first`` to before ``stop``."""
    for part in anatomy.blocks[first:stop]:
        x = passed(part, x, look_at(part, x, anatomy.mask, part.maps.heads))
    return x


def passed_out(part: Parts, attended: Tensor) -> Tensor:
    """Return what the attention's way out makes of (…, W)."""
    return way_out(part.maps, attended)


def way_out(maps: Projections, attended: Tensor) -> Tensor:
    """Return what an attention's way out makes of (…, W)."""
    return functional.linear(attended, maps.out, maps.out_bias)


def look_at(part: Parts, x: Tensor, mask: Tensor | None, heads: int) -> Seen:
    """Return what a block's attention does with a stream (B, T, W), by ``heads`` heads."""
    y, maps = part.norm(x), part.maps
    query = functional.linear(y, maps.query, maps.query_bias)
    key = functional.linear(y, maps.key, maps.key_bias)
    value = functional.linear(y, maps.value, maps.value_bias)
    weights, attended = attended_by(query, key, value, heads, mask)
    return Seen(x, query, key, value, weights, attended)


def attended_by(
    query: Tensor, key: Tensor, value: Tensor, heads: int, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return the weights (B, H, Q, T) of queries (B, Q, W) on keys (B, T, W), and what they take, (B, Q, W)."""
    asked, keys, values = (one.reshape(*one.shape[:2], heads, -1).transpose(1, 2) for one in (query, key, value))
    scores = asked @ keys.mT / keys.shape[-1] ** 0.5
    weights = torch.softmax(scores if mask is None else scores + mask, dim=-1)
    return weights, (weights @ values).transpose(1, 2).flatten(2)


def passed(part: Parts, x: Tensor, seen: Seen) -> Tensor:
    """Return the stream after a block of whose attention ``seen`` is known."""
    x = x + part.scale(passed_out(part, seen.attended))
    return x + part.second(x)
