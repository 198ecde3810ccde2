"""The findings of a project."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import msgspec
import numpy as np

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.inputs.json_documents import decode_json
from exclip_desktop.core.text.list_filter import ListFilter
from exclip_desktop.core.values.finding import Finding, FindingChange, Rating
from exclip_desktop.core.values.pair_remarks import NotedPair
from exclip_desktop.storage.finding_columns import (
    COLUMNS,
    WRITTEN,
    Text,
    check_second,
    from_values,
    list_keys,
    to_values,
)
from exclip_desktop.storage.project.finding_filter import select_ids, sort_ids
from exclip_desktop.storage.project.project import CONTAINS, Project, like_pattern
from exclip_desktop.storage.project.records import RowId, check_lengths

_STORED: Final = list_keys("text", "number")
_READ: Final = tuple(column.key for column in COLUMNS if column.sorts_when_read)
_VIEW: Final = tuple(key for key in list_keys("json") if key not in ("tags", "second"))  # of the table finding_view
_SECOND: Final = ("picture", "picture_sha256", "rest")  # of the table finding_second
_ViewRecord: Final = msgspec.defstruct(
    "_ViewRecord", [(column.key, column.type) for column in WRITTEN if column.key in _VIEW and column.key != "heat"]
)
_SELECT: Final = (
    f"SELECT f.id, {', '.join(f'f.{name}' for name in _STORED)}, {', '.join(f'v.{name}' for name in _VIEW)}, "
    "(SELECT json_group_array(CAST(tag AS TEXT)) FROM (SELECT tag FROM finding_tag WHERE finding = f.id "
    f"ORDER BY place)) AS tags, {', '.join(f's.{name}' for name in _SECOND)} FROM finding f "
    "LEFT JOIN finding_view v ON v.finding = f.id LEFT JOIN finding_second s ON s.finding = f.id"
)
_TYPES: Final = {column.key: column.type for column in WRITTEN}
_UNCHECKED: Final = [Any] * (len(_VIEW) + 1 + len(_SECOND))  # a finding is shown without damaged parts
_ROW: Final[Any] = tuple[(RowId, *map(_TYPES.__getitem__, _STORED), *_UNCHECKED)]  # type: ignore[misc]


ViewKey = tuple[str, str, str, str]
"""Creation time, picture, caption and method of a finding: few findings have the same."""

BLOCK: Final = 500
"""Number of findings read by one statement."""


@dataclass(frozen=True, slots=True)
class FindingQuery:
    """Which findings, and in which order.

    Attributes:
        text: is part of caption, note, picture or a tag; the case of a to z does not count.
        rating, tag, pair, picture, caption, method, model: exactly this; None: any.
        list_filter: what a person typed as a filter; see ``finding_filter``.
        sort: key of a sortable column; ``id`` is the order of creation. Findings without a value come last.
        descending: whether the largest, or newest, comes first.

    """

    text: str = ""
    rating: Rating | None = None
    tag: str | None = None
    pair: str | None = None
    picture: str | None = None
    caption: str | None = None
    method: str | None = None
    model: str | None = None
    list_filter: ListFilter = ListFilter()
    sort: str = "id"
    descending: bool = False


def add_finding(project: Project, finding: Finding) -> int:
    """Add a finding and return its id. It is on disk when this returns."""
    return add_findings(project, (finding,))[0]


def add_findings(project: Project, findings: Iterable[Finding]) -> list[int]:
    """Add findings, all of them or none; return their ids.

    A finding that has an id, as a restored one has, keeps it; one without a time gets the present one.
    """
    with project.transaction() as connection:
        return [_add(connection, finding) for finding in findings]


def change_findings(project: Project, changes: Iterable[FindingChange]) -> None:
    """Add, change and remove findings, all of them or none; of a finding that stays, rating, tags and note are changed.

    Findings that exist already, or are gone already, are left as they are.

    Raises:
        ProjectError: a finding that should be changed is gone.

    """
    with project.transaction() as connection:
        for before, after in ((one.before, one.after) for one in changes):
            finding = after or before
            assert finding is not None
            exists = connection.execute("SELECT 1 FROM finding WHERE id = ?", (finding.id,)).fetchone() is not None
            if after is None:
                connection.execute("DELETE FROM finding WHERE id = ?", (finding.id,))
                _rate_pair(connection, finding.view.pair)
            elif before is None and not exists:
                _add(connection, after)
            elif before is not None and exists:
                _change(connection, after)
            elif before is not None:
                what = f"Finding {finding.id} does not exist any more."
                raise ProjectError(what, "It may have been removed in another window.")


def load_newest_rating(project: Project, pair: str, picture: str) -> Rating:
    """Return the rating of a pair's newest rated finding, by the pair's id and the project's path of its picture."""
    newest = "SELECT id, rating FROM finding WHERE pair = ? AND picture = ? AND rating != '' ORDER BY id DESC LIMIT 1"
    rows = project.records("finding", tuple[RowId, Rating], newest, (pair, picture))
    return rows[0][1] if rows else ""


