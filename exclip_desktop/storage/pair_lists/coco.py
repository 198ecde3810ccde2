"""COCO: captions, with the boxes of instances, joined by their image."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.jsonl import array_entries, parsed
from exclip_desktop.storage.pair_lists.records import Entry, PairReader, entries_of
from exclip_desktop.storage.regions import region_of

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
