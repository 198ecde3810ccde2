"""Tables: CSV, TSV, Excel's text and token files, with a line that names the columns, or without one."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TextIO

from exclip_desktop.core.argument_checks import is_unicode
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.regular_files import LIST_LINE
from exclip_desktop.core.paths import is_address
from exclip_desktop.core.values.pair_list import ListedPair, ListNote
from exclip_desktop.storage.formula_cells import ESCAPED_COLUMN, Formulas, format_rows, read_escaped
from exclip_desktop.storage.pair_lists.cell_captions import cell_captions
from exclip_desktop.storage.pair_lists.formats.folder import PictureFolder
from exclip_desktop.storage.pair_lists.formats.jsonl import read_object
from exclip_desktop.storage.pair_lists.list_format import (
    NAMES,
    Entry,
    ListFormat,
    PairReader,
    find_columns,
    normalize_name,
)
from exclip_desktop.storage.pair_lists.list_lines import RowLines, long_line_note
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.pair_lists.picture_finder import is_picture_name
from exclip_desktop.storage.pair_lists.record_forms import has_wrong_caption
from exclip_desktop.storage.regions import MOST_NAME, region_to_value

COLUMNS = ("id", "path", "caption", "label", "boxes", "mask")
SEPARATORS = ",;\t|"
SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
NUMBERED: Final = re.compile(r"(caption|comment|sentence|description|text)_?\d{1,3}")
TOKEN: Final = re.compile(r"([^\t]+)#(\d+)\t")
HARMLESS: Final = frozenset(
    (
        *("width", "height", "split", "comment_number", "image_id", "dataset", "source", "license"),
        *("annotator", "annotation_id", "created_at", "updated_at", "lead_time"),
    )
)
"""Columns that are known to hold no captions; a table may have them without captions."""
TOKENS, PATHS = "#", ""  # separators that stand for a token file, and for a list of paths alone
MOST_SHOWN: Final = 20  # names of columns in a message
ORDINALS = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written.

    Attributes:
        separator: between columns.
        names: of the columns.
        columns: the name of the column of each field.
        spaced: whether a space follows each separator.
        line: the number of the line that names the columns, 0 without one.
        numbered: the columns of several captions, such as caption_0, caption_1.

    """

    separator: str
    names: tuple[str, ...]
    columns: Mapping[str, str]
    spaced: bool = False
    line: int = 0
    numbered: tuple[str, ...] = ()


def read_table(source: ListSource) -> PairReader:
    """Read a table.

    Blank lines, comments (#) and Excel's ``sep=`` may precede the line that names the columns. Without such a line,
    ``picture#number``, a tab and the caption are a token file, and columns are recognised by the names of pictures.

    Raises:
        ListError: the file cannot be opened, or names no column of pictures or captions.

    """
    path = source.path
    if csv.field_size_limit() < LIST_LINE.most_bytes:  # for the whole process: csv has no other limit
        csv.field_size_limit(LIST_LINE.most_bytes)
    file = _open_text(source)
    try:
        layout = _read_layout(source, file)
        if not layout.line:
            file.seek(0)
    except (ListError, UnicodeError, OSError) as error:
        file.close()
        raise error if isinstance(error, ListError) else _no_text(path) from error
    rows = {TOKENS: _read_tokens, PATHS: _read_paths}.get(layout.separator, _read_rows)
    return PairReader(source.picture_folder, rows(path, file, layout, source))


def _open_text(source: ListSource) -> TextIO:
    return io.TextIOWrapper(source.open(), source.encoding, "surrogateescape", newline="")


def _read_layout(source: ListSource, file: TextIO) -> Layout:
    path, separators, most = source.path, SEPARATORS, LIST_LINE.most_bytes
    for number, line in enumerate(iter(partial(file.readline, most + 1), ""), 1):
        if len(line) > most:
            raise LIST_LINE.too_large(f"Line {number} of {path.name}", ListError)
        named = SEPARATOR_LINE.fullmatch(line)
        if named:
            separators = named[1]
        elif line.strip() and not line.startswith("#"):
            return _layout_of(source, number, line, separators)
    raise ListError(f"{path.name} has no line that names the columns.", "Name the columns in the first line.")


