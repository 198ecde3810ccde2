"""Imports findings that were exported from another project."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from exclip_desktop.core.paths import expand_home, rebase_path
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.storage.exports.finding_tables import read_findings
from exclip_desktop.storage.project.finding_rows import ViewKey, add_findings, load_finding, load_ids_by_view
from exclip_desktop.storage.project.pair_rows import IMPORT_WAIT_MS, load_pictures_and_captions
from exclip_desktop.storage.project.project import Project

MOST_KEPT_ID: Final = 1_000_000_000
"""The largest id that an imported finding keeps: later ones get the ids after it."""


def import_findings(project: Project, path: str | Path) -> tuple[tuple[Finding, ...], int]:
    """Add the findings of a CSV or JSONL file that are not in the project; return those, and the number in the file.

    All of them are added, or none; nothing is overwritten. A finding is in the project already where one of the same
    time has the same view, even with another rating, tags or note. Ids stay the same where they are free.

    Raises:
        ListError: the file cannot be read, or an entry is not a finding; the message names the entry.
        ProjectError: the project cannot be written.

    """
    file = expand_home(path).absolute()
    findings = read_findings(file)
    with project.transaction(IMPORT_WAIT_MS):  # what another import adds meanwhile is waited for, and known
        new = tuple(_assign_ids(project, list(_select_new(project, findings, file.parent))))
        add_findings(project, new)
    return new, len(findings)


def _select_new(project: Project, findings: list[Finding], folder: Path) -> Iterator[Finding]:
    """Yield the findings that the project lacks, with its paths; relative paths of the file start at ``folder``."""
    ids, pairs = load_ids_by_view(project), load_pictures_and_captions(project)
    alike: dict[ViewKey, list[Finding]] = {}
    for one in findings:
        placed = _relocate(project, one, folder, pairs)
        key = placed.created, placed.view.picture, placed.view.caption, placed.view.method
        before = alike.setdefault(key, [])
        if one in before or _exists(project, placed, ids.get(key, ())):
            continue
        before.append(one)
        yield placed


def _relocate(project: Project, one: Finding, folder: Path, pairs: Mapping[str, tuple[str, str]]) -> Finding:
    """Return a finding with the project's path of its picture, and with its pair if that is the same one here."""
    picture = rebase_path(project.folder, folder, one.view.picture)
    known = pairs.get(one.view.pair)
    pair = one.view.pair if known in (None, (picture, one.view.caption)) else ""
    second = one.view.second
    if second is not None:
        second = replace(second, picture=rebase_path(project.folder, folder, second.picture))
    return replace(one, view=replace(one.view, picture=picture, pair=pair, second=second))


def _exists(project: Project, one: Finding, ids: Iterable[int]) -> bool:
    others = (load_finding(project, key) for key in ids)
    return any(other is not None and _is_same(one, other) for other in others)


def _is_same(one: Finding, other: Finding) -> bool:
    """Return whether two findings of the same time have the same view; the pair's id does not matter."""
    return replace(one.view, pair="") == replace(other.view, pair="")


def _assign_ids(project: Project, findings: list[Finding]) -> Iterator[Finding]:
    """Yield the findings with free ids: their own where possible."""
    taken = {key for (key,) in project.rows("SELECT id FROM finding")}
    ((last,),) = project.rows("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'finding'")
    last = max((last, *(one.id for one in findings if one.id <= MOST_KEPT_ID)))
    for one in findings:
        if one.id in taken or not 0 < one.id <= MOST_KEPT_ID:
            last += 1
            one = replace(one, id=last)
        taken.add(one.id)
        yield one
