"""The columns of a finding: one table for the project file, for CSV and JSONL, and for the window's Findings tab.

To add a column, add a row to ``COLUMNS``. One whose ``kind`` is ``derived`` is computed from the finding and appears in
the window only; it needs nothing else. Any other is written to files and stored in projects: it also needs a step in
``project.schema``; a number also a field of the same name in ``core.values.finding.FindingNumbers``.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
import numpy as np

from exclip_desktop.core.inputs.json_documents import Count, Finite, NonEmpty, describe_mismatch
from exclip_desktop.core.text.number_format import format_percent, format_residual, format_signed
from exclip_desktop.core.text.wording import describe_regions
from exclip_desktop.core.values.finding import (
    Finding,
    FindingNumbers,
    FindingView,
    FindingWord,
    Rating,
    SecondInput,
    to_rows,
)
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.storage.regions import region_from_value, region_to_value

MOST_CHARACTERS: Final = 1_000_000
"""Of a caption, a note, a path and any other text in a finding or pair; JSON may be longer."""

Kind = Literal["count", "text", "number", "json", "derived"]
Text = Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)]
MOST_PARTS: Final = 10_000
"""Of a finding's words, regions, tags and selected tokens."""

Few = msgspec.Meta(max_length=MOST_PARTS)
Words = Annotated[list[tuple[str, Count, Count, bool, Finite | None]], Few]
Regions = Annotated[list[list[Any] | dict[str, Any]], Few]
GeometryParts = tuple[tuple[Count, Count], tuple[Finite, Finite, Finite, Finite], tuple[Count, Count]] | None


class SecondValues(TypedDict):
    """The second of two inputs, as plain values."""

    picture: Text
    picture_sha256: Text
    caption: Text
    rows: Annotated[list[Count], Few]
    regions: Regions
    words: Words
    geometry: GeometryParts
    heat: list[list[Finite]]


class ViewSettings(TypedDict, total=False):
    """The settings of a view that the program reads again; there are others, which it only shows."""

    model: str | None
    weights_sha256: str | None
    target: str | None
    options: dict[str, Any] | None
    caption_options: dict[str, Any] | None
    choice: dict[str, Any]
    how: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingColumn:
    """A column.

    Attributes:
        key: its name in files, and in the table ``finding`` of a project where ``kind`` is text or number.
        kind: how it is stored: ``json`` is a list, an object or null, in a CSV cell as JSON text.
        type: the type of its JSON value; files with any other value are refused.
        value: returns the plain value of a finding.
        heading: its heading in the window; empty: it is not listed there.
        text: returns what the window shows; by default the value.
        place, width_px: its initial position and width in the window.
        hidden: whether the window hides it until it is chosen.
        sorts_when_read: whether the window can sort by it although the file has no column of it.
        optional: whether files of earlier versions lack it; it is null there.

    """

    key: str
    kind: Kind
    type: Any = Text
    value: Callable[[Finding], Any] = lambda _: None
    heading: str = ""
    text: Callable[[Finding], str] | None = None
    place: int = 0
    width_px: int = 90
    hidden: bool = False
    sorts_when_read: bool = False
    optional: bool = False

    @property
    def is_sortable(self) -> bool:
        """Whether a project can sort by it."""
        return self.kind in ("count", "text", "number") or self.sorts_when_read

    def display(self, finding: Finding) -> str:
        """Return the text of a cell."""
        if self.text is not None:
            return self.text(finding)
        value = self.value(finding)
        return "" if value is None else str(value)


def _text(key: str, of: Callable[[Finding], Any], heading: str = "", **display: Any) -> FindingColumn:
    return FindingColumn(key=key, kind="text", value=of, heading=heading, **display)


def _number(key: str, heading: str, written: Callable[[float], str], **display: Any) -> FindingColumn:
    def value(finding: Finding) -> float | None:
        number: float | None = getattr(finding.numbers, key)
        return number

    def text(finding: Finding) -> str:
        number = value(finding)
        return "" if number is None else written(number)

    return FindingColumn(
        **{"type": Finite | None, **display}, key=key, kind="number", value=value, heading=heading, text=text
    )


