"""Which findings pass the filter of a person, and their order by columns that the file has no index of."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import msgspec

from exclip_desktop.core.method_registry import method_name
from exclip_desktop.core.text.list_filter import WORDS, FilterKey, ListFilter, RowValue
from exclip_desktop.core.values.finding import RATINGS
from exclip_desktop.storage.finding_columns import WRITTEN, Text
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.records import RowId

FINDING_KEYS: Final = (
    FilterKey("rating", "choice", "Rating", tuple(rating for rating in RATINGS if rating), "unrated"),
    FilterKey("tag", "name", "Tag", lacking="none"),
    FilterKey("label", "text", "Label", lacking="none"),
    FilterKey("score", "number", "Score"),
    FilterKey("residual", "number", "Residual"),
    FilterKey("block", "number", "Selected block"),
    FilterKey("share", "number", "Share of matrix sum"),
    FilterKey("file", "text", "File name"),
    FilterKey("caption", "text", "Caption"),
    FilterKey("note", "text", "Note", lacking="none"),
    FilterKey("method", "text", "Method"),
    FilterKey("model", "text", "Model"),
    FilterKey("date", "text", "Date"),
)
"""The keys of a filter of findings, without the tags and labels of the project.

A finding's labels are the names of its selected boxes, and the label of its pair in the list.
"""

_COLUMNS: Final = {"file": "picture", "date": "created"}
_FROM: Final = "FROM finding f"
_VIEWED: Final = f"{_FROM} LEFT JOIN finding_view v ON v.finding = f.id"
_LABELLED: Final = f"{_VIEWED} LEFT JOIN pair p ON p.id = f.pair AND p.picture = f.picture"
_TYPES: Final = {column.key: column.type for column in WRITTEN if column.kind in ("text", "number")}
_Row = dict[str, Any]
_read_json: Final = msgspec.json.decode


def list_filter_keys(project: Project) -> tuple[FilterKey, ...]:
    """Return the filter's keys with the project's tags, the most frequent ones first, and its pairs' labels."""
    offered = {
        "tag": "SELECT tag FROM finding_tag GROUP BY tag ORDER BY count(*) DESC, tag",
        "label": "SELECT label FROM pair WHERE label != '' GROUP BY label ORDER BY count(*) DESC, label LIMIT 500",
    }
    values = {
        key: tuple(value for (value,) in project.records(key, tuple[Text], query)) for key, query in offered.items()
    }
    return tuple(replace(key, values=values.get(key.key, key.values)) for key in FINDING_KEYS)


def select_ids(project: Project, list_filter: ListFilter, ids: Sequence[int]) -> list[int]:
    """Return the findings of ``ids`` that pass a filter, in their order."""
    rows = _load_values(project, list_filter.keys)
    return [key for key in ids if key in rows and list_filter.matches(partial(_value, rows[key]))]


def sort_ids(project: Project, ids: Sequence[int], by: str, *, descending: bool) -> list[int]:
    """Return ids by the tags or the selection of their findings; those without any come last."""
    read: Callable[[_Row], str] = _selection if by == "selection" else lambda row: ", ".join(row["tags"])
    rows = _load_values(project, frozenset(("tag",)) if by == "tags" else frozenset((by,)))
    texts = {key: read(rows[key]).casefold() for key in ids if key in rows}
    known = sorted((key for key in ids if texts.get(key)), key=texts.__getitem__, reverse=descending)
    return [*known, *(key for key in ids if not texts.get(key))]


def _load_values(project: Project, keys: frozenset[str]) -> dict[int, _Row]:
    """Return what the terms of these keys read, by the findings' ids."""
    needed = {_COLUMNS.get(key, key) for key in keys if key not in (WORDS, "tag", "label", "selection")}
    needed |= {"caption", "note", "picture"} if WORDS in keys else set()
    columns = {name: f"f.{name}" for name in sorted(needed)}
    source = _FROM
    if keys & {"label", "selection"}:
        columns["regions"] = "v.regions"
        source = _VIEWED
    if "selection" in keys:
        columns["words"] = "v.words"
    if "label" in keys:
        columns["pair_label"] = "coalesce(p.label, '')"
        source = _LABELLED
    names = ("id", *columns)
    row_type: Any = tuple[(RowId, *(_TYPES.get(name, Any) for name in columns))]  # type: ignore[misc]
    query = f"SELECT {', '.join(('f.id', *columns.values()))} {source}"
    found = project.records("finding", row_type, query)
    rows = {row[0]: dict(zip(names, row, strict=True)) for row in found}
    if keys & {WORDS, "tag"}:
        for row in rows.values():
            row["tags"] = ()
        tagged = "SELECT finding, tag FROM finding_tag ORDER BY finding, place"
        for key, tag in project.records("tag", tuple[RowId, Text], tagged):
            if key in rows:
                rows[key]["tags"] = (*rows[key]["tags"], tag)
    return rows


def _value(row: _Row, key: str) -> RowValue:
    if key == WORDS:
        return "\n".join((row["caption"], row["note"], row["picture"], *row["tags"]))
    if key == "tag":
        tags: tuple[str, ...] = row["tags"]
        return tags
    if key == "label":
        return (*_region_names(row), row["pair_label"] or "")
    if key == "method":
        return row["method"], method_name(row["method"])
    value: str | float | None = row[_COLUMNS.get(key, key)]
    return value


def _region_names(row: _Row) -> tuple[str, ...]:
    """Return the names of the selected regions; none where the row is damaged."""
    return tuple(str(one["name"]) for one in _decode(row["regions"]) if isinstance(one, dict) and one.get("name"))


def _selection(row: _Row) -> str:
    words = (word for word in _decode(row["words"]) if isinstance(word, list) and len(word) > 3)
    selected = [str(word[0]) for word in words if word[3]]
    return " ".join([*selected, *_region_names(row)])


def _decode(text: Any) -> list[Any]:
    try:
        value = _read_json(text or "[]")
    except (msgspec.MsgspecError, RecursionError, TypeError, UnicodeError):
        return []  # noted when the finding is shown
    return value if isinstance(value, list) else []
