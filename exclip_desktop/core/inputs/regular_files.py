"""Opens files that come from outside: regular files only, and none above the limit of its kind.

A named pipe would block the program for ever, and a device may have no end. A limit bounds memory and time; where a
person needs more, an environment variable raises it, and the error names that variable.
"""

import os
import stat
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import UserError
from exclip_desktop.core.text.number_format import format_bytes

NOT_REGULAR: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class InputKind:
    """A kind of file, or of a part of one, with the size above which it is refused.

    Attributes:
        name: in the field's words, such as ``caption file``; errors name it.
        default_bytes: the limit unless the environment raises it.

    """

    name: str
    default_bytes: int

    @property
    def variable(self) -> str:
        """The environment variable that holds another limit in MB, such as ``EXCLIP_MAX_CAPTION_FILE_MB``."""
        return f"EXCLIP_MAX_{self.name.upper().replace(' ', '_').replace('-', '_')}_MB"

    @property
    def most_bytes(self) -> int:
        """The limit: of the environment where it holds a positive number, else the default."""
        try:
            chosen = float(os.environ.get(self.variable, ""))
            return int(chosen * 1e6) if chosen > 0 else self.default_bytes
        except (ValueError, OverflowError):
            return self.default_bytes

    def too_large(self, place: str | Path, raises: type[UserError]) -> UserError:
        """Return the error of a file, or of a part of one, above the limit."""
        limit = format_bytes(self.most_bytes)
        message = f"{place} is larger than {limit}, the limit of a {self.name}."
        return raises(message, f"Check that it is the right file. To read it, set {self.variable} to its size in MB.")


CAPTION_FILE: Final = InputKind("caption file", 100_000)
LIST_LINE: Final = InputKind("list line", 16_000_000)
JSON_LIST: Final = InputKind("JSON list", 2_000_000_000)
CONFIG_FILE: Final = InputKind("configuration file", 8_000_000)
VOCABULARY: Final = InputKind("vocabulary", 128_000_000)
NAMES_FILE: Final = InputKind("file of names", 8_000_000)
WORD_FILE: Final = InputKind("file of words", 4_000_000)


def open_regular(path: Path, kind: InputKind, raises: type[UserError]) -> BufferedReader:
    """Open a regular file for reading; symbolic links are followed.

    Args:
        path: the file.
        kind: what it is; its limit is checked before anything is read.
        raises: the error's class, of the part of the program that needs the file.

    Raises:
        UserError: of the class ``raises``: there is no such file, it may not be read, it is not a regular file, or it
            is larger than the limit.

    """
    try:
        # Checked before opening, because opening a device can act; and O_NONBLOCK, because another program can put a
        # named pipe there in between, which would block.
        _check_status(path, os.stat(path), kind, raises)
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            _check_status(path, os.fstat(descriptor), kind, raises)
        except BaseException:
            os.close(descriptor)
            raise
        return os.fdopen(descriptor, "rb")
    except FileNotFoundError as error:
        raise raises(f"There is no file {path}.", "Check the path.") from error
    except PermissionError as error:
        raise raises(f"{path} cannot be read: permission denied.", "Ask for permission, or copy the file.") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL character
        reason = getattr(error, "strerror", None) or error
        raise raises(f"{path} cannot be read: {reason}.", "Check the path.") from error


def read_regular(path: Path, kind: InputKind, raises: type[UserError]) -> bytes:
    """Return the bytes of a regular file; arguments and errors as for ``open_regular``."""
    most = kind.most_bytes
    parts, count = [], 0
    with open_regular(path, kind, raises) as file:
        try:
            while part := file.read(_CHUNK):
                parts.append(part)
                count += len(part)
                if count > most:  # it grew, or it is one of those that say 0, as in /proc
                    raise kind.too_large(path, raises)
        except OSError as error:
            raise raises(f"{path} cannot be read: {error.strerror or error}.", "Copy the file.") from error
    return b"".join(parts)


def _check_status(path: Path, status: os.stat_result, kind: InputKind, raises: type[UserError]) -> None:
    if not stat.S_ISREG(status.st_mode):
        named = next((name for check, name in NOT_REGULAR if check(status.st_mode)), "a special file")
        target = f" (a link to {os.path.realpath(path)})" if os.path.islink(path) else ""
        raise raises(f"{path}{target} is {named}, not a file.", "Choose a regular file.")
    if status.st_size > kind.most_bytes:
        raise kind.too_large(path, raises)
