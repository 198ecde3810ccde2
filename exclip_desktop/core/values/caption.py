"""A caption as the model reads it: tokens, the words they belong to, their places in the text, and phrases."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from exclip_desktop.core.argument_checks import as_whole_number, short_repr
from exclip_desktop.core.errors import CaptionError, Remedy

Kind = Literal["start", "content", "end", "padding", "class"]
NO_ID: Final = -1
Span = str | tuple[int, int]
"""Words of the caption, as text (whole words, all occurrences, case ignored) or as (start, end) characters, half-open.

In scripts without spaces between words, such as Chinese, Japanese and Thai, text may be any part.
"""

UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Characters of scripts without spaces: Thai, Lao, Burmese, Khmer, kana, Han."""

ARTICLES: Final = "a an the this that these those his her its their my your our"
PREPOSITIONS: Final = (
    "about above across after against along alongside amid among around as at atop before behind below beneath beside "
    "besides between beyond by during for from in inside into like near of off on onto opposite out outside over past "
    "through to toward towards under underneath until upon via with within without"
)
CONJUNCTIONS: Final = "and but if nor or so than when where which while who whose yet because"
VERBS: Final = "is are was were be been being am isn't aren't it's there's there"
FUNCTION_WORDS: Final = frozenset(f"{ARTICLES} {PREPOSITIONS} {CONJUNCTIONS} {VERBS}".split())

LONG_FUNCTION_WORDS: Final = tuple(
    tuple(words.split())
    for words in (
        "to the left of", "to the right of", "on the left of", "on the right of", "on the left side of",
        "on the right side of", "left of", "right of", "in front of", "in the middle of", "in the front of",
        "in the back of", "in the background of", "in the foreground of", "at the back of", "at the front of",
        "on the side of", "on top of", "on the top of", "at the top of", "at the bottom of", "next to", "close to",
        "adjacent to", "because of", "instead of", "far from", "away from", "along with", "together with", "as well as",
    )
)  # fmt: skip
"""Function words of several words."""

JOINERS: Final = frozenset("-‐‑'’/&")  # between two touching words they make one


@dataclass(frozen=True, slots=True)
class Token:
    """One row of the interaction matrix.

    ``start`` and ``end`` are characters of the caption; equal for specials, and for content that stands for no
    character (SentencePiece's ▁ alone), which belongs to what follows. A class token is learned and has no id
    (``NO_ID``).
    """

    id: int
    text: str
    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the caption with the rows of its tokens; ``start`` and ``end`` are characters, half-open."""

    text: str
    start: int
    end: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Caption:
    """A tokenised caption.

    Attributes:
        text: the caption as it was typed.
        tokens: one per row: [SOT] … [EOT], with padding and a class token where the model reads them.
        words: in reading order.
        unseen: (start, end) of the characters that the model does not read; None where it reads all.
        context: the largest number of tokens that the model reads.

    """

    text: str
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    unseen: tuple[int, int] | None
    context: int

    @property
    def ids(self) -> tuple[int, ...]:
        """The token ids of the model's input, without a class token, which the model adds itself."""
        return tuple(token.id for token in self.tokens if token.id != NO_ID)

    @property
    def read(self) -> int:
        """Number of tokens of the context that the caption takes, without padding and a class token."""
        return sum(token.kind not in ("padding", "class") for token in self.tokens)

    @property
    def content_rows(self) -> tuple[int, ...]:
        """The rows of the tokens of words."""
        return tuple(row for row, token in enumerate(self.tokens) if token.kind == "content")

    def rows_of(self, span: Span) -> tuple[int, ...]:
        """Return the rows of the tokens that ``span`` touches.

        Raises:
            CaptionError: the span is not in the caption, or the model did not read it.

        """
        ranges = self._occurrences(span) if isinstance(span, str) else [self._checked(span)]
        touched = {
            row
            for start, end in ranges
            for row, token in enumerate(self.tokens)
            if token.kind == "content" and token.start < end and start < max(token.end, token.start + 1)
        }
        if not touched:
            named = span if isinstance(span, str) else self.text[slice(*ranges[0])]
            raise CaptionError(
                f'The model did not read "{named}".', "Choose words that it read, or shorten the caption."
            )
        return tuple(sorted(touched))

    def _checked(self, span: object) -> tuple[int, int]:
        numbers = tuple(map(as_whole_number, span)) if isinstance(span, tuple | list) else ()
        start, end = numbers if len(numbers) == 2 else (None, None)
        if start is None or end is None:
            raise CaptionError(
                f"{short_repr(span)} are no words of the caption.",
                "Give words of it as text, or two characters (start, end).",
            )
        if not 0 <= start < end <= len(self.text):
            raise CaptionError(
                f"The span {start}–{end} is not in the caption.",
                f"Give two characters between 0 and {len(self.text)}, the first smaller.",
            )
        return start, end

    def _occurrences(self, span: str) -> list[tuple[int, int]]:
        """Return the (start, end) of every occurrence that begins and ends at word boundaries."""
        places = _find_places(span, self.text) or _find_folded_places(span, self.text)
        matches = [place for place in places if all(map(self._is_between_words, place))]
        if not matches:
            raise CaptionError(
                f'"{span}" is not in the caption as whole words.',
                Remedy.CHOOSE_WHOLE_WORDS,
                caption=self.text,
            )
        return matches

    def _is_between_words(self, at: int) -> bool:
        """Return whether a word can begin or end before character ``at``."""
        if any(at in (word.start, word.end) for word in self.words):
            return True
        neighbours = self.text[max(at - 1, 0) : at + 1]
        return at in (0, len(self.text)) or not all(map(_is_of_spaced_word, neighbours))


