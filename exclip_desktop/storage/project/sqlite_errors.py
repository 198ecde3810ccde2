"""What SQLite complains of, as a sentence that says what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ProjectError

_DAMAGED: Final = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_SAID: Final[dict[int, tuple[str, str]]] = {
    sqlite3.SQLITE_BUSY: ("is being written by another window or program", "Try again in a moment."),
    sqlite3.SQLITE_FULL: ("could not be written: the disk is full", "Make room, then try again."),
    sqlite3.SQLITE_READONLY: ("cannot be written", "Save a copy where you may write, or ask for permission."),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened, or a file cannot be made beside it",
        "Check that it is still there, and that you may write in its folder.",
    ),
    sqlite3.SQLITE_PERM: ("may not be read", "Ask for permission, or copy it."),
}


@contextmanager
def trouble_told(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ``ProjectError``."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise told(path, error) from error


def told(path: Path, error: sqlite3.Error) -> ProjectError:
    """Return the sentence of an error."""
    if is_damage(error):
        return ProjectError(
            f"{path.name} is damaged.", "Open it again: what can be read of it is shown, and can be saved."
        )
    what, hint = _SAID.get(
        primary_code(error), (f"could not be read or written ({error})", "Check the disk, then try again.")
    )
    return ProjectError(f"{path.name} {what}. What was saved before is not lost.", hint)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is not as it was written."""
    return primary_code(error) in _DAMAGED


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; 0 where Python itself complains."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
