"""The result of explaining two inputs of any kind: two pictures, two captions, or one of each."""

from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import Ends, Floats, cosine, full_cosine
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.caption import Caption, Span
from exclip_desktop.core.values.explanation import Explanation, Factor, ResolvedSettings, SideReport
from exclip_desktop.core.values.geometry import Box, Geometry, as_box
from exclip_desktop.core.values.pair_matrix import SHORT, SMALL_SUM, image_token_names
from exclip_desktop.core.values.selection import Preview, Region, Selection, coverage
from exclip_desktop.core.values.settings import Side, framing_suffix

Which = Literal["first", "second"]
WHICH: Final[tuple[Which, Which]] = ("first", "second")
SpanOrBox = Span | Box
"""Words of a caption, or a box of a picture."""
NO_PREVIEW: Final = Preview()
NO_SELECTION: Final = Selection()


@dataclass(frozen=True, slots=True)
class PictureSide:
    """A picture as one of two inputs.

    Attributes:
        geometry: where the patches lie on the picture.
        prefix: number of class and register tokens, which come before the patches.
        report: the report of its integral.
        place_lengths: float64 (grid_h, grid_w), the lengths of the rows averaged over neighbouring patches, divided by
            that of the embedding; None where the rows were not computed.

    """

    geometry: Geometry
    prefix: int
    report: SideReport
    place_lengths: Floats | None = None
    kind: ClassVar[Side] = "image"
    token_kinds: ClassVar[tuple[str, str]] = ("patches", "prefix tokens")

    @property
    def names(self) -> tuple[str, ...]:
        """The image tokens' names: prefix tokens, then ``row,column`` of every patch."""
        return image_token_names(self.prefix, self.geometry.grid)

    @property
    def content(self) -> NDArray[np.bool_]:
        """(tokens,): True for patches."""
        return np.arange(self.prefix + self.geometry.grid[0] * self.geometry.grid[1]) >= self.prefix

    @property
    def label(self) -> str:
        """The input in a few words."""
        width, height = self.geometry.source_size
        return f"picture of {width} × {height} px"

    def weights(self, selection: Selection, preview: Preview = NO_PREVIEW) -> Floats:
        """Return the share of each token that the hovered patch, else the regions, else everything selects: (tokens,).

        Prefix tokens are never selected.
        """
        if preview.patch is not None:
            share = np.zeros(self.geometry.grid)
            share[preview.patch] = 1.0
        else:
            covered = coverage(self.geometry, selection.regions)
            share = np.ones(self.geometry.grid) if covered is None else covered
        return np.concatenate([np.zeros(self.prefix), share.reshape(-1)])

    def arrange(self, values: Floats) -> Floats:
        """Return the patches' values of (tokens,) as (grid_h, grid_w)."""
        return values[self.prefix :].reshape(self.geometry.grid)

    def select(self, place: SpanOrBox | None) -> Selection:
        """Return the selection of a box (None: nothing is selected, so that everything counts).

        Raises:
            SelectionError: it is no box, or lies outside the part of the picture that the model sees.

        """
        if place is None:
            return Selection()
        box = as_box(place)
        self.geometry.require_coverage(box)
        return Selection(regions=(Region(box),))

    def describe(self) -> dict[str, Any]:
        """Return the side as plain values for JSON."""
        return {
            "kind": self.kind,
            "geometry": self.geometry.as_dict(),
            "prefix": self.prefix,
            "integral": asdict(self.report),
        }


@dataclass(frozen=True, slots=True)
class CaptionSide:
    """A caption as one of two inputs, with the report of its integral."""

    caption: Caption
    report: SideReport
    kind: ClassVar[Side] = "text"
    token_kinds: ClassVar[tuple[str, str]] = ("words", "specials")

    @property
    def names(self) -> tuple[str, ...]:
        """The tokens' texts."""
        return tuple(token.text for token in self.caption.tokens)

    @property
    def content(self) -> NDArray[np.bool_]:
        """(tokens,): True for tokens of words."""
        return np.array([token.kind == "content" for token in self.caption.tokens])

    @property
    def label(self) -> str:
        """The input in a few words."""
        text = self.caption.text
        return repr(text if len(text) <= SHORT else f"{text[: SHORT - 1]}…")

    def weights(self, selection: Selection, preview: Preview = NO_PREVIEW) -> Floats:
        """Return 1 for each token of the hovered word, else of the selection, else for all, and 0 else: (tokens,)."""
        rows = preview.rows or selection.rows
        weights = np.zeros(len(self.caption.tokens)) if rows else np.ones(len(self.caption.tokens))
        weights[list(rows)] = 1.0
        return weights

    def arrange(self, values: Floats) -> Floats:
        """Return the tokens' values, (tokens,)."""
        return values

    def select(self, place: SpanOrBox | None) -> Selection:
        """Return the selection of words (None: nothing is selected, so that everything counts).

        Raises:
            CaptionError: the words are not in the caption, or the model did not read them.

        """
        return Selection() if place is None else Selection(self.caption.rows_of(place))  # type: ignore[arg-type]

    def describe(self) -> dict[str, Any]:
        """Return the side as plain values for JSON."""
        return {
            "kind": self.kind,
            "caption": self.caption.text,
            "unseen": self.caption.unseen,
            "tokens": [
                {"id": token.id, "text": token.text, "kind": token.kind, "start": token.start, "end": token.end}
                for token in self.caption.tokens
            ],
            "words": [
                {"text": word.text, "start": word.start, "end": word.end, "rows": word.rows}
                for word in self.caption.words
            ],
            "integral": asdict(self.report),
        }


