"""What a format of pair lists declares and its reader returns, and the records that hand-written formats share."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from exclip_desktop.core.argument_checks import is_unicode
from exclip_desktop.core.inputs.json_documents import JsonError, decode_json, describe_mismatch
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.pair_list import ListedPair, ListNote, lies_within
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.regions import MOST_NAME, MOST_PX, Name, region_from_value

Entry = ListedPair | ListNote
FRACTIONS: Final = "its boxes are within one pixel; they are read as fractions of the picture."
MOST_CAPTION: Final = 1_000_000
"""Characters in a caption; models read far less, but a list may hold what no model reads."""
MOST_BOXES: Final = 100_000
"""Boxes of one record, and captions."""
NAMED_ERRORS: Final = 20  # of the boxes of one record; the others are counted


@dataclass(frozen=True, slots=True)
class PairReader:
    """An opened list, whose entries are read one by one.

    Attributes:
        folder: where its relative paths start.
        entries: its pairs, and notes on what could not be read.
        places: folders relative to ``folder`` where its pictures may be, beside the usual ones; None: every path is
            as it is written, and is not looked for.

    """

    folder: Path
    entries: Iterator[Entry]
    places: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFormat:
    """A format of pair lists.

    Attributes:
        name: its name.
        recognises: returns whether a file or folder has this format. Only one specific format recognises a source.
        read: opens a list; raises ``ListError``.
        endings: usual endings of its files, in lower case, for dialogs.
        is_fallback: whether it is tried after the specific formats, because it reads whatever has the right content.

    """

    name: str
    recognises: Callable[[ListSource], bool]
    read: Callable[[ListSource], PairReader]
    endings: tuple[str, ...] = ()
    is_fallback: bool = False


NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "picture": (
        *("path", "picture", "image", "image_path", "picture_path", "filepath", "file_path"),
        *("file_name", "filename", "file", "img", "img_path", "image_name", "image_file", "image_filename"),
    ),
    "caption": (
        *("caption", "captions", "text", "sentence", "sentences", "title", "description", "prompt"),
        *("raw", "comment", "caption_text", "alt_text", "alt", "txt", "caption_str"),
    ),
    "id": ("id", "pair_id", "key"),
    "label": ("label", "class", "category"),
    "boxes": ("boxes", "box", "regions", "objects"),
    "mask": ("mask", "mask_path"),
}
"""Accepted names of each field; the first one that a list has counts."""


CaptionText = Annotated[str, msgspec.Meta(max_length=MOST_CAPTION)]


class ListRow(msgspec.Struct, frozen=True):
    """The schema of a record, after its fields were found by ``NAMES`` and its numbers were written as text."""

    picture: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_NAME)]
    captions: Annotated[list[CaptionText], msgspec.Meta(max_length=MOST_BOXES)]
    id: Name
    label: Name
    mask: Name


def normalize_name(name: str) -> str:
    """Return a column's name without differences of case, spaces and invisible characters."""
    visible = "".join(sign for sign in name if unicodedata.category(sign) != "Cf")
    return "_".join(visible.casefold().split())


@lru_cache(maxsize=256)
def find_columns(names: tuple[str, ...]) -> Mapping[str, str]:
    """Return the column of each field, for a list with these column names; case and spaces do not matter."""
    normalized = {normalize_name(name): name for name in reversed(names)}
    columns = {
        field: next((normalized[name] for name in usual if name in normalized), None) for field, usual in NAMES.items()
    }
    return {field: name for field, name in columns.items() if name is not None}


def read_record(record: Mapping[str, Any], place: str, default_id: str) -> Iterator[Entry]:
    """Yield the pairs of one record, one per caption, and notes on its errors; its keys are those of ``NAMES``."""
    picture: Any = record.get("picture")
    captions = record.get("caption")
    if isinstance(picture, dict):  # as Hugging Face's data sets write it: with the bytes, or without
        picture = next((picture[name] for name in NAMES["picture"] if picture.get(name)), None)
    if isinstance(captions, str):
        captions = [captions]  # the usual case, without a call
    else:
        captions = [_caption(one) for one in (captions if isinstance(captions, list) else [captions])] or [""]
    key, label, mask = _text(record.get("id")) or default_id, _text(record.get("label")), _text(record.get("mask"))
    try:
        text = "".join((picture, key, label, mask, *captions))
        text.encode()
        fits = picture and len(text) <= MOST_NAME >= len(captions)  # most rows: all together shorter than each may be
    except (TypeError, UnicodeEncodeError):
        fits = False
    if not fits:
        fault = _find_fault({"picture": picture, "captions": captions, "id": key, "label": label, "mask": mask})
        if fault:
            yield ListNote(place, fault)
            return
    regions: tuple[Region, ...] = ()
    if record.get("boxes"):
        regions, errors = _regions(record["boxes"])
        yield from (ListNote(place, f"{why}; the pair is kept without it.") for why in errors)
    size = record.get("size")
    if size is not None:
        regions, notes = keep_inside(regions, size, place)
        yield from notes
    for caption in captions:
        yield ListedPair(key, picture, caption, label, regions, mask)


