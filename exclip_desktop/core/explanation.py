"""The result of explaining one picture and one caption."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.framing import Framing
from exclip_desktop.core.geometry import Box, Geometry
from exclip_desktop.core.interactions import InteractionMatrix, Ledger
from exclip_desktop.core.precision import FULL
from exclip_desktop.core.selection import Region, Selection
from exclip_desktop.core.tokens import Caption, Span, Token, Word

SHORT: Final = 60  # characters of a caption in a repr
SMALL_SUM: Final = 0.01  # below this a share of the whole says nothing


@dataclass(frozen=True, slots=True)
class SideReport:
    """How one side's integral was computed.

    Attributes:
        nodes: quadrature nodes used.
        residual: relative completeness error, ‖Σ_j v_j − (e − r)‖ / ‖e − r‖.
        row_error: the rows' relative error, estimated from the adaptive rule's last levels; None for fixed rules.
        converged: whether the adaptive rule met its tolerance; True for fixed rules.
        way: which exact method was used: ``closed form``, ``reverse mode``, ``forward mode`` or ``pair``.

    """

    nodes: int
    residual: float
    row_error: float | None
    converged: bool
    way: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides the numbers, resolved: what to state in a paper, what to repeat a run with."""

    model: str
    weights: str
    weights_sha256: str
    image_layer: int | str
    text_layer: int | str
    quadrature: str
    steps: int
    text_reference: str
    device: str
    versions: dict[str, str]
    framing: Framing = "model"
    precision: str = FULL


@dataclass(frozen=True, slots=True)
class Explanation:
    """How every caption token × every image token adds to the score of one picture and one caption.

    Attributes:
        interactions: the interaction matrix.
        caption: the caption with its tokens and words; one row each token.
        geometry: where the patches lie on the picture.
        score: the cosine of the two embeddings.
        ledger: a partition of the score.
        image_side, text_side: how each side's integral was computed.
        settings: everything else that decides the numbers.
        float32_score: the score in float32 where what comes before the layers is of lower precision; else None.

    """

    interactions: InteractionMatrix
    caption: Caption
    geometry: Geometry
    score: float
    ledger: Ledger
    image_side: SideReport
    text_side: SideReport
    settings: Settings
    float32_score: float | None = None

    def __repr__(self) -> str:
        """Return one line: caption, score, shape of the matrix, model and layers."""
        text, settings = self.caption.text, self.settings
        short = text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
        rows, columns = self.matrix.shape
        return (
            f"<{type(self).__name__} {short!r}: score {self.score:+.4f}, matrix {rows} × {columns}, {settings.model}, "
            f"image layer {settings.image_layer}, text layer {settings.text_layer}>"
        )

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
        height, width = self.geometry.grid
        prefix = ["[CLS]", *(f"[REG{n}]" for n in range(1, self.interactions.prefix))][: self.interactions.prefix]
        return (*prefix, *(f"{y},{x}" for y in range(height) for x in range(width)))

    @property
    def tokens(self) -> tuple[Token, ...]:
        """What the model reads, one per row."""
        return self.caption.tokens

    @property
    def words(self) -> tuple[Word, ...]:
        """What a person reads, each with its rows."""
        return self.caption.words

    @property
    def residual(self) -> float:
        """The relative completeness error of the worse side."""
        return max(self.image_side.residual, self.text_side.residual)

    def patch_heat(self, span: Span | None = None) -> NDArray[np.float64]:
        """Return how much each patch adds through the span's tokens (None: all rows): float64 (grid_h, grid_w).

        ``span`` is text, of which all occurrences as whole words count and case is ignored, or (start, end) characters.

        Raises:
            CaptionError: the span is not in the caption, or was not seen.

        """
        return self.interactions.patch_heat(None if span is None else self.caption.rows_of(span))

    def token_heat(self, box: Box | None = None) -> NDArray[np.float64]:
        """Return how much each token adds through the box (None: all patches): float64 (rows,).

        ``box`` is (x0, y0, x1, y1) in source-image pixels, half-open; patches count by the covered share.

        Raises:
            SelectionError: the box is empty, or lies outside what the model saw.

        """
        return self.interactions.token_heat(None if box is None else self.geometry.asked_coverage(box))

    def select(self, span: Span | None = None, box: Box | None = None) -> Selection:
        """Return the selection of the span's tokens and the box; None: nothing of that side is selected.

        Raises:
            CaptionError, SelectionError: span or box does not fit.

        """
        if box is not None:
            self.geometry.asked_coverage(box)
        rows = () if span is None else self.caption.rows_of(span)
        return Selection(rows, () if box is None else (Region(box),))

    def word_heat(self, box: Box | None = None) -> NDArray[np.float64]:
        """Return ``token_heat`` summed over each word's tokens: float64 (words,)."""
        by_token = self.token_heat(box)
        return np.array([by_token[list(word.rows)].sum() for word in self.words])

    def share_of_all(self, block: float) -> float | None:
        """Return the share of ``block`` in the whole matrix's sum; None where that sum is too small for shares."""
        whole = float(self.matrix.sum(dtype=np.float64))
        return block / whole if abs(whole) >= SMALL_SUM else None

    def provenance(self) -> dict[str, Any]:
        """Return settings, sides and geometry as plain values for JSON."""
        return {
            "settings": asdict(self.settings),
            "image_side": asdict(self.image_side),
            "text_side": asdict(self.text_side),
            "geometry": asdict(self.geometry),
        }
