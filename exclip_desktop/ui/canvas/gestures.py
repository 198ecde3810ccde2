"""Gestures that draw, move and resize regions; no Qt."""

from dataclasses import dataclass, field
from typing import Protocol

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Point, Region
from exclip_desktop.ui.canvas.region_hits import Handle, clamp_point, draw_box, move_region, resize_region

Regions = tuple[Region, ...]


class Gesture(Protocol):
    """A drag in progress.

    Attributes:
        what: name of the change, for the undo step.
        before: the regions at the start.
        index: index of the changed region in the value of ``regions_at``.

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
    """Draws a box from ``start``, clipped to ``bounds``; ``subtract``: the box is subtracted."""

    before: Regions
    start: Point
    bounds: Box
    subtract: bool
    what: str = "draw box"

    @property
    def index(self) -> int:
        """Index of the new box, the last one."""
        return len(self.before)

    def regions_at(self, point: Point) -> Regions:
        """Return the regions with the box from the start to ``point``; without it where it is empty."""
        box = draw_box(self.start, point, self.bounds)
        return self.before if box is None else (*self.before, Region(box, subtract=self.subtract))


@dataclass(frozen=True, slots=True)
class DrawLasso:
    """Draws a lasso from ``start``, clipped to ``bounds``; corners lie at least ``spacing`` source pixels apart."""

    before: Regions
    start: Point
    bounds: Box
    subtract: bool
    spacing: float
    what: str = "draw lasso"
    corners: list[Point] = field(default_factory=list)

    @property
    def index(self) -> int:
        """Index of the new lasso, the last one."""
        return len(self.before)

    def regions_at(self, point: Point) -> Regions:
        """Return the regions with the lasso continued to ``point`` and closed; without it below three corners."""
        if not self.corners:
            self.corners.append(clamp_point(self.start, self.bounds))
        corner = clamp_point(point, self.bounds)
        far = max(abs(corner[0] - self.corners[-1][0]), abs(corner[1] - self.corners[-1][1]))
        if far >= self.spacing:
            self.corners.append(corner)
        if len(self.corners) < 3:
            return self.before
        return (*self.before, Region.lasso(tuple(self.corners), self.subtract))


@dataclass(frozen=True, slots=True)
class Move:
    """Moves the region at ``index``, pressed at ``start``, within ``bounds``."""

    before: Regions
    index: int
    start: Point
    bounds: Box

    @property
    def what(self) -> str:
        """Name of the change, by the region's kind."""
        return f"move {region_kind(self.before[self.index])}"

    def regions_at(self, point: Point) -> Regions:
        """Return the regions with the region moved to ``point``."""
        shift = point[0] - self.start[0], point[1] - self.start[1]
        return replace_region(self.before, self.index, move_region(self.before[self.index], shift, self.bounds))


@dataclass(frozen=True, slots=True)
class Resize:
    """Drags a handle of the region at ``index``, pressed at ``start``, within ``bounds``."""

    before: Regions
    index: int
    handle: Handle
    start: Point
    bounds: Box

    @property
    def what(self) -> str:
        """Name of the change, by the region's kind."""
        return f"resize {region_kind(self.before[self.index])}"

    def regions_at(self, point: Point) -> Regions:
        """Return the regions with the handle moved to ``point``."""
        shift = point[0] - self.start[0], point[1] - self.start[1]
        return replace_region(
            self.before, self.index, resize_region(self.before[self.index], self.handle, shift, self.bounds)
        )


def region_kind(region: Region) -> str:
    """Return the word for the region's kind."""
    return "lasso" if region.outline else "box"


def replace_region(regions: Regions, index: int, region: Region) -> Regions:
    """Return the regions with ``region`` at ``index``."""
    return (*regions[:index], region, *regions[index + 1 :])
