"""Parts of a picture: patches whose rows of the picture's factor V the model treats alike, with values and names.

The rows are grouped by ``attribution.formulas.patch_groups``, in the worker or a command. Everything here is numpy
arithmetic of microseconds, so that a new caption needs no new groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.values.caption import FUNCTION_WORDS, Caption

Floats = NDArray[np.float64]
PartsMethod = Literal["kmeans", "nmf"]
PARTS_METHODS: Final[dict[PartsMethod, str]] = {
    "kmeans": "k-means of the patches' directions",
    "nmf": "non-negative matrix factorisation of the patches' similarities",
}
FEWEST_PARTS: Final = 2
MOST_PARTS: Final = 12
DEFAULT_PARTS: Final = 5
TOP_NAMES: Final = 5
PART_COLOURS: Final[tuple[tuple[int, int, int], ...]] = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (213, 94, 0),
    (86, 180, 233),
    (240, 228, 66),
    (136, 34, 85),
    (68, 170, 153),
    (153, 153, 51),
    (51, 34, 136),
    (150, 150, 150),
)
"""RGB of the parts, in their order: the palettes of Okabe and Ito, and of Tol, which colour-blind people tell apart."""


@dataclass(frozen=True, slots=True)
class PicturePart:
    """A group of patches.

    Attributes:
        mask: bool (grid_h, grid_w): the patches that belong to it; every patch belongs to one part.
        weights: float32 (grid_h, grid_w), in [0, 1]: how far each patch belongs to it. For k-means, the mask.
        share: share of the picture's embedding: Σ over its patches of v_j·e_v, over all patches; negative where it acts
            against the embedding. The shares of all parts add up to 1, or are 0 where the whole sum is.
        direction: float64 (D,), unit length: of the sum of its patches' rows, which is what the part adds to the
            picture's embedding; zeros where they add up to nothing.

    """

    mask: NDArray[np.bool_]
    weights: NDArray[np.float32]
    share: float
    direction: Floats

    @property
    def size(self) -> int:
        """Number of its patches."""
        return int(self.mask.sum())


@dataclass(frozen=True, slots=True)
class PictureParts:
    """The parts of a picture, the one with the largest share first; of equal ones, the first in reading order.

    Attributes:
        method: a key of ``PARTS_METHODS``.
        count: the requested number; there are fewer parts where there are fewer different patches.
        labels: int16 (grid_h, grid_w): each patch's place in ``parts``.
        parts: their colours are ``PART_COLOURS`` in the same order.

    """

    method: PartsMethod
    count: int
    labels: NDArray[np.int16]
    parts: tuple[PicturePart, ...]


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A word with its value for a part."""

    word: str
    value: float


@dataclass(frozen=True, slots=True)
class PartValues:
    """A part's values for a caption.

    Attributes:
        value: Σ of all rows of the matrix over its patches, in the unit of the score.
        share: its share of Σ over all patches; None where that sum is too small for shares.
        words: the caption's words, the best one first, each with Σ of its tokens over the part's patches.

    """

    value: float
    share: float | None
    words: tuple[NamedValue, ...]


def unit_rows(rows: NDArray[np.floating[Any]]) -> Floats:
    """Return the rows, (N, D), divided by their lengths, float64; rows of zeros stay zero."""
    values = rows.astype(np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(np.divide(values, lengths, out=np.zeros_like(values), where=lengths > 0))


def make_parts(
    rows: NDArray[np.floating[Any]],
    embedding: Floats,
    grid: tuple[int, int],
    weights: Floats,
    method: PartsMethod,
    count: int,
) -> PictureParts:
    """Return the parts of a picture from the groups of its patches.

    Args:
        rows: (N, D): the patches' rows of the picture's factor, without prefix tokens.
        embedding: e_v, (D,).
        grid: (rows, columns) of the patches, N in all.
        weights: (N, groups), at least 0: how far each patch belongs to each group; it becomes part of the largest.
        method: the way in which they were grouped.
        count: the requested number of parts.

    """
    labels = weights.argmax(axis=1)
    values = rows.astype(np.float64) @ embedding
    whole = float(values.sum())
    peaks = weights.max(axis=0)
    parts = []
    for group in range(weights.shape[1]):
        inside = labels == group
        if inside.any():
            share = float(values[inside].sum()) / whole if whole else 0.0
            scaled = (weights[:, group] / (peaks[group] or 1.0)).astype(np.float32)
            direction = unit_rows(rows[inside].sum(axis=0, dtype=np.float64)[None])[0]
            parts.append(PicturePart(inside.reshape(grid), scaled.reshape(grid), share, direction))
    parts.sort(key=lambda part: (-part.share, int(part.mask.argmax())))
    places = np.zeros(grid, np.int16)
    for place, part in enumerate(parts):
        places[part.mask] = place
    return PictureParts(method, count, places, tuple(parts))


def value_part(part: PicturePart, matrix: InteractionMatrix, caption: Caption, smallest_sum: float) -> PartValues:
    """Return a part's values for a caption with its matrix; ``smallest_sum``: shares of smaller sums are None."""
    by_token = matrix.token_heat(part.mask.astype(np.float64))
    whole = float(matrix.token_heat().sum())
    words = [NamedValue(word.text, float(by_token[list(word.rows)].sum())) for word in caption.words]
    words.sort(key=lambda word: -word.value)
    value = float(by_token.sum())
    return PartValues(value, value / whole if abs(whole) >= smallest_sum else None, tuple(words))


def suitable_words(words: Sequence[NamedValue]) -> tuple[NamedValue, ...]:
    """Return the words of a caption that can name a part: of positive value, without function words."""
    return tuple(
        one
        for one in words
        if one.value > 0 and one.word.casefold() not in FUNCTION_WORDS and any(map(str.isalnum, one.word))
    )


@dataclass(frozen=True, slots=True)
class WordEmbeddings:
    """A vocabulary as the model's text encoder embeds it.

    Attributes:
        words: in the order of the file.
        directions: float32 (words, D): each word's unit embedding less the mean of all, divided by its length.

    """

    words: tuple[str, ...]
    directions: NDArray[np.float32]


def centre_words(words: Sequence[str], embeddings: NDArray[np.floating[Any]]) -> WordEmbeddings:
    """Return the directions of words from their embeddings, (words, D).

    All captions share a direction, which no picture has (the modality gap, Liang et al., NeurIPS 2022). Without it, the
    words that lie next to the mean would name every part.
    """
    units = unit_rows(embeddings)
    return WordEmbeddings(tuple(words), unit_rows(units - units.mean(axis=0)).astype(np.float32))


def name_part(part: PicturePart, vocabulary: WordEmbeddings, top: int = TOP_NAMES) -> tuple[NamedValue, ...]:
    """Return the ``top`` words of a vocabulary whose directions have the largest cosine with the part's direction."""
    cosines = vocabulary.directions @ part.direction
    order = np.argsort(-cosines, kind="stable")[:top]
    return tuple(NamedValue(vocabulary.words[place], float(cosines[place])) for place in order)
