"""A list of pairs, and the way through it, one pair after another."""

import os
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.paths import is_dir
from exclip_desktop.core.values.pair_figures import Arrangement, PairFigures, arrange_pairs, make_figures
from exclip_desktop.core.values.pair_list import ListedPair, ListNote, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.lists.list_reading import (
    NONE,
    Figures,
    ListRead,
    move_into,
    read_again,
    read_into,
    read_list,
    read_project,
)
from exclip_desktop.session.pair.caption_alternatives import CaptionAlternatives
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.session.worker.requests import Failure
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.pair_lists.list_files import ENDINGS

NOTES_TOLD = 3


def is_list_path(path: str | Path) -> bool:
    """Return whether a path is a list rather than a picture: a folder, or a file that ends like a list."""
    return is_dir(Path(path)) or Path(path).suffix.lower() in ENDINGS


def _of_notes(notes: tuple[ListNote, ...]) -> Notice:
    """Return the notice of what could not be read; all of it is in its details."""
    told = [str(note) for note in notes]
    more = f" And {len(told) - NOTES_TOLD:,} more." if len(told) > NOTES_TOLD else ""
    return Notice(f"{' '.join(told[:NOTES_TOLD])}{more}", details="\n".join(told), kind="note")


class PairNavigation(QObject):
    """Holds the open list, shows its pairs, and keeps what is found of each.

    Figures are of the model and the settings that the pair was explained by; others on screen make them forgotten.

    Attributes:
        arrangement: which pairs are shown, and in which order; ``order``: their places.
        current: the place of the pair on screen, or None.

    Signals:
        list_changed(): another list is open, or none.
        order_changed(): other pairs are shown, or in another order.
        current_changed(): another pair is on screen.
        found(int): something was found of a pair; its place.
        figures_changed(int): something else is known of a pair; its place.
        figures_reloaded(): something else may be known of any.

    """

    list_changed = Signal()
    order_changed = Signal()
    current_changed = Signal()
    found = Signal(int)
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
        self._read = NONE
        self.arrangement, self.order = Arrangement(), tuple[int, ...]()
        self.current: int | None = None
        self._project: Path | None = None
        self._places: dict[str, int] = {}  # by id
        self._near: int | None = None  # the row of the pair on screen before it was removed
        self._figures = Figures()
        state.answer_changed.connect(self._on_answer_changed)
        worker.failed.connect(self._on_failed)
        explain_controller.picture_reader.opened.connect(self._on_picture_opened)
        explain_controller.picture_reader.failed.connect(self._on_picture_refused)

    def open(self, path: str | Path) -> None:
        """Read a list and show its first pair; an open project takes its pairs in."""
        source, project = Path(path), self._project
        run_with_progress(
            self._state,
            self._tasks,
            Work(f"Reading {source.name}"),
            lambda cancel: read_list(source, cancel) if project is None else read_into(project, source, cancel),
            self._take,
            self._explain_controller.show_error,
        )

    def use_project(self, path: Path | None, *, is_new: bool = False) -> None:
        """Show the pairs of a project from now on, if it has any; what is on screen stays.

        A new project takes the open list in, unless that is another project's, whose pairs a copy has already.
        """
        moved = is_new and bool(self.pairs) and not self.is_project_list
        listed, known = self.list, dict(self._figures.known)
        self._project = path
        if path is not None:
            run_with_progress(
                self._state,
                self._tasks,
                Work(f"Reading {path.name}"),
                lambda _: move_into(path, listed, known) if moved else read_project(path),
                self._put_instead if moved else lambda found: self._put(found) if found.list.pairs else None,
                self._explain_controller.show_error,
            )

    def renew(self) -> None:
        """Read the open project's pairs again, as others have changed them; what is on screen stays."""
        project = self._project
        if project is not None and self.is_project_list:
            self._tasks.run(
                lambda _: read_again(project, self._read),
                lambda found: self._renew(project, found),
                self._explain_controller.show_error,
            )

    @property
    def is_project_list(self) -> bool:
        """Whether the list is the open project's own."""
        return self._project is not None and self.list.source == self._project

    def close(self) -> None:
        """Close the list; what is on screen stays."""
        self._put(NONE)

    def show(self, place: int) -> None:
        """Show the pair at a place of the list."""
        pair = self.pairs[place]
        self.current, self._near = place, None
        self.current_changed.emit()
        captions = self._read.captions.get(pair.picture, ())
        self._caption_alternatives.put(captions if len(captions) > 1 else ())
        self._explain_controller.open_file(str(self.path(pair)), pair.caption)

    def step(self, by: int) -> None:
        """Go on by so many of the pairs that are shown; at the ends, stay."""
        if not self.order:
            return
        last = len(self.order) - 1
        if self.current in self.order:
            at = min(max(self.order.index(self.current) + by, 0), last)
        elif self._near is not None:
            at = min(max(self._near + by - (by > 0), 0), last)
        else:
            at = 0 if by > 0 else last
        if self.order[at] != self.current:
            self.show(self.order[at])

    @property
    def list(self) -> PairList:
        """The open list; one without pairs where none is open."""
        return self._read.list

    @property
    def pairs(self) -> tuple[ListedPair, ...]:
        """The list's entries."""
        return self.list.pairs

    def path(self, pair: ListedPair) -> Path:
        """Return where a pair's picture is."""
        return self.list.path_of(pair.picture)

    def pair_of(self, path: str, caption: str) -> ListedPair | None:
        """Return the pair walked to, if this is its picture and its caption; either may be another by now."""
        pair = None if self.current is None else self.pairs[self.current]
        return pair if pair is not None and self.is_listed(path) and pair.caption == caption else None

    def rate(self, pair: str, picture: Path, rating: str) -> None:
        """Keep what a person calls a pair of the list, by its id; another list's pair has another picture."""
        place = self._places.get(pair)
        if place is not None and os.path.abspath(self.path(self.pairs[place])) == os.path.abspath(picture):
            self._figures.rate(place, rating)
            self.figures_changed.emit(place)

    @property
    def labelled(self) -> tuple[Region, ...]:
        """The labelled regions of the pair on screen."""
        return () if self.current is None else self.pairs[self.current].regions

    def figures(self, place: int) -> PairFigures | None:
        """Return what was found of the pair at a place, or None."""
        return self._figures.get(place)

    def keep(self, place: int, found: PairFigures) -> None:
        """Keep what was found of the pair at a place."""
        if self._figures.keep(place, found):
            self.order_changed.emit()
        self.figures_changed.emit(place)
        self.found.emit(place)

    def arrange(self, arrangement: Arrangement) -> None:
        """Show other pairs, or in another order."""
        self.arrangement = arrangement
        self._arrange()

    def is_listed(self, path: str) -> bool:
        """Return whether a picture was opened from the list."""
        return self.current is not None and str(self.path(self.pairs[self.current])) == path

    def _take(self, found: ListRead) -> None:
        self._put(found)
        if found.list.notes:
            self._state.change(notice=_of_notes(found.list.notes))
        if found.first is not None:
            self.show(found.first)

    def _renew(self, project: Path, found: ListRead) -> None:
        if project != self._project or not self.is_project_list:
            return  # another project or list was opened meanwhile, or none
        if found.list is not self.list:
            self._put_instead(found)
        elif self._figures.take(found.figures):
            self.figures_reloaded.emit()

    def _put_instead(self, found: ListRead) -> None:
        """Take a list in the place of one that has pairs in common with it."""
        before, current, figures = self._places, self.current, self._figures
        moved = {before[pair.id]: place for place, pair in enumerate(found.list.pairs) if pair.id in before}
        figures.move(moved)
        figures.take(found.figures)
        near = self.order.index(current) if current in self.order else self._near
        self._put(found, figures, None if current is None else moved.get(current))
        if self.current is None:
            self._near = near
            self.current_changed.emit()

    def _put(self, found: ListRead, figures: Figures | None = None, current: int | None = None) -> None:
        self._read, self._figures = found, figures or Figures(found.figures)
        self.current, self._near = current, None
        self._places = {pair.id: place for place, pair in enumerate(found.list.pairs)}
        self._arrange()
        self.list_changed.emit()

    def _arrange(self) -> None:
        self.order = arrange_pairs(self._read.texts, self._figures.known, self.arrangement)
        self.order_changed.emit()

    def _on_picture_opened(self, path: str) -> None:
        if self.current is not None and not self.is_listed(path):
            self.current = None  # something else was opened
            self.current_changed.emit()

    def _on_picture_refused(self, path: str, why: str) -> None:
        if self.current is not None and self.is_listed(path):
            self.keep(self.current, PairFigures(failure=why))

    def _on_answer_changed(self) -> None:
        explanation, canvas_picture, current = self._state.explanation, self._state.canvas_picture, self.current
        if explanation is None or canvas_picture is None or current is None or canvas_picture.path is None:
            return
        pair = self.pair_of(canvas_picture.path, explanation.caption.text)
        if pair is not None:
            self.keep(current, make_figures(explanation, pair.regions))

    def _on_failed(self, failure: Failure) -> None:
        request = failure.request
        pair = self.pairs[self.current] if self.current is not None else None
        if pair is not None and failure.of_pair and getattr(request, "caption", None) == pair.caption:
            assert self.current is not None
            self.keep(self.current, PairFigures(failure=failure.message))
