"""Labelled boxes of a project's pictures."""

import json
from collections.abc import Sequence

from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.regions import region_as_plain, region_of


def set_boxes(project: Project, picture: str, regions: Sequence[Region]) -> None:
    """Let a picture, by its path as the project writes it, have these labelled regions, their names the labels."""
    rows = [(picture, json.dumps(region_as_plain(region), ensure_ascii=False)) for region in regions]
    with project.change() as connection:
        connection.execute("DELETE FROM box WHERE picture = ?", (picture,))
        connection.executemany("INSERT INTO box (picture, region) VALUES (?, ?)", rows)


def boxes_of(project: Project, picture: str) -> tuple[Region, ...]:
    """Return a picture's labelled regions, in the order they were drawn."""
    found = project.rows("SELECT region FROM box WHERE picture = ? ORDER BY id", (picture,))
    return tuple(region_of(json.loads(told)) for (told,) in found)


def boxes(project: Project) -> dict[str, tuple[Region, ...]]:
    """Return the labelled regions of all pictures, by path."""
    found: dict[str, tuple[Region, ...]] = {}
    for picture, told in project.rows("SELECT picture, region FROM box ORDER BY picture, id"):
        found[picture] = (*found.get(picture, ()), region_of(json.loads(told)))
    return found
