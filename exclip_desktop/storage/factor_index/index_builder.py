"""Builds the factor index of a batch from its shards, and brings it up to date."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.inputs.json_documents import Count, Finite
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.storage.atomic import unwritable
from exclip_desktop.storage.batches.batch_index import Batch
from exclip_desktop.storage.batches.shard_files import (
    SHARD_OF,
    ShardEntry,
    read_shard,
    shard_path,
    shard_places,
    shards,
)
from exclip_desktop.storage.factor_index.factor_index import FactorIndex
from exclip_desktop.storage.factor_index.segment_files import (
    FORMAT,
    IndexedFactor,
    IndexSegment,
    RowType,
    SegmentArrays,
    SourceStamp,
    read_segment,
    segment_path,
    write_segment,
)

FOLDER: Final = "search"
"""The name of the index's folder in that of the batch."""

SEGMENT_SHARDS: Final = 32
NOT_EXPLAINED: Final = "It is not explained yet, or its shard is damaged."
_MOST_VALUE: Final = 60_000.0
"""Largest value of a row divided by ‖e_v‖, which float16 can hold; real ones are below 10."""
_UNFIT: Final = "Its factor does not fit its picture: the batch is damaged."


class _Layout(msgspec.Struct, frozen=True):
    """The values of a picture's entry in a shard."""

    geometry: tuple[tuple[Count, Count], tuple[Finite, Finite, Finite, Finite], tuple[Count, Count]]
    prefix: Count
    key: str = ""


def is_current(index: FactorIndex, batch: Batch) -> bool:
    """Return whether no shard of the batch has changed since the index was opened."""
    parts = _parts(batch)
    return len(parts) == len(index.segments) and all(
        segment.decided == batch.decided and segment.sources == _stamps(batch, part)
        for (segment, _), part in zip(index.segments, parts, strict=True)
    )


def open_factor_index(
    batch: Batch,
    *,
    rows: RowType | None = None,
    progress: Progress = ignore_progress,
    cancel: CancelToken | None = None,
) -> FactorIndex:
    """Return the index of a batch's pictures, after writing what is missing, damaged or older than the shards.

    An index that was interrupted continues. Segments are written completely or not at all.

    Args:
        batch: whose shards are read.
        rows: the type of the rows; None: that of the segments that are there, else ``float32``.
        progress: called with the number of finished shards.
        cancel: polled within the shards.

    Raises:
        OutputError: the index cannot be written.
        Cancelled: the person cancelled.

    """
    token, folder = cancel or CancelToken(), batch.folder / FOLDER
    parts = _parts(batch)
    stored = [read_segment(folder, number) for number in range(len(parts))]
    kind = rows or _rows_of(stored)
    segments: list[tuple[IndexSegment, SegmentArrays]] = []
    for number, part in enumerate(parts):
        token.check()
        there = stored[number]
        if there is None or not _fits(there, batch, part, kind):
            there = _write(batch, folder, number, part, kind, progress, token)
        segments.append(there)
    return FactorIndex(folder, tuple(segments))


def _rows_of(stored: Sequence[tuple[IndexSegment, SegmentArrays] | None]) -> RowType:
    return next((one[0].rows for one in stored if one is not None), "float32")


def _parts(batch: Batch) -> list[range]:
    """Return the shards of each segment."""
    numbers = shards("pictures", batch.counts["pictures"])
    return [numbers[start : start + SEGMENT_SHARDS] for start in range(0, len(numbers), SEGMENT_SHARDS)]


def _fits(there: tuple[IndexSegment, SegmentArrays], batch: Batch, part: range, rows: RowType) -> bool:
    segment, arrays = there
    known = sorted([*arrays.places.tolist(), *segment.failed])
    made_of = segment.decided, segment.rows, segment.sources
    return made_of == (batch.decided, rows, _stamps(batch, part)) and known == list(_places(batch, part))


def _places(batch: Batch, part: range) -> range:
    count = batch.counts["pictures"]
    return range(part[0] * SHARD_OF["pictures"], shard_places("pictures", part[-1], count).stop)


def _write(
    batch: Batch, folder: Path, number: int, part: range, rows: RowType, progress: Progress, cancel: CancelToken
) -> tuple[IndexSegment, SegmentArrays]:
    """Write a segment of the shards ``part``."""
    count = batch.counts["pictures"]
    sources: list[SourceStamp] = []
    failed: dict[int, str] = {}
    pictures: list[IndexedFactor] = []
    for shard in part:
        cancel.check()
        sources.append(_stamp(shard_path(batch.folder, "pictures", shard)))  # before it is read
        entries = read_shard(batch.folder, "pictures", shard, count, batch.decided).entries
        for place, entry in zip(shard_places("pictures", shard, count), entries, strict=True):
            made = _make(place, entry, pictures[0].rows.shape[1] if pictures else None)
            if isinstance(made, str):
                failed[place] = made
            else:
                pictures.append(made)
        progress(Report("shards", shard + 1, len(shards("pictures", count))))
    size = pictures[0].rows.shape[1] if pictures else 0
    segment = IndexSegment(FORMAT, batch.decided, rows, size, tuple(sources), failed)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    write_segment(folder, number, segment, pictures)
    written = read_segment(folder, number)
    if written is None:
        raise OutputError(f"{segment_path(folder, number)} cannot be read after it was written.", "Check the disk.")
    return written


def _make(place: int, entry: ShardEntry | None, size: int | None) -> IndexedFactor | str:
    """Return a picture as it is indexed, or the reason why it is not."""
    if entry is None or entry.factor is None:
        return NOT_EXPLAINED if entry is None else entry.error
    try:
        layout = msgspec.convert(dict(entry.values), _Layout, strict=False)
        bytes.fromhex(layout.key)
    except (msgspec.ValidationError, ValueError):
        return _UNFIT
    geometry, embedding = Geometry(*layout.geometry), entry.factor.ends.embedding.astype(np.float64)
    patches = entry.factor.rows[layout.prefix :].astype(np.float64)
    length = float(np.linalg.norm(embedding))
    shape = geometry.grid[0] * geometry.grid[1], *embedding.shape
    if patches.shape != shape or len(shape) != 2 or size not in (None, shape[1]) or 0 in geometry.source_size:
        return _UNFIT
    if not 0 < length < np.inf or len(layout.key) not in (0, 64) or not np.abs(patches).max() < _MOST_VALUE * length:
        return _UNFIT
    return IndexedFactor(place, layout.key, geometry, layout.prefix, patches / length, embedding / length)


def _stamps(batch: Batch, part: range) -> tuple[SourceStamp, ...]:
    return tuple(_stamp(shard_path(batch.folder, "pictures", shard)) for shard in part)


def _stamp(path: Path) -> SourceStamp:
    try:
        status = path.stat()
    except OSError:
        return SourceStamp(0, 0)
    return SourceStamp(status.st_size, status.st_mtime_ns)
