"""Compares the tables of a project file with those that its version has, before any row is read."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from typing import Final

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.storage.project.connection import DamagedFile
from exclip_desktop.storage.project.schema import TABLES, migrate

SchemaEntry = tuple[str, str, str, str]
"""Type, name, table and SQL text of a table or index."""

INTERNAL: Final = frozenset(
    (
        ("table", "sqlite_stat1", "sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"),
        ("table", "sqlite_stat4", "sqlite_stat4", "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"),
    )
)
"""Tables that SQLite makes itself when a person optimizes a file with another program."""

_HINT: Final = "Ask for the file as this program wrote it, or for its findings as .csv or .jsonl."
_NAME_LENGTH: Final = 60


def read_schema(connection: sqlite3.Connection) -> frozenset[SchemaEntry]:
    """Return all entries of a schema; those that are no text are read with replaced characters."""
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    try:
        rows = connection.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master").fetchall()
    finally:
        connection.text_factory = str
    return frozenset((str(kind), str(name), str(table), str(sql)) for kind, name, table, sql in rows)


@cache
def expected_schema(steps: tuple[str, ...]) -> frozenset[SchemaEntry]:
    """Return the entries of a schema after these steps."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, steps)
        return read_schema(connection)


def check_schema(name: str, entries: frozenset[SchemaEntry], steps: Sequence[str]) -> None:
    """Check the schema of the file ``name`` against that after ``steps``.

    Raises:
        ProjectError: there is more in it than a project has, such as a trigger or a view.
        DamagedFile: something is missing or other than it should be.

    """
    expected = expected_schema(tuple(steps))
    more = sorted(entries - expected - INTERNAL)
    for kind, called, _, sql in more:
        if kind in ("trigger", "view") or _is_virtual(sql):
            raise _refused(name, "virtual table" if _is_virtual(sql) else kind, called)
    if expected - entries:
        raise DamagedFile
    for kind, called, _, _ in more:
        raise _refused(name, kind, called)


def known_tables(entries: frozenset[SchemaEntry], steps: Sequence[str]) -> frozenset[str]:
    """Return the names of the tables that are as they should be after ``steps``."""
    expected = expected_schema(tuple(steps))
    return frozenset(called for kind, called, _, _ in entries & expected if kind == "table" and called in TABLES)


def is_known_schema(entries: frozenset[SchemaEntry], steps: Sequence[str]) -> bool:
    """Return whether a file has all tables of a version of a project."""
    return any(entries >= expected_schema(tuple(steps[:version])) for version in range(1, len(steps) + 1))


def _is_virtual(sql: str) -> bool:
    return sql.upper().split()[:2] == ["CREATE", "VIRTUAL"]


def _refused(name: str, kind: str, called: str) -> ProjectError:
    shown = "".join(sign if sign.isprintable() else "·" for sign in called[:_NAME_LENGTH])
    shown += "…" if len(called) > _NAME_LENGTH else ""
    article = "an" if kind == "index" else "a"
    return ProjectError(f'{name} has {article} {kind} that no project of this program has: "{shown}".', _HINT)