def load_noted_pairs(project: Project, picture: str | None = None) -> list[NotedPair]:
    """Return pair, rating, tags and note of each finding, in the order of creation; None: of any picture.

    ``picture`` is the project's path of a picture; the pairs returned have absolute ones.
    """
    where, values = ("", ()) if picture is None else ("WHERE f.picture = ?", (picture,))
    tags: dict[int, tuple[str, ...]] = {}
    tagged = f"SELECT f.id, t.tag FROM finding f JOIN finding_tag t ON t.finding = f.id {where} ORDER BY f.id, t.place"
    for key, tag in project.records("tag", tuple[RowId, Text], tagged, values):
        tags[key] = (*tags.get(key, ()), tag)
    path = cache(lambda written: str(project.path_of(written)))
    rows = project.records(
        "finding",
        tuple[RowId, Text, Text, Rating, Text],
        f"SELECT f.id, f.picture, f.caption, f.rating, f.note FROM finding f {where} ORDER BY f.id",
        values,
    )
    return [NotedPair((path(at), caption), rating, tags.get(key, ()), note) for key, at, caption, rating, note in rows]


def load_ids_by_view(project: Project) -> dict[ViewKey, list[int]]:
    """Return the ids of all findings by creation time, picture, caption and method."""
    query = "SELECT id, created, picture, caption, method FROM finding ORDER BY id"
    ids: dict[ViewKey, list[int]] = {}
    for key, *view in project.records("finding", tuple[RowId, Text, Text, Text, Text], query):
        ids.setdefault((view[0], view[1], view[2], view[3]), []).append(key)
    return ids


def load_finding(project: Project, key: int) -> Finding | None:
    """Return the finding of an id, or None."""
    rows = project.records("finding", _ROW, f"{_SELECT} WHERE f.id = ?", (key,))
    return _finding(project, rows[0]) if rows else None


def load_findings(project: Project, query: FindingQuery = FindingQuery()) -> list[Finding]:
    """Return all findings of a query, in its order."""
    return load_findings_by_id(project, load_finding_ids(project, query))


def load_finding_ids(project: Project, query: FindingQuery = FindingQuery()) -> list[int]:
    """Return the ids of a query's findings, in its order: what a table reads once, to page with the next function.

    Raises:
        ValueError: ``query.sort`` is no column that can be sorted by.

    """
    where, values = _where(query)
    rows = project.rows(f"SELECT f.id FROM finding f {where} ORDER BY {_order(query)}", values)
    ids = [key for (key,) in rows if not project.left_out.has("finding", key)]
    if query.list_filter.terms:
        ids = select_ids(project, query.list_filter, ids)
    return ids if query.sort not in _READ else sort_ids(project, ids, query.sort, descending=query.descending)


def load_findings_by_id(project: Project, ids: Sequence[int]) -> list[Finding]:
    """Return the findings of these ids, in their order; those that were removed are left out."""
    findings: dict[int, Finding] = {}
    for start in range(0, len(ids), BLOCK):
        block = ",".join(map(str, ids[start : start + BLOCK]))
        rows = project.records("finding", _ROW, f"{_SELECT} WHERE f.id IN ({block})")
        findings |= {row[0]: _finding(project, row) for row in rows}
    return [findings[key] for key in ids if key in findings]


def count_findings(project: Project) -> int:
    """Return the number of findings, without those that were left out when they were read before."""
    return int(project.rows("SELECT count(*) FROM finding")[0][0]) - project.left_out.count("finding")


def load_tag_counts(project: Project) -> dict[str, int]:
    """Return the number of findings of every tag."""
    counts = "SELECT tag, count(*) FROM finding_tag GROUP BY tag ORDER BY tag"
    return dict(project.records("tag", tuple[Text, int], counts))


def _where(query: FindingQuery) -> tuple[str, list[Any]]:
    exact = {name: getattr(query, name) for name in ("rating", "pair", "picture", "caption", "method", "model")}
    terms = [f"f.{name} = ?" for name, value in exact.items() if value is not None]
    values: list[Any] = [value for value in exact.values() if value is not None]
    tagged = "f.id IN (SELECT finding FROM finding_tag WHERE {})"
    if query.tag is not None:
        terms.append(tagged.format("tag = ?"))
        values.append(query.tag)
    if query.text:
        columns = [f"f.{name} {CONTAINS}" for name in ("caption", "note", "picture")]
        terms.append(f"({' OR '.join(columns)} OR {tagged.format(f'tag {CONTAINS}')})")
        values += [like_pattern(query.text)] * 4
    return f"WHERE {' AND '.join(terms)}" if terms else "", values


