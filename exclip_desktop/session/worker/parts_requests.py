"""Requests about one picture with itself, and their answers: similar patches, and parts with their names."""

from dataclasses import dataclass

from exclip_desktop.core.maths.picture_parts import NamedValue, PartsMethod, PictureParts
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


Names = tuple[tuple[NamedValue, ...], ...]
"""The best words of a vocabulary for each part."""


@dataclass(frozen=True, slots=True)
class PartsRequest(PictureRequest):
    """Group the patches of a picture, and name the parts.

    Attributes:
        method, count: of the grouping.
        vocabulary: path of a person's file of words; empty: the bundled one; None: the parts need no names.

    """

    method: PartsMethod
    count: int
    vocabulary: str | None


@dataclass(frozen=True, slots=True)
class PartsAnswer:
    """Answer to a ``PartsRequest``: first without ``names``, which need the text encoder, then with them."""

    id: int
    parts: PictureParts
    names: Names | None = None
