"""Figures of a list are by one model and settings, whatever a list's length."""

from collections.abc import ItemsView
from dataclasses import replace

import pytest

from exclip_desktop.core.values.pair_list import PairFigures
from exclip_desktop.session.lists.list_reading import Figures

A, B = PairFigures(0.1, 0.0, by="a"), PairFigures(0.2, 0.0, by="b")


def test_figures_by_other_settings_are_forgotten_and_ratings_stay() -> None:
    figures = Figures()
    assert not figures.add(0, A)
    figures.set_rating(0, "match")
    figures.set_rating(1, "unsure")
    assert not figures.add(1, A)
    assert figures.add(2, B)
    assert figures.known == {0: PairFigures(rating="match"), 1: PairFigures(rating="unsure"), 2: B}
    assert not figures.add(0, B)
    assert figures.get(0) == replace(B, rating="match")
    assert figures.get(3) is None


def test_a_failure_is_by_no_settings() -> None:
    figures, failed = Figures(), PairFigures(failure="gone")
    figures.add(0, failed)
    figures.add(1, A)
    assert not figures.add(2, failed)
    assert figures.add(1, B)
    assert figures.get(0) == failed


def test_stored_figures_of_several_settings_stay_until_one_is_known() -> None:
    kept = {0: A, 1: B, 2: A}
    figures = Figures(kept)
    figures.set_rating(1, "match")
    assert figures.known == {0: A, 1: replace(B, rating="match"), 2: A}
    assert figures.add(3, A)
    assert figures.get(1) == PairFigures(rating="match")
    assert figures.get(2) == A
    assert kept == {0: A, 1: B, 2: A}


class Counting(dict[int, PairFigures]):
    """Counts how often all of it is looked through."""

    looks = 0

    def items(self) -> ItemsView[int, PairFigures]:  # type: ignore[override]
        self.looks += 1
        return super().items()


@pytest.mark.parametrize("many", [10, 1000])
def test_the_list_is_looked_through_once_a_change_of_settings(many: int) -> None:
    figures = Figures()
    figures.known = counting = Counting()
    for by in (A, B, A):
        for place in range(many):
            figures.add(place, by)
    assert counting.looks == 3


def test_figures_stored_meanwhile_are_taken_if_the_settings_are_equal() -> None:
    figures = Figures()
    figures.add(0, A)
    figures.add(1, PairFigures(failure="gone"))
    expected = {0: B, 1: PairFigures(rating="unsure"), 2: replace(A, rating="match"), 3: replace(B, rating="match")}
    assert figures.merge(expected)
    assert figures.known == {
        0: A,
        1: PairFigures(failure="gone", rating="unsure"),
        2: replace(A, rating="match"),
        3: PairFigures(rating="match"),
    }
    assert not figures.merge(expected)
    assert figures.merge({2: A, 1: A})
    assert figures.known == {0: A, 1: A, 2: A, 3: PairFigures()}, "what was rated is not any more"


def test_figures_go_where_their_pairs_go() -> None:
    figures = Figures({0: A, 1: B, 2: PairFigures(rating="match")})
    figures.move({0: 1, 2: 0})
    assert figures.known == {1: A, 0: PairFigures(rating="match")}
