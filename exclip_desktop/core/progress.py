"""How long work tells what it is doing, and how a person stops it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from exclip_desktop.core.errors import Cancelled
from exclip_desktop.core.values.cost_estimates import CostEstimate


@dataclass(frozen=True, slots=True)
class Report:
    """One message of progress: what is being done, and how many of its steps are done.

    ``total`` may grow: the adaptive rule adds nodes until it has converged. ``cost`` is what all of it is going to
    take, where that may be much and is known.
    """

    what: str
    done: int
    total: int
    cost: CostEstimate | None = None


Progress = Callable[[Report], None]
"""Called in the thread that does the work."""


class CancelToken:
    """Asks work to stop; polled by the work once per chunk. Any thread may cancel."""

    def __init__(self) -> None:
        """Start uncancelled."""
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop soon."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether someone has cancelled."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise ``Cancelled`` once the person has cancelled."""
        if self.is_cancelled:
            raise Cancelled


def ignore_progress(report: Report) -> None:
    """Tell nobody."""
