"""Rescues the readable rows of a damaged project file."""

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.storage.project.connection import StatementBound, restrict
from exclip_desktop.storage.project.project import Project, convert_errors
from exclip_desktop.storage.project.records import NotText, decode_text
from exclip_desktop.storage.project.schema import FIRST_TABLES, PAGE_BYTES, STEPS, TABLES, migrate
from exclip_desktop.storage.project.schema_check import known_tables, read_schema

MOST_MISSED: Final = 10_000
"""Largest number of unreadable rows tried in a row, between two damaged places."""

Row = tuple[Any, ...]


class UnreadableProject(ProjectError):
    """The file is not a project, or nothing in it can be read."""


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
        restrict(target)
        migrate(target)
        first_page = target.serialize()[:PAGE_BYTES]
        not_text: list[tuple[str, int]] = []
        known = _fill(target, path, data, TABLES, not_text)
        missing = [table for table in FIRST_TABLES if table not in known]
        if missing:
            _fill(target, path, _with_first_page(first_page, data), missing, not_text)
        counts = {table: target.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
    if not any(counts.values()):
        target.close()
        raise UnreadableProject(
            f"{path.name} is damaged, and nothing in it can be read.", "Restore a copy of it from a backup."
        )
    target.execute("PRAGMA foreign_keys = ON")
    why = "it is damaged, and this is what could be read."
    parts = [
        format_count(counts[table], table, "boxes" if table == "box" else "") for table in ("pair", "finding", "box")
    ]
    read = f"{parts[0]}, {parts[1]} and {parts[2]} could be read"
    note = f"{path.name} is damaged: {read}. Save a copy to continue; the file itself stays unchanged."
    project = Project(path, target, why, (note,))
    for table, key in not_text:
        project.left_out.add_row(table, key, "it holds what is not UTF-8 text")
    return project


def _fill(
    target: sqlite3.Connection, path: Path, data: bytes, tables: Sequence[str], not_text: list[tuple[str, int]]
) -> frozenset[str]:
    """Copy the readable rows of tables from a database's bytes; return the tables that were found there.

    Rows with bytes that are not UTF-8 are added to ``not_text``, by table and id.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as source:
        restrict(source)
        source.deserialize(data)
        bound = StatementBound(path, source)
        try:
            known = known_tables(read_schema(source), STEPS)
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return frozenset()
        source.text_factory = decode_text
        target.execute("BEGIN")
        copied = set()
        for table in tables:
            bound.restart()
            if table in known and _copy(source, target, table, not_text):
                copied.add(table)
        target.execute("COMMIT")
    return frozenset(copied)


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str, not_text: list[tuple[str, int]]) -> bool:
    """Copy the readable rows of a table; return whether there are any, or it is empty and whole."""
    names = [name for _, name, *_ in target.execute(f"PRAGMA table_info({table})")]
    put = f"INSERT INTO {table} (rowid, {', '.join(names)}) VALUES (?{', ?' * len(names)})"
    query = f"SELECT rowid, {', '.join(names)} FROM {table} NOT INDEXED"
    any_read = False
    for row in _readable(source, query):
        any_read = True
        if any(isinstance(value, NotText) for value in row):
            not_text.append((table, row[0]))
            continue
        with suppress(sqlite3.IntegrityError):  # a row with invalid values
            target.execute(put, row)
    return any_read or _is_whole(source, query)


def _is_whole(source: sqlite3.Connection, query: str) -> bool:
    try:
        source.execute(query).fetchall()
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


def _with_first_page(page: bytes, data: bytes) -> bytes:
    """Return the bytes with the first page of an empty project, which holds only the root pages of the tables.

    All projects are made by the same steps, so the tables of the first one begin at the same pages.
    """
    pages = (len(data) // PAGE_BYTES).to_bytes(4)
    return page[:28] + pages + page[32:] + data[PAGE_BYTES:]
