"""The public function ``search``: pictures of a list or batch that match words, or a region of a picture."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.api.explain import ImageLike
from exclip_desktop.api.search_queries import check_query, make_query_of, read_picture_factor
from exclip_desktop.attribution.compute_errors import convert_memory_errors
from exclip_desktop.attribution.second_order.explain import (
    resolve_settings,
)
from exclip_desktop.attribution.second_order.stored_explain import PictureFactor
from exclip_desktop.core.errors import (
    DeviceError,
    MemoryShortage,
    OutputError,
    SettingsError,
    UserError,
)
from exclip_desktop.core.maths.factor_search import (
    BACKGROUND_PICTURES,
    SearchQuery,
    add_contrast,
    measure_background,
    multiply_query,
    scale_patches,
)
from exclip_desktop.core.maths.hit_truth import judge_hits
from exclip_desktop.core.maths.search_hits import SearchHit
from exclip_desktop.core.maths.search_ranking import RANKINGS, RankedPicture, Ranking, rank_pictures
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.values.caption import Span
from exclip_desktop.core.values.geometry import Box, Geometry
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.storage.batches.batch_index import Batch
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.factor_index.index_builder import NOT_EXPLAINED
from exclip_desktop.storage.factor_index.index_search import BatchSearch
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """The result of ``search``.

    Attributes:
        query: what was searched for, in words.
        ranking: what the hits are ranked by.
        hits: the pictures whose heat was computed, the best one first: all that have a factor, except in long batches.
        failed: a sentence for each picture that has none, by its path.
        pictures: number of pictures that have a factor.

    """

    query: str
    ranking: Ranking
    hits: tuple[SearchHit, ...]
    failed: dict[str, str]
    pictures: int


@dataclass(frozen=True, slots=True)
class _SearchedPicture:
    """A picture's factor, or the reason why there is none."""

    path: str
    image_factor: PictureFactor | None = None
    reason: str = ""


def search(
    model: Model,
    pictures: str | Path | PairList | Batch,
    text: str | None = None,
    *,
    span: Span | None = None,
    image: ImageLike | None = None,
    box: Box | None = None,
    ranking: Ranking = "combined",
    exact: bool = False,
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    cache: FactorCache | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    **settings: Any,
) -> SearchAnswer:
    """Rank the pictures of a list by their heat for a query: words, a picture, or a region of a picture.

    Args:
        model: a loaded model.
        pictures: a list's file or folder, a ``PairList``, or a ``Batch``, whose factors are read, with its settings;
            the hits of a batch have no captions and judgements, which ``judge_hits`` adds.
        text: the query's text, explained like a caption.
        span: the words of ``text`` that are searched for, as text or characters (start, end); None: all of it.
        image: the query's picture, instead of ``text``.
        box: the region of ``image`` that is searched for, in its pixels; None: the whole picture.
        ranking: one of ``core.maths.search_ranking.RANKINGS``.
        exact: compute the heat of all pictures of a batch. Else, above 20,000 pictures and by ``combined``, ``sum`` or
            ``score``, only that of the 4,000 pictures with the largest sums (or scores, where these are ranked by).
        max_megapixels: largest picture read.
        cache: stores the pictures' factors, as ``open_cache()`` does for the window.
        progress: called with the number of finished pictures; first with that of shards while a batch is indexed.
        cancel: polled within the pictures.
        settings: fields of ``ExplainSettings``, by name.

    Raises:
        ListError: the list cannot be read.
        CaptionError, SelectionError, SettingsError: an argument does not fit, or the batch is another model's.
        PictureError: the query's picture cannot be read.
        Cancelled: the person cancelled.

    """
    if ranking not in RANKINGS:
        raise SettingsError(f'There is no ranking "{ranking}".', f"Choose one of {', '.join(RANKINGS)}.")
    check_query(text, image)
    token, report = cancel or CancelToken(), progress or ignore_progress
    if isinstance(pictures, Batch):
        resolved = _settings_of(model, pictures)
    else:
        resolved = resolve_settings(model, ExplainSettings(**settings))
        listed = pictures if isinstance(pictures, PairList) else read_pairs(pictures, cancel=token)
        names = list(dict.fromkeys(pair.picture for pair in listed.pairs))
    with convert_memory_errors():
        query, named = make_query_of(model, text, span, image, box, resolved, max_megapixels, cache, token)
        if isinstance(pictures, Batch):
            return _search_batch(pictures, named, query, ranking, exact, report, token)
        searched = _explain_pictures(model, listed, names, resolved, max_megapixels, cache, token)
        answer = _answer(named, query, ranking, _with_progress(searched, len(names), report))
    return replace(answer, hits=judge_hits(named, answer.hits, listed.pairs))


