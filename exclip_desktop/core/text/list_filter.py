"""The filter of lists: words, ``key:value`` terms and comparisons, as a query that a person types or menus write."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import ge, gt, le, lt
from typing import Final, Literal

KeyKind = Literal["choice", "state", "name", "text", "number"]
Comparison = Literal[":", "=", "<", ">", "<=", ">="]
RowValue = str | Sequence[str] | float | None
Row = Callable[[str], RowValue]
"""Returns what a row has under a key of the filter; ``WORDS`` is the key of the text that free words search."""

WORDS: Final = ""
NONE: Final = "none"
"""The value of a key that matches rows without any: ``tag:none``."""

_QUOTED: Final = re.compile(r'"[^"]*"?')
_TERM: Final = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_KEYED: Final = re.compile(r"(?P<key>[A-Za-z_]+)(?P<comparison>:(?:[<>]=?|=)?|[<>]=?|=)(?P<value>.*)", re.DOTALL)
_ORDERED: Final = {"<": lt, ">": gt, "<=": le, ">=": ge}


@dataclass(frozen=True, slots=True)
class FilterKey:
    """A key of a filter.

    Attributes:
        key: what a query writes before the colon.
        kind: how values are compared: ``choice`` and ``state`` are equal to one of ``values``, ``name`` is equal to
            any name, ``text`` contains the value, ``number`` is compared with ``<``, ``>``, ``<=``, ``>=``, ``=``.
        heading: its name in menus.
        values: the values that menus and the completer offer; those of a ``choice`` or ``state`` are the only ones.
        lacking: the value that matches rows without one, such as ``unrated``; ``none`` does, too. Empty: neither does.

    """

    key: str
    kind: KeyKind
    heading: str
    values: tuple[str, ...] = ()
    lacking: str = ""

    @property
    def offered(self) -> tuple[str, ...]:
        """The values that menus and the completer offer, with that of rows without a value."""
        return (*self.values, self.lacking) if self.lacking else self.values


@dataclass(frozen=True, slots=True)
class FilterTerm:
    """One condition of a query.

    Attributes:
        key: the key; ``WORDS`` for a free word or phrase.
        kind: how the key's values are compared.
        values: in lower case; one of them has to match.
        comparison: of a number.
        number: the number that is compared with; ``tolerance`` is half a unit of its last digit, for ``=``.
        is_negated: whether rows that match are left out.

    """

    key: str
    kind: KeyKind
    values: tuple[str, ...] = ()
    comparison: Comparison = ":"
    number: float = 0.0
    tolerance: float = 0.0
    is_negated: bool = False

    def matches(self, row: Row) -> bool:
        """Return whether a row passes."""
        return self.accepts(row(self.key))

    def accepts(self, value: RowValue) -> bool:
        """Return whether a row with this value under the key passes."""
        return self._holds(value) != self.is_negated

    def _holds(self, value: RowValue) -> bool:
        if self.kind == "number":
            return isinstance(value, float | int) and self._compares(float(value))
        texts = (value,) if isinstance(value, str) else value if isinstance(value, Sequence) else ()
        present = [text.casefold() for text in texts if text]
        if NONE in self.values and not present:
            return True
        if self.kind == "text":
            return any(wanted in text for text in present for wanted in self.values)
        return any(text in self.values for text in present)

    def _compares(self, value: float) -> bool:
        compare = _ORDERED.get(self.comparison)
        return abs(value - self.number) <= self.tolerance if compare is None else bool(compare(value, self.number))


@dataclass(frozen=True, slots=True)
class ListFilter:
    """A query that was read; an empty one passes all rows.

    Attributes:
        query: as it was typed.
        terms: conditions that a row has to pass, all of them.
        problem: a sentence about the part that was not understood, and is left out; empty: all was understood.

    """

    query: str = ""
    terms: tuple[FilterTerm, ...] = ()
    problem: str = ""

    def matches(self, row: Row) -> bool:
        """Return whether a row passes; ``row`` is called for the keys of the query only."""
        return all(term.matches(row) for term in self.terms)

    @property
    def keys(self) -> frozenset[str]:
        """The keys that it reads."""
        return frozenset(term.key for term in self.terms)


def parse_filter(query: str, keys: Sequence[FilterKey]) -> ListFilter:
    """Return a query as a filter.

    Words and "quoted phrases" are searched in the text of a row, ignoring case. ``key:value`` compares one key with a
    value, ``key:one,two`` with either; numbers are compared as ``key>0.2``. A minus in front leaves out what matches.
    Whatever is not understood is left out, and described in ``problem``.
    """
    known = {one.key: one for one in keys}
    terms, problems = [], []
    for match in _TERM.finditer(query):
        try:
            terms.append(_read_term(match.group(), known))
        except ValueError as error:
            problems.append(str(error))
    return ListFilter(query, tuple(terms), problems[0] if problems else "")


def format_term(key: str, values: Sequence[str], comparison: Comparison = ":") -> str:
    """Return a term as a query writes it; values with spaces or commas are quoted."""
    return f"{key}{comparison}{','.join(map(_quote, values))}"


def has_value(query: str, key: FilterKey, value: str) -> bool:
    """Return whether a query has ``key:value``, without a minus."""
    wanted = NONE if key.lacking and value == key.lacking else value.casefold()
    return any(wanted in term.values for _, term in _terms_of(query, key) if not term.is_negated)


def toggle_value(query: str, key: FilterKey, value: str) -> str:
    """Return a query with ``key:value`` added or removed; several values of one key are alternatives."""
    values: list[str] = []
    for text, term in _terms_of(query, key):
        if not term.is_negated:
            values += _split(text.partition(":")[2])
            query = _without(query, text)
    wanted = value.casefold()
    remaining = [one for one in values if one.casefold() != wanted]
    if len(remaining) == len(values):
        remaining.append(value)
    return _joined(query, format_term(key.key, remaining) if remaining else "")


def set_comparison(query: str, key: FilterKey, comparison: Comparison, number: str) -> str:
    """Return a query with ``key<number`` or the like in place of the key's terms of this direction."""
    for text, term in _terms_of(query, key):
        if term.comparison[0] == comparison[0] and not term.is_negated:
            query = _without(query, text)
    return _joined(query, f"{key.key}{comparison}{number}")


