"""Outlines of a mask of patches: the regions that select exactly its patches, as a lasso would."""

from collections import Counter
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Point, Region

Corner = tuple[int, int]
"""(row, column) of a corner of the patch grid."""


def mask_regions(mask: NDArray[np.bool_], geometry: Geometry, name: str = "") -> tuple[Region, ...]:
    """Return the regions that select the patches of ``mask``, (grid_h, grid_w), and no others.

    Each group of patches connected by edges is a lasso, and each hole in it a lasso that is subtracted, in an order in
    which they add up. An empty mask has no regions.
    """
    rings = sorted(_trace_rings(mask), key=lambda ring: -abs(_area(ring)))  # what lies inside comes later
    regions = []
    for ring in rings:
        outline = tuple(_point(corner, geometry) for corner in _without_straight(ring))
        regions.append(Region.lasso(outline, subtract=_area(ring) < 0, name=name))
    return tuple(regions)


def _trace_rings(mask: NDArray[np.bool_]) -> list[list[Corner]]:
    """Return the closed outlines of a mask; its patches lie on the right of every edge."""
    edges = _directed_edges(mask)
    rings = []
    for start in sorted(edges):
        while start in edges:
            rings.append(_follow_ring(edges, start))
    return rings


def _follow_ring(edges: dict[Corner, list[Corner]], start: Corner) -> list[Corner]:
    """Return the outline that begins at a corner, and remove its edges."""
    ring, at, came = [start], start, (0, 0)
    while True:
        after = _choose(edges[at], came)
        edges[at].remove(after)
        if not edges[at]:
            del edges[at]
        at, came = (at[0] + after[0], at[1] + after[1]), after
        if at == start:
            return ring
        ring.append(at)


def _directed_edges(mask: NDArray[np.bool_]) -> dict[Corner, list[Corner]]:
    """Return corner → directions (rows, columns) of the edges that begin there, clockwise around the patches."""
    padded = np.pad(mask, 1)
    edges: dict[Corner, list[Corner]] = {}
    for row, column in np.argwhere(mask).tolist():
        sides = (
            (padded[row, column + 1], (row, column), (0, 1)),
            (padded[row + 1, column + 2], (row, column + 1), (1, 0)),
            (padded[row + 2, column + 1], (row + 1, column + 1), (0, -1)),
            (padded[row + 1, column], (row + 1, column), (-1, 0)),
        )
        for neighbour, corner, direction in sides:
            if not neighbour:
                edges.setdefault(corner, []).append(direction)
    return edges


def _choose(directions: list[Corner], came: Corner) -> Corner:
    """Return the edge that turns right, where two patches touch at a corner only, so that they stay separate."""
    return (came[1], -came[0]) if len(directions) > 1 and (came[1], -came[0]) in directions else directions[0]


def _area(ring: list[Corner]) -> float:
    """Return the area inside a ring, in patches: positive clockwise, negative for a hole."""
    rows, columns = np.array(ring).T
    return float(columns @ np.roll(rows, -1) - rows @ np.roll(columns, -1)) / 2


def _without_straight(ring: list[Corner]) -> list[Corner]:
    """Return the corners at which the outline turns."""
    corners = np.array(ring)
    before, after = corners - np.roll(corners, 1, 0), np.roll(corners, -1, 0) - corners
    return [corner for corner, turns in zip(ring, (before != after).any(1), strict=True) if turns]


def _point(corner: Corner, geometry: Geometry) -> Point:
    width, height = geometry.patch_size
    return geometry.visible[0] + corner[1] * width, geometry.visible[1] + corner[0] * height


def mask_region(mask: NDArray[np.bool_], geometry: Geometry, name: str = "") -> Region:
    """Return one lasso that selects the patches of ``mask``, (grid_h, grid_w), at least one, and no others.

    Its outline goes from ring to ring and the same way back. By the even–odd rule these bridges enclose nothing, and
    ``drawn_lines`` leaves them out.
    """
    rings = [[_point(corner, geometry) for corner in _without_straight(ring)] for ring in _trace_rings(mask)]
    outline = [point for ring in rings for point in (*ring, ring[0])]
    back = [ring[0] for ring in reversed(rings[:-1])]
    return Region.lasso(tuple(outline[:-1] if len(rings) == 1 else [*outline, *back[:-1]]), name=name)


@lru_cache(maxsize=64)  # painted again and again
def drawn_lines(outline: tuple[Point, ...]) -> tuple[tuple[Point, ...], ...]:
    """Return the lines of a closed outline without what is passed in both directions; a closed line ends at its start.

    An outline without such bridges is one closed line.
    """
    edges = list(zip(outline, (*outline[1:], outline[0]), strict=True))
    left = Counter(edges)
    for start, stop in edges:
        if left[start, stop] > 0 and left[stop, start] > 0 and start != stop:
            left[start, stop] -= 1
            left[stop, start] -= 1
    lines: list[list[Point]] = []
    for start, stop in edges:
        if left[start, stop] <= 0:
            continue
        left[start, stop] -= 1
        if lines and lines[-1][-1] == start:
            lines[-1].append(stop)
        else:
            lines.append([start, stop])
    if len(lines) > 1 and lines[-1][-1] == lines[0][0]:
        lines[0] = lines.pop() + lines[0][1:]
    return tuple(map(tuple, lines))
