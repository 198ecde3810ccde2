"""Queries of searches, from what the public functions are given: words, a picture, or a region of one."""

from pathlib import Path

from exclip_desktop.api.explain import ImageLike
from exclip_desktop.attribution.second_order.explain import caption_factor
from exclip_desktop.attribution.second_order.stored_explain import PictureFactor, find_picture
from exclip_desktop.core.errors import SelectionError
from exclip_desktop.core.maths.factor_search import SearchQuery, make_query, make_region_query
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.caption import Span
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pictures import read_picture


def check_query(text: str | None, image: ImageLike | None) -> None:
    """Raise ``SelectionError`` unless exactly one of both is given."""
    if (text is None) == (image is None):
        raise SelectionError("A search needs either a text or a picture.", "Give one of them.")


def make_query_of(
    model: Model,
    text: str | None,
    span: Span | None,
    image: ImageLike | None,
    box: Box | None,
    settings: ExplainSettings,
    max_megapixels: float,
    cache: FactorCache | None,
    cancel: CancelToken,
) -> tuple[SearchQuery, str]:
    """Return the query of a text, else of a picture, and what it is in words."""
    if image is None:
        return make_text_query(model, text or "", span, settings, cancel)
    return make_picture_query(model, image, box, settings, max_megapixels, cache, cancel)


def read_picture_factor(
    model: Model,
    image: ImageLike,
    settings: ExplainSettings,
    max_megapixels: float,
    cache: FactorCache | None,
    cancel: CancelToken,
) -> PictureFactor:
    """Return a picture's factor, stored or computed, with the places of its patches."""
    return find_picture(cache, model, read_picture(image, max_megapixels).pixels, settings, cancel=cancel)


def make_text_query(
    model: Model, text: str, span: Span | None, settings: ExplainSettings, cancel: CancelToken
) -> tuple[SearchQuery, str]:
    """Return the query of a text's words, and the words."""
    caption = model.reader.read(text)
    rows = None if span is None else caption.rows_of(span)
    factor = caption_factor(model, caption, settings, cancel=cancel)
    words = text if span is None else span if isinstance(span, str) else text[slice(*span)]
    return make_query(factor, rows), words


def make_picture_query(
    model: Model,
    image: ImageLike,
    box: Box | None,
    settings: ExplainSettings,
    max_megapixels: float,
    cache: FactorCache | None,
    cancel: CancelToken,
) -> tuple[SearchQuery, str]:
    """Return the query of a picture or of a region of it, and its name."""
    picture = read_picture_factor(model, image, settings, max_megapixels, cache, cancel)
    named = str(image) if isinstance(image, str | Path) else "a picture"
    if box is None:
        return make_region_query(picture.factor, picture.prefix), named
    share = picture.geometry.require_coverage(box)
    return make_region_query(
        picture.factor, picture.prefix, share
    ), f"{named}, box {','.join(f'{value:g}' for value in box)}"
