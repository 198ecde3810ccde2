"""The findings of a project."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

import numpy as np

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.values.finding import Finding, NotedWord, Numbers, Rating, View, as_rows
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.storage.project.project import CONTAINS, Project, contained
from exclip_desktop.storage.regions import region_as_plain, region_of

Sorting = Literal[
    "id", "score", "block", "share", "residual", "rating", "picture", "caption", "method", "model", "changed"
]

_PLAIN: Final = (
    *("pair", "picture", "picture_sha256", "caption", "method", "model", "weights_sha256"),
    *("score", "block", "share", "residual", "rating", "note", "created", "changed"),
)
_VIEW: Final = ("rows", "regions", "settings", "versions", "ledger", "words", "geometry", "heat")
_SELECT: Final = (
    f"SELECT f.id, {', '.join(f'f.{name}' for name in _PLAIN)}, {', '.join(f'v.{name}' for name in _VIEW)}, "
    "(SELECT json_group_array(tag) FROM (SELECT tag FROM finding_tag WHERE finding = f.id ORDER BY place)) "
    "FROM finding f LEFT JOIN finding_view v ON v.finding = f.id"
)


@dataclass(frozen=True, slots=True)
class FindingQuery:
    """Which findings, and in which order.

    Attributes:
        text: is part of caption, note, picture or a tag; the case of a to z does not count.
        rating, tag, pair, picture, method, model: exactly this; None: any.
        sort: what decides the order; ``id`` is the order of creation. Those without a value come last.
        descending: whether the largest, or newest, comes first.

    """

    text: str = ""
    rating: Rating | None = None
    tag: str | None = None
    pair: str | None = None
    picture: str | None = None
    method: str | None = None
    model: str | None = None
    sort: Sorting = "id"
    descending: bool = False


def add_finding(project: Project, finding: Finding) -> int:
    """Keep a finding; return its id. It is on disk when this returns."""
    return add_findings(project, (finding,))[0]


def add_findings(project: Project, found: Iterable[Finding]) -> list[int]:
    """Keep findings, all of them or none; return their ids.

    One that has an id, as a removed one that comes back has, keeps it; one that has no time gets the present one.
    """
    with project.change() as connection:
        return [_add(connection, one) for one in found]


def change_finding(
    project: Project,
    key: int,
    *,
    rating: Rating | None = None,
    tags: Sequence[str] | None = None,
    note: str | None = None,
) -> None:
    """Change what a person says of a finding; None leaves it. Raises ``ProjectError`` where there is none."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with project.change() as connection:
        found = connection.execute("SELECT pair FROM finding WHERE id = ?", (key,)).fetchone()
        if found is None:
            raise ProjectError(f"Finding {key} is no longer there.", "It may have been removed in another window.")
        connection.execute(
            "UPDATE finding SET rating = coalesce(?, rating), note = coalesce(?, note), changed = ? WHERE id = ?",
            (rating, note, now, key),
        )
        if tags is not None:
            connection.execute("DELETE FROM finding_tag WHERE finding = ?", (key,))
            _put_tags(connection, key, tags)
        _rate_pair(connection, found[0])


def remove_findings(project: Project, keys: Iterable[int]) -> None:
    """Remove findings, all of them or none; ``add_findings`` brings them back, with their ids."""
    with project.change() as connection:
        for key in keys:
            found = connection.execute("SELECT pair FROM finding WHERE id = ?", (key,)).fetchone()
            connection.execute("DELETE FROM finding WHERE id = ?", (key,))
            if found is not None:
                _rate_pair(connection, found[0])


def rating_of(project: Project, pair: str, picture: str) -> Rating:
    """Return the rating of the newest finding of a pair, by its id and its picture as the project writes it."""
    newest = "SELECT rating FROM finding WHERE pair = ? AND picture = ? ORDER BY id DESC LIMIT 1"
    found = project.rows(newest, (pair, picture))
    rating: Rating = found[0][0] if found else ""
    return rating


def ids_of(project: Project) -> dict[int, str]:
    """Return the ids of all findings, with when they were noted."""
    return dict(project.rows("SELECT id, created FROM finding"))


def finding_of(project: Project, key: int) -> Finding | None:
    """Return the finding of an id."""
    found = project.rows(f"{_SELECT} WHERE f.id = ?", (key,))
    return _finding(found[0]) if found else None


def findings(project: Project, query: FindingQuery = FindingQuery(), offset: int = 0, count: int = -1) -> list[Finding]:
    """Return ``count`` findings (−1: all) from the ``offset``-th on, in the query's order."""
    where, values = _where(query)
    chosen = f"SELECT f.id FROM finding f {where} ORDER BY {_order(query)} LIMIT ? OFFSET ?"
    told = f"{_SELECT} WHERE f.id IN ({chosen}) ORDER BY {_order(query)}"
    return [_finding(row) for row in project.rows(told, (*values, count, offset))]


def count_findings(project: Project, query: FindingQuery = FindingQuery()) -> int:
    """Return how many findings a query has."""
    where, values = _where(query)
    return int(project.rows(f"SELECT count(*) FROM finding f {where}", values)[0][0])


def tags_of(project: Project) -> dict[str, int]:
    """Return every tag, with how many findings have it."""
    return dict(project.rows("SELECT tag, count(*) FROM finding_tag GROUP BY tag ORDER BY tag"))


