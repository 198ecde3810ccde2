"""An open factor index: products of a query with all pictures, or with some of them, in bounded memory."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.maths.factor_search import (
    BACKGROUND_PICTURES,
    Background,
    Floats,
    ProductBlock,
    SearchQuery,
    join_blocks,
    measure_background,
)
from exclip_desktop.core.maths.search_ranking import LENGTH_QUANTILE
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.storage.batches.batch_folder import RUN_AGAIN
from exclip_desktop.storage.factor_index.segment_files import (
    DamagedIndex,
    IndexSegment,
    SegmentArrays,
    crc_of,
    map_rows,
    map_sums,
)

CHUNK_PATCHES: Final = 16_384
"""Rows that are multiplied at once: 32 MB of 512 float32 numbers."""


class FactorIndex:
    """The factors of a list's pictures in segments; used in one thread. Files are mapped only while they are read.

    Attributes:
        folder: the folder of the segments.
        segments: their descriptions and small arrays.
        failed: a sentence for each picture without a factor, by its place in the list.

    """

    def __init__(self, folder: Path, segments: tuple[tuple[IndexSegment, SegmentArrays], ...]) -> None:
        """Read the given segments of a folder."""
        self.folder, self.segments = folder, segments
        self.failed = {place: reason for segment, _ in segments for place, reason in segment.failed.items()}
        counts = [len(arrays.places) for _, arrays in segments]
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._rows_checked = [np.zeros(count, bool) for count in counts]
        self._sums_checked = np.zeros(len(segments), bool)

    def __len__(self) -> int:
        """Return the number of pictures with a factor; they are numbered in the order of the list."""
        return int(self._starts[-1])

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """The place of each picture in the list, (pictures,), ascending."""
        return np.concatenate([np.zeros(0, np.int64), *(arrays.places for _, arrays in self.segments)])

    @cached_property
    def typical_length(self) -> float:
        """The ``LENGTH_QUANTILE`` of all lengths; 0 without pictures."""
        lengths = np.concatenate([np.zeros(0, np.float32), *(arrays.lengths for _, arrays in self.segments)])
        return float(np.quantile(lengths, LENGTH_QUANTILE)) if len(lengths) else 0.0

    def layout(self, place: int) -> tuple[Geometry, int, str]:
        """Return geometry, number of prefix tokens and cache key of the picture at a place of the list."""
        number, at = self._locate(int(np.searchsorted(self.places, place)))
        arrays = self.segments[number][1]
        key = arrays.keys[at].tobytes().hex() if arrays.keys[at].any() else ""
        return arrays.geometry(at), int(arrays.prefixes[at]), key

    def sums_and_scores(self, query: SearchQuery, cancel: CancelToken | None = None) -> tuple[Floats, Floats]:
        """Return the sum of each picture's heat, and its score, float64 (pictures,), without reading the rows.

        Raises:
            DamagedIndex: a file is not as it was written.
            OutputError: the factors are not of the query's size.
            Cancelled: the person cancelled.

        """
        token, parts = cancel or CancelToken(), [np.zeros((0, 2))]
        vectors = np.stack([one.astype(np.float32) for one in _scaled(query)[:2] if one is not None])
        for number, (segment, arrays) in enumerate(self.segments):
            token.check()
            if not len(arrays.places):
                continue
            if segment.size != vectors.shape[1]:
                raise OutputError(f"The factors in {self.folder.parent} are not of the query's size.", RUN_AGAIN)
            sums = map_sums(self.folder, number, segment, arrays)
            if not self._sums_checked[number]:
                if crc_of(sums) != arrays.sums_crc[0]:
                    raise DamagedIndex(self.folder / f"{number:05d}.sums.npy", number)
                self._sums_checked[number] = True
            parts.append(np.stack([_multiply(sums[:, side], vectors[side]) for side in (0, 1)], 1))
        both = np.concatenate(parts)
        return both[:, 0], both[:, 1]

    def multiply(
        self,
        query: SearchQuery,
        chosen: NDArray[np.int64] | None = None,
        *,
        sums_and_scores: tuple[Floats, Floats] | None = None,
        progress: Progress = ignore_progress,
        cancel: CancelToken | None = None,
    ) -> list[ProductBlock]:
        """Return the products of pictures with a query: one block for each grid, or for each segment and grid.

        Args:
            query: the query.
            chosen: numbers of pictures, ascending; None: all.
            sums_and_scores: those of the query, where they are known.
            progress: called with the number of pictures, after each segment.
            cancel: polled before each chunk.

        Raises:
            DamagedIndex: a file is not as it was written.
            Cancelled: the person cancelled.

        """
        token, done = cancel or CancelToken(), 0
        blocks: list[ProductBlock] = []
        sums, scores = sums_and_scores or self.sums_and_scores(query, token)
        picked = np.arange(len(self)) if chosen is None else chosen
        bounds = np.searchsorted(picked, self._starts)
        for number in range(len(self.segments)):
            there = picked[bounds[number] : bounds[number + 1]]
            if len(there):
                heats = self._heats(number, there - self._starts[number], query, token)
                blocks += self._blocks(number, there, heats, sums[there], scores[there])
                done += len(there)
                progress(Report("pictures", done, len(picked)))
        return blocks if chosen is None else join_blocks(blocks)  # a few of each segment

    def background(self, pictures: int = BACKGROUND_PICTURES) -> Background | None:
        """Return the background of the first pictures; raises what ``multiply`` raises."""
        parts = []
        for number, (segment, arrays) in enumerate(self.segments):
            count = min(len(arrays.places), pictures - int(self._starts[number]))
            if count > 0:
                rows = map_rows(self.folder, number, segment, arrays)
                self._check_rows(number, rows, arrays.offsets, range(count))
                parts.append(np.array(rows[: arrays.offsets[count]]))
        return measure_background(parts)

    def _heats(
        self, number: int, chosen: NDArray[np.int64], query: SearchQuery, cancel: CancelToken
    ) -> tuple[Floats, Floats | None]:
        """Return heat and contrast of a segment's chosen pictures, one after the other, (patches,) each."""
        segment, arrays = self.segments[number]
        rows, offsets = map_rows(self.folder, number, segment, arrays), arrays.offsets
        vector, contrast = (None if one is None else one.astype(np.float32) for one in _scaled(query)[::2])
        parts: tuple[list[Floats], list[Floats]] = ([], [])
        for first, last in _runs(chosen, offsets):
            cancel.check()
            self._check_rows(number, rows, offsets, range(first, last + 1))
            part = rows[offsets[first] : offsets[last + 1]].astype(np.float32, copy=False)
            for one, values in zip((vector, contrast), parts, strict=True):
                if one is not None:
                    values.append(_multiply(part, one))
        return np.concatenate(parts[0]), np.concatenate(parts[1]) if parts[1] else None

    def _check_rows(self, number: int, rows: NDArray[Any], offsets: NDArray[np.int64], pictures: range) -> None:
        """Compare the checksums of pictures whose rows are read for the first time."""
        checked, expected = self._rows_checked[number], self.segments[number][1].rows_crc
        for at in pictures:
            if not checked[at]:
                if crc_of(rows[offsets[at] : offsets[at + 1]]) != expected[at]:
                    raise DamagedIndex(self.folder / f"{number:05d}.rows.npy", number)
                checked[at] = True

    def _blocks(
        self,
        number: int,
        chosen: NDArray[np.int64],
        heats: tuple[Floats, Floats | None],
        sums: Floats,
        scores: Floats,
    ) -> Iterator[ProductBlock]:
        """Yield the products of a segment's chosen pictures, a block for each grid."""
        arrays = self.segments[number][1]
        at = chosen - self._starts[number]
        grids, offsets = arrays.grids[at], arrays.offsets
        sizes = grids.prod(1)
        ends = np.cumsum(sizes)
        for grid in np.unique(grids, axis=0):
            same = np.flatnonzero((grids == grid).all(1))
            inside = np.arange(grid.prod())
            shape = (len(same), *grid.tolist())
            there = (ends - sizes)[same][:, None] + inside
            heat, contrast = (None if one is None else one[there].reshape(shape) for one in heats)
            assert heat is not None
            yield ProductBlock(
                self.places[chosen[same]],
                heat,
                arrays.lengths[offsets[at[same]][:, None] + inside].astype(np.float64).reshape(shape),
                sums[same],
                scores[same],
                contrast,
            )

    def _locate(self, picture: int) -> tuple[int, int]:
        """Return the segment of a picture, and its number in it."""
        number = int(np.searchsorted(self._starts, picture, "right")) - 1
        return number, picture - int(self._starts[number])


def _multiply(rows: NDArray[np.float32], vector: NDArray[np.float32]) -> Floats:
    """Return ``rows`` @ ``vector`` on one core: BLAS takes up to thirty times as long where others use its cores."""
    return np.asarray(np.einsum("ij,j->i", rows, vector), np.float64)


def _scaled(query: SearchQuery) -> tuple[Floats, Floats, Floats | None]:
    """Return the query's vector, embedding and contrast, divided by ‖e_q‖."""
    length = np.linalg.norm(query.embedding)
    return query.vector / length, query.embedding / length, None if query.contrast is None else query.contrast / length


def _runs(chosen: NDArray[np.int64], offsets: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of pictures that follow one another, together at most ``CHUNK_PATCHES`` rows."""
    first = last = int(chosen[0])
    for at in map(int, chosen[1:]):
        if at != last + 1 or offsets[at + 1] - offsets[first] > CHUNK_PATCHES:
            yield first, last
            first = at
        last = at
    yield first, last
