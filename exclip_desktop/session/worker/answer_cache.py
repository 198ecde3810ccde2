"""Caches explanations and other methods' answers in memory."""

from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from exclip_desktop.core.values.answers import TokenMap
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.session.worker.requests import ExplainAnswer, ExplainRequest
from exclip_desktop.storage.lru import LruCache
from exclip_desktop.storage.pictures import Picture

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


class ReadyAnswers:
    """Answers to explain requests, found by the request alone: no thread and no model is asked for them.

    They are held as long as their picture is in memory. Used in the GUI thread.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._answers: WeakKeyDictionary[Picture, dict[tuple[object, ...], ExplainAnswer]] = WeakKeyDictionary()

    def get(self, request: ExplainRequest) -> ExplainAnswer | None:
        """Return the answer to a request, or None."""
        answer = self._answers.get(request.picture, {}).get(_key_of(request))
        return None if answer is None else replace(answer, id=request.id, seconds=0.0, cached=True)

    def put(self, request: ExplainRequest, answer: ExplainAnswer) -> None:
        """Hold the answer to a request."""
        self._answers.setdefault(request.picture, {})[_key_of(request)] = answer

    def clear(self) -> None:
        """Remove all answers."""
        self._answers.clear()


def _key_of(request: ExplainRequest) -> tuple[object, ...]:
    return request.choice, request.explain_settings, request.caption


def _bytes_of(part: PairMatrix | TokenMap) -> int:
    return part.interactions.values.nbytes if isinstance(part, PairMatrix) else part.values.nbytes
