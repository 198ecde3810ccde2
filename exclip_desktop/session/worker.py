"""The one long-lived thread that owns the model; requests go in by a mailbox, answers come out as signals."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtCore import QObject, QThread, Signal, SignalInstance

from exclip_desktop.core.errors import Cancelled, CaptionError, MemoryShortage, PictureError
from exclip_desktop.core.forecast import Forecast
from exclip_desktop.core.profile import ProfileRow
from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.session.logs import words_of
from exclip_desktop.session.requests import (
    BesideRequest,
    Explained,
    ExplainRequest,
    Failed,
    ForecastRequest,
    Foretold,
    FramingsRequest,
    FramingsScored,
    ModelChoice,
    ModelFacts,
    OwnRequest,
    Profiled,
    ProfileRequest,
    Request,
    Scored,
    ScoreRequest,
)

log = logging.getLogger(__name__)
TELL_EVERY_S = 0.03
FIRST = (ExplainRequest, ScoreRequest, FramingsRequest, BesideRequest, ForecastRequest, ProfileRequest)
"""The kinds of request, in the order in which they are served."""
LONG = (ExplainRequest, ForecastRequest, ProfileRequest)
"""Those that a person may cancel; the others are quick."""


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

    def score_framings(self, request: FramingsRequest, tell: Progress, cancel: CancelToken) -> FramingsScored:
        """Score the request's pair in every framing."""

    def profile(self, request: ProfileRequest, tell: Progress, cancel: CancelToken) -> Iterator[ProfileRow]:
        """Profile the request's pair, a row for every layer of its side."""

    def forecast(self, request: ProfileRequest, tell: Progress, cancel: CancelToken) -> Forecast:
        """Foretell what the profile is going to cost."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A request that runs; ``idle``: nobody waits for it, and whoever asks for anything comes first."""

    request: Request
    idle: bool
    token: CancelToken = field(default_factory=CancelToken)


class Mailbox:
    """Holds at most one request of each kind, and knows which one runs. Any thread may call it.

    A newer request takes the place of an older one, and cancels it if it runs. Idle work and profiles make room for any
    other request, and go on after it; but an explanation takes the place of all that belongs to the one before.
    """

    def __init__(self) -> None:
        """Start empty and open."""
        self._slots: dict[type, Request] = {}
        self._idle: ExplainRequest | None = None
        self._running: Job | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, request: Request) -> None:
        """Leave a request."""
        with self._changed:
            self._slots[type(request)] = request
            running = self._running
            if isinstance(request, ExplainRequest):
                self._forget_what_follows()
            elif running is not None:
                self._keep(running)
            if running is not None and _makes_room(running, request):
                running.token.cancel()
            self._changed.notify()

    def _forget_what_follows(self) -> None:
        """Take out what belongs to the explanation before."""
        self._idle = None
        self._slots.pop(ForecastRequest, None)
        self._slots.pop(ProfileRequest, None)

    def _keep(self, running: Job) -> None:
        """Let what makes room go on afterwards, unless it was cancelled or is asked for anew."""
        if running.token.cancelled:
            return
        if running.idle and isinstance(running.request, ExplainRequest):
            self._idle = running.request
        elif isinstance(running.request, ProfileRequest):
            self._slots.setdefault(ProfileRequest, running.request)

    def put_idle(self, request: ExplainRequest) -> None:
        """Leave what can be done when nothing else is asked."""
        with self._changed:
            if ExplainRequest not in self._slots and not self._closed:
                self._idle = request

    def cancel(self) -> None:
        """Take out what waits, and cancel what runs, idle work too; but for scores, which are quick."""
        with self._changed:
            self._slots.pop(ExplainRequest, None)
            self._forget_what_follows()
            if self._running is not None and isinstance(self._running.request, LONG):
                self._running.token.cancel()

    def cancel_beside(self) -> None:
        """Take out the explanation beside that waits, and cancel the one that runs."""
        with self._changed:
            self._slots.pop(BesideRequest, None)
            if self._running is not None and isinstance(self._running.request, BesideRequest):
                self._running.token.cancel()

    def close(self) -> None:
        """Cancel everything, and let the reader go."""
        with self._changed:
            self._closed = True
            self._slots.clear()
            self._idle = None
            if self._running is not None:
                self._running.token.cancel()
            self._changed.notify()

    def take(self) -> Job | None:
        """Wait for a request and let it be the one that runs; the one before has ended. None: closed."""
        with self._changed:
            self._running = None
            self._changed.wait_for(lambda: self._closed or self._slots or self._idle is not None)
            if not self._closed:
                self._running = self._next()
            return self._running

    def _next(self) -> Job:
        for kind in FIRST:
            if kind in self._slots:
                return Job(self._slots.pop(kind), idle=False)
        idle, self._idle = self._idle, None
        assert idle is not None
        return Job(idle, idle=True)


def _makes_room(running: Job, request: Request) -> bool:
    """Return whether what runs is to stop for a newer request."""
    if running.idle or type(running.request) is type(request):
        return True
    if isinstance(running.request, ForecastRequest):
        return isinstance(request, ExplainRequest)
    return isinstance(running.request, ProfileRequest)


