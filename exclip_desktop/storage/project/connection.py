"""Connections to project files, which may come from anybody: nothing in them can act, and nothing is without end."""

import os
import random
import sqlite3
import stat
import time
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ProjectError

BUSY_MS: Final = 3000
"""Time that a window waits for another one's transaction."""

LOOK_AGAIN_S: Final = (0.001, 0.01)
"""Shortest and longest pause before a writer looks again whether another one has ended; different ones take turns."""

LONGEST_BYTES: Final = 16_000_000
"""The longest text or heat in a project; also the limit of a line in a list."""

STEPS_PER_CALL: Final = 100_000
LEAST_CALLS: Final = 200
PAGES_PER_CALL: Final = 1
"""A statement may take this many calls of so many steps of SQLite's machine, and one call more for each page."""

_PAGE_BYTES: Final = 4096
_LIMITS: Final = (
    (sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_BYTES),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 1_000_000),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100),
    (sqlite3.SQLITE_LIMIT_COLUMN, 100),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 4),  # SQLite counts the removal of a finding's view and tags
)
_SUPER_JOURNAL: Final = bytes.fromhex("d9d505f920a163d7")  # ends a journal that names another one
_JOURNAL: Final = "-journal"
_BESIDE: Final = (_JOURNAL, "-wal", "-shm")


class DamagedFile(sqlite3.DatabaseError):
    """A project file is not as the program writes it."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """Return a connection to a file that exists; only its thread may use it.

    Raises:
        ProjectError: a file next to it could act or block.
        sqlite3.Error: it cannot be opened.

    """
    check_journals(path)
    connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_MS / 1000)
    restrict(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = EXTRA")  # also the journal's end is on disk before a change counts
    return connection


def begin_writing(connection: sqlite3.Connection, wait_ms: int | None = None) -> None:
    """Begin a transaction that writes; wait so long, by default ``BUSY_MS``, for another one's.

    SQLite's own wait looks again after 100 ms at last, and may so miss every pause of a busy writer for seconds.

    Raises:
        sqlite3.OperationalError: it waited in vain, or the file cannot be written.

    """
    usual = BUSY_MS
    end = time.monotonic() + (usual if wait_ms is None else wait_ms) / 1000
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
            time.sleep(random.uniform(*LOOK_AGAIN_S))
    finally:
        connection.execute(f"PRAGMA busy_timeout = {usual}")


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; 0 for errors of Python's module itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def restrict(connection: sqlite3.Connection) -> None:
    """Bound the length of texts, and turn off what a project has no need of and a hostile file could use."""
    for limit, most in _LIMITS:
        connection.setlimit(limit, most)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    configure = getattr(connection, "setconfig", None)  # Python 3.12
    if configure is not None:
        configure(getattr(sqlite3, "SQLITE_DBCONFIG_DEFENSIVE"), True)  # noqa: B009  Python 3.11 does not know it
        configure(getattr(sqlite3, "SQLITE_DBCONFIG_ENABLE_TRIGGER"), False)  # noqa: B009
        configure(getattr(sqlite3, "SQLITE_DBCONFIG_ENABLE_VIEW"), False)  # noqa: B009


def check_journals(path: Path) -> None:
    """Raise ``ProjectError`` where a file next to a project would make SQLite act elsewhere, or wait for ever.

    A journal can name another one, of a change of several files. SQLite deletes the file of that name after it took
    such a change back, whatever it is. This program's changes are of one file.
    """
    for ending in _BESIDE:
        beside = path.with_name(path.name + ending)
        try:
            is_regular = stat.S_ISREG(beside.lstat().st_mode)
        except OSError:  # usually there is none
            continue
        if not is_regular:
            raise ProjectError(
                f"{beside.name}, next to {path.name}, is not a regular file.", "Move it away, then try again."
            )
        if ending == _JOURNAL and _names_others(beside):
            raise ProjectError(
                f"{beside.name}, next to {path.name}, names other files, which this program's journals never do.",
                f"Move {beside.name} away, then try again.",
            )


def _names_others(journal: Path) -> bool:
    try:
        with journal.open("rb") as file:
            file.seek(-min(len(_SUPER_JOURNAL), file.seek(0, os.SEEK_END)), os.SEEK_END)
            return file.read() == _SUPER_JOURNAL
    except OSError:  # gone, or SQLite cannot read it either
        return False


class StatementBound:
    """Ends statements that take more steps than the size of their file explains."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Bound the statements of ``connection``, which reads ``path``."""
        self._path, self._calls = path, 0
        connection.set_progress_handler(self._on_steps, STEPS_PER_CALL)

    def restart(self) -> None:
        """Count from 0: another statement begins."""
        self._calls = 0

    def lift(self) -> None:
        """Set no bound: the statements that follow write what the program gives them."""
        self._calls = -(1 << 62)

    def _on_steps(self) -> bool:
        self._calls += 1
        return self._calls > LEAST_CALLS and self._calls > LEAST_CALLS + self._pages() // PAGES_PER_CALL

    def _pages(self) -> int:
        try:
            return self._path.stat().st_size // _PAGE_BYTES
        except OSError:
            return 0
