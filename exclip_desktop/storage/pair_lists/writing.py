"""Writes a list of pairs, so that reading it gives the same pairs again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.paths import told_from
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.storage.atomic import check_writable, write_atomically
from exclip_desktop.storage.pair_lists.coco_text import coco_text
from exclip_desktop.storage.pair_lists.jsonl import lines_text
from exclip_desktop.storage.pair_lists.table import table_text

WRITERS: Final[dict[str, Callable[[Sequence[ListedPair]], str]]] = {
    ".csv": lambda pairs: table_text(pairs, ","),
    ".tsv": lambda pairs: table_text(pairs, "\t"),
    ".jsonl": lines_text,
    ".json": coco_text,
}


def write_pairs(listed: PairList, path: Path) -> None:
    """Write a list as CSV, TSV, JSONL or COCO (``.json``), by the file's ending.

    Relative paths are told from the new file's folder; absolute ones stay.

    Raises:
        OutputError: another ending, or the place cannot be written.

    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise OutputError(f"{path.name} has no ending of a list.", f"Use {', '.join(WRITERS)}.")
    check_writable(path)
    data = writer([_seen_from(path.parent, listed, pair) for pair in listed.pairs]).encode()
    write_atomically(path, lambda file: file.write(data))


def _seen_from(place: Path, listed: PairList, pair: ListedPair) -> ListedPair:
    told = {name: told_from(place, listed.folder, getattr(pair, name)) for name in ("picture", "mask")}
    return replace(pair, **told)  # type: ignore[arg-type]  # texts, by name
