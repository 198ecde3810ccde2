"""The order of the walk: filter, order, next pairs, and pairs that leave or join while a person goes on."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from exclip_desktop.core.values.pair_list import Arrangement, ListedPair, PairFigures, PairList
from exclip_desktop.core.values.pair_remarks import PairKey, PairRemark
from exclip_desktop.session.lists.list_reading import Figures, with_lookups
from exclip_desktop.session.lists.pair_values import PairValues
from exclip_desktop.session.lists.walk_order import WalkOrder

PAIRS = (
    ListedPair("a", "sub/10.png", "A Dog", "animals"),
    ListedPair("b", "2.png", "a cat"),
    ListedPair("c", "3.png", "a fish"),
    ListedPair("d", "4.png", "a dogfish", "fishes"),
)
FIGURES = {
    0: PairFigures(0.3, 1e-4, rating="unsure"),
    1: PairFigures(rating="match"),
    2: PairFigures(0.1, 2e-4, 0.5),
    3: PairFigures(failure="No picture."),
}


class Walk:
    def __init__(self, figures: Mapping[int, PairFigures] = FIGURES, pairs: tuple[ListedPair, ...] = PAIRS) -> None:
        self.values, self.figures = PairValues(), Figures(figures)
        self.remarks: dict[PairKey, PairRemark] = {}
        self.values.remarks = lambda: self.remarks
        self.loaded = with_lookups(PairList(Path("/l/list.csv"), Path("/l"), pairs))
        self.values.use(self.loaded, self.figures)
        self.order = WalkOrder(self.values)
        self.order.refresh()
        self.rows: list[str] = []
        self.order.row_removal_started.connect(lambda row: self.rows.append(f"-{row}"))
        self.order.row_insertion_started.connect(lambda row: self.rows.append(f"+{row}"))

    def filter(self, query: str) -> tuple[int, ...]:
        self.order.arrange(Arrangement(query))
        return self.order.places

    def rate(self, place: int, rating: str, *tags: str, note: str = "") -> None:
        self.remarks[self.values.key(place)] = PairRemark(rating, tags, note, 1)  # type: ignore[arg-type]
        self.order.recheck(place)


@pytest.mark.parametrize(
    ("requested", "places"),
    [
        ({}, (0, 1, 2, 3)),
        ({"descending": True}, (3, 2, 1, 0)),
        ({"holding": " DOG "}, (0, 3)),
        ({"holding": "animals"}, (0,)),
        ({"holding": "3.png"}, (2,)),
        ({"holding": "file:sub"}, (0,)),
        ({"holding": "label:none"}, (1, 2)),
        ({"holding": "rating:match"}, (1,)),
        ({"holding": "rating:unrated"}, (2, 3)),
        ({"holding": "is:unrated"}, (2, 3)),
        ({"holding": "score>0.2"}, (0,)),
        ({"holding": "residual<0.001 share>0.4"}, (2,)),
        ({"holding": "is:failed"}, (3,)),
        ({"shown": "open"}, (1,)),
        ({"shown": "explained"}, (0, 2)),
        ({"shown": "failed", "holding": "dog"}, (3,)),
        ({"by": "score"}, (2, 0, 1, 3)),
        ({"by": "score", "descending": True}, (0, 2, 1, 3)),
        ({"by": "share"}, (2, 0, 1, 3)),
        ({"by": "rating"}, (1, 0, 2, 3)),
        ({"by": "rating", "descending": True}, (0, 1, 2, 3)),
        ({"by": "file"}, (1, 2, 3, 0)),
        ({"by": "caption"}, (1, 0, 3, 2)),
        ({"by": "label", "descending": True}, (3, 0, 1, 2)),
        ({"by": "state"}, (0, 2, 3, 1)),
        ({"by": "residual", "shown": "explained", "descending": True}, (2, 0)),
    ],
)
def test_arrangement(requested: dict[str, object], places: tuple[int, ...]) -> None:
    walk = Walk()
    walk.order.arrange(Arrangement(**requested))  # type: ignore[arg-type]
    assert walk.order.places == places
    assert [walk.order.row_of(place) for place in places] == list(range(len(places)))
    assert all(walk.order.row_of(place) is None for place in set(range(4)) - set(places))


def test_ratings_tags_and_notes_are_those_of_the_findings() -> None:
    walk = Walk()
    walk.rate(2, "artefact", "colour", "left and right", note="A second fish.")
    assert walk.filter("rating:artefact") == (2,)
    assert walk.filter('tag:"left and right"') == (2,)
    assert walk.filter("second") == (2,)
    assert walk.filter("is:tagged is:noted") == (2,)
    walk.rate(3, "match", "colour")
    offered = {key.key: key.offered for key in walk.values.filter_keys()}
    assert offered["tag"] == ("colour", "left and right", "none")
    assert offered["label"] == ("animals", "fishes", "none")


def test_the_pair_on_screen_leaves_the_filter_when_another_is_shown() -> None:
    walk = Walk({})
    assert walk.filter("rating:unrated") == (0, 1, 2, 3)
    walk.order.put_current(1)
    walk.rate(1, "match")
    assert walk.order.places == (0, 1, 2, 3)
    assert walk.order.find_step(1) == 2
    walk.order.put_current(2)
    assert (walk.order.places, walk.rows) == ((0, 2, 3), ["-1"])
    assert (walk.order.find_step(-1), walk.order.find_step(1)) == (0, 3)


def test_other_pairs_leave_and_join_at_once() -> None:
    walk = Walk({})
    walk.filter("rating:match")
    walk.order.put_current(0)
    for place in (3, 1, 2):
        walk.rate(place, "match")
    assert (walk.order.places, walk.rows) == ((1, 2, 3), ["+0", "+0", "+1"])
    walk.rate(2, "")
    assert (walk.order.places, walk.rows[-1]) == ((1, 3), "-1")


def test_a_pair_joins_at_its_place_in_the_order() -> None:
    walk = Walk({place: PairFigures(0.1 * (place + 1)) for place in range(3)})
    walk.order.arrange(Arrangement("-rating:match", by="score", descending=True))
    assert walk.order.places == (2, 1, 0, 3)
    for place in (1, 3):
        walk.rate(place, "match")
    assert walk.order.places == (2, 0)
    for place in (3, 1):
        walk.rate(place, "")
    assert walk.order.places == (2, 1, 0, 3)


def test_new_figures_do_not_move_rows() -> None:
    walk = Walk({0: PairFigures(0.3), 1: PairFigures(0.2)})
    walk.order.arrange(Arrangement("a", by="score"))
    assert walk.order.places == (1, 0, 2, 3)
    walk.figures.add(3, PairFigures(0.1))
    walk.order.recheck(3)
    assert walk.order.places == (1, 0, 2, 3)
    assert walk.order.row_of(3) == 3


def test_the_rated_pair_on_screen_stays_when_all_remarks_are_read_again() -> None:
    walk = Walk({})
    walk.filter("rating:unrated")
    walk.order.put_current(1)
    for place in (0, 1):
        walk.remarks[walk.values.key(place)] = PairRemark("match", count=1)
    walk.order.refresh_remarks()
    assert walk.order.places == (1, 2, 3)
    walk.filter("rating:unrated")
    assert walk.order.places == (2, 3)


def test_the_walk_goes_on_where_the_pair_on_screen_would_be() -> None:
    walk = Walk()
    walk.order.put_current(1)
    walk.filter("fish")
    assert (walk.order.find_step(1), walk.order.find_step(-1)) == (2, 2)
    walk.order.put_current(3)
    walk.order.arrange(Arrangement("-dogfish", by="file"))
    assert walk.order.places == (1, 2, 0)
    assert (walk.order.find_step(1), walk.order.find_step(-1)) == (0, 2)


def test_the_next_pairs_are_those_of_the_list_on_screen() -> None:
    walk = Walk()
    walk.order.arrange(Arrangement(by="score"))
    walk.order.put_current(2)
    assert walk.order.upcoming(2) == (0, 1)
    assert walk.order.upcoming(9) == (0, 1, 3)
    walk.order.put_current(3)
    assert walk.order.upcoming(2) == ()
    assert walk.order.upcoming(2, backwards=True) == (1, 0)
    walk.order.put_current(None)
    assert walk.order.upcoming(1) == (2,)
    walk.filter("nothing")
    assert walk.order.upcoming(1) == ()
