"""The one transform between source-image pixels, the model's input and its patches."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.argument_checks import as_numbers, short_repr
from exclip_desktop.core.errors import Remedy, SelectionError

Box = tuple[float, float, float, float]
"""(x0, y0, x1, y1) in source-image pixels, half-open."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The places of a model's patches on the picture.

    Attributes:
        source_size: (width, height) of the upright picture in pixels.
        visible: the box that the patch grid covers, in source pixels; it reaches past the picture where the model pads.
        grid: (rows, columns) of patches.

    """

    source_size: tuple[int, int]
    visible: Box
    grid: tuple[int, int]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields under the names that files give them."""
        return {"source_size": self.source_size, "seen": self.visible, "grid": self.grid}

    @property
    def patch_size(self) -> tuple[float, float]:
        """(width, height) of one patch in source pixels."""
        x0, y0, x1, y1 = self.visible
        rows, columns = self.grid
        return (x1 - x0) / columns, (y1 - y0) / rows

    @property
    def cut(self) -> Box | None:
        """The part of the picture that the model sees, in source pixels; None where it sees the whole picture."""
        width, height = self.source_size
        x0, y0, x1, y1 = self.visible
        left = max(x0, 0.0), max(y0, 0.0), min(x1, width), min(y1, height)
        return None if left == (0, 0, width, height) else left

    def patch_box(self, row: int, column: int) -> Box:
        """Return the patch's box in source pixels."""
        width, height = self.patch_size
        x0, y0 = self.visible[0] + column * width, self.visible[1] + row * height
        return x0, y0, x0 + width, y0 + height

    def patch_centre(self, row: int, column: int) -> tuple[float, float]:
        """Return the patch's centre (x, y) in source pixels."""
        x0, y0, x1, y1 = self.patch_box(row, column)
        return (x0 + x1) / 2, (y0 + y1) / 2

    def box_around(self, patches: NDArray[np.bool_]) -> Box:
        """Return the box around some patches, (rows, columns), at least one, cut to the picture; in source pixels."""
        rows, columns = (np.flatnonzero(patches.any(axis)) for axis in (1, 0))
        left, top, _, _ = self.patch_box(int(rows[0]), int(columns[0]))
        _, _, right, bottom = self.patch_box(int(rows[-1]), int(columns[-1]))
        width, height = self.source_size
        return max(left, 0.0), max(top, 0.0), min(right, float(width)), min(bottom, float(height))

    def patch_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the patch (row, column) at a point in source pixels; None outside the part that the model sees."""
        x0, y0, x1, y1 = self.visible
        if not (x0 <= x < x1 and y0 <= y < y1):
            return None
        width, height = self.patch_size
        rows, columns = self.grid
        # At the far edge, rounding may reach one too far.
        return min(int((y - y0) / height), rows - 1), min(int((x - x0) / width), columns - 1)

    def coverage(self, box: Box) -> NDArray[np.float64]:
        """Return, per patch, the share of its area inside ``box``: (rows, columns), in [0, 1]."""
        x0, y0, x1, y1 = box
        rows, columns = self.grid
        across = _overlap(self.visible[0], self.visible[2], columns, x0, x1)
        down = _overlap(self.visible[1], self.visible[3], rows, y0, y1)
        return np.outer(down, across)

    def require_coverage(self, box: Box) -> NDArray[np.float64]:
        """Return the ``coverage`` of a person's box; raise ``SelectionError`` where it selects nothing."""
        box = x0, y0, x1, y1 = as_box(box)
        width, height = self.source_size
        text = ",".join(f"{value:g}" for value in box)
        if not (np.isfinite(box).all() and x0 < x1 and y0 < y1):
            raise SelectionError(f"The box {text} is empty.", Remedy.CHOOSE_BOX)
        if min(x1, width) <= max(x0, 0) or min(y1, height) <= max(y0, 0):
            raise SelectionError(
                f"The box {text} lies outside the picture.", Remedy.CHOOSE_BOX_IN_PICTURE, width=width, height=height
            )
        coverage = self.coverage(box)
        if not coverage.any():
            visible = ",".join(f"{value:g}" for value in self.visible)
            raise SelectionError(
                f"The box {text} lies where the model does not look.",
                Remedy.CHOOSE_BOX_IN_VIEW,
                box=visible,
            )
        return coverage


def as_box(value: object) -> Box:
    """Return a person's box as Python floats; raise ``SelectionError`` where it is not four numbers."""
    numbers = as_numbers(value, 4)
    if numbers is None:
        raise SelectionError(f"{short_repr(value)} is no box.", Remedy.CHOOSE_FOUR_NUMBERS)
    x0, y0, x1, y1 = numbers
    return x0, y0, x1, y1


def _overlap(start: float, stop: float, count: int, low: float, high: float) -> NDArray[np.float64]:
    edges = np.linspace(start, stop, count + 1)
    shared = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    return np.asarray(np.clip(shared, 0.0, None) / ((stop - start) / count))


def whole_size(source: tuple[int, int], own: tuple[int, int], unit: tuple[int, int]) -> tuple[int, int]:
    """Return the input (h, w) for a picture at its own aspect, with about as many pixels as the model's own input.

    Args:
        source: (h, w) of the picture.
        own: (h, w) of the model's own input.
        unit: what h and w are multiples of; the picture is stretched by less than half of one.

    """
    height, width = source
    most = (own[0] // unit[0]) * (own[1] // unit[1])
    side = (own[0] * own[1]) ** 0.5
    aspect = (height / width) ** 0.5
    rows, columns = (
        min(max(1, round(length / step)), most)
        for length, step in zip((side * aspect, side / aspect), unit, strict=True)
    )
    return rows * unit[0], columns * unit[1]
