"""The cache of factors and explanations, in memory and on disk: what was computed once is not computed again."""

import os
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from exclip_desktop.core.cache_keys import check_key
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation, Factor
from exclip_desktop.storage.batches.batch_index import BatchFactors
from exclip_desktop.storage.cache_entries import (
    DAMAGE,
    decode_array,
    decode_explanation,
    decode_factor,
    encode_array,
    encode_explanation,
    encode_factor,
    factor_arrays,
)
from exclip_desktop.storage.cache_folder import CacheFolder
from exclip_desktop.storage.lru import LruCache

MEMORY_BYTES: Final = 512 << 20


CACHE_VARIABLE: Final = "EXCLIP_CACHE"
"""Environment variable with the cache's folder; ``off``: nothing on disk."""


def default_cache_folder() -> Path | None:
    """Return the folder of the cache that window, command line and Python share; None where it is switched off."""
    chosen = os.environ.get(CACHE_VARIABLE, "").strip()
    if chosen.lower() == "off":
        return None
    return Path(chosen).expanduser() if chosen else user_cache_path("exclip_desktop", appauthor=False) / "factors"


def open_cache(folder: str | Path | None = None) -> "FactorCache":
    """Open a cache; ``folder`` None: the one that the window uses. Functions that take a ``cache`` store in it."""
    cache = FactorCache(default_cache_folder() if folder is None else Path(folder).expanduser())
    cache.remove_leftovers()
    return cache


class FactorCache:
    """Factors and explanations by their ``cache_key``; the least recently used ones leave first.

    Factors are also in memory. A person's project can keep the explanations of its pairs in a folder of its own, which
    is read first and has no limit. Any thread may call it, and several processes may share a folder. Callers share the
    factors: do not write into their arrays.
    """

    def __init__(self, folder: Path | None, memory_bytes: int = MEMORY_BYTES, disk_bytes: int | None = None) -> None:
        """Store up to ``memory_bytes`` in memory, and ``disk_bytes`` in ``folder`` (None: nothing on disk).

        ``disk_bytes`` None: the folder's own limit.
        """
        self._memory: LruCache[str, Factor] = LruCache(memory_bytes, lambda factor: factor.nbytes)
        self._disk = None if folder is None else CacheFolder(folder, disk_bytes)
        self._project: CacheFolder | None = None
        self._batch: BatchFactors | None = None

    @property
    def limit(self) -> int:
        """Most bytes on disk."""
        return 0 if self._disk is None else self._disk.limit

    def set_limit(self, limit: int) -> None:
        """Save another limit of the disk, for everyone who shares the folder; raises ``OutputError``."""
        if self._disk is not None:
            self._disk.set_limit(limit)

    def use_project_folder(self, folder: Path | None) -> None:
        """Keep explanations in a project's own folder as well, from now on; None: no longer."""
        self._project = None if folder is None else CacheFolder(folder, is_bounded=False)

    def use_batch(self, folder: Path | None) -> None:
        """Read factors that are nowhere else from a batch's folder, from now on; None: no longer."""
        self._batch = None if folder is None else BatchFactors(folder)

    def get(self, key: str) -> Factor | None:
        """Return the factor stored under ``key``, or None; a damaged entry is removed and counts as missing."""
        check_key(key)
        factor = self._memory.get(key)
        if factor is not None:
            return factor
        if self._disk is not None:
            data = self._disk.read(key)
            try:
                factor = None if data is None else decode_factor(key, data)
            except DAMAGE as error:
                self._disk.remove_damaged(key, error)
        batch = self._batch
        if factor is None and batch is not None:
            factor = batch.get(key)
        if factor is not None:
            self._memory.put(key, factor)
        return factor

    def put(self, key: str, factor: Factor) -> None:
        """Store ``factor`` under ``key``, unless it holds NaN or infinity or is larger than the limits."""
        check_key(key)
        if not all(np.isfinite(values).all() for values in factor_arrays(factor).values()):
            return
        self._memory.put(key, factor)
        if self._disk is not None:
            self._disk.write(key, encode_factor(key, factor))

    def get_explanation(self, key: str, caption: Caption) -> Explanation | None:
        """Return the explanation of ``caption`` stored under ``key``, or None; a damaged entry counts as missing.

        One that only the cache has is copied to the project's folder.
        """
        check_key(key)
        for folder in self._folders:
            data = folder.read(key)
            try:
                explanation = None if data is None else decode_explanation(key, data, caption)
            except DAMAGE as error:
                folder.remove_damaged(key, error)
                continue
            if explanation is not None and data is not None:
                if self._project is not None and folder is not self._project:
                    self._project.write(key, data)
                return explanation
        return None

    def put_explanation(self, key: str, explanation: Explanation) -> None:
        """Store ``explanation`` on disk under ``key``, unless its matrix holds NaN or infinity."""
        check_key(key)
        if not np.isfinite(explanation.matrix).all():
            return
        data = encode_explanation(key, explanation)
        for folder in self._folders:
            if not folder.has(key):
                folder.write(key, data)

    def has_explanation(self, key: str) -> bool:
        """Return whether an explanation is stored under ``key``."""
        check_key(key)
        return any(folder.has(key) for folder in self._folders)

    def get_array(self, key: str) -> NDArray[np.float32] | None:
        """Return the array stored on disk under ``key``, or None; a damaged entry is removed and counts as missing."""
        check_key(key)
        data = None if self._disk is None else self._disk.read(key)
        try:
            return None if data is None else decode_array(key, data)
        except DAMAGE as error:
            assert self._disk is not None
            self._disk.remove_damaged(key, error)
            return None

    def put_array(self, key: str, values: NDArray[np.float32]) -> None:
        """Store an array on disk under ``key``, unless it holds NaN or infinity."""
        check_key(key)
        if self._disk is not None and np.isfinite(values).all():
            self._disk.write(key, encode_array(key, values))

    def size(self) -> tuple[int, int]:
        """Return the bytes in memory and on disk, without those of a project."""
        return self._memory.size(), 0 if self._disk is None else self._disk.size()

    def clear(self) -> None:
        """Remove everything, in memory and on disk; what a project keeps stays."""
        self._memory.clear()
        if self._disk is not None:
            self._disk.clear()

    def remove_leftovers(self) -> None:
        """Remove what killed writers have left half written."""
        for folder in self._folders:
            folder.remove_leftovers()

    @property
    def _folders(self) -> tuple[CacheFolder, ...]:
        """The folders that hold explanations, in the order in which they are read."""
        return tuple(folder for folder in (self._project, self._disk) if folder is not None)
