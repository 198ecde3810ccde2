"""The settings of a project: kept in its file as they change, and there again when it is opened."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from PySide6.QtCore import QObject

from exclip_desktop.core.values.pair_figures import Arrangement
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.json_settings import Limits, read_back
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.state import State
from exclip_desktop.session.worker.requests import ExplainRequest, Failure, ModelChoice
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.project.project import load_settings, save_setting

MODEL, LIST, RANGE = "model", "list", "range"


@dataclass(frozen=True, slots=True)
class ProjectModel:
    """A model, without a device, and the settings it explains with."""

    choice: ModelChoice
    settings: ExplainSettings

    def as_plain(self) -> dict[str, Any]:
        """Return the value of the project's setting ``model``; its keys are the file format's."""
        return {"choice": asdict(self.choice), "how": asdict(self.settings)}


class ProjectSettings(QObject):
    """Keeps what explained last, the list's arrangement and the locked range in the project that a person chose.

    What cannot be restored, such as a model that is not on this computer, stays in the file until something else is
    chosen. The device is the computer's, and what else is chosen about looks the person's; both are in ``Settings``.
    """

    def __init__(
        self,
        state: State,
        worker: Worker,
        explain_controller: ExplainController,
        navigation: PairNavigation,
        projects: Projects,
        parent: QObject | None = None,
    ) -> None:
        """Follow ``state`` and the list; ask again by ``explain_controller``."""
        super().__init__(parent)
        self._state, self._explain_controller, self._navigation, self._projects = (
            state,
            explain_controller,
            navigation,
            projects,
        )
        self._told: dict[str, Any] = {}  # what the file says
        self._seen: dict[str, Any] = {}  # what there was in the window when it was looked at last
        projects.changed.connect(self._restore)
        state.answer_changed.connect(self._keep_method)
        state.view_changed.connect(lambda: self._keep(RANGE, self._limits))
        navigation.order_changed.connect(self._keep_arrangement)
        worker.failed.connect(self._on_failed)

    @property
    def _limits(self) -> Limits:
        view = self._state.view
        return Limits(view.picture_limit, view.words_limit)

    @property
    def _method(self) -> ProjectModel:
        provenance = self._state.provenance
        return ProjectModel(replace(provenance.choice, device=None), provenance.explain_settings)

    def _restore(self) -> None:
        """Take what the project says; what it says nothing of stays."""
        state, navigation = self._state, self._navigation
        chosen = self._projects.chosen is not None
        self._told = _read_back(self._projects.read(load_settings, dict[str, Any]())) if chosen else {}
        self._seen = {LIST: Arrangement(), RANGE: Limits()} | self._told
        if MODEL in self._told:  # else what explains is kept when it next does
            self._seen[MODEL] = self._method
        if self._told:  # else it is a new one, which takes the open list in as it is
            navigation.arrange(self._told.get(LIST, Arrangement()))
        if RANGE in self._told:
            state.change(view=replace(state.view, **asdict(self._told[RANGE])))
        asked = self._asked
        if asked is not None and asked != (state.choice, state.explain_settings):
            state.change(choice=asked[0], explain_settings=asked[1])
            self._explain_controller.request_explanation()

    @property
    def _asked(self) -> tuple[ModelChoice, ExplainSettings] | None:
        """The model and the settings that the project says, on this computer's device; None where it says none."""
        told: ProjectModel | None = self._told.get(MODEL)
        return None if told is None else (replace(told.choice, device=self._state.choice.device), told.settings)

    def _keep_method(self) -> None:
        now, told, facts = self._method, self._told.get(MODEL), self._state.facts
        if self._state.explanation is None or facts is None:
            return
        if told is not None and now == replace(told, settings=facts.fitted(told.settings)):
            self._seen[MODEL] = now  # as the file says, as far as the model has it
        self._keep(MODEL, now)

    def _keep_arrangement(self) -> None:
        if self._navigation.is_project_list:
            self._keep(LIST, self._navigation.arrangement)

    def _keep(self, name: str, now: Any) -> None:
        """Write a setting that has changed."""
        project = self._projects.chosen
        if project is None or project.read_only:
            return
        if name not in self._seen or now not in (self._seen[name], self._told.get(name)):
            self._told[name] = now
            plain = now.as_plain() if isinstance(now, ProjectModel) else asdict(now)
            self._projects.attempt(lambda: save_setting(project, name, plain))
        self._seen[name] = now

    def _on_failed(self, failure: Failure) -> None:
        """Say whose settings they were that cannot be used; ``explain_controller`` has taken them back."""
        project, request, notice = self._projects.chosen, failure.request, self._state.notice
        if project is None or notice is None or failure.of_pair or not isinstance(request, ExplainRequest):
            return
        state, provenance = self._state, self._state.provenance
        taken_back = (state.choice, state.explain_settings) == (provenance.choice, provenance.explain_settings)
        if taken_back and (request.choice, request.explain_settings) == self._asked != (
            provenance.choice,
            provenance.explain_settings,
        ):
            told = f"The settings of {project.path.name} cannot be used: {failure.message}"
            state.change(notice=replace(notice, message=told, hint=failure.hint))


def _read_back(told: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that are kept here, of those that a project has."""
    found: dict[str, Any] = {}
    if isinstance(told.get(LIST), dict):
        found[LIST] = read_back(told[LIST], Arrangement())
    if isinstance(told.get(RANGE), dict):
        found[RANGE] = read_back(told[RANGE], Limits())
    method = told.get(MODEL)
    if isinstance(method, dict):
        choice = read_back(method.get("choice"), ModelChoice(""))
        if choice.name or choice.checkpoint:
            found[MODEL] = ProjectModel(replace(choice, device=None), read_back(method.get("how"), ExplainSettings()))
    return found
