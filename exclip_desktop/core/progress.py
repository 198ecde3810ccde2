"""Progress reports and cancellation of long work."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from exclip_desktop.core.errors import Cancelled
from exclip_desktop.core.values.cost_estimates import CostEstimate


@dataclass(frozen=True, slots=True)
class Report:
    """One progress report.

    Attributes:
        what: the name of the work.
        done: finished steps.
        total: all steps; it can grow, as the adaptive rule adds nodes until it has converged.
        cost: the estimated cost of the whole work, where it can be large and is known.

    """

    what: str
    done: int
    total: int
    cost: CostEstimate | None = None


Progress = Callable[[Report], None]
"""Called in the thread of the work."""


class CancelToken:
    """A request to stop, which the work polls once per chunk. Any thread may cancel."""

    def __init__(self) -> None:
        """Start uncancelled."""
        self._event = threading.Event()

    def cancel(self) -> None:
        """Request the work to stop."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether the work was cancelled."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise ``Cancelled`` after ``cancel``."""
        if self.is_cancelled:
            raise Cancelled


def ignore_progress(report: Report) -> None:
    """Ignore a report."""


class Stop(KeyboardInterrupt):
    """A signal to end: SIGTERM, or SIGHUP of a terminal that closes.

    Attributes:
        code: the exit code of a program that the signal ends, by the shell's convention.

    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number
