"""An engine that answers only when it is let, so that interleavings are forced and never slept for."""

import threading
from collections.abc import Callable
from dataclasses import replace

from exclip_desktop.core.explanation import Explanation
from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.session.requests import (
    Alternative,
    Explained,
    ExplainRequest,
    ModelChoice,
    ModelFacts,
    Scored,
    ScoreRequest,
)

PATIENCE_S = 20.0


class FakeEngine:
    """Explains any caption by ``make``; ``gate`` closed holds it inside ``explain`` until it opens or is cancelled."""

    def __init__(self, make: Callable[[str], Explanation]) -> None:
        self.make = make
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Event()
        self.raises: list[Exception] = []
        self.load_raises: list[Exception] = []
        self.explained: list[str] = []
        self.completed: list[str] = []
        self.loaded: list[ModelChoice] = []
        self.threads: set[int] = set()

    def facts(self, choice: ModelChoice, tell: Progress) -> ModelFacts:
        self.threads.add(threading.get_ident())
        tell(Report(f"Opening {choice.name}", 0, 0))
        if self.load_raises:
            raise self.load_raises.pop(0)
        self.loaded.append(choice)
        return ModelFacts(choice.name, "cpu", 2, 2, 77)

    def explain(self, request: ExplainRequest, tell: Progress, cancel: CancelToken) -> Explained:
        self.threads.add(threading.get_ident())
        self.began.set()
        self._wait(cancel)
        tell(Report("picture", 1, 1))
        if self.raises:
            raise self.raises.pop(0)
        self.explained.append(request.caption)
        return Explained(request.id, self.make(request.caption), 0.01, False)

    def complete(self, request: ExplainRequest, tell: Progress, cancel: CancelToken) -> None:
        self.completed.append(request.caption)

    def score(self, request: ScoreRequest, tell: Progress, cancel: CancelToken) -> Scored:
        rows = [Alternative(caption, 0.1, 0.5, rank + 1) for rank, caption in enumerate(request.captions)]
        return Scored(request.id, tuple(rows))

    def _wait(self, cancel: CancelToken) -> None:
        for _ in range(int(PATIENCE_S / 0.005)):
            cancel.check()
            if self.gate.wait(0.005):
                return
        raise AssertionError("the gate was never opened")


def retold(explanation: Explanation, caption: str) -> Explanation:
    """Return ``explanation`` as if it were of ``caption``."""
    return replace(explanation, caption=replace(explanation.caption, text=caption))
