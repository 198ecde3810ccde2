"""Hit tests and gestures that draw, move and resize regions, in source pixels; no Qt."""

from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Point, Region

Handle = tuple[int, int]
"""A place on a box's edge, (across, down): −1 its left or top, 0 its middle, 1 its right or bottom."""
HANDLES: Final[tuple[Handle, ...]] = ((-1, -1), (1, -1), (1, 1), (-1, 1), (0, -1), (1, 0), (0, 1), (-1, 0))
"""All handles; corners first, so that they win where a small box's handles crowd."""
CROWDED_PX: Final = 40.0  # logical pixels: a side shorter than that has no handle in its middle
SMALLEST: Final = 1.0  # source pixels: the shortest side after resizing


def find_region(regions: tuple[Region, ...], point: Point, slack: float = 0.0) -> int | None:
    """Return the index of the region drawn last under ``point``; ``slack`` widens boxes, in source pixels."""
    for index in reversed(range(len(regions))):
        if contains(regions[index], point, slack):
            return index
    return None


def contains(region: Region, point: Point, slack: float = 0.0) -> bool:
    """Return whether ``point`` lies in the region (of a lasso: even–odd), a box widened by ``slack`` source pixels."""
    if region.outline:
        return _in_outline(region.outline, point)
    x0, y0, x1, y1 = region.box
    return x0 - slack <= point[0] < x1 + slack and y0 - slack <= point[1] < y1 + slack


def handle_point(box: Box, handle: Handle) -> Point:
    """Return where a handle of ``box`` is, in source pixels."""
    x0, y0, x1, y1 = box
    return (x0 + x1 + handle[0] * (x1 - x0)) / 2, (y0 + y1 + handle[1] * (y1 - y0)) / 2


def find_handle(box: Box, point: Point, reach: float) -> Handle | None:
    """Return the handle of ``box`` within ``reach`` source pixels across and down.

    Towards the inside a handle reaches at most a quarter of the side, so that a small box can still be moved.
    """
    inner = min(reach, (box[2] - box[0]) / 4), min(reach, (box[3] - box[1]) / 4)
    for handle in HANDLES:
        at = handle_point(box, handle)
        if all(_within(point[axis] - at[axis], handle[axis], reach, inner[axis]) for axis in (0, 1)):
            return handle
    return None


def list_handles(box: Box, scale: float) -> tuple[Handle, ...]:
    """Return the handles of ``box`` that have room, at ``scale`` logical pixels per source pixel."""
    wide, high = (box[2] - box[0]) * scale >= CROWDED_PX, (box[3] - box[1]) * scale >= CROWDED_PX
    return tuple(handle for handle in HANDLES if (handle[0] or wide) and (handle[1] or high))


def clamp_point(point: Point, bounds: Box) -> Point:
    """Return the point of ``bounds`` nearest to ``point``."""
    x0, y0, x1, y1 = bounds
    return min(max(point[0], x0), x1), min(max(point[1], y0), y1)


def draw_box(start: Point, end: Point, bounds: Box) -> Box | None:
    """Return the box between two points, clipped to ``bounds``; None where it is empty."""
    (ax, ay), (bx, by) = clamp_point(start, bounds), clamp_point(end, bounds)
    box = min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)
    return box if box[0] < box[2] and box[1] < box[3] else None


def move_region(region: Region, shift: Point, bounds: Box) -> Region:
    """Return the region shifted by source pixels, as far as ``bounds`` allow."""
    x0, y0, x1, y1 = region.box
    dx = min(max(shift[0], bounds[0] - x0), bounds[2] - x1)
    dy = min(max(shift[1], bounds[1] - y0), bounds[3] - y1)
    outline = tuple((x + dx, y + dy) for x, y in region.outline)
    return replace(region, box=(x0 + dx, y0 + dy, x1 + dx, y1 + dy), outline=outline)


def resize_region(region: Region, handle: Handle, shift: Point, bounds: Box) -> Region:
    """Return the region with one handle shifted by source pixels, clipped to ``bounds``; a lasso is stretched.

    A side that is dragged across the opposite one turns over; no side becomes shorter than ``SMALLEST``.
    """
    x0, y0, x1, y1 = region.box
    left, right = _drag_side((x0, x1), handle[0], shift[0], (bounds[0], bounds[2]))
    top, bottom = _drag_side((y0, y1), handle[1], shift[1], (bounds[1], bounds[3]))
    if region.outline:
        across, down = (right - left) / (x1 - x0 or 1.0), (bottom - top) / (y1 - y0 or 1.0)
        outline = tuple((left + (x - x0) * across, top + (y - y0) * down) for x, y in region.outline)
        return Region.lasso(outline, region.subtract, region.name)
    return replace(region, box=(min(left, right), min(top, bottom), max(left, right), max(top, bottom)))


def nudge_region(region: Region, shift: Point, bounds: Box, handle: Handle | None = None) -> Region:
    """Return the region moved by source pixels, or, with a handle, that handle moved; no side turns over."""
    if handle is None:
        return move_region(region, shift, bounds)
    x0, y0, x1, y1 = region.box
    room = x1 - x0 - SMALLEST, y1 - y0 - SMALLEST
    dx, dy = (
        by if by * side >= 0 else -side * min(abs(by), max(left, 0.0))
        for by, side, left in zip(shift, handle, room, strict=True)
    )
    return resize_region(region, handle, (dx, dy), bounds)


def _within(offset: float, side: int, reach: float, inner: float) -> bool:
    """Return whether ``offset`` from a handle is in reach; on a box's ``side`` the reach inwards is ``inner``."""
    low = inner if side >= 0 else reach
    high = inner if side <= 0 else reach
    return -low <= offset <= high


def _drag_side(ends: tuple[float, float], side: int, shift: float, bounds: tuple[float, float]) -> tuple[float, float]:
    """Return the two ends of a side, with the end that ``side`` names shifted; it may pass the other one."""
    if side == 0:
        return ends
    still, pulled = (ends[1], ends[0]) if side < 0 else ends
    pulled = min(max(pulled + shift, bounds[0]), bounds[1])
    if abs(pulled - still) < SMALLEST:
        outwards = float(side) if bounds[0] <= still + side * SMALLEST <= bounds[1] else -float(side)
        pulled = still + outwards * SMALLEST
    return (pulled, still) if side < 0 else (still, pulled)


def _in_outline(outline: tuple[Point, ...], point: Point) -> bool:
    px, py = point
    inside = False
    for (ax, ay), (bx, by) in zip(outline, (*outline[1:], outline[0]), strict=True):
        if (ay <= py) != (by <= py) and px < ax + (py - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


Regions = tuple[Region, ...]


class RegionGesture(Protocol):
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
