"""Two factors multiplied: an explanation, without a model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import Ends, InteractionMatrix, cosine, full_cosine, make_ledger
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation, Settings, SideReport
from exclip_desktop.core.values.factors import Factor
from exclip_desktop.core.values.geometry import Geometry


def product(
    caption: Caption, words: Factor, geometry: Geometry, prefix: int, picture: Factor, settings: Settings
) -> Explanation:
    """Return the explanation of a caption and a picture whose factors are known.

    ``prefix`` is how many of the picture's rows are class or register tokens.
    """
    values = words.rows @ picture.rows.T
    ends, reports = (words.ends, picture.ends), (words.report, picture.report)
    return explanation_of(caption, geometry, prefix, values, ends, reports, settings)


def explanation_of(
    caption: Caption,
    geometry: Geometry,
    prefix: int,
    values: NDArray[np.floating[Any]],
    ends: tuple[Ends, Ends],
    reports: tuple[SideReport, SideReport],
    settings: Settings,
) -> Explanation:
    """Put the products u_i·v_j (rows, columns), text first in every pair, into an explanation."""
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
