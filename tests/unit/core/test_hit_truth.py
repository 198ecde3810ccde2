"""Hits and labelled regions: which labels a query names, which hits are right, precision at k."""

import numpy as np
import pytest

from exclip_desktop.core.maths.hit_truth import judge_hit, judge_hits, measure_precision, name_labels
from exclip_desktop.core.maths.search_hits import SearchHit
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region

GEOMETRY = Geometry((80, 60), (0.0, 0.0, 80.0, 60.0), (6, 8))  # patches of 10 pixels
DOG = Region((10, 10, 40, 40), name="dog")
RED_CAR = Region((50, 20, 80, 60), name="Red car")


def make_heat(row: int, column: int) -> np.ndarray:
    heat = np.zeros((6, 8), np.float32)
    heat[row, column] = 1
    return heat


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a picture of a DOG", {"dog"}),
        ("two dogs", {"dog"}),
        ("a red car, parked", {"Red car"}),
        ("a red balloon", set()),
        ("hotdogs", set()),
        ("a dog and a red car", {"dog", "Red car"}),
    ],
)
def test_a_label_counts_if_its_name_stands_in_the_words(query: str, expected: set[str]) -> None:
    assert name_labels(query, ["dog", "Red car", "", "!"]) == expected


@pytest.mark.parametrize(
    ("row", "column", "labels", "expected"),
    [
        (2, 2, {"dog"}, True),
        (2, 6, {"dog"}, False),
        (2, 6, {"Red car"}, True),
        (2, 2, {"cat"}, False),  # labels, but none that counts
        (2, 2, set(), None),  # the query names no label
    ],
)
def test_the_strongest_place_decides(row: int, column: int, labels: set[str], expected: bool | None) -> None:
    assert judge_hit(make_heat(row, column), GEOMETRY, (DOG, RED_CAR), frozenset(labels)) is expected


def test_neither_nameless_nor_subtracted_regions_judge() -> None:
    others = (Region((0, 0, 80, 60)), Region((0, 0, 80, 60), subtract=True, name="dog"))
    assert judge_hit(make_heat(2, 2), GEOMETRY, others, frozenset({"dog"})) is None


def test_hits_take_captions_and_labels_of_all_pairs_of_their_picture() -> None:
    region = np.zeros((6, 8), bool)
    region[2, 1:3] = True
    hit = SearchHit("a.png", 1.0, {"sum": 1.0}, make_heat(2, 2), region, GEOMETRY.box_around(region), GEOMETRY)
    assert hit.box == (10, 20, 30, 30)
    pairs = [ListedPair("1", "a.png", "first"), ListedPair("2", "a.png", "second", regions=(DOG,))]
    (judged,) = judge_hits("a dog", [hit], pairs)
    assert (judged.caption, judged.is_right) == ("first", True)
    (alone,) = judge_hits("a dog", [hit], [])
    assert (alone.caption, alone.is_right) == ("", None)


def test_precision_counts_only_judged_hits() -> None:
    values = [(one.first, one.right, one.judged) for one in measure_precision([True, None, False, True, True, None])]
    assert values == [(1, 1, 1), (5, 3, 4)]
    assert measure_precision([True, None, False, True, True])[1].share == pytest.approx(0.75)
    assert measure_precision([None] * 5) == ()
    assert measure_precision([]) == ()
