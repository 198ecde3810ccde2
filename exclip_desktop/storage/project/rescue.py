"""Rescues the readable rows of a damaged project file."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.storage.project.project import Project, convert_errors
from exclip_desktop.storage.project.schema import PAGE_BYTES, TABLES, migrate

MOST_MISSED: Final = 10_000
"""Largest number of unreadable rows tried in a row, between two damaged places."""

Row = tuple[Any, ...]


def rescued(path: Path) -> Project:
    """Return the readable rows of a damaged file as a read-only project in memory; the file stays unchanged.

    Raises:
        ProjectError: nothing in it can be read.

    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror}.", "Ask for permission, or copy it.") from error
    with convert_errors(path):
        target = sqlite3.connect(":memory:", isolation_level=None)
        migrate(target)
        counts = _filled(target, data)
        if not any(counts.values()):
            _empty(target)
            counts = _filled(target, _with_new_first_page(target, data))
    if not any(counts.values()):
        raise ProjectError(
            f"{path.name} is damaged, and nothing in it can be read.", "Restore a copy of it from a backup."
        )
    target.execute("PRAGMA foreign_keys = ON")
    why = "it is damaged, and this is what could be read."
    parts = [
        format_count(counts[table], table, "boxes" if table == "box" else "") for table in ("pair", "finding", "box")
    ]
    read = f"{parts[0]}, {parts[1]} and {parts[2]} could be read"
    return Project(
        path,
        target,
        why,
        (f"{path.name} is damaged: {read}. Save a copy to continue; the file itself stays unchanged.",),
    )


def _filled(target: sqlite3.Connection, data: bytes) -> dict[str, int]:
    """Copy every readable row of a database's bytes; return the number of rows of each table."""
    counts = dict.fromkeys(TABLES, 0)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as source:
        source.deserialize(data)
        target.execute("BEGIN")
        for table in TABLES:
            names = [name for _, name, *_ in target.execute(f"PRAGMA table_info({table})")]
            put = f"INSERT INTO {table} (rowid, {', '.join(names)}) VALUES (?{', ?' * len(names)})"
            query = f"SELECT rowid, {', '.join(names)} FROM {table} NOT INDEXED"
            for row in _readable(source, query) if _is_known(source, query) else ():
                with suppress(sqlite3.IntegrityError, sqlite3.InterfaceError):  # a row with invalid values
                    target.execute(put, row)
                    counts[table] += 1
        target.execute("COMMIT")
    return counts


def _is_known(source: sqlite3.Connection, query: str) -> bool:
    try:
        source.execute(f"{query} LIMIT 0")
    except sqlite3.DatabaseError:
        return False
    return True


def _readable(source: sqlite3.Connection, query: str) -> Iterator[Row]:
    """Yield a table's rows from the first to the damage, from the last back to it, and readable ones between."""
    last, whole = 0, False
    for row in _until_damage(source, f"{query} ORDER BY rowid"):
        if row is None:
            whole = True
        else:
            last = row[0]
            yield row
    if whole:
        return
    behind = [row for row in _until_damage(source, f"{query} WHERE rowid > {last} ORDER BY rowid DESC") if row]
    yield from behind
    yield from _one_by_one(source, query, last + 1, behind[-1][0] if behind else sys.maxsize)


def _one_by_one(source: sqlite3.Connection, query: str, number: int, end: int) -> Iterator[Row]:
    missed = 0
    while number < end and missed < MOST_MISSED:
        rows = []
        with suppress(sqlite3.DatabaseError):
            rows = source.execute(f"{query} WHERE rowid = ?", (number,)).fetchall()
        missed = 0 if rows else missed + 1
        yield from rows
        number += 1


def _until_damage(source: sqlite3.Connection, query: str) -> Iterator[Row | None]:
    """Yield the readable rows in their order, and None at the end where there was no damage."""
    try:
        yield from source.execute(query)
        yield None
    except sqlite3.DatabaseError:
        return


def _empty(target: sqlite3.Connection) -> None:
    for table in TABLES:
        target.execute(f"DELETE FROM {table}")


def _with_new_first_page(target: sqlite3.Connection, data: bytes) -> bytes:
    """Return the bytes with the first page of an empty project, which holds only the root pages of the tables.

    All projects are made by the same steps, so their tables begin at the same pages.
    """
    page = bytearray(target.serialize()[:PAGE_BYTES])
    page[28:32] = (len(data) // PAGE_BYTES).to_bytes(4)
    return bytes(page) + data[PAGE_BYTES:]
