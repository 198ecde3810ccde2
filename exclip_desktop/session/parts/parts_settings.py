"""Saved choices for one picture with itself."""

from dataclasses import dataclass

from exclip_desktop.core.maths.picture_parts import DEFAULT_PARTS, PartsMethod
from exclip_desktop.core.maths.similar_patches import SimilarityKind


@dataclass(frozen=True, slots=True)
class PartsSettings:
    """How patches are compared and grouped.

    Attributes:
        similarity: of similar patches.
        method, count: of the parts.
        vocabulary: path of a person's file of words that name parts; empty: the bundled one; None: no names.
        tinted: whether tints of the parts replace the heat on the picture.

    """

    similarity: SimilarityKind = "cosine"
    method: PartsMethod = "kmeans"
    count: int = DEFAULT_PARTS
    vocabulary: str | None = ""
    tinted: bool = True
