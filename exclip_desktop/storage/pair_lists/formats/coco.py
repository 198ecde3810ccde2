"""COCO: captions, with the boxes of instances, joined by their image."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from exclip_desktop.core.argument_checks import short_repr
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.json_documents import describe_mismatch
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.box_forms import corner_box, points_box
from exclip_desktop.storage.pair_lists.json_lists import Unreadable, parse_json
from exclip_desktop.storage.pair_lists.list_format import (
    FRACTIONS,
    Entry,
    ListFormat,
    PairReader,
    are_fractions,
    keep_inside,
    read_record,
    scale_region,
    size_value,
)
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.regions import region_from_value

TWINS = {"captions_": "instances_", "instances_": "captions_"}

MOST_SPANS: Final = 100
CocoId = int | float | str | None


class CocoAnnotation(msgspec.Struct, frozen=True):
    """The schema of a caption or a box; whether its values fit their image and picture is checked after it."""

    image_id: CocoId = None
    category_id: CocoId = None
    caption_id: CocoId = None
    pair_id: CocoId = None
    iscrowd: int | float | bool | None = None
    bbox: list[Any] | None = None
    tokens_positive: list[Any] | None = None


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
    document = _Document(parts)
    return PairReader(source.pictures or _folder_of(path, next(iter(document.files.values()), "")), document.entries())


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


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _key(value: Any) -> str:
    """Return an id as text, the same for 1, 1.0 and "1"; empty where it is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


def _key_of(value: Any, name: str = "id") -> str:
    return _key(value.get(name)) if isinstance(value, dict) else ""


def _file_of(image: dict[str, Any]) -> str:
    """Return an image's file name; of LVIS, whose images have none, the end of its address with the split's folder."""
    name = image.get("file_name")
    if isinstance(name, str):
        return name
    address = image.get("coco_url")
    return "/".join(address.split("/")[-2:]) if isinstance(address, str) else ""


def _folder_of(path: Path, first: str) -> Path:
    """Return the folder that contains the first picture; the list's folder where none of the usual ones does."""
    split = re.sub(r"^(captions|instances)_", "", path.stem)
    places = [base / name for base in (path.parent, path.parent.parent) for name in (".", "images", split)]
    places += [base / "images" / split for base in (path.parent, path.parent.parent)]
    return next((place for place in places if first and is_file(place / first)), path.parent)


class _Document:
    """Captions and instances, in one file or two, joined by their images."""

    def __init__(self, parts: list[tuple[Path, Any]]) -> None:
        self._parts = parts
        images = (image for _, part in parts for image in part["images"] if _key_of(image) and _file_of(image))
        self._images: dict[str, dict[str, Any]] = {_key_of(image): image for image in images}
        self.files = {key: _file_of(image) for key, image in self._images.items()}
        self._regions: dict[Any, list[Region]] = defaultdict(list)
        self._captions: list[tuple[str, dict[str, Any]]] = [  # MDETR's images have captions
            (f"image {key}", {"image_id": key, "id": key, "caption": image["caption"]})
            for key, image in self._images.items()
            if isinstance(image.get("caption"), str)
        ]

    def entries(self) -> Iterator[Entry]:
        """Yield notes, then pairs."""
        for path, part in self._parts:
            names = {_key_of(one): one.get("name") for one in _as_list(part.get("categories")) if _key_of(one)}
            if part.get("categories") is not None and not isinstance(part["categories"], list):
                yield ListNote(path.name, 'its "categories" are not a list; boxes have no names.')
            for number, annotation in enumerate(part["annotations"], 1):
                yield from self._read(annotation, f"{path.name}, annotation {number}", names)
        yield from self._drop_outside()
        if self._captions:
            yield from _captioned(self._captions, self.files, self._regions)
        else:
            for key, file in self.files.items():
                yield from _finished({"picture": file, "id": key}, file, tuple(self._regions[key]))

    def _read(self, annotation: Any, place: str, names: Mapping[Any, Any]) -> Iterator[ListNote]:
        """Store a caption or a box; yield a note where there is a doubt."""
        error = _error_of(annotation, self.files)
        if error is None and "caption" in annotation:
            self._captions.append((place, annotation))
        elif error is None and annotation.get("iscrowd") == 1:
            yield ListNote(place, "this is a crowd, whose box has no single object; left out.", "crowd")
        elif error is None:
            category = annotation.get("category_id")
            name = self._phrase(annotation) or names.get(_key(category))
            error = _add_box(annotation, name or "", self._regions)
            if name is None and names:
                yield ListNote(place, f"there is no category {short_repr(category)}; its box has no name.", "category")
        if error is not None:
            yield ListNote(place, f"{error}; left out.")

    def _phrase(self, annotation: dict[str, Any]) -> str:
        """Return the words of an image's caption that a box belongs to, as MDETR counts them; empty without them."""
        spans, caption = annotation.get("tokens_positive"), self._images[_key_of(annotation, "image_id")].get("caption")
        if not isinstance(caption, str) or not isinstance(spans, list):
            return ""
        pairs = [span for span in spans[:MOST_SPANS] if isinstance(span, list)]
        pairs = [span for span in pairs if [type(end) for end in span] == [int, int]]
        return " ".join(caption[start:stop] for start, stop in pairs)

    def _drop_outside(self) -> Iterator[ListNote]:
        """Remove boxes outside of their images, whose sizes COCO names, and scale those that are fractions."""
        for owner, image in self._images.items():
            size = size_value(image.get("width"), image.get("height"))
            if size is None or owner not in self._regions:
                continue
            place, regions = f"{self._parts[0][0].name}, image {owner}", tuple(self._regions[owner])
            if are_fractions(regions):
                yield ListNote(place, FRACTIONS, "fractions")
                regions = tuple(scale_region(region, size) for region in regions)
            inside, notes = keep_inside(regions, size, place)
            self._regions[owner] = list(inside)
            yield from notes


