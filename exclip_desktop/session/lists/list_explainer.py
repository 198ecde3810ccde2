"""Explains all remaining pairs of the list in the background."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.values.pair_list import PairFigures
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.notices import make_failure_notice
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.worker.requests import Failure, ListPairAnswer, ListPairRequest
from exclip_desktop.session.worker.worker_thread import Worker

WORKING = "Explaining the list"


class ListExplainer(QObject):
    """Requests one pair after another in the order of the list; all other requests have priority.

    It resumes at the first pair without figures; pairs that failed are tried once more at each start. Another model,
    other settings or another list stop it.

    Signals:
        changed(): it has started or stopped.

    """

    changed = Signal()

    def __init__(self, state: State, worker: Worker, navigation: PairNavigation, parent: QObject | None = None) -> None:
        """Explain the pairs of ``navigation`` with the model and settings of the explanation on screen."""
        super().__init__(parent)
        self._state, self._worker, self._navigation = state, worker, navigation
        self._queue: list[int] = []  # places; the first one is being explained
        self._request: ListPairRequest | None = None
        self._again = set[int]()  # places that had failed before the start, or are to be repeated; not tried yet
        self._chosen: tuple[int, ...] | None = None  # places of the pairs that a person selected
        self._number = self._total = 0
        self._is_whole = False  # whether the pictures' whole factors are requested
        worker.list_pair_explained.connect(self._on_listed)
        worker.failed.connect(self._on_failed)
        navigation.list_changed.connect(self.pause)
        for changed in (state.choice_changed, state.explain_settings_changed):
            changed.connect(self.pause)

    @property
    def is_running(self) -> bool:
        """Whether pairs are being explained."""
        return self._request is not None

    @property
    def has_remaining(self) -> bool:
        """Whether any listed pair is not explained yet, or has failed."""
        return any(self._is_left(place) or self._has_failed(place) for place in self._navigation.order)

    def start(self, places: Sequence[int] | None = None) -> None:
        """Start or resume; ``places`` are those of the pairs to explain, None: of all listed ones."""
        self._start(None if places is None else tuple(places), self._has_failed)

    def repeat(self) -> None:
        """Explain all listed pairs, also those whose figures are known: results that are not stored yet are stored."""
        self._start(None, self._has_caption)

    def _start(self, chosen: tuple[int, ...] | None, is_repeated: Callable[[int], bool]) -> None:
        """Explain pairs: those not explained yet, and those that are repeated."""
        self.pause()
        self._chosen, self._queue, self._total, self._is_whole = chosen, [], 0, False
        self._again = {place for place in self._places if is_repeated(place)}
        self._next()
        self.changed.emit()

    @property
    def _places(self) -> tuple[int, ...]:
        return self._navigation.order if self._chosen is None else self._chosen

    def complete(self, places: Sequence[int]) -> None:
        """Explain the pairs at these places by their pictures' whole factors, which a search reads.

        Pairs without a caption get no figures, but their pictures get factors.
        """
        self.pause()
        self._chosen, self._queue, self._total, self._is_whole = tuple(places), [], 0, True
        self._again = set(places)
        self._next()
        self.changed.emit()

    def pause(self) -> None:
        """Stop; the figures stay."""
        if self._request is None:
            return
        self._worker.cancel_list_pair()
        self._end()

    def _has_failed(self, place: int) -> bool:
        figures = self._navigation.figures(place)
        return figures is not None and bool(figures.failure) and self._has_caption(place)

    def _has_caption(self, place: int) -> bool:
        return bool(self._navigation.pairs[place].caption.strip())

    def _is_left(self, place: int) -> bool:
        figures = self._navigation.figures(place)
        failed = figures is not None and bool(figures.failure) and place not in self._again
        missing = (figures is None or figures.score is None) and not failed
        if self._is_whole:
            return place in self._again
        return (missing or place in self._again) and self._has_caption(place)

    def _next(self) -> None:
        while self._queue and not self._is_left(self._queue[0]):  # looked at meanwhile
            self._queue.pop(0)
        if not self._queue:  # or more are left: the first answer by other settings makes all older ones forgotten
            self._queue = [place for place in self._places if self._is_left(place)]
            self._total += len(self._queue)
        if not self._queue:
            self._end()
            return
        pair, provenance = self._navigation.pairs[self._queue[0]], self._state.provenance
        self._again.discard(self._queue[0])
        self._number += 1
        path = self._navigation.path(pair)
        about = self._number, provenance.choice, provenance.explain_settings, path, pair.caption, pair.regions
        self._request = ListPairRequest(*about, self._is_whole)
        self._state.put_work(self, Work(WORKING, self._total - len(self._queue), self._total))
        self._worker.submit(self._request)

    def _end(self) -> None:
        self._queue, self._request = [], None
        self._state.put_work(self, None)
        self.changed.emit()

    def _on_listed(self, answer: ListPairAnswer) -> None:
        if self._request is not None and answer.id == self._request.id:
            self._navigation.set_figures(self._queue.pop(0), answer.figures)
            self._next()

    def _on_failed(self, failure: Failure) -> None:
        if self._request is None or failure.request is not self._request:
            return
        if failure.of_pair:  # the others may succeed
            self._navigation.set_figures(self._queue.pop(0), PairFigures(failure=failure.sentence))
            self._next()
        else:
            self._end()
            self._state.change(notice=replace(make_failure_notice(failure, self._state.facts), offers_cpu=False))
