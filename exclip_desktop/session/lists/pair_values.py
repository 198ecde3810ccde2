"""Values of listed pairs by key: what lists show, filter and sort by."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from exclip_desktop.core.paths import expand_home
from exclip_desktop.core.text.list_filter import WORDS, FilterKey, FilterTerm, ListFilter, RowValue, parse_filter
from exclip_desktop.core.values.finding import RATINGS
from exclip_desktop.core.values.pair_list import ListedPair, PairFigures, SortKey
from exclip_desktop.core.values.pair_remarks import NO_REMARK, PairKey, PairRemark
from exclip_desktop.session.lists.list_reading import NO_LIST, UNKNOWN, Figures, LoadedList

StateTest = Callable[[PairFigures, PairRemark, ListedPair], bool]
STATES: Final[dict[str, StateTest]] = {
    "explained": lambda figures, *_: figures.score is not None,
    "unexplained": lambda figures, *_: figures.score is None and not figures.failure,
    "failed": lambda figures, *_: bool(figures.failure),
    "rated": lambda _, remark, __: bool(remark.rating),
    "unrated": lambda _, remark, __: not remark.rating,
    "tagged": lambda _, remark, __: bool(remark.tags),
    "noted": lambda _, remark, __: remark.count > 0,
    "labelled": lambda _, __, pair: bool(pair.regions or pair.mask),
}
"""The values of the filter's key ``is``."""

