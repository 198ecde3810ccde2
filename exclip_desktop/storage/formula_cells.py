"""Cells of tables that a spreadsheet would take for formulas: an apostrophe before them makes them text.

A table that this program reads again marks the rows that hold such cells in a last column, ``escaped``, so that every
cell is read as it was, and no apostrophe of another program's table is taken away.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

Formulas = Literal["escape", "keep"]
"""What is done with such cells."""

FORMULA_CHOICES: Final[tuple[Formulas, ...]] = ("escape", "keep")
ESCAPED_COLUMN: Final = "escaped"
ESCAPES_NOTE: Final = "Cells that a spreadsheet would take for formulas have an apostrophe before them."
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def is_formula(cell: object) -> bool:
    """Return whether a cell is text that a spreadsheet would compute, or such text behind apostrophes."""
    return isinstance(cell, str) and _FORMULA.match(cell) is not None and _NUMBER.fullmatch(cell) is None


def format_rows(
    rows: Iterable[Sequence[object]], formulas: Formulas, *, separator: str = ",", marks: bool = False
) -> str:
    """Return rows, the first of which names the columns, as CSV.

    Args:
        rows: cells of text and numbers.
        formulas: whether cells that look like formulas are escaped or kept.
        separator: between the cells.
        marks: whether a column says which rows were escaped, where any was.

    """
    table = [list(row) for row in rows]
    escaped = [formulas == "escape" and any(map(is_formula, row)) for row in table]
    has_marks = marks and any(escaped)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    for number, (row, is_escaped) in enumerate(zip(table, escaped, strict=True)):
        cells = [f"'{cell}" if is_formula(cell) else cell for cell in row] if is_escaped else row
        mark = [ESCAPED_COLUMN if number == 0 else "1" if is_escaped else ""] if has_marks else []
        writer.writerow([*cells, *mark])
    return text.getvalue()


def read_escaped(cell: str) -> str:
    """Return a cell of a row that was escaped as it was before."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def describe_escapes(texts: Iterable[object], formulas: Formulas) -> tuple[str, ...]:
    """Return a note on cells with these texts that are escaped; nothing where there is none."""
    if formulas == "keep" or not any(map(is_formula, texts)):
        return ()
    return (ESCAPES_NOTE,)
