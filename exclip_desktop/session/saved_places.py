"""Paths that were opened last, and the pair that was left in each list; checked when read back."""

import json
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from platformdirs import user_config_path
from PySide6.QtCore import QSettings

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.paths import is_dir, is_file
from exclip_desktop.storage.atomic import write_atomically

RECENT: Final = 12
LEFT_PLACES: Final = 40
START_CHOICES: Final[Mapping[str, str]] = {
    "offer": "Offer to continue where you were",
    "resume": "Continue where you were",
    "sample": "Show a sample",
}
"""What the window does at its start: the saved word, and the text in the Settings dialog."""


class JsonStore:
    """Values that are saved as JSON."""

    def __init__(self, store: QSettings) -> None:
        """Read from and write to ``store``."""
        self._store = store

    def read(self, name: str) -> Any:
        """Return a saved value; None if it is missing or unreadable."""
        try:
            return json.loads(str(self._store.value(name, "null")))
        except (ValueError, RecursionError):
            return None

    def write(self, name: str, value: Any) -> None:
        """Save a value."""
        self._store.setValue(name, json.dumps(value))


class RecentPaths:
    """Paths that were opened last, of one kind."""

    def __init__(self, store: JsonStore, name: str) -> None:
        """Save the list in ``store`` under ``name``."""
        self._store, self._name = store, name

    def paths(self) -> list[str]:
        """Return the paths, newest first; some may exist no longer."""
        value = self._store.read(self._name)
        return [path for path in (value if isinstance(value, list) else []) if isinstance(path, str) and path][:RECENT]

    def existing(self) -> list[str]:
        """Return the paths that still exist, newest first."""
        return [path for path in self.paths() if is_file(Path(path)) or is_dir(Path(path))]

    def add(self, path: str) -> None:
        """Put a path first in the list."""
        resolved = str(Path(path).resolve())
        self._store.write(self._name, [resolved, *(other for other in self.paths() if other != resolved)][:RECENT])

    def keep(self, paths: Collection[str]) -> None:
        """Remove all but ``paths``."""
        self._store.write(self._name, [path for path in self.paths() if path in paths])

    def clear(self) -> None:
        """Clear the list."""
        self._store.write(self._name, [])


@dataclass(frozen=True, slots=True)
class LeftPair:
    """The pair of a list or project that was on screen last.

    Attributes:
        source: the project, or the list's file or folder.
        pair: its id; empty: another picture was on screen.
        number: its place in the list, from 1; ``count``: the number of pairs then.
        picture, caption: what was on screen.

    """

    source: str = ""
    pair: str = ""
    number: int = 0
    count: int = 0
    picture: str = ""
    caption: str = ""


class SavedPlaces:
    """The pair that was left in each list and project; written at once, so that a killed program has saved it.

    They have a file of their own: Qt takes five times as long to write all settings.
    """

    def __init__(self, store: QSettings) -> None:
        """Save them beside the file of ``store``."""
        self._store, self._path = JsonStore(store), places_path(store)

    def last(self) -> LeftPair:
        """Return where the person was last; one without source and picture where nothing is known."""
        places = self._read()
        return places[0] if places else LeftPair()

    def of_source(self, source: Path) -> LeftPair:
        """Return the pair that was left in a list or project; one without a pair where none was."""
        return next((one for one in self._read() if one.source == str(source)), LeftPair(str(source)))

    def put(self, place: LeftPair) -> None:
        """Save where the person is, as the last place."""
        others = [one for one in self._read() if one.source != place.source]
        data = json.dumps([asdict(one) for one in (place, *others)][:LEFT_PLACES]).encode()
        with suppress(OutputError, OSError):  # the disk is full or write-protected: only the place is lost
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, lambda file: file.write(data), durable=False)

    def start_choice(self) -> str:
        """Return what the window does at its start, a key of ``START_CHOICES``."""
        value = self._store.read("start")
        return value if isinstance(value, str) and value in START_CHOICES else "offer"

    def save_start_choice(self, choice: str) -> None:
        """Save what the window does at its start."""
        self._store.write("start", choice)

    def _read(self) -> list[LeftPair]:
        try:
            value = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return []
        places = []
        for one in value if isinstance(value, list) else []:
            with suppress(msgspec.ValidationError):
                places.append(msgspec.convert(one, LeftPair))
        return [one for one in places if one.source or one.picture]


def places_path(store: QSettings) -> Path:
    """Return the file of the places, beside that of the settings; Windows has no file of settings."""
    if sys.platform == "win32" and store.format() == QSettings.Format.NativeFormat:
        return user_config_path("exclip_desktop", appauthor=False) / "places.json"
    path = Path(store.fileName())
    return path.with_name(f"{path.stem}-places.json")
