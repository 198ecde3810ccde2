"""Temporary files and folders next to what they become, locked while they are written: so that leftovers are known.

A writer that is killed leaves its temporary file; the system releases the lock, and the next writer in the folder
removes the file.
"""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

HAS_LOCKS: Final = fcntl is not None
_PREFIX, _SUFFIX, _HOUR_S = ".exclip-", ".part", 3600.0
_TEMPORARY: Final = re.compile(re.escape(_PREFIX) + ".*" + re.escape(_SUFFIX))


def create_temporary_file(folder: Path) -> tuple[int, Path]:
    """Create a file and lock it until it is closed; return its handle, and its path.

    The system applies the person's umask: to read it, a program must change it, for all its threads.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    while True:
        path = _choose_name(folder)
        try:
            handle = os.open(path, flags, 0o666)
        except FileExistsError:
            continue
        if _lock_new(handle, path):
            return handle, path


def create_temporary_folder(folder: Path) -> tuple[int | None, Path]:
    """Create a folder and lock it until the handle is closed; return the handle, None on Windows, and its path."""
    while True:
        path = _choose_name(folder)
        try:
            os.mkdir(path)
        except FileExistsError:
            continue
        if not HAS_LOCKS:
            return None, path
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:  # another process took it for a leftover before it was locked
            continue
        if _lock_new(handle, path):
            return handle, path


def is_temporary(path: Path) -> bool:
    """Return whether a path is that of a temporary file or folder."""
    return _TEMPORARY.fullmatch(path.name) is not None


def leftovers(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield the temporary files and folders in a folder, with the bytes of the files."""
    with suppress(OSError), os.scandir(folder) as listed:
        for entry in listed:
            if _TEMPORARY.fullmatch(entry.name):
                size = 0
                with suppress(OSError):  # just renamed
                    size = entry.stat(follow_symlinks=False).st_size if entry.is_file(follow_symlinks=False) else 0
                yield Path(entry.path), size


def remove_leftovers(folder: Path) -> None:
    """Remove what killed writers have left in a folder; what living writers write is locked."""
    for path, _ in list(leftovers(folder)):
        with suppress(OSError):  # locked, gone, or not ours to remove
            if path.is_symlink():
                continue
            if not HAS_LOCKS:
                _remove_old(path)
                continue
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(path)
            finally:
                os.close(handle)


def _choose_name(folder: Path) -> Path:
    return folder / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"


def _lock_new(handle: int, path: Path) -> bool:
    """Lock what was just created; False, and the handle is closed, where it has been removed meanwhile."""
    if fcntl is None:
        return True
    with suppress(OSError):  # a file system without locks
        fcntl.flock(handle, fcntl.LOCK_EX)
    if path.exists():
        return True
    os.close(handle)
    return False


def _remove_old(path: Path) -> None:
    if abs(time.time() - path.stat().st_mtime) > _HOUR_S:  # also of a clock that was wrong
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()