def _search_batch(
    batch: Batch, words: str, query: SearchQuery, ranking: Ranking, exact: bool, report: Progress, cancel: CancelToken
) -> SearchAnswer:
    """Return the answer of a batch's index, or where it cannot be written, that of the shards themselves."""
    try:
        found = BatchSearch(batch).search(query, ranking, exact=exact, progress=report, cancel=cancel)
    except OutputError:
        searched = _with_progress(_read_batch(batch, cancel), batch.counts["pictures"], report)
        return _answer(words, query, ranking, searched)
    hits = (_make_hit(batch.pictures[hit.place], hit.geometry, hit.ranked, hit.heat) for hit in found.hits)
    failed = {batch.pictures[place]: reason for place, reason in found.failed.items()}
    return SearchAnswer(words, ranking, tuple(hits), failed, found.pictures)


def _with_progress(searched: Iterator[_SearchedPicture], count: int, progress: Progress) -> Iterator[_SearchedPicture]:
    for number, picture in enumerate(searched, 1):
        yield picture
        progress(Report("pictures", number, count))


def _answer(words: str, query: SearchQuery, ranking: Ranking, searched: Iterator[_SearchedPicture]) -> SearchAnswer:
    """Return the ranked pictures; of their factors only the products with the query are kept."""
    places, products, failed = [], [], {}
    query, searched = _with_contrast(query, searched)
    for one in searched:
        if one.image_factor is None:
            failed[one.path] = one.reason
        else:
            places.append((one.path, one.image_factor.geometry))
            products.append(
                multiply_query(one.image_factor.factor, one.image_factor.prefix, one.image_factor.geometry.grid, query)
            )
    hits = tuple(
        _make_hit(*places[ranked.place], ranked, products[ranked.place].heat)
        for ranked in rank_pictures(products, ranking)
    )
    return SearchAnswer(words, ranking, hits, failed, len(places))


def _with_contrast(
    query: SearchQuery, searched: Iterator[_SearchedPicture]
) -> tuple[SearchQuery, Iterator[_SearchedPicture]]:
    """Return a region's query with its contrast against the first pictures with a factor, and all pictures."""
    first: list[_SearchedPicture] = []
    rows: list[NDArray[np.float64]] = []
    while query.patches and len(rows) < BACKGROUND_PICTURES:
        one = next(searched, None)
        if one is None:
            break
        first.append(one)
        if one.image_factor is not None:
            rows.append(scale_patches(one.image_factor.factor, one.image_factor.prefix))
    return add_contrast(query, measure_background(rows)), chain(first, searched)


def _settings_of(model: Model, batch: Batch) -> ExplainSettings:
    """Return the settings of a batch's factors; raise ``SettingsError`` unless this model has made them."""
    made = batch.settings
    if batch.header.decided_by.get("model") != model.fingerprint:
        raise SettingsError(
            f"The batch in {batch.folder} was made by {made.model} with other weights, or by another model.",
            "Load its model, or run the batch with this one.",
        )
    return resolve_settings(model, ExplainSettings.from_dict(asdict(made)))


def _read_batch(batch: Batch, cancel: CancelToken) -> Iterator[_SearchedPicture]:
    for place, path in enumerate(batch.pictures):
        cancel.check()
        entry = batch.entry("pictures", place)
        if entry is None or entry.factor is None:
            reason = NOT_EXPLAINED if entry is None else entry.error
            yield _SearchedPicture(path, reason=reason)
        else:
            geometry = Geometry(*map(tuple, entry.values["geometry"]))
            yield _SearchedPicture(path, PictureFactor(entry.factor, geometry, entry.values["prefix"]))


def _explain_pictures(
    model: Model,
    listed: PairList,
    names: list[str],
    settings: ExplainSettings,
    max_megapixels: float,
    cache: FactorCache | None,
    cancel: CancelToken,
) -> Iterator[_SearchedPicture]:
    for name in names:
        cancel.check()
        try:
            path = listed.path_of(name)
            yield _SearchedPicture(name, read_picture_factor(model, path, settings, max_megapixels, cache, cancel))
        except (MemoryShortage, DeviceError):
            raise
        except UserError as error:
            yield _SearchedPicture(name, reason=str(error))


def _make_hit(path: str, geometry: Geometry, ranked: RankedPicture, heat: NDArray[np.float64]) -> SearchHit:
    box = geometry.box_around(ranked.region)
    return SearchHit(path, ranked.value, ranked.numbers, heat.astype(np.float32), ranked.region, box, geometry)
