"""Opens a list of pairs of any format."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.paths import expanded, is_dir
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.pair_list import ListedPair, ListNote, PairList
from exclip_desktop.storage.pair_lists import coco, flickr30k, folder, imagenet_s, jsonl, project_pairs, table
from exclip_desktop.storage.pair_lists.records import Entry, PairReader, unreadable

READERS: Final[dict[str, Callable[[Path, Path | None], PairReader]]] = {
    "folder": folder.read_folder,
    "table": table.read_table,
    "jsonl": jsonl.read_lines,
    "coco": coco.read_json,
    "flickr30k": flickr30k.read_flickr30k,
    "imagenet-s": imagenet_s.read_imagenet_s,
    "project": project_pairs.read_project,
}


ENDINGS: Final = {
    ".json": "coco",
    **dict.fromkeys(table.ENDINGS, "table"),
    **dict.fromkeys(jsonl.ENDINGS, "jsonl"),
    **dict.fromkeys(project_pairs.ENDINGS, "project"),
}


def format_of(path: Path) -> str:
    """Return which of ``READERS`` reads a file, by its ending, or a folder, by what is in it.

    Raises:
        ListError: none does.

    """
    if is_dir(path):
        if imagenet_s.is_imagenet_s(path):
            return "imagenet-s"
        return "flickr30k" if flickr30k.is_flickr30k(path) else "folder"
    found = ENDINGS.get(path.suffix.lower())
    if found is None:
        raise ListError(
            f"{path.name} is no list of pairs that this program knows by its ending.",
            f"Give a folder of pictures, or a file that ends in {', '.join(ENDINGS)}.",
        )
    return found


def read_pairs(path: str | Path, pictures: Path | None = None, cancel: CancelToken | None = None) -> PairList:
    """Read a whole list; what cannot be read of it is in its notes, and does not stop it.

    Args:
        path: a file or folder, see ``storage.pair_lists``.
        pictures: the folder where relative paths of pictures start; None: the list's own, or where its format has it.
        cancel: polled once an entry.

    Raises:
        ListError: there is no such list, its format is not known, or nothing of it can be read.
        ProjectError: it is a project that cannot be opened.
        Cancelled: the person cancelled.

    """
    source, token = expanded(path), cancel or CancelToken()
    pairs: list[ListedPair] = []
    notes: list[ListNote] = []
    try:
        listing = READERS[format_of(source)](source, pictures)
        for entry in _numbered(listing.entries):
            token.check()
            (notes if isinstance(entry, ListNote) else pairs).append(entry)  # type: ignore[arg-type]  # its own kind
    except OSError as error:
        raise unreadable(source, error) from error
    if not pairs:
        why = f" {notes[0]}" if notes else ""
        raise ListError(f"There are no pairs in {source}.{why}", "Choose another file or folder.")
    return PairList(source, listing.folder, tuple(pairs), tuple(notes))


def _numbered(entries: Iterator[Entry]) -> Iterator[Entry]:
    """Number ids that repeat, as those of a picture's captions do: ``7``, ``7-2``, ``7-3``."""
    seen: dict[str, int] = {}
    for entry in entries:
        if isinstance(entry, ListNote) or entry.id not in seen:
            if isinstance(entry, ListedPair):
                seen[entry.id] = 1
            yield entry
            continue
        number = seen[entry.id] + 1
        while f"{entry.id}-{number}" in seen:
            number += 1
        seen[entry.id] = number
        seen[f"{entry.id}-{number}"] = 1
        yield replace(entry, id=f"{entry.id}-{number}")
