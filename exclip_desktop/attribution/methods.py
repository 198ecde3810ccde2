"""The methods of the first order at work; what they are called and what can be chosen: ``core.method_facts``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

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
from exclip_desktop.core.layers import Side
from exclip_desktop.core.method_facts import FACTS, MethodFacts, facts_of
from exclip_desktop.models.anatomy import Anatomy, without_padding
from exclip_desktop.models.scoring import encode_captions


@dataclass(frozen=True, slots=True)
class Method:
    """A method at work.

    Attributes:
        key: its row in ``core.method_facts``.
        values: its answer from a question and options: (rows, columns) of patches, or (T,) of a caption.
        options: the frozen value that its options make.

    """

    key: str
    values: Callable[[Question, Any], Tensor]
    options: type

    @property
    def facts(self) -> MethodFacts:
        """Its names, source, cost and what can be chosen."""
        return FACTS[self.key]

    def usual(self, side: Side) -> Any:
        """Return its usual options for a side; raises ``MethodError`` where it is not defined."""
        return self.options(**self.facts.usual(side))


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
    tell, cancel, each = question.tell, question.cancel, question.each
    return rise(question.scores, question.given, grid, options, tell, cancel, each)


def _game(anatomy: Anatomy, question: Question, options: Game) -> Tensor:
    return game(anatomy, question.other, float(question.model.network.logit_scale.exp()), options)


def _clip_surgery(anatomy: Anatomy, question: Question, options: ClipSurgery) -> Tensor:
    labels = encode_captions(question.model, list(LABELS)) if options.feature_surgery else question.other[None]
    return clip_surgery(anatomy, question.other, labels, options)


def _m2ib(anatomy: Anatomy, question: Question, options: M2ib) -> Tensor:
    return m2ib(without_padding(anatomy), question.other, options, question.tell, question.cancel)


METHODS: Final = {
    method.key: method
    for method in (
        Method(
            "grad-eclip",
            _by_blocks(lambda anatomy, asked, options: grad_eclip(anatomy, asked.other, options)),
            GradEclip,
        ),
        Method("raw-attention", _by_blocks(lambda anatomy, _, options: raw_attention(anatomy, options)), RawAttention),
        Method("rollout", _by_blocks(lambda anatomy, _, options: rollout(anatomy, options)), Rollout),
        Method(
            "grad-cam", _by_blocks(lambda anatomy, asked, options: grad_cam(anatomy, asked.other, options)), GradCam
        ),
        Method("game", _by_blocks(_game), Game),
        Method(
            "maskclip", _by_blocks(lambda anatomy, asked, options: maskclip(anatomy, asked.other, options)), MaskClip
        ),
        Method("clip-surgery", _by_blocks(_clip_surgery), ClipSurgery),
        Method("m2ib", _by_blocks(_m2ib), M2ib),
        Method("rise", _rise, Rise),
    )
}


def chosen(key: str, options: Mapping[str, str] | None = None, side: Side = "image") -> tuple[Method, Any]:
    """Return a method and its options, given as text by name; those that are not given are the usual ones.

    Raises:
        MethodError: the method does not map that side.
        SettingsError: there is no such method or option, or the text is none of its values.

    """
    values = facts_of(key, "first").read(options or {}, side)
    method = METHODS[key]
    return method, method.options(**values)
