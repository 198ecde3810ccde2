"""Findings that come back: their view on screen again, and whether their numbers are still the same."""

from contextlib import suppress

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.method_registry import OURS, all_methods
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.values.answers import Answer
from exclip_desktop.core.values.finding import Finding, describe_changes, describe_differences, make_numbers, make_view
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.compare.active_pane import ActivePane
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.compare.pane import Pane, PaneKey
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.state import Notice, State
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
        parent: QObject | None = None,
    ) -> None:
        """Bring back findings of the open one of ``projects``."""
        super().__init__(parent)
        self._state, self._explain_controller, self._projects = state, explain_controller, projects
        self._compare_controller, self._active_pane = compare_controller, active_pane
        self._asked: tuple[Finding, str, ModelChoice] | None = None  # until its pair is explained
        self._awaited: tuple[Finding, Pane] | None = None  # until its pane has an answer
        # A pair that is remembered comes back as the same explanation: only the picture is another then.
        state.canvas_picture_changed.connect(self._on_explained)
        state.answer_changed.connect(self._on_explained)
        state.notice_changed.connect(self._on_notice_changed)
        compare_controller.followed.connect(self._on_followed)

    def restore(self, finding: Finding) -> None:
        """Show a finding's view again, and say whether its numbers differ now."""
        project = self._projects.project
        if project is None:
            return
        path = project.path_of(finding.view.picture)
        if not is_file(path):
            self._explain_controller.show_error(
                PictureError(
                    f"The picture of this finding is gone: {path}.", "Put it back there, or remove the finding."
                )
            )
            return
        choice, settings = _asked(finding, self._state)
        self._asked, self._awaited = (finding, str(path), choice), None
        self._explain_controller.restore(
            str(path), finding.view.caption, choice, settings, selection=finding.view.selection
        )

    def cancel(self) -> None:
        """Wait for nothing more; what is on screen stays."""
        self._asked = self._awaited = None

    def _on_notice_changed(self) -> None:
        notice = self._state.notice
        if notice is not None and notice.kind == "error":  # the pair could not be explained
            self._asked = None

    def _on_explained(self) -> None:
        """Go on with what was asked for, once it is there."""
        state = self._state
        if self._asked is None or state.explanation is None or state.canvas_picture is None:
            return
        finding, path, choice = self._asked
        there = state.canvas_picture.path, state.explanation.caption.text, state.provenance.choice
        if there == (path, finding.view.caption, choice):
            self._asked = None
            self._show(finding, state.explanation)

    def _show(self, finding: Finding, explanation: Answer) -> None:
        """Look at the finding's method; the canvas alone shows ours, too."""
        method, compare_controller = finding.view.method, self._compare_controller
        if method not in all_methods():
            what = f"This finding is of a method that this version does not know: {method}."
            self._state.change(notice=Notice(what, "Our own shows its pair; its numbers were kept.", kind="note"))
            return
        if method == OURS and not compare_controller.is_open:
            self._compare(finding, explanation)
            return
        compare_controller.choose((*compare_controller.methods, method))
        compare_controller.open()
        pane = next(one for one in compare_controller.panes if one.key == PaneKey(method))
        self._active_pane.enlarge(pane)
        self._awaited = finding, pane
        self._on_followed()

    def _on_followed(self) -> None:
        """Compare what a pane answers; one that fails, or is used for something else, is waited for no more."""
        if self._awaited is None:
            return
        finding, pane = self._awaited
        scene = pane.scene
        if scene.answer is not None and self._compare_controller.is_answered(pane):
            self._awaited = None
            if scene.selection == finding.view.selection and scene.answer.caption.text == finding.view.caption:
                self._compare(finding, scene.answer)
        elif pane not in self._compare_controller.panes or pane.status.kind in ("failed", "stopped"):
            self._awaited = None

    def _compare(self, finding: Finding, answer: Answer) -> None:
        """Say whether the finding shows what it showed."""
        self.restored.emit(finding.id)
        before, selection = finding.view, finding.view.selection
        now = make_view(answer, selection, picture=before.picture, picture_sha256=before.picture_sha256)
        explanation = self._state.explanation
        numbers = make_numbers(answer, selection, None if explanation is None else explanation.score)
        told = (*describe_changes(before, now), *describe_differences(finding.numbers, numbers))
        if told:
            what = f"Not what was noted on {finding.created[:10]}: {'; '.join(told)}."
            self._state.change(notice=Notice(what, "Its note and numbers are kept as they were.", kind="note"))


def _asked(finding: Finding, state: State) -> tuple[ModelChoice, ExplainSettings]:
    """Return model and settings of a finding; of one that lacks them, those of the screen."""
    choice, settings = state.provenance.choice, state.provenance.explain_settings
    with suppress(KeyError, TypeError):
        choice = ModelChoice(**{**finding.view.settings["choice"], "device": state.choice.device})
        settings = ExplainSettings.from_dict(finding.view.settings["how"])
    return choice, settings
