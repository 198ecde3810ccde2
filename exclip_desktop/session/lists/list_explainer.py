"""Explains every pair of the list that is not explained yet, while the person goes on."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.values.pair_figures import PairFigures
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.notices import of_failure
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.worker.requests import Failure, ListPairAnswer, ListPairRequest
from exclip_desktop.session.worker.worker_thread import Worker

WORKING = "Explaining the list"


class ListExplainer(QObject):
    """Asks for one pair after another, in the order in which they are shown; whatever else is asked comes first.

    What was found stays, so that going on begins with the first pair that is left; what failed is tried once more
    whenever it begins. Another model, other settings or
    another list end it.

    Signals:
        changed(): it has begun or stopped.

    """

    changed = Signal()

    def __init__(self, state: State, worker: Worker, navigation: PairNavigation, parent: QObject | None = None) -> None:
        """Ask ``worker`` about the pairs of ``navigation``, by what explained the screen."""
        super().__init__(parent)
        self._state, self._worker, self._navigation = state, worker, navigation
        self._queue: list[int] = []  # places; the foremost is asked
        self._request: ListPairRequest | None = None
        self._again = set[int]()  # places that had failed before it began, and were not tried since
        self._asked = self._total = 0
        worker.list_pair_explained.connect(self._on_listed)
        worker.failed.connect(self._on_failed)
        navigation.list_changed.connect(self.pause)
        for changed in (state.choice_changed, state.explain_settings_changed):
            changed.connect(self.pause)

    @property
    def running(self) -> bool:
        """Whether pairs are being explained."""
        return self._request is not None

    @property
    def has_left(self) -> bool:
        """Whether any of the pairs shown is not explained yet, or has failed."""
        return any(self._is_left(place) or self._has_failed(place) for place in self._navigation.order)

    def start(self) -> None:
        """Begin, or go on."""
        self._queue, self._total = [], 0
        self._again = {place for place in self._navigation.order if self._has_failed(place)}
        self._next()
        self.changed.emit()

    def pause(self) -> None:
        """Stop; what was found stays."""
        if self._request is None:
            return
        self._worker.cancel_list_pair()
        self._end()

    def _has_failed(self, place: int) -> bool:
        found = self._navigation.figures(place)
        return found is not None and bool(found.failure) and bool(self._navigation.pairs[place].caption.strip())

    def _is_left(self, place: int) -> bool:
        found = self._navigation.figures(place)
        failed = found is not None and bool(found.failure) and place not in self._again
        missing = (found is None or found.score is None) and not failed
        return missing and bool(self._navigation.pairs[place].caption.strip())

    def _next(self) -> None:
        while self._queue and not self._is_left(self._queue[0]):  # looked at meanwhile
            self._queue.pop(0)
        if not self._queue:  # or more are left: the first answer by other settings makes all older ones forgotten
            self._queue = [place for place in self._navigation.order if self._is_left(place)]
            self._total += len(self._queue)
        if not self._queue:
            self._end()
            return
        pair, provenance = self._navigation.pairs[self._queue[0]], self._state.provenance
        self._again.discard(self._queue[0])
        self._asked += 1
        path = self._navigation.path(pair)
        self._request = ListPairRequest(
            self._asked, provenance.choice, provenance.explain_settings, path, pair.caption, pair.regions
        )
        self._state.put_work(self, Work(WORKING, self._total - len(self._queue), self._total))
        self._worker.submit(self._request)

    def _end(self) -> None:
        self._queue, self._request = [], None
        self._state.put_work(self, None)
        self.changed.emit()

    def _on_listed(self, answer: ListPairAnswer) -> None:
        if self._request is not None and answer.id == self._request.id:
            self._navigation.keep(self._queue.pop(0), answer.figures)
            self._next()

    def _on_failed(self, failure: Failure) -> None:
        if self._request is None or failure.request is not self._request:
            return
        if failure.of_pair:  # the others may do
            self._navigation.keep(self._queue.pop(0), PairFigures(failure=failure.message))
            self._next()
        else:
            self._end()
            self._state.change(notice=replace(of_failure(failure, self._state.facts), offers_cpu=False))
