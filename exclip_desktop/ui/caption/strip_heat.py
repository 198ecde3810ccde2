"""Value and colour of each cell of the strip."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final

import numpy as np
from PySide6.QtGui import QColor, QPalette

from exclip_desktop.core.maths.colour import choose_ink, range_limit, to_rgb
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.maths.word_values import has_strongest_regions, word_values
from exclip_desktop.core.text.caption_chips import Chip
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.text.word_signs import WHY_BLUE, WordSign, explain_blue, sign_of_word
from exclip_desktop.core.values.answers import Answer
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.pair.scene import Scene
from exclip_desktop.session.parts.heat_modes import DirectionHeat

LINE_ALPHA = 90
NO_VALUES: Final = "This method has no values for words."
THROUGH: Final = {
    "region": "in its strongest region",
    "boxes": "sum over the selected boxes",
    "picture": "sum over the whole picture",
}
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Fill:
    """Colours of a cell, and of text and lines on it."""

    paper: QColor
    ink: QColor
    line: QColor


@lru_cache(maxsize=1024)
def make_fill(red: float, green: float, blue: float) -> Fill:
    """Return the fill for an sRGB colour in [0, 1], with the better readable ink."""
    ink = QColor(choose_ink(np.array([red, green, blue])))
    line = QColor(ink)
    line.setAlpha(LINE_ALPHA)
    return Fill(QColor.fromRgbF(red, green, blue), ink, line)


def plain_fills(chips: Sequence[Chip], palette: QPalette) -> list[list[Fill]]:
    """Return the fills of chips whose words have no values: the palette's own colours."""
    ink, paper = palette.color(QPalette.ColorRole.WindowText), palette.color(QPalette.ColorRole.Window)
    return [[Fill(paper, ink, ink) for _ in chip.cells] for chip in chips]


