"""The remark on a pair: what a person noted about it, in all of its findings."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from exclip_desktop.core.values.finding import Rating

PairKey = tuple[str, str]
"""Identity of a pair, whatever list it is in: the absolute path of its picture, and its caption."""


@dataclass(frozen=True, slots=True)
class PairRemark:
    """Rating, tags and notes of a pair's findings.

    Attributes:
        rating: of the newest finding that is rated; empty where none is.
        tags: of all findings, each once; those of the oldest finding come first.
        note: all notes, one below the other.
        count: number of findings.

    """

    rating: Rating = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    count: int = 0


NO_REMARK: Final = PairRemark()


@dataclass(frozen=True, slots=True)
class NotedPair:
    """The part of a finding that decides the remark on its pair."""

    pair: PairKey
    rating: Rating = ""
    tags: tuple[str, ...] = ()
    note: str = ""


def gather_remarks(findings: Iterable[NotedPair]) -> dict[PairKey, PairRemark]:
    """Return the remark on each pair that has findings; ``findings`` are in the order of their creation."""
    ratings: dict[PairKey, Rating] = {}
    tags: dict[PairKey, dict[str, None]] = {}
    notes: dict[PairKey, list[str]] = {}
    counts: dict[PairKey, int] = {}
    for one in findings:
        counts[one.pair] = counts.get(one.pair, 0) + 1
        ratings[one.pair] = one.rating or ratings.get(one.pair, "")
        tags.setdefault(one.pair, {}).update(dict.fromkeys(one.tags))
        if one.note:
            notes.setdefault(one.pair, []).append(one.note)
    return {
        pair: PairRemark(ratings[pair], tuple(tags[pair]), "\n".join(notes.get(pair, ())), count)
        for pair, count in counts.items()
    }
