"""The pairs of a project file; labels drawn by hand replace those of the imported list."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.project.pair_rows import load_all_boxes, load_pair_list
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import ENDING, open_project
from exclip_desktop.storage.project.typed_captions import load_typed_captions, put_typed_captions


def read_project(source: ListSource) -> PairReader:
    """Read a project's pairs.

    Raises:
        ProjectError: the project does not exist or cannot be opened.

    """
    with open_project(source.path) as project:
        return PairReader(source.pictures or project.folder, iter(list(_entries(project))), places=None)


def _entries(project: Project) -> Iterator[Entry]:
    drawn = load_all_boxes(project)
    pairs = put_typed_captions(load_pair_list(project).pairs, load_typed_captions(project))
    yield from project.list_notes
    for pair in pairs:
        yield replace(pair, regions=drawn.get(pair.picture, pair.regions))


FORMAT: Final = ListFormat(
    name="project", recognises=lambda source: source.content == "project", read=read_project, endings=(ENDING,)
)
