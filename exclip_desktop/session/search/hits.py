"""Hits of a search: pictures of the list in the order of a ranking."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.hit_truth import HitTruth
from exclip_desktop.core.maths.search_hits import SearchHit
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
        is_right: whether the labelled regions confirm it, see ``core.maths.hit_truth``; None: it is not judged.

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
    is_right: bool | None

    def for_file(self, caption: str) -> SearchHit:
        """Return the hit as files write it."""
        about = self.picture, self.value, self.numbers, self.heat.values, self.region, self.box, self.geometry
        return SearchHit(*about, caption, self.is_right)


def rank_hits(pictures: Sequence[PictureProducts], ranking: Ranking, truth: HitTruth) -> tuple[ListHit, ...]:
    """Return the pictures as hits, the best one first; of equal ones the first in the list is first."""
    hits = []
    for rank, ranked in enumerate(rank_pictures([one.products for one in pictures], ranking), 1):
        one = pictures[ranked.place]
        heat = place_heat(one.products.heat, one.geometry)
        is_right = truth.judge(one.picture, one.products.heat, one.geometry)
        of_region = one.region, one.geometry.box_around(one.region), one.geometry
        of_pair = one.words, one.pair_score, one.residual
        hits.append(ListHit(one.picture, rank, ranked.value, ranked.numbers, heat, *of_region, *of_pair, is_right))
    return tuple(hits)
