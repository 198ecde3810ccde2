"""The public function ``search_captions``: captions of a list that match a region of a picture, a picture, or words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exclip_desktop.api.explain import ImageLike
from exclip_desktop.api.search_queries import check_query, make_query_of
from exclip_desktop.attribution.compute_errors import convert_memory_errors
from exclip_desktop.attribution.second_order.explain import resolve_settings
from exclip_desktop.attribution.second_order.stored_explain import find_caption
from exclip_desktop.core.errors import DeviceError, MemoryShortage, SettingsError, UserError
from exclip_desktop.core.maths.caption_search import (
    CAPTION_RANKINGS,
    CaptionHit,
    CaptionRanking,
    rank_captions,
    value_caption,
)
from exclip_desktop.core.maths.factor_search import SearchQuery
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.values.caption import Span
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS


@dataclass(frozen=True, slots=True)
class CaptionAnswer:
    """The result of ``search_captions``.

    Attributes:
        query: what was searched for, in words.
        ranking: what the hits are ranked by.
        hits: all captions that could be explained, the best one first; equal captions once.
        failed: a sentence for each other caption.

    """

    query: str
    ranking: CaptionRanking
    hits: tuple[CaptionHit, ...]
    failed: dict[str, str]


def search_captions(
    model: Model,
    captions: str | Path | PairList | Sequence[str],
    text: str | None = None,
    *,
    span: Span | None = None,
    image: ImageLike | None = None,
    box: Box | None = None,
    ranking: CaptionRanking = "sum",
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    cache: FactorCache | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    **settings: Any,
) -> CaptionAnswer:
    """Rank captions by their words' heat for a query: a region of a picture, a picture, or words of a text.

    Args:
        model: a loaded model.
        captions: a list's file or folder, a ``PairList``, or the captions themselves.
        text: the query's text, instead of ``image``.
        span: the words of ``text`` that are searched for, as text or characters (start, end); None: all of it.
        image: the query's picture.
        box: the region of ``image`` that is searched for, in its pixels; None: the whole picture.
        ranking: one of ``core.maths.caption_search.CAPTION_RANKINGS``.
        max_megapixels: largest picture read.
        cache: stores the captions' factors, as ``open_cache()`` does for the window.
        progress: called with the number of finished captions.
        cancel: polled within the captions.
        settings: fields of ``ExplainSettings``, by name.

    Raises:
        ListError: the list cannot be read.
        CaptionError, SelectionError, SettingsError: an argument does not fit.
        PictureError: the query's picture cannot be read.
        Cancelled: the person cancelled.

    """
    if ranking not in CAPTION_RANKINGS:
        raise SettingsError(
            f'There is no ranking "{ranking}" of captions.', f"Choose one of {', '.join(CAPTION_RANKINGS)}."
        )
    check_query(text, image)
    token, report = cancel or CancelToken(), progress or ignore_progress
    resolved = resolve_settings(model, ExplainSettings(**settings))
    listed = _texts(captions, token)
    hits: list[CaptionHit] = []
    failed: dict[str, str] = {}
    with convert_memory_errors():
        query, named = make_query_of(model, text, span, image, box, resolved, max_megapixels, cache, token)
        for number, one in enumerate(listed, 1):
            token.check()
            try:
                hits.append(_value_text(model, one, query, ranking, resolved, cache, token))
            except (MemoryShortage, DeviceError):
                raise
            except UserError as error:
                failed[one] = str(error)
            report(Report("captions", number, len(listed)))
    return CaptionAnswer(named, ranking, rank_captions(hits), failed)


def _value_text(
    model: Model,
    text: str,
    query: SearchQuery,
    ranking: CaptionRanking,
    settings: ExplainSettings,
    cache: FactorCache | None,
    cancel: CancelToken,
) -> CaptionHit:
    caption = model.reader.read(text)
    return value_caption(caption, find_caption(cache, model, caption, settings, cancel=cancel), query, ranking)


def _texts(captions: str | Path | PairList | Sequence[str], cancel: CancelToken) -> list[str]:
    """Return the captions that are not empty, each once."""
    if isinstance(captions, str | Path):
        captions = read_pairs(captions, cancel=cancel)
    texts = [pair.caption for pair in captions.pairs] if isinstance(captions, PairList) else captions
    return [text for text in dict.fromkeys(texts) if text.strip()]
