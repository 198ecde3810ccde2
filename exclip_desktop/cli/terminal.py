"""What the commands say beside their result: on standard error, and with a bar where work takes time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from exclip_desktop.core.progress import Report
from exclip_desktop.core.text.sizes import about, memory_told
from exclip_desktop.core.values.cost_estimates import CostEstimate

PROGRESS_AFTER_S = 0.5
FORETOLD_FROM_S = 10.0


def say(text: str) -> None:
    """Say a sentence that is no result."""
    print(text, file=sys.stderr)


class Bar:
    """A progress bar on the terminal, for work that takes longer than half a second."""

    def __init__(self, start: str = "", *, of_bytes: bool = False) -> None:
        """``start`` stands before what is reported; steps may be bytes."""
        self._start, self._of_bytes = start, of_bytes
        self._bar: Any = None
        self._what = ""
        self._told: set[str] = set()

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, report: Report) -> None:
        """Show one report; a new kind of work starts a new bar. What is going to cost much is said once."""
        if report.what != self._what:
            self.__exit__()
            self._what, self._told = report.what, set()
            counted = " {n_fmt} of {total_fmt}," if self._of_bytes else ""
            self._bar = tqdm(
                desc=f"{self._start}{report.what}",
                total=report.total,
                delay=PROGRESS_AFTER_S,
                leave=False,
                disable=not sys.stderr.isatty(),
                unit="B" if self._of_bytes else "it",
                unit_scale=self._of_bytes,
                bar_format="{desc}: {percentage:3.0f}% |{bar}|" + counted + " {elapsed}, {remaining} left",
            )
        self._bar.total = report.total
        self._bar.update(report.done - self._bar.n)
        for kind, sentence in foretold(f"{self._start}{report.what}", report.cost).items():
            if kind not in self._told:
                self._told.add(kind)
                self._bar.write(sentence, file=sys.stderr)


def foretold(what: str, cost: CostEstimate | None) -> dict[str, str]:
    """Return what is to be said of work before it has gone on for long: that it lacks memory, that it takes time."""
    said: dict[str, str] = {}
    if cost is not None and not cost.fits:
        said["memory"] = (
            f"{cost.shortage_of(what)} Stop it (Ctrl+C), and choose a later layer (--image-layer, --text-layer) or the "
            "CPU (--device cpu)."
        )
    if cost is not None and (cost.seconds or 0.0) >= FORETOLD_FROM_S:
        memory = memory_told(cost.peak_bytes)
        said["time"] = f"{what} is going to take about {about(cost.seconds or 0.0)}, and {memory} of memory."
    return said


@contextmanager
def kept_when_stopped(place: Path) -> Iterator[None]:
    """Say where what is done is kept when Ctrl+C stops the work."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"What is done is kept in {place}; the same command goes on.")
        raise
