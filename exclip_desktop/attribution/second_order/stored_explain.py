"""Explains pairs with a store of results: what was computed once, by whichever interface, is not computed again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order.explain import (
    caption_factor,
    describe_settings,
    explain_factors,
    explain_words,
    image_layout,
    is_pair_cheaper,
    picture_factor,
    resolve_settings,
)
from exclip_desktop.attribution.second_order.unfinished import FinishedChunks, UnfinishedWork
from exclip_desktop.core.cache_keys import PairKeys, cache_key, pixels_sha256
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation, Factor
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model


class ResultStore(Protocol):
    """Holds factors and explanations by their keys; ``storage.cache.FactorCache`` is one."""

    def get(self, key: str) -> Factor | None:
        """Return a factor, or None."""

    def put(self, key: str, factor: Factor) -> None:
        """Store a factor."""

    def get_explanation(self, key: str, caption: Caption) -> Explanation | None:
        """Return an explanation of ``caption``, or None."""

    def put_explanation(self, key: str, explanation: Explanation) -> None:
        """Store an explanation."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureFactor:
    """A picture's factor with the places of its patches.

    Attributes:
        factor: one row per token.
        geometry: the places of the patches.
        prefix: number of tokens before the patches.

    """

    factor: Factor
    geometry: Geometry
    prefix: int


@dataclass(frozen=True, slots=True)
class StoredPair:
    """A picture and a caption that a model has tokenized, with the keys of their results.

    Attributes:
        model: a loaded model.
        settings: resolved settings.
        pixels: upright RGB picture, (H, W, 3).
        caption: the caption with its tokens.
        sha256: ``pixels_sha256`` of the picture.

    """

    model: Model
    settings: ExplainSettings
    pixels: NDArray[np.uint8]
    caption: Caption
    sha256: str

    @property
    def keys(self) -> PairKeys:
        """The keys of the two factors, and of the explanation."""
        return PairKeys(
            make_text_key(self.model, self.settings, self.caption),
            make_image_key(self.model, self.settings, self.size, self.sha256),
        )

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture."""
        return self.pixels.shape[1], self.pixels.shape[0]


def make_stored_pair(model: Model, pixels: NDArray[np.uint8], caption: str, settings: ExplainSettings) -> StoredPair:
    """Return a pair of an upright RGB picture (H, W, 3) and a caption; raises what ``explain_pair`` raises."""
    resolved = resolve_settings(model, settings)
    return StoredPair(model, resolved, pixels, model.reader.read(caption), pixels_sha256(pixels))


def make_text_key(model: Model, settings: ExplainSettings, caption: Caption) -> str:
    """Return the key of a caption's factor."""
    return cache_key(
        model=model.fingerprint, dtype=str(model.dtype), tokens=caption.ids, settings=settings.cache_key("text")
    )


def make_image_key(model: Model, settings: ExplainSettings, size: tuple[int, int], sha256: str) -> str:
    """Return the key of the factor of a picture of ``size`` (width, height), by its ``pixels_sha256``."""
    return cache_key(
        model=model.fingerprint,
        dtype=str(model.dtype),
        picture=sha256,
        geometry=model.geometry(size, settings.layer("image"), settings.framing).as_dict(),
        settings=settings.cache_key("image"),
    )


def read_stored(store: ResultStore, pair: StoredPair) -> Explanation | None:
    """Return the stored explanation of a pair, by this model's present name; None where there is none.

    Captions that differ in what the model does not read, such as capitals, share one entry.
    """
    stored = store.get_explanation(pair.keys.pair, pair.caption)
    if stored is None:
        return None
    made = stored.settings
    settings = replace(describe_settings(pair.model, pair.settings), device=made.device, versions=made.versions)
    return replace(stored, settings=settings)


def explain_stored(
    store: ResultStore,
    pair: StoredPair,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    *,
    whole: bool = False,
    unfinished: UnfinishedWork | None = None,
) -> Explanation:
    """Return the stored explanation of a pair; else compute it by the cheapest exact way, and store it.

    ``whole``: by the picture's whole factor, even if this pair alone is cheaper. ``unfinished`` holds what an
    interrupted call has computed.
    """
    explanation = read_stored(store, pair)
    if explanation is None:
        explanation = _compute(store, pair, progress, cancel, whole, unfinished or UnfinishedWork())
        store.put_explanation(pair.keys.pair, explanation)
    return explanation


def store_picture_factor(
    store: ResultStore,
    pair: StoredPair,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    unfinished: UnfinishedWork | None = None,
) -> Factor:
    """Return the picture's whole factor, which serves every caption; compute and store it where it is missing."""
    return find_factor(
        store,
        pair.keys.image,
        lambda finished: picture_factor(pair.model, pair.pixels, pair.settings, progress, cancel, finished),
        unfinished,
    )


def find_picture(
    store: ResultStore | None,
    model: Model,
    pixels: NDArray[np.uint8],
    settings: ExplainSettings,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    unfinished: UnfinishedWork | None = None,
) -> PictureFactor:
    """Return the whole factor of a picture, (H, W, 3), with the places of its patches; ``settings`` are resolved.

    It is stored where it is missing; without a ``store`` it is computed.
    """
    size = pixels.shape[1], pixels.shape[0]
    geometry, prefix = image_layout(model, size, settings)
    factor = find_factor(
        store,
        make_image_key(model, settings, size, pixels_sha256(pixels)),
        lambda finished: picture_factor(model, pixels, settings, progress, cancel, finished),
        unfinished,
    )
    return PictureFactor(factor, geometry, prefix)


def find_caption(
    store: ResultStore | None,
    model: Model,
    caption: Caption,
    settings: ExplainSettings,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    unfinished: UnfinishedWork | None = None,
) -> Factor:
    """Return the factor of a caption, as ``find_picture`` does that of a picture."""
    return find_factor(
        store,
        make_text_key(model, settings, caption),
        lambda finished: caption_factor(model, caption, settings, progress, cancel, finished),
        unfinished,
    )


def find_factor(
    store: ResultStore | None,
    key: str,
    compute: Callable[[FinishedChunks], Factor],
    unfinished: UnfinishedWork | None = None,
) -> Factor:
    """Return the stored factor of a key; ``compute`` and store it where it is missing."""
    factor = None if store is None else store.get(key)
    if factor is None:
        with (unfinished or UnfinishedWork()).resume(key) as finished:
            factor = compute(finished)
        if store is not None:
            store.put(key, factor)
    return factor


def _compute(
    store: ResultStore,
    pair: StoredPair,
    progress: Progress | None,
    cancel: CancelToken | None,
    whole: bool,
    unfinished: UnfinishedWork,
) -> Explanation:
    model, settings, caption, size = pair.model, pair.settings, pair.caption, pair.size
    keys = pair.keys
    words = find_caption(store, model, caption, settings, progress, cancel, unfinished)
    image = store.get(keys.image)
    if image is None and not whole and is_pair_cheaper(model, size, caption, settings):
        with unfinished.resume(keys.pair) as finished:
            return explain_words(model, pair.pixels, caption, words, settings, progress, cancel, finished)
    image = image or store_picture_factor(store, pair, progress, cancel, unfinished)
    return explain_factors(model, size, caption, words, image, settings)
