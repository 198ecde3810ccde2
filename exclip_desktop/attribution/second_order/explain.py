"""Second-order attributions (Möller et al., TMLR 2025): the interaction matrix of caption tokens × image tokens.

By linearity the matrix is a product of two factors, one per side: v_j = ∫₀¹ J_head(R + αΔ)[:, j, :] Δ_j dα and u_i
likewise, A_ij = u_i·v_j / (‖e_t‖‖e_v‖) (their eq. 10 with the feature axes summed).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order.integral import Integral
from exclip_desktop.attribution.second_order.path import Path, check_text_reference, image_path, text_path
from exclip_desktop.attribution.second_order.quadrature import Rule, levels
from exclip_desktop.attribution.second_order.sides import factor, pays_as_pair, products
from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.progress import CancelToken, Progress, silent
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation, Settings, SideReport
from exclip_desktop.core.values.factors import Factor
from exclip_desktop.core.values.framing import Framing
from exclip_desktop.core.values.precision import FULL, check_precision
from exclip_desktop.core.values.product import explanation_of
from exclip_desktop.core.values.steps import OWN_STEPS
from exclip_desktop.models.model import Model
from exclip_desktop.models.towers.tower_protocols import Cut, Layer
from exclip_desktop.models.versions import versions


@dataclass(frozen=True, slots=True)
class Method:
    """How to integrate, resolved for a model; ``steps`` are a fixed rule's nodes, or the most of the adaptive one."""

    image_layer: Layer
    text_layer: Layer
    quadrature: str
    steps: int
    text_reference: str
    framing: Framing
    precision: str


def resolve_method(
    model: Model,
    *,
    image_layer: int | str | None = None,
    text_layer: int | str | None = None,
    quadrature: str = "adaptive",
    steps: int | None = None,
    text_reference: str = "matched",
    framing: Framing = "model",
    precision: str = FULL,
) -> Method:
    """Return the method with every default filled in; the arguments are those of ``explain_pair``.

    Raises:
        SettingsError: an argument does not fit the model.

    """
    levels(quadrature, steps)
    check_text_reference(model, text_reference)
    model.check_framing(framing)
    check_precision(precision)
    return Method(
        image_layer=model.resolve_layer("image", image_layer),
        text_layer=model.resolve_layer("text", text_layer),
        quadrature=quadrature,
        steps=OWN_STEPS[quadrature] if steps is None else steps,
        text_reference=text_reference,
        framing=framing,
        precision=precision,
    )


