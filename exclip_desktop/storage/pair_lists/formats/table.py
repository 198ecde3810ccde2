"""CSV and TSV: a line of names, then a pair a line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TextIO

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.pair_list import ListedPair, ListNote
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader, unreadable
from exclip_desktop.storage.pair_lists.records import NAMES, columns_of, entries_of
from exclip_desktop.storage.regions import region_as_plain

HEAD = ("id", "path", "caption", "label", "boxes", "mask")
SIGNS = ",;\t"


def read_table(path: Path, pictures: Path | None = None) -> PairReader:
    """Read a table; commas, semicolons or tabs are told by its first line.

    Raises:
        ListError: it cannot be opened, or its first line names no pictures.

    """
    try:
        with path.open("rb") as raw:
            encoding = "utf-16" if raw.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        file = path.open(encoding=encoding, errors="surrogateescape", newline="")
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        sign, names, columns = _head(path, file)
    except (ListError, UnicodeError, OSError) as error:
        file.close()
        raise error if isinstance(error, ListError) else _no_text(path) from error
    return PairReader(pictures or path.parent, _entries(path, file, sign, names, columns))


def _head(path: Path, file: TextIO) -> tuple[str, tuple[str, ...], Mapping[str, str]]:
    """Return what parts the columns, their names, and which field is which."""
    line = file.readline()
    for sign in sorted(SIGNS, key=line.count, reverse=True):
        names = tuple(next(csv.reader([line], delimiter=sign), []))
        columns = columns_of(names)
        if "picture" in columns:
            return sign, names, columns
    if not line.strip():
        raise ListError(f"{path.name} is empty, or its first line is.", "Let the first line name the columns.")
    usual = ", ".join(NAMES["picture"][:4])
    raise ListError(
        f"{path.name}, line 1, names no column of pictures{_quoted(line)}.",
        f"Let the first line name the columns, one of them {usual}, another {NAMES['caption'][0]}.",
    )


def _quoted(line: str) -> str:
    """Return the beginning of a line as text; nothing of bytes that are none."""
    told = line.strip()[:60]
    return f": {told!r}" if told.isprintable() or "\t" in told else ""


def _entries(
    path: Path, file: TextIO, sign: str, names: tuple[str, ...], columns: Mapping[str, str]
) -> Iterator[Entry]:
    at = {field: names.index(name) for field, name in columns.items()}
    least = 1 + max(at[field] for field in ("picture", "caption") if field in at)
    with file:
        rows = csv.reader(file, delimiter=sign, strict=True)  # an open quote swallows the lines after it: say so
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
                told = {field: row[column] for field, column in at.items() if column < len(row)}
                yield from entries_of(told, place, str(number))


def _no_text(path: Path) -> ListError:
    return ListError(f"{path.name} is no text.", "Save the list as CSV in UTF-8.")


def table_text(pairs: Iterable[ListedPair], sign: str) -> str:
    """Return pairs as a table whose columns ``sign`` parts."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=sign)
    writer.writerow(HEAD)
    for pair in pairs:
        boxes = json.dumps([region_as_plain(region) for region in pair.regions], ensure_ascii=False)
        row = (pair.id, pair.picture, pair.caption, pair.label, boxes if pair.regions else "", pair.mask)
        writer.writerow(row)
    return text.getvalue()


FORMAT: Final = ListFormat(
    name="table",
    read=read_table,
    endings=(".csv", ".tsv"),
    write=lambda pairs, ending: table_text(pairs, "\t" if ending == ".tsv" else ","),
)
