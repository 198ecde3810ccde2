"""Ranks captions by a query: each word's heat for it, exact as the interaction matrix is.

The heat of a caption with factor U is U c / (‖e_t‖‖e_q‖), one value for each token, as in the matrix of that caption
with the query's picture or text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from exclip_desktop.core.maths.factor_search import Floats, SearchQuery
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Factor

CaptionRanking = Literal["sum", "word", "score"]
CAPTION_RANKINGS: Final[dict[CaptionRanking, str]] = {
    "sum": "sum of the heat over the words",
    "word": "largest value of a word",
    "score": "cosine of the two embeddings",
}


@dataclass(frozen=True, slots=True, eq=False)
class CaptionHit:
    """A caption that answers a query.

    Attributes:
        caption: its text.
        value: what it is ranked by.
        numbers: the value by every ranking of ``CAPTION_RANKINGS``.
        token_heat: float64 (tokens,), in units of the score.
        words: each word with its value, in the caption's order.

    """

    caption: str
    value: float
    numbers: dict[CaptionRanking, float]
    token_heat: Floats
    words: tuple[tuple[str, float], ...]


def value_caption(caption: Caption, factor: Factor, query: SearchQuery, ranking: CaptionRanking) -> CaptionHit:
    """Return a caption's values for a query."""
    norm = float(np.linalg.norm(factor.ends.embedding) * np.linalg.norm(query.embedding))
    heat = factor.rows.astype(np.float64) @ query.vector / norm
    words = tuple((word.text, float(heat[list(word.rows)].sum())) for word in caption.words if word.rows)
    values = [value for _, value in words] or [0.0]
    numbers: dict[CaptionRanking, float] = {
        "sum": sum(values),
        "word": max(values),
        "score": float(factor.ends.embedding @ query.embedding / norm),
    }
    return CaptionHit(caption.text, numbers[ranking], numbers, heat, words)


def rank_captions(hits: Sequence[CaptionHit]) -> tuple[CaptionHit, ...]:
    """Return the hits, the best one first; of equal ones the first in the list is first."""
    return tuple(sorted(hits, key=lambda hit: -hit.value))
