"""The order of the walk: which pairs of the open list are listed, in which order, and which one comes next."""

from bisect import insort

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.text.list_filter import ListFilter
from exclip_desktop.core.values.pair_list import Arrangement
from exclip_desktop.session.lists.pair_values import PairValues, SortValue, parse_pair_filter

REMARK_KEYS = frozenset({"", "rating", "tag", "note", "is"})
REMARK_SORTS = ("rating", "tags")


class WalkOrder(QObject):
    """The one source of the order of pairs, for the list on screen, the next pair, and what is prepared for it.

    A pair whose values change leaves or joins the list by itself, where it changes nothing else; the pair on screen
    stays until another one is shown. A change of values does not sort the list again: rows stay where they are.

    Attributes:
        arrangement: filter and order.
        list_filter: the filter of the arrangement.
        places: the places of the listed pairs, in order.
        current: the place of the pair on screen, or None.

    Signals:
        arranged(): all rows may have changed.
        row_removal_started(int), row_removed(): one row leaves.
        row_insertion_started(int), row_inserted(): one row joins.

    """

    arranged = Signal()
    row_removal_started = Signal(int)
    row_removed = Signal()
    row_insertion_started = Signal(int)
    row_inserted = Signal()

    def __init__(self, values: PairValues, parent: QObject | None = None) -> None:
        """Arrange the pairs of ``values``."""
        super().__init__(parent)
        self._values = values
        self.arrangement, self.list_filter = Arrangement(), ListFilter()
        self.places = tuple[int, ...]()
        self.current: int | None = None
        self._sort_values: dict[int, SortValue] = {}  # when the pairs were sorted
        self._row_of_gone: int | None = None  # the row of the pair on screen when it was removed from the list

    def arrange(self, arrangement: Arrangement) -> None:
        """Change filter and order."""
        self.arrangement, self.list_filter = arrangement, parse_pair_filter(arrangement.query)
        self.refresh()

    def refresh(self, *, keeps_current: bool = False) -> None:
        """Filter and sort again; a listed pair on screen may stay although it does not pass."""
        by, descending = self.arrangement.by, self.arrangement.descending
        stays = self.current if keeps_current and self.row_of(self.current) is not None else None
        places = self._values.matching(self.list_filter)
        if stays is not None and not self._values.matches(stays, self.list_filter):
            insort(places, stays)
        self._sort_values = {} if by == "list" else self._values.sort_values(places, by)
        if by == "list":
            self.places = tuple(reversed(places) if descending else places)
        else:
            known = [place for place in places if place in self._sort_values]
            known.sort(key=self._sort_values.__getitem__, reverse=descending)
            self.places = (*known, *(place for place in places if place not in self._sort_values))
        self.arranged.emit()

    def refresh_remarks(self) -> None:
        """Filter and sort again if ratings, tags or notes decide the order; the pair on screen stays."""
        if self.list_filter.keys & REMARK_KEYS or self.arrangement.by in REMARK_SORTS:
            self.refresh(keeps_current=True)

    def restart(self, current: int | None, row_of_gone: int | None = None) -> None:
        """Arrange another list, with the pair on screen at ``current``.

        ``row_of_gone`` is the row that the pair on screen had, where this list does not have it.
        """
        self.current, self._row_of_gone = current, None if current is not None else row_of_gone
        self.refresh()

    def put_current(self, place: int | None) -> None:
        """Take over which pair is on screen; the previous one leaves if it does not pass the filter any more."""
        before, self.current, self._row_of_gone = self.current, place, None
        if before is not None and before != place:
            self.recheck(before)

    def recheck(self, place: int) -> None:
        """Remove or add a pair whose values have changed; not the one on screen."""
        if not self.list_filter.terms or place == self.current:
            return
        row, passes = self.row_of(place), self._values.matches(place, self.list_filter)
        if row is not None and not passes:
            self.row_removal_started.emit(row)
            self.places = self.places[:row] + self.places[row + 1 :]
            self._sort_values.pop(place, None)
            self.row_removed.emit()
        elif row is None and passes:
            if self.arrangement.by != "list":
                self._sort_values.update(self._values.sort_values((place,), self.arrangement.by))
            row = self._find_row(place)
            self.row_insertion_started.emit(row)
            self.places = (*self.places[:row], place, *self.places[row:])
            self.row_inserted.emit()

    def row_of(self, place: int | None) -> int | None:
        """Return the row of the pair at a place; None where the filter leaves it out."""
        if place is None:
            return None
        row = self._find_row(place)
        return row if row < len(self.places) and self.places[row] == place else None

    def find_step(self, by: int) -> int | None:
        """Return the place of the pair ``by`` rows from the one on screen, at most the first or last; None: no other.

        Where the pair on screen is not listed, the walk goes on at the row that it had or would have; without a pair
        of the list on screen, it begins at an end.
        """
        if not self.places:
            return None
        last, row = len(self.places) - 1, self.row_of(self.current)
        if row is not None:
            at = row + by
        elif (gap := self._gap_row()) is not None:
            at = gap + by - (by > 0)
        else:
            at = 0 if by > 0 else last
        place = self.places[min(max(at, 0), last)]
        return None if place == self.current else place

    def upcoming(self, count: int, *, backwards: bool = False) -> tuple[int, ...]:
        """Return the places of the next ``count`` pairs of the walk, the nearest first."""
        first = self.find_step(-1 if backwards else 1)
        row = self.row_of(first)
        if row is None:
            return ()
        return self.places[max(row - count + 1, 0) : row + 1][::-1] if backwards else self.places[row : row + count]

    def near_row(self) -> int | None:
        """Return the row of the pair on screen, or the one it had before it was removed from the list."""
        row = self.row_of(self.current)
        return self._gap_row() if row is None else row

    def _gap_row(self) -> int | None:
        """Return the row that the pair on screen had or would have, where it is not listed."""
        if self.current is None:
            return self._row_of_gone
        if self.arrangement.by != "list":
            self._sort_values.update(self._values.sort_values((self.current,), self.arrangement.by))
        return self._find_row(self.current)

    def _find_row(self, place: int) -> int:
        """Return the first row whose pair does not come before the one at ``place``."""
        low, high = 0, len(self.places)
        while low < high:
            middle = (low + high) // 2
            if self._comes_before(self.places[middle], place):
                low = middle + 1
            else:
                high = middle
        return low

    def _comes_before(self, one: int, other: int) -> bool:
        if self.arrangement.by == "list":
            return one > other if self.arrangement.descending else one < other
        value, other_value = self._sort_values.get(one), self._sort_values.get(other)
        if value is None or other_value is None:
            return (one < other) if value is other_value else other_value is None
        if value == other_value:
            return one < other
        smaller: bool = value < other_value  # type: ignore[operator]  # of one kind
        return smaller != self.arrangement.descending