InputSide = PictureSide | CaptionSide


@dataclass(frozen=True, slots=True)
class TwoInputLedger:
    """A partition of the score of two inputs (a cosine): its lines add up to it.

    Attributes:
        blocks: sums of the blocks of the matrix: content × content, other × content, content × other, other × other,
            the first input before the second; content is patches or words.
        token_kinds: what is content and what is not, of the first and the second input.
        reference: the contribution of the reference inputs, (r_a·e_b + e_a·r_b − r_a·r_b) / (‖e_a‖‖e_b‖).
        gap: only with the ``published`` text reference: its distance from the reference at the start of the path.
        residual: the quadrature's error.

    """

    blocks: tuple[float, float, float, float]
    token_kinds: tuple[tuple[str, str], tuple[str, str]]
    reference: float
    gap: float
    residual: float

    @property
    def total(self) -> float:
        """The sum of all parts."""
        return sum(value for _, value in self.lines())

    @property
    def swapped(self) -> "TwoInputLedger":
        """The ledger of the inputs in the other order."""
        both, other_content, content_other, neither = self.blocks
        return replace(self, blocks=(both, content_other, other_content, neither), token_kinds=self.token_kinds[::-1])

    def lines(self) -> list[tuple[str, float]]:
        """Return the parts with their names, in reading order; the gap only where it is not 0."""
        (content_a, other_a), (content_b, other_b) = self.token_kinds
        names = [(content_a, content_b), (other_a, content_b), (content_a, other_b), (other_a, other_b)]
        gap = [("gap to the published reference", self.gap)] if self.gap else []
        return [
            *((" × ".join(name), value) for name, value in zip(names, self.blocks, strict=True)),
            ("reference terms", self.reference),
            *gap,
            ("residual", self.residual),
        ]


@dataclass(frozen=True, slots=True, repr=False)
class TwoInputExplanation:
    """The contribution of every token of one input × every token of another to their score.

    Attributes:
        values: float32 (tokens of the first, tokens of the second).
        first, second: the inputs, each with the report of its integral.
        score: the cosine of the two embeddings.
        ledger: a partition of the score.
        settings: everything that decides the numbers.
        float32_score: the score in float32 where the model ran in lower precision before the layers; else None.

    """

    values: NDArray[np.float32]
    first: InputSide
    second: InputSide
    score: float
    ledger: TwoInputLedger
    settings: ResolvedSettings
    float32_score: float | None = None

    def __repr__(self) -> str:
        """Return one line: inputs, score, shape of the matrix, and how it was made."""
        rows, columns = self.values.shape
        return (
            f"<{type(self).__name__} {self.first.label} and {self.second.label}: score {format_signed(self.score)}, "
            f"matrix {rows} × {columns}, {self.made_by}>"
        )

    @property
    def made_by(self) -> str:
        """Model, layers of the inputs' kinds, and what else decides the numbers, in one line."""
        settings, kinds = self.settings, (self.first.kind, self.second.kind)
        image = f", image layer {settings.image_layer}" if "image" in kinds else ""
        text = f", text layer {settings.text_layer}, {settings.text_reference} reference" if "text" in kinds else ""
        return f"{settings.model}{image}{text}{framing_suffix(settings.framing) if image else ''}"

    @property
    def matrix(self) -> NDArray[np.float32]:
        """The whole matrix: float32 (rows, columns), named by ``rows`` and ``columns``."""
        return self.values

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of the first input's tokens."""
        return self.first.names

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the second input's tokens."""
        return self.second.names

    @property
    def residual(self) -> float:
        """The relative completeness error of the worse side."""
        return max(self.first.report.residual, self.second.report.residual)

    @property
    def swapped(self) -> "TwoInputExplanation":
        """The explanation of the inputs in the other order: its matrix is the transpose."""
        return TwoInputExplanation(
            self.values.T,
            self.second,
            self.first,
            self.score,
            self.ledger.swapped,
            self.settings,
            self.float32_score,
        )

    def side(self, which: Which) -> InputSide:
        """Return one of the inputs."""
        return self.first if which == "first" else self.second

    def heat(self, which: Which, other: Selection, preview: Preview = NO_PREVIEW) -> Floats:
        """Return each token's sum, of the input ``which``, over the selected part of the other input.

        Where nothing is selected and nothing is under the mouse (``preview``), it is the sum over the whole other
        input: a caption's special tokens count, a picture's prefix tokens do not. A patch counts by its covered share.

        Returns:
            float64, (grid_h, grid_w) of a picture, (tokens,) of a caption.

        """
        by_token = self.token_sums(which, self.side(other_of(which)).weights(other, preview))
        return self.side(which).arrange(by_token)

    def token_sums(self, which: Which, weights: Floats) -> Floats:
        """Return the sums of all tokens of ``which``, prefix tokens too, over the other's tokens by ``weights``."""
        values = self.values if which == "first" else self.values.T
        return np.asarray(values.astype(np.float64) @ weights)

    def block_sum(self, first: Selection, second: Selection) -> float:
        """Return the sum over the selected parts of both inputs, patches by their covered share."""
        return float(self.first.weights(first) @ self.token_sums("first", self.second.weights(second)))

    def share_of_all(self, block: float) -> float | None:
        """Return the share of ``block`` in the whole matrix's sum; None where that sum is too small for shares."""
        whole = float(self.values.sum(dtype=np.float64))
        return block / whole if abs(whole) >= SMALL_SUM else None

    def provenance(self) -> dict[str, Any]:
        """Return settings and both inputs as plain values for JSON."""
        return {"settings": asdict(self.settings), "first": self.first.describe(), "second": self.second.describe()}


