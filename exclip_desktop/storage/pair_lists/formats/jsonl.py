"""JSON: an object a line, or one array of objects; every object a picture and its captions."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.pair_list import ListedPair, ListNote
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader, unreadable
from exclip_desktop.storage.pair_lists.records import NAMES, columns_of, entries_of
from exclip_desktop.storage.regions import region_as_plain


def read_lines(path: Path, pictures: Path | None = None) -> PairReader:
    """Read an object a line.

    Raises:
        ListError: it cannot be opened.

    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error
    return PairReader(pictures or path.parent, _lines(path, file))


def array_entries(path: Path, records: list[Any]) -> Iterator[Entry]:
    """Return the entries of a JSON array that was read from ``path``."""
    for number, record in enumerate(records, 1):
        yield from record_entries(record, f"{path.name}, entry {number}", str(number))


def record_entries(record: Any, place: str, default_id: str, **known: str) -> Iterator[Entry]:
    """Return the entries of one object, by the names of ``records.NAMES``; ``known`` fields are not asked of it."""
    if not isinstance(record, dict):
        yield ListNote(place, f'this is no object such as {{"{NAMES["picture"][0]}": …, "caption": …}}; left out.')
        return
    columns = columns_of(tuple(record))
    told = {field: record[name] for field, name in columns.items()}
    yield from entries_of({**told, **known}, place, default_id)


def parsed(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        ListError: it cannot be opened, or is no JSON.

    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise unreadable(path, error) from error
    except json.JSONDecodeError as error:
        raise ListError(f"{path.name}, line {error.lineno}, is no JSON: {error.msg}.", _MEND) from error
    except (UnicodeError, RecursionError) as error:
        raise ListError(f"{path.name} is no JSON.", _MEND) from error


_MEND = "Write it again; objects that stand one a line belong in a file that ends in .jsonl."


def _lines(path: Path, file: BinaryIO) -> Iterator[Entry]:
    with file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            place = f"{path.name}, line {number}"
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield ListNote(place, f"this is no JSON ({error}); left out.")
                continue
            yield from record_entries(record, place, str(number))


def lines_text(pairs: Iterable[ListedPair]) -> str:
    """Return pairs as an object a line; what is empty is left out, but for the caption."""
    return "".join(json.dumps(_record(pair), ensure_ascii=False) + "\n" for pair in pairs)


def _record(pair: ListedPair) -> dict[str, Any]:
    more = {
        "label": pair.label,
        "boxes": [region_as_plain(region) for region in pair.regions],
        "mask": pair.mask,
    }
    told = {"id": pair.id, "path": pair.picture, "caption": pair.caption}
    return {**told, **{name: value for name, value in more.items() if value}}


FORMAT: Final = ListFormat(
    name="jsonl", read=read_lines, endings=(".jsonl", ".ndjson"), write=lambda pairs, _: lines_text(pairs)
)
