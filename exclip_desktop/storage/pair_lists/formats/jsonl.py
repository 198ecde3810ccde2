"""JSON lines, or one JSON array: every object has a picture with its captions and boxes, in any known form."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TextIO

from exclip_desktop.core.argument_checks import is_unicode
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.json_documents import JsonError, decode_json
from exclip_desktop.core.values.pair_list import ListedPair, ListNote
from exclip_desktop.storage.pair_lists.json_lists import Unreadable
from exclip_desktop.storage.pair_lists.list_format import (
    FRACTIONS,
    NAMES,
    Entry,
    ListFormat,
    PairReader,
    are_fractions,
    find_columns,
    read_record,
    scale_region,
)
from exclip_desktop.storage.pair_lists.list_lines import RowLines, long_line_note
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.pair_lists.record_forms import SizeOf, convert_record, has_wrong_caption, is_known_form
from exclip_desktop.storage.regions import MOST_NAME, region_to_value

UNREAD_BOXES: Final = ("bbox", "bboxes", "bounding_box")  # whose last two numbers may be a corner or a size


def read_objects(source: ListSource) -> PairReader:
    """Read one object per line, or the objects of an array; each has one of the forms of ``record_forms``.

    Raises:
        ListError: the file cannot be opened, or names pictures by number only.

    """
    path = source.path
    if source.content == "json":
        _refuse_results(path, source.document[:1])
        return PairReader(source.picture_folder, read_array(path, source.document, source.finder.size_of))
    # Text: a line may end as those of Windows or of old Macs do.
    file = io.TextIOWrapper(source.open(), source.encoding, "surrogateescape")
    return PairReader(source.picture_folder, _lines(path, file, source.finder.size_of))


def _refuse_results(path: Path, first: list[Any]) -> None:
    """Raise ``ListError`` for COCO's results, whose pictures are in another file."""
    record = first[0] if first and isinstance(first[0], dict) else {}
    if "image_id" in record and "picture" not in find_columns(tuple(record)) and not is_known_form(record):
        raise ListError(
            f"{path.name} holds results of a model: it names pictures by image_id only.",
            "Open COCO's annotations, whose images have names.",
        )


def read_array(path: Path, records: Iterable[Any], size_of: SizeOf) -> Iterator[Entry]:
    """Yield the entries of a JSON array that was read from ``path``."""
    for number, record in enumerate(records, 1):
        place = f"{path.name}, entry {number}"
        if isinstance(record, Unreadable):
            yield ListNote(place, f"this cannot be read ({record.reason}); left out.")
        else:
            yield from read_object(record, place, str(number), size_of)


def read_object(record: Any, place: str, default_id: str, size_of: SizeOf, **known: str) -> Iterator[Entry]:
    """Yield the entries of one object of any form; ``known`` fields, named as in ``NAMES``, replace its own."""
    plain = None if known or not isinstance(record, dict) else _read_plainly(record, default_id)
    if plain is not None:
        yield plain
        return
    if not isinstance(record, dict):
        yield ListNote(place, f'this is not an object such as {{"{NAMES["picture"][0]}": …, "caption": …}}; left out.')
        return
    try:
        converted = list(convert_record(record, size_of))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = f'"{error.args[0]}" is missing' if isinstance(error, KeyError) else "a value is of the wrong kind"
        yield ListNote(place, f"{error if isinstance(error, ValueError) else reason}; left out.")
        return
    for one in converted:
        columns = find_columns(tuple(one))
        values = {field: one[name] for field, name in columns.items()}
        size = one.get("size") if isinstance(one.get("size"), tuple) else None  # of a form: JSON has no tuples
        yield from _notes_of(one, columns, place)
        for entry in read_record({**values, "size": size, **known}, place, default_id):
            yield from (entry,) if isinstance(entry, ListNote) else _scale_fractions(entry, place, size_of)


