"""A caption as the model reads it: tokens, the words they belong to, and where both stand in the text."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from exclip_desktop.core.argument_checks import shown, whole_number
from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.remedies import Remedy

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
        tokens: what the model reads, one per row: [SOT] … [EOT], and padding and a class token where it reads those.
        words: what a person reads, in order.
        unseen: the characters the model cannot read because the caption is too long; None when it reads all.
        context: how many tokens the model reads at most.

    """

    text: str
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    unseen: tuple[int, int] | None
    context: int

    @property
    def ids(self) -> tuple[int, ...]:
        """What the model is given: the tokens' ids, without a class token, which it adds itself."""
        return tuple(token.id for token in self.tokens if token.id != NO_ID)

    @property
    def read(self) -> int:
        """How many tokens of the context the caption takes; neither padding nor a class token."""
        return sum(token.kind not in ("padding", "class") for token in self.tokens)

    @property
    def content_rows(self) -> tuple[int, ...]:
        """The rows that stand for words of the caption."""
        return tuple(row for row, token in enumerate(self.tokens) if token.kind == "content")

    def rows_of(self, span: Span) -> tuple[int, ...]:
        """Return the rows of the tokens that ``span`` touches.

        Raises:
            CaptionError: the span is not in the caption, or the model did not see it.

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
        found = tuple(map(whole_number, span)) if isinstance(span, tuple | list) else ()
        start, end = found if len(found) == 2 else (None, None)
        if start is None or end is None:
            raise CaptionError(
                f"{shown(span)} are no words of the caption.",
                "Give words of it as text, or two characters (start, end).",
            )
        if not 0 <= start < end <= len(self.text):
            raise CaptionError(
                f"The span {start}–{end} is not in the caption.",
                f"Give two characters between 0 and {len(self.text)}, the first smaller.",
            )
        return start, end

    def _occurrences(self, span: str) -> list[tuple[int, int]]:
        """Return where the words stand; they begin and end where words do."""
        pattern = r"\s+".join(re.escape(part) for part in span.split())
        places = [match.span(1) for match in re.finditer(f"(?=({pattern}))", self.text, re.IGNORECASE)]
        found = [place for place in places if pattern and all(map(self._is_between_words, place))]
        if not found:
            raise CaptionError(
                f'"{span}" is not in the caption as whole words.',
                Remedy.CHOOSE_WHOLE_WORDS,
                caption=self.text,
            )
        return found

    def _is_between_words(self, at: int) -> bool:
        """Whether a word may begin or end before character ``at``."""
        if any(at in (word.start, word.end) for word in self.words):
            return True
        beside = self.text[max(at - 1, 0) : at + 1]
        return at in (0, len(self.text)) or not all(map(_is_of_spaced_word, beside))


def _is_of_spaced_word(character: str) -> bool:
    """Whether the character is a letter, mark or number of a script that has spaces between words."""
    return unicodedata.category(character)[0] in "LMN" and not UNSPACED.match(character)
