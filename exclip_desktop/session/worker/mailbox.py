"""Queue of the worker's requests and of the work ahead, with their priorities."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.session.worker.parts_requests import PartsRequest, SimilarityRequest
from exclip_desktop.session.worker.requests import (
    AheadRequest,
    EstimateRequest,
    ExplainRequest,
    FramingsRequest,
    ListPairRequest,
    OcclusionRequest,
    PaneRequest,
    PictureRequest,
    ProfileRequest,
    Request,
    ScoreRequest,
    SecondModelRequest,
    StudyRequest,
)
from exclip_desktop.session.worker.search_requests import SearchRequest
from exclip_desktop.session.worker.two_input_requests import TwoInputRequest

FIRST = (
    *(ExplainRequest, ScoreRequest, FramingsRequest, OcclusionRequest, SimilarityRequest, SecondModelRequest),
    *(TwoInputRequest, SearchRequest, EstimateRequest, ProfileRequest, PaneRequest, PartsRequest),
)
"""The kinds of request that are served before work ahead, in their order."""
LATER = (ListPairRequest, StudyRequest)
"""Those that are served after the pairs ahead, and before the picture on screen is completed for other captions."""
LONG = (
    *(ExplainRequest, SimilarityRequest, EstimateRequest, ProfileRequest, PaneRequest),
    *(PartsRequest, AheadRequest),
)
"""Those that a person may cancel; the others are quick."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A running request."""

    request: Request
    token: CancelToken = field(default_factory=CancelToken)


class Mailbox:
    """Holds at most one request of each kind and a list of work ahead, and knows which one runs. Any thread may call.

    A newer request replaces an older one of its kind, and cancels it if it runs. Profiles, panes and parts are
    interrupted by any request before theirs in ``FIRST`` and resumed after it; but an explanation replaces
    everything that belongs to the previous one. The second model's explanation, and that of two inputs, is
    interrupted by an explanation, which may fail, and starts again after it; a search is interrupted by the requests
    before it, a pair of a list by all of ``FIRST``, and a study by everything else; they are always resumed. Work ahead
    waits until nothing of ``FIRST`` is left, is interrupted by any request that precedes it, and is resumed.
    """

    def __init__(self) -> None:
        """Start empty and open."""
        self._slots: dict[type, Request] = {}
        self._ahead: list[AheadRequest] = []
        self._ended: list[AheadRequest] = []  # of the last work ahead: done, or failed
        self._running: Job | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, request: Request) -> bool:
        """Add a request; return whether it waits until a running one has ended or stopped."""
        with self._changed:
            self._slots[type(request)] = request
            running = self._running
            if isinstance(request, ExplainRequest):
                self._forget_what_follows()
            if running is not None and _makes_room(running.request, request):
                self._keep(running, request)
                running.token.cancel()
            self._changed.notify()
            return running is not None

    def withdraw(self, request: Request) -> bool:
        """Remove or cancel a request that was answered elsewhere; return whether its answer was still awaited."""
        with self._changed:
            if self._slots.get(type(request)) is request:
                del self._slots[type(request)]
                return True
            running = self._running
            if running is None or running.request is not request or running.token.is_cancelled:
                return False
            running.token.cancel()
            return True

    def put_ahead(self, requests: Sequence[AheadRequest]) -> None:
        """Replace the work ahead; a running part of it goes on if it is still the first, one that ended stays so."""
        with self._changed:
            self._ended = [request for request in requests if any(request is ended for ended in self._ended)]
            left = [request for request in requests if not any(request is ended for ended in self._ended)]
            self._ahead = [] if self._closed else left
            running = self._running
            if running is not None and not running.token.is_cancelled:
                if isinstance(running.request, AheadRequest):
                    if self._ahead and running.request.is_same(self._ahead[0]):
                        self._ahead.pop(0)
                    else:
                        running.token.cancel()
                elif self._ahead and _makes_room(running.request, self._ahead[0]):
                    self._keep(running, self._ahead[0])
                    running.token.cancel()
            self._changed.notify()

    def _forget_what_follows(self) -> None:
        """Remove the requests that belong to the previous explanation."""
        self._ahead = []
        for kind in (SimilarityRequest, EstimateRequest, ProfileRequest, PaneRequest, PartsRequest):
            self._slots.pop(kind, None)

    def _keep(self, running: Job, newer: Request) -> None:
        """Queue an interrupted request again, unless it was cancelled, replaced or is out of date."""
        request = running.request
        if running.token.is_cancelled:
            return
        if isinstance(request, SecondModelRequest | TwoInputRequest | SearchRequest | ListPairRequest | StudyRequest):
            self._slots.setdefault(type(request), request)
        elif isinstance(newer, ExplainRequest):
            return
        elif isinstance(request, AheadRequest):
            self._ahead.insert(0, request)
        elif isinstance(request, ProfileRequest | PaneRequest | PartsRequest):
            self._slots.setdefault(type(request), request)

    def cancel(self) -> None:
        """Remove waiting requests and cancel the running one, work ahead included; scores are quick and stay."""
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

    def cancel_picture(self, kind: type[PictureRequest]) -> None:
        """Remove or cancel a kind of request about one picture with itself."""
        self._cancel_kind(kind)

    def cancel_search(self) -> None:
        """Remove or cancel the search of a list."""
        self._cancel_kind(SearchRequest)

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
            self._ahead = []
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
            if isinstance(job.request, AheadRequest):
                self._ended.append(job.request)

    def take(self) -> Job | None:
        """Wait for a request and return it as the running job; the previous job has ended. None: it is closed."""
        with self._changed:
            self._running = None
            self._changed.wait_for(lambda: self._closed or self._slots or self._ahead)
            if not self._closed:
                self._running = Job(self._next())
            return self._running

    def _next(self) -> Request:
        pairs = [request for request in self._ahead if not request.completes]
        for request in (*self._waiting(FIRST), *pairs, *self._waiting(LATER), *self._ahead):
            if isinstance(request, AheadRequest):
                self._ahead.remove(request)
            else:
                del self._slots[type(request)]
            return request
        raise AssertionError("nothing waits")

    def _waiting(self, kinds: Sequence[type]) -> list[Request]:
        return [self._slots[kind] for kind in kinds if kind in self._slots]


def _makes_room(running: Request, request: Request) -> bool:
    """Return whether the running request is interrupted by a newer one."""
    if type(running) is type(request):
        return True
    if isinstance(running, EstimateRequest | SecondModelRequest | SimilarityRequest | TwoInputRequest):
        return isinstance(request, ExplainRequest)
    if isinstance(running, SearchRequest):
        return isinstance(request, FIRST[: FIRST.index(SearchRequest)])
    if isinstance(running, ProfileRequest):
        return not isinstance(request, PaneRequest | AheadRequest | ListPairRequest | StudyRequest)
    if isinstance(running, PaneRequest):
        return not isinstance(request, AheadRequest | ListPairRequest | StudyRequest)
    if isinstance(running, PartsRequest):
        return not isinstance(request, PaneRequest | ProfileRequest | AheadRequest | ListPairRequest | StudyRequest)
    if isinstance(running, AheadRequest):
        return running.completes or not isinstance(request, ListPairRequest | StudyRequest)
    if isinstance(running, ListPairRequest):
        return not isinstance(request, AheadRequest | StudyRequest)
    if isinstance(running, StudyRequest):
        return not isinstance(request, AheadRequest) or not request.completes
    return False
