"""What a table's line, or a JSON object, says of a pair; shared by the formats that people write by hand."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from exclip_desktop.core.values.pair_list import ListedPair, ListNote
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.list_format import Entry
from exclip_desktop.storage.regions import region_of

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "picture": (
        *("path", "picture", "image", "image_path", "picture_path", "filepath", "file_path"),
        *("file_name", "filename", "file", "img", "img_path"),
    ),
    "caption": ("caption", "captions", "text", "sentence", "sentences", "title", "description", "prompt"),
    "id": ("id", "pair_id", "key"),
    "label": ("label", "class", "category"),
    "boxes": ("boxes", "box", "regions", "objects"),
    "mask": ("mask", "mask_path"),
}
"""What a list may call each field, the first that is there counting."""


@lru_cache(maxsize=256)
def columns_of(names: tuple[str, ...]) -> Mapping[str, str]:
    """Return what a list that has ``names`` calls each field that it has; case and spaces around do not count."""
    plain = {name.strip().casefold().replace(" ", "_"): name for name in reversed(names)}
    found = {field: next((plain[name] for name in usual if name in plain), None) for field, usual in NAMES.items()}
    return {field: name for field, name in found.items() if name is not None}


def entries_of(told: Mapping[str, Any], place: str, default_id: str) -> Iterator[Entry]:
    """Return the pairs of one record, whose keys are those of ``NAMES``: one a caption; and notes on what is wrong."""
    picture, captions = told.get("picture"), told.get("caption")
    if not isinstance(picture, str) or not picture:
        yield ListNote(place, "no picture is named; left out.")
        return
    captions = (captions or [""]) if isinstance(captions, list) else ["" if captions is None else captions]
    key, label, mask = _text(told.get("id")) or default_id, _text(told.get("label")), _text(told.get("mask"))
    try:
        "".join((picture, key, label, mask, *captions)).encode()
    except TypeError:
        yield ListNote(place, "a caption, id, label or mask is no text; left out.")
        return
    except UnicodeEncodeError:
        yield ListNote(place, "this is not UTF-8 text; left out. Save the list as UTF-8.")
        return
    regions, wrong = _regions(told["boxes"]) if told.get("boxes") else ((), [])
    yield from (ListNote(place, f"{why}; the pair is kept without it.") for why in wrong)
    for caption in captions:
        yield ListedPair(key, picture, caption, label, regions, mask)


def is_unicode(text: str) -> bool:
    """Whether ``text`` can be written as UTF-8: bytes that were not UTF-8, and halves of characters, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(told: Any) -> Any:
    """Return a number as text, nothing as an empty one, and anything else as it is."""
    if isinstance(told, str):
        return told
    return "" if told is None else str(told) if isinstance(told, int | float) else told


def _regions(told: Any) -> tuple[tuple[Region, ...], list[str]]:
    """Return the regions told (as JSON text, or its values), and what is wrong with those that are none."""
    if isinstance(told, str):
        try:
            told = json.loads(told)
        except ValueError:
            return (), [f"{told[:40]!r} is no JSON list of boxes"]
    one = not isinstance(told, list) or (bool(told) and not isinstance(told[0], list | dict))
    regions, wrong = [], []
    for entry in [told] if one else told:
        try:
            regions.append(region_of(entry))
        except (ValueError, TypeError) as error:
            wrong.append(str(error))
    return tuple(regions), wrong
