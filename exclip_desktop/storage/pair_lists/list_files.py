"""Reads and writes pair lists of every format."""

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
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
from exclip_desktop.storage.pair_lists.list_source import ListSource, unreadable_error
from exclip_desktop.storage.pair_lists.picture_finder import PictureFinder
from exclip_desktop.storage.pair_lists.writers import writer_of
from exclip_desktop.storage.project.project_files import ENDING as PROJECT_ENDING

ENDINGS: Final = tuple(dict.fromkeys(ending for one in FORMATS for ending in one.endings))
"""Usual endings of lists."""


METADATA: Final = ("metadata.csv", "metadata.jsonl", "metadata.parquet")


def find_format(source: ListSource) -> ListFormat:
    """Return the format of a file or folder, by its content.

    Raises:
        ListError: the file cannot be read, or no format recognises it.

    """
    for one in FORMATS:
        if one.recognises(source):
            return one
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
        return readers[0]
    folder = source.picture_folder
    return folder, (_rebase(entry, start, folder) for start, entries in readers for entry in entries)


def _located(source: ListSource, reader: PairReader) -> tuple[Path, Iterator[Entry]]:
    if reader.places is None:
        return reader.folder, reader.entries
    finder = PictureFinder(reader.folder, reader.places)
    entries = (entry if isinstance(entry, ListNote) else _locate(entry, finder) for entry in reader.entries)
    return reader.folder, entries


def _rebase(entry: Entry, start: Path, folder: Path) -> Entry:
    return entry if isinstance(entry, ListNote) else relocate_pair(entry, start, folder)


def inner_lists(source: ListSource) -> list[ListSource]:
    """Return the lists that a folder holds in files: Hugging Face's metadata files, or one table of its pictures.

    Metadata files may be one folder below, one for each split. A table counts where its first picture exists.
    """
    if source.content != "folder" or any(one.recognises(source) for one in FORMATS if not one.is_fallback):
        return []
    own = [name for name in source.names if name in METADATA]
    below = [f"{folder}/{name}" for folder in source.names for name in METADATA if is_file(source.path / folder / name)]
    if own or below:
        return [ListSource(source.path / name) for name in own or below]
    tables = [ListSource(source.path / name) for name in source.names if _may_be_table(source, name)]
    return tables if len(tables) == 1 and _names_pictures(tables[0]) else []


def _may_be_table(source: ListSource, name: str) -> bool:
    """Return whether a file in a folder may be its list: no file that belongs to a picture of the same name."""
    stem, ending = os.path.splitext(name)
    belongs = any(other != name and os.path.splitext(other)[0] in (stem, name) for other in source.names)
    return ending.lower() in ENDINGS and ending.lower() != PROJECT_ENDING and not belongs


def _names_pictures(source: ListSource) -> bool:
    try:
        _, entries = _located(source, find_format(source).read(source))
        first = next((entry for entry in entries if isinstance(entry, ListedPair)), None)
    except ListError:
        return False
    return first is not None and is_file(source.picture_folder / expand_home(first.picture))


def _locate(pair: ListedPair, finder: PictureFinder) -> ListedPair:
    """Return the pair with the paths of existing files; what is missing stays as the list writes it."""
    picture, mask = finder.find(pair.picture), finder.find(pair.mask) if pair.mask else ""
    mask = pair.mask if mask == picture else mask  # a missing mask with the picture's name
    return pair if (picture, mask) == (pair.picture, pair.mask) else replace(pair, picture=picture, mask=mask)


def _numbered(entries: Iterator[Entry]) -> Generator[Entry]:
    """Number ids that repeat, as those of a picture's captions do: ``7``, ``7-2``, ``7-3``."""
    counts: dict[str, int] = {}
    for entry in entries:
        if isinstance(entry, ListNote) or entry.id not in counts:
            if isinstance(entry, ListedPair):
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
    data = writer.format_pairs([relocate_pair(pair, listed.folder, path.parent) for pair in listed.pairs], {}).encode()
    write_atomically(path, lambda file: file.write(data))
