"""What is known of a list's pairs, by one model and its settings."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from exclip_desktop.core.values.pair_figures import PairFigures

NOTHING: Final = PairFigures()


class Figures:
    """Figures of pairs, by their places in the list; those of other settings than the last ones are forgotten.

    Attributes:
        known: all of them.

    """

    def __init__(self, known: Mapping[int, PairFigures] | None = None) -> None:
        """Begin with those that a project has kept, by whichever settings."""
        self.known: dict[int, PairFigures] = dict(known or {})
        self._by = ""  # what the last ones were found by; all that were found by anything else are forgotten already

    def get(self, place: int) -> PairFigures | None:
        """Return what is known of a pair."""
        return self.known.get(place)

    def keep(self, place: int, found: PairFigures) -> bool:
        """Take in what was found of a pair; return whether that made those of others forgotten."""
        changed = found.by not in ("", self._by) and self._forget_others(found.by)
        before = self.known.get(place, found)
        self.known[place] = replace(found, rating=found.rating or before.rating)
        return changed

    def take(self, told: Mapping[int, PairFigures]) -> bool:
        """Take in all that a project has kept: ratings, and what was found by the same settings.

        Returns whether anything was not known so.
        """
        unrated = {place: NOTHING for place, known in self.known.items() if known.rating and place not in told}
        new = {place: kept for place, kept in told.items() if self.known.get(place) != kept} | unrated
        before = {place: self.known.get(place, NOTHING) for place in new}
        for place, kept in new.items():
            same = kept.score is not None and self._by in ("", kept.by)
            self.known[place] = replace(kept if same else before[place], rating=kept.rating)
        return any(self.known[place] != known for place, known in before.items())

    def move(self, places: Mapping[int, int]) -> None:
        """Let each pair have another place; those that have none any more are forgotten."""
        self.known = {places[place]: known for place, known in self.known.items() if place in places}

    def rate(self, place: int, rating: str) -> None:
        """Take in what a person calls a pair."""
        self.known[place] = replace(self.known.get(place, NOTHING), rating=rating)

    def _forget_others(self, by: str) -> bool:
        self._by = by
        others = [place for place, known in self.known.items() if known.by not in ("", by)]
        for place in others:
            self.known[place] = self.known[place].rated_only
        return bool(others)
