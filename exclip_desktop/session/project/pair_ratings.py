"""Ratings and tags of several listed pairs at once, without showing each of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.errors import UserError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.finding import (
    RATING_NAMES,
    Finding,
    FindingChange,
    FindingNumbers,
    Rating,
    make_view,
)
from exclip_desktop.core.values.pair_list import comparison_key
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.project.findings import ProjectFindings, with_request
from exclip_desktop.session.project.remark_edits import (
    Remark,
    RemarkEdit,
    common_tags,
    remark_of,
    set_rating,
    set_tags,
    with_remark,
)
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.storage.pictures import picture_sha256
from exclip_desktop.storage.project.finding_rows import FindingQuery, add_findings, load_findings, load_findings_by_id
from exclip_desktop.storage.project.project import Project


class PairRatings(QObject):
    """Edits the newest finding of each pair; an explained pair without one gets a finding with its score.

    Signals:
        reported(str, bool): a sentence for the status line, and whether it is about a change that undo reverses.

    """

    reported = Signal(str, bool)

    def __init__(
        self,
        state: State,
        explain_controller: ExplainController,
        navigation: PairNavigation,
        findings: ProjectFindings,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        """Rate pairs of ``navigation`` in the project of ``findings``; show progress and errors in ``state``."""
        super().__init__(parent)
        self._state, self._explain_controller, self._navigation = state, explain_controller, navigation
        self._findings, self._tasks = findings, tasks

    def rate(self, places: Sequence[int], rating: Rating) -> None:
        """Rate the pairs at these places of the list, as one undo step; an empty rating removes it."""
        self._edit(places, set_rating(rating), f"rate {RATING_NAMES[rating].lower()}, ")

    def tag(self, places: Sequence[int], before: tuple[str, ...], after: tuple[str, ...]) -> None:
        """Change the tags of the pairs at these places from ``before`` to ``after``; each keeps its other tags."""
        if before != after:
            self._edit(places, set_tags(before, after), "tag ")

    def shared_tags(self, places: Sequence[int]) -> tuple[str, ...]:
        """Return the tags that all of these pairs have."""
        return common_tags(self._navigation.values.remark(place).tags for place in places)

    def _edit(self, places: Sequence[int], edit: RemarkEdit, what: str) -> None:
        """Edit the newest findings of pairs; make those that are missing, with the files' hashes.

        ``what`` begins the name of the undo step; the number of pairs that change follows.
        """
        findings, values = self._findings, self._navigation.values
        if not findings.projects.can_change():
            return
        noted = [place for place in places if values.remark(place).count]
        new = [place for place in places if not values.remark(place).count and self._is_explained(place)]
        left = len(places) - len(noted) - len(new)
        edits_nothing = edit(Remark()) == Remark()

        def read(_: CancelToken) -> list[tuple[int, str]]:
            return [] if edits_nothing else [(place, picture_sha256(Path(values.key(place)[0]))) for place in new]

        def save(hashes: list[tuple[int, str]]) -> None:
            project = findings.projects.open_or_create()
            changes = [one for place in noted for one in self._change(project, place, edit)]
            added = add_findings(project, [self._make(project, place, digest, edit) for place, digest in hashes])
            changes += [FindingChange(None, one) for one in load_findings_by_id(project, added)]
            changes = [one for one in changes if one.before != one.after]
            findings.push_changes(f"{what}{format_count(len(changes), 'pair')}", changes)
            if left:
                self.reported.emit(_describe_rest(len(changes), left, len(places)), bool(changes))

        run_with_progress(
            self._state,
            self._tasks,
            Work("Saving findings"),
            read,
            lambda hashes: findings.projects.attempt(lambda: save(hashes)),
            self._explain_controller.show_error,
        )

    def _is_explained(self, place: int) -> bool:
        """Return whether a pair was explained by the model and settings of the explanation on screen."""
        figures, explanation = self._navigation.figures(place), self._state.explanation
        by = "" if explanation is None else comparison_key(explanation.settings)
        return figures is not None and figures.score is not None and figures.by == by

    def _change(self, project: Project, place: int, edit: RemarkEdit) -> list[FindingChange]:
        """Return the edit of a pair's newest finding; empty where it has gone."""
        path, caption = self._navigation.values.key(place)
        query = FindingQuery(picture=project.relative_path(Path(path)), caption=caption, descending=True)
        return [FindingChange(one, with_remark(one, edit(remark_of(one)))) for one in load_findings(project, query)[:1]]

    def _make(self, project: Project, place: int, digest: str, edit: RemarkEdit) -> Finding:
        """Return a finding of an explained pair, with its score and residual."""
        explanation, figures = self._state.explanation, self._navigation.figures(place)
        if explanation is None or figures is None or figures.score is None:
            raise UserError("Another model was opened meanwhile.", "Rate the pairs again.")
        pair, (path, _) = self._navigation.pairs[place], self._navigation.values.key(place)
        picture = project.relative_path(Path(path))
        view = make_view(explanation, Selection(), picture=picture, picture_sha256=digest, pair=pair.id)
        view = replace(with_request(view, self._state.provenance), caption=pair.caption)
        numbers = FindingNumbers(score=figures.score, residual=figures.residual)
        return with_remark(Finding(view, numbers), edit(Remark()))


def _describe_rest(changed: int, left: int, selected: int) -> str:
    """Return how many of the selected pairs changed, and that those that are left must be explained first."""
    verb = "is" if left == 1 else "are"
    if not changed:
        return f"{format_count(left, 'pair')} {verb} not explained yet and did not change. Explain first."
    return f"{changed:,} of {selected:,} selected pairs changed; {left:,} {verb} not explained yet."
