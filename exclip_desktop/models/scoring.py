"""Scores captions for a picture: cosines, and probabilities on the model's own scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from exclip_desktop.core.values.settings import Framing
from exclip_desktop.models.model import Model


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of several captions for one picture.

    Attributes:
        cosine: float64 (captions,), in [−1, 1].
        probability: float64 (captions,): softmax over the captions, or each caption's own sigmoid.
        kind: ``softmax`` or ``sigmoid`` (models with a logit bias).

    """

    cosine: NDArray[np.float64]
    probability: NDArray[np.float64]
    kind: str


@torch.no_grad()
def encode_captions(model: Model, captions: list[str]) -> Tensor:
    """Return the unit embeddings of ``captions``, (captions, D); raises ``CaptionError`` where one is empty."""
    return torch.stack([encode_ids(model, model.reader.read(caption).ids) for caption in captions])


@torch.no_grad()
def encode_ids(model: Model, numbers: Sequence[int]) -> Tensor:
    """Return the unit embedding of the caption with these token ids: (D,)."""
    ids = model.ids(numbers)
    cut = model.text.cut(0, ids)
    return functional.normalize(cut.head(cut.features(ids)[None])[0], dim=-1)


@torch.no_grad()
def encode_picture(model: Model, picture: NDArray[np.uint8], framing: Framing = "model") -> Tensor:
    """Return the unit embedding of an upright RGB picture (H, W, 3): (D,)."""
    model.check_framing(framing)
    pixels = model.pixels(picture, framing)
    cut = model.image.cut(0, (pixels.shape[1], pixels.shape[2]))
    return functional.normalize(cut.head(cut.features(pixels)[None])[0], dim=-1)


@torch.no_grad()
def score_captions(model: Model, picture: NDArray[np.uint8], captions: list[str], framing: Framing = "model") -> Scores:
    """Score ``captions`` for an upright RGB picture (H, W, 3) with the model's own logit scale and bias.

    Raises:
        CaptionError: a caption is empty.
        SettingsError: the model does not accept the framing.

    """
    image = encode_picture(model, picture, framing)
    cosine = (encode_captions(model, captions) @ image).cpu().double()
    scale, bias = model.network.logit_scale.exp().cpu().double(), model.network.logit_bias
    if bias is None:
        return Scores(cosine.numpy(), torch.softmax(scale * cosine, 0).numpy(), "softmax")
    return Scores(cosine.numpy(), torch.sigmoid(scale * cosine + bias.cpu().double()).numpy(), "sigmoid")
