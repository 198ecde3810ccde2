"""Reads the boxes and masks of a list's pictures, as the places that a study compares maps with."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.places import Place, ReadPair, Truth, UnreadPair, places_of_regions
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS, read_picture

UNKNOWN: Final = 232, 3, 0
"""The colour of ignored pixels: ImageNet-S writes its class number 1000, "ignored", as R + 256 G."""

MOST_SEARCHED: Final = 10_000  # characters of a caption; models read fewer
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
        is_short = len(caption) <= MOST_SEARCHED  # a long label in a long caption would take hours
        named = is_short and re.search(rf"(?<!\w){re.escape(pair.label)}(?!\w)", caption, re.IGNORECASE)
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
