"""An open project file: connection, transactions, paths and settings; SQLite's errors as sentences."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.inputs.json_documents import JsonError, decode_json
from exclip_desktop.core.paths import expand_home
from exclip_desktop.core.text.number_format import format_bytes
from exclip_desktop.core.values.pair_list import ListNote, summarize_notes
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.finding_columns import Text
from exclip_desktop.storage.project.connection import (
    LONGEST_BYTES,
    DamagedFile,
    StatementBound,
    begin_writing,
    primary_code,
)
from exclip_desktop.storage.project.records import Checked, LeftOutRows, Record, decode_text
from exclip_desktop.storage.project.schema import PATHS

CONTAINS: Final = r"LIKE ? ESCAPE '\'"
"""The condition, after a column, that it matches a ``like_pattern``."""


_DAMAGED: Final = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_MESSAGES: Final[dict[int, tuple[str, str]]] = {
    sqlite3.SQLITE_BUSY: ("is being written by another window or program", "Try again in a moment."),
    sqlite3.SQLITE_FULL: ("could not be written: the disk is full", "Make room, then try again."),
    sqlite3.SQLITE_READONLY: (
        "cannot be written",
        "Save a copy in a folder where you can write, or ask for permission.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened, or a file cannot be created in its folder",
        "Check that the file exists, and that you can write in its folder.",
    ),
    sqlite3.SQLITE_PERM: ("cannot be read: permission denied", "Ask for permission, or copy the file."),
    sqlite3.SQLITE_TOOBIG: (
        f"holds a text or heat of more than {format_bytes(LONGEST_BYTES)}, the longest that a project may hold",
        "Ask for its findings as .csv or .jsonl.",
    ),
    sqlite3.SQLITE_INTERRUPT: (
        "takes longer to read than its size explains",
        "It may be damaged, or made to keep the program busy. Use a copy of it.",
    ),
}


def like_pattern(text: str) -> str:
    """Return the LIKE pattern of values that contain ``text``."""
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return f"%{text}%"


class Project:
    """An open project file; only the thread that opened it may use it. ``project_files`` creates and opens them.

    What is in it is read and changed by the functions of ``pairs``, ``findings``, ``boxes`` and ``settings``.

    Attributes:
        path, folder: the file, and where its relative paths start.
        read_only: why it cannot be changed, a sentence; empty where it can.
        left_out: rows that could not be read so far.

    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, read_only: str = "", notes: tuple[str, ...] = ()
    ) -> None:
        """Take over a connection with the newest schema; ``notes`` are about how the file was opened."""
        self.path, self.folder = path, path.parent
        self.read_only = read_only
        self._opening_notes = notes
        self.left_out = LeftOutRows(path.name)
        self._connection = connection
        self._bound = StatementBound(path, connection)
        self._file = file_identity(path)

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; all changes are on disk already."""
        self._connection.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how it was opened, and of the rows that were left out so far."""
        return (*self._opening_notes, *summarize_notes(self.left_out.notes))

    @property
    def list_notes(self) -> tuple[ListNote, ...]:
        """The same, one note for each row that was left out."""
        return (*(ListNote(self.path.name, note) for note in self._opening_notes), *self.left_out.notes)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query of numbers; raise ``ProjectError`` where it fails."""
        with convert_errors(self.path):
            self._restart_bound()
            return self._connection.execute(query, values).fetchall()

    def records(self, noun: str, kind: type[Record], query: str, values: Sequence[Any] = ()) -> list[Record]:
        """Return the rows of a query that are of the type ``kind``, a tuple; others are left out, and noted.

        ``noun`` and the first column name a row in notes. Raises ``ProjectError`` where the query fails.
        """
        with convert_errors(self.path):
            self._restart_bound()
            try:
                cursor = self._connection.execute(query, values)
                rows = cursor.fetchall()
            except sqlite3.OperationalError as error:
                if primary_code(error):
                    raise
                cursor, rows = self._fetch_undecoded(query, values)  # a text is not UTF-8
        checked = Checked(rows, kind, [column for column, *_ in cursor.description])
        for key, reason in checked.refused:
            self.left_out.add_row(noun, key, reason)
        return checked.good

    def with_note(self, note: str) -> "Project":
        """Return this project with one more note about how it was opened."""
        self._opening_notes = (*self._opening_notes, note)
        return self

    def _fetch_undecoded(self, query: str, values: Sequence[Any]) -> tuple[sqlite3.Cursor, list[tuple[Any, ...]]]:
        """Return the rows of a query with ``NotText`` for texts that are not UTF-8."""
        self._connection.text_factory = decode_text
        try:
            cursor = self._connection.execute(query, values)
            return cursor, cursor.fetchall()
        finally:
            self._connection.text_factory = str

    def _restart_bound(self) -> None:
        if not self._connection.in_transaction:
            self._bound.restart()

    @contextmanager
    def transaction(self, wait_ms: int | None = None) -> Iterator[sqlite3.Connection]:
        """Yield a connection for one transaction: on disk when the block ends, rolled back when it raises.

        Inside another transaction of this object, the block is a part of that one. ``wait_ms`` is the time to wait for
        another window's; None: ``BUSY_MS``.

        Raises:
            ProjectError: the project is read-only or has moved, another window is writing, the disk is full …;
                nothing of the block is saved then.

        """
        if self._connection.in_transaction:
            yield self._connection
            return
        self.check_writable()
        with convert_errors(self.path):
            begin_writing(self._connection, wait_ms)
            self._bound.lift()
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def data_version(self) -> int:
        """Return a number that changes when another window or program has changed the file."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def content_version(self) -> tuple[int, int]:
        """Return numbers that change when anyone has changed the file, through this object too."""
        return self.data_version(), self._connection.total_changes

    def save_copy(self, path: Path) -> None:
        """Write the whole project to another file, for instance the rescued content of a damaged one.

        Relative paths are rewritten for that file's folder.

        Raises:
            OutputError: the place cannot be written.
            ProjectError: the project cannot be read.

        """
        self.begin_copy(path)()

    def begin_copy(self, path: Path) -> Callable[[], None]:
        """Return what writes the project, as it is now, as ``save_copy`` does; it is called once, in any thread.

        Raises:
            ProjectError: the project cannot be read.

        """
        copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        try:
            with convert_errors(self.path):
                self._connection.backup(copy)
        except BaseException:
            copy.close()
            raise

        def write() -> None:
            with convert_errors(self.path), closing(copy):
                if path.absolute().parent != self.folder:
                    self._move_paths(copy, path.absolute().parent)
                data = copy.serialize()
            write_atomically(path, lambda file: file.write(data))

        return write

    def relative_path(self, path: str | Path) -> str:
        """Return a path relative to the project's folder, with slashes; one on another drive stays absolute."""
        return _relative_to(self.folder, Path(os.path.abspath(expand_home(path))))

    def path_of(self, written: str) -> Path:
        """Return the absolute path of one of the project's paths."""
        return Path(os.path.normpath(self.folder / expand_home(written)))

    def _move_paths(self, copy: sqlite3.Connection, folder: Path) -> None:
        def moved(written: bytes) -> bytes:
            try:
                return _relative_to(folder, self.path_of(written.decode())).encode() if written else written
            except ValueError:  # no text, or no path
                return written

        copy.create_function("moved", 1, moved, deterministic=True)
        for table, column in PATHS:
            blob = f"CAST({column} AS BLOB)"
            copy.execute(f"UPDATE {table} SET {column} = CAST(moved({blob}) AS TEXT) WHERE typeof({column}) = 'text'")

    def check_writable(self) -> None:
        """Raise ``ProjectError`` where the project is read-only or its file has moved."""
        if self.read_only:
            raise ProjectError(
                f"{self.path.name} was opened read-only: {self.read_only}", "Save a copy, and continue in it."
            )
        if file_identity(self.path) != self._file:
            raise ProjectError(
                f"{self.path.name} was moved, renamed or deleted while it was open; nothing that was saved is lost.",
                "Open it from its new place, or save a copy.",
            )


