"""The table of methods: what each is called, where it comes from, what can be chosen, and what it costs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, get_args, get_type_hints

from torch import Tensor

from exclip_desktop.attribution.first_order.attention import RawAttention, Rollout, raw_attention, rollout
from exclip_desktop.attribution.first_order.clip_surgery import LABELS, ClipSurgery, clip_surgery
from exclip_desktop.attribution.first_order.game import Game, game
from exclip_desktop.attribution.first_order.grad_cam import GradCam, grad_cam
from exclip_desktop.attribution.first_order.grad_eclip import GradEclip, grad_eclip
from exclip_desktop.attribution.first_order.m2ib import M2ib, m2ib
from exclip_desktop.attribution.first_order.maskclip import MaskClip, maskclip
from exclip_desktop.attribution.first_order.rise import Rise, rise
from exclip_desktop.attribution.question import Question
from exclip_desktop.core.errors import MethodError, SettingsError
from exclip_desktop.core.token_map import Side
from exclip_desktop.models.anatomy import Anatomy
from exclip_desktop.models.scoring import encode_captions


@dataclass(frozen=True, slots=True)
class Method:
    """A row of the table.

    Attributes:
        key: for the command line and Python.
        name: as the papers write it.
        citation: where it was published.
        cost: what it takes, in words.
        values: its answer from a question and options: (rows, columns) of patches, or (T,) of a caption.
        for_pictures: its usual options, a frozen value whose fields can be chosen.
        for_captions: the same where captions are mapped; None where the method does not define that.

    """

    key: str
    name: str
    citation: str
    cost: str
    values: Callable[[Question, Any], Tensor]
    for_pictures: Any
    for_captions: Any = None

    def usual(self, side: Side) -> Any:
        """Return its usual options for a side; raises ``MethodError`` where it is not defined."""
        found = self.for_pictures if side == "image" else self.for_captions
        if found is None:
            raise MethodError(f"{self.name} maps pictures only.", "Choose another method for a caption.")
        return found


def _by_blocks(function: Callable[[Anatomy, Question, Any], Tensor]) -> Callable[[Question, Any], Tensor]:
    """Return a method that reads the blocks, from one that gives a value for every token."""

    def values(question: Question, options: Any) -> Tensor:
        anatomy = question.anatomy
        question.cancel.check()
        found = function(anatomy, question, options)[anatomy.shown]
        return found.reshape(anatomy.grid) if question.side == "image" else found

    return values


def _rise(question: Question, options: Rise) -> Tensor:
    grid = question.model.image.cut(0, question.size).grid
    return rise(question.scores, question.given, grid, options, tell=question.tell, cancel=question.cancel)


def _game(anatomy: Anatomy, question: Question, options: Game) -> Tensor:
    return game(anatomy, question.other, float(question.model.network.logit_scale.exp()), options)


def _clip_surgery(anatomy: Anatomy, question: Question, options: ClipSurgery) -> Tensor:
    labels = encode_captions(question.model, list(LABELS)) if options.feature_surgery else question.other[None]
    return clip_surgery(anatomy, question.other, labels, options)


def _m2ib(anatomy: Anatomy, question: Question, options: M2ib) -> Tensor:
    return m2ib(anatomy, question.other, options, question.tell, question.cancel)


METHODS: Final = {
    method.key: method
    for method in (
        Method(
            *("grad-eclip", "Grad-ECLIP", "Zhao et al., ICML 2024; for captions arXiv 2502.18816"),
            "one run, and one backward through the explained blocks",
            _by_blocks(lambda anatomy, asked, options: grad_eclip(anatomy, asked.other, options)),
            *(GradEclip(), GradEclip(layers=8, whole_context=True)),
        ),
        Method(
            *("raw-attention", "Raw attention", "", "one run"),
            _by_blocks(lambda anatomy, _, options: raw_attention(anatomy, options)),
            *(RawAttention(), RawAttention()),
        ),
        Method(
            *("rollout", "Attention rollout", "Abnar & Zuidema, ACL 2020", "one run"),
            _by_blocks(lambda anatomy, _, options: rollout(anatomy, options)),
            *(Rollout(), Rollout()),
        ),
        Method(
            *("grad-cam", "Grad-CAM", "Selvaraju et al., ICCV 2017"),
            "one run, and one backward through the last block",
            _by_blocks(lambda anatomy, asked, options: grad_cam(anatomy, asked.other, options)),
            *(GradCam(), GradCam()),
        ),
        Method(
            *("game", "GAME", "Chefer et al., ICCV 2021"),
            "one run, and one backward through all blocks that count",
            _by_blocks(_game),
            *(Game(), Game()),
        ),
        Method(
            *("maskclip", "MaskCLIP", "Zhou et al., ECCV 2022", "one run"),
            _by_blocks(lambda anatomy, asked, options: maskclip(anatomy, asked.other, options)),
            MaskClip(),
        ),
        Method(
            *("clip-surgery", "CLIP Surgery", "Li et al. 2023"),
            "one run, and the text embeddings of some fifty labels",
            _by_blocks(_clip_surgery),
            ClipSurgery(),
        ),
        Method(
            *("m2ib", "M2IB", "Wang et al., NeurIPS 2023"),
            "steps × samples runs and backwards of the blocks after the bottleneck",
            _by_blocks(_m2ib),
            *(M2ib(), M2ib()),
        ),
        Method("rise", "RISE", "Petsiuk et al., BMVC 2018", "one run for every mask", _rise, Rise()),
    )
}


def table() -> str:
    """Return the table as text: key, name, source, cost, and the usual options of pictures and of captions."""
    lines = []
    for method in METHODS.values():
        source = f" ({method.citation})" if method.citation else ""
        lines += [
            f"{method.key}",
            f"  {method.name}{source}: {method.cost}",
            f"  pictures: {_told(method.for_pictures)}",
        ]
        lines += [] if method.for_captions is None else [f"  captions: {_told(method.for_captions)}"]
    return "\n".join(lines)


def _told(options: Any) -> str:
    return ", ".join(f"{name}={value}" for name, value in asdict(options).items())


def chosen(key: str, options: dict[str, str] | None = None, side: Side = "image") -> tuple[Method, Any]:
    """Return a method and its options, given as text by name; those that are not given are the usual ones.

    Raises:
        MethodError: the method does not map that side.
        SettingsError: there is no such method or option, or the text is none of its values.

    """
    method = METHODS.get(key)
    if method is None:
        raise SettingsError(f'There is no method "{key}".', f"Choose one (--method): {', '.join(METHODS)}.")
    usual = method.usual(side)
    known = {field.name: getattr(usual, field.name) for field in fields(usual)}
    changes = {}
    for name, told in (options or {}).items():
        if name not in known:
            raise SettingsError(f'{method.name} has no option "{name}".', f"It has {', '.join(known)}.")
        changes[name] = _read(told, known[name], name, get_args(get_type_hints(type(usual))[name]))
    return method, replace(usual, **changes)


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
