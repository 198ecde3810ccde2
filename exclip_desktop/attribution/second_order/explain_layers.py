"""The layer profile: one pair explained with one side cut at each of its layers, the other as it is chosen."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order.explain import (
    caption_factor,
    explain_factors,
    explain_words,
    picture_factor,
)
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.layer_profile import ProfileRow, profile_row
from exclip_desktop.core.values.settings import ExplainSettings, Layer, Side
from exclip_desktop.models.model import Model

Explain = Callable[[ExplainSettings], Explanation]
"""Explains the profile's pair with settings."""


def profile_layers(model: Model, settings: ExplainSettings, side: Side, explain: Explain) -> Iterator[ProfileRow]:
    """Yield a row for every layer of ``side``, from the last, which costs least, to the first."""
    for layer in reversed(model.layers(side)):
        yield profile_row(explain(settings.at_layer(side, layer)), side)


def profile_pair(
    model: Model,
    picture: NDArray[np.uint8],
    caption: str,
    settings: ExplainSettings,
    side: Side,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Iterator[ProfileRow]:
    """Explain one picture and one caption at every layer of one side; rows come as they are done.

    Args:
        model: a loaded model.
        picture: upright RGB picture, (H, W, 3) in [0, 255].
        caption: any text.
        settings: resolved; the layer of ``side`` itself is not used.
        side: whose layers are walked through.
        progress: told what is done, in this thread.
        cancel: polled once per chunk.

    Raises:
        CaptionError: the caption is empty.
        Cancelled: the person cancelled.

    """
    tell, token = progress or ignore_progress, cancel or CancelToken()
    make = _by_picture if side == "image" else _by_caption
    return profile_layers(
        model, settings, side, make(model, picture, model.reader.read(caption), settings, tell, token)
    )


def _by_picture(
    model: Model,
    picture: NDArray[np.uint8],
    caption: Caption,
    settings: ExplainSettings,
    tell: Progress,
    cancel: CancelToken,
) -> Explain:
    """Return what explains at any image layer; the caption's factor is computed once."""
    words = caption_factor(model, caption, settings, tell, cancel)

    def explain(at: ExplainSettings) -> Explanation:
        return explain_words(model, picture, caption, words, at, name_layer(tell, at.layer("image")), cancel)

    return explain


def _by_caption(
    model: Model,
    picture: NDArray[np.uint8],
    caption: Caption,
    settings: ExplainSettings,
    tell: Progress,
    cancel: CancelToken,
) -> Explain:
    """Return what explains at any text layer; the picture's factor is computed once."""
    image = picture_factor(model, picture, settings, tell, cancel)
    size = picture.shape[1], picture.shape[0]

    def explain(at: ExplainSettings) -> Explanation:
        words = caption_factor(model, caption, at, name_layer(tell, at.layer("text")), cancel)
        return explain_factors(model, size, caption, words, image, at)

    return explain


def name_layer(tell: Progress, layer: Layer) -> Progress:
    """Return ``tell`` for what is done at a layer, which its reports then name."""
    return lambda report: tell(Report(f"{report.what} at layer {layer}", report.done, report.total))
