"""Checks of rows that are read from a project file: which are of the expected types, and why the others are not."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Generic, TypeVar, get_args

import msgspec

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.storage.finding_columns import MOST_CHARACTERS

RowId = Annotated[int, msgspec.Meta(ge=-(2**53) + 1, le=2**53 - 1)]

Record = TypeVar("Record")


def check_lengths(what: str, texts: Iterable[object]) -> None:
    """Raise ``ProjectError`` where a text is longer than a project gives back; ``what`` names the row."""
    if any(isinstance(text, str) and len(text) > MOST_CHARACTERS for text in texts):
        limit = format_count(MOST_CHARACTERS, "character")
        raise ProjectError(f"{what} has a text of more than {limit}, the limit of a project.", "Shorten it.")


class NotText:
    """Stands for bytes in a column of text that are not UTF-8."""


def decode_text(data: bytes) -> "str | NotText":
    """Return the text of UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return NotText()


class Checked(Generic[Record]):
    """Rows of a query that are of a type, and those that are not, each with the reason."""

    __slots__ = ("good", "refused")

    def __init__(self, rows: Sequence[tuple[Any, ...]], kind: type[Record], columns: Sequence[str]) -> None:
        """``kind`` is a tuple type, with a type for each of ``columns``."""
        self.refused: list[tuple[Any, str]] = []
        try:
            self.good: list[Record] = msgspec.convert(rows, list[kind])  # type: ignore[valid-type]
            return
        except msgspec.ValidationError:
            self.good = []
        for row in rows:
            try:
                self.good.append(msgspec.convert(row, kind))
            except msgspec.ValidationError:
                self.refused.append((row[0], _reason(row, kind, columns)))


class LeftOutRows:
    """Rows of a project, or parts of them, that could not be read so far."""

    def __init__(self, name: str) -> None:
        """``name`` is the file's, for notes."""
        self._name = name
        self._notes: dict[tuple[str, int | str], ListNote] = {}

    def __bool__(self) -> bool:
        return bool(self._notes)

    @property
    def notes(self) -> tuple[ListNote, ...]:
        """A note for each row."""
        return tuple(self._notes.values())

    def add(self, noun: str, key: object, text: str, kind: str) -> None:
        """Note that a row, or a part of it, cannot be read: ``text`` is a sentence, ``kind`` that of the note."""
        shown = key if isinstance(key, int | str) else "?"
        self._notes.setdefault((kind, shown), ListNote(f"{self._name} ({noun} {shown})", text, kind))

    def has(self, noun: str, key: int) -> bool:
        """Return whether a whole row was left out."""
        return (_not_shown(noun), key) in self._notes

    def count(self, noun: str) -> int:
        """Return the number of whole rows that were left out."""
        return sum(kind == _not_shown(noun) for kind, _ in self._notes)

    def add_row(self, noun: str, key: object, reason: str) -> None:
        """Note that a whole row is left out, and why."""
        self.add(noun, key, f"{reason}; the {noun} is not shown.", _not_shown(noun))


def _not_shown(noun: str) -> str:
    return f"{noun} not shown"


def _reason(row: tuple[Any, ...], kind: type[Any], columns: Sequence[str]) -> str:
    """Return why a row is not of its type, such as "note is not UTF-8 text"."""
    for value, expected, column in zip(row, get_args(kind), columns, strict=True):
        try:
            msgspec.convert(value, expected)
        except msgspec.ValidationError:
            return f"{column} {_fault(value)}"
    return "it is of another kind"


def _fault(value: Any) -> str:
    if isinstance(value, NotText):
        return "is not UTF-8 text"
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        return f"has more than {format_count(MOST_CHARACTERS, 'character')}"
    if isinstance(value, bytes):
        return "holds bytes"
    return "is missing" if value is None else "is not what it should be"
