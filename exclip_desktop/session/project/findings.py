"""The findings of the open project: noted, edited and removed, each change as an undo step."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import UserError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.text.list_filter import FilterKey
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.finding import (
    Finding,
    FindingChange,
    FindingView,
    is_same_view,
    make_numbers,
    make_view,
)
from exclip_desktop.session.compare.active_pane import ActiveAnswer
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.project.remark_edits import (
    Remark,
    RemarkEdit,
    describe_changes_made,
    remark_of,
    with_remark,
)
from exclip_desktop.session.project.remark_index import RemarkIndex
from exclip_desktop.session.state import Provenance, State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.session.undo import ProjectStep
from exclip_desktop.storage.archives import open_input
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.project.finding_filter import FINDING_KEYS, list_filter_keys
from exclip_desktop.storage.project.finding_rows import (
    FindingQuery,
    add_finding,
    change_findings,
    count_findings,
    load_finding,
    load_finding_ids,
    load_findings,
    load_findings_by_id,
    load_newest_rating,
    load_tag_counts,
)
from exclip_desktop.storage.project.project import Project


class ProjectFindings(QObject):
    """Adds, changes and removes the findings of the open project; every change is an undo step.

    Attributes:
        projects: the open project.
        remark_index: the remark on each pair that has findings.

    Signals:
        findings_changed(): findings were added, changed or removed.
        reported(str, bool): a sentence for the status line, and whether it is about a change that undo reverses.
        step_taken(object): undo or redo made these changes, a tuple of ``FindingChange``.

    """

    findings_changed = Signal()
    reported = Signal(str, bool)
    step_taken = Signal(object)

    def __init__(
        self,
        state: State,
        explain_controller: ExplainController,
        navigation: PairNavigation,
        tasks: Tasks,
        undo: QUndoStack,
        projects: Projects,
        parent: QObject | None = None,
    ) -> None:
        """Show progress and errors in ``state``."""
        super().__init__(parent)
        self._state, self._explain_controller, self._navigation = state, explain_controller, navigation
        self._tasks, self._undo, self.projects = tasks, undo, projects
        self._is_pushing = self._is_stored = False
        self._report = ""  # about the step that is pushed
        self.remark_index = RemarkIndex(projects, self)
        projects.changed.connect(self.findings_changed)
        projects.changed_by_others.connect(self.findings_changed)

    def note(self, noted: ActiveAnswer, edit: RemarkEdit, what: str = "note finding") -> None:
        """Store the answer in view as a finding with an edited remark; ``what`` names the undo step.

        A view that is a finding already, the newest one counts, is not stored again: its remark is edited.
        """
        pair = self._navigation.match_current(noted.canvas_picture.path or "", noted.answer.caption.text)
        listed = "" if pair is None else pair.id

        def save(file: tuple[Path, str]) -> None:
            path, digest = file
            project = self.projects.open_or_create()
            view = _make_stored_view(noted, project.relative_path(path), digest, listed)
            existing = _load_same_view(project, view)
            if existing is not None:
                self._push_edit(what, (existing,), edit)
                return
            numbers = make_numbers(noted.answer, noted.selection, noted.score)
            key = add_finding(project, with_remark(Finding(view, numbers), edit(Remark())))
            self.push_added(what, tuple(filter(None, [load_finding(project, key)])))

        def prepare(_: CancelToken) -> tuple[Path, str]:
            return _file_of(noted.canvas_picture, folder)

        try:
            folder = self.projects.open_or_create().folder
        except (UserError, OSError) as error:
            self._explain_controller.show_error(error)
            return
        run_with_progress(
            self._state,
            self._tasks,
            Work("Saving the finding"),
            prepare,
            lambda file: self.projects.attempt(lambda: save(file)),
            self._explain_controller.show_error,
        )

    def find_view(self, noted: ActiveAnswer) -> Finding | None:
        """Return the newest finding of the answer in view; None also for a picture without a file."""
        path = noted.canvas_picture.path
        if path is None:
            return None

        def find(project: Project) -> Finding | None:
            return _load_same_view(project, _make_stored_view(noted, project.relative_path(path), "", ""))

        return self.projects.read(find, None)

    def push_added(self, what: str, added: tuple[Finding, ...]) -> None:
        """Push an undo step for findings that were added."""
        self._is_stored = True
        try:
            self._push(what, [FindingChange(None, one) for one in added])
        finally:
            self._is_stored = False

    def push_changes(self, what: str, changes: Sequence[FindingChange]) -> None:
        """Make changes as one undo step; ``what`` names it."""
        self._push(what, changes)

    def edit(self, keys: Sequence[int], edit: RemarkEdit, what: str = "change finding") -> None:
        """Edit the remarks of findings, as one undo step; ``what`` names it."""
        self._push_edit(what, self.load(keys), edit)

    def remove(self, keys: Sequence[int]) -> None:
        """Remove findings, as one undo step."""
        removed = self.load(keys)
        what = "remove finding" if len(removed) == 1 else f"remove {format_count(len(removed), 'finding')}"
        self._push(what, [FindingChange(one, None) for one in removed])

    def finding(self, key: int) -> Finding | None:
        """Return a finding, or None."""
        return self.projects.read(lambda project: load_finding(project, key), None)

    def ids(self, query: FindingQuery) -> list[int]:
        """Return the ids of a query's findings, in its order."""
        return self.projects.read(lambda project: load_finding_ids(project, query), [])

    def load(self, ids: Sequence[int]) -> list[Finding]:
        """Return the findings of these ids; those that were removed meanwhile are left out."""
        return self.projects.read(lambda project: load_findings_by_id(project, ids), [])

    def count(self) -> int:
        """Return the number of all findings."""
        return self.projects.read(count_findings, 0)

    def filter_keys(self) -> tuple[FilterKey, ...]:
        """Return the keys of a filter of findings, with the project's tags and labels."""
        return self.projects.read(list_filter_keys, FINDING_KEYS)

    def tags(self) -> tuple[str, ...]:
        """Return all tags."""
        return self.projects.read(lambda project: tuple(load_tag_counts(project)), ())

    def picture_path(self, finding: Finding) -> Path | None:
        """Return the path of a finding's picture."""
        return None if self.projects.project is None else self.projects.project.path_of(finding.view.picture)

    def _push_edit(self, what: str, findings: Iterable[Finding], edit: RemarkEdit) -> None:
        changes = [FindingChange(one, with_remark(one, edit(remark_of(one)))) for one in findings]
        self._push(what, [one for one in changes if one.before != one.after])

    def _push(self, what: str, changes: Sequence[FindingChange]) -> None:
        """Make changes as an undo step."""
        if not changes:
            self.reported.emit("Unchanged", False)
            return
        self._is_pushing, self._report = True, ""
        try:
            self._undo.push(ProjectStep(what, self._put, tuple(one.reverse for one in changes), tuple(changes)))
        finally:
            self._is_pushing = False
        if self._report:  # else it has failed
            self.reported.emit(self._report, True)

    def _put(self, changes: tuple[FindingChange, ...]) -> None:
        """Make changes, and report them: those of undo and redo by ``step_taken``, others by ``reported``."""

        def put() -> None:
            project = self.projects.open_or_create()
            if not self._is_stored:
                change_findings(project, changes)
            findings = [finding for one in changes if (finding := one.after or one.before) is not None]
            self._update_pairs(project, findings)
            if self._is_pushing:
                self._report = describe_changes_made(changes)
            else:
                self.step_taken.emit(changes)

        self.projects.attempt(put)

    def _update_pairs(self, project: Project, changed: Sequence[Finding]) -> None:
        """Update the ratings of the findings' pairs, and emit ``findings_changed``."""
        for pair, picture in {(one.view.pair, one.view.picture) for one in changed if one.view.pair}:
            self._navigation.set_rating(pair, project.path_of(picture), load_newest_rating(project, pair, picture))
        self.remark_index.update(project, {one.view.picture for one in changed})
        self.findings_changed.emit()


