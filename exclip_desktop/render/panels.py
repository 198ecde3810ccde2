"""What the figure of the compare view shows; nothing here needs matplotlib."""

from dataclasses import dataclass
from math import sqrt

from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region


@dataclass(frozen=True, slots=True)
class Panel:
    """One pane.

    Attributes:
        title: its method.
        notes: what stands below, a line each.
        heat: (grid_h, grid_w), where there is an answer.
        geometry: where the patches lie; None without an answer.
        limit: the end of its colour range.

    """

    title: str
    notes: tuple[str, ...]
    heat: Floats | None = None
    geometry: Geometry | None = None
    limit: float = 1.0


@dataclass(frozen=True, slots=True)
class PanesFigure:
    """All that the figure shows.

    Attributes:
        panels: at least one, method by method.
        models: how many panels each method has; they stay beside each other.
        heading: what all have in common, above them.
        regions: drawn over every panel, in source pixels.
        one_range: whether all panels have one colour range, which the bar tells in numbers.

    """

    panels: tuple[Panel, ...]
    models: int
    heading: str
    regions: tuple[Region, ...] = ()
    one_range: bool = False

    @property
    def columns(self) -> int:
        """How many stand side by side, so that there are about as many rows."""
        methods = len(self.panels) // self.models
        return self.models * max(1, round(sqrt(methods / self.models)))
