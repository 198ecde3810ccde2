"""Writers of pair lists, one module each: a row of ``WRITERS`` is all that the command and the window need.

| writer | what it writes |
|---|---|
| csv, tsv, jsonl | one file; everything is kept |
| coco | COCO's JSON, with fields of our own for what COCO lacks |
| label-studio | one JSON file of tasks |
| labelme, yolo, voc, imagefolder | a new folder with copies of the pictures |

What is written reads the same in all that ``holds`` names.
"""

from typing import Final

from exclip_desktop.core.errors import OutputError
from exclip_desktop.storage.pair_lists.formats.jsonl import format_lines
from exclip_desktop.storage.pair_lists.formats.table import format_table
from exclip_desktop.storage.pair_lists.list_writer import EVERYTHING, ListWriter
from exclip_desktop.storage.pair_lists.writers import (
    imagefolder_writer,
    label_studio_writer,
    labelme_writer,
    voc_writer,
    yolo_writer,
)
from exclip_desktop.storage.pair_lists.writers.coco_writer import format_coco

WRITERS: Final = (
    ListWriter(
        key="csv",
        name="CSV",
        description="A table, one pair per row.",
        holds=EVERYTHING,
        endings=(".csv",),
        format_pairs=lambda pairs, _, formulas: format_table(pairs, ",", formulas),
    ),
    ListWriter(
        key="tsv",
        name="TSV",
        description="A table with tabs, one pair per row.",
        holds=EVERYTHING,
        endings=(".tsv",),
        format_pairs=lambda pairs, _, formulas: format_table(pairs, "\t", formulas),
    ),
    ListWriter(
        key="jsonl",
        name="JSON lines",
        description="One object per pair and line.",
        holds=EVERYTHING,
        endings=(".jsonl", ".ndjson"),
        format_pairs=lambda pairs, _, __: format_lines(pairs),
    ),
    ListWriter(
        key="coco",
        name="COCO",
        description="One JSON file with captions and boxes.",
        holds=EVERYTHING,
        endings=(".json",),
        takes_sizes=True,
        format_pairs=lambda pairs, sizes, _: format_coco(pairs, sizes),
    ),
    label_studio_writer.WRITER,
    labelme_writer.WRITER,
    yolo_writer.WRITER,
    voc_writer.WRITER,
    imagefolder_writer.WRITER,
)
"""All writers; of those whose files have the same ending, the first one is meant by the ending."""


def writer_of(path: str, key: str | None = None) -> ListWriter:
    """Return the writer with this key; without one, that of a file's ending.

    Raises:
        OutputError: there is none.

    """
    ending = f".{path.lower().rpartition('.')[2]}"
    for one in WRITERS:
        if one.key == key or (key is None and ending in one.endings):
            return one
    keys = ", ".join(one.key for one in WRITERS)
    if key is not None:
        raise OutputError(f"There is no list format {key!r} to write.", f"Choose one of {keys}.")
    endings = ", ".join(dict.fromkeys(ending for one in WRITERS for ending in one.endings))
    raise OutputError(f"{path} does not have the ending of a pair list.", f"Use {endings}.")