NUMBERS: Final = ("score", "residual", "share")
PAIR_KEYS: Final = (
    FilterKey("rating", "choice", "Rating", tuple(rating for rating in RATINGS if rating), "unrated"),
    FilterKey("is", "state", "State", tuple(STATES)),
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
SortValue = float | str | tuple[object, ...]


class PairValues:
    """Looks up the values of an open list's pairs, by the pairs' places.

    Attributes:
        remarks: returns the remarks on all pairs that have findings.

    """

    def __init__(self) -> None:
        """Start without a list and without remarks."""
        self.remarks: Callable[[], Remarks] = dict
        self.use(NO_LIST, Figures())

    def use(self, loaded: LoadedList, figures: Figures) -> None:
        """Look up the values of another list."""
        self._loaded, self._figures = loaded, figures
        self._folder = os.path.abspath(loaded.list.folder)
        self._paths: dict[str, str] = {}  # absolute, by the path that the list writes
        self._places: dict[PairKey, list[int]] | None = None
        self._labels: tuple[str, ...] | None = None

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

    def key(self, place: int) -> PairKey:
        """Return the identity of a pair: the absolute path of its picture, and its caption."""
        pair = self.pair(place)
        path = self._paths.get(pair.picture)
        if path is None:
            written = str(expand_home(pair.picture)) if pair.picture.startswith("~") else pair.picture
            path = self._paths[pair.picture] = os.path.normpath(os.path.join(self._folder, written))
        return path, pair.caption

    def places_of(self, keys: Iterable[PairKey]) -> list[int]:
        """Return the places of the pairs with these pictures and captions."""
        if self._places is None:
            self._places = {}
            for place in range(self.count):
                self._places.setdefault(self.key(place), []).append(place)
        return sorted(place for key in keys for place in self._places.get(key, ()))

    def remark(self, place: int) -> PairRemark:
        """Return the remark on a pair; the rating is that of the project's list where it has no finding."""
        remarks = self.remarks()
        remark = remarks.get(self.key(place), NO_REMARK) if remarks else NO_REMARK
        if remark.count:
            return remark
        figures = self._figures.get(place)
        if figures is None or not figures.rating:
            return NO_REMARK
        return PairRemark(rating=figures.rating)  # type: ignore[arg-type]  # a project holds no others

    def file_name(self, place: int) -> str:
        """Return the name of a pair's picture file, without its folder."""
        return os.path.basename(self.pair(place).picture)

    def filter_keys(self) -> tuple[FilterKey, ...]:
        """Return the filter's keys with the tags and labels of the moment, the most frequent ones first."""
        if self._labels is None:
            self._labels = _by_frequency(pair.label for pair in self._loaded.list.pairs if pair.label)
        tags = _by_frequency(tag for remark in self.remarks().values() for tag in remark.tags)
        offered = {"tag": tags, "label": self._labels}
        return tuple(replace(key, values=offered.get(key.key, key.values)) for key in PAIR_KEYS)

    def matching(self, list_filter: ListFilter) -> list[int]:
        """Return the places of the pairs that pass a filter, in the list's order."""
        places = list(range(self.count))
        for term in list_filter.terms:  # one after the other: each leaves fewer pairs for the next
            places = self._passing(term, places)
        return places

    def matches(self, place: int, list_filter: ListFilter) -> bool:
        """Return whether a pair passes a filter."""
        return all(self._passing(term, [place]) for term in list_filter.terms)

    def sort_values(self, places: Iterable[int], by: SortKey) -> dict[int, SortValue]:
        """Return what pairs are sorted by; those that have no such value are left out."""
        read = self._sort_reader(by)
        values = ((place, read(place)) for place in places)
        return {place: value for place, value in values if value is not None and value != "" and value != ()}

    def _passing(self, term: FilterTerm, places: list[int]) -> list[int]:
        if term.key == WORDS:
            texts, notes, (wanted,) = self._loaded.texts, self._notes(), term.values
            negated = term.is_negated
            return [place for place in places if (wanted in texts[place] or wanted in notes.get(place, "")) != negated]
        if term.key == "is":
            return [place for place in places if self._has_state(place, term.values) != term.is_negated]
        read = self._reader(term.key)
        return [place for place in places if term.accepts(read(place))]

    def _notes(self) -> dict[int, str]:
        """Return the notes of the pairs that have any, in lower case."""
        noted = [(key, remark.note.casefold()) for key, remark in self.remarks().items() if remark.note]
        return {place: note for key, note in noted for place in self.places_of((key,))}

    def _has_state(self, place: int, states: Sequence[str]) -> bool:
        figures, pair, remark = self._figures.get(place) or UNKNOWN, self.pair(place), self.remark(place)
        return any(STATES[state](figures, remark, pair) for state in states)

    def _reader(self, key: str) -> Callable[[int], RowValue]:
        """Return the function that reads a value of a pair, by the filter's key."""
        known, pairs = self._figures.known, self._loaded.list.pairs
        if key in NUMBERS:
            return lambda place: getattr(known.get(place, UNKNOWN), key)
        if key in ("file", "caption", "label"):
            name = "picture" if key == "file" else key
            return lambda place: getattr(pairs[place], name)
        name = "tags" if key == "tag" else key
        return lambda place: getattr(self.remark(place), name)

    def _sort_reader(self, by: SortKey) -> Callable[[int], SortValue | None]:
        known, pairs = self._figures.known, self._loaded.list.pairs
        if by in NUMBERS:
            return lambda place: getattr(known.get(place, UNKNOWN), by)
        if by == "file":
            natural = cache(_natural)
            return lambda place: natural(os.path.basename(pairs[place].picture))
        if by in ("caption", "label"):
            return lambda place: getattr(pairs[place], by).casefold()
        if by == "state":
            return lambda place: _outcome(known.get(place, UNKNOWN))
        if by == "tags":
            return lambda place: tuple(map(str.casefold, self.remark(place).tags))
        return lambda place: self.remark(place).rating


def _outcome(figures: PairFigures) -> str:
    return "failed" if figures.failure else "" if figures.score is None else "explained"


def _by_frequency(names: Iterable[str]) -> tuple[str, ...]:
    counts = Counter(names)
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))


def parse_pair_filter(query: str) -> ListFilter:
    """Return the filter of a query of pairs."""
    return parse_filter(query, PAIR_KEYS)


def _natural(name: str) -> tuple[object, ...]:
    """Return a key that sorts numbers in names by their value: 2.png comes before 10.png."""
    parts = _DIGITS.split(name.casefold())
    return tuple((int(part), part) if at % 2 else part for at, part in enumerate(parts))
