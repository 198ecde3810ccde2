"""The file of the saved settings: plain JSON values by name, each checked against one schema when it is read.

A value that the schema refuses counts as missing. No value is ever decoded into anything but text, numbers, lists and
mappings: a settings file cannot run code.
"""

import base64
import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from platformdirs import user_config_path
from PySide6.QtCore import QCoreApplication, QTimer

from exclip_desktop.core.errors import OutputError, SettingsError
from exclip_desktop.core.inputs.json_documents import JsonError, check_document, decode_json
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE, read_regular
from exclip_desktop.core.paths import is_file
from exclip_desktop.session.qt_settings import read_qt_settings
from exclip_desktop.storage.atomic import write_atomically

ThemeChoice = Literal["system", "light", "dark"]
StartChoice = Literal["offer", "resume", "sample"]
Text = Annotated[str, msgspec.Meta(max_length=32_768)]
Texts = Annotated[list[Text], msgspec.Meta(max_length=10_000)]
Fields = dict[str, Any]
Base64 = Annotated[str, msgspec.Meta(max_length=100_000, pattern="^[A-Za-z0-9+/]*=?=?$")]

GEOMETRY: Final = "shape/"
"""The names of saved sizes and positions of windows and splitters begin so; their values are base64."""

SCHEMA: Final[Mapping[str, Any]] = {
    "theme": ThemeChoice,
    "start": StartChoice,
    "hidden_panels": Texts,
    "prompts_label": bool,
    "rating_goes_on": bool,
    "rating_keys": dict[Text, Text],
    "dismissed": Texts,
    "recent": Texts,
    "recent_sources": Texts,
    "view": Fields,
    "how": Fields,
    "parts": Fields,
    "device": Text | None,
    "default_model": Fields,
    "added_models": Annotated[list[Fields], msgspec.Meta(max_length=10_000)],
    "studies_folder": Text,
    "methods": Texts,
}
"""Every saved value by its name. ``read_back`` checks the fields of ``view``, ``how``, ``parts`` and models."""

SOON_MS: Final = 300
_log = logging.getLogger(__name__)


class SettingsFile:
    """Values by name in a JSON file; a change is written at once, or soon. Used in the GUI thread.

    Several programs may share the file: a change keeps what the others have written since.

    Attributes:
        path: the file.
        faults: names of the values that were refused; a name with a point is a field, such as ``view.opacity``.
        problem: why the whole file could not be read, a sentence; empty where it could, or where there is none.

    """

    def __init__(self, path: Path, older: Path | None = None) -> None:
        """Read the file at ``path``; where there is none, the settings file ``older`` that version 0.3.0 wrote."""
        self.path, self.problem = path, ""
        self.faults: set[str] = set()
        self._is_writable = True
        self._waiting: dict[str, Any] = {}  # to be written soon
        self._seen = _stamp(path)
        if self._seen is None and older is not None and is_file(older):
            self._values = self._keep_valid(read_qt_settings(older))
        else:
            self._values = self._read() or {}

    def read(self, name: str) -> Any:
        """Return a saved value; None if it is missing or was refused."""
        return self._values.get(name)

    def write(self, name: str, value: Any, *, soon: bool = False) -> None:
        """Save a JSON value; where the file cannot be written, that is logged once.

        ``soon``: within ``SOON_MS``, for a value that changes with every step of a drag.
        """
        value = json.loads(json.dumps(value))  # tuples become lists, as they come back
        if name in self._values and self._values[name] == value:
            return
        if self._seen != _stamp(self.path):  # another program has written it
            self._values = (self._read() or self._values) | self._waiting
        self._values[name] = value
        if not soon or QCoreApplication.instance() is None:
            self._save()
            return
        if not self._waiting:
            QTimer.singleShot(SOON_MS, self.flush)
        self._waiting[name] = value

    def flush(self) -> None:
        """Write what is to be written soon."""
        if not self._waiting:
            return
        if self._seen != _stamp(self.path):
            self._values = (self._read() or self._values) | self._waiting
        self._save()

    def read_geometry(self, name: str) -> bytes:
        """Return the saved size and position of a window or splitter; empty if there is none."""
        return base64.b64decode(self._values.get(GEOMETRY + name, ""))

    def write_geometry(self, name: str, geometry: bytes) -> None:
        """Save a size and position, soon: a window that closes saves several."""
        self.write(GEOMETRY + name, base64.b64encode(geometry).decode(), soon=True)

    def _save(self) -> None:
        self._waiting.clear()
        data = json.dumps(self._values, indent=1).encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, lambda file: file.write(data), durable=False)
        except (OutputError, OSError) as error:
            if self._is_writable:
                _log.warning("Settings are not saved: %s", error)
            self._is_writable = False
        self._seen = _stamp(self.path)

    def _read(self) -> dict[str, Any] | None:
        """Return the file's valid values; None where there is none that can be read: a damaged one is renamed."""
        self._seen = _stamp(self.path)
        if self._seen is None:
            return None
        try:
            value = decode_json(read_regular(self.path, CONFIG_FILE, SettingsError))
            return self._keep_valid(check_document(value, Fields, self.path.name, SettingsError, ""))
        except (SettingsError, JsonError) as error:
            damaged = self.path.with_name(f"{self.path.stem}-damaged{self.path.suffix}")
            with suppress(OSError):
                os.replace(self.path, damaged)
            reason = error.message if isinstance(error, SettingsError) else f"{error}."
            self.problem = (
                f"The settings in {self.path} could not be read and have their defaults ({damaged.name} keeps "
                f"the file): {reason}"
            )
            return None

    def _keep_valid(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values without those that the schema refuses; unknown ones are of a newer version, and stay."""
        valid = {}
        for name, value in values.items():
            kind = Base64 if name.startswith(GEOMETRY) else SCHEMA.get(name, Any)
            try:
                valid[name] = msgspec.to_builtins(msgspec.convert(value, kind))
                if kind is Base64:
                    base64.b64decode(value, validate=True)
            except (msgspec.ValidationError, ValueError):
                valid.pop(name, None)
                self.faults.add(name)
        return valid


def settings_path() -> Path:
    """Return the file of the settings in the user's folder for settings."""
    return user_config_path("exclip_desktop", appauthor=False) / "exclip_desktop.json"


def qt_settings_path() -> Path:
    """Return the settings file of version 0.3.0 on Linux; elsewhere it had none."""
    return settings_path().with_suffix(".conf")


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file is replaced; None where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
