"""The pairs of a project with their measurements, and the labelled boxes of its pictures."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from exclip_desktop.core.inputs.json_documents import Finite, decode_json
from exclip_desktop.core.values.finding import Rating
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.finding_columns import Text
from exclip_desktop.storage.project.project import CONTAINS, Project, like_pattern
from exclip_desktop.storage.project.records import RowId, check_lengths
from exclip_desktop.storage.regions import region_from_value, region_to_value

Sorting = Literal["number", "score", "residual", "box_share", "rating", "picture"]
MEASURED: Final = "score, residual, box_share, measured_by"
NEWEST: Final = (
    "SELECT rating FROM finding WHERE finding.pair = pair.id AND finding.picture = pair.picture "
    "AND finding.rating != '' ORDER BY finding.id DESC LIMIT 1"
)
COLUMNS: Final = f"number, id, picture, caption, label, regions, mask, {MEASURED}, rating"
_Number = Finite | None
_KNOWN: Final[Any] = tuple[RowId, Text, _Number, _Number, _Number, Text, Rating]
_ROW: Final[Any] = tuple[RowId, Text, Text, Text, Text, Any, Text, _Number, _Number, _Number, Text, Rating]

IMPORT_WAIT_MS: Final = 60_000
"""Time that an import waits for another one, whose transaction may take long."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The numbers of an explained pair: ``box_share`` is the heat's share in the pair's regions, None without regions.

    ``by`` tells model and settings, as the caller does, so that old numbers are known as such.
    """

    score: float
    residual: float | None = None
    box_share: float | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class ProjectPair:
    """A pair of a project: its number in the list from 1, its measurement (None: not explained), its newest rating."""

    number: int
    pair: ListedPair
    measured: Measurement | None
    rating: Rating


@dataclass(frozen=True, slots=True)
class PairQuery:
    """Which pairs, and in which order.

    Attributes:
        text: is part of caption, label, id or picture; the case of a to z does not count.
        rating: the newest rating; None: any.
        measured: whether it was explained; None: either.
        picture: of this picture only.
        sort: what decides the order; pairs without a value come last.
        descending: whether the largest comes first.

    """

    text: str = ""
    rating: Rating | None = None
    measured: bool | None = None
    picture: str | None = None
    sort: Sorting = "number"
    descending: bool = False


def add_pairs(project: Project, listed: PairList) -> int:
    """Append a list to the project's pairs; return the number of new ones.

    A pair that is there already, id and all, is not added again; another of the same id is numbered. One that the
    project has rated findings of has the rating of the newest.
    """
    rows, written = [], _writer(project, listed)
    with project.transaction(IMPORT_WAIT_MS) as connection:
        known = load_pictures_and_captions(project)
        for pair in listed.pairs:
            picture, mask = written(pair.picture), written(pair.mask)
            key = _free_id(known, pair.id, (picture, pair.caption))
            if key is not None:
                check_lengths(f"The pair {key:.60}", (key, picture, pair.caption, pair.label, mask))
                known[key] = (picture, pair.caption)
                rows.append((key, picture, pair.caption, pair.label, _dumped(pair.regions), mask))
        connection.executemany(
            "INSERT INTO pair (id, picture, caption, label, regions, mask) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
        connection.execute(f"UPDATE pair SET rating = coalesce(({NEWEST}), '') WHERE id IN (SELECT pair FROM finding)")
    return len(rows)


def remove_pairs(project: Project, ids: Iterable[str]) -> None:
    """Remove pairs from the list; their findings stay. ``restore_pairs`` undoes it."""
    with project.transaction() as connection:
        connection.executemany("DELETE FROM pair WHERE id = ?", [(key,) for key in ids])


def restore_pairs(project: Project, removed: Iterable[ProjectPair]) -> None:
    """Restore removed pairs at their places, with their measurements; one whose id is in use again is left out."""
    names = f"({COLUMNS}) VALUES (?{', ?' * COLUMNS.count(',')})"
    with project.transaction() as connection:
        for one in removed:
            taken = connection.execute("SELECT 1 FROM pair WHERE number = ?", (one.number,)).fetchone()
            row = (None if taken else one.number, *_row(one))
            connection.execute(f"INSERT INTO pair {names} ON CONFLICT (id) DO NOTHING", row)


def save_measurements(project: Project, measurements: Iterable[tuple[str, Measurement]]) -> None:
    """Save the measurements of pairs, by the pairs' ids, in one transaction."""
    values = [(one.score, one.residual, one.box_share, one.by, key) for key, one in measurements]
    with project.transaction() as connection:
        connection.executemany(
            "UPDATE pair SET score = ?, residual = ?, box_share = ?, measured_by = ? WHERE id = ?", values
        )


