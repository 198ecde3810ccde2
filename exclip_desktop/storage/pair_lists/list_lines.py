"""Reads the lines of lists one by one; a line above the limit costs no memory."""

import csv
from collections import deque
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
        count: number of lines that were read and not taken back.
        has_long: whether the row has a line above the limit.

    """

    def __init__(self, file: TextIO) -> None:
        self._read, self._most = file.readline, LIST_LINE.most_bytes
        self._row: list[str] = []
        self._again: deque[str] = deque()
        self._left = RETRIED_LIMITS * self._most  # that may be taken back, so that all takes linear time
        self._size = 0
        self.count, self.has_long = 0, False

    def __iter__(self) -> "RowLines":
        """Return itself."""
        return self

    def __next__(self) -> str:
        """Return the next line; raise ``csv.Error`` where the row is above the limit."""
        line = self._again.popleft() if self._again else self._read(self._most + 1)
        if not line:
            raise StopIteration
        self.count += 1
        if len(line) > self._most:
            self._skip(line)
            line, self.has_long = "\n", True
        self._size += len(line)
        self._row.append(line)
        if self._size > self._most:
            raise csv.Error(f"more than {format_count(self._most, 'character')} in one row")
        return line

    def begin_row(self) -> None:
        """Begin the next row."""
        self._row.clear()
        self._size, self.has_long = 0, False

    def take_back(self) -> None:
        """Take back the lines of a long row but the first: they are read again, as rows of their own."""
        cost = self._size + LINE_COST * len(self._row)
        if self._size > RETRIED_FROM and cost <= self._left:
            self._left -= cost
            self._again.extendleft(reversed(self._row[1:]))
            self.count -= len(self._row) - 1

    def _skip(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._read(self._most)


def long_line_note(place: str) -> ListNote:
    """Return the note of a line above the limit."""
    return ListNote(place, f"this {LIST_LINE.too_large('line', ListError).message.removesuffix('.')}; left out.", LONG)
