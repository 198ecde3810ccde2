"""Finds the pictures that a list names: beside it, in the usual folders, and under names that other programs escape."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.paths import DRIVE, expand_home, is_address, is_file_address, path_of_file_address
from exclip_desktop.storage.pictures import read_picture_size

USUAL_PLACES: Final = (
    *("images", "Images", "image", "imgs", "img", "data", "pictures", "photos", "JPEGImages"),
    *("flickr30k_images", "flickr30k-images", "Flicker8k_Dataset", "Flickr8k_Dataset", "flickr8k_images"),
    *("VG_100K", "VG_100K_2", "..", "../images", "../Images", "../data", "../JPEGImages"),
)
"""Folders where pictures usually are, relative to the list's own."""


PICTURES: Final = frozenset(
    (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".jp2", ".ppm", ".pgm")
)
"""Endings of pictures, in lower case."""
UPLOADED: Final = re.compile(r"[0-9a-f]{8}-(?=.)")  # what Label Studio puts before the name of an uploaded file


def is_picture_name(name: str) -> bool:
    """Return whether a name ends as those of pictures do."""
    return os.path.splitext(name)[1].lower() in PICTURES


class PictureFinder:
    """Finds pictures from ``folder``, then in its usual subfolders, then in ``places``, all relative to it.

    Every folder is listed once, so a list of a hundred thousand pictures costs a few listings.
    """

    def __init__(self, folder: Path, places: Sequence[str] = ()) -> None:
        self._folder = folder
        usual = dict.fromkeys((*places, *USUAL_PLACES))
        self._places = ["", *(place for place in usual if os.path.isdir(folder / place))]
        self._found: dict[str, str] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._stems: dict[str, dict[str, str]] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        self._home = ""  # where the last picture was found: missing ones are expected there, too

    def find(self, written: str) -> str:
        """Return the path of an existing picture relative to the folder, or absolute; else what the list writes.

        Tried in this order: the path as it is written; ``file://`` removed; backslashes as slashes; percent signs
        decoded; and, for a path of another computer, its file name alone, also without what Label Studio puts before
        it. Where a path has no ending, that of the only picture of this name is added.
        """
        if written not in self._found:
            self._found[written] = self._find(written)
        return self._found[written]

    def _find(self, written: str) -> str:
        if not written or is_address(written):
            return written
        forms = list(_forms(written))
        for form in forms:
            found = self._look_for(form)
            if found is not None:
                return found
        plain = forms[-1] if is_file_address(written) else written
        return plain if _is_absolute(plain) else _join(self._home, plain)

    def size_of(self, written: str) -> tuple[int, int]:
        """Return width and height of a picture, upright; raises ``ValueError`` where it cannot be opened."""
        if written not in self._sizes:
            try:
                self._sizes[written] = read_picture_size(self._folder / expand_home(self.find(written)))
            except PictureError as error:
                raise ValueError(f"the size of {written} is not known") from error
        return self._sizes[written]

    def _look_for(self, form: str) -> str | None:
        if _is_absolute(form):
            return form if self._exists(form) else None
        for place in (self._home, *self._places):
            path = _join(place, form)
            found = path if self._exists(path) else self._complete(path)
            if found:
                self._home = place
                return found
        return None

    def _complete(self, path: str) -> str:
        """Return the only picture with this path and an ending; empty where the path has one, or several fit."""
        if is_picture_name(path):
            return ""
        folder, slash, name = path.rpartition("/")
        if folder not in self._stems:
            stems: dict[str, str] = {}
            for one in self._names.get(folder, ()):
                if is_picture_name(one):
                    stem = os.path.splitext(one)[0]
                    stems[stem] = "" if stem in stems else one
            self._stems[folder] = stems
        found = self._stems[folder].get(name)
        return f"{folder}{slash}{found}" if found else ""

    def _exists(self, path: str) -> bool:
        folder, slash, name = path.rpartition("/")
        if folder not in self._names:
            place = folder or slash
            place = str(expand_home(place)) if place.startswith("~") else place
            try:
                self._names[folder] = frozenset(os.listdir(os.path.join(self._folder, place)))
            except (OSError, ValueError):
                self._names[folder] = frozenset()
        return name in self._names[folder]


def _forms(written: str) -> Iterator[str]:
    """Yield the ways to read a written path, the most literal first."""
    yield written
    path = written
    if is_file_address(path):
        path = path_of_file_address(path)
        yield path
    if "\\" in path:
        path = path.replace("\\", "/")
        yield path
    if "%" in path:
        yield unquote(path)
    if _is_absolute(path) or path.startswith("../"):
        name = PurePosixPath(path).name
        yield from dict.fromkeys((name, unquote(name), UPLOADED.sub("", unquote(name), count=1)))


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "~")) or DRIVE.match(path) is not None


def _join(place: str, path: str) -> str:
    return f"{place}/{path}" if place else path
