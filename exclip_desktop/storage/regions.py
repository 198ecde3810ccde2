"""Regions as plain values for JSON, and back; boxes and masks of a list's pictures as places for a study."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.places import Place, ReadPair, Truth, UnreadPair, places_of_regions
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS, read_picture

EDGES = ("x0", "y0", "x1", "y1")


def region_to_value(region: Region) -> list[float] | dict[str, Any]:
    """Return a region that is a box without a name as a list, any other as an object without its empty fields."""
    value: dict[str, Any] = {"box": list(region.box)}
    if region.name:
        value["name"] = region.name
    if region.outline:
        value["outline"] = [list(point) for point in region.outline]
    if region.subtract:
        value["subtract"] = True
    return value if len(value) > 1 else list(region.box)


def region_from_value(value: Any) -> Region:
    """Return the region of a plain value.

    ``value`` is [x0, y0, x1, y1] in source pixels; the same with a name as its fifth item; or an object with ``box``
    or x0, y0, x1, y1, and optionally ``name`` (``words``, ``label``), ``outline`` (corners of a lasso), ``subtract``.

    Raises:
        ValueError: the value is none of these, or the box is empty; the message names the reason.

    """
    if isinstance(value, list) and len(value) in (4, 5):
        name = value[4] if len(value) == 5 else ""
        return Region(_box(value[:4]), name=_name(name))
    if not isinstance(value, dict):
        raise ValueError("a box is [x0, y0, x1, y1], or an object with box and name")
    box = value["box"] if "box" in value else [value.get(edge) for edge in EDGES]
    name = next((value[key] for key in ("name", "words", "label") if value.get(key) is not None), "")
    outline = tuple((_number(x), _number(y)) for x, y in value.get("outline") or ())
    return Region(_box(box), outline, bool(value.get("subtract", False)), _name(name))


def _box(value: Any) -> Box:
    if not isinstance(value, list | tuple) or len(value) != 4:
        raise ValueError("a box has four numbers, x0, y0, x1, y1")
    x0, y0, x1, y1 = map(_number, value)
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"the box {x0:g},{y0:g},{x1:g},{y1:g} is empty; it needs x0 < x1 and y0 < y1")
    return x0, y0, x1, y1


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number of pixels")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not the name of a box")
    return value


UNKNOWN: Final = 232, 3, 0
"""The colour of ignored pixels: ImageNet-S writes its class number 1000, "ignored", as R + 256 G."""

Opened = Path | Image.Image


def list_unread(
    pairs: tuple[ListedPair, ...], opened: Callable[[str], Opened], max_megapixels: float = DEFAULT_MEGAPIXELS
) -> list[UnreadPair]:
    """Return a list's pairs, which are read one by one; pairs with neither caption nor label are left out.

    ``opened`` returns the path of a picture or mask, or the picture itself, from the list's path. Where a pair has no
    caption, its label replaces it.
    """

    def reading(pair: ListedPair) -> Callable[[], ReadPair]:
        return lambda: _read_pair(pair, opened, max_megapixels)

    return [
        UnreadPair(pair.id, pair.picture, pair.caption or pair.label, reading(pair))
        for pair in pairs
        if (pair.caption + pair.label).strip()
    ]


def _read_pair(pair: ListedPair, opened: Callable[[str], Opened], max_megapixels: float) -> ReadPair:
    pixels = read_picture(opened(pair.picture), max_megapixels).pixels
    caption, size = pair.caption or pair.label, (pixels.shape[1], pixels.shape[0])
    places = places_of_regions(pair.regions, size)
    if pair.mask:
        named = re.search(rf"(?<!\w){re.escape(pair.label)}(?!\w)", caption, re.IGNORECASE)
        truth = read_mask(opened(pair.mask), size, max_megapixels)
        places = (*places, Place(pair.label if named and pair.label else "", truth))
    return ReadPair(pixels, caption, places)


def read_mask(source: Opened, size: tuple[int, int], max_megapixels: float = DEFAULT_MEGAPIXELS) -> Truth:
    """Return the truth of a mask: pixels that are not black belong to it, those of ``UNKNOWN`` are ignored.

    Raises:
        PictureError: it cannot be read, or has another size than the picture, (width, height).

    """
    pixels = read_picture(source, max_megapixels).pixels
    if (pixels.shape[1], pixels.shape[0]) != size:
        raise PictureError(
            f"A mask of {pixels.shape[1]} × {pixels.shape[0]} pixels belongs to a picture of {size[0]} × {size[1]}: "
            f"{source if isinstance(source, Path) else 'mask'}.",
            "Give masks of their pictures' size.",
        )
    counted = (pixels != np.array(UNKNOWN, np.uint8)).any(axis=2)
    return Truth(pixels.any(axis=2) & counted, counted)
