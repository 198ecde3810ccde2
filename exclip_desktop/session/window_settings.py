"""Settings that are saved between starts: drawing, method, device, recent pictures, geometry of the window."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from exclip_desktop.core.method_registry import OURS, all_methods
from exclip_desktop.core.paths import is_dir
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.json_settings import T, read_back
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.worker.requests import ModelChoice

RECENT = 12
USUAL_METHODS = (*(OURS, "grad-eclip", "rollout", "grad-cam", "game", "maskclip", "clip-surgery", "m2ib", "itsm"),)


class Settings:
    """The saved settings; an unreadable value counts as missing."""

    def __init__(self, store: QSettings) -> None:
        """Read from and write to ``store``."""
        self._store = store

    def view(self) -> View:
        """Return how heat was drawn last; a locked range is not saved, because it belongs to one comparison."""
        return self._read("view", View())

    def keep_view(self, view: View) -> None:
        """Save how heat is drawn."""
        self._write("view", {**asdict(view), "picture_limit": None, "words_limit": None, "lasso": False})

    def explain_settings(self) -> ExplainSettings:
        """Return the settings that the default model explained with last; layers belong to one model."""
        return self._read("how", ExplainSettings())

    def keep_explain_settings(self, settings: ExplainSettings) -> None:
        """Save the settings."""
        self._write("how", asdict(settings))

    def device(self) -> str | None:
        """Return the device chosen last; None: the best available one."""
        value = self._read_json("device")
        return value if isinstance(value, str) else None

    def keep_device(self, device: str | None) -> None:
        """Save the device."""
        self._write("device", device)

    def default_model(self) -> ModelChoice:
        """Return the model that the window opens with, without a device."""
        return self._read("default_model", ModelChoice())

    def keep_default_model(self, choice: ModelChoice) -> None:
        """Save the default model."""
        self._write("default_model", asdict(choice))

    def added_models(self) -> tuple[ModelChoice, ...]:
        """Return the folders and files that the person added, newest first."""
        value = self._read_json("added_models")
        known = [read_back(one, ModelChoice("")) for one in (value if isinstance(value, list) else [])]
        return tuple(one for one in known if one.name or one.checkpoint)

    def keep_added(self, choices: tuple[ModelChoice, ...]) -> None:
        """Save the added folders and files."""
        self._write("added_models", [asdict(choice) for choice in choices])

    def studies_folder(self) -> Path | None:
        """Return the folder that the person chose for studies; None: no folder was chosen, or it no longer exists."""
        value = self._read_json("studies_folder")
        return Path(value) if isinstance(value, str) and is_dir(Path(value)) else None

    def keep_studies_folder(self, folder: Path) -> None:
        """Save the folder for studies."""
        self._write("studies_folder", str(folder))

    def methods(self) -> tuple[str, ...]:
        """Return the keys of the methods compared last; at first nine that work on every transformer."""
        value = self._read_json("methods")
        known = tuple(key for key in all_methods() if key in value) if isinstance(value, list) else ()
        return known or USUAL_METHODS

    def keep_methods(self, methods: tuple[str, ...]) -> None:
        """Save the compared methods."""
        self._write("methods", methods)

    def recent(self) -> list[str]:
        """Return the pictures opened last that still exist, newest first."""
        value = self._read_json("recent")
        paths = value if isinstance(value, list) else []
        return [path for path in paths if isinstance(path, str) and Path(path).is_file()]

    def add_recent(self, path: str) -> None:
        """Put a picture first in the list."""
        resolved = str(Path(path).resolve())
        self._write("recent", [resolved, *(known for known in self.recent() if known != resolved)][:RECENT])

    def forget_recent(self) -> None:
        """Clear the list."""
        self._write("recent", [])

    def shape(self, name: str) -> QByteArray:
        """Return the saved geometry of a window or splitter; empty if there is none."""
        value = self._store.value(f"shape/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep_shape(self, name: str, shape: QByteArray) -> None:
        """Save a geometry."""
        self._store.setValue(f"shape/{name}", shape)

    def _read(self, name: str, default: T) -> T:
        return read_back(self._read_json(name), default)

    def _read_json(self, name: str) -> Any:
        try:
            return json.loads(str(self._store.value(name, "null")))
        except ValueError:
            return None

    def _write(self, name: str, value: Any) -> None:
        self._store.setValue(name, json.dumps(value))
