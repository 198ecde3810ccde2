"""A project file that is open: its connection, its transactions, and what it is called by."""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.paths import expand_home
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.project.schema import PATHS

BUSY_MS: Final = 3000
"""How long a window waits for another one's write."""

CONTAINS: Final = r"LIKE ? ESCAPE '\'"
"""What follows a column that shall hold a ``contained`` text."""


_DAMAGED: Final = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_MESSAGES: Final[dict[int, tuple[str, str]]] = {
    sqlite3.SQLITE_BUSY: ("is being written by another window or program", "Try again in a moment."),
    sqlite3.SQLITE_FULL: ("could not be written: the disk is full", "Make room, then try again."),
    sqlite3.SQLITE_READONLY: ("cannot be written", "Save a copy where you may write, or ask for permission."),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened, or a file cannot be made beside it",
        "Check that it is still there, and that you may write in its folder.",
    ),
    sqlite3.SQLITE_PERM: ("may not be read", "Ask for permission, or copy it."),
}


def contained(text: str) -> str:
    """Return the pattern of what holds ``text``, whatever is around it."""
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return f"%{text}%"


class Project:
    """A project file; the thread that opened it may use it. ``opening`` opens and makes them.

    What is in it is read and changed by the functions of ``pairs``, ``findings``, ``boxes`` and ``settings``.

    Attributes:
        path, folder: the file, and where its relative paths start.
        read_only: why it cannot be changed, a sentence; empty where it can.
        notes: what a person should know of how it was opened.

    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, read_only: str = "", notes: tuple[str, ...] = ()
    ) -> None:
        """Take over a connection whose schema is the newest."""
        self.path, self.folder = path, path.parent
        self.read_only, self.notes = read_only, notes
        self._connection = connection
        self._file = _identity(path)

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; all changes are on disk already."""
        self._connection.close()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; raises ``ProjectError``."""
        with convert_errors(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for one transaction: on disk when the block ends, undone when it raises.

        Raises:
            ProjectError: the project is read-only or has moved, another window is writing, the disk is full …;
                nothing of the block is kept then.

        """
        self.check_writable()
        with convert_errors(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
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

    def save_copy(self, path: Path) -> None:
        """Write all that is in the project to another file, such as what was rescued of a damaged one.

        Relative paths are told anew from that file's folder.

        Raises:
            OutputError: the place cannot be written.
            ProjectError: the project cannot be read.

        """
        with convert_errors(self.path), closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
            self._connection.backup(copy)
            if path.absolute().parent != self.folder:
                self._move_paths(copy, path.absolute().parent)
            data = copy.serialize()
        write_atomically(path, lambda file: file.write(data))

    def relative_path(self, path: str | Path) -> str:
        """Return how the project writes a path: from its folder, with slashes; one on another drive wholly."""
        return _seen_from(self.folder, Path(os.path.abspath(expand_home(path))))

    def path_of(self, written: str) -> Path:
        """Return the place of a path as the project writes it."""
        return Path(os.path.normpath(self.folder / expand_home(written)))

    def _move_paths(self, copy: sqlite3.Connection, folder: Path) -> None:
        copy.create_function(
            "moved", 1, lambda text: text and _seen_from(folder, self.path_of(text)), deterministic=True
        )
        for table, column in PATHS:
            copy.execute(f"UPDATE {table} SET {column} = moved({column})")

    def check_writable(self) -> None:
        """Raise ``ProjectError`` where the project is read-only or its file has moved."""
        if self.read_only:
            raise ProjectError(f"{self.path.name} was opened read-only: {self.read_only}", "Save a copy to go on in.")
        if _identity(self.path) != self._file:
            raise ProjectError(
                f"{self.path.name} was moved, renamed or deleted while it was open; nothing that was saved is lost.",
                "Open it from its new place, or save a copy.",
            )


def _seen_from(folder: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive
        return path.as_posix()


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def save_setting(project: Project, name: str, value: Any) -> None:
    """Keep a setting."""
    with project.transaction() as connection:
        told = json.dumps(value, ensure_ascii=False)
        connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, told))


def load_settings(project: Project) -> dict[str, Any]:
    """Return all settings that were kept; one that a damaged file garbles counts as not kept."""
    found = {}
    for name, told in project.rows("SELECT name, value FROM setting ORDER BY name"):
        with suppress(ValueError, TypeError):
            found[name] = json.loads(told)
    return found


@contextmanager
def convert_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ``ProjectError``."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise project_error(path, error) from error


def project_error(path: Path, error: sqlite3.Error) -> ProjectError:
    """Return the sentence of an error."""
    if is_damage(error):
        return ProjectError(
            f"{path.name} is damaged.", "Open it again: what can be read of it is shown, and can be saved."
        )
    what, hint = _MESSAGES.get(
        primary_code(error), (f"could not be read or written ({error})", "Check the disk, then try again.")
    )
    return ProjectError(f"{path.name} {what}. What was saved before is not lost.", hint)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is not as it was written."""
    return primary_code(error) in _DAMAGED


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; 0 where Python itself complains."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
