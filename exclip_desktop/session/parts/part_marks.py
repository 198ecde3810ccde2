"""Parts of a picture as a canvas draws them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Point, Region

LABEL_REACH = 2  # patches around a number's place that should belong to its part


@dataclass(frozen=True, slots=True)
class PartMarks:
    """What is drawn; the colours are ``PART_COLOURS`` in the same order.

    Attributes:
        regions: one for each part.
        places: where each part's number is written, source pixels.
        hovered: index of the part under the mouse, or None.
        tinted: whether tints replace the heat.
        faint: whether they belong to an earlier model or setting.

    """

    regions: tuple[Region, ...]
    places: tuple[Point, ...]
    hovered: int | None = None
    tinted: bool = False
    faint: bool = False


def find_label_places(masks: Sequence[NDArray[np.bool_]], geometry: Geometry) -> tuple[Point, ...]:
    """Return the centre of the patch of each mask, (grid_h, grid_w), that has most of its part around it."""
    return tuple(geometry.patch_centre(*_innermost(mask)) for mask in masks)


def _innermost(mask: NDArray[np.bool_]) -> tuple[int, int]:
    padded = np.pad(mask.astype(np.float64), LABEL_REACH)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * LABEL_REACH + 1, 2 * LABEL_REACH + 1))
    inside = np.where(mask, windows.sum((2, 3)), -1.0)
    row, column = np.unravel_index(int(inside.argmax()), mask.shape)
    return int(row), int(column)
