"""Exact Jacobians of any head, contracted with Δ at once, in the mode that needs the fewest passes.

Both modes work in chunks sized from the free memory, halve them when memory runs out, and poll for cancellation between
chunks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.func import vjp, vmap

from exclip_desktop.attribution.compute_errors import is_out_of_memory
from exclip_desktop.attribution.second_order import memory_budget as memory
from exclip_desktop.attribution.second_order.path import Path, along, exact_derivatives
from exclip_desktop.attribution.second_order.unfinished import KnownChunks
from exclip_desktop.core.progress import CancelToken


@dataclass(frozen=True, slots=True)
class Passes:
    """Derivative passes of a head.

    Attributes:
        count: passes that one point needs.
        run: takes points (N, T, W) of the path and a range (start, stop) of passes, and returns (N, passes, K).

    """

    count: int
    run: Callable[[Tensor, int, int], Tensor]


def reverse_mode(path: Path, cotangents: Tensor) -> Passes:
    """Return one vector-Jacobian product per cotangent (C, D), each giving (T,): Σ_d c_d J[d, j, :]·Δ_j."""

    def run(points: Tensor, start: int, stop: int) -> Tensor:
        _, pull = vjp(path.head, points)  # type: ignore[misc]  # torch types a third value
        (gradients,) = vmap(lambda c: pull(c.expand(len(points), -1)))(cotangents[start:stop])
        return torch.einsum("cntw,tw->nct", gradients, path.delta)

    return Passes(len(cotangents), run)


def forward_mode(path: Path, rows: Tensor) -> Passes:
    """Return one Jacobian-vector product per token of ``rows`` (R,), each giving (D,): J[:, j, :] Δ_j."""
    delta = path.delta

    def run(points: Tensor, start: int, stop: int) -> Tensor:
        chosen = rows[start:stop]
        tangents = torch.zeros(len(chosen), *delta.shape, dtype=delta.dtype, device=delta.device)
        tangents[torch.arange(len(chosen)), chosen] = delta[chosen]

        derivatives = vmap(lambda t: along(path.head, points, t.expand_as(points))[1])(tangents)
        return derivatives.transpose(0, 1)

    return Passes(len(rows), run)


def run_all(
    passes: Passes,
    points: Tensor,
    cancel: CancelToken,
    finish_chunk: Callable[[int], None],
    known: KnownChunks | None = None,
) -> Tensor:
    """Return every pass at points (N, T, W) of the path: (N, passes, K).

    ``finish_chunk`` is called with the number of passes of each chunk that is computed, not of those that are
    ``known``. A chunk is some passes at one point, or, where a point needs few and is small, all passes at several
    points.
    """
    chunks = known or KnownChunks(memory.chunk_size(points[0]))
    size = chunks.size
    together = max(1, size // passes.count)

    def run(some: Tensor) -> Tensor:
        done = in_chunks(
            partial(passes.run, some), passes.count, chunks, 1, cancel, lambda count: finish_chunk(count * len(some))
        )
        return torch.cat(list(done), dim=1)

    with exact_derivatives():
        return torch.cat([run(some) for some in torch.split(points, together)])


def in_chunks(
    run: Callable[[int, int], Tensor],
    count: int,
    known: KnownChunks,
    axis: int,
    cancel: CancelToken,
    finish_chunk: Callable[[int], None],
) -> Iterator[Tensor]:
    """Yield the results of ``run`` over ``count`` pieces along ``axis``, (start, stop) at a time.

    Chunks are halved when memory runs out; ``finish_chunk`` is called with the number of pieces of each that is
    computed. Those that are ``known`` are yielded again, and the others become known.
    """
    start, size = 0, known.size
    while start < count:
        cancel.check()
        stop = min(start + size, count)
        before = known.replay()
        if before is not None:
            if before.shape[axis] < stop - start:  # memory had run out
                size = before.shape[axis]
            start += before.shape[axis]
            yield before
            continue
        try:
            part = run(start, stop)
        except RuntimeError as error:
            if stop - start == 1 or not is_out_of_memory(error):
                raise
            size = (stop - start) // 2
            continue
        known.add(part)
        yield part
        finish_chunk(stop - start)
        start = stop
