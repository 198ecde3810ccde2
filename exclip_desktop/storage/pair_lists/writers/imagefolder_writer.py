"""Writes a folder of Hugging Face's imagefolder: pictures, and ``metadata.jsonl`` with their captions and objects."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.storage.pair_lists.list_writer import ListWriter, WrittenPicture, has_own_id
from exclip_desktop.storage.pair_lists.written_numbers import size_numbers

METADATA: Final = "metadata.jsonl"


def write_imagefolder(folder: Path, pictures: Sequence[WrittenPicture]) -> None:
    """Write ``metadata.jsonl``; every row has the same columns, so that a table can be made of them.

    A row has all captions of a picture, or one where its captions have ids, labels or boxes of their own.
    """
    rows = [(picture.name, group) for picture in pictures for group in _rows(picture.pairs)]
    pairs = [pair for _, group in rows for pair in group]
    has_ids = any(has_own_id(pair) for pair in pairs)
    has_lists = any(len(group) > 1 for _, group in rows)
    has_labels, has_boxes = any(pair.label for pair in pairs), any(pair.regions for pair in pairs)
    lines = []
    for name, group in rows:
        captions, first = [pair.caption for pair in group], group[0]
        row: dict[str, Any] = {"file_name": name, "text": captions if has_lists else captions[0]}
        row |= {"id": first.id} if has_ids else {}
        row |= {"label": first.label} if has_labels else {}
        row |= {"objects": _objects(first)} if has_boxes else {}
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    (folder / METADATA).write_text("".join(lines), "utf-8")


def _rows(pairs: Sequence[ListedPair]) -> Iterator[Sequence[ListedPair]]:
    """Yield the pairs of a picture: at once, or one by one where they differ in more than their captions."""
    first = pairs[0]
    alike = all((pair.label, pair.regions) == (first.label, first.regions) for pair in pairs)
    usual = [first.id, *(f"{first.id}-{number}" for number in range(2, len(pairs) + 1))]  # as readers number a row
    keeps_ids = [pair.id for pair in pairs] == usual or not any(has_own_id(pair) for pair in pairs)
    yield from (pairs,) if alike and keeps_ids else ((pair,) for pair in pairs)


def _objects(pair: ListedPair) -> dict[str, Any]:
    return {
        "bbox": [size_numbers(region) for region in pair.regions],
        "categories": [region.name for region in pair.regions],
    }


WRITER: Final = ListWriter(
    key="imagefolder",
    name="Hugging Face imagefolder",
    description="A folder of pictures with metadata.jsonl, for datasets.load_dataset.",
    holds=frozenset(("ids", "labels", "caption boxes", "caption lines", "no caption")),
    has_side_files=False,
    write_folder=write_imagefolder,
)
