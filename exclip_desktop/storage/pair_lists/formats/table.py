"""CSV and TSV: the first line names the columns, then one pair per line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TextIO

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.pair_list import ListedPair, ListNote
from exclip_desktop.storage.pair_lists.list_format import (
    NAMES,
    Entry,
    ListFormat,
    PairReader,
    find_columns,
    read_record,
)
from exclip_desktop.storage.pair_lists.list_source import ListSource, unreadable_error
from exclip_desktop.storage.regions import region_to_value

COLUMNS = ("id", "path", "caption", "label", "boxes", "mask")
SEPARATORS = ",;\t"


def read_table(source: ListSource) -> PairReader:
    """Read a table; its first line shows whether commas, semicolons or tabs separate the columns.

    Raises:
        ListError: the file cannot be opened, or its first line names no column of pictures.

    """
    path = source.path
    try:
        file = path.open(encoding=source.encoding, errors="surrogateescape", newline="")
    except OSError as error:
        raise unreadable_error(path, error) from error
    try:
        separator, names, columns = _read_head(path, file)
    except (ListError, UnicodeError, OSError) as error:
        file.close()
        raise error if isinstance(error, ListError) else _no_text(path) from error
    return PairReader(source.picture_folder, _entries(path, file, separator, names, columns))


def _read_head(path: Path, file: TextIO) -> tuple[str, tuple[str, ...], Mapping[str, str]]:
    """Return the separator, the names of the columns, and the column of each field."""
    line = file.readline()
    for separator in sorted(SEPARATORS, key=line.count, reverse=True):
        names = tuple(next(csv.reader([line], delimiter=separator), []))
        columns = find_columns(names)
        if "picture" in columns:
            return separator, names, columns
    if not line.strip():
        raise ListError(f"{path.name} is empty, or its first line is.", "Name the columns in the first line.")
    usual = ", ".join(NAMES["picture"][:4])
    raise ListError(
        f"{path.name}, line 1, names no column of pictures{_quoted(line)}.",
        f"Name the columns in the first line: one of {usual}, and {NAMES['caption'][0]}.",
    )


def _quoted(line: str) -> str:
    """Return the beginning of a line, quoted; empty where it is not text."""
    text = line.strip()[:60]
    return f": {text!r}" if text.isprintable() or "\t" in text else ""


def _entries(
    path: Path, file: TextIO, separator: str, names: tuple[str, ...], columns: Mapping[str, str]
) -> Iterator[Entry]:
    at = {field: names.index(name) for field, name in columns.items()}
    least = 1 + max(at[field] for field in ("picture", "caption") if field in at)
    with file:
        rows = csv.reader(file, delimiter=separator, strict=True)  # an open quote swallows the lines after it: say so
        number = 0
        while True:
            place = f"{path.name}, line {rows.line_num + 2}"  # where the row starts; a caption may have several lines
            try:
                row = next(rows, None)
            except (csv.Error, UnicodeError) as error:
                yield ListNote(place, f"this cannot be read ({error}); left out. Is a quote left open?")
                if isinstance(error, UnicodeError):
                    return
                continue
            if row is None:
                return
            if not row:
                continue
            number += 1
            if len(row) < least:
                yield ListNote(place, f"{len(row)} columns where {len(names)} are named; left out.")
            else:
                record = {field: row[column] for field, column in at.items() if column < len(row)}
                yield from read_record(record, place, str(number))


def _no_text(path: Path) -> ListError:
    return ListError(f"{path.name} is not text.", "Save the list as CSV in UTF-8.")


def format_table(pairs: Iterable[ListedPair], separator: str) -> str:
    """Return pairs as a table with this column separator."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(COLUMNS)
    for pair in pairs:
        boxes = json.dumps([region_to_value(region) for region in pair.regions], ensure_ascii=False)
        row = (pair.id, pair.picture, pair.caption, pair.label, boxes if pair.regions else "", pair.mask)
        writer.writerow(row)
    return text.getvalue()


FORMAT: Final = ListFormat(
    name="table",
    recognises=lambda source: source.content == "text",
    read=read_table,
    is_fallback=True,
    endings=(".csv", ".tsv"),
    write=lambda pairs, ending: format_table(pairs, "\t" if ending == ".tsv" else ","),
)
