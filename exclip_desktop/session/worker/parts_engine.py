"""Answers requests about one picture with itself from its factor; imports torch, as the engine does."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.formulas.patch_groups import find_picture_parts
from exclip_desktop.attribution.second_order.explain import image_layout
from exclip_desktop.attribution.second_order.stored_explain import StoredPair
from exclip_desktop.core.maths.picture_parts import WordEmbeddings, name_part
from exclip_desktop.core.maths.similar_patches import SIMILARITIES, similar_patches
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.explanation import Factor
from exclip_desktop.models.model import Model
from exclip_desktop.models.word_embeddings import ArrayStore, embed_words
from exclip_desktop.session.worker.parts_requests import (
    PartsAnswer,
    PartsRequest,
    SimilarityAnswer,
    SimilarityRequest,
)
from exclip_desktop.session.worker.requests import PictureRequest
from exclip_desktop.storage.vocabulary import bundled_vocabulary, read_vocabulary


class PartsEngine:
    """Answers from factors."""

    def __init__(self, store: ArrayStore) -> None:
        """Keep the embeddings of vocabularies in ``store``."""
        self._store = store
        self._finished: dict[str, NDArray[np.float32]] = {}  # the words of an interrupted request
        self._finished_by = ""  # the model that embedded them

    def answer(
        self, request: PictureRequest, question: StoredPair, factor: Factor, progress: Progress, cancel: CancelToken
    ) -> Iterator[object]:
        """Yield the answers to a request from the factor of its picture.

        Raises:
            CaptionError: the vocabulary cannot be read; the parts are yielded before.
            Cancelled: the person cancelled.

        """
        geometry, prefix = image_layout(question.model, question.size, question.settings)
        if isinstance(request, SimilarityRequest):
            rows, embedding = factor.rows[prefix:], factor.ends.embedding
            kinds = {kind: similar_patches(rows, embedding, geometry.grid, kind) for kind in SIMILARITIES}
            yield SimilarityAnswer(request.id, kinds)
        elif isinstance(request, PartsRequest):
            parts = find_picture_parts(factor, prefix, geometry.grid, request.count, request.method)
            yield PartsAnswer(request.id, parts)
            if request.vocabulary is not None:
                words = self._embed(question.model, request.vocabulary, progress, cancel)
                yield PartsAnswer(request.id, parts, tuple(name_part(part, words) for part in parts.parts))

    def _embed(self, model: Model, path: str, progress: Progress, cancel: CancelToken) -> WordEmbeddings:
        vocabulary = read_vocabulary(path) if path else bundled_vocabulary()
        made_by = f"{model.fingerprint} {model.dtype}"
        if made_by != self._finished_by:
            self._finished, self._finished_by = {}, made_by
        embedded = embed_words(model, vocabulary.words, progress, cancel, self._store, self._finished)
        self._finished = {}
        return embedded
