"""The methods of the first order at work; what they are called and what can be chosen: ``core.method_facts``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from exclip_desktop.attribution.formulas.attention import (
    RawAttention,
    Rollout,
    raw_attention,
    raw_attention_of_pooler,
    rollout,
)
from exclip_desktop.attribution.formulas.clip_surgery import LABELS, ClipSurgery, clip_surgery
from exclip_desktop.attribution.formulas.game import Game, game
from exclip_desktop.attribution.formulas.grad_cam import GradCam, grad_cam
from exclip_desktop.attribution.formulas.grad_eclip import GradEclip, grad_eclip, grad_eclip_of_pooler
from exclip_desktop.attribution.formulas.m2ib import M2ib, m2ib
from exclip_desktop.attribution.formulas.maskclip import MaskClip, maskclip, maskclip_of_pooler
from exclip_desktop.attribution.formulas.pooler import Pooler
from exclip_desktop.attribution.formulas.rise import Rise, rise
from exclip_desktop.attribution.question import Question
from exclip_desktop.core.method_facts import FACTS, MethodFacts, facts_of
from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.settings import Side
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_captions
from exclip_desktop.models.towers.anatomy import Anatomy, without_padding
from exclip_desktop.models.towers.tower_protocols import POOL, Layer


@dataclass(frozen=True, slots=True)
class Method:
    """A method at work.

    Attributes:
        key: its row in ``core.method_facts``.
        values: its answer from a question and options: (rows, columns) of patches, or (T,) of a caption.
        options: the frozen value that its options make.
        layer: the image layer whose patches it values, by model and options.

    """

    key: str
    values: Callable[[Question, Any], Tensor]
    options: type
    layer: Callable[[Model, Any], Layer] = lambda model, options: 0

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


def _following(
    key: str,
    options: type,
    by_blocks: Callable[[Anatomy, Question, Any], Tensor],
    of_pooler: Callable[[Pooler, Question, Any], Tensor],
) -> Method:
    """Return a method that follows the query of an attention that pools, where there is one, else reads the blocks."""
    without = _by_blocks(by_blocks)

    def values(question: Question, options: Any) -> Tensor:
        question.cancel.check()
        pooler = question.pooler
        if pooler is None:
            return without(question, options)
        return of_pooler(pooler, question, options)[pooler.shown].reshape(pooler.grid)

    return Method(key, values, options, _pool_or_first)


def _pool_or_first(model: Model, _: Any) -> Layer:
    return POOL if model.image.pools else 0


def _grad_cam(question: Question, options: GradCam) -> Tensor:
    question.cancel.check()
    cut = question.cut(question.model.resolve_layer(question.side, options.layer))
    found = grad_cam(cut, question.given, question.other, options)[cut.prefix :]
    return found.reshape(cut.grid) if question.side == "image" else found


def _rise(question: Question, options: Rise) -> Tensor:
    grid = question.model.image.cut(0, question.size).grid
    tell, cancel, each = question.tell, question.cancel, question.each
    return rise(question.scores, question.given, grid, options, tell, cancel, each)


def _game(anatomy: Anatomy, question: Question, options: Game) -> Tensor:
    return game(anatomy, question.other, float(question.model.network.logit_scale.exp()), options)


def _clip_surgery(anatomy: Anatomy, question: Question, options: ClipSurgery) -> Tensor:
    labels = _labels(question) if options.feature_surgery else question.other[None]
    return clip_surgery(anatomy, question.other, labels, options)


def _labels(question: Question) -> Tensor:
    """Return the labels' unit embeddings, (L, D), which a model computes once."""
    known, key = question.model.references, ("labels",)
    if key not in known:
        found = []
        for done, label in enumerate(LABELS):
            question.cancel.check()
            question.tell(Report("CLIP Surgery", done, len(LABELS)))
            found.append(encode_captions(question.model, [label]))
        known[key] = torch.cat(found)
    return known[key]


def _m2ib(anatomy: Anatomy, question: Question, options: M2ib) -> Tensor:
    return m2ib(without_padding(anatomy), question.other, options, question.tell, question.cancel)


METHODS: Final = {
    method.key: method
    for method in (
        _following(
            *("grad-eclip", GradEclip),
            lambda anatomy, asked, options: grad_eclip(anatomy, asked.other, options),
            lambda pooler, asked, options: grad_eclip_of_pooler(pooler, asked.other, options),
        ),
        _following(
            *("raw-attention", RawAttention),
            lambda anatomy, _, options: raw_attention(anatomy, options),
            lambda pooler, _, options: raw_attention_of_pooler(pooler, options),
        ),
        Method("rollout", _by_blocks(lambda anatomy, _, options: rollout(anatomy, options)), Rollout),
        Method("grad-cam", _grad_cam, GradCam, lambda model, options: model.resolve_layer("image", options.layer)),
        Method("game", _by_blocks(_game), Game),
        _following(
            *("maskclip", MaskClip),
            lambda anatomy, asked, options: maskclip(anatomy, asked.other, options),
            lambda pooler, asked, options: maskclip_of_pooler(pooler, asked.other, options),
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
