"""The pairs of a project file; labels drawn by hand replace those of the imported list."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader
from exclip_desktop.storage.project.pair_rows import load_all_boxes, load_pair_list
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import ENDING, open_project


def read_project(path: Path, pictures: Path | None = None) -> PairReader:
    """Read a project's pairs.

    Raises:
        ProjectError: the project does not exist or cannot be opened.

    """
    with open_project(path) as project:
        return PairReader(pictures or project.folder, iter(list(_entries(project))))


def _entries(project: Project) -> Iterator[Entry]:
    yield from (ListNote(project.path.name, note) for note in project.notes)
    drawn = load_all_boxes(project)
    for pair in load_pair_list(project).pairs:
        yield replace(pair, regions=drawn.get(pair.picture, pair.regions))


FORMAT: Final = ListFormat(name="project", read=read_project, endings=(ENDING,))