def load_pictures_and_captions(project: Project) -> dict[str, tuple[str, str]]:
    """Return the project's path of the picture, and the caption, of all pairs by their ids."""
    query = "SELECT number, id, picture, caption FROM pair"
    rows = project.records("pair", tuple[RowId, Text, Text, Text], query)
    return {key: (picture, caption) for _, key, picture, caption in rows}


def load_pairs(project: Project, query: PairQuery, offset: int, count: int) -> list[ProjectPair]:
    """Return ``count`` pairs from the ``offset``-th on, in the query's order."""
    where, values = _where(query)
    # The inner query walks an index and reads no rows, so that pages far down are as fast.
    chosen = f"SELECT number FROM pair {where} ORDER BY {_order(query)} LIMIT ? OFFSET ?"
    statement = f"SELECT {COLUMNS} FROM pair WHERE number IN ({chosen}) ORDER BY {_order(query)}"
    return [_pair(project, row) for row in project.records("pair", _ROW, statement, (*values, count, offset))]


def load_known(project: Project) -> dict[str, tuple[Measurement | None, Rating]]:
    """Return measurement and rating of pairs, by id; pairs that have neither are left out."""
    query = f"SELECT number, id, {MEASURED}, rating FROM pair WHERE score IS NOT NULL OR rating != ''"
    rows = project.records("pair", _KNOWN, query)
    return {key: (_measured(*measured), rating) for _, key, *measured, rating in rows}


def load_extent(project: Project) -> tuple[int, int, str]:
    """Return the number of pairs, and number and id of the last one: they differ where the list has changed."""
    count, last, key = project.rows("SELECT count(*), max(number), CAST(id AS BLOB) FROM pair")[0]
    return count, last or 0, (key or b"").decode("utf-8", "replace")


def count_pairs(project: Project, query: PairQuery) -> int:
    """Return the number of pairs of a query."""
    where, values = _where(query)
    return int(project.rows(f"SELECT count(*) FROM pair {where}", values)[0][0])


def load_pair(project: Project, key: str) -> ProjectPair | None:
    """Return the pair of an id, or None."""
    rows = project.records("pair", _ROW, f"SELECT {COLUMNS} FROM pair WHERE id = ?", (key,))
    return _pair(project, rows[0]) if rows else None


def load_pair_list(project: Project) -> PairList:
    """Return all pairs as a list."""
    rows = project.records("pair", _ROW, f"SELECT {COLUMNS} FROM pair ORDER BY number")
    return PairList(project.path, project.folder, tuple(_pair(project, row).pair for row in rows))


def save_boxes(project: Project, picture: str, regions: Sequence[Region]) -> None:
    """Replace the labelled regions of a picture, by the project's path of it; their names are the labels."""
    rows = [(picture, json.dumps(region_to_value(region), ensure_ascii=False)) for region in regions]
    with project.transaction() as connection:
        connection.execute("DELETE FROM box WHERE picture = ?", (picture,))
        connection.executemany("INSERT INTO box (picture, region) VALUES (?, ?)", rows)


def load_boxes(project: Project, picture: str) -> tuple[Region, ...]:
    """Return a picture's labelled regions, in the order they were drawn."""
    return tuple(region for _, region in _regions(project, "WHERE picture = ? ORDER BY id", (picture,)))


