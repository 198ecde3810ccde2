"""Exact Jacobians of any head, contracted with Δ at once, by whichever way needs the fewest passes.

Each way works in chunks sized from the free memory, halves them when memory runs out, and polls for cancellation
between them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import vjp, vmap

from exclip_desktop.attribution.path import Path, along, exact_derivatives
from exclip_desktop.core.progress import CancelToken

CPU_CHUNK_BYTES = 96 * 2**20  # larger chunks were no faster on 2 cores
GPU_SHARE = 0.25
LIVE_COPIES = 24  # activations of one pass that live at once, in units of its features (measured, rounded up)


@dataclass(frozen=True, slots=True)
class Passes:
    """One derivative pass each: how many there are, and a function that does a chunk of them."""

    count: int
    run: Callable[[Tensor, int, int], Tensor]


def reverse_mode(path: Path, cotangents: Tensor) -> Passes:
    """Return one vector-Jacobian product per cotangent (C, D), each giving (T,): Σ_d c_d J[d, j, :]·Δ_j."""

    def run(point: Tensor, start: int, stop: int) -> Tensor:
        _, pull = vjp(lambda x: path.head(x[None])[0], point)  # type: ignore[misc]  # torch types a third value
        (gradients,) = vmap(pull)(cotangents[start:stop])
        return torch.einsum("ctw,tw->ct", gradients, path.delta)

    return Passes(len(cotangents), run)


def forward_mode(path: Path, rows: Tensor) -> Passes:
    """Return one Jacobian-vector product per token of ``rows`` (R,), each giving (D,): J[:, j, :] Δ_j."""
    delta = path.delta

    def run(point: Tensor, start: int, stop: int) -> Tensor:
        chosen = rows[start:stop]
        tangents = torch.zeros(len(chosen), *delta.shape, dtype=delta.dtype, device=delta.device)
        tangents[torch.arange(len(chosen)), chosen] = delta[chosen]
        found: Tensor = vmap(lambda t: along(lambda x: path.head(x[None])[0], point, t)[1])(tangents)
        return found

    return Passes(len(rows), run)


def run_all(passes: Passes, point: Tensor, cancel: CancelToken, tick: Callable[[int], None]) -> Tensor:
    """Do every pass at one point (T, W) of the path; ``tick`` is told how many were done after each chunk."""
    with exact_derivatives():
        return torch.cat(list(_chunks(passes, point, cancel, tick)))


def _chunks(passes: Passes, point: Tensor, cancel: CancelToken, tick: Callable[[int], None]) -> Iterator[Tensor]:
    size, start = chunk_size(point), 0
    while start < passes.count:
        cancel.check()
        stop = min(start + size, passes.count)
        try:
            part = passes.run(point, start, stop)
        except torch.OutOfMemoryError:
            if size == 1:
                raise
            size = max(1, size // 2)
            continue
        yield part
        tick(stop - start)
        start = stop


def chunk_size(features: Tensor) -> int:
    """Return how many copies of features (T, W) one chunk of work may hold."""
    one = LIVE_COPIES * features.numel() * features.element_size()
    budget = CPU_CHUNK_BYTES
    if features.device.type == "cuda":
        budget = int(torch.cuda.mem_get_info(features.device)[0] * GPU_SHARE)
    return max(1, budget // one)
