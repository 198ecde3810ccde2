"""Reads the pair lists of files and projects for the window; and the figures of a list's pairs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.pair_list import ListedPair, PairFigures, PairList, make_search_texts
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.project.pair_rows import (
    Measurement,
    PairQuery,
    add_pairs,
    load_extent,
    load_known,
    load_pairs,
    save_measurements,
)
from exclip_desktop.storage.project.project_files import open_project
from exclip_desktop.storage.project.typed_captions import load_typed_captions, put_typed_captions


@dataclass(frozen=True, slots=True)
class LoadedList:
    """A list with lookups.

    Attributes:
        list: the list.
        texts: the text that a filter searches, of each pair.
        captions: the captions of each picture.
        figures: a project's figures of its pairs, by place; ``extent``: the extent of its list, when it was read.
        first: the place of the pair to show; None: the pair on screen stays.

    """

    list: PairList
    texts: tuple[str, ...] = ()
    captions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    figures: dict[int, PairFigures] = field(default_factory=dict)
    extent: tuple[int, int, str] = (0, 0, "")
    first: int | None = None


UNKNOWN: Final = PairFigures()
NO_LIST: Final = LoadedList(PairList(Path(), Path(), ()))


def read_list(source: Path, cancel: CancelToken) -> LoadedList:
    """Read a list's file or folder."""
    return replace(with_lookups(read_pairs(source, cancel=cancel)), first=0)


def import_list(project: Path, source: Path, cancel: CancelToken) -> LoadedList:
    """Read a list and add it to a project; return the project's list, with the first new pair as the one to show."""
    listed = read_pairs(source, cancel=cancel)
    with open_project(project) as opened:
        added = add_pairs(opened, listed)
    loaded = load_project_list(project)
    notes = (*listed.notes, *loaded.list.notes)
    first = len(loaded.list.pairs) - added if added else 0
    return replace(loaded, list=replace(loaded.list, notes=notes), first=first)


def move_list(project: Path, listed: PairList, known: Mapping[int, PairFigures]) -> LoadedList:
    """Add an open list with its figures to a project without pairs; return it as the project's list."""
    measured = {listed.pairs[place].id: measurement_of(figures) for place, figures in known.items()}
    with open_project(project) as opened, opened.transaction():
        add_pairs(opened, listed)
        save_measurements(opened, [(key, figures) for key, figures in measured.items() if figures is not None])
    return load_project_list(project)


def measurement_of(figures: PairFigures | None) -> Measurement | None:
    """Return the part of a pair's figures that a project stores; None where the pair is not explained."""
    if figures is None or figures.score is None:
        return None
    return Measurement(figures.score, figures.residual, figures.share, figures.by)


def load_project_list(path: Path) -> LoadedList:
    """Read the pairs of a project with their figures, on a connection of this thread."""
    with open_project(path) as project:
        reach = load_extent(project)
        pairs_read = load_pairs(project, PairQuery(), 0, -1)
        pairs = put_typed_captions((one.pair for one in pairs_read), load_typed_captions(project))
        notes = project.list_notes if project.left_out else ()
        listed = PairList(project.path, project.folder, pairs, notes)
    known = {place: (one.measured, one.rating) for place, one in enumerate(pairs_read) if one.measured or one.rating}
    figures = {place: _figures_of(*values) for place, values in known.items()}
    return replace(with_lookups(listed), figures=figures, extent=reach)


def reload_list(path: Path, before: LoadedList) -> LoadedList:
    """Read a project's pairs again where the list has changed, otherwise only their figures."""
    with open_project(path) as project:
        if load_extent(project) != before.extent:
            return load_project_list(path)
        known = load_known(project)
    figures = {place: _figures_of(*known[pair.id]) for place, pair in enumerate(before.list.pairs) if pair.id in known}
    return replace(before, figures=figures)


def with_lookups(listed: PairList) -> LoadedList:
    """Return a list with its lookups."""
    return LoadedList(listed, make_search_texts(listed.pairs), _captions_of(listed.pairs))


def _captions_of(listed: tuple[ListedPair, ...]) -> dict[str, tuple[str, ...]]:
    """Return the captions of each picture."""
    captions_by_picture: dict[str, dict[str, None]] = {}
    for pair in listed:
        if pair.caption:
            captions_by_picture.setdefault(pair.picture, {})[pair.caption] = None
    return {picture: tuple(captions) for picture, captions in captions_by_picture.items()}


def _figures_of(known: Measurement | None, rating: str) -> PairFigures:
    if known is None:
        return PairFigures(rating=rating)
    return PairFigures(known.score, known.residual, known.box_share, rating=rating, by=known.by)


class Figures:
    """Figures of pairs, by their places in the list; those of other settings than the latest are removed.

    Attributes:
        known: figures by place.

    """

    def __init__(self, known: Mapping[int, PairFigures] | None = None) -> None:
        """Start with those of a project, computed with any settings."""
        self.known: dict[int, PairFigures] = dict(known or {})
        self._by = ""  # key of the latest settings; figures of others are removed

    @property
    def by(self) -> str:
        """The key of the latest settings; empty before anything was explained."""
        return self._by

    def get(self, place: int) -> PairFigures | None:
        """Return the figures of a pair, or None."""
        return self.known.get(place)

    def add(self, place: int, figures: PairFigures) -> bool:
        """Add the figures of a pair; return whether those of other settings were removed."""
        changed = figures.by != "" and self.use(figures.by)
        before = self.known.get(place, figures)
        self.known[place] = replace(figures, rating=figures.rating or before.rating)
        return changed

    def use(self, by: str) -> bool:
        """Remove the figures of other settings than ``by``; return whether there were any."""
        return by != self._by and self._remove_others(by)

    def merge(self, stored: Mapping[int, PairFigures]) -> bool:
        """Merge a project's figures: all ratings, and the figures of the same settings.

        Returns whether anything has changed.
        """
        unrated = {place: UNKNOWN for place, known in self.known.items() if known.rating and place not in stored}
        new = {place: figures for place, figures in stored.items() if self.known.get(place) != figures} | unrated
        before = {place: self.known.get(place, UNKNOWN) for place in new}
        for place, figures in new.items():
            same = figures.score is not None and self._by in ("", figures.by)
            heat = before[place].heat if figures.by == before[place].by else None
            stored_figures = replace(figures, heat=heat) if same else before[place]
            self.known[place] = replace(stored_figures, rating=figures.rating)
        return any(self.known[place] != known for place, known in before.items())

    def forget(self, places: Iterable[int]) -> None:
        """Remove the figures of pairs whose captions have changed; ratings stay."""
        for place in places:
            if place in self.known:
                self.known[place] = self.known[place].rated_only

    def move(self, places: Mapping[int, int]) -> None:
        """Move the figures to the pairs' new places; those of removed pairs are removed."""
        self.known = {places[place]: known for place, known in self.known.items() if place in places}

    def set_rating(self, place: int, rating: str) -> None:
        """Set the rating of a pair."""
        self.known[place] = replace(self.known.get(place, UNKNOWN), rating=rating)

    def _remove_others(self, by: str) -> bool:
        self._by = by
        others = [place for place, known in self.known.items() if known.by not in ("", by)]
        for place in others:
            self.known[place] = self.known[place].rated_only
        return bool(others)
