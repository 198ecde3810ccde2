"""Reads and writes pair lists of every format."""

import os
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.paths import expand_home, is_file
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.pair_list import ListedPair, ListNote, PairList
from exclip_desktop.storage.atomic import check_writable, write_atomically
from exclip_desktop.storage.pair_lists.formats import FORMATS
from exclip_desktop.storage.pair_lists.list_export import relocate_pair
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource, describe_container, unreadable_error
from exclip_desktop.storage.pair_lists.picture_finder import PictureFinder, is_picture_name
from exclip_desktop.storage.pair_lists.writers import writer_of
from exclip_desktop.storage.project.project_files import ENDING as PROJECT_ENDING

ENDINGS: Final = tuple(dict.fromkeys(ending for one in FORMATS for ending in one.endings))
"""Usual endings of lists."""


METADATA: Final = (
    *("metadata.csv", "metadata.jsonl", "metadata.parquet"),  # Hugging Face's
    *("_annotations.coco.json", "_annotations.createml.json"),  # Roboflow's
)
COCO_FILE: Final = re.compile(r"(captions|instances)_(.+\.json)")
SHARDS: Final = (".parquet", ".tar")
DEPTH: Final = 3  # folders below one, in which its lists are looked for
MOST_NOTES: Final = 200_000  # a list with more is none; COCO's training set has ten thousand crowds
MOST_TABLES: Final = 5  # of a folder, which are opened to tell whether they are lists


def find_format(source: ListSource) -> ListFormat:
    """Return the format of a file or folder, by its content.

    Raises:
        ListError: the file cannot be read, or no format recognises it.

    """
    for one in FORMATS:
        if one.recognises(source):
            return one
    container = describe_container(source)
    if container is not None:
        raise container
    raise ListError(
        f"{source.path.name} is no pair list that this program knows.",
        f"Give a folder of pictures, or a file that ends in {', '.join(ENDINGS)}.",
    )


def read_pairs(path: str | Path, pictures: Path | None = None, cancel: CancelToken | None = None) -> PairList:
    """Read a whole list; entries that cannot be read are named in its notes.

    Args:
        path: a file or folder, see ``storage.pair_lists.formats``.
        pictures: the folder where relative paths of pictures start; None: the list's own, or the format's usual one.
        cancel: polled once an entry.

    Raises:
        ListError: there is no such list, its format is not known, or no entry can be read.
        ProjectError: it is a project that cannot be opened.
        Cancelled: the person cancelled.

    """
    source, token = expand_home(path), cancel or CancelToken()
    pairs: list[ListedPair] = []
    notes: list[ListNote] = []
    try:
        folder, opened = _open(ListSource(source, pictures))
        with closing(_numbered(opened)) as entries:  # its file, too, also if the reading is cancelled
            del opened
            for entry in entries:
                token.check()
                (notes if isinstance(entry, ListNote) else pairs).append(entry)  # type: ignore[arg-type]  # its own kind
                if len(notes) >= MOST_NOTES:
                    text = f"there are more than {MOST_NOTES:,} doubts and errors; the rest of the list is left out."
                    notes.append(ListNote(source.name, text))
                    break
    except OSError as error:
        raise unreadable_error(source, error) from error
    if not pairs:
        why = f" {notes[0]}" if notes else ""
        raise ListError(f"There are no pairs in {source}.{why}", "Choose another file or folder.")
    return PairList(source, folder, tuple(pairs), tuple(notes))


def _open(source: ListSource) -> tuple[Path, Iterator[Entry]]:
    """Return the folder where paths of pictures start, and the entries of a list, or of the lists in a folder."""
    inner = inner_lists(source)
    readers = [_located(one, find_format(one).read(one)) for one in inner or (source,)]
    if not inner:
        folder, entries = readers[0]
        return folder, chain(entries, _note_tables(source))
    folder = source.picture_folder
    return folder, (_rebase(entry, start, folder) for start, entries in readers for entry in entries)


def _note_tables(source: ListSource) -> Iterator[ListNote]:
    """Yield a note on tables in a folder of pictures that were not read."""
    tables = _tables_of(source) if source.content == "folder" else []
    unread = [one.path.name for one in tables[:MOST_TABLES] if _names_pictures(one)]
    if unread:
        text = f"it also holds lists of pictures ({', '.join(unread)}); open one of them to read it."
        yield ListNote(source.path.name, text)


def _located(source: ListSource, reader: PairReader) -> tuple[Path, Iterator[Entry]]:
    if reader.places is None:
        return reader.folder, reader.entries
    finder = PictureFinder(reader.folder, reader.places)
    entries = (entry if isinstance(entry, ListNote) else _locate(entry, finder) for entry in reader.entries)
    return reader.folder, entries


