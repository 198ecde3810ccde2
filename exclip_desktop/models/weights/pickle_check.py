"""Refuses checkpoints that torch's restricted reader would not survive: bombs of hashing, nesting, sizes and archives.

The reader runs no code, but it hashes the keys of dictionaries: tuples in tuples by reference double that work with
every level. The pickle's instructions are followed here without making any object; weights need few and small ones.
"""

import pickletools
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import torch

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.inputs.regular_files import InputKind
from exclip_desktop.core.text.number_format import format_bytes

PICKLE: Final = InputKind("pickle in a checkpoint", 32_000_000)
MOST_STEPS: Final = 2_000_000  # instructions; about 20 per tensor
MOST_WORK: Final = 20_000_000  # parts of tuples, each as often as it is reached
MOST_PARTS: Final = 100_000  # of one tuple; the state of a random generator has 625
MOST_DEPTH: Final = 64  # tuples in tuples
MOST_ENTRIES: Final = 200_000  # of an archive: one per tensor, and a few
LEGACY_PICKLES: Final = 5  # mark, version, system, weights, keys: the layout before torch 1.6
ZIP_START: Final = b"PK\x03\x04"
TAR_MARK, TAR_PLACE = b"ustar", 257
BYTES: Final = ("_codecs encode", "builtins bytearray", "__builtin__ bytearray")
LATIN: Final = ("latin1", "latin-1")  # as pickles write bytes; a number would be a length

_Value = tuple[int, int, str]
"""What a value costs to hash, how deep its tuples are, and the value where it is a short text, or ends with one."""

_PLAIN: Final[_Value] = (1, 0, "")
_MARK: Final[_Value] = (0, -1, "")


class _Refused(Exception):
    """The pickle is one that no checkpoint needs; the message says why."""


class _Follower:
    """Follows the instructions of a pickle on values without content; ``take`` has those that torch's reader knows."""

    def __init__(self) -> None:
        self.work = 0
        self._stack: list[_Value] = []
        self._memo: dict[int, _Value] = {}
        self.take: dict[str, Callable[[Any], None]] = {
            **dict.fromkeys(("EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET", "EMPTY_TUPLE"), self._add_plain),
            **dict.fromkeys(("NONE", "NEWTRUE", "NEWFALSE"), self._add_plain),
            **dict.fromkeys(("BININT", "BININT1", "BININT2", "BINFLOAT", "LONG1"), self._add_plain),
            **dict.fromkeys(("BINUNICODE", "SHORT_BINSTRING", "GLOBAL"), self._add_text),
            **dict.fromkeys(("SETITEMS", "APPENDS", "ADDITEMS"), lambda _: self._drop(self._pop_to_mark())),
            **dict.fromkeys(("APPEND", "BUILD"), lambda _: self._drop(self._pop(1))),
            **dict.fromkeys(("BINPUT", "LONG_BINPUT"), self._put),
            **dict.fromkeys(("BINGET", "LONG_BINGET"), self._get),
            **dict.fromkeys(("REDUCE", "NEWOBJ"), self._call),
            "SETITEM": lambda _: self._drop(self._pop(2)),
            "MARK": lambda _: self._stack.append(_MARK),
            "TUPLE": lambda _: self._join(self._pop_to_mark()),
            "TUPLE1": lambda _: self._join(self._pop(1)),
            "TUPLE2": lambda _: self._join(self._pop(2)),
            "TUPLE3": lambda _: self._join(self._pop(3)),
            "BINPERSID": self._fetch_storage,
            "PROTO": lambda _: None,
        }

    def _add_plain(self, _: Any) -> None:
        self._stack.append(_PLAIN)

    def _add_text(self, text: Any) -> None:
        self._stack.append((1, 0, text) if isinstance(text, str) and len(text) < 40 else _PLAIN)

    def _drop(self, _: list[_Value]) -> None:
        """Forget values that a container takes in: hashing it is refused by Python, so they cost no more."""

    def _fetch_storage(self, _: Any) -> None:
        self._pop(1)
        self._stack.append(_PLAIN)

    def _put(self, place: int) -> None:
        self._memo[place] = self._stack[-1]

    def _get(self, place: int) -> None:
        self._add(self._memo[place])

    def _add(self, value: _Value) -> None:
        self.work += value[0]
        if self.work > MOST_WORK:
            raise _Refused("its tuples hold one another so often that reading them would not end")
        self._stack.append(value)

    def _pop(self, count: int) -> list[_Value]:
        parts = self._stack[-count:]
        del self._stack[-count:]
        return parts

    def _pop_to_mark(self) -> list[_Value]:
        stack = self._stack
        place = len(stack) - 1
        while stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise LookupError("no mark")
        parts = stack[place + 1 :]
        del stack[place:]
        return parts

    def _join(self, parts: list[_Value]) -> None:
        size, depth, text = 1, 0, ""
        for part, deep, last in parts:
            size, text = size + part, last
            depth = max(depth, deep)
        if size > MOST_PARTS:
            raise _Refused("its tuples hold one another so often that reading them would not end")
        if depth >= MOST_DEPTH:
            raise _Refused(f"its tuples are nested deeper than {MOST_DEPTH} levels")
        self._add((size, depth + 1, text))

    def _call(self, _: Any) -> None:
        function, arguments = self._pop(2)
        if function[2] in BYTES and arguments[0] > 1 and arguments[2] not in LATIN:
            raise _Refused("it encodes texts in a way that no checkpoint needs")
        self._stack.append((arguments[0], arguments[1], ""))


