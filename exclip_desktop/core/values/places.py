"""Labelled places of a picture by pixels, the ground truth of a heat."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region, coverage, is_rest

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Truth:
    """Pixels (H, W) that belong to an object (``inside``), and those that are labelled at all (``counted``)."""

    inside: Bools
    counted: Bools


@dataclass(frozen=True, slots=True)
class Place:
    """An object in a picture, and the words of the caption that name it (empty: the whole caption)."""

    words: str
    truth: Truth


@dataclass(frozen=True, slots=True)
class ReadPair:
    """A pair as it was read: upright RGB picture (H, W, 3), caption, and its labelled places."""

    pixels: NDArray[np.uint8]
    caption: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class UnreadPair:
    """A pair's id, picture name and caption, with a function that reads it, which may raise ``PictureError``."""

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
    of_rest = is_rest(regions)
    return tuple(Place(name, _truth(tuple(some), size, of_rest=of_rest)) for name, some in named.items())


def _truth(regions: tuple[Region, ...], size: tuple[int, int], *, of_rest: bool) -> Truth:
    width, height = size
    geometry = Geometry(size, (0.0, 0.0, float(width), float(height)), (height, width))
    shares = coverage(geometry, regions, of_rest=of_rest)
    assert shares is not None
    return Truth(shares >= 0.5, np.ones((height, width), bool))
