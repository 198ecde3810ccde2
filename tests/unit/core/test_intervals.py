"""Confidence intervals of known distributions and of grouped values."""

import numpy as np
import pytest

from exclip_desktop.core.values.study import bootstrap_band, bootstrap_interval


def test_interval_covers_the_mean_in_about_95_percent() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(150):
        actual = bootstrap_interval([rng.normal(2.0, 1.5, 1) for _ in range(30)])
        covered += actual.low <= 2.0 <= actual.high
    assert 0.90 <= covered / 150 <= 0.985


def test_interval_is_as_wide_as_the_normal_one() -> None:
    values = np.random.default_rng(1).normal(0, 1, 400)
    actual = bootstrap_interval([np.array([value]) for value in values])
    assert actual.mean == pytest.approx(values.mean())
    assert actual.count == 400
    assert actual.high - actual.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.06)


def test_values_of_one_scene_are_resampled_together() -> None:
    """Twice the same values in each scene tell no more than once; of scenes of many, the variance is of their sums."""
    values = np.random.default_rng(2).normal(0, 1, 50)
    once, twice = (
        bootstrap_interval([np.array([v]) for v in values]),
        bootstrap_interval([np.array([v, v]) for v in values]),
    )
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))
    assert twice.count == 100
    apart = bootstrap_interval([np.array([v]) for v in values for _ in range(2)])
    assert apart.high - apart.low < 0.8 * (once.high - once.low)


def test_the_mean_is_over_values_and_shares_stay_below_one() -> None:
    actual = bootstrap_interval([np.array([1.0, 1.0, 1.0]), np.array([0.0])])
    assert actual.mean == 0.75
    assert 0 <= actual.low <= actual.high <= 1
    assert bootstrap_interval([np.ones(2), np.ones(1)]).high == 1
    single = bootstrap_interval([np.array([0.3])])
    assert (single.low, single.mean, single.high, single.count) == pytest.approx((0.3, 0.3, 0.3, 1))


def test_a_band_is_an_interval_at_every_position() -> None:
    rng = np.random.default_rng(3)
    groups = [rng.normal(size=(k, 3)) for k in (1, 2, 3, 2, 4)]
    mean, low, high = bootstrap_band(groups)
    for place in range(3):
        one = bootstrap_interval([group[:, place] for group in groups])
        assert (mean[place], low[place], high[place]) == pytest.approx((one.mean, one.low, one.high))
    again = bootstrap_band(groups)
    np.testing.assert_array_equal(low, again[1])
