"""A matrix of a picture and a caption by any second-order method: names of rows and columns, and sums."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.values.caption import Caption, Span, Token, Word
from exclip_desktop.core.values.geometry import Box, Geometry, as_box
from exclip_desktop.core.values.selection import Region, Selection

SMALL_SUM: Final = 0.01  # shares of a smaller sum are meaningless
SHORT: Final = 60  # characters of a caption in a repr


@dataclass(frozen=True, slots=True)
class PairMatrix(ABC):
    """Every caption token × every image token of one picture and one caption.

    Attributes:
        interactions: the interaction matrix.
        caption: the caption with its tokens and words; one row each token.
        geometry: where the patches lie on the picture.
        score: the cosine of the two embeddings.

    """

    interactions: InteractionMatrix
    caption: Caption
    geometry: Geometry
    score: float

    def __repr__(self) -> str:
        """Return one line: caption, score, shape of the matrix, and how it was made."""
        text, (rows, columns) = self.caption.text, self.matrix.shape
        short = text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
        return f"<{type(self).__name__} {short!r}: score {self.score:+.4f}, matrix {rows} × {columns}, {self.made_by}>"

    @property
    @abstractmethod
    def made_by(self) -> str:
        """Model, method and settings in one line."""

    @abstractmethod
    def provenance(self) -> dict[str, Any]:
        """Return everything that decides the numbers, and the geometry, as plain values for JSON."""

    @property
    def matrix(self) -> NDArray[np.float32]:
        """The whole matrix: float32 (rows, columns), named by ``rows`` and ``columns``."""
        return self.interactions.values

    @property
    def grid(self) -> NDArray[np.float32]:
        """The patch columns: float32 (rows, grid_h, grid_w)."""
        return self.interactions.grid

    @property
    def rows(self) -> tuple[str, ...]:
        """The tokens' texts."""
        return tuple(token.text for token in self.caption.tokens)

    @property
    def columns(self) -> tuple[str, ...]:
        """The image tokens' names: prefix tokens, then ``row,column`` of every patch."""
        return image_token_names(self.interactions.prefix, self.geometry.grid)

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens, one per row."""
        return self.caption.tokens

    @property
    def words(self) -> tuple[Word, ...]:
        """The words, each with its rows."""
        return self.caption.words

    def patch_heat(self, span: Span | None = None) -> NDArray[np.float64]:
        """Return the sum of each patch over the span's tokens (None: all rows): float64 (grid_h, grid_w).

        ``span`` is text, of which all occurrences as whole words count and case is ignored, or (start, end) characters.

        Raises:
            CaptionError: the span is not in the caption, or the model did not read it.

        """
        return self.interactions.patch_heat(None if span is None else self.caption.rows_of(span))

    def token_heat(self, box: Box | None = None) -> NDArray[np.float64]:
        """Return the sum of each token over the box (None: all patches): float64 (rows,).

        ``box`` is (x0, y0, x1, y1) in source-image pixels, half-open; patches count by the covered share.

        Raises:
            SelectionError: the box is empty, or outside the part of the picture that the model sees.

        """
        return self.interactions.token_heat(None if box is None else self.geometry.require_coverage(box))

    def select(self, span: Span | None = None, box: Box | None = None) -> Selection:
        """Return the selection of the span's tokens and the box; None: nothing of that side is selected.

        Raises:
            CaptionError, SelectionError: span or box does not fit.

        """
        if box is not None:
            self.geometry.require_coverage(box)
        rows = () if span is None else self.caption.rows_of(span)
        return Selection(rows, () if box is None else (Region(as_box(box)),))

    def word_heat(self, box: Box | None = None) -> NDArray[np.float64]:
        """Return ``token_heat`` summed over each word's tokens: float64 (words,)."""
        by_token = self.token_heat(box)
        return np.array([by_token[list(word.rows)].sum() for word in self.words])

    def share_of_all(self, block: float) -> float | None:
        """Return the share of ``block`` in the whole matrix's sum; None where that sum is too small for shares."""
        whole = float(self.matrix.sum(dtype=np.float64))
        return block / whole if abs(whole) >= SMALL_SUM else None


def image_token_names(prefix: int, grid: tuple[int, int]) -> tuple[str, ...]:
    """Return the names of ``prefix`` class and register tokens, and ``row,column`` of every patch of a grid."""
    height, width = grid
    named = ["[CLS]", *(f"[REG{n}]" for n in range(1, prefix))][:prefix]
    return (*named, *(f"{y},{x}" for y in range(height) for x in range(width)))
