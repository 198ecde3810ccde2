"""A folder of pictures, with their captions in files of the same name."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.storage.pair_lists.formats.jsonl import read_object
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader, is_unicode
from exclip_desktop.storage.pair_lists.list_source import ListSource, parse_json

PICTURES: Final = frozenset(
    (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".jp2", ".ppm", ".pgm")
)


def read_folder(source: ListSource) -> PairReader:
    """Read the pictures of a folder and its subfolders, by name; one without captions gives a pair without one.

    The captions of ``name.png`` are in ``name.txt``, one per line, or in ``name.json``: a text, a list of texts, or an
    object with the names of ``records.NAMES``. Files and folders whose name starts with a dot are skipped.

    Raises:
        ListError: the folder cannot be read.

    """
    source.has("")  # raises where the folder cannot be read
    return PairReader(source.path, _entries(source.path), places=None)


def _entries(root: Path) -> Iterator[Entry]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith("."))
        there = set(names)
        for name in sorted(names):
            stem, ending = os.path.splitext(name)
            if ending.lower() in PICTURES and not name.startswith("."):
                yield from _picture(root, Path(folder, name), f"{stem}.txt" in there, f"{stem}.json" in there)


def _picture(root: Path, path: Path, has_text: bool, has_json: bool) -> Iterator[Entry]:
    picture = path.relative_to(root).as_posix()
    if not is_unicode(picture):
        yield ListNote(ascii(picture), "the name is not valid Unicode; left out. Rename the file.")
        return
    caption_file = path.with_suffix(".txt" if has_text else ".json")
    place = caption_file.relative_to(root).as_posix()
    try:
        if has_text:
            lines = (line.strip() for line in caption_file.read_text("utf-8-sig").split("\n"))
            content: object = {"captions": [line for line in lines if line]}
        else:
            content = parse_json(caption_file) if has_json else {}
    except (OSError, UnicodeError, ListError) as error:
        reason = error.message if isinstance(error, ListError) else f"this cannot be read ({error})."
        yield ListNote(place, f"{reason} Its picture is left out.")
        return
    record = content if isinstance(content, dict) else {"captions": content}
    yield from read_object(record, place, picture, picture=picture)


FORMAT: Final = ListFormat(
    name="folder", recognises=lambda source: source.content == "folder", read=read_folder, is_fallback=True
)