def explain_pair(
    model: Model,
    picture: NDArray[np.uint8],
    caption: str,
    *,
    image_layer: int | str | None = None,
    text_layer: int | str | None = None,
    quadrature: str = "adaptive",
    steps: int | None = None,
    text_reference: str = "matched",
    framing: Framing = "model",
    precision: str = FULL,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Explanation:
    """Return the interaction matrix of one picture and one caption, with its ledger and everything that decides it.

    Args:
        model: a loaded model.
        picture: upright RGB picture, (H, W, 3) in [0, 255].
        caption: any text; what exceeds the model's context is not seen, and said so in the result.
        image_layer, text_layer: block index from 0, negative from the end; None: the model card's choice, else −1.
        quadrature: ``adaptive``, ``gauss-legendre`` or ``riemann-right``.
        steps: nodes of a fixed rule, or the most nodes of the adaptive one.
        text_reference: ``matched`` or ``published``.
        framing: ``model`` (its own preprocessing), ``crop``, ``squash``, ``pad`` or ``whole`` (``core.framing``).
        precision: ``float32``, ``bfloat16`` or ``float16``, of what comes before the layers (``core.precision``).
        progress: told what is done, in this thread.
        cancel: polled once per chunk.

    Raises:
        CaptionError, SettingsError: an argument does not fit.
        Cancelled: the person cancelled.

    """
    method = resolve_method(
        model,
        image_layer=image_layer,
        text_layer=text_layer,
        quadrature=quadrature,
        steps=steps,
        text_reference=text_reference,
        framing=framing,
        precision=precision,
    )
    read = model.reader.read(caption)
    words = caption_factor(model, read, method, progress, cancel)
    return explain_words(model, picture, read, words, method, progress, cancel)


def caption_factor(
    model: Model, caption: Caption, method: Method, progress: Progress | None = None, cancel: CancelToken | None = None
) -> Factor:
    """Return the caption's factor, one row per token; it serves every picture."""
    path = text_path(model, caption, method.text_layer, method.text_reference, method.precision)
    return _kept(path, factor(path, _rules(method), "caption", progress or silent, cancel or CancelToken()))


def picture_factor(
    model: Model,
    picture: NDArray[np.uint8],
    method: Method,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Factor:
    """Return the factor of a picture (H, W, 3), one row per image token; it serves every caption."""
    path = image_path(model, model.pixels(picture, method.framing), method.image_layer, method.precision)
    return _kept(path, factor(path, _rules(method), "picture", progress or silent, cancel or CancelToken()))


def explain_words(
    model: Model,
    picture: NDArray[np.uint8],
    caption: Caption,
    words: Factor,
    method: Method,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Explanation:
    """Explain a picture (H, W, 3) by a caption whose factor is known; for this pair only, which is cheaper."""
    token = cancel or CancelToken()
    token.check()
    image = image_path(model, model.pixels(picture, method.framing), method.image_layer, method.precision)
    rows = image.features.new_tensor(words.rows)
    found = products(image, rows, _rules(method), progress or silent, token)
    size = picture.shape[1], picture.shape[0]
    values = found.rows.T.cpu().numpy()
    return _explanation(model, size, caption, method, values, (words.ends, _ends(image)), (words.report, found.report))


def explain_factors(
    model: Model, size: tuple[int, int], caption: Caption, words: Factor, picture: Factor, method: Method
) -> Explanation:
    """Explain a picture of ``size`` (width, height) and a caption whose factors are both known; no model runs."""
    values = words.rows @ picture.rows.T
    reports = words.report, picture.report
    return _explanation(model, size, caption, method, values, (words.ends, picture.ends), reports)


def explained_as_pair(model: Model, size: tuple[int, int], caption: Caption, method: Method) -> bool:
    """Return whether ``explain_words`` is cheaper than the whole factor of a picture of ``size`` (width, height)."""
    cut = _image_cut(model, size, method)
    tokens = cut.prefix + cut.grid[0] * cut.grid[1]
    hidden = model.text.cut(method.text_layer, model.ids(caption.ids)).hidden
    count = len(caption.tokens) - len(hidden)
    return pays_as_pair(cut.query is not None, count, tokens, model.image.embedding_size)


def _explanation(
    model: Model,
    size: tuple[int, int],
    caption: Caption,
    method: Method,
    values: NDArray[np.floating[Any]],
    ends: tuple[Ends, Ends],
    reports: tuple[SideReport, SideReport],
) -> Explanation:
    cut = _image_cut(model, size, method)
    geometry = model.preprocess.geometry(size, cut, method.framing)
    return explanation_of(caption, geometry, cut.prefix, values, ends, reports, settings_of(model, method))


def _image_cut(model: Model, size: tuple[int, int], method: Method) -> Cut:
    return model.image.cut(method.image_layer, model.preprocess.input_size(size, method.framing))


def _rules(method: Method) -> list[Rule]:
    return levels(method.quadrature, method.steps)


def _kept(path: Path, found: Integral) -> Factor:
    return Factor(found.rows.cpu().numpy(), _ends(path), found.report)


def _ends(path: Path) -> Ends:
    ends = (path.embedding, path.start, path.told, path.full)
    return Ends(*(None if value is None else value.cpu().double().numpy() for value in ends))  # type: ignore[arg-type]


def settings_of(model: Model, method: Method) -> Settings:
    """Return everything that decides the numbers, as an explanation states it."""
    return Settings(
        model=model.name,
        weights=model.weights,
        weights_sha256=model.weights_sha256,
        device=str(model.device),
        versions=versions(),
        **asdict(method),
    )
