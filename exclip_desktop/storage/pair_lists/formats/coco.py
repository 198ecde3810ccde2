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
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader, read_record
from exclip_desktop.storage.pair_lists.list_source import ListSource, parse_json
from exclip_desktop.storage.regions import region_from_value, region_to_value

TWINS = {"captions_": "instances_", "instances_": "captions_"}


def read_coco(source: ListSource) -> PairReader:
    """Read COCO's captions, with the other one of ``captions_X.json`` and ``instances_X.json`` in the same folder.

    Where no image has a caption, each gives a pair without one. Pictures are in ``pictures``, or in the folder of the
    list, its subfolder ``images`` or one with the split's name, or the same of its parent: where the first one is.

    Raises:
        ListError: the file cannot be opened, is not JSON, or no COCO.

    """
    path = source.path
    parts = [(path, source.document)]
    _check(*parts[0])
    twin = _twin(path)
    if twin is not None:
        parts.append((twin, parse_json(twin)))
        _check(*parts[-1])
    images = {image["id"]: image for _, part in parts for image in part["images"] if _has_id(image) and _file_of(image)}
    files = {key: _file_of(image) for key, image in images.items()}
    captions = {key: image["caption"] for key, image in images.items() if isinstance(image.get("caption"), str)}
    return PairReader(source.pictures or _folder_of(path, files), _entries(parts, files, captions))


def _check(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or not all(
        isinstance(document.get(key), list) for key in ("images", "annotations")
    ):
        raise ListError(
            f"{path.name} is not a pair list: it lacks the images and annotations of COCO's files.",
            "Give COCO's captions or instances, or an array of objects with path and caption.",
        )


def _twin(path: Path) -> Path | None:
    for start, other in TWINS.items():
        other_file = path.with_name(other + path.name.removeprefix(start))
        if path.name.startswith(start) and is_file(other_file):
            return other_file
    return None


def _has_id(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), int | str)


def _file_of(image: dict[str, Any]) -> str:
    """Return an image's file name; of LVIS, whose images have none, the end of its address with the split's folder."""
    name = image.get("file_name")
    if isinstance(name, str):
        return name
    address = image.get("coco_url")
    return "/".join(address.split("/")[-2:]) if isinstance(address, str) else ""


def _folder_of(path: Path, files: Mapping[Any, str]) -> Path:
    """Return the folder that contains the first picture; the list's folder where none of the usual ones does."""
    first, split = next(iter(files.values()), ""), re.sub(r"^(captions|instances)_", "", path.stem)
    places = [base / name for base in (path.parent, path.parent.parent) for name in (".", "images", split)]
    places += [base / "images" / split for base in (path.parent, path.parent.parent)]
    return next((place for place in places if first and is_file(place / first)), path.parent)


def _entries(parts: list[tuple[Path, Any]], files: Mapping[Any, str], captions: Mapping[Any, str]) -> Iterator[Entry]:
    """Yield notes, then pairs; ``captions`` are those of images, as MDETR writes them."""
    regions: dict[Any, list[Region]] = defaultdict(list)
    captioned: list[tuple[str, dict[str, Any]]] = [
        (f"image {key}", {"image_id": key, "id": key, "caption": text}) for key, text in captions.items()
    ]
    for path, part in parts:
        names = {one["id"]: one.get("name") for one in part.get("categories") or () if _has_id(one)}
        for number, annotation in enumerate(part["annotations"], 1):
            place = f"{path.name}, annotation {number}"
            error = _error_of(annotation, files)
            if error is None and "caption" in annotation:
                captioned.append((place, annotation))
            elif error is None and annotation.get("iscrowd") == 1:
                yield ListNote(place, "this is a crowd, whose box has no single object; left out.", "crowd")
            elif error is None:
                name = _phrase(annotation, captions) or names.get(annotation.get("category_id"))
                error = _add_box(annotation, name or "", regions)
                if name is None and names:
                    category = annotation.get("category_id")
                    yield ListNote(place, f"there is no category {category!r}; its box has no name.", "category")
            if error is not None:
                yield ListNote(place, f"{error}; left out.")
    if captioned:
        yield from _captioned(captioned, files, regions)
    else:
        for key, file in files.items():
            yield from _finished({"picture": file, "id": str(key)}, file, tuple(regions[key]))


