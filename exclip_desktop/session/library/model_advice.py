"""Advises another model when the bundled one, which knows drawn scenes only, explains a person's own picture."""

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import Final

from PySide6.QtCore import QObject, Signal

from exclip_desktop.session.library.library import Library
from exclip_desktop.session.library.model_listing import ListedModel
from exclip_desktop.session.state import State
from exclip_desktop.session.window_settings import DismissedNotices
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.samples import is_sample, is_scene

NOTICE: Final = "model_advice"
RECOMMENDED: Final = (("ViT-B-16", "openai"), ("ViT-L-14", "openai"), ("ViT-B-16-SigLIP2", "webli"))
"""Small, larger, and of another family: names and tags, the first is offered first."""
NEEDS_TRANSFORMERS: Final = ("ViT-B-16-SigLIP2",)


class ModelAdvice(QObject):
    """Decides whether to advise, and uses, downloads and remembers what the person chooses.

    Signals:
        changed(): ``is_due`` may have changed.
    """

    changed = Signal()

    def __init__(
        self,
        state: State,
        library: Library,
        dismissed: DismissedNotices,
        choose_model: Callable[[ModelChoice], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._library, self._dismissed, self._choose = state, library, dismissed, choose_model
        for signal in (state.canvas_picture_changed, state.choice_changed, state.transfer_changed):
            signal.connect(self.changed)

    @property
    def is_due(self) -> bool:
        """Whether to advise now: never again after ``dismiss``, and not during a download."""
        picture = self._state.canvas_picture
        if picture is None or NOTICE in self._dismissed or self._state.transfer is not None:
            return False
        bundled = replace(self._state.choice, device=None) == ModelChoice()
        return bundled and (picture.path is None or not (is_sample(picture.path) or is_scene(picture.path)))

    def use(self, choice: ModelChoice, remember: bool = True) -> None:
        """Explain by a model on this computer; ``remember``: the window opens with it from now on."""
        if remember:
            self._library.set_default(choice)
        self._choose(replace(choice, device=self._state.choice.device))

    def download(self, model: ListedModel, remember: bool = True) -> None:
        """Download a model and explain by it; a download that was interrupted is continued."""
        self._library.download(model, lambda fetched: self.use(fetched.choice, remember))

    def dismiss(self) -> None:
        """Do not advise again."""
        self._dismissed.add(NOTICE)
        self.changed.emit()


def list_local(models: tuple[ListedModel, ...]) -> tuple[ListedModel, ...]:
    """Return the usable models on this computer, the recommended ones first, the bundled one last."""
    usable = [model for model in models if model.is_usable]
    return tuple(
        sorted(usable, key=lambda model: (model.place == "bundled", (model.name, model.tag) not in RECOMMENDED))
    )


def list_recommended(models: tuple[ListedModel, ...]) -> tuple[ListedModel, ...]:
    """Return the recommended models that can be downloaded, in their order."""
    lacking = NEEDS_TRANSFORMERS if find_spec("transformers") is None else ()
    fetchable = {(model.name, model.tag): model for model in models if model.is_fetchable and model.name not in lacking}
    return tuple(fetchable[key] for key in RECOMMENDED if key in fetchable)
