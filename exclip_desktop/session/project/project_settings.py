"""The settings of a project: saved in its file when they change, and restored when it is opened."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from PySide6.QtCore import QObject

from exclip_desktop.core.values.pair_list import Arrangement
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.state import State
from exclip_desktop.session.window_settings import Limits, read_back
from exclip_desktop.session.worker.requests import ExplainRequest, Failure, ModelChoice
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.project.project import load_settings, save_setting

MODEL, LIST, RANGE = "model", "list", "range"


@dataclass(frozen=True, slots=True)
class ProjectModel:
    """A model, without a device, and the settings it explains with."""

    choice: ModelChoice
    settings: ExplainSettings

    def to_values(self) -> dict[str, Any]:
        """Return the value of the project's setting ``model``; its keys are the file format's."""
        return {"choice": asdict(self.choice), "how": asdict(self.settings)}


class ProjectSettings(QObject):
    """Saves model, explain settings, list arrangement and locked colour range in the project that a person chose.

    What cannot be restored, such as a model that is not on this computer, stays in the file until something else is
    chosen. Device and appearance belong to the computer and the person: the window's settings hold them.
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
        self._stored: dict[str, Any] = {}  # the values in the file
        self._last_values: dict[str, Any] = {}  # the window's values at the last look
        projects.changed.connect(self._restore)
        state.answer_changed.connect(self._save_model)
        state.view_changed.connect(lambda: self._save(RANGE, self._limits))
        navigation.order_changed.connect(self._save_arrangement)
        worker.failed.connect(self._on_failed)

    @property
    def _limits(self) -> Limits:
        view = self._state.view
        return Limits(view.picture_limit, view.words_limit)

    @property
    def _model(self) -> ProjectModel:
        provenance = self._state.provenance
        return ProjectModel(replace(provenance.choice, device=None), provenance.explain_settings)

    def _restore(self) -> None:
        """Apply the project's settings; those it lacks stay."""
        state, navigation = self._state, self._navigation
        chosen = self._projects.chosen_project is not None
        self._stored = _read_settings(self._projects.read(load_settings, dict[str, Any]())) if chosen else {}
        self._last_values = {LIST: Arrangement(), RANGE: Limits()} | self._stored
        if MODEL in self._stored:  # else what explains is kept when it next does
            self._last_values[MODEL] = self._model
        if self._stored:  # else it is a new one, which takes the open list in as it is
            navigation.arrange(self._stored.get(LIST, Arrangement()))
        if RANGE in self._stored:
            state.change(view=replace(state.view, **asdict(self._stored[RANGE])))
        request = self._stored_request
        if request is not None and request != (state.choice, state.explain_settings):
            state.change(choice=request[0], explain_settings=request[1])
            self._explain_controller.request_explanation()

    @property
    def _stored_request(self) -> tuple[ModelChoice, ExplainSettings] | None:
        """The model and the settings that the project says, on this computer's device; None where it says none."""
        stored: ProjectModel | None = self._stored.get(MODEL)
        return None if stored is None else (replace(stored.choice, device=self._state.choice.device), stored.settings)

    def _save_model(self) -> None:
        now, stored, facts = self._model, self._stored.get(MODEL), self._state.facts
        if self._state.explanation is None or facts is None:
            return
        if stored is not None and now == replace(stored, settings=facts.fitted(stored.settings)):
            self._last_values[MODEL] = now  # as the file says, as far as the model has it
        self._save(MODEL, now)

    def _save_arrangement(self) -> None:
        if self._navigation.is_project_list:
            self._save(LIST, self._navigation.arrangement)

    def _save(self, name: str, now: Any) -> None:
        """Write a setting if it has changed."""
        project = self._projects.chosen_project
        if project is None or project.read_only:
            return
        if name not in self._last_values or now not in (self._last_values[name], self._stored.get(name)):
            self._stored[name] = now
            values = now.to_values() if isinstance(now, ProjectModel) else asdict(now)
            self._projects.attempt(lambda: save_setting(project, name, values))
        self._last_values[name] = now

    def _on_failed(self, failure: Failure) -> None:
        """Say whose settings they were that cannot be used; ``explain_controller`` has taken them back."""
        project, request, notice = self._projects.chosen_project, failure.request, self._state.notice
        if project is None or notice is None or failure.of_pair or not isinstance(request, ExplainRequest):
            return
        state, provenance = self._state, self._state.provenance
        taken_back = (state.choice, state.explain_settings) == (provenance.choice, provenance.explain_settings)
        if taken_back and (request.choice, request.explain_settings) == self._stored_request != (
            provenance.choice,
            provenance.explain_settings,
        ):
            message = f"The settings of {project.path.name} cannot be used: {failure.message}"
            state.change(notice=replace(notice, message=message, hint=failure.hint))


def _read_settings(stored: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that are kept here, of those that a project has."""
    settings: dict[str, Any] = {}
    if isinstance(stored.get(LIST), dict):
        settings[LIST] = read_back(stored[LIST], Arrangement())
    if isinstance(stored.get(RANGE), dict):
        settings[RANGE] = read_back(stored[RANGE], Limits())
    method = stored.get(MODEL)
    if isinstance(method, dict):
        choice = read_back(method.get("choice"), ModelChoice(""))
        if choice.name or choice.checkpoint:
            settings[MODEL] = ProjectModel(
                replace(choice, device=None), read_back(method.get("how"), ExplainSettings())
            )
    return settings