@lru_cache(maxsize=256)
def _plain_columns(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the names of picture, caption, id, label and mask, empty for those that a record with these names lacks.

    None: a value may be a record of a tool, boxes, or no text.
    """
    columns = find_columns(names)
    if "picture" not in columns or "boxes" in columns or has_wrong_caption(names) or set(names) & {*UNREAD_BOXES}:
        return None
    return tuple(columns.get(field, "") for field in ("picture", "caption", "id", "label", "mask"))


def _read_plainly(record: dict[str, Any], default_id: str) -> ListedPair | None:
    """Return the pair of a record whose values are texts, or None where it needs a closer look.

    Most records of most lists are so, and take half of the time.
    """
    columns = _plain_columns(tuple(record))
    if columns is None or not all(type(value) is str for value in record.values()):
        return None
    text = "\0".join(record.values())
    if "[{" in text or len(text) > MOST_NAME or not is_unicode(text):
        return None
    picture, caption, key, label, mask = (record[name] if name else "" for name in columns)
    return ListedPair(key or default_id, picture, caption, label, (), mask) if picture else None


def _notes_of(record: Mapping[str, Any], columns: Mapping[str, str], place: str) -> Iterator[ListNote]:
    """Yield the notes of a form, and one on a field that may hold boxes of another kind."""
    notes = record.get("notes")
    if isinstance(notes, tuple):
        yield from (ListNote(place, note, note.partition(":")[0]) for note in notes)
    unread = next((name for name in UNREAD_BOXES if record.get(name)), None)
    if unread is not None and "boxes" not in columns:
        yield ListNote(place, f'its "{unread}" is not read; name boxes "boxes", each x0, y0, x1, y1.', "unread boxes")


def _scale_fractions(pair: ListedPair, place: str, size_of: SizeOf) -> Iterator[Entry]:
    """Yield a pair; where its boxes are fractions of the picture, they are scaled, and a note says so."""
    if not are_fractions(pair.regions):
        yield pair
        return
    try:
        size = size_of(pair.picture)
    except ValueError:  # a missing picture is named when its pair is opened
        yield pair
        return
    yield ListNote(place, FRACTIONS, "fractions")
    yield replace(pair, regions=tuple(scale_region(region, size) for region in pair.regions))


def _lines(path: Path, file: TextIO, size_of: SizeOf) -> Iterator[Entry]:
    with file:
        number, bounded = 0, RowLines(file)
        lines = iter(bounded)
        while True:
            number += 1
            place = f"{path.name}, line {number}"
            bounded.begin_row()
            try:
                line = next(lines, "")
            except UnicodeError:  # of UTF-16; bytes that are no UTF-8 are named by the reader of their record
                yield ListNote(place, "this and all that follows is not text that can be read; left out.")
                return
            if not line:
                return
            yield from () if not bounded.has_long else (long_line_note(place),)
            if not line.strip():
                continue
            try:
                record = decode_json(line)
            except JsonError as error:
                yield ListNote(place, f"this is not JSON ({error}); left out.")
                continue
            yield from read_object(record, place, str(number), size_of)


def format_lines(pairs: Iterable[ListedPair]) -> str:
    """Return pairs as one object per line, without empty fields, except the caption."""
    return "".join(json.dumps(_record(pair), ensure_ascii=False) + "\n" for pair in pairs)


def _record(pair: ListedPair) -> dict[str, Any]:
    more = {
        "label": pair.label,
        "boxes": [region_to_value(region) for region in pair.regions],
        "mask": pair.mask,
    }
    values = {"id": pair.id, "path": pair.picture, "caption": pair.caption}
    return {**values, **{name: value for name, value in more.items() if value}}


FORMAT: Final = ListFormat(
    name="jsonl",
    recognises=lambda source: source.content == "json lines" or isinstance(source.document, list),
    read=read_objects,
    endings=(".jsonl", ".ndjson"),
    is_fallback=True,
)
