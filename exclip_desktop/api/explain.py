"""The public functions ``explain``, ``profile``, ``measure``, ``map_by``, ``matrix_by`` and ``score``."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.api.results import Drawable, MatrixResult, Result
from exclip_desktop.attribution.answer import answer_by, compute_map
from exclip_desktop.attribution.compute_errors import convert_memory_errors
from exclip_desktop.attribution.pair import make_pair
from exclip_desktop.attribution.second_order.explain import explain_pair, resolve_settings
from exclip_desktop.attribution.second_order.explain_layers import profile_pair
from exclip_desktop.attribution.second_order.stored_explain import explain_stored, make_stored_pair
from exclip_desktop.core.argument_checks import short_repr
from exclip_desktop.core.errors import CaptionError, MethodError, ModelError, Remedy, SettingsError
from exclip_desktop.core.method_registry import OURS, method_by_key
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.text.accuracy_warnings import accuracy_warnings, unread_warnings
from exclip_desktop.core.values.answers import MatrixAnswer, TokenMap
from exclip_desktop.core.values.caption import Span
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.layer_profile import Profile, ProfileRow
from exclip_desktop.core.values.occlusion_scores import OcclusionScores
from exclip_desktop.core.values.settings import FULL, SIDES, ExplainSettings, Framing, Side
from exclip_desktop.evaluate.occlusion import score_occlusion
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import Scores, score_captions
from exclip_desktop.models.wrap import wrap_model
from exclip_desktop.storage.cache import FactorCache, open_cache
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS, Picture, read_picture

__all__ = [
    "MatrixResult",
    "Result",
    "explain",
    "load_model",
    "map_by",
    "matrix_by",
    "measure",
    "open_cache",
    "profile",
    "score",
    "wrap_model",
]

ImageLike = str | Path | Image.Image | NDArray[np.uint8] | Picture


def check_model(model: object) -> None:
    """Raise ``ModelError`` unless ``model`` is a loaded model."""
    if not isinstance(model, Model):
        raise ModelError(f"{short_repr(model)} is no loaded model.", 'Load it first: model = load_model("demo").')


def explain(
    model: Model,
    image: ImageLike,
    caption: str,
    *,
    image_layer: int | str | None = None,
    text_layer: int | str | None = None,
    quadrature: str = "adaptive",
    steps: int | None = None,
    text_reference: str = "matched",
    framing: Framing = "model",
    precision: str = FULL,
    tolerance: float | None = None,
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    cache: FactorCache | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Result:
    """Explain how every caption token × every image token adds to the score of a picture and its caption.

    ``image`` is a path, a PIL image or an HWC uint8 RGB array of at most ``max_megapixels``, or a ``Picture`` that
    ``storage.pictures.read_picture`` has read. With ``cache``, such as ``open_cache()``, a pair that the window, a
    batch or an earlier call has explained is read, and a new one is stored. ``progress`` is called with reports, in
    this thread; ``cancel`` is polled once per chunk. The other arguments are the fields of
    ``core.values.settings.ExplainSettings``. The result's ``notes`` say what a person should know before they trust
    the numbers.

    Raises:
        CaptionError, SettingsError: an argument does not fit.
        PictureError: the picture cannot be read.
        Cancelled: ``cancel`` was set.

    """
    check_model(model)
    settings = ExplainSettings(
        image_layer=image_layer,
        text_layer=text_layer,
        quadrature=quadrature,
        steps=steps,
        text_reference=text_reference,
        framing=framing,
        precision=precision,
        tolerance=tolerance,
    )
    picture = read_picture(image, max_megapixels)
    with convert_memory_errors():
        if cache is None:
            explanation = explain_pair(model, picture.pixels, caption, settings, progress=progress, cancel=cancel)
        else:
            pair = make_stored_pair(model, picture.pixels, caption, settings)
            explanation = explain_stored(cache, pair, progress, cancel)
    return Result(explanation, picture.pixels, (*model.notes, *picture.notes, *accuracy_warnings(explanation)))


def profile(
    model: Model,
    image: ImageLike,
    caption: str,
    side: Side = "image",
    *,
    image_layer: int | str | None = None,
    text_layer: int | str | None = None,
    quadrature: str = "adaptive",
    steps: int | None = None,
    text_reference: str = "matched",
    framing: Framing = "model",
    precision: str = FULL,
    tolerance: float | None = None,
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    each: Callable[[ProfileRow], None] | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Profile:
    """Explain a picture and its caption at every layer of one side, and return the profile of the attribution.

    The other side is explained at its own layer; the layer of ``side`` is not used. ``each`` is called with every
    finished row, from the last layer to the first. All other arguments and errors are those of ``explain``.
    """
    check_model(model)
    if side not in SIDES:
        raise SettingsError(f'There is no side "{side}".', Remedy.CHOOSE_SIDE, choices=", ".join(SIDES))
    profile_so_far = Profile(side, model.layers(side))
    settings = ExplainSettings(
        image_layer=image_layer,
        text_layer=text_layer,
        quadrature=quadrature,
        steps=steps,
        text_reference=text_reference,
        framing=framing,
        precision=precision,
        tolerance=tolerance,
    )
    resolved = resolve_settings(model, settings)
    pixels = read_picture(image, max_megapixels).pixels
    with convert_memory_errors():
        for row in profile_pair(model, pixels, caption, resolved, side, progress, cancel):
            profile_so_far = profile_so_far.with_row(row)
            if each is not None:
                each(row)
    return profile_so_far


def measure(
    model: Model, result: Result | MatrixResult, *, span: Span | None = None, box: Box | None = None, fill: str = "mean"
) -> OcclusionScores:
    """Occlude the words in ``span`` and the patches in ``box``, each alone and both, and return the model's scores.

    ``fill`` replaces the box: ``mean``, ``blur`` or ``mirror``; words are replaced by the tokenizer's fill. Errors are
    those of ``evaluate.occlusion``.
    """
    check_model(model)
    if not isinstance(result, Drawable):
        raise MethodError(f"{short_repr(result)} is no result.", "Pass the return value of explain or matrix_by.")
    with convert_memory_errors():
        return score_occlusion(model, result.pixels, result, result.select(span, box), fill)


def map_by(
    model: Model,
    image: ImageLike,
    caption: str,
    method: str = "grad-eclip",
    side: Side = "image",
    *,
    target: str | None = None,
    framing: Framing = "model",
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    each: Callable[[TokenMap], None] | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    **options: object,
) -> TokenMap:
    """Map a picture, or a caption, by a method of the first order: one value for every patch, or every token.

    ``method`` is the key of a first-order method, ``options`` are that method's; ``target`` are words to compare the
    picture with, instead of the caption; ``each`` receives RISE's map so far after every few masks.

    Raises:
        CaptionError: caption or target is empty.
        MethodError: the method does not map this side, or does not fit the model.
        SettingsError: there is no such method or option, or a value does not fit.
        Cancelled: the person cancelled.

    """
    check_model(model)
    row = method_by_key(method, "first")
    values = row.make_options({name: str(value) for name, value in options.items()}, side)
    pixels = read_picture(image, max_megapixels).pixels
    with convert_memory_errors():
        settings = ExplainSettings(framing=framing)
        pair = make_pair(
            model, pixels, caption, settings=settings, progress=progress, cancel=cancel, on_partial=each
        ).for_side(side)
        if target is not None and side == "image":
            pair = pair.for_target(target)
        return compute_map(pair, row, values)


def matrix_by(
    model: Model,
    image: ImageLike,
    caption: str,
    method: str = "fixlip",
    *,
    framing: Framing = "model",
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    **options: object,
) -> MatrixResult:
    """Compute every caption token × every patch by another second-order method; the result selects as ours does.

    ``method`` is the key of a second-order method, ``options`` are that method's. The result has no ledger: the sum of
    the values has a meaning of each method's own. Errors are those of ``map_by``.
    """
    check_model(model)
    row = method_by_key(method, "second")
    if row.key == OURS:
        raise SettingsError(f"{row.name} are this program's own.", "Use explain.")
    values = row.make_options({name: str(value) for name, value in options.items()})
    picture = read_picture(image, max_megapixels)
    with convert_memory_errors():
        settings = ExplainSettings(framing=framing)
        pair = make_pair(model, picture.pixels, caption, settings=settings, progress=progress, cancel=cancel)
        answer = answer_by(pair, row, values)
    assert isinstance(answer, MatrixAnswer)
    return MatrixResult(answer, picture.pixels, (*model.notes, *picture.notes, *unread_warnings(answer.caption)))


def score(
    model: Model,
    image: ImageLike,
    captions: Sequence[str],
    *,
    framing: Framing = "model",
    max_megapixels: float = DEFAULT_MEGAPIXELS,
) -> Scores:
    """Score several captions for one picture; see ``models.scoring.score_captions``.

    Raises:
        CaptionError: a caption is empty, or ``captions`` is empty or a string.
        PictureError: the picture cannot be read.
        SettingsError: the model does not take this framing.

    """
    check_model(model)
    texts = list(captions) if isinstance(captions, Iterable) and not isinstance(captions, str | bytes) else []
    if not texts:
        raise CaptionError("A list of captions is expected.", 'Give for instance ["a dog", "a cat"].')
    with convert_memory_errors():
        return score_captions(model, read_picture(image, max_megapixels).pixels, texts, framing)
