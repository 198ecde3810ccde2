"""A caption as chips of cells, a word of tokens each: on screen, and in figures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from exclip_desktop.core.values.caption import Caption, Word

ChipKind = Literal["word", "special", "unread", "note"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One token, or all padding; ``rows`` of the matrix, none where the model does not read it."""

    text: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A word with the cells of its tokens; ``word`` is its number in ``Caption.words``, None for other kinds.

    A ``note`` is no word: it says something about the others.
    """

    text: str
    cells: tuple[Cell, ...]
    kind: ChipKind
    word: int | None = None

    @property
    def rows(self) -> tuple[int, ...]:
        """The rows of all its cells."""
        return tuple(row for cell in self.cells for row in cell.rows)


def make_chips(caption: Caption, *, specials: bool) -> tuple[Chip, ...]:
    """Return the caption's chips in reading order; with ``specials``, also those of special tokens, padding as one."""
    words = [Chip(word.text, _word_cells(caption, word), "word", number) for number, word in enumerate(caption.words)]
    before = list(_special_chips(caption, "start")) if specials else []
    kinds = ("end", "padding", "class") if specials else ()
    after = [chip for kind in kinds for chip in _special_chips(caption, kind)]
    unread = [Chip(text, (Cell(text, ()),), "unread") for text in unread_words(caption)]
    return (*before, *words, *after, *unread)


def make_note(text: str) -> Chip:
    """Return a chip that is no word of the caption."""
    return Chip(text, (Cell(text, ()),), "note")


def unread_words(caption: Caption) -> list[str]:
    """Return the words that the model does not read, as typed."""
    return [] if caption.unseen is None else re.findall(r"\S+", caption.text[slice(*caption.unseen)])


def _word_cells(caption: Caption, word: Word) -> tuple[Cell, ...]:
    """Return a word's cells with its characters as typed; a sign that is several tokens is written once."""
    cells, before = [], None
    for row in word.rows:
        token = caption.tokens[row]
        place = token.start, token.end
        cells.append(Cell("…" if place == before else caption.text[slice(*place)] or token.text, (row,)))
        before = place
    return tuple(cells)


def _special_chips(caption: Caption, kind: str) -> Iterator[Chip]:
    """Yield the chip of all special tokens of a kind, if there are any."""
    rows = tuple(row for row, token in enumerate(caption.tokens) if token.kind == kind)
    if rows:
        name = caption.tokens[rows[0]].text
        text = name if len(rows) == 1 else f"{name} × {len(rows)}"
        yield Chip(text, (Cell(text, rows),), "special")
