"""Remembers explained pairs, so that going back to one costs nothing."""

import threading
from collections import OrderedDict

from exclip_desktop.core.explanation import Explanation

BYTES = 64 << 20


class PairMemo:
    """Explanations by their key, the one not asked for longest leaving first. Any thread may call it."""

    def __init__(self, most_bytes: int = BYTES) -> None:
        """Hold matrices of up to ``most_bytes`` together."""
        self._held: OrderedDict[tuple[str, str], Explanation] = OrderedDict()
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str]) -> Explanation | None:
        """Return the explanation put under ``key``, or None."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: tuple[str, str], explanation: Explanation) -> None:
        """Hold ``explanation`` under ``key``."""
        with self._lock:
            self._held[key] = explanation
            self._held.move_to_end(key)
            while self._size() > self._most_bytes:
                self._held.popitem(last=False)

    def size(self) -> int:
        """Return the bytes of what is held."""
        with self._lock:
            return self._size()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()

    def _size(self) -> int:
        return sum(explanation.matrix.nbytes for explanation in self._held.values())
