"""Findings: views that a person notes in a project, and that come back from it."""

import hashlib
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import PictureError, UserError
from exclip_desktop.core.finding import Finding, Rating, differences, numbers_of, view_of
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.session.explaining import Explaining
from exclip_desktop.session.projects import Projects
from exclip_desktop.session.requests import How, ModelChoice
from exclip_desktop.session.scene import Shown
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks, run_shown
from exclip_desktop.session.undo import Step
from exclip_desktop.session.walking import Walking
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.project.findings import (
    FindingQuery,
    add_finding,
    add_findings,
    change_finding,
    count_findings,
    finding_of,
    findings,
    ids_of,
    remove_findings,
    tags_of,
)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person says of a view."""

    rating: Rating = ""
    tags: tuple[str, ...] = ()
    note: str = ""


class Noting(QObject):
    """Keeps findings in the open project; until one is opened, in the person's own, which is made when it is needed.

    Attributes:
        projects: the open project.

    Signals:
        findings_changed(): findings were added, changed or removed.
        restored(int): a finding's view is on screen again.

    """

    findings_changed = Signal()
    restored = Signal(int)

    def __init__(
        self,
        state: State,
        explaining: Explaining,
        walking: Walking,
        tasks: Tasks,
        undo: QUndoStack,
        projects: Projects,
        parent: QObject | None = None,
    ) -> None:
        """Note what ``state`` shows."""
        super().__init__(parent)
        self._state, self._explaining, self._walking = state, explaining, walking
        self._tasks, self._undo, self.projects = tasks, undo, projects
        self._returning: Finding | None = None
        state.explanation_changed.connect(self._on_explanation_changed)
        projects.changed.connect(self.findings_changed)
        projects.changed_by_others.connect(self.findings_changed)

    @property
    def can_note(self) -> bool:
        """Whether what is on screen is explained, and is what is wanted."""
        return self._state.explanation is not None and not self._state.stale

    def note(self, remark: Remark) -> None:
        """Keep the view on screen, with what the person says of it."""
        state, explanation, shown = self._state, self._state.explanation, self._state.shown
        if explanation is None or shown is None:
            return
        selection, pair, outcome = state.selection, self._walking.current_id, state.outcome
        asked = {"choice": asdict(replace(outcome.choice, device=None)), "how": asdict(outcome.how)}

        def add(found: tuple[Path, str]) -> None:
            path, digest = found
            project = self.projects.ready()
            view = view_of(
                explanation, selection, picture=project.written(path), picture_sha256=digest, pair=pair or ""
            )
            view = replace(view, settings={**view.settings, **asked})
            key = add_finding(project, Finding(view, numbers_of(explanation, selection), **_said(remark)))
            self._walking.rate(pair, remark.rating)
            self.push_added("note finding", tuple(filter(None, [finding_of(project, key)])))

        def prepare(_: CancelToken) -> tuple[Path, str]:
            return _file_of(shown, folder)

        try:
            folder = self.projects.ready().folder
        except (UserError, OSError) as error:
            self._explaining.refuse(error)
            return
        run_shown(
            state,
            self._tasks,
            Work("Noting"),
            prepare,
            lambda found: self.projects.attempt(lambda: add(found)),
            self._explaining.refuse,
        )

    def push_added(self, what: str, added: tuple[Finding, ...]) -> None:
        """Let the undo stack know of findings that were added."""
        self._undo.push(Step(what, self._put, (added, False), (added, True)))

    def change(self, key: int, remark: Remark) -> None:
        """Say something else of a finding."""
        before = self.finding(key)
        if before is not None and _remark_of(before) != remark:
            self._undo.push(
                Step("change finding", self._say, (key, _remark_of(before)), (key, remark)),
            )

    def remove(self, key: int) -> None:
        """Remove a finding; undoing brings it back."""
        before = self.finding(key)
        if before is not None:
            self._undo.push(Step("remove finding", self._put, ((before,), True), ((before,), False)))

    def restore(self, key: int) -> None:
        """Show a finding's view again, and say whether its numbers differ now."""
        finding = self.finding(key)
        if finding is None or self.projects.project is None:
            return
        path = self.projects.project.path_of(finding.view.picture)
        if not is_file(path):
            self._explaining.refuse(
                PictureError(
                    f"The picture of this finding is gone: {path}.", "Put it back there, or remove the finding."
                )
            )
            return
        self._returning = finding
        self._explaining.restore(
            str(path), finding.view.caption, *_asked(finding, self._state), selection=finding.view.selection
        )

    def finding(self, key: int) -> Finding | None:
        """Return a finding, or None."""
        return self.projects.read(lambda project: finding_of(project, key), None)

    def page(self, query: FindingQuery, offset: int, count: int) -> list[Finding]:
        """Return findings, in a query's order."""
        return self.projects.read(lambda project: findings(project, query, offset, count), [])

    def count(self, query: FindingQuery) -> int:
        """Return how many findings a query has."""
        return self.projects.read(lambda project: count_findings(project, query), 0)

    def tags(self) -> tuple[str, ...]:
        """Return all tags there are."""
        return self.projects.read(lambda project: tuple(tags_of(project)), ())

    def picture_of(self, finding: Finding) -> Path | None:
        """Return where a finding's picture is."""
        return None if self.projects.project is None else self.projects.project.path_of(finding.view.picture)

    def _put(self, what: tuple[tuple[Finding, ...], bool]) -> None:
        """Let findings be there as they are told, or not at all."""
        told, wanted = what

        def put() -> None:
            project = self.projects.ready()
            there = ids_of(project)
            changed = [one for one in told if (one.id in there) != wanted]
            if changed and wanted:
                add_findings(project, changed)
            elif changed:
                remove_findings(project, [one.id for one in changed])
            self.findings_changed.emit()

        self.projects.attempt(put)

    def _say(self, what: tuple[int, Remark]) -> None:
        key, remark = what

        def say() -> None:
            change_finding(self.projects.ready(), key, **_said(remark))
            self.findings_changed.emit()

        self.projects.attempt(say)

    def _on_explanation_changed(self) -> None:
        """Say whether a finding that came back shows what it showed."""
        finding, self._returning = self._returning, None
        explanation, shown, project = self._state.explanation, self._state.shown, self.projects.project
        if finding is None or explanation is None or shown is None or project is None:
            return
        if shown.path != str(project.path_of(finding.view.picture)):
            return
        self.restored.emit(finding.id)
        told = list(differences(finding.numbers, numbers_of(explanation, finding.view.selection)))
        if finding.view.weights_sha256 != explanation.settings.weights_sha256:
            told.insert(0, "the weights are others")
        if told:
            what = f"Not what was noted on {finding.created[:10]}: {'; '.join(told)}."
            self._state.change(notice=Notice(what, "Its note and numbers are kept as they were.", kind="note"))


