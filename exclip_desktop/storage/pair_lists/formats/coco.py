"""COCO: captions, with the boxes of instances, joined by their image."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.values.pair_list import ListedPair, ListNote
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.formats.jsonl import array_entries, parsed
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader
from exclip_desktop.storage.pair_lists.records import entries_of
from exclip_desktop.storage.regions import region_as_plain, region_of

TWINS = {"captions_": "instances_", "instances_": "captions_"}


def read_json(path: Path, pictures: Path | None = None) -> PairReader:
    """Read COCO's captions, with what is in the other of ``captions_X.json`` and ``instances_X.json`` beside them.

    An image without captions gives a pair without one where no image has any. Pictures are in ``pictures``, or where
    the first of them is found: beside the list, or in ``images`` or a folder of the split's name there or one above.
    A plain array of objects is read as JSONL is.

    Raises:
        ListError: it cannot be opened, is no JSON, or is neither.

    """
    told = parsed(path)
    if isinstance(told, list):
        return PairReader(pictures or path.parent, array_entries(path, told))
    _check(path, told)
    parts = [(path, told)]
    twin = _twin(path)
    if twin is not None:
        parts.append((twin, parsed(twin)))
        _check(*parts[-1])
    files = {image["id"]: image["file_name"] for _, part in parts for image in part["images"] if _named(image)}
    return PairReader(pictures or _folder_of(path, files), _entries(parts, files))


def _check(path: Path, told: Any) -> None:
    if not isinstance(told, dict) or not all(isinstance(told.get(key), list) for key in ("images", "annotations")):
        raise ListError(
            f"{path.name} is no list of pairs: it has no images and annotations as COCO's files do.",
            "Give COCO's captions or instances, or an array of objects with path and caption.",
        )


def _twin(path: Path) -> Path | None:
    for start, other in TWINS.items():
        beside = path.with_name(other + path.name.removeprefix(start))
        if path.name.startswith(start) and is_file(beside):
            return beside
    return None


def _has_id(told: Any) -> bool:
    return isinstance(told, dict) and isinstance(told.get("id"), int | str)


def _named(image: Any) -> bool:
    return _has_id(image) and isinstance(image.get("file_name"), str)


def _folder_of(path: Path, files: Mapping[Any, str]) -> Path:
    """Return the folder where the first picture is; the list's own where it is in none of the usual ones."""
    first, split = next(iter(files.values()), ""), re.sub(r"^(captions|instances)_", "", path.stem)
    places = [base / name for base in (path.parent, path.parent.parent) for name in (".", "images", split)]
    places += [base / "images" / split for base in (path.parent, path.parent.parent)]
    return next((place for place in places if first and is_file(place / first)), path.parent)


def _entries(parts: list[tuple[Path, Any]], files: Mapping[Any, str]) -> Iterator[Entry]:
    regions: dict[Any, list[Region]] = defaultdict(list)
    captions: list[tuple[str, dict[str, Any]]] = []
    for path, part in parts:
        names = {one["id"]: one.get("name") for one in part.get("categories") or () if _has_id(one)}
        for number, annotation in enumerate(part["annotations"], 1):
            place = f"{path.name}, annotation {number}"
            wrong = _wrong(annotation, files)
            if wrong is None and "caption" in annotation:
                captions.append((place, annotation))
            elif wrong is None:
                wrong = _add_box(annotation, names, regions)
            if wrong is not None:
                yield ListNote(place, f"{wrong}; left out.")
    if captions:
        yield from _captioned(captions, files, regions)
    else:
        for key, file in files.items():
            yield from _finished({"picture": file, "id": str(key)}, file, tuple(regions[key]))


def _wrong(annotation: Any, files: Mapping[Any, str]) -> str | None:
    if not _has_id(annotation):
        return "this is no object with an id"
    image = annotation.get("image_id")
    if not isinstance(image, int | str) or image not in files:
        return f"there is no image {image!r} with a file name"
    return None


def _add_box(annotation: dict[str, Any], names: Mapping[Any, Any], regions: dict[Any, list[Region]]) -> str | None:
    """Add an instance's box to its image's, or its caption's; return what is wrong with it, or None."""
    try:
        x, y, width, height = annotation["bbox"]
        box = {"box": [x, y, x + width, y + height], "name": names.get(annotation.get("category_id")) or ""}
        region = region_of(annotation.get("region", box))
    except (KeyError, TypeError, ValueError) as error:
        return f"its bbox is missing or wrong ({error})"
    caption = annotation.get("caption_id")
    regions[annotation["image_id"] if caption is None else ("caption", caption)].append(region)
    return None


def _captioned(
    captions: list[tuple[str, dict[str, Any]]], files: Mapping[Any, str], regions: Mapping[Any, list[Region]]
) -> Iterator[Entry]:
    whole = defaultdict(tuple, {owner: tuple(found) for owner, found in regions.items()})
    for place, told in captions:
        image = told["image_id"]
        record: dict[str, Any] = {field: told[field] for field in ("caption", "label", "mask") if field in told}
        record |= {"picture": files[image], "id": told.get("pair_id", told["id"])}
        yield from _finished(record, place, whole[image] + whole["caption", told["id"]])


def _finished(record: dict[str, Any], place: str, regions: tuple[Region, ...]) -> Iterator[Entry]:
    for entry in entries_of(record, place, ""):
        yield entry if isinstance(entry, ListNote) or not regions else replace(entry, regions=regions)


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


FORMAT: Final = ListFormat(name="coco", read=read_json, endings=(".json",), write=lambda pairs, _: coco_text(pairs))
