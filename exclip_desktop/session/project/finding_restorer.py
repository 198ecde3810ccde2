"""Restores the view of a finding, and compares its numbers with the present ones."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.errors import PictureError, SelectionError
from exclip_desktop.core.method_registry import OURS, all_methods
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.values.answers import Answer
from exclip_desktop.core.values.finding import Finding, describe_changes, describe_differences, make_numbers, make_view
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.compare.active_pane import ActivePane
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.compare.pane import Pane, PaneKey
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.project.remark_index import make_pair_key
from exclip_desktop.session.state import Notice, State
from exclip_desktop.session.window_settings import read_back
from exclip_desktop.session.worker.requests import ModelChoice


class FindingRestorer(QObject):
    """Explains a finding's pair again, opens its method's pane where that is not ours, and compares the numbers.

    Signals:
        restored(int): a finding's view is on screen again.

    """

    restored = Signal(int)

    def __init__(
        self,
        state: State,
        explain_controller: ExplainController,
        projects: Projects,
        compare_controller: CompareController,
        active_pane: ActivePane,
        navigation: PairNavigation,
        parent: QObject | None = None,
    ) -> None:
        """Bring back findings of the open one of ``projects``; a listed pair becomes the current one."""
        super().__init__(parent)
        self._state, self._explain_controller, self._projects = state, explain_controller, projects
        self._compare_controller, self._active_pane = compare_controller, active_pane
        self._navigation = navigation
        self._pending: tuple[Finding, str, ModelChoice] | None = None  # until the pair is explained
        self._pending_pane: tuple[Finding, Pane] | None = None  # until the pane has an answer
        # A pair that is remembered comes back as the same explanation: only the picture is another then.
        state.canvas_picture_changed.connect(self._on_explained)
        state.answer_changed.connect(self._on_explained)
        state.notice_changed.connect(self._on_notice_changed)
        compare_controller.followed.connect(self._on_followed)

    @property
    def is_restoring(self) -> bool:
        """Whether a finding is being opened."""
        return self._pending is not None or self._pending_pane is not None

    def restore(self, finding: Finding) -> None:
        """Restore a finding's view, and report whether its numbers differ now."""
        project = self._projects.project
        if project is None:
            return
        if finding.view.second is not None:
            self._explain_controller.show_error(
                SelectionError(
                    f"This finding is of two inputs: {finding.view.inputs_line}.",
                    "Open both and select again; its numbers are in the exported findings.",
                )
            )
            return
        path = project.path_of(finding.view.picture)
        if not is_file(path):
            self._explain_controller.show_error(
                PictureError(
                    f"The picture of this finding is gone: {path}.", "Put it back there, or remove the finding."
                )
            )
            return
        choice, settings = _settings_of(finding, self._state)
        self._pending, self._pending_pane = (finding, str(path), choice), None
        self._point_at(path, finding.view.caption)
        self._explain_controller.restore(
            str(path), finding.view.caption, choice, settings, selection=finding.view.selection
        )

    def cancel(self) -> None:
        """Stop waiting; the screen stays as it is."""
        self._pending = self._pending_pane = None

    def _point_at(self, path: Path, caption: str) -> None:
        """Make the pair the current one of the list, if it is listed: the walk goes on from there."""
        navigation = self._navigation
        places = navigation.values.places_of([make_pair_key(path, caption)])
        if places and navigation.current not in places:
            navigation.walk.put_current(places[0])
            navigation.current_changed.emit()

    def _on_notice_changed(self) -> None:
        notice = self._state.notice
        if notice is not None and notice.kind == "error":  # the pair could not be explained
            self._pending = None

    def _on_explained(self) -> None:
        """Continue once the requested pair is explained."""
        state = self._state
        if self._pending is None or state.explanation is None or state.canvas_picture is None:
            return
        finding, path, choice = self._pending
        there = state.canvas_picture.path, state.explanation.caption.text, state.provenance.choice
        if there == (path, finding.view.caption, choice):
            self._pending = None
            self._show(finding, state.explanation)

    def _show(self, finding: Finding, explanation: Answer) -> None:
        """Open the finding's method; the second-order answer of ours is also on the canvas."""
        method, compare_controller = finding.view.method, self._compare_controller
        if method not in all_methods():
            what = f"This finding is of a method that this version does not know: {method}."
            self._state.change(
                notice=Notice(
                    what,
                    "The pair is shown with second-order attributions; the finding keeps its numbers.",
                    kind="note",
                )
            )
            return
        if method == OURS and not compare_controller.is_open:
            self._compare(finding, explanation)
            return
        compare_controller.choose((*compare_controller.methods, method))
        compare_controller.open()
        pane = next(one for one in compare_controller.panes if one.key == PaneKey(method))
        self._active_pane.enlarge(pane)
        self._pending_pane = finding, pane
        self._on_followed()

    def _on_followed(self) -> None:
        """Compare the answer of the pane; stop waiting where it fails or shows something else."""
        if self._pending_pane is None:
            return
        finding, pane = self._pending_pane
        scene = pane.scene
        if scene.answer is not None and self._compare_controller.is_answered(pane):
            self._pending_pane = None
            if scene.selection == finding.view.selection and scene.answer.caption.text == finding.view.caption:
                self._compare(finding, scene.answer)
        elif pane not in self._compare_controller.panes or pane.status.kind in ("failed", "stopped"):
            self._pending_pane = None

    def _compare(self, finding: Finding, answer: Answer) -> None:
        """Report whether view and numbers are still those of the finding."""
        self.restored.emit(finding.id)
        before, selection = finding.view, finding.view.selection
        now = make_view(answer, selection, picture=before.picture, picture_sha256=before.picture_sha256)
        explanation = self._state.explanation
        numbers = make_numbers(answer, selection, None if explanation is None else explanation.score)
        changes = (*describe_changes(before, now), *describe_differences(finding.numbers, numbers))
        if changes:
            what = f"Differs from the finding of {finding.created[:10]}: {'; '.join(changes)}."
            self._state.change(notice=Notice(what, "Its note and numbers are kept as they were.", kind="note"))


def _settings_of(finding: Finding, state: State) -> tuple[ModelChoice, ExplainSettings]:
    """Return model and settings of a finding; those on screen where it lacks them."""
    stored = finding.view.settings
    if not (isinstance(stored.get("choice"), dict) and isinstance(stored.get("how"), dict)):
        return state.provenance.choice, state.provenance.explain_settings
    choice = read_back(stored["choice"], ModelChoice(""))
    if not (choice.name or choice.checkpoint):
        choice = state.provenance.choice
    return replace(choice, device=state.choice.device), read_back(stored["how"], ExplainSettings())
