"""Counts the passes of an integral, and foretells from the first chunks what all of them are going to take."""

import time
from dataclasses import replace

import torch

from exclip_desktop.core.progress import Progress, Report
from exclip_desktop.core.values.cost import Cost

TIMED_CHUNKS = 2  # after the first, which warms up


class Tally:
    """Tells how many passes are done, and what they cost: their memory at once, their time when some are timed.

    The chunks that are timed are part of the work, so that foretelling costs nothing; an accelerator is waited for
    after each of them.
    """

    def __init__(self, side: str, usual: int, cost: Cost, tell: Progress, device: torch.device) -> None:
        """``usual``: how many passes are expected; ``cost``: what they take, still without seconds."""
        self._side, self._usual, self._cost, self._tell, self._device = side, usual, cost, tell, device
        self._done = self._total = self._chunks = 0
        self._from = 0.0, 0  # when the first chunk had ended, and how many passes it was

    def begin(self, count: int) -> None:
        """Say that so many more passes are to be done."""
        self._total += count
        self._say()

    def tick(self, count: int) -> None:
        """Say that a chunk of so many passes is done."""
        self._done += count
        self._chunks += 1
        if self._chunks <= 1 + TIMED_CHUNKS:
            self._time()
        self._say()

    def _time(self) -> None:
        _wait_for(self._device)
        now = time.perf_counter()
        if self._chunks == 1:
            self._from = now, self._done
            return
        began_s, before = self._from
        seconds = (now - began_s) / (self._done - before) * max(self._usual, self._total)
        self._cost = replace(self._cost, seconds=seconds)

    def _say(self) -> None:
        self._tell(Report(self._side, self._done, self._total, self._cost))


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
