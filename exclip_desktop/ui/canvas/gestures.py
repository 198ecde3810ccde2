"""What a drag does to the regions: it draws a box or a lasso, moves a region, or resizes one. No Qt."""

from dataclasses import dataclass, field
from typing import Protocol

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Point, Region
from exclip_desktop.ui.canvas.region_hits import Handle, clamped, drawn_box, moved, resized

Regions = tuple[Region, ...]


class Gesture(Protocol):
    """A drag that goes on.

    Attributes:
        what: it does, in words.
        before: the regions when it began.
        index: of the region it changes, among those that ``regions_at`` returns.

    """

    @property
    def what(self) -> str: ...
    @property
    def before(self) -> Regions: ...
    @property
    def index(self) -> int: ...

    def regions_at(self, point: Point) -> Regions:
        """Return the regions with the mouse at ``point``, source pixels."""
        ...


@dataclass(frozen=True, slots=True)
class DrawBox:
    """Draws a box from ``start``, cut to ``bounds``; ``subtract``: one that is taken away."""

    before: Regions
    start: Point
    bounds: Box
    subtract: bool
    what: str = "draw box"

    @property
    def index(self) -> int:
        """The new box comes last."""
        return len(self.before)

    def regions_at(self, point: Point) -> Regions:
        """Return the regions with the box drawn as far as ``point``; without it where nothing of it is left."""
        box = drawn_box(self.start, point, self.bounds)
        return self.before if box is None else (*self.before, Region(box, subtract=self.subtract))


@dataclass(frozen=True, slots=True)
class DrawLasso:
    """Draws a lasso from ``start``, kept in ``bounds``; corners lie at least ``spacing`` source pixels apart."""

    before: Regions
    start: Point
    bounds: Box
    subtract: bool
    spacing: float
    what: str = "draw lasso"
    corners: list[Point] = field(default_factory=list)

    @property
    def index(self) -> int:
        """The new lasso comes last."""
        return len(self.before)

    def regions_at(self, point: Point) -> Regions:
        """Return the regions with the lasso drawn on to ``point`` and closed; without it below three corners."""
        if not self.corners:
            self.corners.append(clamped(self.start, self.bounds))
        corner = clamped(point, self.bounds)
        far = max(abs(corner[0] - self.corners[-1][0]), abs(corner[1] - self.corners[-1][1]))
        if far >= self.spacing:
            self.corners.append(corner)
        if len(self.corners) < 3:
            return self.before
        return (*self.before, Region.lasso(tuple(self.corners), self.subtract))


@dataclass(frozen=True, slots=True)
class Move:
    """Moves the region at ``index``, taken hold of at ``start``, within ``bounds``."""

    before: Regions
    index: int
    start: Point
    bounds: Box

    @property
    def what(self) -> str:
        """Told by the region's kind."""
        return f"move {kind(self.before[self.index])}"

    def regions_at(self, point: Point) -> Regions:
        """Return the regions with the moved one following ``point``."""
        shift = point[0] - self.start[0], point[1] - self.start[1]
        return replaced(self.before, self.index, moved(self.before[self.index], shift, self.bounds))


@dataclass(frozen=True, slots=True)
class Resize:
    """Pulls a handle of the region at ``index``, taken hold of at ``start``, within ``bounds``."""

    before: Regions
    index: int
    handle: Handle
    start: Point
    bounds: Box

    @property
    def what(self) -> str:
        """Told by the region's kind."""
        return f"resize {kind(self.before[self.index])}"

    def regions_at(self, point: Point) -> Regions:
        """Return the regions with the handle following ``point``."""
        shift = point[0] - self.start[0], point[1] - self.start[1]
        return replaced(self.before, self.index, resized(self.before[self.index], self.handle, shift, self.bounds))


def kind(region: Region) -> str:
    """Return what a person calls it."""
    return "lasso" if region.outline else "box"


def replaced(regions: Regions, index: int, region: Region) -> Regions:
    """Return the regions with another one at ``index``."""
    return (*regions[:index], region, *regions[index + 1 :])
