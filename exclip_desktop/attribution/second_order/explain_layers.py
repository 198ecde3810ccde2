"""Explains one pair at each layer of one side, the other side at its own layer: the layer profile."""

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
    """Explain one picture and one caption at every layer of one side, and yield each row when it is computed.

    Args:
        model: a loaded model.
        picture: upright RGB picture, (H, W, 3) in [0, 255].
        caption: any text.
        settings: resolved; the layer of ``side`` itself is not used.
        side: the side whose layers are explained.
        progress: called with reports, in this thread.
        cancel: polled once per chunk.

    Raises:
        CaptionError: the caption is empty.
        Cancelled: the person cancelled.

    """
    report, token = progress or ignore_progress, cancel or CancelToken()
    make = _by_picture if side == "image" else _by_caption
    return profile_layers(
        model, settings, side, make(model, picture, model.reader.read(caption), settings, report, token)
    )


def _by_picture(
    model: Model,
    picture: NDArray[np.uint8],
    caption: Caption,
    settings: ExplainSettings,
    progress: Progress,
    cancel: CancelToken,
) -> Explain:
    """Return a function that explains at any image layer, with the caption's factor computed once."""
    words = caption_factor(model, caption, settings, progress, cancel)

    def explain(at: ExplainSettings) -> Explanation:
        return explain_words(model, picture, caption, words, at, name_layer(progress, at.layer("image")), cancel)

    return explain


def _by_caption(
    model: Model,
    picture: NDArray[np.uint8],
    caption: Caption,
    settings: ExplainSettings,
    progress: Progress,
    cancel: CancelToken,
) -> Explain:
    """Return a function that explains at any text layer, with the picture's factor computed once."""
    image = picture_factor(model, picture, settings, progress, cancel)
    size = picture.shape[1], picture.shape[0]

    def explain(at: ExplainSettings) -> Explanation:
        words = caption_factor(model, caption, at, name_layer(progress, at.layer("text")), cancel)
        return explain_factors(model, size, caption, words, image, at)

    return explain


def name_layer(progress: Progress, layer: Layer) -> Progress:
    """Return ``progress`` with the layer named in its reports."""
    return lambda report: progress(Report(f"{report.what} at layer {layer}", report.done, report.total))