def _order(query: FindingQuery) -> str:
    if query.sort not in ("id", *_STORED, *_READ):
        raise ValueError(f"findings cannot be sorted by {query.sort!r}")
    direction = "DESC" if query.descending else "ASC"
    first = "" if query.sort in ("id", *_READ) else f"f.{query.sort} {direction} NULLS LAST, "
    return f"{first}f.id {direction}"


def _add(connection: sqlite3.Connection, finding: Finding) -> int:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    created = finding.created or now
    stored = replace(finding, created=created, changed=finding.changed or created)
    values = to_values(stored)
    check_lengths("The finding", (*map(values.__getitem__, _STORED), *stored.tags))
    key = _insert(connection, "finding", {"id": stored.id or None, **{name: values[name] for name in _STORED}})
    texts = {name: json.dumps(values[name], ensure_ascii=False, separators=(",", ":")) for name in _VIEW}
    heat = np.asarray(stored.numbers.heat, dtype="<f4").tobytes()
    _insert(connection, "finding_view", {"finding": key, **texts, "heat": heat})
    if values["second"] is not None:
        rest = {name: value for name, value in values["second"].items() if name not in _SECOND}
        text = json.dumps(rest, ensure_ascii=False, separators=(",", ":"))
        check_lengths("The finding", (values["second"]["picture"], values["second"]["caption"]))
        paths = {name: values["second"][name] for name in _SECOND[:2]}
        _insert(connection, "finding_second", {"finding": key, **paths, "rest": text})
    _put_tags(connection, key, stored.tags)
    _rate_pair(connection, stored.view.pair)
    return key


def _change(connection: sqlite3.Connection, finding: Finding) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    check_lengths(f"Finding {finding.id}", (finding.note, *finding.tags))
    new = (finding.rating, finding.note, now, finding.id)
    connection.execute("UPDATE finding SET rating = ?, note = ?, changed = ? WHERE id = ?", new)
    connection.execute("DELETE FROM finding_tag WHERE finding = ?", (finding.id,))
    _put_tags(connection, finding.id, finding.tags)
    _rate_pair(connection, finding.view.pair)


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> int:
    marks = ", ".join("?" * len(row))
    key = connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())).lastrowid
    assert key is not None
    return key


def _put_tags(connection: sqlite3.Connection, key: int, tags: Sequence[str]) -> None:
    rows = [(key, place, tag) for place, tag in enumerate(dict.fromkeys(tags))]
    connection.executemany("INSERT INTO finding_tag (finding, place, tag) VALUES (?, ?, ?)", rows)


def _rate_pair(connection: sqlite3.Connection, pair: str) -> None:
    """Set the rating of a pair to that of its newest rated finding."""
    newest = "SELECT rating FROM finding WHERE pair = ? AND rating != '' ORDER BY id DESC LIMIT 1"
    connection.execute(f"UPDATE pair SET rating = coalesce(({newest}), '') WHERE id = ?", (pair, pair))


def _finding(project: Project, row: tuple[Any, ...]) -> Finding:
    """Return a row's finding; without selection, settings and heat, which is noted, where its view is damaged."""
    *rest, picture, sha256, second = row
    values = dict(zip(("id", *_STORED, *_VIEW, "tags"), rest, strict=True))
    values["second"] = None
    if second is not None:
        try:
            values["second"] = _read_second(picture, sha256, second)
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError, msgspec.MsgspecError):
            what = "its second input cannot be read; it is shown without it."
            project.left_out.add("finding", values["id"], what, "second")
    try:
        values["tags"] = msgspec.json.decode(values["tags"], type=_TYPES["tags"])
    except (msgspec.MsgspecError, TypeError):
        values["tags"] = []
        project.left_out.add("finding", values["id"], "its tags cannot be read; it is shown without them.", "tags")
    try:
        return from_values({**values, **_view(values)})
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        what = "its selection, words, heat and settings cannot be read; it is shown without them."
        project.left_out.add("finding", values["id"], what, "view")
        settings = {"model": values["model"], "weights_sha256": values["weights_sha256"]}
        empty = {"settings": settings, "versions": {}, "ledger": {}, "geometry": None}
        return from_values({**values, **dict.fromkeys(("rows", "regions", "words", "heat"), ()), **empty})


def _read_second(picture: object, sha256: object, rest: str) -> dict[str, Any]:
    """Return the plain values of a second input, which ``from_values`` can read."""
    values = {**decode_json(rest), "picture": picture, "picture_sha256": sha256}
    msgspec.convert(values, _TYPES["second"])
    check_second(values)
    return values


def _view(values: Mapping[str, Any]) -> dict[str, Any]:
    view = {key: decode_json(values[key]) for key in _VIEW if key != "heat"}
    msgspec.convert(view, _ViewRecord)
    heat = np.frombuffer(values["heat"], dtype="<f4")
    if not np.isfinite(heat).all():
        raise ValueError("heat is not finite")
    return {**view, "heat": heat.reshape(view["geometry"][2]) if view["geometry"] is not None and heat.size else ()}
