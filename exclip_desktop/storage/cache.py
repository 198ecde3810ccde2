"""The cache of factors, in memory and on disk: what was computed once is not computed again."""

import hashlib
import json
import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.values.explanation import Factor, SideReport
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.lru import LruCache, choose_evicted

FORMAT: Final = 1
"""Raise it when the meaning of a key or the format of an entry changes: old entries are then never read."""
MEMORY_BYTES: Final = 512 << 20
DISK_BYTES: Final = 4 << 30
ENDING: Final = ".safetensors"

_KEY = re.compile(r"[0-9a-f]{64}")
_DAY_S = 86400.0
_TRIM_TO = 0.9  # trimming further than needed, so that a full folder is not listed at every write
_RESCAN_AFTER = 1 / 16  # of the limit written by us: other processes may have written as much
_log = logging.getLogger(__name__)


def cache_key(**parts: Any) -> str:
    """Return the cache key of ``parts``: SHA-256 of their canonical JSON and ``FORMAT``, 64 hex digits.

    ``parts`` are plain JSON values, in any order; tuples count as lists.

    Raises:
        TypeError, ValueError: a part is no JSON value, or not a finite number.

    """
    text = json.dumps({"format": FORMAT, "parts": parts}, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class FactorCache:
    """Factors by their ``cache_key``, in memory and on disk; the least recently used ones leave first.

    Any thread may call it, and several processes may share a folder. A folder that cannot be written is logged once;
    from then on nothing more is written. Callers share the factors: do not write into their arrays.
    """

    def __init__(self, folder: Path | None, memory_bytes: int = MEMORY_BYTES, disk_bytes: int = DISK_BYTES) -> None:
        """Store up to ``memory_bytes`` in memory, and ``disk_bytes`` in ``folder`` (None: nothing on disk)."""
        self._memory: LruCache[str, Factor] = LruCache(memory_bytes, lambda factor: factor.nbytes)
        self._disk = None if folder is None else _Disk(folder, disk_bytes)

    def get(self, key: str) -> Factor | None:
        """Return the factor stored under ``key``, or None; a damaged entry is removed and counts as missing."""
        _check_key(key)
        factor = self._memory.get(key)
        if factor is None and self._disk is not None:
            factor = self._disk.read(key)
            if factor is not None:
                self._memory.put(key, factor)
        return factor

    def put(self, key: str, factor: Factor) -> None:
        """Store ``factor`` under ``key``, unless it holds NaN or infinity or is larger than the limits."""
        _check_key(key)
        if not all(np.isfinite(values).all() for values in _arrays(factor).values()):
            return
        self._memory.put(key, factor)
        if self._disk is not None:
            self._disk.write(key, factor)

    def size(self) -> tuple[int, int]:
        """Return the bytes in memory and on disk."""
        return self._memory.size(), 0 if self._disk is None else self._disk.size()

    def clear(self) -> None:
        """Remove everything, in memory and on disk."""
        self._memory.clear()
        if self._disk is not None:
            self._disk.clear()


class _Disk:
    """One file per factor in one folder; a file's time of change is when it was last used."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._writable = True
        self._known: int | None = None  # bytes in the folder at the last look, and what we have written since
        self._written = 0
        self._lock = threading.Lock()

    def read(self, key: str) -> Factor | None:
        path = self._path(key)
        try:
            if path.stat().st_size > self._limit:
                raise ValueError("larger than the whole cache")
            factor = _decoded(key, path.read_bytes())
        except OSError:  # not there, or another process has just removed it
            return None
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            _log.info("A damaged entry of the cache is removed: %s (%s)", path, error)
            _remove(path)
            return None
        _touch(path)
        return factor

    def write(self, key: str, factor: Factor) -> None:
        if not self._writable:
            return
        data = _encoded(key, factor)
        if len(data) > self._limit:
            return
        path = self._path(key)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file: file.write(data))
        except (OSError, OutputError) as error:
            if not path.is_file():  # else another process was faster, and holds it open
                self._give_up(error)
            return
        if self._must_rescan(len(data)):
            self._trim()

    def size(self) -> int:
        return sum(size for _, size, _ in self._entries())

    def clear(self) -> None:
        for path, _, _ in self._entries():
            _remove(path)
        with self._lock:
            self._known, self._written = 0, 0

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{ENDING}"

    def _give_up(self, error: Exception) -> None:
        with self._lock:
            first, self._writable = self._writable, False
        if first:
            _log.warning("The cache continues in memory only: %s", error)

    def _must_rescan(self, written: int) -> bool:
        with self._lock:
            self._written += written
            unknown = self._known is None or self._known + self._written > self._limit
            return unknown or self._written > self._limit * _RESCAN_AFTER

    def _trim(self) -> None:
        """Remove the least recently used entries beyond the limit, and files that a crash left half written."""
        entries = sorted(self._entries(), key=lambda entry: entry[2])
        total = sum(size for _, size, _ in entries)
        if total > self._limit:
            sizes = {path: size for path, size, _ in entries[:-1]}  # the newest stays
            for path in choose_evicted(sizes.items(), total, int(self._limit * _TRIM_TO)):
                _remove(path)
                total -= sizes[path]
        for path in self._listed(r"\.[0-9a-f]{64}" + re.escape(ENDING) + r"\..*\.part"):
            if time.time() - _stat(path)[1] > _DAY_S:
                _remove(path)
        with self._lock:
            self._known, self._written = total, 0

    def _entries(self) -> list[tuple[Path, int, float]]:
        """Return every entry: path, bytes, when it was last used (seconds)."""
        return [(path, *_stat(path)) for path in self._listed(_KEY.pattern + re.escape(ENDING))]

    def _listed(self, pattern: str) -> Iterator[Path]:
        try:
            names = os.listdir(self._folder)
        except OSError:
            return iter(())
        return (self._folder / name for name in names if re.fullmatch(pattern, name))


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key made by cache_key: {key!r}")


def _arrays(factor: Factor) -> dict[str, NDArray[np.floating[Any]]]:
    ends = factor.ends
    arrays = {
        "rows": factor.rows,
        "embedding": ends.embedding,
        "reference": ends.reference,
        "told": ends.ledger_reference,
    }
    return arrays if ends.full is None else {**arrays, "full": ends.full}


def _encoded(key: str, factor: Factor) -> bytes:
    arrays = {name: np.ascontiguousarray(values) for name, values in _arrays(factor).items()}
    report = json.dumps(asdict(factor.report))
    metadata = {"format": str(FORMAT), "key": key, "report": report, "sha256": _digest(report, arrays)}
    return save(arrays, metadata)


def _decoded(key: str, data: bytes) -> Factor:
    """Return the factor of an entry; raise one of several errors where the entry is not exactly as it was written."""
    arrays = load(data)
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    if metadata["format"] != str(FORMAT) or metadata["key"] != key:
        raise ValueError("an entry of another key or format")
    if metadata["sha256"] != _digest(metadata["report"], arrays):
        raise ValueError("its contents have changed")
    ends = Ends(arrays["embedding"], arrays["reference"], arrays["told"], arrays.get("full"))
    factor = Factor(arrays["rows"], ends, SideReport(**json.loads(metadata["report"])))
    _check(factor)
    return factor


def _check(factor: Factor) -> None:
    rows, *ends = _arrays(factor).values()
    if rows.ndim != 2 or any(end.shape != rows.shape[1:] or end.dtype != np.float64 for end in ends):
        raise ValueError("its arrays do not fit together")
    if not all(np.issubdtype(values.dtype, np.floating) and np.isfinite(values).all() for values in (rows, *ends)):
        raise ValueError("it holds a value that is not a finite number")


def _digest(report: str, arrays: dict[str, NDArray[np.floating[Any]]]) -> str:
    digest = hashlib.sha256(report.encode("utf-8"))
    for name, values in sorted(arrays.items()):
        digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def _stat(path: Path) -> tuple[int, float]:
    """Return bytes and time of change; zero bytes and the present time where the file is gone."""
    try:
        status = path.stat()
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
