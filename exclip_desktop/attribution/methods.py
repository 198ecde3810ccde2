"""The table of methods: what each is called, where it comes from, what can be chosen, and what it costs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, get_args, get_type_hints

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.first_order.attention import RawAttention, Rollout, raw_attention, rollout
from exclip_desktop.attribution.first_order.game import Game, game
from exclip_desktop.attribution.first_order.grad_cam import GradCam, grad_cam
from exclip_desktop.attribution.first_order.grad_eclip import GradEclip, grad_eclip
from exclip_desktop.attribution.first_order.maskclip import MaskClip, maskclip
from exclip_desktop.attribution.first_order.rise import Rise, rise
from exclip_desktop.attribution.trouble import check_finite
from exclip_desktop.core.errors import CaptionError, SettingsError
from exclip_desktop.core.framing import Framing
from exclip_desktop.core.progress import CancelToken, Progress, silent
from exclip_desktop.core.token_map import TokenMap
from exclip_desktop.models.anatomy import Anatomy
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_captions


@dataclass(frozen=True, slots=True)
class Question:
    """What a method is asked: a picture's input (3, h, w), and the unit embedding (D,) to compare it with."""

    model: Model
    pixels: Tensor
    other: Tensor
    tell: Progress
    cancel: CancelToken

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the input."""
        return self.pixels.shape[1], self.pixels.shape[2]

    def scores(self, inputs: Tensor) -> Tensor:
        """Return the model's own cosines of inputs (B, 3, h, w): (B,)."""
        cut = self.model.image.cut(0, self.size)
        embeddings = cut.head(torch.stack([cut.features(one) for one in inputs]))
        return functional.normalize(embeddings, dim=-1) @ self.other


@dataclass(frozen=True, slots=True)
class Method:
    """A row of the table.

    Attributes:
        key: for the command line and Python.
        name: as the papers write it.
        citation: where it was published.
        options: its usual options; a frozen value whose fields can be chosen.
        cost: what it takes, in words.
        values: its answer, (rows, columns) of patches, from a question and options.

    """

    key: str
    name: str
    citation: str
    options: Any
    cost: str
    values: Callable[[Question, Any], Tensor]


def _by_blocks(function: Callable[[Anatomy, Question, Any], Tensor]) -> Callable[[Question, Any], Tensor]:
    """Return a method that reads the blocks, from one that gives a value for every token."""

    def values(question: Question, options: Any) -> Tensor:
        with torch.no_grad():
            anatomy = question.model.image.anatomy(question.pixels)
        question.cancel.check()
        return function(anatomy, question, options)[anatomy.shown].reshape(anatomy.grid)

    return values


def _rise(question: Question, options: Rise) -> Tensor:
    grid = question.model.image.cut(0, question.size).grid
    return rise(question.scores, question.pixels, grid, options, tell=question.tell, cancel=question.cancel)


def _game(anatomy: Anatomy, question: Question, options: Game) -> Tensor:
    return game(anatomy, question.other, float(question.model.network.logit_scale.exp()), options)


METHODS: Final = {
    method.key: method
    for method in (
        Method(
            *("grad-eclip", "Grad-ECLIP", "Zhao et al., ICML 2024", GradEclip()),
            "one run, and one backward through the explained blocks",
            _by_blocks(lambda anatomy, asked, options: grad_eclip(anatomy, asked.other, options)),
        ),
        Method(
            *("raw-attention", "Raw attention", "", RawAttention()),
            "one run",
            _by_blocks(lambda anatomy, _, options: raw_attention(anatomy, options)),
        ),
        Method(
            *("rollout", "Attention rollout", "Abnar & Zuidema, ACL 2020", Rollout()),
            "one run",
            _by_blocks(lambda anatomy, _, options: rollout(anatomy, options)),
        ),
        Method(
            *("grad-cam", "Grad-CAM", "Selvaraju et al., ICCV 2017", GradCam()),
            "one run, and one backward through the last block",
            _by_blocks(lambda anatomy, asked, options: grad_cam(anatomy, asked.other, options)),
        ),
        Method(
            *("game", "GAME", "Chefer et al., ICCV 2021", Game()),
            "one run, and one backward through all blocks that count",
            _by_blocks(_game),
        ),
        Method(
            *("maskclip", "MaskCLIP", "Zhou et al., ECCV 2022", MaskClip()),
            "one run",
            _by_blocks(lambda anatomy, asked, options: maskclip(anatomy, asked.other, options)),
        ),
        Method(*("rise", "RISE", "Petsiuk et al., BMVC 2018", Rise()), "one run for every mask", _rise),
    )
}


def chosen(key: str, options: dict[str, str] | None = None) -> tuple[Method, Any]:
    """Return a method and its options, given as text by name; those that are not given are the usual ones.

    Raises:
        SettingsError: there is no such method or option, or the text is none of its values.

    """
    method = METHODS.get(key)
    if method is None:
        raise SettingsError(f'There is no method "{key}".', f"Choose one (--method): {', '.join(METHODS)}.")
    usual = method.options
    known = {field.name: getattr(usual, field.name) for field in fields(usual)}
    changes = {}
    for name, told in (options or {}).items():
        if name not in known:
            raise SettingsError(f'{method.name} has no option "{name}".', f"It has {', '.join(known)}.")
        changes[name] = _read(told, known[name], name, get_args(get_type_hints(type(usual))[name]))
    return method, replace(usual, **changes)


def map_picture(
    model: Model,
    picture: NDArray[np.uint8],
    caption: str,
    method: Method,
    options: Any,
    *,
    target: str | None = None,
    framing: Framing = "model",
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> TokenMap:
    """Return one value per patch of an upright RGB picture (H, W, 3), for how it fits ``target``, else the caption.

    Raises:
        CaptionError: caption or target is empty.
        MethodError: the method cannot look into this model.
        SettingsError: the model does not take pictures framed so.
        Cancelled: the person cancelled.

    """
    read, token = model.reader.read(caption), cancel or CancelToken()
    words = caption if target is None else target
    if not words.strip():
        raise CaptionError(
            "The words to compare with are empty.", "Give some, or leave them out for the whole caption."
        )
    model.check_framing(framing)
    pixels = model.pixels(picture, framing)
    question = Question(model, pixels, encode_captions(model, [words])[0], progress or silent, token)
    token.check()
    values = check_finite(method.values(question, options))
    size = picture.shape[1], picture.shape[0]
    cut = model.image.cut(0, question.size)
    with torch.no_grad():
        score = float(question.scores(pixels[None])[0])
    return TokenMap(
        method=method.key,
        options=asdict(options),
        side="image",
        values=values.cpu().double().numpy(),
        target=words,
        score=score,
        geometry=model.preprocess.geometry(size, cut, framing),
        caption=read,
        model=model.name,
    )


def _read(told: str, usual: Any, name: str, values: tuple[str, ...]) -> Any:
    """Return an option's value as the type of its usual one; ``values`` are all there are, where they are named."""
    if values and told not in values:
        raise SettingsError(f'"{told}" is no value of {name}.', f"Give one: {', '.join(values)}.")
    try:
        if isinstance(usual, bool):
            return {"true": True, "false": False}[told.lower()]
        return type(usual)(told.replace("−", "-"))
    except (ValueError, KeyError) as error:
        kind = "true or false" if isinstance(usual, bool) else "a number"
        raise SettingsError(f'"{told}" is no value of {name}.', f"Give {kind}; {usual} is usual.") from error