def _said(remark: Remark) -> dict[str, Any]:
    return {"rating": remark.rating, "tags": remark.tags, "note": remark.note}


def _remark_of(finding: Finding) -> Remark:
    return Remark(finding.rating, finding.tags, finding.note)


def _asked(finding: Finding, state: State) -> tuple[ModelChoice, How]:
    """Return model and settings of a finding; of one that lacks them, those of the screen."""
    choice, how = state.outcome.choice, state.outcome.how
    with suppress(KeyError, TypeError):
        choice = ModelChoice(**{**finding.view.settings["choice"], "device": state.choice.device})
        how = How(**finding.view.settings["how"])
    return choice, how


def _file_of(shown: Shown, folder: Path) -> tuple[Path, str]:
    """Return the picture's file and its SHA-256; one that was pasted is kept beside the project."""
    if shown.path is not None:
        path = Path(shown.path)
        with path.open("rb") as file:
            return path, hashlib.file_digest(file, "sha256").hexdigest()
    data = BytesIO()
    Image.fromarray(shown.picture.pixels).save(data, "PNG")
    digest = hashlib.sha256(data.getvalue()).hexdigest()
    path = folder / "pasted" / f"{digest[:16]}.png"
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, lambda file: file.write(data.getvalue()))
    return path, digest
