"""Settings saved between starts: drawing, method, device, recent pictures, geometry; checked when read back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, get_type_hints

import msgspec
from PySide6.QtCore import QByteArray, QObject, Signal

from exclip_desktop.core.maths.colour import COLOUR_MAPS
from exclip_desktop.core.maths.picture_parts import FEWEST_PARTS, MOST_PARTS, PARTS_METHODS
from exclip_desktop.core.maths.similar_patches import SIMILARITIES
from exclip_desktop.core.method_registry import OURS, all_methods
from exclip_desktop.core.paths import is_dir
from exclip_desktop.core.values.pair_list import Arrangement
from exclip_desktop.core.values.settings import (
    FRAMINGS,
    MOST_STEPS,
    OWN_STEPS,
    PRECISIONS,
    TEXT_REFERENCES,
    ExplainSettings,
)
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.parts.parts_settings import PartsSettings
from exclip_desktop.session.saved_places import RecentPaths, SavedPlaces
from exclip_desktop.session.settings_file import SettingsFile, ThemeChoice
from exclip_desktop.session.worker.requests import ModelChoice

Positive = Annotated[float, msgspec.Meta(gt=0, le=1e300)]
Fraction = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
AnyLayer = Annotated[int, msgspec.Meta(ge=-10_000, le=10_000)] | Literal["pool"]


def one_of(names: Iterable[str]) -> Any:
    """Return the type of a text that is one of ``names``."""
    return Literal[tuple(names)]


BOUNDS: Final[dict[str, Any]] = {
    "colours": one_of(COLOUR_MAPS),
    "opacity": Share,
    "image_layer": AnyLayer | None,
    "text_layer": AnyLayer | None,
    "quadrature": one_of(OWN_STEPS),
    "steps": Annotated[int, msgspec.Meta(ge=1, le=MOST_STEPS)] | None,
    "text_reference": one_of(TEXT_REFERENCES),
    "framing": one_of(FRAMINGS),
    "precision": one_of(PRECISIONS),
    "picture_limit": Positive | None,
    "words_limit": Positive | None,
    "tolerance": Fraction | None,
    "similarity": one_of(SIMILARITIES),
    "method": one_of(PARTS_METHODS),
    "count": Annotated[int, msgspec.Meta(ge=FEWEST_PARTS, le=MOST_PARTS)],
}
"""Fields whose values are restricted further than their types say."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Locked ends of the two colour ranges; None: automatic."""

    picture_limit: float | None = None
    words_limit: float | None = None


T = TypeVar("T", View, ExplainSettings, ModelChoice, Arrangement, Limits, PartsSettings)


def read_back(values: Any, default: T, report: Callable[[str], object] = lambda _: None) -> T:
    """Return saved settings; fields that are missing or have another type keep the value of ``default``.

    ``report`` is called with the name of each field that was refused.
    """
    if not isinstance(values, dict):
        return default
    valid: dict[str, Any] = {}
    for name, kind in _types_of(type(default)).items():
        if name in values:
            try:
                valid[name] = msgspec.convert(values[name], kind)
            except (msgspec.ValidationError, OverflowError):
                report(name)
    return replace(default, **valid)


def _types_of(kind: type[Any]) -> dict[str, Any]:
    return {**get_type_hints(kind), **{name: bound for name, bound in BOUNDS.items() if name in kind.__annotations__}}


USUAL_METHODS = (OURS, "grad-eclip", "rollout", "grad-cam", "game", "maskclip", "clip-surgery", "m2ib", "itsm")


class SavedGeometry:
    """Sizes and positions of windows and splitters, as Qt saves them."""

    def __init__(self, store: SettingsFile) -> None:
        """Save them in ``store``."""
        self._store = store

    def get(self, name: str) -> QByteArray:
        """Return the saved geometry of a window or splitter; empty if there is none."""
        return QByteArray(self._store.read_geometry(name))

    def put(self, name: str, geometry: QByteArray) -> None:
        """Save a geometry."""
        self._store.write_geometry(name, bytes(geometry.data()))


class Appearance(QObject):
    """How the window looks: its theme and its hidden panels.

    Signals:
        theme_changed(): another theme was chosen.
    """

    theme_changed = Signal()

    def __init__(self, store: SettingsFile) -> None:
        """Save it in ``store``."""
        super().__init__()
        self._store = store

    def theme(self) -> ThemeChoice:
        """Return the chosen theme."""
        choice: ThemeChoice = self._store.read("theme") or "system"
        return choice

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Save the theme and apply it."""
        if choice != self.theme():
            self._store.write("theme", choice)
            self.theme_changed.emit()

    def hidden_panels(self) -> tuple[str, ...] | None:
        """Return the keys of the panels that the person has hidden; None: nothing was decided."""
        value = self._store.read("hidden_panels")
        return None if value is None else tuple(value)

    def save_hidden_panels(self, keys: tuple[str, ...]) -> None:
        """Save the hidden panels."""
        self._store.write("hidden_panels", keys)


class Annotating:
    """How boxes are drawn and pairs are annotated."""

    def __init__(self, store: SettingsFile) -> None:
        """Save it in ``store``."""
        self._store = store

    def prompts_label(self) -> bool | None:
        """Return whether each new box is named at once; None: not decided."""
        value: bool | None = self._store.read("prompts_label")
        return value

    def save_prompts_label(self, on: bool) -> None:
        """Save whether each new box is named at once."""
        self._store.write("prompts_label", on)

    @property
    def goes_on(self) -> bool:
        """Whether the next pair is shown after a rating."""
        return self._store.read("rating_goes_on") is True

    def save_goes_on(self, goes_on: bool) -> None:
        """Save whether the next pair is shown after a rating."""
        self._store.write("rating_goes_on", goes_on)

    def keys(self) -> dict[str, str]:
        """Return the keys that the person chose for actions, by the action's name; the others keep their own."""
        return dict(self._store.read("rating_keys") or {})

    def save_keys(self, keys: Mapping[str, str]) -> None:
        """Save the keys of actions that differ from the action table."""
        self._store.write("rating_keys", dict(keys))