def _json(key: str, accepted: Any, of: Callable[[Finding], Any], heading: str = "", **display: Any) -> FindingColumn:
    return FindingColumn(key=key, kind="json", type=accepted, value=of, heading=heading, **display)


def _time(iso: str) -> str:
    return iso[:16].replace("T", " ")


def _geometry(geometry: Geometry | None) -> list[Any] | None:
    return None if geometry is None else [list(part) for part in astuple(geometry)]


def _second(finding: Finding) -> dict[str, Any] | None:
    second = finding.view.second
    if second is None:
        return None
    return {
        "picture": second.picture,
        "picture_sha256": second.picture_sha256,
        "caption": second.caption,
        "rows": list(second.selection.rows),
        "regions": list(map(region_to_value, second.selection.regions)),
        "words": [list(astuple(word)) for word in second.words],
        "geometry": _geometry(second.geometry),
        "heat": [list(row) for row in second.heat],
    }


def _selection(finding: Finding) -> str:
    words = " ".join(word.text for word in finding.numbers.words if word.selected) or "all words"
    return f"{words} × {describe_regions(finding.view.selection.regions)}"


COLUMNS: Final[tuple[FindingColumn, ...]] = (
    FindingColumn(
        key="id", kind="count", type=Count, value=lambda f: f.id, heading="Number", place=16, hidden=True, width_px=64
    ),
    _text(
        "created", lambda f: f.created, "Date", type=NonEmpty, text=lambda f: _time(f.created), place=10, width_px=116
    ),
    _text("changed", lambda f: f.changed, "Changed", text=lambda f: _time(f.changed), place=13, hidden=True),
    _text("rating", lambda f: f.rating, "Rating", type=Rating, place=2, width_px=70),
    _text("note", lambda f: f.note, "Note", place=7, width_px=180),
    _text("pair", lambda f: f.view.pair, "Pair", place=14, hidden=True),
    _text("picture", lambda f: f.view.picture, "Picture", place=0, width_px=76),
    _text("picture_sha256", lambda f: f.view.picture_sha256),
    _text("caption", lambda f: f.view.caption, "Caption", text=lambda f: f.view.inputs_line, place=1, width_px=124),
    _text("method", lambda f: f.view.method, "Method", text=lambda f: f.view.method_line, place=8),
    _text("model", lambda f: f.view.model, "Model", place=9),
    _text("weights_sha256", lambda f: f.view.weights_sha256),
    _number("score", "Score", format_signed, type=Finite, place=3, width_px=68),
    _number("block", "Selected block", format_signed, place=5),
    _number("share", "Share of matrix sum", format_percent, place=11, hidden=True),
    _number("residual", "Residual", format_residual, place=12, hidden=True),
    _json(
        "tags",
        Annotated[list[Text], Few],
        lambda f: list(f.tags),
        "Tags",
        text=lambda f: ", ".join(f.tags),
        place=6,
        sorts_when_read=True,
    ),
    _json("rows", Annotated[list[Count], Few], lambda f: list(f.view.selection.rows)),
    _json("regions", Regions, lambda f: list(map(region_to_value, f.view.selection.regions))),
    _json("settings", ViewSettings, lambda f: dict(f.view.settings)),
    _json("versions", dict[str, Any], lambda f: dict(f.view.versions)),
    _json("ledger", dict[str, Finite], lambda f: dict(f.numbers.ledger)),
    _json("words", Words, lambda f: [list(astuple(word)) for word in f.numbers.words]),
    _json("geometry", GeometryParts, lambda f: _geometry(f.numbers.geometry)),
    _json("heat", list[list[Finite]], lambda f: [list(row) for row in f.numbers.heat]),
    _json("second", SecondValues | None, _second, optional=True),
    FindingColumn(
        key="selection",
        kind="derived",
        heading="Selection",
        text=_selection,
        place=4,
        width_px=130,
        sorts_when_read=True,
    ),
)
WRITTEN: Final = tuple(column for column in COLUMNS if column.kind != "derived")
"""The columns of files, in their order."""

