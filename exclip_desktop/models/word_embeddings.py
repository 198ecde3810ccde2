"""Embeds the words of a vocabulary by a model's text encoder, many at a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from exclip_desktop.core.cache_keys import cache_key, values_sha256
from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.maths.picture_parts import WordEmbeddings, centre_words
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.models.model import Model

BATCH: Final = 64
PROMPT: Final = "a photo of {}"
FEWEST_WORDS: Final = 2


class ArrayStore(Protocol):
    """Holds arrays by their keys; ``storage.cache.FactorCache`` is one."""

    def get_array(self, key: str) -> NDArray[np.float32] | None:
        """Return an array, or None."""

    def put_array(self, key: str, values: NDArray[np.float32]) -> None:
        """Store an array."""


def embed_words(
    model: Model,
    words: Sequence[str],
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    store: ArrayStore | None = None,
    finished: dict[str, NDArray[np.float32]] | None = None,
) -> WordEmbeddings:
    """Return the directions of ``words``; those that the tokenizer cannot read are left out.

    ``store`` keeps the embeddings by the model and the words: thousands of words take seconds to minutes. ``finished``
    holds the words that an interrupted call has embedded by this model, and is filled.

    Raises:
        CaptionError: the model reads fewer than two of the words.
        Cancelled: the person cancelled.

    """
    key = cache_key(model=model.fingerprint, dtype=str(model.dtype), prompt=PROMPT, words=values_sha256(list(words)))
    embeddings = None if store is None else store.get_array(key)
    if embeddings is None or len(embeddings) != len(words):
        finished = {} if finished is None else finished
        embeddings = _embed(model, words, progress or ignore_progress, cancel or CancelToken(), finished)
        if store is not None:
            store.put_array(key, embeddings)
    readable: list[int] = np.flatnonzero(embeddings.any(axis=1)).tolist()
    if len(readable) < FEWEST_WORDS:
        raise CaptionError("The model reads fewer than two words of the vocabulary.", "Choose another vocabulary.")
    return centre_words([words[place] for place in readable], embeddings[readable])


def _embed(
    model: Model,
    words: Sequence[str],
    progress: Progress,
    cancel: CancelToken,
    finished: dict[str, NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return the unit embeddings of words: float32 (words, D), zeros for those that the tokenizer cannot read."""
    captions: dict[int, Caption] = {}
    for place, word in enumerate(words):
        cancel.check()
        with suppress(CaptionError):
            captions[place] = model.reader.read(PROMPT.format(word))
    embeddings = np.zeros((len(words), model.image.embedding_size), np.float32)
    for places in _batches({place: one for place, one in captions.items() if words[place] not in finished}):
        cancel.check()
        rows = _encode_batch(model, [captions[place] for place in places])
        finished |= zip((words[place] for place in places), rows.float().cpu().numpy(), strict=True)
        progress(Report("words", min(len(finished), len(captions)), len(captions)))
    for place in captions:
        embeddings[place] = finished[words[place]]
    return embeddings


def _batches(captions: Mapping[int, Caption]) -> Iterator[list[int]]:
    """Yield places of captions whose tokens are of the same kinds: one cut of the tower serves them all."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, caption in captions.items():
        groups.setdefault(tuple(token.kind for token in caption.tokens), []).append(place)
    for places in groups.values():
        for start in range(0, len(places), BATCH):
            yield places[start : start + BATCH]


@torch.no_grad()
def _encode_batch(model: Model, captions: Sequence[Caption]) -> Tensor:
    ids = [model.ids(caption.ids) for caption in captions]
    cut = model.text.cut(0, ids[0])
    return functional.normalize(cut.head(torch.stack([cut.features(one) for one in ids])), dim=-1)
