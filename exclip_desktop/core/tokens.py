"""A caption as the model reads it: tokens, the words they belong to, and where both stand in the text."""

import re
from dataclasses import dataclass
from typing import Literal

from exclip_desktop.core.errors import CaptionError

Kind = Literal["start", "content", "end", "padding"]
Span = str | tuple[int, int]
"""Words of the caption, as text (all its occurrences) or as (start, end) characters, half-open."""


@dataclass(frozen=True, slots=True)
class Token:
    """One row of the interaction matrix; ``start`` and ``end`` are characters of the caption (equal for specials)."""

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
        tokens: what the model reads, one per row, [SOT] … [EOT].
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
            if token.kind == "content" and token.start < end and start < token.end
        }
        if not touched:
            named = span if isinstance(span, str) else self.text[slice(*span)]
            raise CaptionError(
                f'The model did not read "{named}".', "Choose words that are not greyed, or shorten the caption."
            )
        return tuple(sorted(touched))

    def _checked(self, span: tuple[int, int]) -> tuple[int, int]:
        start, end = span
        if not 0 <= start < end <= len(self.text):
            raise CaptionError(
                f"The span {start}–{end} is not in the caption.",
                f"Give two characters between 0 and {len(self.text)}, the first smaller.",
            )
        return span

    def _occurrences(self, span: str) -> list[tuple[int, int]]:
        """Return where the words stand: as whole words if they do, else anywhere."""
        parts = [re.escape(part) for part in span.split()]
        if parts:
            pattern = r"\s+".join(parts)
            for form in (rf"(?<!\w){pattern}(?!\w)", pattern):
                found = [match.span() for match in re.finditer(form, self.text, re.IGNORECASE)]
                if found:
                    return found
        raise CaptionError(f'"{span}" is not in the caption.', f'The caption is "{self.text}".')