def other_of(which: Which) -> Which:
    """Return the other one of two inputs."""
    return "second" if which == "first" else "first"


def multiply_inputs(
    first: tuple[InputSide, Factor], second: tuple[InputSide, Factor], settings: ResolvedSettings
) -> TwoInputExplanation:
    """Return the explanation of two inputs of one kind from their factors.

    The matrix is the product of the factors divided by the norms of the embeddings. Inputs in the other order give
    exactly its transpose: the product is always computed in one order.
    """
    if first[1].rows.tobytes() > second[1].rows.tobytes():  # BLAS rounds B Aᵀ and (A Bᵀ)ᵀ differently
        return multiply_inputs(second, first, settings).swapped
    (side_a, a), (side_b, b) = first, second
    same = np.array_equal(a.rows, b.rows)
    products = a.rows @ (a.rows if same else b.rows).T  # of a matrix with itself it is exactly symmetric
    norm = np.linalg.norm(a.ends.embedding) * np.linalg.norm(b.ends.embedding)
    values = (products / norm).astype(np.float32)
    return TwoInputExplanation(
        values,
        side_a,
        side_b,
        cosine(a.ends, b.ends),
        make_two_input_ledger(values, (side_a, side_b), (a.ends, b.ends)),
        settings,
        full_cosine(a.ends, b.ends),
    )


def make_two_input_ledger(
    values: NDArray[np.float32], sides: tuple[InputSide, InputSide], ends: tuple[Ends, Ends]
) -> TwoInputLedger:
    """Account for the score of two inputs: blocks of the matrix, reference terms, gap and residual."""
    a, b = ends
    norm = float(np.linalg.norm(a.embedding) * np.linalg.norm(b.embedding))
    in_a, in_b = (side.content.astype(np.float64) for side in sides)
    table = np.stack([in_a, 1 - in_a]) @ values.astype(np.float64) @ np.stack([in_b, 1 - in_b]).T
    explained = float((a.embedding - a.reference) @ (b.embedding - b.reference)) / norm
    from_ledger = float((a.embedding - a.ledger_reference) @ (b.embedding - b.ledger_reference)) / norm
    published = any(not np.array_equal(end.reference, end.ledger_reference) for end in ends)
    return TwoInputLedger(
        (float(table[0, 0]), float(table[1, 0]), float(table[0, 1]), float(table[1, 1])),
        (sides[0].token_kinds, sides[1].token_kinds),
        reference=cosine(a, b) - from_ledger,
        gap=from_ledger - explained if published else 0.0,
        residual=explained - float(table.sum()),
    )


def pair_as_two_inputs(explanation: Explanation) -> TwoInputExplanation:
    """Return a caption and a picture as two inputs, the caption first, with the numbers of their explanation."""
    ledger = explanation.ledger
    caption = CaptionSide(explanation.caption, explanation.text_side)
    picture = PictureSide(explanation.geometry, explanation.interactions.prefix, explanation.image_side)
    kinds = caption.token_kinds, picture.token_kinds
    blocks = ledger.words_patches, ledger.specials_patches, ledger.words_prefix, ledger.specials_prefix
    return TwoInputExplanation(
        explanation.matrix,
        caption,
        picture,
        explanation.score,
        TwoInputLedger(blocks, kinds, ledger.reference, ledger.gap, ledger.residual),
        explanation.settings,
        explanation.float32_score,
    )