def _make_stored_view(noted: ActiveAnswer, picture: str, digest: str, pair: str) -> FindingView:
    """Return the view of an answer, with its request."""
    view = make_view(noted.answer, noted.selection, picture=picture, picture_sha256=digest, pair=pair)
    return with_request(view, noted.provenance)


def with_request(view: FindingView, provenance: Provenance) -> FindingView:
    """Return a view of an answer together with the request that gives the answer again."""
    request = {
        "choice": asdict(replace(provenance.choice, device=None)),
        "how": asdict(provenance.explain_settings),
    }
    return replace(view, settings={**view.settings, **request})


def _load_same_view(project: Project, view: FindingView) -> Finding | None:
    """Return the newest finding of a view, or None."""
    query = FindingQuery(picture=view.picture, caption=view.caption, method=view.method, descending=True)
    return next((one for one in load_findings(project, query) if is_same_view(one.view, view)), None)


def _file_of(canvas_picture: CanvasPicture, folder: Path) -> tuple[Path, str]:
    """Return the picture's file and its SHA-256; a pasted picture is saved in the project's folder."""
    if canvas_picture.path is not None:
        path = Path(canvas_picture.path)
        with open_input(path) as file:
            return path, hashlib.file_digest(file, "sha256").hexdigest()
    data = BytesIO()
    Image.fromarray(canvas_picture.picture.pixels).save(data, "PNG")
    digest = hashlib.sha256(data.getvalue()).hexdigest()
    path = folder / "pasted" / f"{digest[:16]}.png"
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, lambda file: file.write(data.getvalue()))
    return path, digest
