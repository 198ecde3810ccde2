"""Paths that were opened last, and the pair that was left in each list; checked when read back."""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import msgspec

from exclip_desktop.core.errors import OutputError, SettingsError
from exclip_desktop.core.inputs.json_documents import JsonError, decode_json
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE, read_regular
from exclip_desktop.core.paths import is_dir, is_file
from exclip_desktop.session.settings_file import SettingsFile, StartChoice
from exclip_desktop.storage.atomic import write_atomically

RECENT: Final = 12
LEFT_PLACES: Final = 40
START_CHOICES: Final[Mapping[StartChoice, str]] = {
    "offer": "Offer to continue where you were",
    "resume": "Continue where you were",
    "sample": "Show a sample",
}
"""What the window does at its start: the saved word, and the text in the Settings dialog."""


class RecentPaths:
    """Paths that were opened last, of one kind."""

    def __init__(self, store: SettingsFile, name: str) -> None:
        """Save the list in ``store`` under ``name``."""
        self._store, self._name = store, name

    def paths(self) -> list[str]:
        """Return the paths, newest first; some may exist no longer."""
        return [path for path in self._store.read(self._name) or () if path][:RECENT]

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
    """The pair that was left in each list and project, in a file of its own: it changes with every step of a walk."""

    def __init__(self, store: SettingsFile) -> None:
        """Save them beside the file of ``store``."""
        self._store, self._path = store, places_path(store)

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

    def start_choice(self) -> StartChoice:
        """Return what the window does at its start, a key of ``START_CHOICES``."""
        choice: StartChoice = self._store.read("start") or "offer"
        return choice

    def save_start_choice(self, choice: str) -> None:
        """Save what the window does at its start."""
        self._store.write("start", choice)

    def _read(self) -> list[LeftPair]:
        try:
            value = decode_json(read_regular(self._path, CONFIG_FILE, SettingsError))
        except (SettingsError, JsonError):
            return []
        places = []
        for one in value if isinstance(value, list) else []:
            with suppress(msgspec.ValidationError):
                places.append(msgspec.convert(one, LeftPair))
        return [one for one in places if one.source or one.picture]


def places_path(store: SettingsFile) -> Path:
    """Return the file of the places, beside that of the settings."""
    return store.path.with_name(f"{store.path.stem}-places.json")