def token_at(query: str, cursor: int) -> tuple[int, int]:
    """Return the first and last position of the term that the cursor is in or behind; both ``cursor`` between terms."""
    for match in _TERM.finditer(query):
        if match.start() <= cursor <= match.end():
            return match.span()
    return cursor, cursor


def complete_term(text: str, keys: Iterable[FilterKey]) -> tuple[str, ...]:
    """Return terms that a person may mean by the beginning of one: keys, then values of a key."""
    sign = "-" if text.startswith("-") and len(text) > 1 else ""
    start = text[len(sign) :]
    key, colon, value = start.partition(":")
    if not colon:
        if not start:
            return ()
        endings = {"number": ">"}
        names = [f"{one.key}{endings.get(one.kind, ':')}" for one in keys]
        return tuple(f"{sign}{name}" for name in names if name.startswith(start.casefold()) and name != start)
    chosen, beginning = _split_last(value)
    offers = next((one.offered for one in keys if one.key == key.casefold()), ())
    taken = [one.casefold() for one in _split(chosen)]
    return tuple(
        f"{sign}{key}:{chosen}{_quote(offer)}"
        for offer in offers
        if offer.casefold().startswith(beginning) and offer.casefold() not in (beginning, *taken)
    )


def _read_term(text: str, known: dict[str, FilterKey]) -> FilterTerm:
    """Return one term; raise ``ValueError`` with a sentence where it is not understood."""
    negated = text.startswith("-") and len(text) > 1
    body = text[1:] if negated else text
    match = None if body.startswith('"') else _KEYED.fullmatch(body)
    if match is None:
        return FilterTerm(WORDS, "text", (_unquote(body).casefold(),), is_negated=negated)
    key = known.get(match["key"].casefold())
    if key is None:
        raise ValueError(
            f"The filter has no key “{match['key']}”. Keys are {', '.join(known)}; put text with a colon in quotes."
        )
    comparison = match["comparison"].lstrip(":") or ":"
    term = _number_term(key, comparison, match["value"]) if key.kind == "number" else _value_term(key, match)
    return replace(term, is_negated=negated)


def _number_term(key: FilterKey, comparison: str, value: str) -> FilterTerm:
    text = value.strip('"').replace("−", "-")
    try:
        number = float(text.rstrip("%"))
    except ValueError:
        raise ValueError(f"Compare {key.key} with a number, as {key.key}>0.2.") from None
    digits = text.rstrip("%").lower().partition("e")[0].partition(".")[2]
    tolerance = 0.5 * 10.0 ** -len(digits) * (1 + 1e-9) if "e" not in text.lower() else 0.05 * abs(number)
    scale = 0.01 if text.endswith("%") else 1.0
    chosen: dict[str, Comparison] = {"<": "<", ">": ">", "<=": "<=", ">=": ">="}
    return FilterTerm(
        key.key,
        "number",
        comparison=chosen.get(comparison, "="),
        number=number * scale,
        tolerance=tolerance * scale,
    )


def _value_term(key: FilterKey, match: re.Match[str]) -> FilterTerm:
    if match["comparison"] not in (":", "="):
        raise ValueError(f"{key.heading} is not a number. Write {key.key}: and a value.")
    values = tuple(one.casefold() for one in _split(match["value"]))
    closed, choices = key.kind in ("choice", "state"), ", ".join(key.offered)
    if not values:
        raise ValueError(f"Write {f'one of {choices}' if closed else 'a value'} after {key.key}:")
    if key.lacking:
        values = tuple(NONE if one == key.lacking else one for one in values)
    unknown = [one for one in values if closed and one not in key.values and not (key.lacking and one == NONE)]
    if unknown:
        raise ValueError(f"There is no {key.heading.lower()} “{unknown[0]}”. Choose from {choices}.")
    return FilterTerm(key.key, key.kind, values)


def _terms_of(query: str, key: FilterKey) -> list[tuple[str, FilterTerm]]:
    """Return the terms of one key, as they are written and as they are read."""
    parts = []
    for match in _TERM.finditer(query):
        try:
            term = _read_term(match.group(), {key.key: key})
        except ValueError:
            continue
        if term.key == key.key:
            parts.append((match.group(), term))
    return parts


def _without(query: str, text: str) -> str:
    spans = [match.span() for match in _TERM.finditer(query) if match.group() == text]
    start, end = spans[0]
    return " ".join((query[:start].rstrip(), query[end:].lstrip())).strip()


def _joined(query: str, term: str) -> str:
    return " ".join(part for part in (query.strip(), term) if part)


def _split(value: str) -> list[str]:
    """Return the values between commas, without quotes."""
    parts, start = [], 0
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted.group()), value)
    for end in (*(at for at, letter in enumerate(masked) if letter == ","), len(value)):
        parts.append(_unquote(value[start:end]))
        start = end + 1
    return [part for part in parts if part]


def _split_last(value: str) -> tuple[str, str]:
    """Return the finished values of a list with their comma, and the beginning of the last one in lower case."""
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted.group()), value)
    at = masked.rfind(",") + 1
    return value[:at], _unquote(value[at:]).casefold()


def _quote(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s,]", value) else value


def _unquote(text: str) -> str:
    return text.replace('"', "").strip()
