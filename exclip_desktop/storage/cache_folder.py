"""A folder of entries, bounded in bytes: one file per entry, and the least recently used ones leave first."""

import json
import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.inputs.json_documents import Count, read_document
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE, InputKind, read_regular
from exclip_desktop.core.temporary_files import leftovers, remove_leftovers
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.lru import choose_evicted

DISK_BYTES: Final = 4_000_000_000
"""The limit of a folder, until a person chooses another one."""

LEAST_DISK_BYTES: Final = 10_000_000
ENDING: Final = ".safetensors"
LIMIT_FILE: Final = "limit.json"

ENTRY: Final = InputKind("cache entry", 16_000_000_000)
_ENTRY: Final = re.compile(r"[0-9a-f]{64}" + re.escape(ENDING))
_TRIM_TO: Final = 0.9  # trimming further than needed, so that a full folder is not listed at every write
_RESCAN_AFTER: Final = 1 / 16  # of the limit written by us: other processes may have written as much
_CLOCK_S: Final = 60.0  # by which the clocks of computers that share a folder may differ
_log = logging.getLogger(__name__)


class _Limit(msgspec.Struct, frozen=True):
    """The content of ``limit.json``."""

    bytes: Count


class CacheFolder:
    """Entries as bytes, by their keys; a file's time of change is when it was last used.

    Any thread may call it, and several processes may share a folder. Their common limit is in its file ``limit.json``.
    A folder that cannot be written is logged once; from then on nothing more is written.
    """

    def __init__(self, folder: Path, limit: int | None = None, *, is_bounded: bool = True) -> None:
        """Use ``folder``, which is made when it is needed; ``limit`` None: the folder's own, else the usual one."""
        self.folder = folder
        self._fixed_limit, self._is_bounded = limit, is_bounded
        self._limit = self._read_limit()
        self._writable = True
        self._known: int | None = None  # bytes in the folder at the last look, and what we have written since
        self._written = 0
        self._lock = threading.Lock()

    @property
    def limit(self) -> int:
        """Most bytes of all entries."""
        return self._limit

    def set_limit(self, limit: int) -> None:
        """Save another limit for everyone who uses the folder, and remove what exceeds it.

        Raises:
            OutputError: the folder cannot be written.

        """
        data = json.dumps({"bytes": max(limit, LEAST_DISK_BYTES)}).encode()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written: {error.strerror}.") from error
        write_atomically(self.folder / LIMIT_FILE, lambda file: file.write(data))
        self._trim()

    def read(self, key: str) -> bytes | None:
        """Return the bytes of an entry, or None; it counts as used now."""
        path = self._path(key)
        try:
            if self._is_bounded and path.stat().st_size > self._limit:
                _remove(path)  # larger than the whole cache
                return None
            data = read_regular(path, ENTRY, OutputError)
        except (OSError, OutputError):  # not there, or another process has just removed it
            return None
        _touch(path)
        return data

    def remove_damaged(self, key: str, error: Exception) -> None:
        """Remove an entry that could not be read, and log it."""
        path = self._path(key)
        _log.info("A damaged entry of the cache is removed: %s (%s)", path, error)
        _remove(path)

    def has(self, key: str) -> bool:
        """Return whether there is an entry."""
        return self._path(key).is_file()

    def write(self, key: str, data: bytes) -> None:
        """Write an entry, unless it is larger than the limit."""
        if not self._writable or (self._is_bounded and len(data) > self._limit):
            return
        path = self._path(key)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file: file.write(data), durable=False)
        except (OSError, OutputError) as error:
            if not path.is_file():  # else another process was faster, and holds it open
                self._give_up(error)
            return
        if self._must_rescan(len(data)):
            self.remove_leftovers()
            self._trim()

    def size(self) -> int:
        """Return the bytes of all entries, and of what is half written."""
        return sum(size for _, size, _ in self._entries()) + sum(size for _, size in leftovers(self.folder))

    def clear(self) -> None:
        """Remove all entries, and what killed writers have left."""
        self.remove_leftovers()
        for path, _, _ in self._entries():
            _remove(path)
        with self._lock:
            self._known, self._written = 0, 0

    def remove_leftovers(self) -> None:
        """Remove what killed writers have left half written."""
        remove_leftovers(self.folder)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{ENDING}"

    def _give_up(self, error: Exception) -> None:
        with self._lock:
            first, self._writable = self._writable, False
        if first:
            _log.warning("The cache continues in memory only: %s", error)

    def _read_limit(self) -> int:
        if self._fixed_limit is not None:
            return self._fixed_limit
        try:
            limit = read_document(self.folder / LIMIT_FILE, _Limit, CONFIG_FILE, OutputError)
        except OutputError:  # there is none, or it is damaged
            return DISK_BYTES
        return max(limit.bytes, LEAST_DISK_BYTES)

    def _must_rescan(self, written: int) -> bool:
        with self._lock:
            self._written += written
            unknown = self._known is None or self._known + self._written > self._limit
            return self._is_bounded and (unknown or self._written > self._limit * _RESCAN_AFTER)

    def _trim(self) -> None:
        """Remove the least recently used entries beyond the limit."""
        self._limit = self._read_limit()
        now = time.time()
        # A time in the future is of a clock that was wrong: such an entry must not stay for ever.
        entries = sorted(self._entries(), key=lambda entry: (entry[2] <= now + _CLOCK_S, entry[2]))
        total = sum(size for _, size, _ in entries)
        if total > self._limit:
            sizes = {path: size for path, size, _ in entries[:-1]}  # the newest stays
            for path in choose_evicted(sizes.items(), total, int(self._limit * _TRIM_TO)):
                _remove(path)
                total -= sizes[path]
        with self._lock:
            self._known, self._written = total, 0

    def _entries(self) -> Iterator[tuple[Path, int, float]]:
        """Yield every entry: path, bytes, when it was last used (seconds)."""
        try:
            with os.scandir(self.folder) as listed:
                for entry in listed:
                    if _ENTRY.fullmatch(entry.name):
                        yield Path(entry.path), *_stat(entry)
        except OSError:
            return


def _stat(entry: "os.DirEntry[str]") -> tuple[int, float]:
    """Return bytes and time of change; zero bytes and the present time where the file is gone."""
    try:
        status = entry.stat()
    except OSError:
        return 0, time.time()
    return status.st_size, status.st_mtime


def _touch(path: Path) -> None:
    try:
        os.utime(path)
    except OSError:  # gone, or not ours to change
        return


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # held open by another process, or not ours to remove
        return
