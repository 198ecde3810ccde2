"""Places of a picture that are known to show something, by pixels: what a heat should find."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region, coverage

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Truth:
    """Which pixels (H, W) of a picture belong to something (``inside``), and which of them count at all."""

    inside: Bools
    counted: Bools


@dataclass(frozen=True, slots=True)
class Place:
    """Something in a picture that words of the caption name (empty: the whole caption), and where."""

    words: str
    truth: Truth


@dataclass(frozen=True, slots=True)
class ReadPair:
    """A pair as it was read: upright RGB picture (H, W, 3), caption, and what is to be found in it."""

    pixels: NDArray[np.uint8]
    caption: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class UnreadPair:
    """A pair by its id, picture's name and caption, and how to read it, which may raise ``PictureError``."""

    id: str
    picture: str
    caption: str
    read: Callable[[], ReadPair]


def places_of_regions(regions: tuple[Region, ...], size: tuple[int, int]) -> tuple[Place, ...]:
    """Return the places of a picture of ``size`` (width, height): regions of the same name are one place.

    A pixel belongs to a place where regions cover at least half of it: of a box with whole numbers, exactly its pixels.
    """
    named: dict[str, list[Region]] = {}
    for region in regions:
        named.setdefault(region.name, []).append(region)
    return tuple(Place(name, _truth(tuple(some), size)) for name, some in named.items())


def _truth(regions: tuple[Region, ...], size: tuple[int, int]) -> Truth:
    width, height = size
    shares = coverage(Geometry(size, (0.0, 0.0, float(width), float(height)), (height, width)), regions)
    assert shares is not None
    return Truth(shares >= 0.5, np.ones((height, width), bool))
