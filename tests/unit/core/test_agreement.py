"""Agreement between heats, against brute force."""

import itertools
import math

import numpy as np
import pytest

from exclip_desktop.core.maths.agreement import compute_agreement, compute_rank_correlations, compute_top_overlaps
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region

FOUR = Geometry((40, 40), (0.0, 0.0, 40.0, 40.0), (4, 4))
TWO = Geometry((40, 40), (0.0, 0.0, 40.0, 40.0), (2, 2))
CROPPED = Geometry((40, 40), (10.0, 0.0, 30.0, 20.0), (2, 2))
BOX = Region((0.0, 0.0, 20.0, 10.0))


def _ranks(values: list[float]) -> list[float]:
    """Count for every value the smaller ones, and half of the equal ones."""
    return [sum(v < value for v in values) + (sum(v == value for v in values) + 1) / 2 for value in values]


def _pearson(xs: list[float], ys: list[float]) -> float:
    x0, y0 = sum(xs) / len(xs), sum(ys) / len(ys)
    both = sum((x - x0) * (y - y0) for x, y in zip(xs, ys, strict=True))
    return both / math.sqrt(sum((x - x0) ** 2 for x in xs) * sum((y - y0) ** 2 for y in ys))


@pytest.mark.parametrize("digits", [8, 0])  # rounded to whole numbers, many are equal
def test_rank_correlation_is_pearsons_of_mean_ranks(digits: int) -> None:
    rows = np.round(np.random.default_rng(3).normal(0, 1.5, (4, 30)), digits)
    actual = compute_rank_correlations(rows)
    for one, other in itertools.product(range(4), repeat=2):
        expected = _pearson(_ranks(rows[one].tolist()), _ranks(rows[other].tolist()))
        assert actual[one, other] == pytest.approx(expected, abs=1e-12)


def test_correlation_depends_on_order_only_and_is_nan_without_order() -> None:
    row = np.arange(6.0)
    actual = compute_rank_correlations(np.array([row, row**3, -row, np.ones(6)]))
    assert actual[0, :3].tolist() == pytest.approx([1.0, 1.0, -1.0])
    assert np.isnan(actual[3]).all()
    assert np.isnan(compute_rank_correlations(np.ones((2, 1)))).all()


def test_overlap_counts_common_top_patches() -> None:
    rows = np.array([[9.0, 8.0, 7.0, 1.0, 0.0], [9.0, 0.0, 7.0, 8.0, 1.0], [5.0, 5.0, 5.0, 5.0, 5.0]])
    for top in range(1, 6):
        best = [set(sorted(range(5), key=lambda at, row=row: (-row[at], at))[:top]) for row in rows]
        expected = [[len(one & other) / top for other in best] for one in best]
        assert compute_top_overlaps(rows, top).tolist() == pytest.approx(np.array(expected))


def test_a_box_sets_the_patch_count_and_has_a_share_of_positive_heat() -> None:
    heat = np.zeros((4, 4))
    heat[0, :3], heat[3, 3] = (3.0, 2.0, 1.0), -5.0
    actual = compute_agreement([(heat, FOUR), (-heat, FOUR), (np.zeros((4, 4)), FOUR)], (BOX,))
    assert actual.top == 2
    assert actual.inside is not None
    assert actual.inside[:2].tolist() == [pytest.approx(5 / 6), 0.0]
    assert np.isnan(actual.inside[2])


def test_without_a_box_a_tenth_of_the_patches_is_compared() -> None:
    heat = np.random.default_rng(1).normal(size=(4, 4))
    actual = compute_agreement([(heat, FOUR), (heat * 7, FOUR)], ())
    assert (actual.top, actual.inside) == (2, None)
    assert actual.ranks.tolist() == pytest.approx(np.ones((2, 2)))
    assert actual.overlaps.tolist() == np.ones((2, 2)).tolist()


def test_other_grids_are_sampled_at_the_centres_of_the_finest() -> None:
    coarse = np.array([[4.0, 3.0], [2.0, 1.0]])
    actual = compute_agreement([(coarse, TWO), (coarse.repeat(2, 0).repeat(2, 1), FOUR)], ())
    assert actual.ranks[0, 1] == pytest.approx(1.0)


def test_only_patches_that_every_model_sees_are_compared() -> None:
    fine, cropped = np.arange(16.0).reshape(4, 4), np.array([[1.0, 2.0], [3.0, 4.0]])
    actual = compute_agreement([(fine, FOUR), (cropped, CROPPED)], ())
    assert actual.ranks[0, 1] == pytest.approx(1.0)  # rows 0 and 1, columns 1 and 2
    assert actual.top == 1
    nowhere = Geometry((40, 40), (100.0, 100.0, 140.0, 140.0), (2, 2))
    nothing = compute_agreement([(fine, FOUR), (cropped, nowhere)], (BOX,))
    assert np.isnan(nothing.ranks).all()
    assert np.isnan(nothing.overlaps).all()
    assert nothing.top == 1