def load_box_names(project: Project) -> tuple[str, ...]:
    """Return the names of the labelled regions of all pictures, the one saved last first."""
    text = "CAST(region AS TEXT)"
    name = f"CASE WHEN json_valid({text}) THEN CAST(json_extract({text}, '$.name') AS TEXT) END"
    query = f"SELECT {name} AS name FROM box WHERE name != '' GROUP BY name ORDER BY MAX(id) DESC"
    return tuple(name for (name,) in project.records("box", tuple[Text], query))


def load_all_boxes(project: Project) -> dict[str, tuple[Region, ...]]:
    """Return the labelled regions of all pictures, by path."""
    regions: dict[str, tuple[Region, ...]] = {}
    for picture, region in _regions(project, "ORDER BY picture, id"):
        regions[picture] = (*regions.get(picture, ()), region)
    return regions


def _regions(project: Project, where: str, values: Sequence[str] = ()) -> Iterator[tuple[str, Region]]:
    """Yield the labelled regions with the paths of their pictures; damaged ones are left out, and noted."""
    query = f"SELECT id, picture, region FROM box {where}"
    for key, picture, text in project.records("box", tuple[RowId, Text, str], query, values):
        try:
            yield picture, region_from_value(decode_json(text))
        except (ValueError, TypeError, OverflowError):
            project.left_out.add_row("box", key, "its region cannot be read")


def _where(query: PairQuery) -> tuple[str, list[Any]]:
    terms: list[tuple[str, list[Any]]] = []
    if query.text:
        columns = [f"{name} {CONTAINS}" for name in ("caption", "label", "id", "picture")]
        terms.append((" OR ".join(columns), [like_pattern(query.text)] * len(columns)))
    if query.rating is not None:
        terms.append(("rating = ?", [query.rating]))
    if query.measured is not None:
        terms.append((f"score IS {'NOT ' if query.measured else ''}NULL", []))
    if query.picture is not None:
        terms.append(("picture = ?", [query.picture]))
    clause = " AND ".join(f"({term})" for term, _ in terms)
    return f"WHERE {clause}" if clause else "", [value for _, values in terms for value in values]


def _order(query: PairQuery) -> str:
    direction = "DESC" if query.descending else "ASC"
    if query.sort == "number":
        return f"number {direction}"
    return f"{query.sort} {direction} NULLS LAST, number {direction}"


def _writer(project: Project, listed: PairList) -> Callable[[str], str]:
    """Return a function from a list's paths to the project's; each folder is resolved once."""

    @cache
    def folder(written: str) -> str:
        return project.relative_path(listed.path_of(written))

    def path(written: str) -> str:
        head, name = os.path.split(written)
        place = folder(head)
        return name if place == "." or not name else f"{place.rstrip('/')}/{name}"

    return path


def _free_id(known: dict[str, tuple[str, str]], key: str, what: tuple[str, str]) -> str | None:
    """Return a free id, or None where the project has this pair already."""
    free, number = key, 1
    while free in known:
        if known[free] == what:
            return None
        number += 1
        free = f"{key}-{number}"
    return free


def _dumped(regions: Sequence[Region]) -> str:
    if not regions:
        return "[]"
    return json.dumps([region_to_value(region) for region in regions], ensure_ascii=False, separators=(",", ":"))


def _row(one: ProjectPair) -> tuple[Any, ...]:
    """Return the columns of a pair, without its number."""
    pair, known = one.pair, one.measured
    measured = (None, None, None, "") if known is None else (known.score, known.residual, known.box_share, known.by)
    return (pair.id, pair.picture, pair.caption, pair.label, _dumped(pair.regions), pair.mask, *measured, one.rating)


def _measured(score: float | None, residual: float | None, box_share: float | None, by: str) -> Measurement | None:
    return None if score is None else Measurement(score, residual, box_share, by)


def _pair(project: Project, row: tuple[Any, ...]) -> ProjectPair:
    number, key, picture, caption, label, regions, mask, *measured, rating = row
    try:
        known = tuple(map(region_from_value, decode_json(regions))) if regions != "[]" else ()
    except (ValueError, TypeError, OverflowError):
        known = ()
        project.left_out.add("pair", number, "its regions cannot be read; it is shown without them.", "regions")
    listed = ListedPair(key, picture, caption, label, known, mask)
    return ProjectPair(number, listed, _measured(*measured), rating)
