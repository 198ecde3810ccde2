"""Parquet tables: paths of pictures or pictures themselves, img2dataset's tables, and Hugging Face's data sets."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.storage.archives import open_parquet
from exclip_desktop.storage.pair_lists.formats.jsonl import read_object
from exclip_desktop.storage.pair_lists.formats.table import check_captions, list_names
from exclip_desktop.storage.pair_lists.json_lists import Unreadable
from exclip_desktop.storage.pair_lists.list_format import (
    NAMES,
    Entry,
    ListFormat,
    PairReader,
    find_columns,
    read_record,
)
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.pair_lists.record_forms import has_wrong_caption

SHARD_COLUMNS: Final = ("key", "status")  # img2dataset's table beside a folder or a shard of the same name
SUCCESS: Final = "success"
BATCH_ROWS: Final = 256  # a batch holds every cell at full length, although the file may hold equal ones once


def read_parquet(source: ListSource) -> PairReader:
    """Read the rows of a parquet file without the bytes of its pictures, which stay in the file.

    Raises:
        ListError: pyarrow is not installed, the file is damaged, or no column names pictures or holds captions.

    """
    file = open_parquet(source.path)
    names = tuple(file.schema_arrow.names)
    columns = find_columns(names)
    is_shard = all(name in names for name in SHARD_COLUMNS)
    embedded = next((name for name in names if _holds_bytes(file.schema_arrow.field(name).type)), None)
    if "picture" not in columns and embedded is None and not is_shard:
        raise ListError(
            f"{source.path.name} names no column of pictures; its columns are {list_names(names)}.",
            f"Name the column of the paths {NAMES['picture'][0]}.",
        )
    if not is_shard:
        check_captions(source.path, names, {**columns, "picture": embedded or columns.get("picture", "")})
    return PairReader(source.picture_folder, _rows(source, file, embedded, is_shard))


def _holds_bytes(kind: Any) -> bool:
    """Return whether a column holds pictures: bytes, or bytes and a path as Hugging Face's data sets have them."""
    if str(kind) in ("binary", "large_binary"):
        return True
    return str(kind).startswith("struct<") and "bytes" in [kind.field(at).name for at in range(kind.num_fields)]


def _plain_columns(file: Any, wanted: list[str]) -> Mapping[str, str] | None:
    """Return the column of each field where no cell can be a record of a tool; None where one may be."""
    columns = find_columns(tuple(wanted))
    is_nested = any(file.schema_arrow.field(name).type.num_fields for name in wanted)
    return None if is_nested or "boxes" in columns or "label" in columns or has_wrong_caption(wanted) else columns


def _rows(source: ListSource, file: Any, embedded: str | None, is_shard: bool) -> Iterator[Entry]:
    wanted = [name for name in file.schema_arrow.names if name != embedded]
    name, number, plain = source.path.name, 0, _plain_columns(file, wanted)
    for batch in _batches(file, wanted):
        for record in batch:
            number += 1
            place, known = f"{name}, row {number}", dict[str, str]()
            if isinstance(record, Unreadable):
                yield ListNote(place, f"{record.reason}; left out.", "row")
                continue
            if embedded is not None:
                known["picture"] = f"{name}/{embedded}/{number - 1}"
            elif is_shard and record["status"] != SUCCESS:
                status = str(record["status"])
                yield ListNote(place, f"its status is {status}, so it has no picture; left out.", status)
                continue
            elif is_shard:
                known |= {"picture": f"{source.path.stem}/{record['key']}.jpg", "id": str(record["key"])}
            if plain is None:
                yield from read_object(record, place, str(number), source.finder.size_of, **known)
            else:
                yield from read_record({**{f: record[one] for f, one in plain.items()}, **known}, place, str(number))


def _batches(file: Any, wanted: list[str]) -> Iterator[list[Any]]:
    """Yield rows as dictionaries; where a row cannot be read, ``Unreadable`` is in its place."""
    batches = file.iter_batches(batch_size=BATCH_ROWS, columns=wanted)
    while True:
        try:
            batch = next(batches, None)
        except (OSError, ValueError, RuntimeError, MemoryError) as error:  # pyarrow's own are subclasses of these
            yield [Unreadable(f"this and the rows after it cannot be read ({str(error)[:100]})")]
            return
        if batch is None:
            return
        try:
            yield batch.to_pylist()
        except (ValueError, ArithmeticError):  # one of the rows
            yield [_row_of(batch, at) for at in range(batch.num_rows)]


def _row_of(batch: Any, at: int) -> Any:
    try:
        return batch.slice(at, 1).to_pylist()[0]
    except UnicodeError:
        return Unreadable("this is not UTF-8 text")
    except (ValueError, ArithmeticError) as error:
        return Unreadable(f"this cannot be read ({str(error)[:100]})")


FORMAT: Final = ListFormat(
    name="parquet", recognises=lambda source: source.content == "parquet", read=read_parquet, endings=(".parquet",)
)
