"""Queue of the worker's requests, with their priorities."""

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
    """A running request; ``idle``: it only prepares for later requests, and every request has priority over it."""

    request: Request
    idle: bool
    token: CancelToken = field(default_factory=CancelToken)


class Mailbox:
    """Holds at most one request of each kind, and knows which one runs. Any thread may call it.

    A newer request replaces an older one of its kind, and cancels it if it runs. Idle work, profiles and panes are
    interrupted by any request before theirs in ``FIRST`` and resumed after it; but an explanation replaces everything
    that belongs to the previous one. The second model's explanation is interrupted by an explanation, which may fail,
    and starts again after it; a pair of a list is interrupted by everything but a study, and a study by everything;
    both are always resumed.
    """

    def __init__(self) -> None:
        """Start empty and open."""
        self._slots: dict[type, Request] = {}
        self._idle: ExplainRequest | None = None
        self._running: Job | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, request: Request) -> None:
        """Add a request."""
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
        """Remove the requests that belong to the previous explanation."""
        self._idle = None
        for kind in (EstimateRequest, ProfileRequest, PaneRequest):
            self._slots.pop(kind, None)

    def _keep(self, running: Job, newer: Request) -> None:
        """Queue an interrupted request again, unless it was cancelled, replaced or is out of date."""
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
        """Add work to do while there is no request."""
        with self._changed:
            if ExplainRequest not in self._slots and not self._closed:
                self._idle = request

    def cancel(self) -> None:
        """Remove waiting requests and cancel the running one, idle work included; scores are quick and stay."""
        with self._changed:
            self._slots.pop(ExplainRequest, None)
            self._forget_what_follows()
            if self._running is not None and isinstance(self._running.request, LONG):
                self._running.token.cancel()

    def cancel_second_model(self) -> None:
        """Remove or cancel the second model's explanation."""
        self._cancel_kind(SecondModelRequest)

    def cancel_pane(self) -> None:
        """Remove or cancel the answer for a pane."""
        self._cancel_kind(PaneRequest)

    def cancel_list_pair(self) -> None:
        """Remove or cancel the pair of a list."""
        self._cancel_kind(ListPairRequest)

    def cancel_study(self) -> None:
        """Remove or cancel the study."""
        self._cancel_kind(StudyRequest)

    def _cancel_kind(self, kind: type) -> None:
        with self._changed:
            self._slots.pop(kind, None)
            if self._running is not None and isinstance(self._running.request, kind):
                self._running.token.cancel()

    def close(self) -> None:
        """Cancel everything, and release the reader."""
        with self._changed:
            self._closed = True
            self._slots.clear()
            self._idle = None
            if self._running is not None:
                self._running.token.cancel()
            self._changed.notify()

    def finish(self, job: Job) -> None:
        """Mark the running job as done.

        Called before its answer is emitted, so that a request that the answer causes does not interrupt the job and
        make it run again.

        Raises:
            Cancelled: the job was interrupted or cancelled; its answer must not be emitted.
        """
        with self._changed:
            job.token.check()
            self._running = None

    def take(self) -> Job | None:
        """Wait for a request and return it as the running job; the previous job has ended. None: it is closed."""
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
    """Return whether the running job is interrupted by a newer request."""
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
