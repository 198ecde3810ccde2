"""Compares hits with the labelled regions of their pictures.

A label counts for a query if its name stands in the query's words, in the singular or the plural. A hit is *right* if
the strongest place of its heat lies in a region with such a label: the pointing game of Zhang et al., "Top-down neural
attention by excitation backprop" (IJCV 2018), on averaged patches. A picture with other labels only is wrong; one
without labels is not judged. Queries that name no label of the list are not judged at all.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.patch_places import smooth_heat
from exclip_desktop.core.maths.search_hits import SearchHit
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region, coverage

LEAST_SHARE: Final = 0.5
"""The strongest patch lies in a region if the region covers this share of it."""
PRECISION_AT: Final = 1, 5, 10, 20, 50


@dataclass(frozen=True, slots=True)
class Precision:
    """Share of right hits among the first ``first`` that are judged.

    Attributes:
        first: number of hits, from the best one.
        right, judged: numbers of these.

    """

    first: int
    right: int
    judged: int

    @property
    def share(self) -> float:
        """Right hits by judged ones."""
        return self.right / self.judged


def name_labels(query: str, names: Iterable[str]) -> frozenset[str]:
    """Return the label names that stand in the words of a query, whatever their case; "dogs" names "dog"."""
    words = f" {' '.join(_words(query))} "
    return frozenset(
        name
        for name in names
        if (parts := " ".join(_words(name))) and any(f" {parts}{ending} " in words for ending in ("", "s", "es"))
    )


def judge_hit(heat: NDArray[Any], geometry: Geometry, regions: Sequence[Region], labels: frozenset[str]) -> bool | None:
    """Return whether a hit is right; None where it is not judged.

    Args:
        heat: of the hit, (rows, columns).
        geometry: the places of its patches.
        regions: labelled regions of its picture.
        labels: the names that count, as ``name_labels`` returns them.

    """
    named = [region for region in regions if region.name and not region.subtract]
    if not labels or not named:
        return None
    true = tuple(region for region in named if region.name in labels)
    share = coverage(geometry, true)
    if share is None:
        return False
    strongest = np.unravel_index(int(smooth_heat(heat.astype(np.float64)).argmax()), heat.shape)
    return bool(share[strongest] >= LEAST_SHARE)


class HitTruth:
    """Judges hits by the labelled regions of a list, which are looked at when the first hit is judged."""

    def __init__(self, words: str, pairs: Sequence[ListedPair]) -> None:
        """Judge by the labels of ``pairs`` that ``words`` name."""
        self._words, self._pairs = words, pairs

    def judge(self, picture: str, heat: NDArray[Any], geometry: Geometry) -> bool | None:
        """Return whether a hit is right; None where it is not judged."""
        return judge_hit(heat, geometry, self._regions.get(picture, ()), self._labels)

    @cached_property
    def _regions(self) -> dict[str, list[Region]]:
        regions: dict[str, list[Region]] = {}
        for pair in self._pairs:
            if pair.regions:
                regions.setdefault(pair.picture, []).extend(pair.regions)
        return regions

    @cached_property
    def _labels(self) -> frozenset[str]:
        return name_labels(self._words, {one.name for listed in self._regions.values() for one in listed})


def judge_hits(query: str, hits: Iterable[SearchHit], pairs: Sequence[ListedPair]) -> tuple[SearchHit, ...]:
    """Return the hits with their captions and judgements; ``pairs`` are those of the list that was searched."""
    truth = HitTruth(query, pairs)
    captions = {pair.picture: pair.caption for pair in reversed(pairs)}
    return tuple(
        replace(
            hit,
            caption=captions.get(hit.picture, ""),
            is_right=truth.judge(hit.picture, hit.heat, hit.geometry),
        )
        for hit in hits
    )


def measure_precision(judgements: Sequence[bool | None]) -> tuple[Precision, ...]:
    """Return the precision at ``PRECISION_AT`` hits, as far as there are so many; ``judgements`` in the hits' order."""
    return tuple(
        Precision(first, sum(one is True for one in judgements[:first]), judged)
        for first in PRECISION_AT
        if first <= len(judgements) and (judged := sum(one is not None for one in judgements[:first]))
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
