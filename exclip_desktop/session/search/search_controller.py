"""Searches the open list, and ranks its pictures."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.maths.hit_truth import HitTruth
from exclip_desktop.core.maths.search_ranking import Ranking
from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.caption import FUNCTION_WORDS
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.session.lists.list_explainer import ListExplainer
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.notices import make_failure_notice
from exclip_desktop.session.search.hits import ListHit, rank_hits
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.worker.requests import Failure, ModelChoice
from exclip_desktop.session.worker.search_requests import (
    FileQuery,
    PictureProducts,
    Query,
    RegionQuery,
    SearchedPicture,
    SearchPart,
    SearchRequest,
    WordsQuery,
)
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.samples import SampleObject

WORKING: Final = "Searching the list"
FIRST_RANKING: Final[Ranking] = "combined"


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of pictures of a search: all of them, those looked at, those without a factor, and unreadable ones."""

    total: int = 0
    done: int = 0
    missing: int = 0
    failed: int = 0

    @property
    def explained(self) -> int:
        """Number of pictures that were searched."""
        return self.done - self.missing - self.failed


class SearchController(QObject):
    """Requests searches of the open list, one at a time, and ranks what was found so far in the background.

    Hits are of one model with its settings; after a change of those they stay until the next search.

    Attributes:
        query: what was searched for last; None before the first search.
        title: the same in words.
        ranking: the rule that the hits are ordered by.
        hits: the pictures found so far, the best one first.

    Signals:
        changed(): query, progress or numbers have changed.
        ranked(): the hits, or their order, have changed.
        refused(str): nothing can be searched, a sentence.

    """

    changed = Signal()
    ranked = Signal()
    refused = Signal(str)

    def __init__(
        self,
        state: State,
        worker: Worker,
        navigation: PairNavigation,
        list_explainer: ListExplainer,
        parent: QObject | None = None,
    ) -> None:
        """Search the list of ``navigation``; ``list_explainer`` explains pictures that have no factor yet."""
        super().__init__(parent)
        self._state, self._worker, self._navigation, self._list_explainer = state, worker, navigation, list_explainer
        self.query: Query | None = None
        self.title = ""
        self.ranking: Ranking = FIRST_RANKING
        self.hits: tuple[ListHit, ...] = ()
        self._made_by: tuple[ModelChoice, object] | None = None
        self._searched: dict[str, SearchedPicture] = {}  # by path, as the list writes it
        self._source = Path()  # of the list that was searched
        self._pictures: dict[str, SearchedPicture] = {}  # those that are still listed
        self._places: dict[str, int] = {}  # of each picture's first pair
        self._products: dict[str, PictureProducts] = {}
        self._missing: set[str] = set()
        self._failed: dict[str, str] = {}
        self._truth = HitTruth("", ())
        self._request: SearchRequest | None = None
        self._explained_meanwhile = set[str]()  # pictures to be looked at again
        self._tasks, self._is_ranking, self._ranks_again = Tasks(self), False, False
        self._last_id = 0
        worker.search_answered.connect(self._on_answered)
        worker.failed.connect(self._on_failed)
        worker.progress_reported.connect(self._on_progress_reported)
        navigation.list_changed.connect(self._on_list_changed)
        navigation.figures_computed.connect(self._on_figures_computed)
        list_explainer.changed.connect(self.changed)
        for signal in (state.choice_changed, state.explain_settings_changed):
            signal.connect(self._on_settings_changed)

    @property
    def is_running(self) -> bool:
        """Whether pictures are being searched."""
        return self._request is not None

    @property
    def is_explaining(self) -> bool:
        """Whether the list is being explained."""
        return self._list_explainer.is_running

    @property
    def is_outdated(self) -> bool:
        """Whether another model or other settings were chosen since the search."""
        return self._made_by is not None and self._made_by != self._present

    @property
    def counts(self) -> Counts:
        """Numbers of pictures."""
        listed = self._pictures.keys()
        missing, failed = len(listed & self._missing), len(listed & self._failed.keys())
        return Counts(len(listed), len(listed & self._products.keys()) + missing + failed, missing, failed)

    def search_words(self, text: str, span: tuple[int, int] | None = None) -> None:
        """Search for a text, or for the characters ``span`` of it."""
        words = text if span is None else text[slice(*span)]
        if words.strip():
            self._start(WordsQuery(text, span), f"“{' '.join(words.split())}”")

    def search_regions(self) -> None:
        """Search for the selected regions of the picture on screen, or for the whole picture."""
        canvas_picture, regions = self._state.canvas_picture, self._state.selection.regions
        if canvas_picture is not None:
            named = ", ".join(region.name for region in regions if region.name)
            what = "The picture" if not regions else "The box" if len(regions) == 1 else f"{len(regions)} regions"
            title = f"{what}{f' “{named}”' if named else ''} of {canvas_picture.title}"
            self._start(RegionQuery(canvas_picture.picture, regions), title)

    def search_file(self, path: Path) -> None:
        """Search for what a picture file shows."""
        self._start(FileQuery(path), f"The picture {path.name}")

    def search_again(self) -> None:
        """Repeat the last search, with the model and settings of now."""
        if self.query is not None:
            self._start(self.query, self.title)

    def rank(self, ranking: Ranking) -> None:
        """Order the hits by another rule."""
        if ranking != self.ranking:
            self.ranking = ranking
            self._rank()
            self.changed.emit()

    def open(self, hit: ListHit) -> None:
        """Show the pair of a hit with the hit region selected."""
        place = self._places.get(hit.picture)
        if place is not None:
            objects = tuple(SampleObject(words, hit.box) for words in self._words_to_select())
            self._navigation.show(place, Selection(regions=(Region(hit.box),)), objects)

    def explain_rest(self) -> None:
        """Explain the pictures that have no factor yet; they are added to the hits one by one."""
        self._list_explainer.complete([self._places[picture] for picture in self._pictures if picture in self._missing])

    def pause_explaining(self) -> None:
        """Stop explaining; what was explained stays."""
        self._list_explainer.pause()

    def cancel(self) -> None:
        """Stop searching; the hits stay."""
        if self._request is not None:
            self._worker.cancel_search()
            self._end()

    def stop(self) -> None:
        """Wait for the ranking; no signals follow."""
        self._tasks.stop()

    def picture_path(self, hit: ListHit) -> Path:
        """Return the path of a hit's picture."""
        return self._navigation.list.path_of(hit.picture)

    def place(self, hit: ListHit) -> int:
        """Return the place of the first pair with a hit's picture."""
        return self._places[hit.picture]

    def caption(self, hit: ListHit) -> str:
        """Return the caption of a hit's pair."""
        return self._pictures[hit.picture].caption

    @property
    def words(self) -> str:
        """The searched words, or the names of the searched regions; may be empty."""
        query = self.query
        if isinstance(query, WordsQuery):
            return query.text if query.span is None else query.text[slice(*query.span)]
        regions = query.regions if isinstance(query, RegionQuery) else ()
        return ", ".join(region.name for region in regions if region.name)

    def _words_to_select(self) -> tuple[str, ...]:
        """Return the searched words: together, then each alone, without function words."""
        words = self.words
        if not words:
            return ()
        return words, *(word for word in words.split() if word.casefold() not in FUNCTION_WORDS)

    @property
    def _present(self) -> tuple[ModelChoice, object]:
        return self._state.choice, self._state.explain_settings

    def _start(self, query: Query, title: str) -> None:
        if not self._navigation.pairs:
            self.refused.emit("There is no list to search in: open a list or a folder first (Ctrl+Shift+O, Ctrl+U).")
            return
        self.cancel()
        self.query, self.title, self._made_by = query, title, self._present
        self._source, self._pictures = self._navigation.list.source, self._list_pictures()
        self._searched = self._pictures
        self._products, self._missing, self._failed = {}, set(), {}
        self._truth = HitTruth(self.words, self._navigation.pairs)
        self._explained_meanwhile.clear()
        self._ask(tuple(self._pictures.values()))
        self._rank()

    def _list_pictures(self) -> dict[str, SearchedPicture]:
        """Return the list's pictures with their first captions; find the places of these pairs."""
        pairs, pictures = self._navigation.pairs, dict[str, SearchedPicture]()
        self._places = {}
        for place, pair in enumerate(pairs):
            if pair.picture not in pictures:
                pictures[pair.picture] = SearchedPicture(pair.picture, pair.caption)
                self._places[pair.picture] = place
        return pictures

    def _ask(self, pictures: tuple[SearchedPicture, ...]) -> None:
        assert self.query is not None
        self._last_id += 1
        self._request = SearchRequest(
            self._last_id, self._state.choice, self._state.explain_settings, self._navigation.list, self.query, pictures
        )
        self._state.put_work(self, Work(WORKING))
        self._worker.submit(self._request)
        self.changed.emit()

    def _end(self) -> None:
        self._request = None
        self._state.put_work(self, None)
        self.changed.emit()

    def _on_answered(self, answer: SearchPart) -> None:
        request = self._request
        if request is None or answer.id != request.id:
            return
        self._products.update({one.picture: one for one in answer.pictures})
        self._failed |= answer.failed
        self._missing |= set(answer.missing)
        self._missing -= self._products.keys() | self._failed.keys()
        if answer.done < len(request.pictures):
            self._state.put_work(self, Work(WORKING, answer.done, len(request.pictures)))
            self.changed.emit()
        else:
            self._end()
            self._look_again()
        if answer.pictures:
            self._rank()

    def _look_again(self) -> None:
        """Search the pictures that were explained since they were looked at."""
        again = [
            self._pictures[one] for one in self._explained_meanwhile if one in self._missing & self._pictures.keys()
        ]
        if self._request is None and not self.is_outdated:
            self._explained_meanwhile.clear()
            if again:
                self._ask(tuple(again))

    def _rank(self) -> None:
        """Order the hits in the background; once more if there are others by then."""
        if self._is_ranking:
            self._ranks_again = True
            return
        self._is_ranking, self._ranks_again = True, False
        products = [self._products[one] for one in self._pictures if one in self._products]
        ranking, truth = self.ranking, self._truth
        self._tasks.run(lambda _: rank_hits(products, ranking, truth), self._on_ranked, partial(self._on_ranked, ()))

    def _on_ranked(self, hits: tuple[ListHit, ...], error: Exception | None = None) -> None:
        self._is_ranking = False
        if error is not None:
            raise error
        if self._ranks_again:
            self._rank()
        self._show(tuple(hit for hit in hits if hit.picture in self._pictures))

    def _show(self, hits: tuple[ListHit, ...]) -> None:
        self.hits = hits
        self.ranked.emit()

    def _on_failed(self, failure: Failure) -> None:
        if self._request is not None and failure.request is self._request:
            self._end()
            self._state.change(notice=replace(make_failure_notice(failure, self._state.facts), offers_cpu=False))

    def _on_progress_reported(self, report: Report) -> None:
        if self._request is not None and not self._products and report.total:
            self._state.put_work(self, Work(WORKING, report.done, report.total))

    def _on_settings_changed(self) -> None:
        if self.is_outdated:
            self.cancel()
        self.changed.emit()

    def _on_figures_computed(self, place: int) -> None:
        picture = self._navigation.pairs[place].picture
        if picture in self._missing:
            self._explained_meanwhile.add(picture)
            self._look_again()

    def _on_list_changed(self) -> None:
        """Hide the hits that the list no longer has; forget the search of another list."""
        left = self._list_pictures() if self._navigation.list.source == self._source else {}
        self._pictures = {picture: left[picture] for picture in self._searched if picture in left}
        if self._searched and not left:
            self._forget()
        self._show(tuple(hit for hit in self.hits if hit.picture in self._pictures))
        self._rank()
        self.changed.emit()

    def _forget(self) -> None:
        self.cancel()
        self.query, self.title, self._made_by, self._searched = None, "", None, {}
        self._products, self._missing, self._failed = {}, set(), {}
