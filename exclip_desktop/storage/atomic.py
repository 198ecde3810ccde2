"""Writes a file completely or not at all."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from exclip_desktop.core.errors import OutputError

FULL: Final = frozenset((errno.ENOSPC, errno.EDQUOT))


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Call ``write`` on a temporary file in the same folder, then rename it to ``path``.

    Raises:
        OutputError: the folder is missing, not writable, or full; an existing file at ``path`` is unchanged.

    """
    check_writable(path)
    name = ""
    try:
        handle, name = tempfile.mkstemp(prefix=".exclip-", suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if name:
            Path(name).unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise ``OutputError`` unless a file can be written at ``path``: a check before long work."""
    folder = path.parent
    if not folder.is_dir():
        raise _unwritable(path, f"there is no folder {folder}")
    if path.is_dir():
        raise _unwritable(path, "a folder has that name")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(path, "the folder cannot be written to")


def unwritable(path: Path, error: OSError) -> OutputError:
    """Return the error for a file or folder that cannot be written."""
    if error.errno in FULL:
        return OutputError(f"{path} cannot be written: the disk is full.", "Make room, then try again.")
    return _unwritable(path, error.strerror or str(error))


def _unwritable(path: Path, why: str) -> OutputError:
    return OutputError(f"{path} cannot be written: {why}.", "Choose another place.")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