class SavedParts:
    """How patches of a picture are compared and grouped."""

    def __init__(self, store: SettingsFile) -> None:
        """Save it in ``store``."""
        self._store = store

    def read(self) -> PartsSettings:
        """Return the last choices."""
        return read_back(
            self._store.read("parts"), PartsSettings(), lambda field: self._store.faults.add(f"parts.{field}")
        )

    def save(self, settings: PartsSettings) -> None:
        """Save the choices."""
        self._store.write("parts", asdict(settings), soon=True)


class DismissedNotices:
    """Notices that the person has closed and that are not shown again, by name."""

    def __init__(self, store: SettingsFile) -> None:
        """Save the names in ``store``."""
        self._store = store

    def __contains__(self, name: str) -> bool:
        return name in (self._store.read("dismissed") or ())

    def add(self, name: str) -> None:
        """Do not show the notice again."""
        if name not in self:
            self._store.write("dismissed", [*(self._store.read("dismissed") or ()), name])


class Settings:
    """The saved settings; a value that the schema refuses counts as missing, see ``problem``.

    Attributes:
        recent_pictures, recent_sources: paths of the pictures, and of the projects and lists, that were opened last.
        places: the pair that was left in each list and project.
        geometry: sizes and positions of windows and splitters.
        appearance: theme and hidden panels.
        annotating: how boxes are drawn and pairs are rated.
        dismissed: notices that are not shown again.
        parts: how patches are compared and grouped.
    """

    def __init__(self, store: SettingsFile) -> None:
        """Read from and write to ``store``."""
        self._store = store
        self.appearance, self.annotating = Appearance(self._store), Annotating(self._store)
        self.dismissed, self.parts = DismissedNotices(self._store), SavedParts(self._store)
        self.recent_pictures = RecentPaths(self._store, "recent")
        self.recent_sources = RecentPaths(self._store, "recent_sources")
        self.places, self.geometry = SavedPlaces(store), SavedGeometry(store)

    def flush(self) -> None:
        """Write what is to be written soon."""
        self._store.flush()

    def problem(self) -> str:
        """Return a sentence on the values or the file that could not be read; empty if there are none."""
        self.view(), self.explain_settings(), self.parts.read(), self.default_model(), self.added_models()
        if self._store.problem or not self._store.faults:
            return self._store.problem
        names = ", ".join(sorted(self._store.faults))
        return f"Saved settings that could not be read have their defaults: {names}. The file is {self._store.path}."

    def _read_back(self, name: str, default: T) -> T:
        return read_back(self._store.read(name), default, lambda field: self._store.faults.add(f"{name}.{field}"))

    def view(self) -> View:
        """Return how heat was drawn last; locked ranges, which belong to one comparison, and tools are not saved."""
        return self._read_back("view", View())

    def save_view(self, view: View) -> None:
        """Save how heat is drawn."""
        unsaved = {"picture_limit": None, "words_limit": None, "tool": View().tool, "subtract": False}
        self._store.write("view", {**asdict(view), **unsaved}, soon=True)

    def explain_settings(self) -> ExplainSettings:
        """Return the settings that the default model explained with last; layers belong to one model."""
        return self._read_back("how", ExplainSettings())

    def save_explain_settings(self, settings: ExplainSettings) -> None:
        """Save the settings."""
        self._store.write("how", asdict(settings))

    def device(self) -> str | None:
        """Return the device chosen last; None: the best available one."""
        value: str | None = self._store.read("device")
        return value

    def save_device(self, device: str | None) -> None:
        """Save the device."""
        self._store.write("device", device)

    def default_model(self) -> ModelChoice:
        """Return the model that the window opens with, without a device."""
        return self._read_back("default_model", ModelChoice())

    def save_default_model(self, choice: ModelChoice) -> None:
        """Save the default model."""
        self._store.write("default_model", asdict(choice))

    def added_models(self) -> tuple[ModelChoice, ...]:
        """Return the folders and files that the person added, newest first."""
        value = self._store.read("added_models")
        report = partial(self._store.faults.add, "added_models")
        known = [read_back(one, ModelChoice(""), lambda _: report()) for one in value or ()]
        return tuple(one for one in known if one.name or one.checkpoint)

    def save_added_models(self, choices: tuple[ModelChoice, ...]) -> None:
        """Save the added folders and files."""
        self._store.write("added_models", [asdict(choice) for choice in choices])

    def studies_folder(self) -> Path | None:
        """Return the folder that the person chose for studies; None: no folder was chosen, or it no longer exists."""
        value = self._store.read("studies_folder")
        return Path(value) if value is not None and is_dir(Path(value)) else None

    def save_studies_folder(self, folder: Path) -> None:
        """Save the folder for studies."""
        self._store.write("studies_folder", str(folder))

    def methods(self) -> tuple[str, ...]:
        """Return the keys of the methods compared last; at first nine that work on every transformer."""
        value = self._store.read("methods")
        known = () if value is None else tuple(key for key in all_methods() if key in value)
        return known or USUAL_METHODS

    def save_methods(self, methods: tuple[str, ...]) -> None:
        """Save the compared methods."""
        self._store.write("methods", methods)
