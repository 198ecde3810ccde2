"""The findings of the open project."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import UserError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.finding import Finding, Rating, make_numbers, make_view
from exclip_desktop.session.compare.active_pane import ActiveAnswer
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.project.remark_index import RemarkIndex
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.session.undo import ProjectStep
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.project.finding_rows import (
    FindingQuery,
    add_finding,
    add_findings,
    change_finding,
    load_creation_times,
    load_finding,
    load_finding_ids,
    load_findings_by_id,
    load_newest_rating,
    load_tag_counts,
    remove_findings,
)
from exclip_desktop.storage.project.project import Project


@dataclass(frozen=True, slots=True)
class Remark:
    """A person's rating, tags and note."""

    rating: Rating = ""
    tags: tuple[str, ...] = ()
    note: str = ""


class ProjectFindings(QObject):
    """Adds, changes and removes the findings of the open project; every change is an undo step.

    Attributes:
        projects: the open project.
        remark_index: the remark on each pair that has findings.

    Signals:
        findings_changed(): findings were added, changed or removed.

    """

    findings_changed = Signal()

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
        self.remark_index = RemarkIndex(projects, self)
        projects.changed.connect(self.findings_changed)
        projects.changed_by_others.connect(self.findings_changed)

    def add(self, noted: ActiveAnswer, remark: Remark) -> None:
        """Add a finding: the answer in view, with a remark."""
        pair = self._navigation.match_current(noted.canvas_picture.path or "", noted.answer.caption.text)
        listed = "" if pair is None else pair.id
        request = {
            "choice": asdict(replace(noted.provenance.choice, device=None)),
            "how": asdict(noted.provenance.explain_settings),
        }

        def save(file: tuple[Path, str]) -> None:
            path, digest = file
            project = self.projects.open_or_create()
            where = project.relative_path(path)
            view = make_view(noted.answer, noted.selection, picture=where, picture_sha256=digest, pair=listed)
            view = replace(view, settings={**view.settings, **request})
            numbers = make_numbers(noted.answer, noted.selection, noted.score)
            key = add_finding(project, Finding(view, numbers, **_remark_values(remark)))
            self.push_added("note finding", tuple(filter(None, [load_finding(project, key)])))

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

    def push_added(self, what: str, added: tuple[Finding, ...]) -> None:
        """Push an undo step for findings that were added."""
        self._undo.push(ProjectStep(what, self._put, (added, False), (added, True)))

    def change(self, key: int, remark: Remark) -> None:
        """Change the remark of a finding."""
        before = self.finding(key)
        if before is not None and _remark_of(before) != remark:
            self._undo.push(
                ProjectStep("change finding", self._change, (key, _remark_of(before)), (key, remark)),
            )

    def remove(self, key: int) -> None:
        """Remove a finding; undo restores it."""
        before = self.finding(key)
        if before is not None:
            self._undo.push(ProjectStep("remove finding", self._put, ((before,), True), ((before,), False)))

    def finding(self, key: int) -> Finding | None:
        """Return a finding, or None."""
        return self.projects.read(lambda project: load_finding(project, key), None)

    def ids(self, query: FindingQuery) -> list[int]:
        """Return the ids of a query's findings, in its order."""
        return self.projects.read(lambda project: load_finding_ids(project, query), [])

    def load(self, ids: Sequence[int]) -> list[Finding]:
        """Return the findings of these ids; those that were removed meanwhile are left out."""
        return self.projects.read(lambda project: load_findings_by_id(project, ids), [])

    def tags(self) -> tuple[str, ...]:
        """Return all tags."""
        return self.projects.read(lambda project: tuple(load_tag_counts(project)), ())

    def picture_path(self, finding: Finding) -> Path | None:
        """Return the path of a finding's picture."""
        return None if self.projects.project is None else self.projects.project.path_of(finding.view.picture)

    def _put(self, what: tuple[tuple[Finding, ...], bool]) -> None:
        """Restore or remove findings."""
        findings, exists = what

        def put() -> None:
            project = self.projects.open_or_create()
            there = load_creation_times(project)
            changed = [one for one in findings if (one.id in there) != exists]
            if changed and exists:
                add_findings(project, changed)
            elif changed:
                remove_findings(project, [one.id for one in changed])
            self._rate(project, findings)

        self.projects.attempt(put)

    def _change(self, what: tuple[int, Remark]) -> None:
        key, remark = what

        def say() -> None:
            project = self.projects.open_or_create()
            change_finding(project, key, **_remark_values(remark))
            self._rate(project, filter(None, [load_finding(project, key)]))

        self.projects.attempt(say)

    def _rate(self, project: Project, changed: Iterable[Finding]) -> None:
        """Update the ratings of the findings' pairs, and emit ``findings_changed``."""
        changed = tuple(changed)
        for pair, picture in {(one.view.pair, one.view.picture) for one in changed if one.view.pair}:
            self._navigation.set_rating(pair, project.path_of(picture), load_newest_rating(project, pair, picture))
        self.remark_index.update(project, {one.view.picture for one in changed})
        self.findings_changed.emit()


def _remark_values(remark: Remark) -> dict[str, Any]:
    return {"rating": remark.rating, "tags": remark.tags, "note": remark.note}


def _remark_of(finding: Finding) -> Remark:
    return Remark(finding.rating, finding.tags, finding.note)


def _file_of(canvas_picture: CanvasPicture, folder: Path) -> tuple[Path, str]:
    """Return the picture's file and its SHA-256; a pasted picture is saved in the project's folder."""
    if canvas_picture.path is not None:
        path = Path(canvas_picture.path)
        with path.open("rb") as file:
            return path, hashlib.file_digest(file, "sha256").hexdigest()
    data = BytesIO()
    Image.fromarray(canvas_picture.picture.pixels).save(data, "PNG")
    digest = hashlib.sha256(data.getvalue()).hexdigest()
    path = folder / "pasted" / f"{digest[:16]}.png"
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, lambda file: file.write(data.getvalue()))
    return path, digest
