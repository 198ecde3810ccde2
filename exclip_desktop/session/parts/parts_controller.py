"""Parts of the picture on screen: requested from the worker, kept per picture, selected like boxes."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.maths.picture_parts import PartsMethod
from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.selection import ListedRegion, Point, Preview, Region, list_regions, with_regions
from exclip_desktop.session.notices import make_failure_notice
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.parts.part_marks import PartMarks
from exclip_desktop.session.parts.parts_settings import PartsSettings
from exclip_desktop.session.parts.picture_subject import PictureSubject, question_on_screen, subject_on_screen
from exclip_desktop.session.parts.shown_parts import ShownPart, make_shown_parts, outline_parts
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.window_settings import SavedParts
from exclip_desktop.session.worker.parts_requests import PartsAnswer, PartsRequest
from exclip_desktop.session.worker.requests import Failure
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.pictures import Picture

GROUPING: Final = "Grouping the patches"
NAMING: Final = "Reading the vocabulary"
Status = Literal["none", "grouping", "naming", "done", "cancelled", "failed"]
Key = tuple[PartsMethod, int, str | None]


class PartsController(QObject):
    """Groups the picture on screen while its parts are viewed; parts of earlier pictures are kept with them.

    An explanation has priority; the parts are requested again after it.

    Signals:
        changed(): other parts, names, choices, or another status.

    """

    changed = Signal()

    def __init__(
        self,
        state: State,
        worker: Worker,
        selection_controller: SelectionController,
        saved: SavedParts,
        parent: QObject | None = None,
    ) -> None:
        """Follow ``state``, and send requests to ``worker``; choices are kept in ``saved``."""
        super().__init__(parent)
        self._state, self._worker, self._selection_controller = state, worker, selection_controller
        self._saved = saved
        self._is_viewed = False
        self._status: Status = "none"
        self._subject: PictureSubject | None = None  # of the answer
        self._answer: PartsAnswer | None = None
        self._outlined: tuple[PartsAnswer | None, tuple[Region, ...], tuple[Point, ...]] = (None, (), ())
        self._shown: tuple[ShownPart, ...] = ()
        self._hovered: int | None = None
        self._request: PartsRequest | None = None
        self._last_id = 0
        self._known: WeakKeyDictionary[Picture, list[tuple[PictureSubject, Key, PartsAnswer]]] = WeakKeyDictionary()
        worker.picture_answered.connect(self._on_answered)
        worker.failed.connect(self._on_failed)
        worker.progress_reported.connect(self._on_progress_reported)
        for signal in (state.answer_changed, state.stale_changed, state.canvas_picture_changed):
            signal.connect(self._follow)

    @property
    def settings(self) -> PartsSettings:
        """The choices."""
        return self._saved.read()

    @property
    def status(self) -> Status:
        """What happens to the parts of the picture on screen."""
        return self._status

    @property
    def parts(self) -> tuple[ShownPart, ...]:
        """The parts of the picture on screen, the largest share first; empty until they are known."""
        return self._shown

    @property
    def selected(self) -> tuple[int, ...]:
        """Places of the selected parts."""
        outlines = {region.outline for region in self._state.selection.regions}
        return tuple(place for place, part in enumerate(self._shown) if part.region.outline in outlines)

    def view(self, on: bool) -> None:
        """Show the parts on the picture, or no longer."""
        if on != self._is_viewed:
            self._is_viewed = on
            if not on:
                self._drop_request()
                self.hover(None)
            self._follow()

    def choose(self, settings: PartsSettings) -> None:
        """Group or name in another way."""
        before = self.settings
        self._saved.save(settings)
        if _key(settings) != _key(before):
            self._drop_request()
            self._answer = self._subject = None
        self._follow()

    def retry(self) -> None:
        """Group or name again, after it was cancelled or has failed."""
        self._status = "none"
        self._follow()

    def select(self, places: Iterable[int]) -> None:
        """Select these parts and no others; regions that a person has drawn stay."""
        wanted, selection = set(places), self._state.selection
        place_of = {part.region.outline: place for place, part in enumerate(self._shown)}
        left = [one for one in list_regions(selection) if place_of.get(one.region.outline) in {None, *wanted}]
        there = {place_of[one.region.outline] for one in left if one.region.outline in place_of}
        added = [ListedRegion(self._shown[place].region) for place in sorted(wanted - there)]
        shown = [replace(one, visible=one.visible or one.region.outline in place_of) for one in left]
        after = with_regions(selection, (*shown, *added))
        if after != selection:
            what = "select part" if len(wanted) == 1 else "select parts"
            self._selection_controller.commit_selection(what, selection, after)

    def click(self, patch: tuple[int, int], toggles: bool) -> None:
        """Select the part of a patch (row, column); ``toggles``: besides the others, or no longer."""
        answer, before = self._answer, self.selected
        if answer is None or self._state.part_marks is None or self._state.stale:
            return
        place = int(answer.parts.labels[patch])
        if toggles:
            self.select({*before} ^ {place})
        elif place not in before:
            self.select({place})

    def hover(self, place: int | None) -> None:
        """Preview a part's words; None ends the preview."""
        if place == self._hovered:
            return
        self._hovered = place if place is None or place < len(self._shown) else None
        regions = () if self._hovered is None else (self._shown[self._hovered].region,)
        self._state.change(preview=Preview(regions=regions))
        self._show_marks()

    def cancel(self) -> None:
        """Stop; parts without names stay."""
        if self._request is not None:
            self._drop_request()
            self._set_status("cancelled")

    def _follow(self) -> None:
        """Show the parts of the picture on screen; request them where they are missing."""
        subject, canvas_picture = subject_on_screen(self._state), self._state.canvas_picture
        if subject is None:
            self._drop_request()
            if canvas_picture is None or self._subject is None or self._subject.picture is not canvas_picture.picture:
                self._answer = self._subject = None
                self._status = "none"
        elif not subject.is_same(self._subject):
            self._drop_request()
            self._subject, self._answer, self._status = subject, self._find(subject), "none"
        if subject is not None and self._is_viewed and self._request is None:
            self._request_missing(subject)
        self._show()

    def _request_missing(self, subject: PictureSubject) -> None:
        """Request what is not known yet, unless that was cancelled or has failed."""
        if self._answer is None:
            self._answer = self._find(subject)
        answer, settings = self._answer, self.settings
        if answer is not None and (answer.names is not None or settings.vocabulary is None):
            self._status = "done"
        elif self._status not in ("cancelled", "failed"):
            self._last_id += 1
            question = question_on_screen(self._state, self._last_id)
            self._request = PartsRequest(question, settings.method, settings.count, settings.vocabulary)
            self._status = "grouping" if answer is None else "naming"
            self._state.put_work(self, Work(GROUPING if answer is None else NAMING))
            self._worker.submit(self._request)

    def _find(self, subject: PictureSubject) -> PartsAnswer | None:
        """Return the known answer for the choices, else one without the names."""
        wanted = _key(self.settings)
        known = [(key, answer) for other, key, answer in self._known.get(subject.picture, ()) if subject.is_same(other)]
        exact = [answer for key, answer in known if key == wanted]
        other = [replace(answer, names=None) for key, answer in known if key[:2] == wanted[:2]]
        return next(iter((*exact, *other)), None)

    def _show(self) -> None:
        before = self._outlined[1] if self._shown else ()
        explanation, answer = self._state.explanation, self._answer
        if answer is None or explanation is None or answer.parts.labels.shape != explanation.geometry.grid:
            self._shown = ()
        else:
            if self._outlined[0] is None or self._outlined[0].parts is not answer.parts:
                self._outlined = (answer, *outline_parts(answer.parts, explanation))
            self._shown = make_shown_parts(answer.parts, answer.names, self._outlined[1], explanation)
        if self._hovered is not None and before != (self._outlined[1] if self._shown else ()):
            self.hover(None)
        self._show_marks()
        self.changed.emit()

    def _show_marks(self) -> None:
        marks = None
        if self._is_viewed and self._shown:
            regions = tuple(part.region for part in self._shown)
            tinted, faint = self.settings.tinted, self._state.stale
            marks = PartMarks(regions, self._outlined[2], self._hovered, tinted, faint)
        self._state.change(part_marks=marks)

    def _set_status(self, status: Status) -> None:
        self._status = status
        self._show()

    def _drop_request(self) -> None:
        if self._request is not None:
            self._worker.cancel_picture(PartsRequest)
            self._end()

    def _end(self) -> None:
        self._request = None
        self._state.put_work(self, None)

    def _on_answered(self, answer: object) -> None:
        request = self._request
        if not isinstance(answer, PartsAnswer) or request is None or answer.id != request.id or self._subject is None:
            return
        if self._answer is not None and _is_same_grouping(self._answer, answer):
            answer = replace(answer, parts=self._answer.parts)
        self._answer = answer
        if answer.names is not None or request.vocabulary is None:
            self._end()
            key = request.method, request.count, request.vocabulary
            self._known.setdefault(self._subject.picture, []).append((self._subject, key, answer))
            self._set_status("done")
        else:
            self._state.put_work(self, Work(NAMING))
            self._set_status("naming")

    def _on_failed(self, failure: Failure) -> None:
        if self._request is not None and failure.request is self._request:
            self._end()
            self._state.change(notice=make_failure_notice(failure, self._state.facts))
            self._set_status("failed")

    def _on_progress_reported(self, report: Report) -> None:
        if self._request is not None:
            what = NAMING if report.what == "words" else GROUPING
            self._state.put_work(self, Work(what, report.done, report.total))


def _key(settings: PartsSettings) -> Key:
    return settings.method, settings.count, settings.vocabulary


def _is_same_grouping(one: PartsAnswer, other: PartsAnswer) -> bool:
    same = (one.parts.method, one.parts.count) == (other.parts.method, other.parts.count)
    return same and bool((one.parts.labels == other.parts.labels).all())
