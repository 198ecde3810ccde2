"""Pairs as COCO's captions and instances in one file."""

import json
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.regions import region_as_plain


def coco_text(pairs: Sequence[ListedPair]) -> str:
    """Return pairs as COCO's JSON: a caption each, and every picture's boxes once, their categories being their names.

    What COCO has no place for is told by fields of our own: ``pair_id`` of ids that are no numbers, ``label``,
    ``mask``; ``caption_id`` of boxes that belong to one of a picture's captions only; and ``region`` where bbox cannot
    tell a box to the last digit, or is that of a lasso, whose corners are the segmentation. Pictures are not opened, so
    ``width`` and ``height`` are left out.
    """
    images = {picture: number for number, picture in enumerate(dict.fromkeys(pair.picture for pair in pairs), 1)}
    names = dict.fromkeys(region.name for pair in pairs for region in pair.regions)
    categories = {name: number for number, name in enumerate(names, 1)}
    ids = _ids(pairs)
    captions = [_caption(pair, ids[pair.id], images[pair.picture]) for pair in pairs]
    free = count(max(ids.values(), default=0) + 1)
    boxes = [
        {"id": next(free), "image_id": images[picture], **_box(region, categories), **more}
        for picture, region, more in _owned(pairs, ids)
    ]
    told = {
        "images": [{"id": number, "file_name": picture} for picture, number in images.items()],
        "annotations": [*captions, *boxes],
        "categories": [{"id": number, "name": name} for name, number in categories.items()],
    }
    return json.dumps(told, ensure_ascii=False, indent=1)


def _ids(pairs: Sequence[ListedPair]) -> dict[str, int]:
    """Return an annotation's number for every pair's id: its own where it is one."""
    own = {pair.id: int(pair.id) for pair in pairs if pair.id.isascii() and pair.id.isdigit() and _plain(pair.id)}
    free = count(max(own.values(), default=0) + 1)
    return {pair.id: own[pair.id] if pair.id in own else next(free) for pair in pairs}


def _plain(digits: str) -> bool:
    return len(digits) < 16 and str(int(digits)) == digits


def _caption(pair: ListedPair, number: int, image: int) -> dict[str, Any]:
    more = {"label": pair.label, "mask": pair.mask, "pair_id": "" if pair.id == str(number) else pair.id}
    told = {"id": number, "image_id": image, "caption": pair.caption}
    return {**told, **{name: value for name, value in more.items() if value}}


def _owned(pairs: Sequence[ListedPair], ids: dict[str, int]) -> Iterator[tuple[str, Region, dict[str, int]]]:
    """Return every picture's regions once where all its pairs have the same, else every pair's with its caption."""
    by_picture: dict[str, list[ListedPair]] = {}
    for pair in pairs:
        by_picture.setdefault(pair.picture, []).append(pair)
    for picture, listed in by_picture.items():
        shared = all(pair.regions == listed[0].regions for pair in listed)
        for pair in listed[:1] if shared else listed:
            owner = {} if shared else {"caption_id": ids[pair.id]}
            yield from ((picture, region, owner) for region in pair.regions)


def _box(region: Region, categories: dict[str, int]) -> dict[str, Any]:
    x0, y0, x1, y1 = region.box
    width, height = x1 - x0, y1 - y0
    corners = region.outline or ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    told = {
        "category_id": categories[region.name],
        "bbox": [x0, y0, width, height],
        "area": width * height,
        "segmentation": [[edge for corner in corners for edge in corner]],
        "iscrowd": 0,
    }
    read = Region((x0, y0, x0 + width, y0 + height), name=region.name)
    return told if read == region else {**told, "region": region_as_plain(region)}