class StripHeat:
    """Heat of the visible cells, recomputed only when something that it depends on has changed.

    Attributes:
        values: per chip, the value of each of its cells, in units of the score; empty for words that were not read.
        fills: per chip, the colours of its cells.
        limit: the end of the colour range; ``own_limit``: the one of these values alone.
        least_limit: the minimum of ``limit``, so that strips share a range.
    """

    def __init__(self, state: Scene) -> None:
        """Read selection and drawing from ``state``."""
        self._state = state
        self._chips: Sequence[Chip] = ()
        self._answer: Answer | None = None  # the answer that the chips belong to
        self._rows: list[int] = []
        self._starts: list[int] = []  # index in _rows of each cell's first row
        self._parts: list[slice] = []  # the cells of each chip
        self._key: Key | None = None
        self._by_region: Floats | None = None  # values through the strongest regions, which no selection changes
        self._limit = self._own_limit = 1.0
        self.least_limit = 0.0
        self._values: list[list[float]] = []
        self._fills: list[list[Fill]] = []

    def show(self, chips: Sequence[Chip]) -> None:
        """Use ``chips`` of the answer on screen from now on."""
        self._chips, self._key, self._answer, self._by_region = chips, None, self._state.answer, None
        read_cells = [[cell for cell in chip.cells if cell.rows] for chip in chips]
        self._rows = [row for cells in read_cells for cell in cells for row in cell.rows]
        ends = list(accumulate((len(cells) for cells in read_cells), initial=0))
        self._parts = [slice(start, stop) for start, stop in pairwise(ends)]
        lengths = [len(cell.rows) for cells in read_cells for cell in cells]
        self._starts = list(accumulate(lengths, initial=0))[:-1]

    @property
    def is_fresh(self) -> bool:
        """Whether nothing that colours depend on has changed since they were computed."""
        return self._key == self._current_key

    @property
    def values(self) -> list[list[float]]:
        """Value of each cell."""
        self._refresh()
        return self._values

    @property
    def fills(self) -> list[list[Fill]]:
        """Colours of each cell."""
        self._refresh()
        return self._fills

    @property
    def limit(self) -> float:
        """The end of the colour range."""
        self._refresh()
        return self._limit

    @property
    def own_limit(self) -> float:
        """The end of the colour range of these values alone."""
        self._refresh()
        return self._own_limit

    @property
    def has_values(self) -> bool:
        """Whether the method values words."""
        return self._answer is not None and self._answer.interactions.values_words

    def sign(self, chip: int) -> WordSign | None:
        """Return the parts of a chip's value; None where it has no value, or one that no patches add up to."""
        answer, state, rows = self._answer, self._state, self._chips[chip].rows
        if answer is None or answer is not state.answer or not rows or not self.has_values or answer.interactions.fixed:
            return None
        if self._direction is not None:  # it has no signs that add up
            return None
        return sign_of_word(answer.interactions, answer.geometry, state.selection, rows, state.view.words_by)

    def explain(self, chip: int) -> str:
        """Return why a chip is blue although it has red patches; empty where it is not, or values are of no score."""
        sign = self.sign(chip) if isinstance(self._answer, Explanation) else None
        return "" if sign is None or not sign.is_puzzling else explain_blue(self._chips[chip].text, sign)

    def tooltip(self, chip: int) -> str:
        """Return a chip's word and value with what it counts, then the values of its tokens, as rich text."""
        chip_data = self._chips[chip]
        if chip_data.kind == "unread":
            context = "fewer" if self._state.answer is None else self._state.answer.caption.context
            return f"The model did not read this word: it reads {context} tokens."
        if chip_data.kind == "note" or not self.has_values:
            return NO_VALUES
        values, sign = self.values[chip], self.sign(chip)
        lines = [f"<b>{html.escape(chip_data.text)}</b>&nbsp; {format_signed(sum(values))}"]
        if len(values) > 1:
            parts = zip(chip_data.cells, values, strict=True)
            lines += [f"{html.escape(cell.text)}&nbsp; {format_signed(value)}" for cell, value in parts]
        if sign is not None:
            lines += [THROUGH[sign.through]]
            lines += [f"whole picture&nbsp; {format_signed(sign.whole)}"] if sign.through == "region" else []
            lines += [f"{WHY_BLUE} Right-click the word."] if self.explain(chip) else []
        return f"<p style='white-space: pre'>{'<br>'.join(lines)}</p>"

    @property
    def _direction(self) -> DirectionHeat | None:
        """The direction that is shown instead of the answer's values."""
        mode = self._state.heat_mode
        return mode if isinstance(mode, DirectionHeat) and mode.explanation is self._answer else None

    def _row_values(self, answer: Answer) -> Floats:
        """Return the value of every row."""
        state, matrix, words = self._state, answer.interactions, [chip.rows for chip in self._chips]
        if self._direction is not None:
            return self._direction.direction.token_heat
        look = matrix, answer.geometry, state.selection, state.preview
        if not has_strongest_regions(matrix, state.selection, state.preview, state.view.words_by):
            return word_values(*look, words, "picture")
        if self._by_region is None:
            self._by_region = word_values(*look, words, "region")
        return self._by_region

    @property
    def _current_key(self) -> Key:
        state, view = self._state, self._state.view
        fixed = state.answer is not None and state.answer.interactions.fixed
        selected = () if fixed else (state.selection.regions, state.preview.patch, state.preview.regions)
        return selected, view.colours, view.words_by, view.words_limit, self.least_limit, self._direction

    def _refresh(self) -> None:
        state, view = self._state, self._state.view
        if state.answer is None:
            self._limit = self._own_limit = view.words_limit or 1.0
            return
        # ``show`` has not yet received the chips of another answer.
        if state.answer is not self._answer or self.is_fresh:
            return
        self._key = self._current_key
        heat = self._row_values(state.answer)
        sums = np.add.reduceat(heat[self._rows], self._starts) if self._starts else np.zeros(0)
        own_unit = self._direction is not None  # neither the locked range nor those of other strips compare
        self._own_limit = 0.0 if own_unit else range_limit(sums, locked=view.words_limit)
        locked, least = (None, 0.0) if own_unit else (view.words_limit, self.least_limit)
        self._limit = range_limit(sums, locked=locked, least=least)
        fills = [make_fill(*colour) for colour in to_rgb(sums, self._limit, view.colours).tolist()]
        values = sums.tolist()
        self._values = [values[part] for part in self._parts]
        self._fills = [fills[part] for part in self._parts]
