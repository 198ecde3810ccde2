"""Paths: as they are typed, and of the files that ship with the program."""

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote

_PACKAGE = Path(__file__).resolve().parents[1]


def expand_home(path: str | Path) -> Path:
    """Return the path with ``~`` expanded; unchanged where there is no such home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


ADDRESS: Final = re.compile(r"(https?|ftp|s3|gs|data):", re.IGNORECASE)
FILE_ADDRESS: Final = re.compile(r"file:(//[^/\\]*)?(?=/)|file:/(?=/)", re.IGNORECASE)
DRIVE: Final = re.compile(r"/?[A-Za-z]:[\\/]")


def is_address(written: str | Path) -> bool:
    """Return whether a picture is named by an address of the network, even as a ``Path``."""
    return ADDRESS.match(str(written)) is not None


def is_file_address(written: str | Path) -> bool:
    """Return whether a path is written as ``file://…``, even as a ``Path``, which makes one slash of several."""
    return FILE_ADDRESS.match(str(written)) is not None


def path_of_file_address(written: str | Path) -> str:
    """Return the path in ``file://…``, with its percent signs decoded."""
    path = unquote(FILE_ADDRESS.sub("", str(written), count=1))
    return path[1:] if path.startswith("/") and DRIVE.match(path) else path


def is_file(path: Path) -> bool:
    """Return whether the file exists; False for a name that no file can have."""
    try:
        return path.is_file()
    except PermissionError:
        return True  # unknown; opening the file raises the error
    except (OSError, ValueError):
        return False


def is_dir(path: Path) -> bool:
    """Return whether the folder exists; False for a name that no folder can have."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def rebase_path(place: Path, folder: Path, written: str) -> str:
    """Return a path relative to ``folder`` as one relative to ``place``; an absolute path is unchanged."""
    if not written or place == folder or expand_home(written).is_absolute():
        return written
    try:
        return Path(os.path.relpath(folder / written, place)).as_posix()
    except ValueError:  # on another drive
        return Path(os.path.abspath(folder / written)).as_posix()


def resource_path(*parts: str) -> Path:
    """Return the path of a shipped file or folder, e.g. ``resource("models", "demo")``."""
    inside = _PACKAGE / "resources"
    root = inside if inside.is_dir() else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)