def _rebase(entry: Entry, start: Path, folder: Path) -> Entry:
    return entry if isinstance(entry, ListNote) else relocate_pair(entry, start, folder)


def inner_lists(source: ListSource) -> list[ListSource]:
    """Return the lists that a folder holds in files: those of data sets in it and below, or one table of its pictures.

    Lists of data sets have known names, or they are the shards of a folder without pictures. Those of several splits
    count together. A table counts where its first picture exists.
    """
    if source.content != "folder" or any(one.recognises(source) for one in FORMATS if not one.is_fallback):
        return []
    folders = list(_folders_of(source.path))
    named = [f"{folder}{name}" for folder, names in folders for name in names if name in METADATA]
    named = named or [f"{folder}{name}" for folder, names in folders for name in _coco_files(folder, names)]
    if not named and not any(is_picture_name(name) for _, names in folders for name in names):
        named = [f"{folder}{name}" for folder, names in folders for name in names if name.endswith(SHARDS)]
    files = [source.path / name for name in named if is_file(source.path / name)]
    if files:
        return [ListSource(file) for file in files]
    tables = _tables_of(source)
    return tables if len(tables) == 1 and _names_pictures(tables[0]) else []


def _folders_of(root: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder and those up to three below it, relative and with a slash, with the names of their files."""
    for folder, below, names in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        below[:] = sorted(name for name in below if not name.startswith(".")) if depth < DEPTH else []
        relative = Path(folder).relative_to(root).as_posix()
        yield f"{relative}/" if depth else "", sorted(name for name in names if not name.startswith("."))


def _coco_files(folder: str, names: Sequence[str]) -> Iterator[str]:
    """Yield COCO's files in its folder ``annotations``; instances belong to the captions of the same split."""
    if not folder.endswith("annotations/"):
        return
    for name in names:
        found = COCO_FILE.fullmatch(name)
        if found and (found[1] == "captions" or f"captions_{found[2]}" not in names):
            yield name


def _tables_of(source: ListSource) -> list[ListSource]:
    return [ListSource(source.path / name) for name in source.names if _may_be_table(source, name)]


def _may_be_table(source: ListSource, name: str) -> bool:
    """Return whether a file in a folder may be its list: no file that belongs to a picture of the same name."""
    stem, ending = os.path.splitext(name)
    if ending.lower() not in ENDINGS or ending.lower() in (PROJECT_ENDING, ".yaml"):
        return False
    return source.stems[stem] == 1 and name not in source.stems and is_file(source.path / name)


def _names_pictures(source: ListSource) -> bool:
    try:
        _, entries = _located(source, find_format(source).read(source))
        first = next((entry for entry in entries if isinstance(entry, ListedPair)), None)
    except ListError:
        return False
    if first is None or not (first.caption or (first.regions and source.content != "text")):
        return False  # a list of paths alone, as YOLO has them, holds less than the folder
    return is_file(source.picture_folder / expand_home(first.picture))


def _locate(pair: ListedPair, finder: PictureFinder) -> ListedPair:
    """Return the pair with the paths of existing files; what is missing stays as the list writes it."""
    picture, mask = finder.find(pair.picture), finder.find(pair.mask) if pair.mask else ""
    mask = pair.mask if mask == picture else mask  # a missing mask with the picture's name
    return pair if (picture, mask) == (pair.picture, pair.mask) else replace(pair, picture=picture, mask=mask)


def _numbered(entries: Iterator[Entry]) -> Generator[Entry]:
    """Number ids that repeat, as those of a picture's captions do: ``7``, ``7-2``, ``7-3``."""
    counts: dict[str, int] = {}
    for entry in entries:
        if isinstance(entry, ListNote):
            yield entry
            continue
        if entry.id not in counts:
            counts[entry.id] = 1
            yield entry
            continue
        number = counts[entry.id] + 1
        while f"{entry.id}-{number}" in counts:
            number += 1
        counts[entry.id] = number
        counts[f"{entry.id}-{number}"] = 1
        yield replace(entry, id=f"{entry.id}-{number}")


def write_pairs(listed: PairList, path: Path) -> None:
    """Write a list in the format of the file's ending; reading it gives the same pairs again.

    Relative paths start at the new file's folder; absolute ones stay. Pictures are not opened.

    Raises:
        OutputError: no writer has this ending, or the file cannot be written.

    """
    writer = writer_of(path.name)
    assert writer.format_pairs is not None
    check_writable(path)
    data = writer.format_pairs(
        [relocate_pair(pair, listed.folder, path.parent) for pair in listed.pairs], {}, "escape"
    ).encode()
    write_atomically(path, lambda file: file.write(data))