def _layout_of(source: ListSource, number: int, line: str, separators: str) -> Layout:
    """Return the layout of a table by its first line."""
    path = source.path
    splits = [
        (one, tuple(next(csv.reader([line], delimiter=one), [])))
        for one in sorted(separators, key=line.count, reverse=True)
    ]
    for separator, names in splits:
        columns = find_columns(names)
        if "picture" in columns:
            numbered = () if "caption" in columns else tuple(n for n in names if NUMBERED.fullmatch(normalize_name(n)))
            if not numbered:
                check_captions(path, names, columns)
            return Layout(separator, names, columns, _is_spaced(names), number, numbered)
    if TOKEN.match(line):
        return Layout(TOKENS, (), {})
    for separator, cells in splits:
        layout = _layout_without_names(path, separator, cells, number)
        if layout is not None:
            return layout
    _refuse_addresses(source, splits[0], number)
    usual = ", ".join(NAMES["picture"][:4])
    raise ListError(
        f"{path.name}, line {number}, names no column of pictures{_quoted(line)}.",
        f"Name the columns in the first line: one of {usual}, and {NAMES['caption'][0]}.",
    )


def _is_spaced(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and all(cell.startswith(" ") for cell in cells[1:])


def check_captions(path: Path, names: tuple[str, ...], columns: Mapping[str, str]) -> None:
    """Raise ``ListError`` where columns of unknown names are all that could hold the captions."""
    known = {*columns.values(), *(name for name in names if name.strip().casefold() in HARMLESS or not name.strip())}
    unknown = [name.strip() for name in names if name not in known]
    if "caption" not in columns and "boxes" not in columns and unknown and not has_wrong_caption(names):
        raise ListError(
            f"{path.name} has no column of captions; its columns are {list_names(names)}. "
            "None of these names is known to hold captions.",
            f"Name the column of the captions {NAMES['caption'][0]}.",
        )


def list_names(names: Sequence[str]) -> str:
    """Return the names of columns for a sentence, the first ones of many."""
    shown = ", ".join(name.strip()[:MOST_SHOWN] for name in names[:MOST_SHOWN])
    return f"{shown} and {len(names) - MOST_SHOWN:,} more" if len(names) > MOST_SHOWN else shown


def _layout_without_names(path: Path, separator: str, cells: tuple[str, ...], number: int) -> Layout | None:
    """Return the layout of a table whose first line is a pair; None where it is none."""
    for at, cell in enumerate(cells):
        if is_address(cell.strip()) and len(cells) > 1:
            where = ORDINALS[at] if at < len(ORDINALS) else f"{at + 1}th"
            raise _addresses_error(path, f"the {where} column")
        if is_picture_name(cell.strip()) and len(cells) == 1:
            return Layout(PATHS, (), {})
        if is_picture_name(cell.strip()) and len(cells) == 2:
            names = ("path", "caption") if at == 0 else ("caption", "path")
            return Layout(separator, names, {"picture": "path", "caption": "caption"}, _is_spaced(cells))
    return None


def _refuse_addresses(source: ListSource, split: tuple[str, tuple[str, ...]], number: int) -> None:
    """Raise ``ListError`` where a column holds addresses of pictures."""
    separator, names = split
    with _open_text(source) as file, suppress(csv.Error):
        first = next(islice(csv.reader(RowLines(file), delimiter=separator), number, None), [])
        for name, cell in zip(names, first, strict=False):
            if is_address(cell.strip()):
                raise _addresses_error(source.path, f"the column {name.strip()[:MOST_SHOWN]}")


def _addresses_error(path: Path, column: str) -> ListError:
    return ListError(
        f"In {path.name}, {column} holds addresses, and this program does not use the network for pictures.",
        "Save the pictures first, and name their files in a column.",
    )


def _quoted(line: str) -> str:
    """Return the beginning of a line, quoted; empty where it is not text."""
    text = line.strip()[:60]
    return f": {text!r}" if text.isprintable() or "\t" in text else ""


def _read_tokens(path: Path, file: TextIO, layout: Layout, source: ListSource) -> Iterator[Entry]:
    """Yield the entries of a token file: ``picture#number``, a tab, and the caption."""
    with file:
        lines = RowLines(file)
        for number, line in enumerate(lines, 1):
            place, found = f"{path.name}, line {number}", TOKEN.match(line)
            if lines.has_long:
                yield long_line_note(place)
            elif found:
                record = {"path": found[1], "caption": line[found.end() :].rstrip("\r\n"), "id": found[0].rstrip("\t")}
                yield from read_object(record, place, str(number), source.finder.size_of)
            elif line.strip():
                yield ListNote(place, "this is not a picture with #, a number, a tab and a caption; left out.", "token")
            lines.begin_row()


def _read_paths(path: Path, file: TextIO, _: Layout, source: ListSource) -> Iterator[Entry]:
    """Yield the entries of pictures that are named alone, one per line, with the files beside them: YOLO's lists."""
    folder = PictureFolder(source.picture_folder)
    with file:
        lines = RowLines(file)
        for number, line in enumerate(lines, 1):
            place = f"{path.name}, line {number}"
            yield from () if not lines.has_long else (long_line_note(place),)
            if line.strip():
                found = source.finder.find(line.strip())
                yield from folder.read(found, place, str(number))
            lines.begin_row()


def _read_rows(path: Path, file: TextIO, layout: Layout, source: ListSource) -> Iterator[Entry]:
    """Yield the entries of the rows below the line that names the columns."""
    with file:
        lines = RowLines(file)
        rows = _csv_rows(lines, layout)
        to_record = _make_converter(layout)
        read_plainly, file_name = _make_plain_reader(layout), path.name
        header, own = [*layout.names], lines.row
        number, line = 0, layout.line + 1
        has_marks = layout.names[-1] == ESCAPED_COLUMN
        while True:
            line += len(own)  # where the row starts; a caption may have several lines
            own.clear()
            try:
                row = next(rows, None)
            except (csv.Error, UnicodeError) as error:
                place = f"{file_name}, line {line}"
                yield ListNote(place, f"this cannot be read ({error}); left out. Is a quote left open?")
                if isinstance(error, UnicodeError):
                    return
                lines.take_back()
                rows = _csv_rows(lines, layout)
                continue
            if row is None:
                return
            if lines.has_long:
                lines.has_long = False
                yield long_line_note(f"{file_name}, line {line}")
                continue
            if not row or row == header:
                continue
            if has_marks and len(row) == len(layout.names) and row[-1]:
                row = [*map(read_escaped, row)]
            number += 1
            swallowed = len(own) - 1
            pair = None if swallowed else read_plainly(row, number)
            if pair is not None:
                yield pair
                continue
            place = f"{file_name}, line {line}"
            record, note = to_record(row)
            if record is not None and swallowed and _holds_rows(row, layout):
                record, note = None, f"a quote is left open until line {line + swallowed}; left out. Close the quote."
            yield from () if not note else (ListNote(place, note, "columns"),)
            yield from () if record is None else read_object(record, place, str(number), source.finder.size_of)


def _csv_rows(lines: RowLines, layout: Layout) -> Iterator[list[str]]:
    # strict: an open quote swallows the lines after it, and that is an error then.
    return csv.reader(iter(lines), delimiter=layout.separator, strict=True, skipinitialspace=layout.spaced)


def _make_plain_reader(layout: Layout) -> Callable[[list[str], int], ListedPair | None]:
    """Return a function that makes the pair of a row and its number, or None where a cell needs a closer look.

    Most rows of most lists have one cell per column and hold neither JSON nor boxes; so they take a third of the time.
    """
    columns, count = layout.columns, len(layout.names)
    if layout.spaced or layout.numbered or "boxes" in columns or has_wrong_caption(layout.names):
        return lambda row, number: None
    picture, caption, key, label, mask = (
        layout.names.index(columns[field]) if field in columns else count
        for field in ("picture", "caption", "id", "label", "mask")
    )

    def read_plainly(row: list[str], number: int) -> ListedPair | None:
        text = "\0".join(row)
        if (
            len(row) != count
            or len(text) > MOST_NAME
            or not row[picture]
            or text[0] == "["
            or "\0[" in text
            or not is_unicode(text)
        ):
            return None
        row.append("")  # of the fields without a column
        return ListedPair(row[key] or str(number), row[picture], row[caption], row[label], (), row[mask])

    return read_plainly


def _make_converter(layout: Layout) -> Callable[[list[str]], tuple[dict[str, Any] | None, str]]:
    """Return a function from a row to its record, None where it is left out, and a note, empty without a doubt."""
    names, columns = layout.names, layout.columns
    at = {name: place for place, name in reversed([*enumerate(names)])}  # of equal names, the first one
    least = 1 + max(at[columns[field]] for field in ("picture", "caption") if field in columns)
    takes_rest = columns.get("caption") == names[-1] and at[names[-1]] == len(names) - 1

    def convert(row: list[str]) -> tuple[dict[str, Any] | None, str]:
        note, count = "", len(row)
        if count < least:
            return None, f"{count} columns where {len(names)} are named; left out."
        if count > len(names) and any(cell.strip() for cell in row[len(names) :]):
            if not takes_rest:
                return None, f"{count} columns where {len(names)} are named; left out. Quote cells with separators."
            note = f"{count} columns where {len(names)} are named; the caption is the rest of the line."
            rest = (layout.separator + " " * layout.spaced).join(row[len(names) - 1 :])
            row = [*row[: len(names) - 1], rest]
        cells = [cell.strip() for cell in row] if layout.spaced else row
        record: dict[str, Any] = {name: cells[place] for name, place in at.items() if place < len(cells)}
        caption = columns.get("caption")
        if caption is not None and caption in record:
            record[caption] = cell_captions(record[caption])
        if layout.numbered:
            captions = [str(record.pop(name, "")) for name in layout.numbered]
            record[COLUMNS[2]] = [one for one in captions if one.strip()]
        return record, note

    return convert


def _holds_rows(row: list[str], layout: Layout) -> bool:
    """Return whether a cell of several lines has lines that look like rows: a picture's name and a separator."""
    inner = (line for cell in row for line in cell.splitlines()[1:])
    return any(is_picture_name(part.strip()) for line in inner for part in line.split(layout.separator)[:-1])


def _no_text(path: Path) -> ListError:
    return ListError(f"{path.name} is not text.", "Save the list as CSV in UTF-8.")


def format_table(pairs: Iterable[ListedPair], separator: str, formulas: Formulas = "escape") -> str:
    """Return pairs as a table with this column separator, which reads the same whatever ``formulas`` is."""
    rows: list[tuple[str, ...]] = [COLUMNS]
    for pair in pairs:
        boxes = json.dumps([region_to_value(region) for region in pair.regions], ensure_ascii=False)
        rows.append((pair.id, pair.picture, pair.caption, pair.label, boxes if pair.regions else "", pair.mask))
    return format_rows(rows, formulas, separator=separator, marks=True)


FORMAT: Final = ListFormat(
    name="table",
    recognises=lambda source: source.content == "text",
    read=read_table,
    is_fallback=True,
    endings=(".csv", ".tsv", ".txt", ".token"),
)