def _is_of_spaced_word(character: str) -> bool:
    """Whether the character is a letter, mark or number of a script that has spaces between words."""
    return unicodedata.category(character)[0] in "LMN" and not UNSPACED.match(character)


def phrase_around(words: Sequence[Word], index: int) -> tuple[int, int]:
    """Return the phrase that holds word ``index`` as (first, stop), half-open word numbers.

    A phrase is a run of words without articles, prepositions, conjunctions, forms of "to be" and punctuation. A
    function word is its own phrase; one of several words ("in front of") is taken whole.
    """
    units = _function_units(words)
    if index in units:
        return units[index]
    first, stop = index, index + 1
    while first > 0 and first - 1 not in units:
        first -= 1
    while stop < len(words) and stop not in units:
        stop += 1
    return first, stop


def _function_units(words: Sequence[Word]) -> dict[int, tuple[int, int]]:
    """Return word number → (first, stop) of the function word that it belongs to."""
    texts = [word.text.lower().replace("’", "'") for word in words]
    units: dict[int, tuple[int, int]] = {}
    at = 0
    while at < len(words):
        length = _long_function_word(texts, at)
        if length == 0 and (texts[at] in FUNCTION_WORDS or _is_punctuation(words, at)):
            length = 1
        units |= dict.fromkeys(range(at, at + length), (at, at + length))
        at += max(length, 1)
    return units


def _long_function_word(texts: list[str], at: int) -> int:
    """Return the length of the function word of several words at ``at``; 0 where there is none."""
    lengths = (len(long) for long in LONG_FUNCTION_WORDS if tuple(texts[at : at + len(long)]) == long)
    return max(lengths, default=0)


def _is_punctuation(words: Sequence[Word], at: int) -> bool:
    text = words[at].text
    if not all(unicodedata.category(character).startswith("P") for character in text):
        return False
    inside = 0 < at < len(words) - 1
    joins = inside and words[at - 1].end == words[at].start and words[at].end == words[at + 1].start
    return not (joins and set(text) <= JOINERS)


def _find_places(span: str, text: str) -> list[tuple[int, int]]:
    """Return (start, end) of every occurrence, ignoring case; any white space equals any other."""
    pattern = r"\s+".join(re.escape(part) for part in span.split())
    return [match.span(1) for match in re.finditer(f"(?=({pattern}))", text, re.IGNORECASE)] if pattern else []


def _find_folded_places(span: str, text: str) -> list[tuple[int, int]]:
    """Return the places where text is equal but for invisible characters and the way in which accents are written."""
    folded, origins = _fold(text)
    places = []
    for start, end in _find_places(_fold(span)[0], folded):
        if not unicodedata.combining(folded[end : end + 1] or " "):
            places.append((origins[start], origins[end - 1] + 1))
    return [(start, _include_marks(text, end)) for start, end in places]


def _fold(text: str) -> tuple[str, list[int]]:
    """Return text without invisible characters and with separate accents, and the place of each character."""
    folded = [
        (part, at)
        for at, char in enumerate(text)
        if unicodedata.category(char) != "Cf"
        for part in unicodedata.normalize("NFD", char)
    ]
    return "".join(part for part, _ in folded), [at for _, at in folded]


def _include_marks(text: str, end: int) -> int:
    """Return the end of a place with the accents and invisible characters that follow it."""
    while end < len(text) and (unicodedata.combining(text[end]) or unicodedata.category(text[end]) == "Cf"):
        end += 1
    return end
