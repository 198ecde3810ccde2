"""Embeds the words of a vocabulary by a model's text encoder, many at a time."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.maths.picture_parts import WordEmbeddings, centre_words
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.models.model import Model

BATCH: Final = 64
PROMPT: Final = "a photo of {}"


def embed_words(
    model: Model, words: Sequence[str], progress: Progress | None = None, cancel: CancelToken | None = None
) -> WordEmbeddings:
    """Return the directions of ``words``, at least two; words that the tokenizer cannot read are left out.

    Raises:
        CaptionError: the model reads fewer than two of the words.
        Cancelled: the person cancelled.

    """
    report, token = progress or ignore_progress, cancel or CancelToken()
    captions: list[tuple[str, Caption]] = []
    for word in words:
        token.check()
        try:
            captions.append((word, model.reader.read(PROMPT.format(word))))
        except CaptionError:
            continue
    if len(captions) < 2:
        raise CaptionError("The model reads fewer than two words of the vocabulary.", "Choose another vocabulary.")
    embeddings: dict[int, NDArray[np.float32]] = {}
    for places in _batches([caption for _, caption in captions]):
        token.check()
        rows = _encode_batch(model, [captions[place][1] for place in places])
        embeddings |= dict(zip(places, rows.float().cpu().numpy(), strict=True))
        report(Report("words", len(embeddings), len(captions)))
    ordered = np.stack([embeddings[place] for place in range(len(captions))])
    return centre_words([word for word, _ in captions], ordered)


def _batches(captions: Sequence[Caption]) -> Iterator[list[int]]:
    """Yield places of captions whose tokens are of the same kinds: one cut of the tower serves them all."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, caption in enumerate(captions):
        groups.setdefault(tuple(token.kind for token in caption.tokens), []).append(place)
    for places in groups.values():
        for start in range(0, len(places), BATCH):
            yield places[start : start + BATCH]


@torch.no_grad()
def _encode_batch(model: Model, captions: Sequence[Caption]) -> Tensor:
    ids = [model.ids(caption.ids) for caption in captions]
    cut = model.text.cut(0, ids[0])
    return functional.normalize(cut.head(torch.stack([cut.features(one) for one in ids])), dim=-1)
