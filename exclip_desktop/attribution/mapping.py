"""Maps a picture, or a caption, by a method of the first order."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.attribution.compute_errors import check_finite
from exclip_desktop.attribution.formulas.grad_eclip import GradEclip
from exclip_desktop.attribution.formulas.m2ib import M2ib
from exclip_desktop.attribution.methods import Method
from exclip_desktop.attribution.question import Question
from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.progress import CancelToken, Progress, silent
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.settings import Framing
from exclip_desktop.core.values.token_map import TokenMap
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_captions, encode_picture
from exclip_desktop.models.tokenizers.tokenizer import check_caption
from exclip_desktop.models.versions import versions


def map_picture(
    model: Model,
    picture: NDArray[np.uint8],
    caption: str,
    method: Method,
    options: Any,
    *,
    target: str | None = None,
    framing: Framing = "model",
    each: Callable[[TokenMap], None] | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> TokenMap:
    """Return one value per patch of an upright RGB picture (H, W, 3), for how it fits ``target``, else the caption.

    ``each`` is given what there is so far, as a whole map, by methods that add up to theirs: RISE.

    Raises:
        CaptionError: caption or target is empty.
        MethodError: the method cannot look into this model.
        SettingsError: the model does not take pictures framed so.
        Cancelled: the person cancelled.

    """
    words = caption if target is None else target
    check_caption(words)
    if not words.strip():
        raise CaptionError(
            "The words to compare with are empty.", "Give some, or leave them out for the whole caption."
        )
    model.check_framing(framing)
    token, given = cancel or CancelToken(), model.pixels(picture, framing)
    other, own = encode_captions(model, [words])[0], encode_picture(model, picture, framing)
    question = Question(model, "image", given, other, progress or silent, token)
    answer = _answer(question, picture, caption, method, options, framing, words, own)
    if each is not None:
        question = replace(question, each=lambda so_far: each(answer(so_far)))
    return answer(values_of(question, method, options))


def map_caption(
    model: Model,
    picture: NDArray[np.uint8],
    caption: str,
    method: Method,
    options: Any,
    *,
    framing: Framing = "model",
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> TokenMap:
    """Return one value per token of the caption, for how it fits an upright RGB picture (H, W, 3).

    Grad-ECLIP gives the content's tokens alone, as shares of their sum. Errors are those of ``map_picture``.
    """
    read, token = model.reader.read(caption), cancel or CancelToken()
    other, own = encode_picture(model, picture, framing), encode_captions(model, [caption])[0]
    question = Question(model, "text", padded(model, read), other, progress or silent, token)
    answer = _answer(question, picture, caption, method, options, framing, caption, own)
    return answer(caption_values(question, read, method, options))


def padded(model: Model, caption: Caption) -> Tensor:
    """Return a caption's token ids with padding to the whole context, (T,)."""
    return model.ids([*caption.ids, *[0] * (caption.context - len(caption.ids))])


def values_of(question: Question, method: Method, options: Any) -> Tensor:
    """Return a method's answer: (rows, columns) of patches, or (T,) of the context's tokens."""
    question.cancel.check()
    return check_finite(method.values(question, options))


def caption_values(question: Question, caption: Caption, method: Method, options: Any) -> Tensor:
    """Return a method's answer for each token that stands for a row of the caption."""
    values = values_of(question, method, options)[: len(caption.tokens)]
    if isinstance(options, GradEclip):
        content = values.new_tensor([entry.kind == "content" for entry in caption.tokens]).bool()
        values = torch.where(content, values, 0.0)
        values = values / values.sum() if not options.signed and values.sum() > 0 else values
    return values


def _used(options: Any, question: Question) -> dict[str, object]:
    """Return all options by name, those that name blocks as they are resolved: from 0, and no more than there are."""
    told = asdict(options)
    blocks = (question.model.image if question.side == "image" else question.model.text).layers
    if isinstance(options, M2ib):
        told["layer"] = options.block_of(blocks)
    counted = {name: told[name] % blocks for name in ("layer", "start") if told.get(name, 0) < 0}
    most = {"layers": min(told["layers"], blocks)} if "layers" in told else {}
    return {**told, **counted, **most}


def _answer(
    question: Question,
    picture: NDArray[np.uint8],
    caption: str,
    method: Method,
    options: Any,
    framing: Framing,
    target: str,
    own: Tensor,
) -> Callable[[Tensor], TokenMap]:
    """Return what makes a map of values; everything else is known, such as the mapped side's ``own`` embedding."""
    model, size = question.model, (picture.shape[1], picture.shape[0])
    rest = {
        "method": method.key,
        "options": _used(options, question),
        "side": question.side,
        "target": target,
        "score": float(own @ question.other),
        "geometry": model.geometry(size, method.layer(model, options), framing),
        "caption": model.reader.read(caption),
        "model": model.name,
        "weights_sha256": model.weights_sha256,
        "framing": framing,
        "device": str(model.device),
        "versions": versions(),
    }
    return lambda values: TokenMap(values=values.cpu().double().numpy(), **rest)  # type: ignore[arg-type]  # by name
