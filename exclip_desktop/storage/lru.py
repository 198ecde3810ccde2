"""What is kept in memory, bounded by its bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Values by their key, the one not asked for longest leaving first. Any thread may call it."""

    def __init__(self, most_bytes: int, bytes_of: Callable[[V], int]) -> None:
        """Hold values of up to ``most_bytes`` together; ``bytes_of`` says how large one is."""
        self._held: OrderedDict[K, V] = OrderedDict()
        self._used, self._most_bytes, self._bytes_of = 0, most_bytes, bytes_of
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many values are held."""
        return len(self._held)

    def get(self, key: K) -> V | None:
        """Return the value put under ``key``, or None."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: K, value: V) -> None:
        """Hold ``value`` under ``key``, in the place of what was there; one larger than the bound is not held."""
        with self._lock:
            before = self._held.pop(key, None)
            self._used -= 0 if before is None else self._bytes_of(before)
            if self._bytes_of(value) > self._most_bytes:
                return
            self._held[key] = value
            self._used += self._bytes_of(value)
            while self._used > self._most_bytes:
                self._used -= self._bytes_of(self._held.popitem(last=False)[1])

    def size(self) -> int:
        """Return the bytes of what is held."""
        with self._lock:
            return self._used

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self._used = 0
