"""The result of explaining one picture and one caption, and the two factors whose product it is."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import Ends, InteractionMatrix, Ledger, cosine, full_cosine, make_ledger
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.settings import FULL, UNRECORDED_TOLERANCE, Framing, framing_suffix


@dataclass(frozen=True, slots=True)
class SideReport:
    """The report of one side's integral.

    Attributes:
        nodes: quadrature nodes used.
        residual: relative completeness error, ‖Σ_j v_j − (e − r)‖ / ‖e − r‖.
        row_error: the rows' relative error, estimated from the adaptive rule's last levels; None for fixed rules.
        converged: whether the adaptive rule met its tolerance; True for fixed rules.
        way: the exact method: ``closed form``, ``reverse mode``, ``forward mode`` or ``pair``.

    """

    nodes: int
    residual: float
    row_error: float | None
    converged: bool
    way: str


@dataclass(frozen=True, slots=True)
class ResolvedSettings:
    """Everything that decides the numbers, with every default filled in: model, weights, settings and versions."""

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
    tolerance: float = UNRECORDED_TOLERANCE


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(PairMatrix):
    """The contribution of every caption token × every image token to the score of one picture and one caption.

    Attributes:
        ledger: a partition of the score.
        image_side, text_side: the report of each side's integral.
        settings: everything that decides the numbers.
        float32_score: the score in float32 where the model ran in lower precision before the layers; else None.

    """

    ledger: Ledger
    image_side: SideReport
    text_side: SideReport
    settings: ResolvedSettings
    float32_score: float | None = None

    @property
    def made_by(self) -> str:
        """Model, layers and reference in one line."""
        settings = self.settings
        return (
            f"{settings.model}, image layer {settings.image_layer}, text layer {settings.text_layer}, "
            f"{settings.text_reference} reference{framing_suffix(settings.framing)}"
        )

    @property
    def framing(self) -> Framing:
        """The framing of the picture."""
        return self.settings.framing

    @property
    def residual(self) -> float:
        """The relative completeness error of the worse side."""
        return max(self.image_side.residual, self.text_side.residual)

    def provenance(self) -> dict[str, Any]:
        """Return settings, sides and geometry as plain values for JSON."""
        return {
            "settings": asdict(self.settings),
            "image_side": asdict(self.image_side),
            "text_side": asdict(self.text_side),
            "geometry": self.geometry.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor: rows (tokens, D) in the model's precision, the path's ends, and the report of its integral."""

    rows: NDArray[np.floating[Any]]
    ends: Ends
    report: SideReport

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        ends = self.ends.embedding, self.ends.reference, self.ends.ledger_reference, self.ends.full
        return int(self.rows.nbytes + sum(end.nbytes for end in ends if end is not None))


def multiply_factors(
    caption: Caption, words: Factor, geometry: Geometry, prefix: int, picture: Factor, settings: ResolvedSettings
) -> Explanation:
    """Return the explanation of a caption and a picture from their factors.

    ``prefix`` is the number of the picture's rows that are class or register tokens.
    """
    values = words.rows @ picture.rows.T
    ends, reports = (words.ends, picture.ends), (words.report, picture.report)
    return assemble_explanation(caption, geometry, prefix, values, ends, reports, settings)


def assemble_explanation(
    caption: Caption,
    geometry: Geometry,
    prefix: int,
    values: NDArray[np.floating[Any]],
    ends: tuple[Ends, Ends],
    reports: tuple[SideReport, SideReport],
    settings: ResolvedSettings,
) -> Explanation:
    """Return an explanation from the products u_i·v_j (rows, columns); of every pair, the text's is the first."""
    text, image = ends
    norm = np.linalg.norm(text.embedding) * np.linalg.norm(image.embedding)
    matrix = InteractionMatrix(
        values=(values / norm).astype(np.float32),
        content=np.array([entry.kind == "content" for entry in caption.tokens]),
        prefix=prefix,
        grid_shape=geometry.grid,
    )
    return Explanation(
        interactions=matrix,
        caption=caption,
        geometry=geometry,
        score=cosine(text, image),
        ledger=make_ledger(matrix, text, image),
        image_side=reports[1],
        text_side=reports[0],
        settings=settings,
        float32_score=full_cosine(text, image),
    )
