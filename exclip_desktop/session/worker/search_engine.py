"""Searches a list's pictures by their stored factors; imports torch, as the engine does."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order.explain import image_layout
from exclip_desktop.attribution.second_order.stored_explain import (
    PictureFactor,
    find_caption,
    find_picture,
    make_image_key,
    make_text_key,
)
from exclip_desktop.attribution.second_order.unfinished import UnfinishedWork
from exclip_desktop.core.cache_keys import pixels_sha256
from exclip_desktop.core.errors import UserError
from exclip_desktop.core.maths.factor_search import (
    BACKGROUND_PICTURES,
    Background,
    SearchQuery,
    add_contrast,
    make_query,
    make_region_query,
    measure_background,
    multiply_query,
    scale_patches,
)
from exclip_desktop.core.maths.interactions import cosine
from exclip_desktop.core.maths.search_ranking import find_hit_region
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Factor
from exclip_desktop.core.values.selection import coverage
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.session.worker.search_requests import (
    PictureProducts,
    RegionQuery,
    SearchedPicture,
    SearchPart,
    SearchRequest,
    WordsQuery,
)
from exclip_desktop.storage.archives import archive_of
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pictures import read_picture

PART_S: Final = 0.1
"""Seconds after which the pictures that were looked at are answered."""
MOST_WORDS: Final = 3
WORD_SHARE: Final = 0.3
"""Words with less than this share of the largest value are not named."""
Size = tuple[int, int]


@dataclass(slots=True)
class _Part:
    """What will be answered next."""

    pictures: list[PictureProducts] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class PictureNames:
    """SHA-256 and size of picture files, remembered while size and time of the file stay."""

    def __init__(self) -> None:
        """Start without any."""
        self._names: dict[Path, tuple[tuple[int, int], str, Size]] = {}

    def get(self, path: Path) -> tuple[str, Size]:
        """Return the ``pixels_sha256`` and (width, height) of a picture file; raise ``PictureError``."""
        state = _file_state(path)
        known = self._names.get(path)
        if known is None or known[0] != state:
            pixels = read_picture(path).pixels
            known = state, pixels_sha256(pixels), (pixels.shape[1], pixels.shape[0])
            self._names[path] = known
        return known[1:]


def _file_state(path: Path) -> tuple[int, int]:
    try:
        state = os.stat(archive_of(path) or path)
    except OSError:
        return 0, 0
    return state.st_size, state.st_mtime_ns


class ListSearch:
    """Answers search requests from a cache; one that was interrupted is resumed where it was."""

    def __init__(self, cache: FactorCache, unfinished: UnfinishedWork) -> None:
        """Read and store factors in ``cache``."""
        self._cache, self._unfinished = cache, unfinished
        self._names = PictureNames()
        self._request: SearchRequest | None = None
        self._query: SearchQuery | None = None
        self._done = 0

    def search(
        self, model: Model, settings: ExplainSettings, request: SearchRequest, progress: Progress, cancel: CancelToken
    ) -> Iterator[SearchPart]:
        """Yield the products of the request's pictures in parts; ``settings`` are resolved."""
        if self._request is not request:
            self._request, self._done = None, 0
            query = self._make_query(model, settings, request, progress, cancel)
            self._query = add_contrast(query, self._measure_background(model, settings, request, query, cancel))
            self._request = request
        assert self._query is not None
        part, began, done = _Part(), time.monotonic(), self._done
        for picture in request.pictures[self._done :]:
            cancel.check()
            path = request.listed.path_of(picture.picture)
            self._look_at(model, settings, picture, path, self._query, part)
            done += 1
            if time.monotonic() - began >= PART_S:
                yield _make_answer(request, part, done)
                self._done = done  # the part has arrived
                part, began = _Part(), time.monotonic()
        yield _make_answer(request, part, done)
        self._done = done

    def _look_at(
        self,
        model: Model,
        settings: ExplainSettings,
        picture: SearchedPicture,
        path: Path,
        query: SearchQuery,
        part: _Part,
    ) -> None:
        """Add a picture to what is answered."""
        try:
            image_factor = self._read_stored(model, settings, path)
        except UserError as error:
            part.failed[picture.picture] = str(error)
            return
        if image_factor is None:
            part.missing.append(picture.picture)
            return
        products = multiply_query(image_factor.factor, image_factor.prefix, image_factor.geometry.grid, query)
        region = find_hit_region(products.heat)
        one = PictureProducts(picture.picture, products, image_factor.geometry, region)
        words = self._caption_factor(model, settings, picture.caption)
        part.pictures.append(
            one if words is None else _add_caption(one, *words, image_factor.factor, image_factor.prefix)
        )

    def _read_stored(self, model: Model, settings: ExplainSettings, path: Path) -> PictureFactor | None:
        """Return the stored factor of a picture file, or None; raise ``UserError`` where the file cannot be read."""
        sha256, size = self._names.get(path)
        factor = self._cache.get(make_image_key(model, settings, size, sha256))
        return None if factor is None else PictureFactor(factor, *image_layout(model, size, settings))

    def _caption_factor(self, model: Model, settings: ExplainSettings, text: str) -> tuple[Caption, Factor] | None:
        """Return a caption with its stored factor; None where there is none."""
        if not text.strip():
            return None
        try:
            caption = model.reader.read(text)
        except UserError:
            return None
        factor = self._cache.get(make_text_key(model, settings, caption))
        return None if factor is None else (caption, factor)

    def _make_query(
        self, model: Model, settings: ExplainSettings, request: SearchRequest, progress: Progress, cancel: CancelToken
    ) -> SearchQuery:
        """Return the request's query, from a stored or a computed factor."""
        query = request.query
        if isinstance(query, WordsQuery):
            caption = model.reader.read(query.text)
            rows = None if query.span is None else caption.rows_of(query.span)
            factor = find_caption(self._cache, model, caption, settings, progress, cancel, self._unfinished)
            return make_query(factor, rows)
        picture = query.picture if isinstance(query, RegionQuery) else read_picture(query.path)
        regions = query.regions if isinstance(query, RegionQuery) else ()
        image_factor = find_picture(self._cache, model, picture.pixels, settings, progress, cancel, self._unfinished)
        return make_region_query(image_factor.factor, image_factor.prefix, coverage(image_factor.geometry, regions))

    def _measure_background(
        self, model: Model, settings: ExplainSettings, request: SearchRequest, query: SearchQuery, cancel: CancelToken
    ) -> Background | None:
        """Return the background of a region's query: the first pictures with a stored factor."""
        rows: list[NDArray[np.float64]] = []
        for picture in request.pictures if query.patches else ():
            cancel.check()
            with suppress(UserError):
                image_factor = self._read_stored(model, settings, request.listed.path_of(picture.picture))
                if image_factor is not None:
                    rows.append(scale_patches(image_factor.factor, image_factor.prefix))
            if len(rows) == BACKGROUND_PICTURES:
                break
        return measure_background(rows)


def _add_caption(
    one: PictureProducts, caption: Caption, words: Factor, picture: Factor, prefix: int
) -> PictureProducts:
    """Return a picture with the words of its caption that have the largest values for the hit region, and its score."""
    place = picture.rows[prefix:][one.region.ravel()].astype(np.float64).sum(0)
    values = words.rows.astype(np.float64) @ place
    by_word = [(float(values[list(word.rows)].sum()), word.text) for word in caption.words if word.rows]
    least = WORD_SHARE * max((value for value, _ in by_word), default=0.0)
    best = sorted((entry for entry in by_word if entry[0] > 0 and entry[0] >= least), key=lambda entry: -entry[0])
    names = tuple(word for _, word in best[:MOST_WORDS])
    residual = max(words.report.residual, picture.report.residual)
    return replace(one, words=names, pair_score=cosine(words.ends, picture.ends), residual=residual)


def _make_answer(request: SearchRequest, part: _Part, done: int) -> SearchPart:
    return SearchPart(request.id, tuple(part.pictures), tuple(part.missing), part.failed, done)