class Worker(QThread):
    """Runs an engine.

    Signals, all emitted in the worker's thread and received in the GUI's:
        facts_found(object, object): a model has been loaded: its ``ModelChoice`` and ``ModelFacts``.
        explained(object), scored(object), framings_scored(object), failed(object): ``Explained``, ``Scored``,
            ``FramingsScored``, ``Failed``.
        profiled(object), foretold(object): ``Profiled``, once for every layer that is done, and ``Foretold``.
        told(str, int, int, bool): what is being done, done, total, and whether it is idle work.
        facts_found_beside, explained_beside, told_beside: the same of the model beside.
        rested(): a request, or idle work, has come to its end.
    """

    facts_found = Signal(object, object)
    explained = Signal(object)
    scored = Signal(object)
    framings_scored = Signal(object)
    profiled = Signal(object)
    foretold = Signal(object)
    failed = Signal(object)
    told = Signal(str, int, int, bool)
    rested = Signal()
    facts_found_beside = Signal(object, object)
    explained_beside = Signal(object)
    told_beside = Signal(str, int, int, bool)

    def __init__(self, make_engine: Callable[[], Engine], parent: QObject | None = None) -> None:
        """Keep the maker; it is called in the thread, because it imports torch."""
        super().__init__(parent)
        self._make_engine = make_engine
        self._mailbox = Mailbox()
        self._last_told = 0.0
        self._choice: ModelChoice | None = None
        self._beside: Engine | None = None
        self._beside_choice: ModelChoice | None = None

    @property
    def holds_two(self) -> bool:
        """Whether a second model is held."""
        return self._beside is not None

    def submit(self, request: Request) -> None:
        """Leave a request (GUI thread); what it makes useless is cancelled."""
        self._mailbox.put(request)

    def cancel(self) -> None:
        """Cancel explaining and profiling, idle work too (GUI thread)."""
        self._mailbox.cancel()

    def cancel_beside(self) -> None:
        """Cancel explaining beside (GUI thread)."""
        self._mailbox.cancel_beside()

    def stop(self) -> None:
        """Cancel, close the mailbox, and wait for the thread to end (GUI thread)."""
        self._mailbox.close()
        self.wait()

    def run(self) -> None:
        """Serve the mailbox until it is closed (worker thread)."""
        try:
            engine = self._make_engine()
        except Exception as error:  # a broken installation must be told to whoever asks, not swallowed
            words = words_of(error)
            self._serve_all(lambda job: self.failed.emit(Failed(job.request, *words)))
        else:
            self._serve_all(lambda job: self._serve(engine, job))

    def _serve_all(self, serve: Callable[[Job], None]) -> None:
        while (job := self._mailbox.take()) is not None:
            serve(job)
            self.rested.emit()

    def _serve(self, engine: Engine, job: Job) -> None:
        try:
            if isinstance(job.request, BesideRequest):
                self._answer_beside(job.request.question, job)
            else:
                self._answer(engine, job.request, job)
        except Cancelled:  # whoever cancelled expects no answer
            return
        except Exception as error:  # whatever an explainer raises ends in a banner, never in a crash
            of_pair, of_memory = isinstance(error, CaptionError | PictureError), isinstance(error, MemoryShortage)
            failure = Failed(job.request, *words_of(error), of_pair, of_memory)
            if job.idle or isinstance(job.request, ForecastRequest):  # nobody waits for it
                log.info("Not prepared for what may be asked: %s", failure.message)
            else:
                self.failed.emit(failure)

    def _teller(self, job: Job, told: SignalInstance) -> Progress:
        def tell(report: Report) -> None:
            job.token.check()
            now = time.monotonic()
            if now - self._last_told >= TELL_EVERY_S or report.done == report.total:
                self._last_told = now
                told.emit(report.what, report.done, report.total, job.idle)

        return tell

    def _answer_beside(self, question: ExplainRequest | None, job: Job) -> None:
        """Explain by an engine of its own, which holds the other model; without a question, let it go."""
        if question is None:
            self._beside = self._beside_choice = None
            return
        tell = self._teller(job, self.told_beside)
        self._beside = self._beside or self._make_engine()
        if question.choice != self._beside_choice:
            self._beside_choice = None
            facts = self._beside.facts(question.choice, tell)
            self._beside_choice = question.choice
            self.facts_found_beside.emit(question.choice, facts)
        answer = self._beside.explain(question, tell, job.token)
        job.token.check()
        self.explained_beside.emit(answer)

    def _answer(self, engine: Engine, request: OwnRequest, job: Job) -> None:
        token, tell = job.token, self._teller(job, self.told)
        if request.choice != self._choice:
            self._choice = None  # whatever comes of it, the model before is no longer loaded
            facts = engine.facts(request.choice, tell)
            self._choice = request.choice
            self.facts_found.emit(request.choice, facts)
        if isinstance(request, ScoreRequest):
            self.scored.emit(engine.score(request, tell, token))
        elif isinstance(request, FramingsRequest):
            self.framings_scored.emit(engine.score_framings(request, tell, token))
        elif isinstance(request, ForecastRequest):
            self.foretold.emit(Foretold(request.id, engine.forecast(request.profile, tell, token)))
        elif isinstance(request, ProfileRequest):
            for row in engine.profile(request, tell, token):
                self.profiled.emit(Profiled(request.id, row))
            self.profiled.emit(Profiled(request.id, None))
        elif job.idle:
            engine.complete(request, tell, token)
        else:
            answer = engine.explain(request, tell, token)
            token.check()
            self.explained.emit(answer)
            self._mailbox.put_idle(request)