def _error_of(annotation: Any, files: Mapping[str, str]) -> str | None:
    if isinstance(annotation, Unreadable):
        return f"this cannot be read ({annotation.reason})"
    if not isinstance(annotation, dict):
        return "this is not an object"
    try:
        msgspec.convert(annotation, CocoAnnotation)
    except msgspec.ValidationError as error:
        return describe_mismatch(error)
    image = annotation.get("image_id")
    return None if _key(image) in files else f"there is no image {short_repr(image)} with a file name"


def _add_box(annotation: dict[str, Any], name: str, regions: dict[Any, list[Region]]) -> str | None:
    """Add an instance's box to those of its image or caption; return what is wrong with it, or None."""
    try:
        region = region_from_value(annotation.get("region") or _box_of(annotation, name))
    except (KeyError, TypeError, ValueError) as error:
        return f"its bbox is missing or wrong ({error})" if "bbox" in annotation else "its bbox is missing or wrong"
    caption = annotation.get("caption_id")
    owner = _key_of(annotation, "image_id")
    regions[owner if caption is None else ("caption", _key(caption))].append(region)
    return None


def _box_of(annotation: dict[str, Any], name: str) -> Any:
    """Return an instance's box; without one, that of its outline."""
    outline = annotation.get("segmentation")
    if "bbox" not in annotation and isinstance(outline, list):
        numbers = [number for part in outline for number in part]
        value = points_box(list(zip(numbers[::2], numbers[1::2], strict=False)))
        return {"box": value["box"], "name": name}
    return corner_box(annotation["bbox"], name)


def _captioned(
    captions: list[tuple[str, dict[str, Any]]], files: Mapping[Any, str], regions: Mapping[Any, list[Region]]
) -> Iterator[Entry]:
    whole = defaultdict(tuple, {owner: tuple(some) for owner, some in regions.items()})
    for place, caption in captions:
        image = _key_of(caption, "image_id")
        own = caption.get("id", image)
        record: dict[str, Any] = {field: caption[field] for field in ("caption", "label", "mask") if field in caption}
        record |= {"picture": files[image], "id": caption.get("pair_id", own)}
        yield from _finished(record, place, whole[image] + whole["caption", _key(own)])


def _finished(record: dict[str, Any], place: str, regions: tuple[Region, ...]) -> Iterator[Entry]:
    for entry in read_record(record, place, ""):
        yield entry if isinstance(entry, ListNote) or not regions else replace(entry, regions=regions)


FORMAT: Final = ListFormat(
    name="coco",
    # Any other object: the error names what COCO's files have.
    recognises=lambda source: source.content == "json" and not isinstance(source.document, list),
    read=read_coco,
    endings=(".json",),
    is_fallback=True,
)
