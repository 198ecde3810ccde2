"""Copies the pictures of a list into a folder, under names that no two of them share."""

import os
import re
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from exclip_desktop.core.paths import expand_home, is_file_address, path_of_file_address
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.storage.archives import archive_of, open_input
from exclip_desktop.storage.picture_decoding import open_image

ENDINGS: Final = {
    **{"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp", "BMP": ".bmp", "TIFF": ".tif", "GIF": ".gif"},
    **{"AVIF": ".avif", "JPEG2000": ".jp2", "PPM": ".ppm"},
}
"""Endings of pictures that have none, by Pillow's name of their format."""
UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f\\]")
UNSAFE_START: Final = re.compile(r"^[.~]")


class PictureCopies:
    """Names and makes the copies of a list's pictures.

    A picture inside the list's folder keeps its path from there, without ``below`` where all have it. Others keep their
    path from the folder that they share. A picture whose name is taken gets a number; with ``by_stem`` the name without
    its ending counts, because files of labels have the name of their picture.
    """

    def __init__(self, listed: PairList, pictures: Sequence[str], below: str, *, by_stem: bool) -> None:
        self._used, self._by_stem = set[str](), by_stem
        self._folder = Path(os.path.abspath(listed.folder))
        paths = {picture: self.path_of(picture) for picture in pictures}
        outside = [path.parent for path in paths.values() if not path.is_relative_to(self._folder)]
        self._shared = _common_folder(outside)
        plain = {picture: self._relative(path) for picture, path in paths.items()}
        start = f"{below}/"
        strips = bool(below) and all(name.startswith(start) for name in plain.values())
        self._plain = {picture: name.removeprefix(start) if strips else name for picture, name in plain.items()}

    def path_of(self, picture: str) -> Path:
        """Return the absolute path of a picture as the list writes it."""
        written = path_of_file_address(picture) if is_file_address(picture) else picture
        return Path(os.path.abspath(self._folder / expand_home(written)))

    def copy(self, picture: str, folder: Path) -> tuple[str, bool]:
        """Copy a picture into ``folder``; return its new path there, and whether its own name was taken.

        Raises:
            OSError, PictureError: it cannot be read.

        """
        source = self.path_of(picture)
        with open_input(source) as file:
            name, is_renamed = self._free_name(self._plain[picture], source)
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as copy:
                shutil.copyfileobj(file, copy)
        return name, is_renamed

    def _relative(self, path: Path) -> str:
        start = self._folder if path.is_relative_to(self._folder) else self._shared
        archive = archive_of(path)
        if archive is not None:
            path = archive.with_suffix("") / path.relative_to(archive)
        parts = path.relative_to(start).parts if path.is_relative_to(start) else (path.name,)
        return "/".join(UNSAFE_START.sub("_", UNSAFE.sub("_", part)) for part in parts)

    def _free_name(self, plain: str, source: Path) -> tuple[str, bool]:
        """Return a name that is free, and whether it has a number."""
        stem, ending = os.path.splitext(plain)
        if ending.lower() not in Image.registered_extensions():
            stem, ending = plain, _sniff_ending(source)
        number, free = 1, stem
        while not self._used.isdisjoint(self._keys(free, ending)):
            number += 1
            free = f"{stem}-{number}"
        self._used.update(self._keys(free, ending))
        return free + ending, number > 1

    def _keys(self, stem: str, ending: str) -> list[str]:
        """Return the names of a picture as a file system may compare them, without its ending too."""
        plain = unicodedata.normalize("NFC", stem).casefold()
        return [plain + ending.casefold(), *([plain] if self._by_stem else [])]


def _common_folder(folders: Sequence[Path]) -> Path:
    try:
        return Path(os.path.commonpath(folders)) if folders else Path(os.sep)
    except ValueError:  # on several drives
        return Path(os.sep)


def _sniff_ending(source: Path) -> str:
    with open_input(source) as file, open_image(file, source.name) as image:
        return ENDINGS.get(image.format or "", f".{(image.format or 'png').lower()}")
