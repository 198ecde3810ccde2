"""The one long-lived thread that owns the model; requests go in by a mailbox, answers come out as signals."""

import logging
import threading
import time
import traceback
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QThread, Signal

from exclip_desktop.core.errors import Cancelled, UserError
from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.session.requests import (
    Explained,
    ExplainRequest,
    Failed,
    ModelChoice,
    ModelFacts,
    Scored,
    ScoreRequest,
)

log = logging.getLogger(__name__)
TELL_EVERY_S = 0.03
Request = ExplainRequest | ScoreRequest


class Engine(Protocol):
    """What the worker asks of an engine; called in the worker's thread only."""

    def facts(self, choice: ModelChoice, tell: Progress) -> ModelFacts:
        """Load the model if another one is loaded, and say what it is."""

    def explain(self, request: ExplainRequest, tell: Progress, cancel: CancelToken) -> Explained:
        """Explain the request's pair."""

    def complete(self, request: ExplainRequest, tell: Progress, cancel: CancelToken) -> None:
        """Compute what makes the next caption for the same picture quick, if it is not there yet."""

    def score(self, request: ScoreRequest, tell: Progress, cancel: CancelToken) -> Scored:
        """Score the request's captions."""


class Mailbox:
    """Holds at most one request of each kind; a newer one takes the place of an older one. Any thread may call it."""

    def __init__(self) -> None:
        """Start empty and open."""
        self._slots: dict[type, Request] = {}
        self._idle: ExplainRequest | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, request: Request) -> None:
        """Leave a request."""
        with self._changed:
            self._slots[type(request)] = request
            if isinstance(request, ExplainRequest):
                self._idle = None
            self._changed.notify()

    def put_idle(self, request: ExplainRequest) -> None:
        """Leave what can be done when nothing else is asked."""
        with self._changed:
            if ExplainRequest not in self._slots:
                self._idle = request

    def drop(self, kind: type) -> Request | None:
        """Take out a request that has not begun."""
        with self._changed:
            return self._slots.pop(kind, None)

    def close(self) -> None:
        """Let the reader go."""
        with self._changed:
            self._closed = True
            self._slots.clear()
            self._idle = None
            self._changed.notify()

    def take(self) -> tuple[Request, bool] | None:
        """Wait for a request; return it and whether it is idle work. None: closed."""
        with self._changed:
            while True:
                if self._closed:
                    return None
                for kind in (ExplainRequest, ScoreRequest):
                    if kind in self._slots:
                        return self._slots.pop(kind), False
                if self._idle is not None:
                    idle, self._idle = self._idle, None
                    return idle, True
                self._changed.wait()


class Worker(QThread):
    """Runs an engine.

    Signals, all emitted in the worker's thread and received in the GUI's:
        ready(): the engine has been made; torch is imported.
        facts_found(object): a ``ModelFacts`` after a model has been loaded.
        explained(object), scored(object), failed(object): ``Explained``, ``Scored``, ``Failed``.
        told(str, int, int, bool): what is being done, done, total, and whether it is idle work.
        rested(): nothing is left to do.
    """

    ready = Signal()
    facts_found = Signal(object)
    explained = Signal(object)
    scored = Signal(object)
    failed = Signal(object)
    told = Signal(str, int, int, bool)
    rested = Signal()

    def __init__(self, make_engine: Callable[[], Engine], parent: QObject | None = None) -> None:
        """Keep the maker; it is called in the thread, because it imports torch."""
        super().__init__(parent)
        self._make_engine = make_engine
        self._mailbox = Mailbox()
        self._running: tuple[Request, bool, CancelToken] | None = None
        self._lock = threading.Lock()
        self._last_told = 0.0
        self._choice: ModelChoice | None = None

    def submit(self, request: Request) -> None:
        """Leave a request (GUI thread); what it makes useless is cancelled."""
        self._mailbox.put(request)
        with self._lock:
            if self._running is None:
                return
            running, idle, token = self._running
            if running is not request and (idle or type(running) is type(request)):
                token.cancel()

    def cancel(self) -> None:
        """Cancel what runs and what waits (GUI thread)."""
        for kind in (ExplainRequest, ScoreRequest):
            dropped = self._mailbox.drop(kind)
            if dropped is not None:
                self.failed.emit(Failed(dropped.id, "", cancelled=True))
        with self._lock:
            if self._running is not None:
                self._running[2].cancel()

    def stop(self) -> None:
        """Cancel, close the mailbox, and wait for the thread to end (GUI thread)."""
        self._mailbox.close()
        with self._lock:
            if self._running is not None:
                self._running[2].cancel()
        self.wait()

    def run(self) -> None:
        """Serve the mailbox until it is closed (worker thread)."""
        try:
            engine = self._make_engine()
        except Exception as error:  # a broken installation must be told, not swallowed
            self.failed.emit(_failure(-1, error))
            return
        self.ready.emit()
        while (taken := self._mailbox.take()) is not None:
            self._serve(engine, *taken)
            with self._lock:
                self._running = None
            self.rested.emit()

    def _serve(self, engine: Engine, request: Request, idle: bool) -> None:
        token = CancelToken()
        with self._lock:
            self._running = (request, idle, token)

        def tell(report: Report) -> None:
            token.check()
            now = time.monotonic()
            if now - self._last_told >= TELL_EVERY_S or report.done == report.total:
                self._last_told = now
                self.told.emit(report.what, report.done, report.total, idle)

        try:
            if request.choice != self._choice:
                facts = engine.facts(request.choice, tell)
                self._choice = request.choice
                self.facts_found.emit(facts)
            if isinstance(request, ScoreRequest):
                self.scored.emit(engine.score(request, tell, token))
            elif idle:
                engine.complete(request, tell, token)
            else:
                self.explained.emit(engine.explain(request, tell, token))
                self._mailbox.put_idle(request)
        except Exception as error:  # whatever an explainer raises ends in a banner, never in a crash
            failure = _failure(request.id, error)
            if failure.details:
                log.error("%s\n%s", failure.message, failure.details)
            if not idle or not failure.cancelled:
                self.failed.emit(failure)


def _failure(number: int, error: Exception) -> Failed:
    if isinstance(error, Cancelled):
        return Failed(number, "", cancelled=True)
    if isinstance(error, UserError):
        return Failed(number, error.message, error.hint)
    details = "".join(traceback.format_exception(error))
    message = f"Something went wrong: {type(error).__name__}."
    return Failed(number, message, "Try again; if it stays, report it with the details.", details)
