"""Reads lists of pairs for the window, of files and of projects, with what it looks up in them often."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.pair_figures import PairFigures, make_search_texts
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.project.pair_rows import (
    Measurement,
    PairQuery,
    add_pairs,
    count_pairs,
    load_extent,
    load_known,
    load_pairs,
    save_measurements,
)
from exclip_desktop.storage.project.project_files import open_project


@dataclass(frozen=True, slots=True)
class ListRead:
    """A list as it was read.

    Attributes:
        list: the list.
        texts: what a filter looks through, of each pair.
        captions: of each picture.
        figures: what a project has kept of pairs, by their places; ``extent``: of its list, when it was read.
        first: the place of the pair to show; None: what is on screen stays.

    """

    list: PairList
    texts: tuple[str, ...] = ()
    captions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    figures: dict[int, PairFigures] = field(default_factory=dict)
    extent: tuple[int, int, str] = (0, 0, "")
    first: int | None = None


UNKNOWN: Final = PairFigures()
NONE: Final = ListRead(PairList(Path(), Path(), ()))


def read_list(source: Path, cancel: CancelToken) -> ListRead:
    """Read a list's file or folder."""
    return replace(_looked_up(read_pairs(source, cancel=cancel)), first=0)


def read_into(project: Path, source: Path, cancel: CancelToken) -> ListRead:
    """Read a list and add it to a project; return all its pairs, of which the first one that is new is to be shown."""
    listed = read_pairs(source, cancel=cancel)
    with open_project(project) as opened:
        before = count_pairs(opened, PairQuery())
        added = add_pairs(opened, listed)
    found = read_project(project)
    return replace(found, list=replace(found.list, notes=listed.notes), first=before if added else 0)


def move_into(project: Path, listed: PairList, known: Mapping[int, PairFigures]) -> ListRead:
    """Add an open list to a project that has no pairs, with what is known of its pairs; return it as the project's."""
    measured = {listed.pairs[place].id: measured_of(found) for place, found in known.items()}
    with open_project(project) as opened:
        add_pairs(opened, listed)
        save_measurements(opened, [(key, found) for key, found in measured.items() if found is not None])
    return read_project(project)


def measured_of(found: PairFigures | None) -> Measurement | None:
    """Return what a project keeps of a pair's figures; None before it was explained."""
    if found is None or found.score is None:
        return None
    return Measurement(found.score, found.residual, found.share, found.by)


def read_project(path: Path) -> ListRead:
    """Read the pairs of a project with what is known of them. It is opened anew: this is another thread."""
    with open_project(path) as project:
        reach = load_extent(project)
        found = load_pairs(project, PairQuery(), 0, -1)
        listed = PairList(project.path, project.folder, tuple(one.pair for one in found))
    known = {place: (one.measured, one.rating) for place, one in enumerate(found) if one.measured or one.rating}
    figures = {place: _figures_of(*told) for place, told in known.items()}
    return replace(_looked_up(listed), figures=figures, extent=reach)


def read_again(path: Path, before: ListRead) -> ListRead:
    """Read a project's pairs anew where the list is another, else only what is known of them."""
    with open_project(path) as project:
        if load_extent(project) != before.extent:
            return read_project(path)
        known = load_known(project)
    figures = {place: _figures_of(*known[pair.id]) for place, pair in enumerate(before.list.pairs) if pair.id in known}
    return replace(before, figures=figures)


def _looked_up(listed: PairList) -> ListRead:
    return ListRead(listed, make_search_texts(listed.pairs), _captions_of(listed.pairs))


def _captions_of(listed: tuple[ListedPair, ...]) -> dict[str, tuple[str, ...]]:
    """Return the captions of each picture."""
    found: dict[str, dict[str, None]] = {}
    for pair in listed:
        if pair.caption:
            found.setdefault(pair.picture, {})[pair.caption] = None
    return {picture: tuple(captions) for picture, captions in found.items()}


def _figures_of(known: Measurement | None, rating: str) -> PairFigures:
    if known is None:
        return PairFigures(rating=rating)
    return PairFigures(known.score, known.residual, known.box_share, rating=rating, by=known.by)


class Figures:
    """Figures of pairs, by their places in the list; those of other settings than the last ones are forgotten.

    Attributes:
        known: all of them.

    """

    def __init__(self, known: Mapping[int, PairFigures] | None = None) -> None:
        """Begin with those that a project has kept, by whichever settings."""
        self.known: dict[int, PairFigures] = dict(known or {})
        self._by = ""  # what the last ones were found by; all that were found by anything else are forgotten already

    def get(self, place: int) -> PairFigures | None:
        """Return what is known of a pair."""
        return self.known.get(place)

    def keep(self, place: int, found: PairFigures) -> bool:
        """Take in what was found of a pair; return whether that made those of others forgotten."""
        changed = found.by not in ("", self._by) and self._forget_others(found.by)
        before = self.known.get(place, found)
        self.known[place] = replace(found, rating=found.rating or before.rating)
        return changed

    def take(self, told: Mapping[int, PairFigures]) -> bool:
        """Take in all that a project has kept: ratings, and what was found by the same settings.

        Returns whether anything was not known so.
        """
        unrated = {place: UNKNOWN for place, known in self.known.items() if known.rating and place not in told}
        new = {place: kept for place, kept in told.items() if self.known.get(place) != kept} | unrated
        before = {place: self.known.get(place, UNKNOWN) for place in new}
        for place, kept in new.items():
            same = kept.score is not None and self._by in ("", kept.by)
            self.known[place] = replace(kept if same else before[place], rating=kept.rating)
        return any(self.known[place] != known for place, known in before.items())

    def move(self, places: Mapping[int, int]) -> None:
        """Let each pair have another place; those that have none any more are forgotten."""
        self.known = {places[place]: known for place, known in self.known.items() if place in places}

    def rate(self, place: int, rating: str) -> None:
        """Take in what a person calls a pair."""
        self.known[place] = replace(self.known.get(place, UNKNOWN), rating=rating)

    def _forget_others(self, by: str) -> bool:
        self._by = by
        others = [place for place, known in self.known.items() if known.by not in ("", by)]
        for place in others:
            self.known[place] = self.known[place].rated_only
        return bool(others)
