"""Writes a file completely or not at all."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.temporary_files import (
    HAS_LOCKS,
    create_temporary_file,
    create_temporary_folder,
    remove_leftovers,
)

FULL: Final = frozenset((errno.ENOSPC, errno.EDQUOT))


def write_atomically(path: Path, write: Callable[[BinaryIO], object], *, durable: bool = True) -> None:
    """Call ``write`` on a temporary file in the same folder, then rename it to ``path``.

    ``durable``: it is on the disk when this returns. Otherwise it survives the program's end, and may be lost or cut
    when the computer loses power: for what is checked when it is read, and can be made again.

    Raises:
        OutputError: the folder is missing, not writable, or full; an existing file at ``path`` is unchanged.

    """
    try:
        _write_and_place(path, write, os.replace, durable=durable)
    except OSError as error:
        raise unwritable(path, error) from error


def create_atomically(path: Path, data: bytes) -> None:
    """Write a new file as ``write_atomically`` does, on the disk when this returns; never replace one.

    Raises:
        FileExistsError: there is a file at ``path``, which is unchanged.
        OutputError: the folder is missing, not writable, or full.

    """
    try:
        _write_and_place(path, lambda file: file.write(data), _rename_to_new, durable=True)
    except FileExistsError:
        raise
    except OSError as error:
        raise unwritable(path, error) from error


def _write_and_place(
    path: Path, write: Callable[[BinaryIO], object], place: Callable[[Path, Path], object], *, durable: bool
) -> None:
    """Call ``write`` on a temporary file, then ``place`` with its path and ``path``."""
    check_writable(path)
    temporary = None
    try:
        if durable:
            remove_leftovers(path.parent)
        handle, temporary = create_temporary_file(path.parent)
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            if durable:
                os.fsync(file.fileno())
            if HAS_LOCKS:  # before the lock is released; Windows does not rename an open file
                place(temporary, path)
        if not HAS_LOCKS:
            place(temporary, path)
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _rename_to_new(name: Path, path: Path) -> None:
    """Rename a file; raise ``FileExistsError`` where there is one at ``path``."""
    try:
        os.link(name, path)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError) as error:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        os.rename(name, path)


@contextmanager
def make_folder_atomically(path: Path) -> Iterator[Path]:
    """Give a temporary folder next to ``path`` to fill, and rename it to ``path``; after an error nothing is left.

    Raises:
        OutputError: see ``check_folder_writable``, or the disk is full.

    """
    check_folder_writable(path)
    handle, work = None, None
    try:
        remove_leftovers(path.parent)
        handle, work = create_temporary_folder(path.parent)
        yield work
        if path.is_dir():
            path.rmdir()
        os.replace(work, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def check_writable(path: Path) -> None:
    """Raise ``OutputError`` unless a file can be written at ``path``: a check before long work."""
    folder = path.parent
    if not folder.is_dir():
        raise _unwritable(path, f"there is no folder {folder}")
    if path.is_dir():
        raise _unwritable(path, "a folder has that name")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(path, "the folder cannot be written to")


def check_folder_writable(path: Path) -> None:
    """Raise ``OutputError`` unless a new folder can be made at ``path``, or there is an empty one."""
    if path.is_dir():
        if any(path.iterdir()):
            raise OutputError(f"The folder {path} is not empty.", "Choose a new or an empty folder.")
        path = path.parent / "new"
    elif path.exists():
        raise _unwritable(path, "a file has that name")
    check_writable(path)


def unwritable(path: Path, error: OSError) -> OutputError:
    """Return the error for a file or folder that cannot be written."""
    if error.errno in FULL:
        return OutputError(f"{path} cannot be written: the disk is full.", "Make room, then try again.")
    return _unwritable(path, error.strerror or str(error))


def _unwritable(path: Path, why: str) -> OutputError:
    return OutputError(f"{path} cannot be written: {why}.", "Choose another place.")
