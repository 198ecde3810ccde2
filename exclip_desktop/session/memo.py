"""Remembers explained pairs, so that going back to one costs nothing."""

from exclip_desktop.core.explanation import Explanation
from exclip_desktop.storage.memory import Memory

BYTES = 64 << 20


class PairMemo(Memory[tuple[str, str], Explanation]):
    """Explanations by the keys of their two factors."""

    def __init__(self, most_bytes: int = BYTES) -> None:
        """Hold matrices of up to ``most_bytes`` together."""
        super().__init__(most_bytes, lambda explanation: explanation.matrix.nbytes)
