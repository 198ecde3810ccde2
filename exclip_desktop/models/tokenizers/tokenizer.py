"""The protocol of caption readers and their common parts: tokens, words, and the characters that tokens come from."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Protocol

from exclip_desktop.core.argument_checks import is_unicode, short_repr
from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.caption import NO_ID, Caption, Token, Word

LONGEST_CAPTION = 2000
PADDING = "padding"

Range = tuple[int, int]


class Reader(Protocol):
    """Reads captions as a model does.

    Attributes:
        context: largest number of tokens that the model reads; a class token is added to it.
        fill_id: the token id that replaces words in the ``matched`` reference.
        is_clip: whether it is CLIP's own tokenizer.

    """

    context: int
    fill_id: int
    is_clip: bool

    def read(self, text: str) -> Caption:
        """Return the caption as the model reads it.

        Raises:
            CaptionError: the caption is empty or too long.

        """


@dataclass(frozen=True, slots=True)
class Piece:
    """One token of a word: id, text, characters of the caption, and the number of its word."""

    id: int
    text: str
    start: int
    end: int
    word: int


def check_caption(text: str) -> None:
    """Raise ``CaptionError`` where the caption is not text, holds undecoded bytes, or is too long."""
    if not isinstance(text, str):
        raise CaptionError(f"The caption is not text: {short_repr(text)}.", 'Give text, such as "a dog in the snow".')
    if not is_unicode(text):
        raise CaptionError("The caption is no valid UTF-8 text.", "Type it again, or save its file as UTF-8.")
    if len(text) > LONGEST_CAPTION:
        raise CaptionError(
            f"The caption has {len(text):,} characters.", f"Give at most {LONGEST_CAPTION:,}; models read far less."
        )


def empty_caption_error() -> CaptionError:
    """Return the error of a caption without a word."""
    return CaptionError("The caption is empty.", "Type a description of the picture.")


def content_token(piece: Piece) -> Token:
    """Return a token of a word."""
    return Token(piece.id, piece.text, "content", piece.start, piece.end)


def padding_tokens(count: int, number: int, at: int) -> list[Token]:
    """Return ``count`` padding tokens of id ``number``, after character ``at``."""
    return [Token(number, PADDING, "padding", at, at)] * count


def class_token(at: int) -> Token:
    """Return the class token that a model adds, after character ``at``."""
    return Token(NO_ID, "[CLS]", "class", at, at)


def group_words(text: str, pieces: Mapping[int, Piece]) -> tuple[Word, ...]:
    """Return the words of ``pieces``, by their rows in order, with their characters of the typed ``text``."""
    words = []
    for _, group in groupby(pieces, key=lambda row: pieces[row].word):
        rows = tuple(group)
        start, end = pieces[rows[0]].start, max(pieces[row].end for row in rows)
        words.append(Word(text[start:end], start, end, rows))
    return tuple(words)


def trace_origins(text: str, cleaned: str) -> list[Range]:
    """Return, for each character of the cleaned caption, the range of characters of the typed one that it comes from.

    Words are compared one by one where both have equally many, which is fast and usual.
    """
    typed, clean = ([(m.start(), m.end()) for m in re.finditer(r"\S+", one)] for one in (text, cleaned))
    if len(typed) != len(clean):
        return _align(text, cleaned, 0)
    ranges: list[Range] = []
    for (start, end), (low, high) in zip(typed, clean, strict=True):
        ranges += [(start, start)] * (low - len(ranges))  # spaces, which belong to no token
        ranges += _align(text[start:end], cleaned[low:high], start)
    return ranges + [(len(text), len(text))] * (len(cleaned) - len(ranges))


def _align(text: str, cleaned: str, offset: int) -> list[Range]:
    """Return the same for one piece of the caption, which begins at ``offset``."""
    typed = [(low, offset + index) for index, character in enumerate(text) for low in character.lower()]
    letters = [low for low, _ in typed]
    matcher = SequenceMatcher(None, letters, list(cleaned.lower()), autojunk=False)
    ranges: list[Range] = []
    for tag, start, end, low, high in matcher.get_opcodes():
        if tag == "equal":
            ranges += [(typed[start + n][1], typed[start + n][1] + 1) for n in range(high - low)]
        elif tag == "delete":
            swallowed = [index for letter, index in typed[start:end] if not letter.isspace()]
            dropped = all(letter in string.punctuation for letter, _ in typed[start:end])
            if swallowed and ranges and not dropped:  # "&amp;" became "&": what is left stands for the whole
                ranges[-1] = (ranges[-1][0], swallowed[-1] + 1)
        else:
            first = typed[start][1] if start < len(typed) else offset + len(text)
            last = typed[end - 1][1] + 1 if end > start else first
            ranges += [(first, last)] * (high - low)
    return ranges
