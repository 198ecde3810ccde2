"""Reads lists of pairs for the window, of files and of projects, with what it looks up in them often."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.pair_figures import PairFigures, searched
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.project.pair_rows import (
    Measured,
    PairQuery,
    add_pairs,
    count_pairs,
    extent,
    known_of,
    pairs,
    set_measured,
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
        set_measured(opened, [(key, found) for key, found in measured.items() if found is not None])
    return read_project(project)


def measured_of(found: PairFigures | None) -> Measured | None:
    """Return what a project keeps of a pair's figures; None before it was explained."""
    if found is None or found.score is None:
        return None
    return Measured(found.score, found.residual, found.share, found.by)


def read_project(path: Path) -> ListRead:
    """Read the pairs of a project with what is known of them. It is opened anew: this is another thread."""
    with open_project(path) as project:
        reach = extent(project)
        found = pairs(project, PairQuery(), 0, -1)
        listed = PairList(project.path, project.folder, tuple(one.pair for one in found))
    known = {place: (one.measured, one.rating) for place, one in enumerate(found) if one.measured or one.rating}
    figures = {place: _figures_of(*told) for place, told in known.items()}
    return replace(_looked_up(listed), figures=figures, extent=reach)


def read_again(path: Path, before: ListRead) -> ListRead:
    """Read a project's pairs anew where the list is another, else only what is known of them."""
    with open_project(path) as project:
        if extent(project) != before.extent:
            return read_project(path)
        known = known_of(project)
    figures = {place: _figures_of(*known[pair.id]) for place, pair in enumerate(before.list.pairs) if pair.id in known}
    return replace(before, figures=figures)


def _looked_up(listed: PairList) -> ListRead:
    return ListRead(listed, searched(listed.pairs), _captions_of(listed.pairs))


def _captions_of(listed: tuple[ListedPair, ...]) -> dict[str, tuple[str, ...]]:
    """Return the captions of each picture."""
    found: dict[str, dict[str, None]] = {}
    for pair in listed:
        if pair.caption:
            found.setdefault(pair.picture, {})[pair.caption] = None
    return {picture: tuple(captions) for picture, captions in found.items()}


def _figures_of(known: Measured | None, rating: str) -> PairFigures:
    if known is None:
        return PairFigures(rating=rating)
    return PairFigures(known.score, known.residual, known.box_share, rating=rating, by=known.by)
