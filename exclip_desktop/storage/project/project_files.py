"""Creates and opens project files; checks version and permissions, and rescues damaged ones."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.paths import expand_home, is_file
from exclip_desktop.storage.atomic import check_writable
from exclip_desktop.storage.project.project import BUSY_MS, Project, convert_errors, is_damage, primary_code
from exclip_desktop.storage.project.rescue import rescued
from exclip_desktop.storage.project.schema import APPLICATION_ID, PAGE_BYTES, STEPS, migrate

ENDING: Final = ".exclip"
SQLITE_BEGINS: Final = b"SQLite format 3\0"


def create_project(path: str | Path) -> Project:
    """Create an empty project file and open it.

    Raises:
        OutputError: the folder is missing or cannot be written.
        ProjectError: the file exists, or the disk is full.

    """
    place = _absolute(path)
    check_writable(place)
    if place.exists():
        raise ProjectError(f"The file {place} exists already.", "Open it, or choose another name.")
    with convert_errors(place), closing(sqlite3.connect(place, isolation_level=None)) as connection:
        try:
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            migrate(connection, STEPS)
        except sqlite3.Error:
            place.unlink(missing_ok=True)
            raise
    return open_project(place)


def open_project(path: str | Path, steps: Sequence[str] = STEPS) -> Project:
    """Open a project file: read-only where it cannot be written, with the readable part of a damaged one.

    An older one is brought to the newest schema (``steps``); where it cannot be written, in memory.

    Raises:
        ProjectError: the file is missing, not a project, of a newer version, or completely unreadable.

    """
    place = _absolute(path)
    if not is_file(place):
        raise ProjectError(f"There is no project {place}.", "Check the path; it may have been moved.")
    connection = None
    try:
        with convert_errors(place):
            connection = _connected(place)
            return _checked(place, connection, steps)
    except ProjectError as error:
        if connection is not None:
            connection.close()
        cause = error.__cause__
        if isinstance(cause, sqlite3.Error) and is_damage(cause):
            if place.suffix.lower() != ENDING and not _is_database(place):
                raise _not_ours(place) from cause
            return rescued(place)
        raise


def _absolute(path: str | Path) -> Path:
    return expand_home(path).absolute()


def _connected(path: Path, mode: str = "rw") -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_MS / 1000)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = EXTRA")  # also the journal's end is on disk before a change counts
    return connection


def _checked(path: Path, connection: sqlite3.Connection, steps: Sequence[str]) -> Project:
    ours, version = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if ours != APPLICATION_ID:
        raise _not_ours(path)
    if version > len(steps):
        raise ProjectError(
            f"{path.name} was written by a newer version of this program (schema {version}; this one knows "
            f"{len(steps)}).",
            "Update the program to open it; the file is unchanged.",
        )
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise _Damaged
    why = _why_read_only(connection)
    if version < len(steps):
        connection = _in_memory(connection) if why else connection
        migrate(connection, steps)
    return Project(path, connection, why, (f"{path.name} is read-only: {why}",) if why else ())


def _not_ours(path: Path) -> ProjectError:
    return ProjectError(f"{path.name} is not a project of this program.", f"Projects end in {ENDING}.")


def _is_database(path: Path) -> bool:
    """Return whether a file begins like an SQLite database, whatever its name is and its later content."""
    with path.open("rb") as file:
        return file.read(len(SQLITE_BEGINS)) == SQLITE_BEGINS


class _Damaged(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _why_read_only(connection: sqlite3.Connection) -> str:
    """Return why the file cannot be changed, a sentence; empty where it can. A transaction is tried and rolled back."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    except sqlite3.OperationalError as error:
        reasons = {
            sqlite3.SQLITE_READONLY: "the file or its folder is write-protected.",
            sqlite3.SQLITE_CANTOPEN: "no file can be created in its folder.",
            sqlite3.SQLITE_IOERR: "its disk cannot be written.",
            sqlite3.SQLITE_FULL: "its disk is full.",
        }
        return reasons.get(primary_code(error), "")  # busy: another window writes just now
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return ""


def _in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    connection.backup(copy)
    connection.close()
    return copy
