"""One side's integral as a factor, and two factors multiplied into an explanation, without a model."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import Ends, InteractionMatrix, cosine, full_cosine, make_ledger
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings, SideReport
from exclip_desktop.core.values.geometry import Geometry


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
