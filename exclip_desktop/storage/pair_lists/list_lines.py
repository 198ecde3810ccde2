"""Reads the lines of lists one by one; a line above the limit costs no memory."""

import csv
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Final, TextIO

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.regular_files import LIST_LINE
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.pair_list import ListNote

LONG: Final = "long line"
RETRIED_FROM: Final = 100_000  # characters: a shorter row, whose quote is wrong, is left out as a whole
RETRIED_LIMITS: Final = 2
LINE_COST: Final = 50  # of a line that is read again, in characters


class RowLines:
    """The lines of a table, which ``csv`` reads one by one: a row may have several, where a cell has line breaks.

    A line above the limit becomes an empty one. A row above it ends in an error; its lines but the first can be taken
    back, so that a quote that is left open costs its own line only.

    Attributes:
        row: the lines of the present row; whoever reads rows clears it before each.
        has_long: whether there was a line above the limit, until ``begin_row``.

    """

    def __init__(self, file: TextIO) -> None:
        self._read, self._most = file.readline, LIST_LINE.most_bytes
        self._again: deque[str] = deque()
        self._left = RETRIED_LIMITS * self._most  # that may be taken back, so that all takes linear time
        self._size = 0
        self.row: list[str] = []
        self.has_long = False

    def __iter__(self) -> Iterator[str]:
        """Yield the lines; raise ``csv.Error`` where a row is above the limit."""
        row, most = self.row, self._most
        for line in chain(_pop_all(self._again), iter(partial(self._read, most + 1), "")):
            if len(line) > most:
                self._skip(line)
                self.has_long = True
                line = "\n"  # noqa: PLW2901  in place of the long one
            row.append(line)
            if len(row) > 1:
                self._size = len(line) + (self._size if len(row) > 2 else len(row[0]))
                if self._size > most:
                    raise csv.Error(f"more than {format_count(most, 'character')} in one row")
            yield line

    def begin_row(self) -> None:
        """Begin the next row."""
        self.row.clear()
        self.has_long = False

    def take_back(self) -> None:
        """Take back the lines of a long row but the first: a new iterator gives them again."""
        size = sum(map(len, self.row))
        cost = size + LINE_COST * len(self.row)
        if size > RETRIED_FROM and cost <= self._left:
            self._left -= cost
            self._again.extendleft(reversed(self.row[1:]))
            del self.row[1:]

    def _skip(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._read(self._most)


def _pop_all(lines: deque[str]) -> Iterator[str]:
    while lines:
        yield lines.popleft()


def long_line_note(place: str) -> ListNote:
    """Return the note of a line above the limit."""
    return ListNote(place, f"this {LIST_LINE.too_large('line', ListError).message.removesuffix('.')}; left out.", LONG)
