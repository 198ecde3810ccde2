"""A project file that is open: its connection, its transactions, and what it is called by."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.paths import expand_home
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.project.schema import PATHS
from exclip_desktop.storage.project.sqlite_errors import trouble_told

BUSY_MS: Final = 3000
"""How long a window waits for another one's write."""

CONTAINS: Final = r"LIKE ? ESCAPE '\'"
"""What follows a column that shall hold a ``contained`` text."""


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
        with trouble_told(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for one transaction: on disk when the block ends, undone when it raises.

        Raises:
            ProjectError: the project is read-only or has moved, another window is writing, the disk is full …;
                nothing of the block is kept then.

        """
        self.check_writable()
        with trouble_told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def version(self) -> int:
        """Return a number that changes when another window or program has changed the file."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def save_copy(self, path: Path) -> None:
        """Write all that is in the project to another file, such as what was rescued of a damaged one.

        Relative paths are told anew from that file's folder.

        Raises:
            OutputError: the place cannot be written.
            ProjectError: the project cannot be read.

        """
        with trouble_told(self.path), closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
            self._connection.backup(copy)
            if path.absolute().parent != self.folder:
                self._move_paths(copy, path.absolute().parent)
            data = copy.serialize()
        write_atomically(path, lambda file: file.write(data))

    def written(self, path: str | Path) -> str:
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
