"""Writes pairs as COCO's JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.list_writer import group_by_picture
from exclip_desktop.storage.regions import region_to_value


def format_coco(pairs: Sequence[ListedPair], sizes: Mapping[str, tuple[int, int]]) -> str:
    """Return pairs as COCO's JSON: one caption each, and the boxes of every picture once; categories are their names.

    Fields of our own hold what COCO lacks: ``pair_id`` for ids that are not numbers, ``label``, ``mask``;
    ``caption_id`` for boxes of one caption of a picture; and ``region`` where bbox loses digits of a box, or is that of
    a lasso, whose corners are the segmentation. ``sizes`` are ``width`` and ``height`` of pictures, where known.
    """
    images = {picture: number for number, picture in enumerate(dict.fromkeys(pair.picture for pair in pairs), 1)}
    names = dict.fromkeys(region.name for pair in pairs for region in pair.regions)
    categories = {name: number for number, name in enumerate(names, 1)}
    ids = _ids(pairs)
    captions = [_caption(pair, ids[pair.id], images[pair.picture]) for pair in pairs]
    free = count(max(ids.values(), default=0) + 1)
    boxes = [
        {"id": next(free), "image_id": images[picture], **_box(region, categories), **more}
        for picture, region, more in _boxes_by_owner(pairs, ids)
    ]
    document = {
        "images": [
            {"id": number, "file_name": picture, **dict(zip(("width", "height"), sizes.get(picture, ()), strict=False))}
            for picture, number in images.items()
        ],
        "annotations": [*captions, *boxes],
        "categories": [{"id": number, "name": name} for name, number in categories.items()],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _ids(pairs: Sequence[ListedPair]) -> dict[str, int]:
    """Return the annotation number of every pair id: the id itself where it is a number."""
    own = {
        pair.id: int(pair.id) for pair in pairs if pair.id.isascii() and pair.id.isdigit() and _is_canonical(pair.id)
    }
    free = count(max(own.values(), default=0) + 1)
    return {pair.id: own[pair.id] if pair.id in own else next(free) for pair in pairs}


def _is_canonical(digits: str) -> bool:
    return len(digits) < 16 and str(int(digits)) == digits


def _caption(pair: ListedPair, number: int, image: int) -> dict[str, Any]:
    more = {"label": pair.label, "mask": pair.mask, "pair_id": "" if pair.id == str(number) else pair.id}
    # pycocotools reads no file in which an annotation lacks a category; 0 is none, boxes are counted from 1.
    annotation = {"id": number, "image_id": image, "category_id": 0, "caption": pair.caption}
    return {**annotation, **{name: value for name, value in more.items() if value}}


def _boxes_by_owner(pairs: Sequence[ListedPair], ids: dict[str, int]) -> Iterator[tuple[str, Region, dict[str, int]]]:
    """Yield a picture's regions once where all its pairs share them, else those of each pair with its caption."""
    for picture, listed in group_by_picture(pairs).items():
        shared = all(pair.regions == listed[0].regions for pair in listed)
        for pair in listed[:1] if shared else listed:
            owner = {} if shared else {"caption_id": ids[pair.id]}
            yield from ((picture, region, owner) for region in pair.regions)


def _box(region: Region, categories: dict[str, int]) -> dict[str, Any]:
    x0, y0, x1, y1 = region.box
    width, height = x1 - x0, y1 - y0
    corners = region.outline or ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    annotation = {
        "category_id": categories[region.name],
        "bbox": [x0, y0, width, height],
        "area": width * height,
        "segmentation": [[edge for corner in corners for edge in corner]],
        "iscrowd": 0,
    }
    read = Region((x0, y0, x0 + width, y0 + height), name=region.name)
    return annotation if read == region else {**annotation, "region": region_to_value(region)}
