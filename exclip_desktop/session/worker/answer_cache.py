"""Caches explanations and other methods' answers in memory."""

from typing import Any

from exclip_desktop.core.values.answers import TokenMap
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.storage.lru import LruCache

BYTES = 64 << 20


class ExplanationCache(LruCache[tuple[str, str], Explanation]):
    """Explanations by the keys of their two factors."""

    def __init__(self, most_bytes: int = BYTES) -> None:
        """Hold matrices of up to ``most_bytes`` in total."""
        super().__init__(most_bytes, lambda explanation: explanation.matrix.nbytes)


class AnswerPartCache(LruCache[tuple[str, ...], Any]):
    """Matrices and maps of other methods, by everything that determines them."""

    def __init__(self, most_bytes: int = BYTES) -> None:
        """Hold values of up to ``most_bytes`` in total."""
        super().__init__(most_bytes, _bytes_of)


def _bytes_of(part: PairMatrix | TokenMap) -> int:
    return part.interactions.values.nbytes if isinstance(part, PairMatrix) else part.values.nbytes
