"""The heat of an explained pair over all words, small enough to keep for every pair of a long list."""

import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Preview, Selection, patch_heat

_HEAD: Final = struct.Struct("<HH4f")
MOST_PATCHES: Final = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class HeatThumbnail:
    """Heat over all words.

    Attributes:
        values: one value per patch, float32 (rows, columns).
        part: where the patches lie, (left, top, right, bottom) in fractions of the picture.

    """

    values: NDArray[np.float32]
    part: tuple[float, float, float, float]

    def to_bytes(self) -> bytes:
        """Return it for a file."""
        return _HEAD.pack(*self.values.shape, *self.part) + self.values.astype("<f4").tobytes()


def make_heat_thumbnail(explanation: Explanation) -> HeatThumbnail:
    """Return the heat of an explanation with nothing selected."""
    return place_heat(patch_heat(explanation.interactions, Selection(), Preview()), explanation.geometry)


def place_heat(values: NDArray[Any], geometry: Geometry) -> HeatThumbnail:
    """Return heat with the part of the picture that its patches cover."""
    width, height = geometry.source_size
    left, top, right, bottom = geometry.visible
    part = (left / width, top / height, right / width, bottom / height)
    return HeatThumbnail(np.ascontiguousarray(values, dtype=np.float32), part)


def read_heat_thumbnail(data: bytes) -> HeatThumbnail | None:
    """Return what ``to_bytes`` gave; None where the bytes are damaged."""
    if len(data) < _HEAD.size:
        return None
    rows, columns, *part = _HEAD.unpack_from(data)
    if not 0 < rows * columns <= MOST_PATCHES or len(data) != _HEAD.size + 4 * rows * columns:
        return None
    values = np.frombuffer(data, "<f4", offset=_HEAD.size).reshape(rows, columns).astype(np.float32)
    if not (np.isfinite(values).all() and np.isfinite(part).all()):
        return None
    return HeatThumbnail(values, (part[0], part[1], part[2], part[3]))
