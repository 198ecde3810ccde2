"""Edits the list of regions: adds, names, hides, duplicates and removes them, each as an undo step."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject

from exclip_desktop.core.values.selection import ListedRegion, Region, Selection, list_regions, with_regions
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.state import State

Listed = tuple[ListedRegion, ...]


class RegionController(QObject):
    """Handles intents about regions by their place in the list of all regions, hidden ones too."""

    def __init__(self, state: State, selection_controller: SelectionController, parent: QObject | None = None) -> None:
        """Change ``state`` by undo steps of ``selection_controller``."""
        super().__init__(parent)
        self._state, self._selection_controller = state, selection_controller

    @property
    def listed(self) -> Listed:
        """All regions, in the order they were drawn."""
        return list_regions(self._state.selection)

    @property
    def current_index(self) -> int | None:
        """The index, among the visible regions, of the current one or of the only one; None: there is none."""
        if self._state.current_region is not None:
            return self._state.current_region
        return 0 if len(self._state.selection.regions) == 1 else None

    @property
    def current_place(self) -> int | None:
        """The place of the current region, or of the only visible one; None: there is none."""
        index = self.current_index
        return None if index is None else self._visible_places()[index]

    def choose(self, place: int | None) -> None:
        """Make a visible region the current one; a hidden one, or None: none of them."""
        visible = self._visible_places()
        self._selection_controller.choose_region(visible.index(place) if place in visible else None)

    def step(self, by: int) -> None:
        """Make the next or previous visible region the current one, and from the last one the first."""
        count, current = len(self._state.selection.regions), self._state.current_region
        if count:
            start = current if current is not None else -1 if by > 0 else 0
            self._selection_controller.choose_region((start + by) % count)

    def add(self, region: Region, what: str = "draw box") -> None:
        """Add a region and make it the current one; ``what`` names the undo step."""
        self._put(what, (*self.listed, ListedRegion(region)), len(self._state.selection.regions))

    def name(self, place: int, name: str) -> None:
        """Name a region; an empty name removes the name."""
        self._change("name box", place, lambda one: replace(one, region=replace(one.region, name=name.strip())))

    def set_subtracted(self, place: int, subtract: bool) -> None:
        """Subtract a region from those before it, or add it."""
        what = "subtract box" if subtract else "add box"
        self._change(what, place, lambda one: replace(one, region=replace(one.region, subtract=subtract)))

    def set_visible(self, place: int, visible: bool) -> None:
        """Show a region, or hide it: then it is not selected."""
        self._change("show box" if visible else "hide box", place, lambda one: replace(one, visible=visible))

    def show_all(self) -> None:
        """Show all hidden regions."""
        self._put("show boxes", tuple(replace(one, visible=True) for one in self.listed))

    def replace_all(self, regions: Sequence[Region], what: str) -> None:
        """Put other regions in place of all, hidden ones too."""
        self._put(what, tuple(map(ListedRegion, regions)))

    def remove(self, places: Sequence[int]) -> None:
        """Remove regions."""
        left = tuple(one for place, one in enumerate(self.listed) if place not in places)
        self._put("remove box" if len(places) == 1 else "remove boxes", left)

    def _change(self, what: str, place: int, change: Callable[[ListedRegion], ListedRegion]) -> None:
        listed = self.listed
        if 0 <= place < len(listed):
            self._put(what, (*listed[:place], change(listed[place]), *listed[place + 1 :]))

    def _put(self, what: str, listed: Listed, current: int | None = None) -> None:
        before: Selection = self._state.selection
        after = with_regions(before, listed)
        if after != before:
            self._selection_controller.commit_selection(what, before, after)
        if current is not None:
            self._selection_controller.choose_region(current)

    def _visible_places(self) -> list[int]:
        return [place for place, one in enumerate(self.listed) if one.visible]
