"""The model of a search's hits: thumbnails with their heat, rank, value, and the words that their captions have."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QObject, Qt

from exclip_desktop.core.maths.search_ranking import Ranking
from exclip_desktop.core.text.list_filter import FilterKey, FilterTerm, ListFilter, RowValue
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.lists.thumbnails import LARGE_PX, Thumbnails
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.search.hits import ListHit
from exclip_desktop.session.search.search_controller import SearchController
from exclip_desktop.session.state import State
from exclip_desktop.ui.lists.heat_images import HeatImage, draw_heat
from exclip_desktop.ui.lists.thumbnail_rows import (
    BELOW_ROLE,
    HEAT_ROLE,
    ON_SCREEN_ROLE,
    TITLE_ROLE,
    Index,
    ThumbnailModel,
)

Role = Qt.ItemDataRole
DRAWN: Final = 512  # hits whose heat is kept as an image
MARKS: Final = {True: " ✓", False: " ✗", None: ""}
JUDGEMENTS: Final = {
    True: "Right: its strongest place lies in a region with a label of that name",
    False: "Wrong: its strongest place lies in no region with a label of that name",
    None: "",
}
HIT_KEYS: Final = (
    FilterKey("rank", "number", "Rank"),
    FilterKey("value", "number", "Value"),
    FilterKey("label_hit", "choice", "By its labels", ("right", "wrong"), "unjudged"),
)


def format_value(ranking: Ranking, value: float) -> str:
    """Return what a hit is ranked by as text; the combined value is in standard deviations, others as scores are."""
    return format_signed(value, 2) if ranking == "combined" else format_signed(value)


class HitModel(ThumbnailModel):
    """Rows are the hits that the filter passes, in their order."""

    def __init__(
        self,
        search: SearchController,
        navigation: PairNavigation,
        thumbnails: Thumbnails,
        state: State,
        parent: QObject | None = None,
    ) -> None:
        """Show the hits of ``search``, with the heat in the colours of ``state.view``."""
        super().__init__(thumbnails, 0, parent)
        self._search, self._navigation, self._state = search, navigation, state
        self.side_px = LARGE_PX
        self._filter = ListFilter("")
        self._hits: tuple[ListHit, ...] = ()
        self._look = self._current_look
        self._images: OrderedDict[ListHit, HeatImage] = OrderedDict()
        self._roles: dict[int, Callable[[ListHit], Any]] = {
            Role.DisplayRole: self._title,
            TITLE_ROLE: self._title,
            BELOW_ROLE: lambda hit: " ".join(hit.words) or search.caption(hit),
            HEAT_ROLE: self._image,
            ON_SCREEN_ROLE: self._is_on_screen,
            Role.AccessibleTextRole: self._details,
            Role.ToolTipRole: self._details,
        }
        search.ranked.connect(self._on_ranked)
        navigation.current_changed.connect(self._repaint)
        state.view_changed.connect(self._on_view_changed)

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return the number of hits that the filter passes."""
        return 0 if parent is not None and parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return the data of a hit."""
        if not 0 <= index.row() < len(self._hits):
            return None
        hit = self._hits[index.row()]
        if role == Role.DecorationRole:
            return self.thumbnail(str(self._search.picture_path(hit)), index.row())
        read = self._roles.get(role)
        return None if read is None else read(hit)

    @property
    def hits(self) -> tuple[ListHit, ...]:
        """The hits that the filter passes."""
        return self._hits

    def filter_keys(self) -> tuple[FilterKey, ...]:
        """Return the keys of the filter: those of hits, and those of pairs."""
        return (*HIT_KEYS, *self._navigation.values.filter_keys())

    def use_filter(self, list_filter: ListFilter) -> None:
        """Show the hits that a filter passes."""
        self._filter = list_filter
        self._on_ranked()

    def _on_ranked(self) -> None:
        self.beginResetModel()
        self.cancel_thumbnails()
        self._hits = self._filtered()
        self.endResetModel()

    def _filtered(self) -> tuple[ListHit, ...]:
        hits, keys = self._search.hits, {key.key for key in HIT_KEYS}
        mine = [term for term in self._filter.terms if term.key in keys]
        others = tuple(term for term in self._filter.terms if term.key not in keys)
        if others:
            values = self._navigation.values
            passing = {values.pair(place).picture for place in values.matching(replace(self._filter, terms=others))}
            hits = tuple(hit for hit in hits if hit.picture in passing)
        return tuple(hit for hit in hits if all(_accepts(term, hit) for term in mine))

    def _title(self, hit: ListHit) -> str:
        return f"{hit.rank} · {format_value(self._search.ranking, hit.value)}{MARKS[hit.is_right]}"

    def _details(self, hit: ListHit) -> str:
        words = f"In its caption: {', '.join(hit.words)}" if hit.words else ""
        parts = [f"Rank {self._title(hit)}", JUDGEMENTS[hit.is_right], self._search.caption(hit), words]
        parts.append(str(self._search.picture_path(hit)))
        return "\n".join(part for part in parts if part)

    def _is_on_screen(self, hit: ListHit) -> bool:
        current = self._navigation.current
        return current is not None and self._navigation.pairs[current].picture == hit.picture

    def _image(self, hit: ListHit) -> HeatImage | None:
        if not self._state.view.heat:
            return None
        image = self._images.get(hit)
        if image is None:
            image = self._images[hit] = draw_heat(hit.heat, self._state.view)
            if len(self._images) > DRAWN:
                self._images.popitem(last=False)
        return image

    @property
    def _current_look(self) -> tuple[str, bool, bool]:
        view: View = self._state.view
        return view.colours, view.heat, view.grey

    def _on_view_changed(self) -> None:
        if self._current_look != self._look:
            self._look = self._current_look
            self._images.clear()
            self._repaint()

    def _repaint(self) -> None:
        if self._hits:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._hits) - 1, 0))


def _accepts(term: FilterTerm, hit: ListHit) -> bool:
    """Return whether a hit passes a term of ``HIT_KEYS``."""
    judgement = {True: "right", False: "wrong", None: ""}[hit.is_right]
    values: dict[str, RowValue] = {"rank": float(hit.rank), "value": hit.value, "label_hit": judgement}
    return term.accepts(values[term.key])