class _Bounded:
    """A file of which so many bytes are read at most."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._left = file, limit

    def read(self, count: int) -> bytes:
        return self._take(self._file.read(min(count, self._left + 1)))

    def readline(self) -> bytes:
        return self._take(self._file.readline(self._left + 1))

    def _take(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise _Refused(f"it is larger than {format_bytes(PICKLE.most_bytes)} (set {PICKLE.variable} to read it)")
        return data


def check_checkpoint(path: Path, file: BinaryIO) -> None:
    """Raise ``ModelError`` where reading a checkpoint (.pt, .pth, .bin, .ckpt) could take the memory or not end.

    What is merely damaged passes: torch's reader finds that. ``file`` is the open file, at its start.
    """
    start = file.read(TAR_PLACE + len(TAR_MARK))
    file.seek(0)
    try:
        if start.startswith(ZIP_START):
            _check_archive(path, file)
        elif start[TAR_PLACE:] == TAR_MARK:
            raise _Refused("it is of the layout that torch had before version 0.2")
        else:
            _check_pickles(file, LEGACY_PICKLES)
    except _Refused as error:
        raise ModelError(
            f"{path.name} cannot be read as weights: {error}.", "Save its state_dict as .safetensors, and open that."
        ) from error


def _check_archive(path: Path, file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return
    if len(entries) > MOST_ENTRIES:
        raise _Refused(f"it holds {len(entries):,} files")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise _Refused("its parts are compressed, and torch saves them as they are")
    if sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise _Refused("its parts are larger than the file")
    try:
        data: bytes = torch._C.PyTorchFileReader(str(path)).get_record("data.pkl")  # what torch itself reads
    except RuntimeError:
        return
    if len(data) > PICKLE.most_bytes:
        raise PICKLE.too_large(f"data.pkl in {path.name}", ModelError)
    _follow(pickletools.genops(data))


def _check_pickles(file: BinaryIO, count: int) -> None:
    bounded = _Bounded(file, PICKLE.most_bytes)
    for _ in range(count):
        if not _follow(pickletools.genops(bounded)):  # type: ignore[arg-type]  # it needs read and readline only
            return


def _follow(operations: Iterator[tuple[pickletools.OpcodeInfo, Any, int | None]]) -> bool:
    """Follow a pickle to its end; return False where it ends in the middle, or where torch's reader would stop."""
    take = _Follower().take
    try:
        for steps, (operation, argument, _) in enumerate(operations):
            if steps > MOST_STEPS:
                raise _Refused(f"it has more than {MOST_STEPS:,} instructions")
            if operation.name not in take:
                return operation.name == "STOP"
            take[operation.name](argument)
    except (ValueError, LookupError, RuntimeError):  # damaged
        return False
    return False