def _where(query: FindingQuery) -> tuple[str, list[Any]]:
    exact = {name: getattr(query, name) for name in ("rating", "pair", "picture", "method", "model")}
    terms = [f"f.{name} = ?" for name, value in exact.items() if value is not None]
    values: list[Any] = [value for value in exact.values() if value is not None]
    tagged = "f.id IN (SELECT finding FROM finding_tag WHERE {})"
    if query.tag is not None:
        terms.append(tagged.format("tag = ?"))
        values.append(query.tag)
    if query.text:
        columns = [f"f.{name} {CONTAINS}" for name in ("caption", "note", "picture")]
        terms.append(f"({' OR '.join(columns)} OR {tagged.format(f'tag {CONTAINS}')})")
        values += [contained(query.text)] * 4
    return f"WHERE {' AND '.join(terms)}" if terms else "", values


def _order(query: FindingQuery) -> str:
    direction = "DESC" if query.descending else "ASC"
    first = "" if query.sort == "id" else f"f.{query.sort} {direction} NULLS LAST, "
    return f"{first}f.id {direction}"


def _add(connection: sqlite3.Connection, finding: Finding) -> int:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    created = finding.created or now
    kept = replace(finding, created=created, changed=finding.changed or created)
    names, values = ", ".join(("id", *_PLAIN)), (kept.id or None, *_plain_values(kept))
    marks = ", ".join("?" * len(values))
    key = connection.execute(f"INSERT INTO finding ({names}) VALUES ({marks})", values).lastrowid
    assert key is not None
    view = _view_values(kept)
    marks = ", ".join("?" * (1 + len(view)))
    connection.execute(f"INSERT INTO finding_view (finding, {', '.join(_VIEW)}) VALUES ({marks})", (key, *view))
    _put_tags(connection, key, kept.tags)
    _rate_pair(connection, kept.view.pair)
    return key


def _put_tags(connection: sqlite3.Connection, key: int, tags: Sequence[str]) -> None:
    rows = [(key, place, tag) for place, tag in enumerate(dict.fromkeys(tags))]
    connection.executemany("INSERT INTO finding_tag (finding, place, tag) VALUES (?, ?, ?)", rows)


def _rate_pair(connection: sqlite3.Connection, pair: str) -> None:
    """Let a pair have the rating of its newest finding."""
    newest = "SELECT rating FROM finding WHERE pair = ? ORDER BY id DESC LIMIT 1"
    connection.execute(f"UPDATE pair SET rating = coalesce(({newest}), '') WHERE id = ?", (pair, pair))


def _plain_values(finding: Finding) -> tuple[Any, ...]:
    view, numbers = finding.view, finding.numbers
    return (
        *(view.pair, view.picture, view.picture_sha256, view.caption, view.method, view.model, view.weights_sha256),
        *(numbers.score, numbers.block, numbers.share, numbers.residual),
        *(finding.rating, finding.note, finding.created, finding.changed),
    )


def _view_values(finding: Finding) -> tuple[Any, ...]:
    view, numbers = finding.view, finding.numbers
    geometry = numbers.geometry
    plain = (
        view.selection.rows,
        [region_as_plain(region) for region in view.selection.regions],
        dict(view.settings),
        dict(view.versions),
        dict(numbers.ledger),
        [astuple(word) for word in numbers.words],
        None if geometry is None else [geometry.source_size, geometry.seen, geometry.grid],
    )
    told = (json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in plain)
    return (*told, np.asarray(numbers.heat, dtype="<f4").tobytes())


def _finding(row: tuple[Any, ...]) -> Finding:
    """Return a row's finding; where its view is missing or damaged, without what only the view tells."""
    key, *rest = row
    told = dict(zip((*_PLAIN, *_VIEW, "tags"), rest, strict=True))
    try:
        return _whole(key, told)
    except (ValueError, TypeError, KeyError):
        return _whole(key, {**told, **dict.fromkeys(_VIEW)})


def _whole(key: int, told: Mapping[str, Any]) -> Finding:
    plain = {name: json.loads(told[name] or "null") for name in (*_VIEW[:-1], "tags")}
    view = View(
        **{name: told[name] for name in ("picture", "picture_sha256", "caption", "method", "pair")},
        selection=Selection(tuple(plain["rows"] or ()), tuple(map(region_of, plain["regions"] or ()))),
        settings=plain["settings"] or {"model": told["model"], "weights_sha256": told["weights_sha256"]},
        versions=plain["versions"] or {},
    )
    return Finding(
        view=view,
        numbers=_numbers(told, plain),
        tags=tuple(plain["tags"]),
        id=key,
        **{name: told[name] for name in ("rating", "note", "created", "changed")},
    )


def _numbers(told: Mapping[str, Any], plain: Mapping[str, Any]) -> Numbers:
    geometry = None if plain["geometry"] is None else Geometry(*map(tuple, plain["geometry"]))
    heat = np.frombuffer(told["heat"] or b"", dtype="<f4")
    return Numbers(
        **{name: told[name] for name in ("score", "block", "share", "residual")},
        ledger=plain["ledger"] or {},
        words=tuple(NotedWord(*word) for word in plain["words"] or ()),
        heat=as_rows(heat.reshape(geometry.grid)) if geometry is not None and heat.size else (),
        geometry=geometry,
    )
