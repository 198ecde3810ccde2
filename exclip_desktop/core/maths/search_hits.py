"""Pictures that answer a search, each with its heat for the query."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.search_ranking import Ranking
from exclip_desktop.core.values.geometry import Box, Geometry


@dataclass(frozen=True, slots=True, eq=False)
class SearchHit:
    """A picture that answers a query.

    Attributes:
        picture: its path, as the list writes it.
        value: what it is ranked by.
        numbers: the value by every ranking of ``RANKINGS``.
        heat: float32 (rows, columns) of the patches; they add up to ``numbers["sum"]``.
        region: bool (rows, columns): the hit region.
        box: the box around that region, in source pixels.
        geometry: the places of the patches on the picture.
        caption: the picture's first caption in the list; may be empty.
        is_right: whether the labelled regions confirm the hit, see ``core.maths.hit_truth``; None where there are none.

    """

    picture: str
    value: float
    numbers: dict[Ranking, float]
    heat: NDArray[np.float32]
    region: NDArray[np.bool_]
    box: Box
    geometry: Geometry
    caption: str = ""
    is_right: bool | None = None
