"""Second-order attributions (Möller et al., TMLR 2025): the interaction matrix of caption tokens × image tokens.

By linearity the matrix is a product of two factors, one per side: v_j = ∫₀¹ J_head(R + αΔ)[:, j, :] Δ_j dα and u_i
likewise, A_ij = u_i·v_j / (‖e_t‖‖e_v‖) (their eq. 10 with the feature axes summed).
"""

from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order.integral import make_quadrature
from exclip_desktop.attribution.second_order.path import Path, check_text_reference, image_path, text_path
from exclip_desktop.attribution.second_order.sides import (
    integrate_factor,
    integrate_products,
    needs_fewer_passes_as_pair,
)
from exclip_desktop.attribution.second_order.unfinished import FinishedChunks
from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.progress import CancelToken, Progress, ignore_progress
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import (
    Explanation,
    Factor,
    ResolvedSettings,
    assemble_explanation,
    multiply_factors,
)
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.settings import DEFAULT_SETTINGS, ExplainSettings
from exclip_desktop.models.model import Model, versions
from exclip_desktop.models.towers.tower_protocols import Cut


def resolve_settings(model: Model, settings: ExplainSettings) -> ExplainSettings:
    """Return the settings with every default filled in for a model.

    Raises:
        SettingsError: a setting does not fit the model.

    """
    checked = settings.checked()
    check_text_reference(model, settings.text_reference)
    model.check_framing(settings.framing)
    return replace(
        checked,
        image_layer=model.resolve_layer("image", settings.image_layer),
        text_layer=model.resolve_layer("text", settings.text_layer),
    )


def explain_pair(
    model: Model,
    picture: NDArray[np.uint8],
    caption: str,
    settings: ExplainSettings = DEFAULT_SETTINGS,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Explanation:
    """Return the interaction matrix of one picture and one caption, with its ledger and everything that decides it.

    Args:
        model: a loaded model.
        picture: upright RGB picture, (H, W, 3) in [0, 255].
        caption: any text; the result names the part that exceeds the model's context.
        settings: layers, quadrature, reference, framing, precision and tolerance.
        progress: called with reports, in this thread.
        cancel: polled once per chunk.

    Raises:
        CaptionError, SettingsError: an argument does not fit.
        Cancelled: the person cancelled.

    """
    resolved = resolve_settings(model, settings)
    read = model.reader.read(caption)
    words = caption_factor(model, read, resolved, progress, cancel)
    return explain_words(model, picture, read, words, resolved, progress, cancel)


def caption_factor(
    model: Model,
    caption: Caption,
    settings: ExplainSettings,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    finished: FinishedChunks | None = None,
) -> Factor:
    """Return the caption's factor, one row per token; it serves every picture.

    Here and below, ``finished`` are the chunks that were computed before an interruption.
    """
    path = text_path(model, caption, settings.layer("text"), settings.text_reference, settings.precision)
    return _integrate(path, settings, "caption", progress, cancel, finished)


def picture_factor(
    model: Model,
    picture: NDArray[np.uint8],
    settings: ExplainSettings,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    finished: FinishedChunks | None = None,
) -> Factor:
    """Return the factor of a picture (H, W, 3), one row per image token; it serves every caption."""
    path = image_path(model, model.pixels(picture, settings.framing), settings.layer("image"), settings.precision)
    return _integrate(path, settings, "picture", progress, cancel, finished)


def explain_words(
    model: Model,
    picture: NDArray[np.uint8],
    caption: Caption,
    words: Factor,
    settings: ExplainSettings,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    finished: FinishedChunks | None = None,
) -> Explanation:
    """Explain a picture (H, W, 3) and a caption whose factor is known, for this pair only, which can be cheaper."""
    token = cancel or CancelToken()
    token.check()
    image = image_path(model, model.pixels(picture, settings.framing), settings.layer("image"), settings.precision)
    rows = image.features.new_tensor(words.rows)
    integral = integrate_products(image, rows, make_quadrature(settings), progress or ignore_progress, token, finished)
    size = picture.shape[1], picture.shape[0]
    geometry, prefix = image_layout(model, size, settings)
    return assemble_explanation(
        caption,
        geometry,
        prefix,
        integral.rows.T.cpu().numpy(),
        (words.ends, _ends(image)),
        (words.report, integral.report),
        describe_settings(model, settings),
    )


def explain_factors(
    model: Model, size: tuple[int, int], caption: Caption, words: Factor, picture: Factor, settings: ExplainSettings
) -> Explanation:
    """Explain a picture of ``size`` (width, height) and a caption from both factors, without running the model."""
    geometry, prefix = image_layout(model, size, settings)
    return multiply_factors(caption, words, geometry, prefix, picture, describe_settings(model, settings))


def is_pair_cheaper(model: Model, size: tuple[int, int], caption: Caption, settings: ExplainSettings) -> bool:
    """Return whether ``explain_words`` is cheaper than the whole factor of a picture of ``size`` (width, height)."""
    cut = _image_cut(model, size, settings)
    tokens = cut.prefix + cut.grid[0] * cut.grid[1]
    hidden = model.text.cut(settings.layer("text"), model.ids(caption.ids)).hidden
    count = len(caption.tokens) - len(hidden)
    return needs_fewer_passes_as_pair(cut.query is not None, count, tokens, model.image.embedding_size)


def image_layout(model: Model, size: tuple[int, int], settings: ExplainSettings) -> tuple[Geometry, int]:
    """Return where the image tokens of a picture of ``size`` (width, height) lie, and the number of prefix tokens."""
    cut = _image_cut(model, size, settings)
    return model.preprocess.geometry(size, cut, settings.framing), cut.prefix


def _image_cut(model: Model, size: tuple[int, int], settings: ExplainSettings) -> Cut:
    return model.image.cut(settings.layer("image"), model.preprocess.input_size(size, settings.framing))


def _integrate(
    path: Path,
    settings: ExplainSettings,
    name: str,
    progress: Progress | None,
    cancel: CancelToken | None,
    finished: FinishedChunks | None,
) -> Factor:
    integral = integrate_factor(
        path, make_quadrature(settings), name, progress or ignore_progress, cancel or CancelToken(), finished
    )
    return Factor(integral.rows.cpu().numpy(), _ends(path), integral.report)


def _ends(path: Path) -> Ends:
    ends = (path.embedding, path.start, path.ledger_reference, path.full)
    return Ends(*(None if value is None else value.cpu().double().numpy() for value in ends))  # type: ignore[arg-type]


def describe_settings(model: Model, settings: ExplainSettings) -> ResolvedSettings:
    """Return everything that decides the numbers, as an explanation states it; ``settings`` are resolved."""
    return ResolvedSettings(
        model=model.name,
        weights=model.weights,
        weights_sha256=model.weights_sha256,
        device=str(model.device),
        versions=versions(),
        **asdict(settings),
    )
