"""Selected shares of patches, hidden regions, and the two orders of regions."""

from dataclasses import replace

import numpy as np
import pytest

from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.places import places_of_regions
from exclip_desktop.core.values.selection import (
    ListedRegion,
    Region,
    Selection,
    block_sum,
    coverage,
    follow_region,
    list_regions,
    with_regions,
)

GEOMETRY = Geometry((40, 40), (0.0, 0.0, 40.0, 40.0), (4, 4))
LEFT, CORNER = Region((0.0, 0.0, 20.0, 40.0)), Region((0.0, 0.0, 10.0, 15.0), subtract=True)
LASSO = Region.lasso(((20.0, 0.0), (40.0, 0.0), (40.0, 20.0), (20.0, 20.0)), subtract=True)


@pytest.mark.parametrize("regions", [(CORNER,), (LASSO,), (CORNER, LASSO)])
def test_regions_that_are_all_subtracted_leave_the_rest_of_the_picture(regions: tuple[Region, ...]) -> None:
    share = coverage(GEOMETRY, regions)
    expected = np.ones((4, 4))
    if CORNER in regions:
        expected[:2, 0] = [0.0, 0.5]
    if LASSO in regions:
        expected[:2, 2:] = 0.0
    np.testing.assert_allclose(share, expected)


def test_a_box_and_the_same_box_subtracted_add_up_to_the_whole_picture() -> None:
    values = np.random.default_rng(3).normal(size=(5, 1 + 16)).astype(np.float32)
    matrix = InteractionMatrix(values, np.ones(5, bool), 1, (4, 4))
    box = Region((3.0, 7.0, 31.0, 22.0))
    sums = [
        block_sum(matrix, GEOMETRY, Selection((1, 2), regions))
        for regions in ((box,), (replace(box, subtract=True),), ())
    ]
    assert sums[0] + sums[1] == pytest.approx(sums[2], abs=1e-9)
    assert abs(sums[1]) > 1e-3


def test_the_order_of_drawing_still_counts() -> None:
    expected = np.zeros((4, 4))
    expected[:, :2] = 1.0
    np.testing.assert_allclose(coverage(GEOMETRY, (CORNER, LEFT)), expected)
    expected[:2, 0] = [0.0, 0.5]
    np.testing.assert_allclose(coverage(GEOMETRY, (LEFT, CORNER)), expected)
    assert coverage(GEOMETRY, ()) is None


def test_a_place_of_subtracted_regions_among_others_is_empty_and_alone_the_rest() -> None:
    named = Region(LEFT.box, name="dog")
    dog, rest = places_of_regions((named, CORNER), (40, 40))
    assert (dog.truth.inside.sum(), rest.truth.inside.sum()) == (800, 0)
    (alone,) = places_of_regions((CORNER,), (40, 40))
    assert alone.truth.inside.sum() == 1600 - 150


def test_hidden_regions_keep_their_places_and_count_nowhere() -> None:
    a, b, c = (Region((n, 0.0, n + 5.0, 5.0), name=str(n)) for n in (0.0, 10.0, 20.0))
    listed = (ListedRegion(a, visible=False), ListedRegion(b), ListedRegion(c, visible=False))
    selection = with_regions(Selection((1,)), listed)
    assert selection == Selection((1,), (b,), hidden=((0, a), (2, c)))
    assert list_regions(selection) == listed
    assert list_regions(Selection((), (b,), hidden=((0, a), (9, c)))) == listed
    assert with_regions(selection, ()) == Selection((1,))


def test_a_selection_with_hidden_regions_only_is_everything() -> None:
    assert Selection(hidden=((0, LEFT),)).is_everything
    assert not Selection((), (CORNER,)).is_everything


def test_a_region_is_followed_by_what_it_is_where_the_number_of_regions_changes() -> None:
    a, b, c = (Region((n, 0.0, n + 5.0, 5.0)) for n in (0.0, 10.0, 20.0))
    assert follow_region((a, b), (a, c), 1) == 1  # moved
    assert follow_region((a, b), (a, b, c), 1) == 1
    assert follow_region((a, b, c), (b, c), 2) == 1
    assert follow_region((a, b), (a,), 1) is None
    assert follow_region((a,), (a, b), 1) is None
    assert follow_region((a,), (), None) is None
