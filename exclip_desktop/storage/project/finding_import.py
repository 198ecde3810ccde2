"""Findings of a file that another project, or another person, has exported."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from exclip_desktop.core.paths import expand_home, rebase_path
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.storage.exports.finding_tables import read_findings
from exclip_desktop.storage.project.finding_rows import add_findings, load_creation_times, load_finding
from exclip_desktop.storage.project.project import Project


def import_findings(project: Project, path: str | Path) -> tuple[tuple[Finding, ...], int]:
    """Add the findings of a CSV or JSONL file that are not in the project; return those, and how many there were.

    All of them are added, or none; nothing is overwritten. A finding is there already where one was noted at the same
    time that shows the same view, whatever is said of it. Ids are kept where they are free.

    Raises:
        ListError: the file cannot be read, or something in it is no finding; it names which.
        ProjectError: the project cannot be written.

    """
    file = expand_home(path).absolute()
    found = read_findings(file)
    new = tuple(_numbered(project, list(_new(project, found, file.parent))))
    if new:
        add_findings(project, new)
    return new, len(found)


def _new(project: Project, found: list[Finding], folder: Path) -> Iterator[Finding]:
    """Return findings that are not there yet, as the project writes them; ``folder`` is where their paths start."""
    ids: dict[str, list[int]] = {}  # of those there, by creation time
    for key, created in load_creation_times(project).items():
        ids.setdefault(created, []).append(key)
    pairs = {key: (picture, caption) for key, picture, caption in project.rows("SELECT id, picture, caption FROM pair")}
    given: dict[str, list[Finding]] = {}
    for one in found:
        same_time = given.setdefault(one.created, [])
        if one in same_time or _is_there(project, placed := _placed(project, one, folder, pairs), ids):
            continue
        same_time.append(one)
        yield placed


def _placed(project: Project, one: Finding, folder: Path, pairs: Mapping[str, tuple[str, str]]) -> Finding:
    """Return a finding as the project writes it; of a pair only if that is the same one here."""
    picture = rebase_path(project.folder, folder, one.view.picture)
    known = pairs.get(one.view.pair)
    pair = one.view.pair if known in (None, (picture, one.view.caption)) else ""
    return replace(one, view=replace(one.view, picture=picture, pair=pair))


def _is_there(project: Project, one: Finding, ids: Mapping[str, list[int]]) -> bool:
    others = (load_finding(project, key) for key in ids.get(one.created, ()))
    return any(other is not None and _is_same(one, other) for other in others)


def _is_same(one: Finding, other: Finding) -> bool:
    """Whether two findings of one time show one view; which pair of its list it was does not count."""
    return replace(one.view, pair="") == replace(other.view, pair="")


def _numbered(project: Project, found: list[Finding]) -> Iterator[Finding]:
    """Give each finding an id that is free: its own if it is."""
    taken = set(load_creation_times(project))
    ((last,),) = project.rows("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'finding'")
    last = max(last, *(one.id for one in found)) if found else last
    for one in found:
        if one.id in taken or not one.id:
            last += 1
            one = replace(one, id=last)
        taken.add(one.id)
        yield one