LISTED: Final = tuple(sorted((column for column in COLUMNS if column.heading), key=lambda column: column.place))
"""The columns of the window, in their initial order."""

FindingRecord: Final = msgspec.defstruct(
    "FindingRecord",
    [(column.key, column.type, None) if column.optional else (column.key, column.type) for column in WRITTEN],
    kw_only=True,
)


def list_keys(*kinds: Kind) -> tuple[str, ...]:
    """Return the keys of the written columns of these kinds."""
    return tuple(column.key for column in WRITTEN if column.kind in kinds)


def to_values(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain values for JSON, by key."""
    return {column.key: column.value(finding) for column in WRITTEN}


def check_values(values: Mapping[str, Any]) -> None:
    """Raise ``ValueError``, with the key, unless ``values`` are those of a finding."""
    try:
        msgspec.convert(dict(values), FindingRecord)
    except msgspec.ValidationError as error:
        raise ValueError(describe_mismatch(error)) from error
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    for key in FindingRecord.__struct_fields__:
        try:
            json.dumps(values.get(key), ensure_ascii=False, allow_nan=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"half a character in {key}") from error
        except ValueError as error:
            raise ValueError(f"{key} holds a number that is not finite") from error
    _check_heat(values["heat"], values["geometry"])
    if values.get("second") is not None:
        check_second(values["second"])


def check_second(values: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` unless ``values``, of the right types, are those of a second input."""
    if values["picture"] and values["caption"]:
        raise ValueError("the second input is a picture and a caption")
    _check_heat(values["heat"], values["geometry"])
    _second_from_values(values)


def _check_heat(heat: Sequence[Sequence[float]], geometry: Sequence[Any] | None) -> None:
    grid = (geometry or [None])[-1]
    if heat and ([len(heat), len(heat[0])] != list(grid or ()) or len(set(map(len, heat))) > 1):
        raise ValueError("heat does not have the shape of its grid")


def from_values(values: Mapping[str, Any]) -> Finding:
    """Return the finding of plain values; ``heat`` may also be an array (rows, columns).

    Raises:
        KeyError, ValueError, TypeError: a value is missing or of another type.

    """
    view = FindingView(
        **{key: values[key] for key in ("picture", "picture_sha256", "caption", "method", "pair")},
        selection=Selection(tuple(values["rows"]), tuple(map(region_from_value, values["regions"]))),
        settings=values["settings"],
        versions=values["versions"],
        second=_second_from_values(values.get("second")),
    )
    numbers = FindingNumbers(
        **{key: values[key] for key in list_keys("number")},
        ledger=values["ledger"],
        words=tuple(FindingWord(*word) for word in values["words"]),
        heat=_heat_from_values(values["heat"]),
        geometry=_geometry_from_values(values["geometry"]),
    )
    own = {key: values[key] for key in ("rating", "note", "created", "changed", "id")}
    return Finding(view, numbers, tags=tuple(values["tags"]), **own)


def _second_from_values(values: Mapping[str, Any] | None) -> SecondInput | None:
    if values is None:
        return None
    return SecondInput(
        **{key: values[key] for key in ("picture", "picture_sha256", "caption")},
        selection=Selection(tuple(values["rows"]), tuple(map(region_from_value, values["regions"]))),
        words=tuple(FindingWord(*word) for word in values["words"]),
        heat=_heat_from_values(values["heat"]),
        geometry=_geometry_from_values(values["geometry"]),
    )


def _heat_from_values(heat: Any) -> tuple[tuple[float, ...], ...]:
    return to_rows(np.asarray(heat, dtype=np.float32)) if len(heat) else ()


def _geometry_from_values(parts: Sequence[Any] | None) -> Geometry | None:
    return None if parts is None else Geometry(*map(tuple, parts))
