"""Answers requests about one picture with itself from its factor; imports torch, as the engine does."""

from collections.abc import Iterator

from exclip_desktop.attribution.second_order.explain import image_layout
from exclip_desktop.attribution.second_order.stored_explain import StoredPair
from exclip_desktop.core.maths.similar_patches import SIMILARITIES, similar_patches
from exclip_desktop.core.values.explanation import Factor
from exclip_desktop.session.worker.parts_requests import SimilarityAnswer, SimilarityRequest
from exclip_desktop.session.worker.requests import PictureRequest


def answer_from_factor(request: PictureRequest, question: StoredPair, factor: Factor) -> Iterator[object]:
    """Yield the answers to a request from the factor of its picture."""
    geometry, prefix = image_layout(question.model, question.size, question.settings)
    rows, embedding = factor.rows[prefix:], factor.ends.embedding
    if isinstance(request, SimilarityRequest):
        kinds = {kind: similar_patches(rows, embedding, geometry.grid, kind) for kind in SIMILARITIES}
        yield SimilarityAnswer(request.id, kinds)
