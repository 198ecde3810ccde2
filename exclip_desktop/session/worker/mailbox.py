"""What waits for the worker, what runs, and who makes way for whom."""

import threading
from dataclasses import dataclass, field

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.session.worker.requests import (
    EstimateRequest,
    ExplainRequest,
    FramingsRequest,
    ListPairRequest,
    OcclusionRequest,
    PaneRequest,
    ProfileRequest,
    Request,
    ScoreRequest,
    SecondModelRequest,
    StudyRequest,
)

FIRST = (
    *(ExplainRequest, ScoreRequest, FramingsRequest, OcclusionRequest, SecondModelRequest),
    *(EstimateRequest, ProfileRequest, PaneRequest, ListPairRequest, StudyRequest),
)
"""The kinds of request, in the order in which they are served."""
LONG = (ExplainRequest, EstimateRequest, ProfileRequest, PaneRequest)
"""Those that a person may cancel; the others are quick."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A request that runs; ``idle``: nobody waits for it, and whoever asks for anything comes first."""

    request: Request
    idle: bool
    token: CancelToken = field(default_factory=CancelToken)


class Mailbox:
    """Holds at most one request of each kind, and knows which one runs. Any thread may call it.

    A newer request takes the place of an older one, and cancels it if it runs. Idle work, profiles and panes make room
    for any request before theirs, and go on after it; but an explanation takes the place of all that belongs to the one
    before. An answer beside makes room for an explanation, which may come to nothing, and begins anew after it; a pair
    of a list makes room for everything but a study, and a study for everything; both always go on.
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
            if running is not None and _makes_room(running, request):
                self._keep(running, request)
                running.token.cancel()
            self._changed.notify()

    def _forget_what_follows(self) -> None:
        """Take out what belongs to the explanation before."""
        self._idle = None
        for kind in (EstimateRequest, ProfileRequest, PaneRequest):
            self._slots.pop(kind, None)

    def _keep(self, running: Job, newer: Request) -> None:
        """Let what makes room go on afterwards, unless it was cancelled, is asked for anew or is of before."""
        if running.token.is_cancelled:
            return
        if isinstance(running.request, SecondModelRequest | ListPairRequest | StudyRequest):
            self._slots.setdefault(type(running.request), running.request)
        elif isinstance(newer, ExplainRequest):
            return
        elif running.idle and isinstance(running.request, ExplainRequest):
            self._idle = running.request
        elif isinstance(running.request, ProfileRequest | PaneRequest):
            self._slots.setdefault(type(running.request), running.request)

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

    def cancel_second_model(self) -> None:
        """Take out the explanation beside that waits, and cancel the one that runs."""
        self._cancel_kind(SecondModelRequest)

    def cancel_pane(self) -> None:
        """Take out the answer for a pane that waits, and cancel the one that runs."""
        self._cancel_kind(PaneRequest)

    def cancel_list_pair(self) -> None:
        """Take out the pair of a list that waits, and cancel the one that runs."""
        self._cancel_kind(ListPairRequest)

    def cancel_study(self) -> None:
        """Take out the study that waits, and cancel the one that runs."""
        self._cancel_kind(StudyRequest)

    def _cancel_kind(self, kind: type) -> None:
        with self._changed:
            self._slots.pop(kind, None)
            if self._running is not None and isinstance(self._running.request, kind):
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

    def finish(self, job: Job) -> None:
        """Let a job that is done run no more: it is called before the answer is told, so that whoever hears it and asks
        for more does not make the job give way, and be done again.

        Raises:
            Cancelled: it had to make room, or was cancelled: nothing is to be told.

        """
        with self._changed:
            job.token.check()
            self._running = None

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
    if isinstance(running.request, EstimateRequest | SecondModelRequest):
        return isinstance(request, ExplainRequest)
    if isinstance(running.request, ProfileRequest):
        return not isinstance(request, PaneRequest | ListPairRequest | StudyRequest)
    if isinstance(running.request, PaneRequest):
        return not isinstance(request, ListPairRequest | StudyRequest)
    if isinstance(running.request, ListPairRequest):
        return not isinstance(request, StudyRequest)
    return isinstance(running.request, StudyRequest)
