"""The open pair list, and navigation from pair to pair."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.paths import is_dir, is_file
from exclip_desktop.core.values.pair_list import (
    Arrangement,
    ListedPair,
    ListNote,
    PairFigures,
    PairList,
    comparison_key,
    make_figures,
    summarize_notes,
)
from exclip_desktop.core.values.pair_remarks import PairKey
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.session.lists.list_reading import (
    NO_LIST,
    Figures,
    LoadedList,
    import_list,
    load_project_list,
    move_list,
    read_list,
    reload_list,
    with_lookups,
)
from exclip_desktop.session.lists.pair_values import PairValues, Remarks
from exclip_desktop.session.lists.walk_order import WalkOrder
from exclip_desktop.session.pair.caption_alternatives import CaptionAlternatives
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.saved_places import LeftPair
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.session.worker.requests import Failure
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.pair_lists.list_files import ENDINGS
from exclip_desktop.storage.samples import SampleObject

MAX_NOTES = 3


def is_list_path(path: str | Path) -> bool:
    """Return whether a path is a pair list rather than a picture: a folder, or a file with the ending of a list."""
    return is_dir(Path(path)) or Path(path).suffix.lower() in ENDINGS


def _notice_of(notes: tuple[ListNote, ...]) -> Notice:
    """Return a notice of the entries that could not be read, a sentence a kind; its details list all of them."""
    sentences = summarize_notes(notes)
    more = f" And {len(sentences) - MAX_NOTES:,} more." if len(sentences) > MAX_NOTES else ""
    details = "\n".join(str(note) for note in notes)
    return Notice(f"{' '.join(sentences[:MAX_NOTES])}{more}", details=details, kind="note")


class PairNavigation(QObject):
    """Holds the open list and the current pair, and stores the figures of each pair.

    The figures belong to one model with its settings; those of others are removed when new ones arrive.

    Attributes:
        values: the values of its pairs by key; ``walk``: filter and order, and which pair comes next.

    Signals:
        leaving(): another pair will be shown; what was typed for the present one can still be taken.
        list_changed(): another list was opened, or the list was closed.
        order_changed(): the filter or the order has changed.
        current_changed(): another pair was shown.
        figures_computed(int): the pair at this place was explained, or has failed.
        figures_changed(int): the figures or the rating of the pair at this place have changed.
        figures_reloaded(): figures or ratings of any pair may have changed.

    """

    leaving = Signal()
    list_changed = Signal()
    order_changed = Signal()
    current_changed = Signal()
    figures_computed = Signal(int)
    figures_changed = Signal(int)
    figures_reloaded = Signal()

    def __init__(
        self,
        state: State,
        worker: Worker,
        explain_controller: ExplainController,
        caption_alternatives: CaptionAlternatives,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        """Show pairs by ``explain_controller``, and a picture's other captions by ``caption_alternatives``."""
        super().__init__(parent)
        self._state, self._explain_controller, self._caption_alternatives = (
            state,
            explain_controller,
            caption_alternatives,
        )
        self._tasks = tasks
        self._read = NO_LIST
        self.values = PairValues()
        self.walk = WalkOrder(self.values, self)
        self.walk.arranged.connect(self.order_changed)
        self._project: Path | None = None
        self._find_left: Callable[[Path], LeftPair] = lambda _: LeftPair()
        self._places: dict[str, int] = {}  # by id
        self._figures = Figures()
        state.answer_changed.connect(self._on_answer_changed)
        worker.failed.connect(self._on_failed)
        explain_controller.picture_reader.opened.connect(self._on_picture_opened)
        explain_controller.picture_reader.failed.connect(self._on_picture_refused)

    def open(self, path: str | Path) -> None:
        """Read a list and show its first pair; its pairs are added to an open project."""
        source, project = Path(path), self._project
        run_with_progress(
            self._state,
            self._tasks,
            Work(f"Reading {source.name}"),
            lambda cancel: read_list(source, cancel) if project is None else import_list(project, source, cancel),
            self._show_loaded,
            self._explain_controller.show_error,
        )

    def use_project(self, path: Path | None, *, is_new: bool = False) -> None:
        """Open the pairs of a project, if it has any, at the pair that was left.

        An open list is added to a new project, unless it is another project's, whose pairs a copy has already; the
        pair on screen stays then.
        """
        moved = is_new and bool(self.pairs) and not self.is_project_list
        listed, known = self.list, dict(self._figures.known)
        self._project = path
        if path is not None:
            left = self._find_left(path)
            run_with_progress(
                self._state,
                self._tasks,
                Work(f"Reading {path.name}"),
                lambda _: move_list(path, listed, known) if moved else load_project_list(path),
                self._replace_list if moved else lambda loaded: self._show_project(loaded, left),
                self._explain_controller.show_error,
            )

    def reload(self) -> None:
        """Read the open project's pairs again, after a change by others; the pair on screen stays."""
        project = self._project
        if project is not None and self.is_project_list:
            self._tasks.run(
                lambda _: reload_list(project, self._read),
                lambda loaded: self._update(project, loaded),
                self._explain_controller.show_error,
            )

    @property
    def is_project_list(self) -> bool:
        """Whether the list is that of the open project."""
        return self._project is not None and self.list.source == self._project

    def close(self) -> None:
        """Close the list; the pair on screen stays."""
        self._set_list(NO_LIST)

    def replace_pairs(self, pairs: tuple[ListedPair, ...], known: Mapping[str, PairFigures]) -> None:
        """List other pairs of the same source; ``known`` are figures of pairs that are not listed now, by id."""
        here = {self.pairs[place].id: figures for place, figures in self._figures.known.items()}
        figures = {at: one for at, pair in enumerate(pairs) if (one := here.get(pair.id, known.get(pair.id)))}
        self._replace_list(replace(with_lookups(replace(self.list, pairs=pairs)), figures=figures))

    def put_captions(self, captions: Mapping[str, str]) -> None:
        """Replace captions of pairs, by their ids; figures of the previous ones are removed, and the screen stays."""
        pairs = list(self.pairs)
        places = [place for pair in captions if (place := self._places.get(pair)) is not None]
        for place in places:
            pairs[place] = replace(pairs[place], caption=captions[pairs[place].id])
        loaded = with_lookups(replace(self.list, pairs=tuple(pairs)))
        self._read = replace(self._read, list=loaded.list, texts=loaded.texts, captions=loaded.captions)
        self._figures.forget(places)
        self.values.use(self._read, self._figures)
        for place in places:
            self._show_values(place)

    def is_current(self, pair: str) -> bool:
        """Return whether the pair of this id is on screen."""
        return self.current is not None and self.pairs[self.current].id == pair

    def show(self, place: int, selection: Selection | None = None, objects: tuple[SampleObject, ...] = ()) -> None:
        """Show the pair at a place of the list, with regions selected, and the words of one of ``objects``."""
        self.leaving.emit()
        pair = self.pairs[place]
        self.walk.put_current(place)
        self.current_changed.emit()
        self._explain_controller.open_listed(str(self.path(pair)), pair.caption, pair.regions, selection, objects)
        captions = self._read.captions.get(pair.picture, ())
        self._caption_alternatives.put(captions if len(captions) > 1 else ())

    def step(self, by: int) -> None:
        """Show the pair ``by`` places further in the order, at most the first or the last one."""
        place = self.walk.find_step(by)
        if place is not None:
            self.show(place)

    @property
    def current(self) -> int | None:
        """The place of the pair on screen, or None."""
        return self.walk.current

    @property
    def order(self) -> tuple[int, ...]:
        """The places of the listed pairs, in order."""
        return self.walk.places

    @property
    def arrangement(self) -> Arrangement:
        """The list's filter and order."""
        return self.walk.arrangement

    @property
    def list(self) -> PairList:
        """The open list; one without pairs where none is open."""
        return self._read.list

    @property
    def pairs(self) -> tuple[ListedPair, ...]:
        """The list's entries."""
        return self.list.pairs

    def path(self, pair: ListedPair) -> Path:
        """Return the path of a pair's picture."""
        return self.list.path_of(pair.picture)

    def match_current(self, path: str, caption: str) -> ListedPair | None:
        """Return the current pair if it has this picture and caption, which may have changed on screen; else None."""
        pair = None if self.current is None else self.pairs[self.current]
        return pair if pair is not None and self.is_listed(path) and pair.caption == caption else None

    def set_rating(self, pair: str, picture: Path, rating: str) -> None:
        """Set the rating of a pair, by its id and its picture: another list may use the same id."""
        place = self._places.get(pair)
        if place is not None and os.path.abspath(self.path(self.pairs[place])) == os.path.abspath(picture):
            self._figures.set_rating(place, rating)
            self._show_values(place)

    @property
    def label_regions(self) -> tuple[Region, ...]:
        """The labelled regions of the pair on screen."""
        return () if self.current is None else self.pairs[self.current].regions

    @property
    def shown_by(self) -> str:
        """The ``comparison_key`` of the figures; empty before anything was explained."""
        return self._figures.by

    def figures(self, place: int) -> PairFigures | None:
        """Return the figures of the pair at a place, or None."""
        return self._figures.get(place)

    def set_figures(self, place: int, figures: PairFigures) -> None:
        """Keep what was figures of the pair at a place."""
        if self._figures.add(place, figures):
            self.walk.refresh(keeps_current=True)
        self._show_values(place)
        self.figures_computed.emit(place)

    def arrange(self, arrangement: Arrangement) -> None:
        """Change the list's filter and order."""
        self.walk.arrange(arrangement)

    def use_left_pairs(self, find: Callable[[Path], LeftPair]) -> None:
        """Open a list at the pair that ``find`` returns for its path; without one, at its first pair."""
        self._find_left = find

    def use_remarks(self, remarks: Callable[[], Remarks]) -> None:
        """Show and filter by the remarks on pairs that ``remarks`` returns."""
        self.values.remarks = remarks

    def follow_remarks(self, keys: Iterable[PairKey] | None) -> None:
        """Show the changed remarks on the pairs of these keys; None: on any pair."""
        if keys is None:
            self.walk.refresh_remarks()
            self.figures_reloaded.emit()
        else:
            for place in self.values.places_of(keys):
                self._show_values(place)

    def is_listed(self, path: str) -> bool:
        """Return whether a picture was opened from the list."""
        return self.current is not None and str(self.path(self.pairs[self.current])) == path

    def _show_loaded(self, loaded: LoadedList) -> None:
        self._set_list(loaded)
        if loaded.list.notes:
            self._state.change(notice=_notice_of(loaded.list.notes))
        if loaded.first is not None:
            left = None if self.is_project_list else self._places.get(self._find_left(loaded.list.source).pair)
            self.show(loaded.first if left is None else left)

    def _show_project(self, loaded: LoadedList, left: LeftPair) -> None:
        """Show the pair that was left in a project, else the first one of the walk; without pairs, the picture."""
        if loaded.list.notes:
            self._state.change(notice=_notice_of(loaded.list.notes))
        if not loaded.list.pairs:
            self._show_without_pairs(loaded, left)
            return
        self._set_list(loaded)
        place = self._places.get(left.pair, self.walk.find_step(1))
        if place is not None:
            self.show(place)

    def _show_without_pairs(self, loaded: LoadedList, left: LeftPair) -> None:
        if left.picture and is_file(Path(left.picture)):
            self._explain_controller.open_file(left.picture, left.caption)
        elif self._state.canvas_picture is None:
            notice = Notice(f"{loaded.list.source.name} has no pairs yet.", "Open a list or a picture.", kind="note")
            self._state.change(notice=notice)

    def _update(self, project: Path, loaded: LoadedList) -> None:
        if project != self._project or not self.is_project_list:
            return  # another project or list was opened meanwhile, or none
        if loaded.list is not self.list:
            self._replace_list(loaded)
        elif self._figures.merge(loaded.figures):
            if self.walk.list_filter.terms:
                self.walk.refresh(keeps_current=True)
            self.figures_reloaded.emit()

    def _replace_list(self, loaded: LoadedList) -> None:
        """Replace the list by one that shares pairs with it."""
        before, current, figures = self._places, self.current, self._figures
        moved = {before[pair.id]: place for place, pair in enumerate(loaded.list.pairs) if pair.id in before}
        figures.move(moved)
        figures.merge(loaded.figures)
        near = self.walk.near_row()
        self._set_list(loaded, figures, None if current is None else moved.get(current), near)
        if self.current is None:
            self.current_changed.emit()

    def _set_list(
        self, loaded: LoadedList, figures: Figures | None = None, current: int | None = None, near: int | None = None
    ) -> None:
        """Take over a list; ``near`` is the row that the pair on screen had, where the list does not have it."""
        self._read, self._figures = loaded, figures or Figures(loaded.figures)
        self._places = {pair.id: place for place, pair in enumerate(loaded.list.pairs)}
        self.values.use(loaded, self._figures)
        self.walk.restart(current, near)
        self.list_changed.emit()

    def _show_values(self, place: int) -> None:
        """Announce changed values of a pair; it may leave or join the list."""
        self.figures_changed.emit(place)
        self.walk.recheck(place)

    def _on_picture_opened(self, path: str) -> None:
        if self.current is not None and not self.is_listed(path):
            self.walk.put_current(None)  # something else was opened
            self.current_changed.emit()

    def _on_picture_refused(self, path: str, why: str) -> None:
        if self.current is not None and self.is_listed(path):
            self.set_figures(self.current, PairFigures(failure=why))

    def _on_answer_changed(self) -> None:
        explanation, canvas_picture, current = self._state.explanation, self._state.canvas_picture, self.current
        if explanation is None:
            return
        path = None if canvas_picture is None else canvas_picture.path
        pair = None if path is None else self.match_current(path, explanation.caption.text)
        if pair is not None and current is not None:
            self.set_figures(current, make_figures(explanation, pair.regions))
        elif self._figures.use(comparison_key(explanation.settings)):  # scores of another model are no longer shown
            self.walk.refresh(keeps_current=True)
            self.figures_reloaded.emit()

    def _on_failed(self, failure: Failure) -> None:
        request = failure.request
        pair = self.pairs[self.current] if self.current is not None else None
        if pair is not None and failure.of_pair and getattr(request, "caption", None) == pair.caption:
            assert self.current is not None
            self.set_figures(self.current, PairFigures(failure=failure.sentence))
