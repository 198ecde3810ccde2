"""Answers requests about one picture with itself from its factor; imports torch, as the engine does."""

from collections.abc import Iterator

from exclip_desktop.attribution.formulas.patch_groups import find_picture_parts
from exclip_desktop.attribution.second_order.explain import image_layout
from exclip_desktop.attribution.second_order.stored_explain import StoredPair
from exclip_desktop.core.maths.picture_parts import WordEmbeddings, name_part
from exclip_desktop.core.maths.similar_patches import SIMILARITIES, similar_patches
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.explanation import Factor
from exclip_desktop.models.model import Model
from exclip_desktop.models.word_embeddings import embed_words
from exclip_desktop.session.worker.parts_requests import (
    PartsAnswer,
    PartsRequest,
    SimilarityAnswer,
    SimilarityRequest,
)
from exclip_desktop.session.worker.requests import PictureRequest
from exclip_desktop.storage.vocabulary import bundled_vocabulary, read_vocabulary

KEPT: int = 2
"""Vocabularies that are kept, each as one model embeds it."""


class PartsEngine:
    """Answers from factors; keeps embedded vocabularies."""

    def __init__(self) -> None:
        """Start without a vocabulary."""
        self._embedded: dict[tuple[str, str, tuple[str, ...]], WordEmbeddings] = {}

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
        key = model.fingerprint, str(model.dtype), vocabulary.words
        made = self._embedded.pop(key, None) or embed_words(model, vocabulary.words, progress, cancel)
        self._embedded[key] = made  # the last one is the newest
        while len(self._embedded) > KEPT:
            del self._embedded[next(iter(self._embedded))]
        return made
