"""Hits of a search: pictures of the list in the order of a ranking."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.search_ranking import Ranking, rank_pictures
from exclip_desktop.core.values.geometry import Box, Geometry
from exclip_desktop.core.values.heat_thumbnail import HeatThumbnail, place_heat
from exclip_desktop.session.worker.search_requests import PictureProducts


@dataclass(frozen=True, slots=True, eq=False)
class ListHit:
    """A picture that answers a query.

    Attributes:
        picture: its path, as the list writes it.
        rank: its place in the answer, from 1.
        value: what it is ranked by.
        numbers: the value by every ranking.
        heat: its heat for the query, with the part of the picture that the patches cover.
        region: bool (rows, columns), the hit region.
        box: the box around that region, in source pixels.
        geometry: the places of the patches.
        words: the words of its caption with the largest values for the hit region.
        pair_score, residual: of picture and caption; None where the caption is not explained.

    """

    picture: str
    rank: int
    value: float
    numbers: dict[Ranking, float]
    heat: HeatThumbnail
    region: NDArray[np.bool_]
    box: Box
    geometry: Geometry
    words: tuple[str, ...]
    pair_score: float | None
    residual: float | None


def rank_hits(pictures: Sequence[PictureProducts], ranking: Ranking) -> tuple[ListHit, ...]:
    """Return the pictures as hits, the best one first; of equal ones the first in the list is first."""
    return tuple(
        _make_hit(pictures[ranked.place], rank, ranked.value, ranked.numbers)
        for rank, ranked in enumerate(rank_pictures([one.products for one in pictures], ranking), 1)
    )


def _make_hit(one: PictureProducts, rank: int, value: float, numbers: dict[Ranking, float]) -> ListHit:
    heat = place_heat(one.products.heat, one.geometry)
    box = box_around(one.region, one.geometry)
    of_pair = one.words, one.pair_score, one.residual
    return ListHit(one.picture, rank, value, numbers, heat, one.region, box, one.geometry, *of_pair)


def box_around(region: NDArray[np.bool_], geometry: Geometry) -> Box:
    """Return the box around patches (rows, columns), in source pixels, within the picture."""
    rows, columns = (np.flatnonzero(region.any(axis)) for axis in (1, 0))
    left, top, _, _ = geometry.patch_box(int(rows[0]), int(columns[0]))
    _, _, right, bottom = geometry.patch_box(int(rows[-1]), int(columns[-1]))
    width, height = geometry.source_size
    return max(left, 0.0), max(top, 0.0), min(right, width), min(bottom, height)
