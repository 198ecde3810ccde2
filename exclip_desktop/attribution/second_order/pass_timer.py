"""Times the first passes of an integral and estimates the cost of all."""

import time
from dataclasses import replace

import torch

from exclip_desktop.core.progress import Progress, Report
from exclip_desktop.core.values.cost_estimates import CostEstimate

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

    def add_passes(self, count: int) -> None:
        """Add ``count`` passes to the work."""
        self._total += count
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
        self._progress(Report(self._side, self._done, self._total, self._cost))


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
