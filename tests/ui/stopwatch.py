"""Measures how long the window cannot answer, by the processor time of its thread, and the memory of the process."""

import re
import signal
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QTimer

LIMIT_S = 0.1
LOOK_S = 0.07  # of the process: then a step is looked at, to name what takes so long


@dataclass(frozen=True)
class Stall:
    """A step of the event loop that took longer than ``LIMIT_S``: action, processor and clock time, where it was."""

    action: str
    cpu_s: float
    wall_s: float
    place: str

    def __str__(self) -> str:
        return f"{1000 * self.cpu_s:.0f} ms ({1000 * self.wall_s:.0f} ms by the clock): {self.action}\n{self.place}"


class Stopwatch:
    """Measures steps of the event loop from mark to mark; a timer marks each turn of the loop, also in dialogs.

    Processor time of the thread is what the window itself computes: it is the same however busy the machine is.
    """

    def __init__(self) -> None:
        self.stalls: list[Stall] = []
        self.steps, self.action = 0, ""
        self._place = ""
        self._cpu, self._wall = time.thread_time(), time.monotonic()
        self._before = signal.signal(signal.SIGPROF, self._look)
        self._timer = QTimer(interval=1)
        self._timer.timeout.connect(self.mark)
        self._timer.start()

    def mark(self) -> None:
        """End a step."""
        cpu, wall = time.thread_time(), time.monotonic()
        if cpu - self._cpu > LIMIT_S:
            self.stalls.append(Stall(self.action, cpu - self._cpu, wall - self._wall, self._place))
        self.steps += 1
        self.skip()

    def skip(self) -> None:
        """Do not count what happened since the last mark."""
        self._cpu, self._wall, self._place = time.thread_time(), time.monotonic(), ""
        signal.setitimer(signal.ITIMER_PROF, LOOK_S)

    def stop(self) -> None:
        self._timer.stop()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, self._before)

    def _look(self, _: int, frame: FrameType | None) -> None:
        self._place = "".join(traceback.format_stack(frame)[-8:])


def resident_mb() -> float:
    """Return the memory of this process that is in use; 0 where the system does not say."""
    status = Path("/proc/self/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0
