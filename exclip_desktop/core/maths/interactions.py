"""The interaction matrix, its sums, and the ledger: the partition of the whole score."""

from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class InteractionMatrix:
    """How much every caption token × every image token adds to the score (Möller et al., TMLR 2025, eq. 10).

    Attributes:
        values: float32 (rows, columns); columns are the prefix tokens, then the patches row by row.
        content: bool (rows,): True for tokens of words, False for specials.
        prefix: number of leading columns that are class or register tokens.
        grid_shape: (rows, columns) of the patches.

    """

    values: NDArray[np.float32]
    content: NDArray[np.bool_]
    prefix: int
    grid_shape: tuple[int, int]

    @property
    def values_words(self) -> bool:
        """Always."""
        return True

    @property
    def fixed(self) -> bool:
        """Never: every selection has its own sums."""
        return False

    @property
    def grid(self) -> NDArray[np.float32]:
        """The patch columns as a view: float32 (rows, grid_h, grid_w)."""
        return self.values[:, self.prefix :].reshape(len(self.values), *self.grid_shape)

    def patch_heat(self, rows: tuple[int, ...] | None = None) -> Floats:
        """Return the sum over ``rows`` (None: all rows) for each patch: float64 (grid_h, grid_w)."""
        chosen = self.grid if rows is None else self.grid[list(rows)]
        return np.asarray(chosen.sum(axis=0, dtype=np.float64))

    def token_heat(self, coverage: Floats | None = None) -> Floats:
        """Return the sum over patches, weighted by ``coverage`` (grid_h, grid_w; None: all), for each row: (rows,)."""
        patches = self.values[:, self.prefix :].astype(np.float64)
        weights = np.ones(patches.shape[1]) if coverage is None else coverage.reshape(-1)
        return np.asarray(patches @ weights, dtype=np.float64)

    def heat_of_patch(self, patch: tuple[int, int]) -> Floats:
        """Return the values of one patch (row, column), for each row: (rows,)."""
        return np.asarray(self.grid[(slice(None), *patch)], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Sums of the matrix's four blocks: words or specials × patches or prefix tokens."""

    words_patches: float
    specials_patches: float
    words_prefix: float
    specials_prefix: float

    def lines(self) -> list[tuple[str, float]]:
        """Return the blocks with their names, in reading order."""
        return [
            ("words × patches", self.words_patches),
            ("specials × patches", self.specials_patches),
            ("words × prefix tokens", self.words_prefix),
            ("specials × prefix tokens", self.specials_prefix),
        ]


@dataclass(frozen=True, slots=True)
class Ledger:
    """A partition of the score (a cosine): the parts below add up to it.

    Attributes:
        words_patches, specials_patches, words_prefix, specials_prefix: sums of the four blocks of the matrix.
        reference: the contribution of the two reference inputs, (r_t·e_v + e_t·r_v − r_t·r_v) / (‖e_t‖‖e_v‖).
        gap: only with the ``published`` text reference: its distance from the reference at the start of the path.
        residual: the quadrature's error.

    """

    words_patches: float
    specials_patches: float
    words_prefix: float
    specials_prefix: float
    reference: float
    gap: float
    residual: float

    @property
    def total(self) -> float:
        """The sum of all parts."""
        return sum(value for _, value in self.lines())

    def lines(self) -> list[tuple[str, float]]:
        """Return the parts with their names, in reading order; the gap only where it is not 0."""
        blocks = Blocks(self.words_patches, self.specials_patches, self.words_prefix, self.specials_prefix)
        lines = [
            *blocks.lines(),
            ("reference terms", self.reference),
            ("residual", self.residual),
        ]
        if self.gap:
            lines.insert(5, ("gap to the published reference", self.gap))
        return lines


@dataclass(frozen=True, slots=True)
class Ends:
    """The embeddings at both ends of a path, float64 (D,).

    Attributes:
        embedding: of the input.
        reference: of the reference input, where the path starts.
        ledger_reference: of the reference input in the ledger; it differs from ``reference`` only for the ``published``
            text reference, which is pooled at its own [EOT].
        full: of the input in float32 where the features are of lower precision; else None.

    """

    embedding: Floats
    reference: Floats
    ledger_reference: Floats
    full: Floats | None = None


def make_ledger(matrix: InteractionMatrix, text: Ends, image: Ends) -> Ledger:
    """Account for the score: blocks of the matrix, reference terms, gap and residual."""
    norm = float(np.linalg.norm(text.embedding) * np.linalg.norm(image.embedding))
    values = matrix.values.astype(np.float64)
    explained = float((text.embedding - text.reference) @ (image.embedding - image.reference)) / norm
    reference = (
        text.ledger_reference @ image.embedding
        + text.embedding @ image.reference
        - text.ledger_reference @ image.reference
    )
    gap = float((text.reference - text.ledger_reference) @ (image.embedding - image.reference)) / norm
    return Ledger(
        **asdict(_block_sums(values, matrix)),
        reference=float(reference) / norm,
        gap=gap,
        residual=explained - float(values.sum()),
    )


def magnitudes(matrix: InteractionMatrix) -> Blocks:
    """Return each block's share of Σ|A|: they add up to 1, or are all 0 where the whole matrix is."""
    values = np.abs(matrix.values.astype(np.float64))
    whole = float(values.sum()) or 1.0
    return _block_sums(values / whole, matrix)


def _block_sums(values: Floats, matrix: InteractionMatrix) -> Blocks:
    """Sum ``values``, (rows, columns), over the blocks of ``matrix``."""
    words, patches, prefix = matrix.content, values[:, matrix.prefix :], values[:, : matrix.prefix]
    parts = patches[words], patches[~words], prefix[words], prefix[~words]
    return Blocks(*(float(part.sum()) for part in parts))


def cosine(text: Ends, image: Ends) -> float:
    """Return the score: the cosine of the two embeddings."""
    norm = float(np.linalg.norm(text.embedding) * np.linalg.norm(image.embedding))
    return float(text.embedding @ image.embedding) / norm


def full_cosine(text: Ends, image: Ends) -> float | None:
    """Return the score in float32 where a side's features are of lower precision; else None."""
    if text.full is None or image.full is None:
        return None
    return cosine(replace(text, embedding=text.full), replace(image, embedding=image.full))
