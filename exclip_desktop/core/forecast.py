"""What long work is going to cost, as far as can be told before."""

from dataclasses import dataclass

from exclip_desktop.core.layers import Layer


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
