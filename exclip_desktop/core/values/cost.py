"""What long work is going to cost, as far as can be told before."""

from dataclasses import dataclass

from exclip_desktop.core.text.sizes import memory_told
from exclip_desktop.core.values.settings import Layer


@dataclass(frozen=True, slots=True)
class Cost:
    """What one side's integral is going to cost, told by the work itself once it knows.

    Attributes:
        seconds: of all of it; None until some of it has been timed.
        peak_bytes: the most memory that its values take beside the model, as far as they can be counted.
        free_bytes: how much memory was free before; None where that cannot be told.

    """

    seconds: float | None
    peak_bytes: int
    free_bytes: int | None

    @property
    def fits(self) -> bool:
        """Whether there is memory enough, as far as can be told."""
        return self.free_bytes is None or self.peak_bytes <= self.free_bytes

    def shortage_of(self, what: str) -> str:
        """Return in a sentence that work, ``what``, lacks memory; empty where it does not, as far as can be told."""
        if self.fits:
            return ""
        free = memory_told(self.free_bytes or 0)
        return f"{what} is going to take {memory_told(self.peak_bytes)} of memory; {free} are free."


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a layer profile is going to cost.

    Attributes:
        seconds: of every layer, in the profile's order; 0 where the layer is known already.
        peak_bytes: the most memory that the work's values take beside the model, as far as they can be counted.

    """

    seconds: tuple[tuple[Layer, float], ...]
    peak_bytes: int

    @property
    def total_s(self) -> float:
        """Seconds of all layers together."""
        return sum(seconds for _, seconds in self.seconds)
