"""Integrates one side of a pair, and estimates its cost from the first passes."""

import time
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from exclip_desktop.attribution.second_order import closed_form, jacobian
from exclip_desktop.attribution.second_order import memory_budget as memory
from exclip_desktop.attribution.second_order.integral import Derivatives, Integral, Quadrature, integrate
from exclip_desktop.attribution.second_order.path import Path
from exclip_desktop.attribution.second_order.unfinished import FinishedChunks
from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.core.values.cost_estimates import CostEstimate
from exclip_desktop.core.values.explanation import SideReport

TIMED_CHUNKS = 2  # after the first, which warms up


class PassTimer:
    """Reports finished passes with an estimate of their cost: memory at once, seconds once some chunks are timed.

    The timed chunks are part of the work, so that the estimate costs nothing; an accelerator is waited for after each.
    """

    def __init__(
        self, side: str, usual_passes: int, cost: CostEstimate, progress: Progress, device: torch.device
    ) -> None:
        """Expect ``usual_passes`` of ``side``; ``cost`` has no seconds yet."""
        self._side, self._usual_passes, self._cost = side, usual_passes, cost
        self._progress, self._device = progress, device
        self._done = self._total = self._chunks = 0
        self._first_end = 0.0, 0  # when the first chunk had ended, and its number of passes

    def add_passes(self, count: int, done: int = 0) -> None:
        """Add ``count`` passes to the work, of which some were ``done`` before an interruption."""
        self._total += count
        self._done += done
        self._report()

    def finish_chunk(self, count: int) -> None:
        """Count a finished chunk of ``count`` passes."""
        self._done += count
        self._chunks += 1
        if self._chunks <= 1 + TIMED_CHUNKS:
            self._time()
        self._report()

    def _time(self) -> None:
        _wait_for(self._device)
        now = time.perf_counter()
        if self._chunks == 1:
            self._first_end = now, self._done
            return
        began_s, before = self._first_end
        seconds = (now - began_s) / (self._done - before) * max(self._usual_passes, self._total)
        self._cost = replace(self._cost, seconds=seconds)

    def _report(self) -> None:
        self._progress(Report(self._side, self._done, max(self._usual_passes, self._total), self._cost))


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def integrate_factor(
    path: Path,
    quadrature: Quadrature,
    side: str,
    progress: Progress,
    cancel: CancelToken,
    finished: FinishedChunks | None = None,
) -> Integral:
    """Return one side's factor, (T, D), by the closed form where there is one, else by the fewest passes.

    ``finished`` are the chunks that were computed before an interruption; the others are added to them.
    """
    target, chunks = path.embedding - path.start, finished or FinishedChunks()
    if path.query is not None:
        derivatives = _closed_form_derivatives(path, side, quadrature, progress, cancel, chunks)
        return integrate(derivatives, quadrature, target, "closed form")
    moving = _moving_tokens(path)
    if len(moving) == 0:
        return _integral_of_fixed_input(len(path.features), target)
    passes, forwards = make_factor_passes(path), _is_forward_cheaper(path, moving)
    arrange = _scatter_rows(moving, path) if forwards else torch.t
    way = "forward mode" if forwards else "reverse mode"
    timer = _make_timer(path, passes, len(target), quadrature, side, progress)
    return integrate(_pass_derivatives(path, passes, arrange, timer, cancel, chunks), quadrature, target, way)


def make_factor_passes(path: Path) -> jacobian.Passes:
    """Return the derivative passes of one side's whole factor, in the mode that needs the fewest."""
    moving, target = _moving_tokens(path), path.embedding
    if _is_forward_cheaper(path, moving):
        return jacobian.forward_mode(path, moving)
    return jacobian.reverse_mode(path, torch.eye(len(target), dtype=target.dtype, device=target.device))


def _is_forward_cheaper(path: Path, moving: Tensor) -> bool:
    """Return whether one pass per moving token is fewer than one per embedding dimension."""
    return len(moving) < len(path.embedding)


