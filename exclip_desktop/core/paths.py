"""Paths as a person types them."""

import os
from pathlib import Path


def expand_home(path: str | Path) -> Path:
    """Return the path with ``~`` expanded; where nobody has that home, as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except PermissionError:
        return True  # nobody can tell; opening it will
    except (OSError, ValueError):
        return False


def is_dir(path: Path) -> bool:
    """Whether there is such a folder; a name that no folder can have is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def rebase_path(place: Path, folder: Path, written: str) -> str:
    """Return a relative path that is told from ``folder`` as told from ``place``; absolute ones stay as they are."""
    if not written or place == folder or expand_home(written).is_absolute():
        return written
    try:
        return Path(os.path.relpath(folder / written, place)).as_posix()
    except ValueError:  # on another drive
        return Path(os.path.abspath(folder / written)).as_posix()
