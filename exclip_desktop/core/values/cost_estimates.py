"""Estimates of what long work costs: seconds, memory, and the time left."""

from dataclasses import dataclass
from typing import Final

from exclip_desktop.core.text.number_format import format_memory
from exclip_desktop.core.values.settings import Layer

MEASURED_S: Final = 2.0
"""Seconds of work before the time left is estimated: the first steps load and warm up."""

LEAST_LEFT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """The estimated cost of one side's integral, which the work itself reports.

    Attributes:
        seconds: of the whole work; None until some of it has been timed.
        peak_bytes: the most memory that its values take beside the model.
        free_bytes: the free memory before the work; None where the device does not report it.

    """

    seconds: float | None
    peak_bytes: int
    free_bytes: int | None

    @property
    def fits(self) -> bool:
        """Whether the free memory is enough; True where it is not known."""
        return self.free_bytes is None or self.peak_bytes <= self.free_bytes

    def shortage_of(self, what: str) -> str:
        """Return a sentence that the work ``what`` lacks memory; empty where it fits."""
        if self.fits:
            return ""
        free = format_memory(self.free_bytes or 0)
        return f"{what} will take {format_memory(self.peak_bytes)} of memory; {free} are free."


@dataclass(frozen=True, slots=True)
class ProfileEstimate:
    """The estimated cost of a layer profile.

    Attributes:
        seconds: of every layer, in the profile's order; 0 for a layer that is cached.
        peak_bytes: the most memory that the work's values take beside the model.

    """

    seconds: tuple[tuple[Layer, float], ...]
    peak_bytes: int

    @property
    def total_s(self) -> float:
        """Seconds of all layers together."""
        return sum(seconds for _, seconds in self.seconds)


class RemainingTime:
    """Estimates the time left of the work on screen from its speed so far.

    Times are seconds of any clock that only goes forward.
    """

    def __init__(self) -> None:
        """Start without a measurement."""
        self._what = ""
        self._from = 0.0, 0
        self._last_done = 0

    def estimate_s(self, what: str, done: int, total: int, now_s: float) -> float | None:
        """Return the seconds left; None where they are not known yet, or few.

        Args:
            what: names the work; another name, or fewer steps done than before, starts a new measurement.
            done, total: steps.
            now_s: the time now.

        """
        if what != self._what or done < self._last_done:
            self._what, self._from = what, (now_s, done)
        self._last_done = done
        began_s, began_at = self._from
        steps, elapsed_s = done - began_at, now_s - began_s
        if steps <= 0 or elapsed_s < MEASURED_S or done >= total:
            return None
        left_s = elapsed_s * (total - done) / steps
        return left_s if left_s >= LEAST_LEFT_S else None
