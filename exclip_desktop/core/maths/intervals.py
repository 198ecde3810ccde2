"""Means with 95 % confidence intervals over grouped values."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 2000
PERCENTILES: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, the ends of its 95 % confidence interval, and the number of values."""

    mean: float
    low: float
    high: float
    count: int


def bootstrap_interval(groups: list[NDArray[np.float64]]) -> Interval:
    """Return the mean over all values, with its interval; ``groups`` are the values of each scene, at least one.

    The method is that of ``bootstrap_band``.
    """
    mean, low, high = bootstrap_band([np.asarray(group, dtype=np.float64)[:, None] for group in groups])
    return Interval(float(mean[0]), float(low[0]), float(high[0]), sum(map(len, groups)))


def bootstrap_band(
    groups: list[NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean, low and high, (n,) each, over the rows of all ``groups``, (k, n) each.

    The percentile bootstrap (Efron 1979) over groups, always with the same draws: whole groups are drawn with
    replacement, since values of one scene are not independent. It stays within the values' range, as shares must.
    """
    sums = np.stack([group.sum(axis=0) for group in groups])
    sizes = np.array([len(group) for group in groups], dtype=np.float64)
    drawn = np.random.default_rng(0).multinomial(len(groups), np.full(len(groups), 1 / len(groups)), RESAMPLES)
    means = (drawn @ sums) / (drawn @ sizes)[:, None]
    low, high = np.percentile(means, PERCENTILES, axis=0)
    return sums.sum(axis=0) / sizes.sum(), low, high