def integrate_products(
    image: Path,
    words: Tensor,
    quadrature: Quadrature,
    progress: Progress,
    cancel: CancelToken,
    finished: FinishedChunks | None = None,
) -> Integral:
    """Return v_j·u_i for every image token and caption token, (T_image, T_text).

    Where the image factor has no closed form and the caption has few tokens, only the products are integrated: one
    reverse pass per caption token instead of one per embedding dimension.
    """
    rows = words.abs().sum(1).nonzero()[:, 0]
    if not needs_fewer_passes_as_pair(
        image.query is not None, len(rows), len(_moving_tokens(image)), len(image.embedding)
    ):
        whole = integrate_factor(image, quadrature, "picture", progress, cancel, finished)
        return replace(whole, rows=whole.rows @ words.T)
    if len(rows) == 0 or len(_moving_tokens(image)) == 0:
        return _integral_of_fixed_input(len(image.features), words.new_zeros(len(words)))
    passes = jacobian.reverse_mode(image, words[rows])
    target = words[rows] @ (image.embedding - image.start)
    timer = _make_timer(image, passes, len(rows), quadrature, "picture", progress)
    derivatives = _pass_derivatives(image, passes, lambda c: c.T, timer, cancel, finished or FinishedChunks())
    integral = integrate(derivatives, quadrature, target, "pair")
    products = integral.rows.new_zeros(len(integral.rows), len(words))
    products[:, rows] = integral.rows
    return replace(integral, rows=products)


def needs_fewer_passes_as_pair(closed: bool, caption_tokens: int, image_tokens: int, size: int) -> bool:
    """Return whether one reverse pass per caption token is cheaper than the image's whole factor (of ``size`` D)."""
    return not closed and caption_tokens < min(image_tokens, size)


def _make_timer(
    path: Path, passes: jacobian.Passes, columns: int, quadrature: Quadrature, side: str, progress: Progress
) -> PassTimer:
    nodes, device = quadrature.usual_nodes, path.features.device
    peak = memory.peak_bytes(path.features, passes.count * nodes, columns, nodes)
    return PassTimer(side, passes.count * nodes, CostEstimate(None, peak, memory.free_bytes(device)), progress, device)


def _integral_of_fixed_input(tokens: int, target: Tensor) -> Integral:
    """Return the integral along a path of length 0: the input is its own reference."""
    return Integral(target.new_zeros(tokens, len(target)), SideReport(0, 0.0, None, True, "nothing moves"))


def _moving_tokens(path: Path) -> Tensor:
    """Return the tokens that the head reads and that differ from the reference; the rows of all others are zero."""
    changes = path.delta.abs().sum(1)
    changes[list(path.hidden)] = 0
    return changes.nonzero()[:, 0]


def _scatter_rows(rows: Tensor, path: Path) -> Callable[[Tensor], Tensor]:
    def scatter(values: Tensor) -> Tensor:
        whole = values.new_zeros(len(path.features), values.shape[1])
        whole[rows] = values
        return whole

    return scatter


def _closed_form_derivatives(
    path: Path, side: str, quadrature: Quadrature, progress: Progress, cancel: CancelToken, finished: FinishedChunks
) -> Derivatives:
    query, done = path.query, 0
    assert query is not None

    def compute(nodes: Tensor) -> Tensor:
        nonlocal done
        total = max(done + len(nodes), quadrature.usual_nodes)
        known = finished.next_call(memory.chunk_size(path.features))
        done += sum(len(chunk) for chunk in known.chunks)

        def run(start: int, stop: int) -> Tensor:
            return closed_form.directional_derivatives(query, path.at(nodes[start:stop]), path.delta)

        def finish_nodes(count: int) -> None:
            nonlocal done
            done += count
            progress(Report(side, done, total))

        progress(Report(side, done, total))
        return torch.cat(list(jacobian.in_chunks(run, len(nodes), known, 0, cancel, finish_nodes)))

    return compute


def _pass_derivatives(
    path: Path,
    passes: jacobian.Passes,
    arrange: Callable[[Tensor], Tensor],
    timer: PassTimer,
    cancel: CancelToken,
    finished: FinishedChunks,
) -> Derivatives:
    def compute(nodes: Tensor) -> Tensor:
        known = finished.next_call(memory.chunk_size(path.features))
        done = sum(chunk.shape[0] * chunk.shape[1] for chunk in known.chunks)  # points × passes
        timer.add_passes(len(nodes) * passes.count, done)
        values = jacobian.run_all(passes, path.at(nodes), cancel, timer.finish_chunk, known)
        return torch.stack([arrange(of_node) for of_node in values])

    return compute