def _relative_to(folder: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive
        return path.as_posix()


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file, which change when it is replaced; None where it is missing."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def save_setting(project: Project, name: str, value: Any) -> None:
    """Save a setting."""
    with project.transaction() as connection:
        text = json.dumps(value, ensure_ascii=False)
        connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, text))


def load_settings(project: Project) -> dict[str, Any]:
    """Return all settings; one that is damaged is left out, and noted."""
    settings = {}
    for name, text in project.records("setting", tuple[Text, str], "SELECT name, value FROM setting ORDER BY name"):
        try:
            settings[name] = decode_json(text)
        except JsonError as error:
            project.left_out.add("setting", name, f"its value cannot be read ({error}).", "setting")
    return settings


@contextmanager
def convert_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ``ProjectError``."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise project_error(path, error) from error
    except UnicodeDecodeError:  # SQLite's message about a damaged schema quotes it
        damage = DamagedFile()
        raise project_error(path, damage) from damage


def project_error(path: Path, error: sqlite3.Error) -> ProjectError:
    """Return an SQLite error as a sentence with a hint."""
    if is_damage(error):
        return ProjectError(
            f"{path.name} is damaged.", "Open it again: the program shows what can be read, and can save it as a copy."
        )
    what, hint = _MESSAGES.get(
        primary_code(error), (f"could not be read or written ({error})", "Check the disk, then try again.")
    )
    return ProjectError(f"{path.name} {what}. Earlier changes are saved.", hint)


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error means that the file is damaged."""
    return primary_code(error) in _DAMAGED
