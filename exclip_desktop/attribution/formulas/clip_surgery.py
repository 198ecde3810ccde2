"""CLIP Surgery (Li et al. 2023; Pattern Recognition 2025): consistent attention, and without what all labels share.

From some block on, a second stream runs beside the model's own: in it values attend to each other (v–v instead of q–k),
and blocks' MLPs are skipped. Its tokens are projected, multiplied with the text's embedding, and what many labels give
on average is taken off, each label weighed by how well it fits the whole picture.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.formulas.block_run import look_at, passed, passed_out, run_stream
from exclip_desktop.attribution.formulas.target import at_least
from exclip_desktop.models.towers.anatomy import Anatomy
from exclip_desktop.models.towers.blocks import Parts

LABELS: Final = tuple(
    f"a photo of a {thing}"
    for thing in (
        *("person", "car", "bicycle", "bus", "train", "boat", "traffic light", "bench", "bird", "cat", "dog", "horse"),
        *("sheep", "cow", "elephant", "bear", "umbrella", "handbag", "ball", "kite", "bottle", "cup", "fork", "bowl"),
        *("banana", "apple", "sandwich", "pizza", "cake", "chair", "couch", "bed", "table", "television", "laptop"),
        *("telephone", "book", "clock", "vase", "teddy bear", "tree", "flower", "house", "road", "mountain", "cloud"),
    )
)
"""Everyday things: what unrelated labels share is what they give on average."""
SHARPNESS: Final = 2.0  # of the labels' weights, as published


@dataclass(frozen=True, slots=True)
class ClipSurgery:
    """Options.

    Attributes:
        layers: how many blocks run the second stream, from the last.
        feature_surgery: whether what the labels share is taken off.

    """

    layers: int = 6
    feature_surgery: bool = True

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        at_least(self.layers, 1, "layers")


@torch.no_grad()
def clip_surgery(anatomy: Anatomy, other: Tensor, labels: Tensor, options: ClipSurgery | None = None) -> Tensor:
    """Return each token's value, (T,).

    Args:
        anatomy: the way through the blocks.
        other: the text's unit embedding, (D,).
        labels: unit embeddings of unrelated labels, (L, D).
        options: see there.

    """
    options = options or ClipSurgery()
    own, second = _streams(anatomy, max(len(anatomy.blocks) - options.layers, 0))
    tokens = functional.normalize(anatomy.project(second[0]), dim=-1)
    if not options.feature_surgery:
        return tokens @ other
    texts = torch.cat([other[None], labels])
    fits = (functional.normalize(anatomy.finish(own)[0], dim=-1) @ texts.T * SHARPNESS).softmax(-1)
    weights = fits / fits.mean()
    shared = (weights[:, None] * texts).mean(0)
    return tokens @ (weights[0] * other - shared)


def _streams(anatomy: Anatomy, first: int) -> tuple[Tensor, Tensor]:
    """Return the model's own stream after the last block, and the second one, (1, T, W) each."""
    second = x = run_stream(anatomy, anatomy.start, 0, first)
    for part in anatomy.blocks[first:]:
        seen = look_at(part, x, anatomy.mask, part.maps.heads)
        second = second + part.scale(passed_out(part, _values_attended(part, seen.value)))
        x = passed(part, x, seen)
    return x, second


def _values_attended(part: Parts, value: Tensor) -> Tensor:
    """Return values (1, T, W) attended to by themselves, in the model's heads."""
    values = value.reshape(*value.shape[:2], part.maps.heads, -1).transpose(1, 2)
    weights = torch.softmax(values @ values.mT / values.shape[-1] ** 0.5, dim=-1)
    return (weights @ values).transpose(1, 2).flatten(2)
