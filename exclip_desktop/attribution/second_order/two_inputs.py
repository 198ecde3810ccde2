"""Explains two inputs of any kind, picture or caption, by the product of their factors.

Möller et al. (TMLR 2025) build the matrix for one encoder twice in the same way as for two encoders. The rows of every
factor lie in the space of the embeddings, so that A_ij = a_i·b_j / (‖e_a‖‖e_b‖) for any two of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order.explain import (
    caption_factor,
    describe_settings,
    explain_pair,
    image_layout,
    picture_factor,
    resolve_settings,
)
from exclip_desktop.attribution.second_order.stored_explain import (
    ResultStore,
    explain_stored,
    find_factor,
    make_image_key,
    make_stored_pair,
    make_text_key,
)
from exclip_desktop.attribution.second_order.unfinished import FinishedChunks, UnfinishedWork
from exclip_desktop.core.cache_keys import pixels_sha256
from exclip_desktop.core.maths.region_pairs import measure_places
from exclip_desktop.core.progress import CancelToken, Progress, ignore_progress
from exclip_desktop.core.values.explanation import Factor
from exclip_desktop.core.values.settings import DEFAULT_SETTINGS, ExplainSettings
from exclip_desktop.core.values.two_inputs import (
    WHICH,
    CaptionSide,
    InputSide,
    PictureSide,
    TwoInputExplanation,
    Which,
    multiply_inputs,
    pair_as_two_inputs,
)
from exclip_desktop.models.model import Model

ModelInput = NDArray[np.uint8] | str
"""An upright RGB picture, (H, W, 3) in [0, 255], or a caption."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What both factors of one call share; ``known`` are those that it has computed, by their keys."""

    model: Model
    settings: ExplainSettings
    store: ResultStore | None
    unfinished: UnfinishedWork
    progress: Progress
    cancel: CancelToken
    known: dict[str, Factor] = field(default_factory=dict)


def explain_two_inputs(
    model: Model,
    first: ModelInput,
    second: ModelInput,
    settings: ExplainSettings = DEFAULT_SETTINGS,
    *,
    store: ResultStore | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    unfinished: UnfinishedWork | None = None,
) -> TwoInputExplanation:
    """Return the matrix of two inputs with its ledger: two pictures, two captions, or one of each.

    Args:
        model: a loaded model.
        first, second: pictures, (H, W, 3), or captions. A picture and a caption have the numbers of ``explain_pair``.
        settings: as of a pair; those of the other kind's tower are not used for two inputs of one kind.
        store: where factors are read and kept; None: they are computed.
        progress: called with reports, in this thread.
        cancel: polled once per chunk.
        unfinished: holds what an interrupted call has computed.

    Raises:
        CaptionError, SettingsError: an argument does not fit.
        Cancelled: the person cancelled.

    """
    work = _Work(
        model,
        resolve_settings(model, settings),
        store,
        unfinished or UnfinishedWork(),
        progress or ignore_progress,
        cancel or CancelToken(),
    )
    if isinstance(first, str) and not isinstance(second, str):
        return _explain_pair(work, second, first)
    if isinstance(second, str) and not isinstance(first, str):
        return _explain_pair(work, first, second).swapped
    one, other = (_side_and_factor(work, source, which) for source, which in zip((first, second), WHICH, strict=True))
    return multiply_inputs(one, other, describe_settings(model, work.settings))


def _explain_pair(work: _Work, picture: NDArray[np.uint8], caption: str) -> TwoInputExplanation:
    """Explain a caption, the first input, and a picture as ``explain`` does."""
    if work.store is None:
        explanation = explain_pair(
            work.model, picture, caption, work.settings, progress=work.progress, cancel=work.cancel
        )
        return pair_as_two_inputs(explanation)
    pair = make_stored_pair(work.model, picture, caption, work.settings)
    return pair_as_two_inputs(explain_stored(work.store, pair, work.progress, work.cancel, unfinished=work.unfinished))


def _side_and_factor(work: _Work, source: ModelInput, which: Which) -> tuple[InputSide, Factor]:
    """Return an input's layout and its factor, stored or computed."""
    model, settings = work.model, work.settings
    progress = _name_input(work.progress, which)
    if isinstance(source, str):
        caption = model.reader.read(source)
        factor = _find_factor(
            work,
            make_text_key(model, settings, caption),
            lambda finished: caption_factor(model, caption, settings, progress, work.cancel, finished),
        )
        return CaptionSide(caption, factor.report), factor
    size = source.shape[1], source.shape[0]
    geometry, prefix = image_layout(model, size, settings)
    factor = _find_factor(
        work,
        make_image_key(model, settings, size, pixels_sha256(source)),
        lambda finished: picture_factor(model, source, settings, progress, work.cancel, finished),
    )
    lengths = measure_places(factor, prefix, geometry.grid)
    return PictureSide(geometry, prefix, factor.report, lengths), factor


def _find_factor(work: _Work, key: str, compute: Callable[[FinishedChunks], Factor]) -> Factor:
    """Return a factor of this call or of the store; compute and store it where it is missing."""
    factor = work.known.get(key) or find_factor(work.store, key, compute, work.unfinished)
    work.known[key] = factor
    return factor


def _name_input(progress: Progress, which: Which) -> Progress:
    """Return ``progress`` with the input named in its reports: first picture, second caption …"""
    return lambda report: progress(replace(report, what=f"{which} {report.what}"))
