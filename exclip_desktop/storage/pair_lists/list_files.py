"""Reads and writes pair lists of every format."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ListError, OutputError
from exclip_desktop.core.paths import expand_home, rebase_path
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.pair_list import ListedPair, ListNote, PairList
from exclip_desktop.storage.atomic import check_writable, write_atomically
from exclip_desktop.storage.pair_lists.formats import FORMATS
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat
from exclip_desktop.storage.pair_lists.list_source import ListSource, unreadable_error
from exclip_desktop.storage.pair_lists.picture_finder import PictureFinder

ENDINGS: Final = tuple(dict.fromkeys(ending for one in FORMATS for ending in one.endings))
"""Usual endings of lists."""


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
        opened = ListSource(source, pictures)
        reader = find_format(opened).read(opened)
        finder = None if reader.places is None else PictureFinder(reader.folder, reader.places)
        for entry in _numbered(reader.entries):
            token.check()
            if isinstance(entry, ListNote):
                notes.append(entry)
            else:
                pairs.append(entry if finder is None else _locate(entry, finder))
    except OSError as error:
        raise unreadable_error(source, error) from error
    if not pairs:
        why = f" {notes[0]}" if notes else ""
        raise ListError(f"There are no pairs in {source}.{why}", "Choose another file or folder.")
    return PairList(source, reader.folder, tuple(pairs), tuple(notes))


def _locate(pair: ListedPair, finder: PictureFinder) -> ListedPair:
    """Return the pair with the paths of existing files; what is missing stays as the list writes it."""
    picture, mask = finder.find(pair.picture), finder.find(pair.mask)
    return pair if (picture, mask) == (pair.picture, pair.mask) else replace(pair, picture=picture, mask=mask)


def _numbered(entries: Iterator[Entry]) -> Iterator[Entry]:
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

    Relative paths start at the new file's folder; absolute ones stay.

    Raises:
        OutputError: no format that can be written has this ending, or the file cannot be written.

    """
    ending = path.suffix.lower()
    writers = {one: known.write for known in FORMATS for one in known.endings if known.write is not None}
    if ending not in writers:
        raise OutputError(f"{path.name} does not have the ending of a pair list.", f"Use {', '.join(writers)}.")
    check_writable(path)
    pairs = [_relocate(pair, listed.folder, path.parent) for pair in listed.pairs]
    data = writers[ending](pairs, ending).encode()
    write_atomically(path, lambda file: file.write(data))


def _relocate(pair: ListedPair, folder: Path, target: Path) -> ListedPair:
    """Return a pair whose relative paths start at ``target`` instead of ``folder``."""
    picture, mask = (rebase_path(target, folder, path) for path in (pair.picture, pair.mask))
    return replace(pair, picture=picture, mask=mask)
