"""Creates and opens project files; checks version and permissions, and rescues damaged ones."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.paths import expand_home, is_file
from exclip_desktop.core.temporary_files import remove_leftovers
from exclip_desktop.storage.atomic import check_writable, create_atomically
from exclip_desktop.storage.project.connection import DamagedFile, check_journals, connect, primary_code
from exclip_desktop.storage.project.project import Project, convert_errors, file_identity, is_damage
from exclip_desktop.storage.project.rescue import UnreadableProject, rescued
from exclip_desktop.storage.project.schema import APPLICATION_ID, PAGE_BYTES, STEPS, TABLES, migrate
from exclip_desktop.storage.project.schema_check import check_schema, is_known_schema, read_schema

ENDING: Final = ".exclip"
SQLITE_BEGINS: Final = b"SQLite format 3\0"
MOST_ID: Final = 2**52
"""The largest id that may have been given: more ids follow, and JSON represents all of them exactly."""

CHECKED_BYTES: Final = 2_000_000
"""Largest file whose indexes are compared with their tables when it is opened, which takes 20 ms per MB."""


def create_project(path: str | Path) -> Project:
    """Create an empty project file and open it: completely, or not at all.

    An empty file, which an earlier version of the program may have left where it was ended, becomes the project.

    Raises:
        OutputError: the folder is missing or cannot be written, or the disk is full.
        ProjectError: the file exists.

    """
    place = _absolute(path)
    check_writable(place)
    if _is_empty_project(place):
        _complete(place)
        return open_project(place)
    try:
        if os.path.lexists(place):
            raise FileExistsError
        create_atomically(place, _empty_project())
    except FileExistsError as error:
        raise ProjectError(f"The file {place} exists already.", "Open it, or choose another name.") from error
    return open_project(place)


def open_or_create_project(path: str | Path, *, set_aside: bool = False) -> Project:
    """Open a project; create it where there is no file, or an empty one.

    ``set_aside``: a file that is no project, and in which nothing can be read, is renamed, and a new one is created.

    Raises:
        OutputError, ProjectError: see ``create_project`` and ``open_project``.

    """
    place = _absolute(path)
    remove_leftovers(place.parent)
    if not is_file(place) or _is_empty_project(place):
        try:
            return create_project(place)
        except ProjectError:
            if not is_file(place):
                raise  # else another process has created it just now
    before = file_identity(place)
    try:
        return open_project(place)
    except UnreadableProject as error:
        if not set_aside or file_identity(place) != before:
            raise
        kept = _free_name(place)
        try:
            os.rename(place, kept)
        except OSError:
            raise error from None
        note = f"{place.name} could not be read; it is {kept.name} now, and a new one was made."
        return create_project(place).with_note(note)


def open_project(path: str | Path, steps: Sequence[str] = STEPS) -> Project:
    """Open a project file: read-only where it cannot be written, with the readable part of a damaged one.

    An older one is brought to the newest schema (``steps``); where it cannot be written, in memory.

    Raises:
        ProjectError: the file is missing, not a project, of a newer version, or completely unreadable; or it has
            triggers, views or tables that no project has.

    """
    place = _absolute(path)
    if not is_file(place):
        raise ProjectError(f"There is no project {place}.", "Check the path; it may have been moved.")
    connection = None
    try:
        with convert_errors(place):
            connection = connect(place)
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


def _empty_project() -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        migrate(connection, STEPS)
        return connection.serialize()


def _is_empty_project(path: Path) -> bool:
    """Return whether a project's file is empty, or is so once SQLite has taken back what its journal says."""
    if path.suffix.lower() != ENDING or not is_file(path):
        return False
    try:
        check_journals(path)
        if path.stat().st_size and not path.with_name(f"{path.name}-journal").exists():
            return False
        with closing(connect(path)) as connection:
            return bool(connection.execute("PRAGMA page_count").fetchone() == (0,))
    except (OSError, sqlite3.Error, ProjectError):
        return False


def _complete(path: Path) -> None:
    """Create the tables in an empty file, in one transaction; nothing happens where another process was first."""
    with convert_errors(path), closing(connect(path)) as connection:
        migrate(connection, STEPS)


def _free_name(path: Path) -> Path:
    """Return an unused name for a file that is set aside."""
    names = (path.with_name(f"{path.stem}-unreadable{number or ''}{path.suffix}") for number in count())
    return next(name for name in names if not os.path.lexists(name))


def _checked(path: Path, connection: sqlite3.Connection, steps: Sequence[str]) -> Project:
    ours, version = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    schema = read_schema(connection)
    if ours != APPLICATION_ID:
        if is_known_schema(schema, steps):
            raise DamagedFile
        raise _not_ours(path)
    if version > len(steps):
        raise ProjectError(
            f"{path.name} was written by a newer version of this program (schema {version}; this one knows "
            f"{len(steps)}).",
            "Update the program to open it; the file is unchanged.",
        )
    if version < 1:
        raise DamagedFile
    check_schema(path.name, schema, steps[:version])
    small = path.stat().st_size <= CHECKED_BYTES
    if connection.execute(f"PRAGMA {'integrity' if small else 'quick'}_check(1)").fetchone()[0] != "ok":
        raise DamagedFile
    _check_sequence(connection)
    why = _why_read_only(connection)
    if version < len(steps):
        connection = _in_memory(connection) if why else connection
        migrate(connection, steps)
    return Project(path, connection, why, (f"{path.name} is read-only: {why}",) if why else ())


def _check_sequence(connection: sqlite3.Connection) -> None:
    """Raise ``DamagedFile`` where the last ids are no numbers, or leave none for more rows."""
    for table, last in connection.execute("SELECT name, seq FROM sqlite_sequence"):
        if not isinstance(last, int) or not 0 <= last <= MOST_ID or table not in TABLES:
            raise DamagedFile


def _not_ours(path: Path) -> ProjectError:
    if path.suffix.lower() == ENDING and not path.stat().st_size:
        return UnreadableProject(
            f"{path.name} is not a project of this program: it is empty.",
            "If the program was ended while it made it, make a new project of that name.",
        )
    return UnreadableProject(f"{path.name} is not a project of this program.", f"Projects end in {ENDING}.")


def _is_database(path: Path) -> bool:
    """Return whether a file begins like an SQLite database, whatever its name is and its later content."""
    with path.open("rb") as file:
        return file.read(len(SQLITE_BEGINS)) == SQLITE_BEGINS


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
