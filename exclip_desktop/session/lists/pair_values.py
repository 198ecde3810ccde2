"""Values of listed pairs by key: what lists show, filter and sort by."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import PurePath
from typing import Final

from exclip_desktop.core.text.list_filter import WORDS, FilterKey, ListFilter, RowValue, parse_filter
from exclip_desktop.core.values.finding import RATINGS
from exclip_desktop.core.values.pair_list import ListedPair, PairFigures, SortKey
from exclip_desktop.core.values.pair_remarks import NO_REMARK, PairKey, PairRemark
from exclip_desktop.session.lists.list_reading import NO_LIST, Figures, LoadedList

STATES: Final = ("explained", "unexplained", "failed", "rated", "unrated", "tagged", "noted", "labelled")
UNRATED: Final = "unrated"
PAIR_KEYS: Final = (
    FilterKey("rating", "choice", "Rating", tuple(rating for rating in RATINGS if rating), UNRATED),
    FilterKey("is", "state", "State", STATES),
    FilterKey("tag", "name", "Tag", lacking="none"),
    FilterKey("label", "text", "Label", lacking="none"),
    FilterKey("score", "number", "Score"),
    FilterKey("residual", "number", "Residual"),
    FilterKey("share", "number", "Share in label"),
    FilterKey("file", "text", "File name"),
    FilterKey("caption", "text", "Caption", lacking="none"),
    FilterKey("note", "text", "Note", lacking="none"),
)
"""The keys of a filter of pairs, without the values that depend on the list."""

_DIGITS: Final = re.compile(r"(\d+)")
Remarks = Mapping[PairKey, PairRemark]


class PairValues:
    """Looks up the values of an open list's pairs, by the pairs' places.

    Attributes:
        remarks: returns the remarks on all pairs that have findings.

    """

    def __init__(self) -> None:
        """Start without a list and without remarks."""
        self.remarks: Callable[[], Remarks] = dict
        self._loaded, self._figures = NO_LIST, Figures()

    def use(self, loaded: LoadedList, figures: Figures) -> None:
        """Look up the values of another list."""
        self._loaded, self._figures = loaded, figures

    @property
    def count(self) -> int:
        """Number of pairs."""
        return len(self._loaded.list.pairs)

    def pair(self, place: int) -> ListedPair:
        """Return the pair at a place."""
        return self._loaded.list.pairs[place]

    def figures(self, place: int) -> PairFigures | None:
        """Return the figures of a pair, or None."""
        return self._figures.get(place)

    def remark(self, place: int) -> PairRemark:
        """Return the remark on a pair; the rating is that of the project's list where it has no finding."""
        return self._remark(place, self.remarks())

    def places_of(self, keys: Iterable[PairKey]) -> list[int]:
        """Return the places of the pairs with these pictures and captions."""
        return sorted(place for key in keys for place in self._loaded.places_by_key.get(key, ()))

    def file_name(self, place: int) -> str:
        """Return the name of a pair's picture file, without its folder."""
        return PurePath(self.pair(place).picture).name

    def states(self, place: int) -> tuple[str, ...]:
        """Return the states of a pair, of ``STATES``."""
        return self._states(place, self.remark(place))

    def filter_keys(self) -> tuple[FilterKey, ...]:
        """Return the filter's keys with the tags and labels of the moment, the most frequent ones first."""
        tags: dict[str, int] = {}
        for remark in self.remarks().values():
            for tag in remark.tags:
                tags[tag] = tags.get(tag, 0) + 1
        offered = {"tag": sorted(tags, key=lambda tag: (-tags[tag], tag)), "label": self._loaded.labels}
        return tuple(
            FilterKey(key.key, key.kind, key.heading, tuple(offered.get(key.key, key.values)), key.lacking)
            for key in PAIR_KEYS
        )

    def matching(self, list_filter: ListFilter) -> list[int]:
        """Return the places of the pairs that pass a filter, in the list's order."""
        if not list_filter.terms:
            return list(range(self.count))
        remarks, value, passes = self.remarks(), self._value, list_filter.matches
        return [place for place in range(self.count) if passes(partial(value, remarks, place))]

    def matches(self, place: int, list_filter: ListFilter) -> bool:
        """Return whether a pair passes a filter."""
        return list_filter.matches(partial(self._value, self.remarks(), place))

    def sort_values(self, places: Iterable[int], by: SortKey) -> dict[int, float | str | tuple[object, ...]]:
        """Return what pairs are sorted by; those that have no such value are left out."""
        remarks = self.remarks()
        values = ((place, self._sort_value(remarks, place, by)) for place in places)
        return {place: value for place, value in values if value is not None and value != "" and value != ()}

    def _sort_value(self, remarks: Remarks, place: int, by: SortKey) -> float | str | tuple[object, ...] | None:
        if by in ("score", "residual", "share"):
            figures = self._figures.get(place)
            number: float | None = None if figures is None else getattr(figures, by)
            return number
        if by == "file":
            return _natural(self.file_name(place))
        if by == "state":
            return self._states(place, NO_REMARK)[0].replace("unexplained", "")
        pair = self.pair(place)
        if by == "caption":
            return pair.caption.casefold()
        if by == "label":
            return pair.label.casefold()
        remark = self._remark(place, remarks)
        return remark.rating if by == "rating" else tuple(map(str.casefold, remark.tags))

    def _remark(self, place: int, remarks: Remarks) -> PairRemark:
        remark = remarks.get(self._loaded.keys[place], NO_REMARK) if remarks else NO_REMARK
        if remark.count:
            return remark
        figures = self._figures.get(place)
        if figures is None or not figures.rating:
            return NO_REMARK
        return PairRemark(rating=figures.rating)  # type: ignore[arg-type]  # a project holds no others

    def _value(self, remarks: Remarks, place: int, key: str) -> RowValue:
        if key == WORDS:
            note = self._remark(place, remarks).note if remarks else ""
            return f"{self._loaded.texts[place]}\n{note}" if note else self._loaded.texts[place]
        if key in ("score", "residual", "share"):
            figures = self._figures.get(place)
            number: float | None = None if figures is None else getattr(figures, key)
            return number
        if key == "file":
            return self.pair(place).picture
        if key in ("caption", "label"):
            text: str = getattr(self.pair(place), key)
            return text
        remark = self._remark(place, remarks)
        if key == "is":
            return self._states(place, remark)
        return {"rating": remark.rating, "tag": remark.tags, "note": remark.note}[key]

    def _states(self, place: int, remark: PairRemark) -> tuple[str, ...]:
        figures, pair = self._figures.get(place), self.pair(place)
        is_explained = figures is not None and figures.score is not None
        has_failed = figures is not None and bool(figures.failure)
        first = "failed" if has_failed else "explained" if is_explained else "unexplained"
        held = {
            "rated": bool(remark.rating),
            UNRATED: not remark.rating,
            "tagged": bool(remark.tags),
            "noted": remark.count > 0,
            "labelled": bool(pair.regions or pair.mask),
        }
        return (first, *(state for state, holds in held.items() if holds))


def parse_pair_filter(query: str) -> ListFilter:
    """Return the filter of a query of pairs."""
    return parse_filter(query, PAIR_KEYS)


def _natural(name: str) -> tuple[object, ...]:
    """Return a key that sorts numbers in names by their value: 2.png comes before 10.png."""
    parts = _DIGITS.split(name.casefold())
    return tuple((int(part), part) if at % 2 else part for at, part in enumerate(parts))
