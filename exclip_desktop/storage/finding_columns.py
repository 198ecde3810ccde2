"""The columns of a finding: one table for the project file, for CSV and JSONL, and for the window's Findings tab.

To add a column, add a row to ``COLUMNS``. One whose ``kind`` is ``derived`` is computed from the finding and appears in
the window only; it needs nothing else. Any other is written to files and stored in projects: it also needs a step in
``project.schema``; a number also a field of the same name in ``core.values.finding.FindingNumbers``.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
import numpy as np

from exclip_desktop.core.inputs.json_documents import Count, Finite, NonEmpty, describe_mismatch
from exclip_desktop.core.text.number_format import format_percent, format_residual, format_signed
from exclip_desktop.core.text.wording import describe_regions
from exclip_desktop.core.values.finding import Finding, FindingNumbers, FindingView, FindingWord, Rating, to_rows
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


def _geometry(finding: Finding) -> list[Any] | None:
    geometry = finding.numbers.geometry
    return None if geometry is None else [list(part) for part in astuple(geometry)]


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
    _text("caption", lambda f: f.view.caption, "Caption", place=1, width_px=124),
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
    _json("geometry", GeometryParts, _geometry),
    _json("heat", list[list[Finite]], lambda f: [list(row) for row in f.numbers.heat]),
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

FindingRecord: Final = msgspec.defstruct("FindingRecord", [(column.key, column.type) for column in WRITTEN])


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
            json.dumps(values[key], ensure_ascii=False, allow_nan=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"half a character in {key}") from error
        except ValueError as error:
            raise ValueError(f"{key} holds a number that is not finite") from error
    heat, grid = values["heat"], (values["geometry"] or [None])[-1]
    if heat and ([len(heat), len(heat[0])] != list(grid or ()) or len(set(map(len, heat))) > 1):
        raise ValueError("heat does not have the shape of its grid")


def from_values(values: Mapping[str, Any]) -> Finding:
    """Return the finding of plain values; ``heat`` may also be an array (rows, columns).

    Raises:
        KeyError, ValueError, TypeError: a value is missing or of another type.

    """
    geometry = None if values["geometry"] is None else Geometry(*map(tuple, values["geometry"]))
    view = FindingView(
        **{key: values[key] for key in ("picture", "picture_sha256", "caption", "method", "pair")},
        selection=Selection(tuple(values["rows"]), tuple(map(region_from_value, values["regions"]))),
        settings=values["settings"],
        versions=values["versions"],
    )
    numbers = FindingNumbers(
        **{key: values[key] for key in list_keys("number")},
        ledger=values["ledger"],
        words=tuple(FindingWord(*word) for word in values["words"]),
        heat=to_rows(np.asarray(values["heat"], dtype=np.float32)) if len(values["heat"]) else (),
        geometry=geometry,
    )
    own = {key: values[key] for key in ("rating", "note", "created", "changed", "id")}
    return Finding(view, numbers, tags=tuple(values["tags"]), **own)