def _phrase(annotation: dict[str, Any], captions: Mapping[Any, str]) -> str:
    """Return the words of an image's caption that a box belongs to, as MDETR counts them; empty without them."""
    spans, caption = annotation.get("tokens_positive"), captions.get(annotation.get("image_id"))
    if caption is None or not isinstance(spans, list):
        return ""
    pairs = [span for span in spans if isinstance(span, list) and len(span) == 2]
    return " ".join(caption[start:stop] for start, stop in pairs if isinstance(start, int) and isinstance(stop, int))


def _error_of(annotation: Any, files: Mapping[Any, str]) -> str | None:
    if not _has_id(annotation):
        return "this is not an object with an id"
    image = annotation.get("image_id")
    if not isinstance(image, int | str) or image not in files:
        return f"there is no image {image!r} with a file name"
    return None


def _add_box(annotation: dict[str, Any], name: str, regions: dict[Any, list[Region]]) -> str | None:
    """Add an instance's box to those of its image or caption; return what is wrong with it, or None."""
    try:
        x, y, width, height = annotation["bbox"]
        box = {"box": [x, y, x + width, y + height], "name": name}
        region = region_from_value(annotation.get("region", box))
    except (KeyError, TypeError, ValueError) as error:
        return f"its bbox is missing or wrong ({error})"
    caption = annotation.get("caption_id")
    regions[annotation["image_id"] if caption is None else ("caption", caption)].append(region)
    return None


def _captioned(
    captions: list[tuple[str, dict[str, Any]]], files: Mapping[Any, str], regions: Mapping[Any, list[Region]]
) -> Iterator[Entry]:
    whole = defaultdict(tuple, {owner: tuple(some) for owner, some in regions.items()})
    for place, caption in captions:
        image = caption["image_id"]
        record: dict[str, Any] = {field: caption[field] for field in ("caption", "label", "mask") if field in caption}
        record |= {"picture": files[image], "id": caption.get("pair_id", caption["id"])}
        yield from _finished(record, place, whole[image] + whole["caption", caption["id"]])


def _finished(record: dict[str, Any], place: str, regions: tuple[Region, ...]) -> Iterator[Entry]:
    for entry in read_record(record, place, ""):
        yield entry if isinstance(entry, ListNote) or not regions else replace(entry, regions=regions)


def format_coco(pairs: Sequence[ListedPair]) -> str:
    """Return pairs as COCO's JSON: one caption each, and the boxes of every picture once; categories are their names.

    Fields of our own hold what COCO lacks: ``pair_id`` for ids that are not numbers, ``label``, ``mask``;
    ``caption_id`` for boxes of one caption of a picture; and ``region`` where bbox loses digits of a box, or is that of
    a lasso, whose corners are the segmentation. Pictures are not opened, so ``width`` and ``height`` are missing.
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
        "images": [{"id": number, "file_name": picture} for picture, number in images.items()],
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
    annotation = {"id": number, "image_id": image, "caption": pair.caption}
    return {**annotation, **{name: value for name, value in more.items() if value}}


def _boxes_by_owner(pairs: Sequence[ListedPair], ids: dict[str, int]) -> Iterator[tuple[str, Region, dict[str, int]]]:
    """Yield a picture's regions once where all its pairs share them, else those of each pair with its caption."""
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
    annotation = {
        "category_id": categories[region.name],
        "bbox": [x0, y0, width, height],
        "area": width * height,
        "segmentation": [[edge for corner in corners for edge in corner]],
        "iscrowd": 0,
    }
    read = Region((x0, y0, x0 + width, y0 + height), name=region.name)
    return annotation if read == region else {**annotation, "region": region_to_value(region)}


FORMAT: Final = ListFormat(
    name="coco",
    # Any other object: the error names what COCO's files have.
    recognises=lambda source: source.content == "json" and not isinstance(source.document, list),
    read=read_coco,
    endings=(".json",),
    is_fallback=True,
    writers={".json": format_coco},
)
