"""Searches a factor index: exact heat for all pictures, or in long lists for those with the best sums."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.factor_search import Floats, SearchQuery, add_contrast
from exclip_desktop.core.maths.search_ranking import (
    ListScale,
    RankedPicture,
    Ranking,
    measure_scale,
    rank_blocks,
)
from exclip_desktop.core.progress import CancelToken, Progress, ignore_progress
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.storage.atomic import unwritable
from exclip_desktop.storage.batches.batch_index import Batch
from exclip_desktop.storage.factor_index.factor_index import FactorIndex
from exclip_desktop.storage.factor_index.index_builder import is_current, open_factor_index
from exclip_desktop.storage.factor_index.segment_files import DamagedIndex, RowType, segment_path

SHORTCUT_ABOVE: Final = 20_000
"""Pictures above which only ``CANDIDATES`` have their heat computed."""

SHORTCUT_RANKINGS: Final[tuple[Ranking, ...]] = ("combined", "sum", "score")
"""Rankings that sums or scores predict well enough; by the others, all pictures have their heat computed."""

CANDIDATES: Final = 4_000
SAMPLE: Final = 1_000
"""Pictures, evenly spaced in the list, that mean and standard deviation of the direction are estimated from."""


@dataclass(frozen=True, slots=True)
class IndexHit:
    """A picture that answers a query.

    Attributes:
        place: of the picture in its list.
        ranked: its numbers and its hit region.
        heat: float64 (rows, columns) of its patches.
        geometry, prefix, key: its layout and its cache key, which older batches do not have.

    """

    place: int
    ranked: RankedPicture
    heat: Floats
    geometry: Geometry
    prefix: int
    key: str


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """The answer to a query.

    Attributes:
        hits: the best one first.
        pictures: number of pictures with a factor.
        heated: number of those whose heat was computed; fewer than ``pictures`` where the shortcut was taken.
        failed: a sentence for each picture without a factor, by its place in the list.

    """

    hits: tuple[IndexHit, ...]
    pictures: int
    heated: int
    failed: dict[int, str]


class BatchSearch:
    """Searches the pictures of one batch; its index stays open between queries, and follows the shards."""

    def __init__(self, batch: Batch, rows: RowType | None = None) -> None:
        """Search ``batch``; ``rows``: as for ``open_factor_index``, which the first query calls."""
        self._batch, self._rows = batch, rows
        self._index: FactorIndex | None = None

    def open(self, progress: Progress = ignore_progress, cancel: CancelToken | None = None) -> FactorIndex:
        """Return the index as the shards are now; arguments and errors as for ``open_factor_index``."""
        if self._index is None or not is_current(self._index, self._batch):
            self._index = open_factor_index(self._batch, rows=self._rows, progress=progress, cancel=cancel)
        return self._index

    def search(
        self,
        query: SearchQuery,
        ranking: Ranking = "combined",
        *,
        top: int | None = None,
        exact: bool = False,
        progress: Progress = ignore_progress,
        cancel: CancelToken | None = None,
    ) -> IndexAnswer:
        """Return the answer to a query; a damaged segment is written again. Arguments as for ``search_index``.

        Raises:
            OutputError: the index cannot be written.
            DamagedIndex: a segment is damaged again after it was written.
            Cancelled: the person cancelled.

        """
        for _ in range(len(self.open(progress, cancel).segments)):
            index = self.open(progress, cancel)
            try:
                return search_index(index, query, ranking, top=top, exact=exact, progress=progress, cancel=cancel)
            except DamagedIndex as error:
                self._index = None
                try:
                    segment_path(index.folder, error.number).unlink(missing_ok=True)
                except OSError as other:
                    raise unwritable(index.folder, other) from error
        return search_index(
            self.open(progress, cancel), query, ranking, top=top, exact=exact, progress=progress, cancel=cancel
        )


def search_index(
    index: FactorIndex,
    query: SearchQuery,
    ranking: Ranking = "combined",
    *,
    top: int | None = None,
    exact: bool = False,
    progress: Progress = ignore_progress,
    cancel: CancelToken | None = None,
) -> IndexAnswer:
    """Return the pictures of an index that answer a query, the best one first.

    Above ``SHORTCUT_ABOVE`` pictures, by ``SHORTCUT_RANKINGS``, heat is computed for the ``CANDIDATES`` with the
    largest sums, or scores where these are ranked by; sums and scores themselves are computed for all pictures. Float32
    rows give heat to 1e-5; float16 rows give that of a patch to 2⁻¹¹ ‖v_j‖‖c‖ / (‖e_v‖‖e_q‖).

    Args:
        index: the index.
        query: the query.
        ranking: what hits are ranked by.
        top: number of hits; None: all whose heat was computed.
        exact: compute the heat of all pictures, however many there are.
        progress: called with the number of pictures.
        cancel: polled within the pictures.

    Raises:
        DamagedIndex: a file is not as it was written.
        Cancelled: the person cancelled.

    """
    query = add_contrast(query, index.background() if query.patches else None)
    chosen, scale, both = None, None, index.sums_and_scores(query, cancel)
    if len(index) > max(SHORTCUT_ABOVE, CANDIDATES) and ranking in SHORTCUT_RANKINGS and not exact:
        chosen, scale = _choose(index, query, ranking, both, cancel)
    blocks = index.multiply(query, chosen, sums_and_scores=both, progress=progress, cancel=cancel)
    if blocks and scale is None:
        scale = measure_scale(blocks, index.typical_length)
    ranked = rank_blocks(blocks, ranking, scale, top)
    heats = {place: heat for one in blocks for place, heat in zip(one.places.tolist(), one.heat, strict=True)}
    hits = tuple(IndexHit(one.place, one, heats[one.place], *index.layout(one.place)) for one in ranked)
    return IndexAnswer(hits, len(index), sum(len(one.places) for one in blocks), index.failed)


def _choose(
    index: FactorIndex,
    query: SearchQuery,
    ranking: Ranking,
    sums_and_scores: tuple[Floats, Floats],
    cancel: CancelToken | None,
) -> tuple[NDArray[np.int64], ListScale]:
    """Return the numbers of the candidates, ascending, and the scale of the whole list."""
    sums, scores = sums_and_scores
    combined = sums
    if query.contrast is not None:
        combined, _ = index.sums_and_scores(replace(query, vector=query.contrast, contrast=None), cancel)
    first = scores if ranking == "score" else combined if ranking == "combined" else sums
    chosen = np.sort(np.argpartition(-first, CANDIDATES)[:CANDIDATES])
    sample = np.unique(np.linspace(0, len(index) - 1, SAMPLE).astype(np.int64))
    scale = measure_scale(
        index.multiply(query, sample, sums_and_scores=sums_and_scores, cancel=cancel), index.typical_length
    )
    return chosen, ListScale(scale.typical, (float(combined.mean()), float(combined.std())), scale.direction)
