"""Values in memory, bounded by their bytes; and the order in which every cache evicts entries.

The caches: factors in memory and on disk (``storage.cache``), explanations and other methods' answers in memory
(``session.worker.answer_cache``).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def choose_evicted(sizes: Iterable[tuple[K, int]], used: int, limit: int) -> list[K]:
    """Return the keys of the entries that leave a cache until at most ``limit`` of its ``used`` bytes are left.

    ``sizes`` are keys and bytes, the least recently used first: these leave first. An entry that must stay, such as
    the one just put, counts in ``used`` and is not among ``sizes``.
    """
    evicted: list[K] = []
    for key, size in sizes:
        if used <= limit:
            break
        evicted.append(key)
        used -= size
    return evicted


class LruCache(Generic[K, V]):
    """Values by their key; the least recently used one leaves first. Any thread may call it."""

    def __init__(self, limit_bytes: int, bytes_of: Callable[[V], int]) -> None:
        """Hold values of up to ``limit_bytes`` together; ``bytes_of`` returns the size of one."""
        self._values: OrderedDict[K, V] = OrderedDict()
        self._used, self._limit, self._bytes_of = 0, limit_bytes, bytes_of
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self._values)

    def get(self, key: K) -> V | None:
        """Return the value put under ``key``, or None."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        """Hold ``value`` under ``key`` instead of the previous one; a value larger than the limit is not held.

        The value just put stays, whatever the order of eviction.
        """
        with self._lock:
            self._drop(key)
            size = self._bytes_of(value)
            if size > self._limit:
                return
            sizes = ((other, self._bytes_of(held)) for other, held in self._values.items())  # the new value stays
            for evicted in choose_evicted(sizes, self._used + size, self._limit):
                self._drop(evicted)
            self._values[key] = value
            self._used += size

    def size(self) -> int:
        """Return the bytes of all values."""
        with self._lock:
            return self._used

    def clear(self) -> None:
        """Remove all values."""
        with self._lock:
            self._values.clear()
            self._used = 0

    def _drop(self, key: K) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._used -= self._bytes_of(value)
