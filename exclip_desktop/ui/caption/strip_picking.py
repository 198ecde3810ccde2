"""Selection logic of the strip: what clicks, drags and keys select, starting from which chip. No Qt."""

from collections.abc import Sequence
from dataclasses import dataclass

from exclip_desktop.core.text.caption_chips import Chip
from exclip_desktop.core.values.caption import Word, phrase_around
from exclip_desktop.ui.caption.strip_layout import Place

Rows = tuple[int, ...]


@dataclass(slots=True)
class ChipGesture:
    """A pressed mouse button.

    Attributes:
        before, rows: the selection before the gesture, and now.
        start: where the run starts; None until a drag from empty ground meets a word.
        others: selected rows outside the run; ``removes``: the run is removed from them instead.
        tokens: whether the run may end within words.
    """

    before: Rows
    rows: Rows
    start: Place | None
    others: frozenset[int] = frozenset()
    removes: bool = False
    tokens: bool = False


class Picker:
    """State of selecting: the chips, the start of a run, the keyboard's cursor, and the current gesture."""

    def __init__(self) -> None:
        """Start with no chips."""
        self.chips: tuple[Chip, ...] = ()
        self.anchor: Place | None = None
        self.cursor: Place | None = None
        self.gesture: ChipGesture | None = None

    def show(self, chips: tuple[Chip, ...]) -> None:
        """Use other chips from now on; the current gesture is dropped."""
        self.chips = chips
        self.anchor = self.cursor = self.gesture = None

    def follow(self, rows: Rows) -> None:
        """Start runs at a selection that was made elsewhere."""
        self.anchor = place_of(self.chips, rows[0]) if rows else None
        self.cursor = place_of(self.chips, rows[-1]) if rows else self.cursor

    def rows_at(self, place: Place | None, *, tokens: bool = False) -> Rows:
        """Return the rows of the chip at ``place``, or with ``tokens`` of the cell; () if there are none."""
        return () if place is None else rows_between(self.chips, place, place, tokens=tokens)

    def begin(self, before: Rows, place: Place | None, *, tokens: bool, extend: bool, toggle: bool) -> Rows:
        """Start a gesture at ``place`` (None: empty ground) and return the rows that it selects at once."""
        start = (self.anchor or self.cursor or place) if extend else place
        others = frozenset(before) if toggle else frozenset()
        removes = toggle and others.issuperset(self.rows_at(place, tokens=tokens))
        self.gesture = ChipGesture(before, (), start, others, removes, tokens)
        self.anchor = start
        return self.drag(place) if place is not None else ()

    def drag(self, place: Place) -> Rows:
        """Continue the gesture to ``place`` and return the selected rows."""
        gesture = self.gesture
        if gesture is None:
            return ()
        if gesture.start is None:
            gesture.start = self.anchor = place
        run = rows_between(self.chips, gesture.start, place, tokens=gesture.tokens)
        gesture.rows = tuple(sorted(gesture.others.difference(run) if gesture.removes else gesture.others.union(run)))
        self.cursor = self.nearest_read(place)
        return gesture.rows

    def end(self) -> ChipGesture | None:
        """End the gesture and return it."""
        done, self.gesture = self.gesture, None
        return done

    def phrase(self, words: Sequence[Word], word: int) -> Rows:
        """Return the rows of the phrase around a word, and start the next run there."""
        first, stop = phrase_around(words, word)
        rows = tuple(row for one in words[first:stop] for row in one.rows)
        self.follow(rows)
        return rows

    def move(self, before: Rows, place: Place, *, tokens: bool, extend: bool, keep: bool) -> Rows:
        """Move the cursor; return the word there, the run to it (``extend``), or the selection before (``keep``)."""
        start = (self.anchor or self.cursor or place) if extend else place
        self.anchor, self.cursor = start, place
        return before if keep and not extend else rows_between(self.chips, start, place, tokens=tokens)

    def toggle(self, before: Rows) -> Rows:
        """Return the rows with the word at the cursor added, or removed if it was selected."""
        self.anchor = self.cursor = self.cursor or self.neighbour(None, 1)
        own = self.rows_at(self.cursor)
        taken = set(before).issuperset(own)
        return tuple(sorted(set(before).difference(own) if taken else set(before).union(own)))

    def neighbour(self, place: Place | None, step: int, *, tokens: bool = False) -> Place | None:
        """Return the selectable chip (or cell, with ``tokens``) ``step`` (±1) from ``place``, or ``place`` at the end.

        From None, the first one in the direction; None if the model read no word.
        """
        places = [
            (number, n)
            for number, chip in enumerate(self.chips)
            for n, cell in enumerate(chip.cells)
            if cell.rows and (tokens or n == 0)
        ]
        if not places:
            return None
        here = place if tokens or place is None else (place[0], 0)
        if here not in places:
            return places[0] if step > 0 else places[-1]
        return places[min(max(places.index(here) + step, 0), len(places) - 1)]

    def nearest_read(self, place: Place | None) -> Place | None:
        """Return ``place``, or the last selectable chip if the model did not read the word there."""
        return place if self.rows_at(place) else self.neighbour(None, -1)

    def everything(self) -> Rows:
        """Return the rows of all chips."""
        return tuple(row for chip in self.chips for row in chip.rows)


def place_of(chips: Sequence[Chip], row: int) -> Place | None:
    """Return the cell of ``row``; None if it is hidden."""
    for number, chip in enumerate(chips):
        for n, cell in enumerate(chip.cells):
            if row in cell.rows:
                return number, n
    return None


def rows_between(chips: Sequence[Chip], start: Place, end: Place, *, tokens: bool) -> Rows:
    """Return the rows from one cell to the other, in either order; whole chips unless ``tokens``."""
    low, high = sorted((start, end))
    if not tokens:
        low, high = (low[0], 0), (high[0], len(chips[high[0]].cells) - 1)
    return tuple(
        row
        for number in range(low[0], high[0] + 1)
        for n, cell in enumerate(chips[number].cells)
        if low <= (number, n) <= high
        for row in cell.rows
    )


def describe_rows(chips: Sequence[Chip], rows: Rows) -> str:
    """Return the selection in words: adjacent words together, tokens with their word."""
    runs: list[list[str]] = []
    last = -2
    for number, chip in enumerate(chips):
        parts = [cell.text for cell in chip.cells if cell.rows and set(cell.rows) <= set(rows)]
        if not parts:
            continue
        text = chip.text if len(parts) == len(chip.cells) else f"{' '.join(parts)} (part of {chip.text})"
        if number == last + 1:
            runs[-1].append(text)
        else:
            runs.append([text])
        last = number
    return ", ".join(" ".join(run) for run in runs)
