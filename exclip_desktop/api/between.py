"""The public function ``explain_between``: two pictures, two captions, or one of each."""

from exclip_desktop.api.explain import check_model
from exclip_desktop.api.two_input_results import InputLike, TwoInputResult, make_two_input_result, read_inputs
from exclip_desktop.attribution.compute_errors import convert_memory_errors
from exclip_desktop.attribution.second_order.two_inputs import explain_two_inputs
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.text.accuracy_warnings import two_input_warnings
from exclip_desktop.core.values.settings import FULL, ExplainSettings, Framing, Side
from exclip_desktop.models.model import Model
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS

__all__ = ["TwoInputResult", "explain_between"]


def explain_between(
    model: Model,
    first: InputLike,
    second: InputLike,
    *,
    kind: Side | tuple[Side | None, Side | None] | None = None,
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
) -> TwoInputResult:
    """Explain how every token of one input × every token of another adds to the cosine of the two.

    Args:
        model: a loaded model.
        first, second: pictures or captions. A ``Path``, a PIL image, an array or a ``Picture`` is a picture; text is a
            picture where it is the path of a file or ends as names of pictures do, else a caption.
        kind: ``image`` or ``text`` for both inputs, or for each: what they are, instead of that rule.
        image_layer, text_layer, quadrature, steps, text_reference, framing, precision, tolerance: fields of
            ``core.values.settings.ExplainSettings``.
        max_megapixels: largest picture read.
        cache: as in ``explain``; factors of pictures and captions are read and stored.
        progress: called with reports, in this thread.
        cancel: polled once per chunk.

    Raises:
        CaptionError, SettingsError: an argument does not fit.
        PictureError: a picture cannot be read.
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
    inputs = read_inputs((first, second), kind, max_megapixels)
    with convert_memory_errors():
        first_content, second_content = (one if isinstance(one, str) else one.pixels for one in inputs)
        explanation = explain_two_inputs(
            model, first_content, second_content, settings, store=cache, progress=progress, cancel=cancel
        )
    return make_two_input_result(explanation, inputs, (*model.notes, *two_input_warnings(explanation)))
