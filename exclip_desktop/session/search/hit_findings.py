"""Notes hits of a search as findings of their pairs, with the hit region selected, and writes hits to files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.finding import Finding, FindingNumbers, is_same_view, make_view
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.processes import call_in_process
from exclip_desktop.session.project.findings import ProjectFindings, with_request
from exclip_desktop.session.search.hits import ListHit
from exclip_desktop.session.search.search_controller import SearchController
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.storage.formula_cells import Formulas
from exclip_desktop.storage.pictures import picture_sha256
from exclip_desktop.storage.project.finding_rows import FindingQuery, add_findings, load_findings, load_findings_by_id
from exclip_desktop.storage.project.project import Project


class HitFindings(QObject):
    """Adds a finding for each noted hit, as one undo step; a hit that is a finding already is left out. Writes files.

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
        search: SearchController,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        """Note hits of ``search`` in the project of ``findings``; show progress and errors in ``state``."""
        super().__init__(parent)
        self._state, self._explain_controller, self._navigation = state, explain_controller, navigation
        self._findings, self._search, self._tasks = findings, search, tasks

    def note(self, hits: Sequence[ListHit]) -> None:
        """Note hits; their notes name the query and the rank. Hits of another model or of no caption are left out."""
        findings = self._findings
        noted = [] if self._search.is_outdated else [hit for hit in hits if hit.pair_score is not None]
        if not noted or self._state.explanation is None:
            self.reported.emit("None of these hits has a score: explain their pairs first.", False)
            return
        if not findings.projects.can_change():
            return
        title, explanation, provenance = self._search.title, self._state.explanation, self._state.provenance

        def read(_: CancelToken) -> list[str]:
            return [picture_sha256(self._search.picture_path(hit)) for hit in noted]

        def make(project: Project, hit: ListHit, digest: str) -> Finding:
            assert hit.pair_score is not None
            pair = self._navigation.pairs[self._search.place(hit)].id
            picture = project.relative_path(self._search.picture_path(hit))
            selection = Selection(regions=(Region(hit.box),))
            view = make_view(explanation, selection, picture=picture, picture_sha256=digest, pair=pair)
            view = replace(with_request(view, provenance), caption=self._search.caption(hit))
            numbers = FindingNumbers(score=hit.pair_score, residual=hit.residual)
            return Finding(view, numbers, note=f"Search {title}: rank {hit.rank}")

        def save(digests: list[str]) -> None:
            project = findings.projects.open_or_create()
            made = [make(project, hit, digest) for hit, digest in zip(noted, digests, strict=True)]
            new = [one for one in made if not _is_stored(project, one)]
            added = load_findings_by_id(project, add_findings(project, new))
            if added:
                findings.push_added(f"note {format_count(len(added), 'hit')}", tuple(added))
            if len(added) < len(hits):
                self.reported.emit(_describe_rest(len(hits), len(noted), len(added)), bool(added))

        run_with_progress(
            self._state,
            self._tasks,
            Work("Saving findings"),
            read,
            lambda digests: findings.projects.attempt(lambda: save(digests)),
            self._explain_controller.show_error,
        )

    def write(self, hits: Sequence[ListHit], out: Path, formulas: Formulas = "escape") -> None:
        """Write hits by the ending of ``out``, in a separate process, because drawing would block the window."""
        search = self._search
        query, ranking = search.words or search.title, search.ranking
        listed, written = self._navigation.list, [hit.for_file(search.caption(hit)) for hit in hits]

        def write(cancel: CancelToken) -> tuple[str, ...]:
            arguments = (query, ranking, written, listed, out, formulas)
            return tuple(call_in_process("exclip_desktop.render.hits_report:write_hits", arguments, cancel))

        def then(notes: tuple[str, ...]) -> None:
            text = " ".join((f"Written: {out} ({format_count(len(written), 'hit')})", *notes))
            self._state.change(notice=Notice(text, kind="note", file=out))

        run_with_progress(
            self._state, self._tasks, Work(f"Writing {out.name}"), write, then, self._explain_controller.show_error
        )


def _is_stored(project: Project, finding: Finding) -> bool:
    """Return whether the view of a finding is one already."""
    view = finding.view
    query = FindingQuery(picture=view.picture, caption=view.caption, method=view.method)
    return any(is_same_view(one.view, view) for one in load_findings(project, query))


def _describe_rest(selected: int, scored: int, added: int) -> str:
    parts = [f"{added:,} of {selected:,} hits noted."]
    if scored > added:
        parts.append(f"{scored - added:,} noted before.")
    if selected > scored:
        parts.append(f"{selected - scored:,} without a score: explain their pairs first.")
    return " ".join(parts)
