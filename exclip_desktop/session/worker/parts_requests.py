"""Requests about one picture with itself, and their answers: similar patches."""

from dataclasses import dataclass

from exclip_desktop.core.maths.similar_patches import PatchSimilarity, SimilarityKind
from exclip_desktop.session.worker.requests import PictureRequest


@dataclass(frozen=True, slots=True)
class SimilarityRequest(PictureRequest):
    """Compare the patches of a picture by the rows of its factor; the caption changes nothing."""


@dataclass(frozen=True, slots=True)
class SimilarityAnswer:
    """Answer to a ``SimilarityRequest``: the similarities of every kind."""

    id: int
    similarities: dict[SimilarityKind, PatchSimilarity]
