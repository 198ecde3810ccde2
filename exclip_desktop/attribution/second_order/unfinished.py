"""What interrupted integrals have computed: they go on from there, and give the same numbers bit for bit."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from torch import Tensor

from exclip_desktop.core.errors import Cancelled

INTEGRAL_BYTES: Final = 128 << 20  # of one integral's chunks
BYTES: Final = 256 << 20  # of all interrupted integrals


@dataclass(slots=True)
class KnownChunks:
    """The chunks of one call for derivatives at some nodes.

    Attributes:
        size: the chunk size, which depended on the free memory when the call began.
        chunks: the results of the first chunks, in order.
        room_bytes: of further chunks to hold; after the first one that is too much, none is held any more.
        replayed: number of chunks that were used again.

    """

    size: int
    chunks: list[Tensor] = field(default_factory=list)
    room_bytes: int = 0
    replayed: int = 0

    def replay(self) -> Tensor | None:
        """Return the result of the next chunk if it is known, else None."""
        if self.replayed == len(self.chunks):
            return None
        self.replayed += 1
        return self.chunks[self.replayed - 1]

    def add(self, chunk: Tensor) -> None:
        """Hold the result of the next chunk, if there is room."""
        self.room_bytes -= _nbytes(chunk)
        if self.room_bytes >= 0:
            self.chunks.append(chunk)
            self.replayed += 1


class FinishedChunks:
    """The finished chunks of one integral, call by call, up to ``INTEGRAL_BYTES``.

    An integral makes the same calls again after an interruption; chunks that are held are not computed again.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._calls: list[KnownChunks] = []
        self._at = 0

    @property
    def nbytes(self) -> int:
        """The bytes of all chunks."""
        return sum(_nbytes(chunk) for call in self._calls for chunk in call.chunks)

    def restart(self) -> None:
        """Replay from the first chunk."""
        self._at = 0
        for call in self._calls:
            call.replayed = 0

    def next_call(self, size: int) -> KnownChunks:
        """Return the chunks of the next call, with their own size; ``size`` is that of a call not made before."""
        if self._at == len(self._calls):
            full = any(call.room_bytes < 0 for call in self._calls)
            self._calls.append(KnownChunks(size, room_bytes=-1 if full else INTEGRAL_BYTES - self.nbytes))
        self._at += 1
        return self._calls[self._at - 1]


class UnfinishedWork:
    """Finished chunks of interrupted integrals by a key; the least recently interrupted ones leave first."""

    def __init__(self, most_bytes: int = BYTES) -> None:
        """Hold chunks of up to ``most_bytes`` in total."""
        self._most_bytes = most_bytes
        self._integrals: OrderedDict[str, FinishedChunks] = OrderedDict()

    @contextmanager
    def resume(self, key: str) -> Iterator[FinishedChunks]:
        """Yield the chunks of the integral ``key``; hold them if it is interrupted, forget them when it has ended."""
        finished = self._integrals.pop(key, None) or FinishedChunks()
        finished.restart()
        try:
            yield finished
        except Cancelled:
            self._integrals[key] = finished
            while sum(one.nbytes for one in self._integrals.values()) > self._most_bytes:
                self._integrals.popitem(last=False)
            raise

    def clear(self) -> None:
        """Forget all."""
        self._integrals.clear()


def _nbytes(chunk: Tensor) -> int:
    return chunk.numel() * chunk.element_size()