def _find_fault(values: Mapping[str, Any]) -> str:
    """Return why the values of a record do not fit ``ListRow``, as a sentence; empty where they do."""
    picture, captions = values["picture"], values["captions"]
    if not isinstance(picture, str) or not picture:
        return "no picture is named; left out."
    texts = (picture, values["id"], values["label"], values["mask"], *captions)
    if not all(isinstance(one, str) for one in texts):
        return "a caption, id, label or mask is not text; left out."
    if not is_unicode("".join(texts)):
        return "this is not UTF-8 text; left out. Save the list as UTF-8."
    try:
        msgspec.convert(values, ListRow)
    except msgspec.ValidationError as error:
        return f"{describe_mismatch(error)}; left out."
    return ""


def keep_inside(
    regions: Sequence[Region], size: tuple[float, float], place: str
) -> tuple[tuple[Region, ...], list[ListNote]]:
    """Return the regions that lie in a picture of ``size`` (width, height) at all, and notes on those that do not."""
    width, height = size
    inside = tuple(one for one in regions if meets_picture(one, size))
    beyond = sum(not lies_within(one, size) for one in inside)
    notes = []
    if len(inside) < len(regions):
        count = format_count(len(regions) - len(inside), "box", "boxes")
        text = f"{count} outside of the picture, {width:g} × {height:g} pixels; left out."
        notes.append(ListNote(place, text, "outside"))
    if beyond:
        text = f"{format_count(beyond, 'box', 'boxes')} beyond the picture's edge, {width:g} × {height:g} pixels; kept."
        notes.append(ListNote(place, text, "beyond"))
    return inside, notes


def are_fractions(regions: Sequence[Region]) -> bool:
    """Return whether all regions lie within the first pixel: they are fractions of their picture."""
    return bool(regions) and all(0 <= edge <= 1 for region in regions for edge in region.box)


def scale_region(region: Region, size: tuple[float, float]) -> Region:
    """Return a region in fractions of a picture of ``size`` (width, height) in its pixels."""
    width, height = size
    x0, y0, x1, y1 = region.box
    outline = tuple((x * width, y * height) for x, y in region.outline)
    return replace(region, box=(x0 * width, y0 * height, x1 * width, y1 * height), outline=outline)


def meets_picture(region: Region, size: tuple[float, float]) -> bool:
    """Return whether a part of a region lies in a picture of ``size`` (width, height)."""
    x0, y0, x1, y1 = region.box
    return x0 < size[0] and y0 < size[1] and x1 > 0 and y1 > 0


def size_value(width: Any, height: Any) -> tuple[float, float] | None:
    """Return the size that a record names, or None where it names none."""
    known = all(isinstance(side, int | float) and not isinstance(side, bool) for side in (width, height))
    return (width, height) if known and 0 < width <= MOST_PX and 0 < height <= MOST_PX else None


def _caption(value: Any) -> Any:
    """Return a caption; of an object, as Karpathy's sentences are, its text."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("raw", *NAMES["caption"]) if name in value), value)
    return "" if value is None else value


def _text(value: Any) -> Any:
    """Return a number as text, None as empty text, and anything else unchanged."""
    if isinstance(value, str):
        return value
    return "" if value is None else str(value) if isinstance(value, int | float) else value


def _regions(value: Any) -> tuple[tuple[Region, ...], list[str]]:
    """Return the regions of JSON text or of its value, and the errors of those that cannot be read."""
    if isinstance(value, str):
        try:
            value = decode_json(value)
        except JsonError:
            return (), [f"{value[:40]!r} is not a JSON list of boxes"]
    one = not isinstance(value, list) or (bool(value) and isinstance(value[0], int | float))
    entries = [value] if one else value
    regions, errors, wrong = [], [], 0
    for entry in entries[:MOST_BOXES]:
        try:
            regions.append(region_from_value(entry))
        except ValueError as error:
            wrong += 1
            if wrong <= NAMED_ERRORS:
                errors.append(str(error))
    if wrong > NAMED_ERRORS:
        errors.append(f"{format_count(wrong - NAMED_ERRORS, 'more box', 'more boxes')} cannot be read")
    if len(entries) > MOST_BOXES:
        errors.append(f"it has {len(entries):,} boxes, and the limit is {MOST_BOXES:,}")
    return tuple(regions), errors
