"""Rates and tags the pair on screen, goes on to the next pair, and finds pairs that are left to rate."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from exclip_desktop.core.values.finding import RATING_NAMES, FindingChange, Rating
from exclip_desktop.core.values.pair_list import PairFigures
from exclip_desktop.core.values.pair_remarks import PairKey, PairRemark
from exclip_desktop.core.values.settings import DEFAULT_TOLERANCE
from exclip_desktop.session.compare.active_pane import ActiveAnswer, ActivePane
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.project.findings import ProjectFindings
from exclip_desktop.session.project.remark_edits import RemarkEdit, set_rating, set_tags
from exclip_desktop.session.project.remark_index import make_pair_key
from exclip_desktop.session.state import State
from exclip_desktop.session.window_settings import Annotating

Wanted = Callable[[PairRemark, PairFigures | None], bool]
NOT_EXPLAINED: Final = "This pair is not explained."


def is_unrated(remark: PairRemark, _: PairFigures | None) -> bool:
    """Return whether a pair has no rating."""
    return not remark.rating


def is_doubtful(remark: PairRemark, figures: PairFigures | None) -> bool:
    """Return whether a pair is rated as unsure, or is not rated and its residual is above the default tolerance."""
    residual = None if figures is None else figures.residual
    return remark.rating == "unsure" or (not remark.rating and residual is not None and residual > DEFAULT_TOLERANCE)


@dataclass(frozen=True, slots=True)
class HeldEdit:
    """An edit that waits for the answer of its pair.

    Attributes:
        edit: of the remark.
        step: the name of the undo step.
        rating, tags: what the status line calls them; "" where the edit leaves them.
        goes_on: whether the next pair is shown afterwards.
        pair: the pair.

    """

    edit: RemarkEdit
    step: str
    rating: str = ""
    tags: str = ""
    goes_on: bool = False
    pair: PairKey = ("", "")

    @property
    def what(self) -> str:
        """What the status line calls the edit."""
        return ", ".join(filter(None, (self.rating, self.tags)))

    def joined_with(self, before: "HeldEdit | None") -> "HeldEdit":
        """Return both edits as one, the earlier one first."""
        if before is None or before.pair != self.pair:
            return self
        first, second = before.edit, self.edit
        return replace(
            self,
            edit=lambda remark: second(first(remark)),
            rating=self.rating or before.rating,
            tags=self.tags or before.tags,
            goes_on=before.goes_on or self.goes_on,
        )


class RatingController(QObject):
    """Stores ratings and tags of the view on screen as a finding, and walks through the list by ratings.

    A finding holds the numbers of the answer. A pair that is still being explained can be rated already: the rating is
    held, stored when the answer arrives, and dropped where another pair is shown before that.

    Signals:
        reported(str, bool): a sentence for the status line, and whether it is about a change that undo reverses.

    """

    reported = Signal(str, bool)

    def __init__(
        self,
        state: State,
        active_pane: ActivePane,
        navigation: PairNavigation,
        findings: ProjectFindings,
        settings: Annotating,
        parent: QObject | None = None,
    ) -> None:
        """Rate the answer in ``active_pane``; ``settings`` decide whether a rating shows the next pair."""
        super().__init__(parent)
        self._state, self._active_pane = state, active_pane
        self._navigation, self._findings, self._settings = navigation, findings, settings
        self._held: HeldEdit | None = None
        navigation.current_changed.connect(lambda: self._drop("another pair was shown"))
        state.answer_changed.connect(self._on_answered)
        state.stale_changed.connect(self._on_answered)
        state.notice_changed.connect(self._on_notice_changed)
        findings.step_taken.connect(self._on_step_taken)

    def rate(self, rating: Rating) -> None:
        """Rate the view on screen, and show the next pair if the settings say so; an empty rating removes it."""
        name = RATING_NAMES[rating]
        goes_on = bool(rating) and self._settings.goes_on
        edit = HeldEdit(set_rating(rating), f"rate {name.lower()}", name, goes_on=goes_on)
        answer = self._active_pane.active_answer
        if not rating and answer is not None and self._findings.find_view(answer) is None:
            self.reported.emit("This view is not rated.", False)
            return
        self._take(edit)

    def tag(self, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        """Change the tags of the view on screen from ``before`` to ``after``."""
        if before != after:
            self._take(HeldEdit(set_tags(before, after), "tag", tags=", ".join(after) or "No tags"))

    def show_next_unrated(self) -> None:
        """Show the next pair of the list without a rating."""
        self._show_next(is_unrated, "unrated")

    def show_next_doubtful(self) -> None:
        """Show the next pair of the list that is doubtful; see ``is_doubtful``."""
        self._show_next(is_doubtful, "doubtful")

    def cancel(self) -> None:
        """Drop an edit that waits for its answer."""
        self._drop("it was cancelled")

    def _take(self, edit: HeldEdit) -> None:
        """Store an edit of the view on screen, or hold it until the answer arrives."""
        if not self._findings.projects.can_change():
            return
        answer, work = self._active_pane.active_answer, self._state.work
        if answer is not None:
            self._store(answer, edit)
            return
        if work is None or work.idle:
            self.reported.emit(NOT_EXPLAINED, False)
            return
        self._held = replace(edit, pair=self._awaited_pair).joined_with(self._held)
        self.reported.emit(f"{self._held.what}: stored when the pair is explained", False)

    def _store(self, answer: ActiveAnswer, edit: HeldEdit) -> None:
        self._findings.note(answer, edit.edit, edit.step)
        if edit.goes_on:
            self._navigation.step(1)

    @property
    def _awaited_pair(self) -> PairKey:
        """The pair that will be on screen: the list's current one, or a picture of its own."""
        current, picture = self._navigation.current, self._state.canvas_picture
        if current is not None:
            return make_pair_key(self._navigation.path(self._navigation.pairs[current]), self._state.caption)
        return _key(None if picture is None else picture.path, self._state.caption)

    def _drop(self, why: str) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self.reported.emit(f"{held.what} was not stored: {why}", False)

    def _on_answered(self) -> None:
        """Store what was held, once its pair is explained."""
        answer, held = self._active_pane.active_answer, self._held
        if held is None or answer is None:
            return
        if _key(answer.canvas_picture.path, answer.answer.caption.text) == held.pair:
            self._held = None
            QTimer.singleShot(0, self, lambda: self._store(answer, held))  # once all have learnt of the answer
        else:
            self._drop("another pair was shown")

    def _on_notice_changed(self) -> None:
        notice = self._state.notice
        if notice is not None and notice.kind == "error":
            self._drop("the pair could not be explained")

    def _on_step_taken(self, changes: tuple[FindingChange, ...]) -> None:
        """Show the pair whose finding undo or redo has changed, if the list has it."""
        finding = changes[0].after or changes[0].before
        path = None if finding is None or len(changes) > 1 else self._findings.picture_path(finding)
        if finding is None or path is None:
            return
        navigation = self._navigation
        places = navigation.values.places_of([make_pair_key(path, finding.view.caption)])
        if places and navigation.current not in places:
            QTimer.singleShot(0, self, lambda: self._show(places[0]))  # undo ends first: a picture drops its steps

    def _show(self, place: int) -> None:
        if place < len(self._navigation.pairs):
            self._navigation.show(place)

    def _show_next(self, is_wanted: Wanted, name: str) -> None:
        navigation = self._navigation
        order, row = navigation.order, navigation.walk.row_of(navigation.current)
        following = order if row is None else (*order[row + 1 :], *order[:row])
        for place in following:
            if is_wanted(navigation.values.remark(place), navigation.figures(place)):
                navigation.show(place)
                return
        self.reported.emit(f"No other pair of the list is {name}.", False)


def _key(path: str | None, caption: str) -> PairKey:
    return ("", caption) if path is None else make_pair_key(path, caption)
