"""Groups of patches: k-means against all groupings, planted groups, degenerate pictures, the same each time."""

import itertools
import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from exclip_desktop.attribution.formulas.patch_groups import find_picture_parts, group_rows, scale_rows
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.maths.picture_parts import MOST_PARTS, PARTS_METHODS, PartsMethod
from exclip_desktop.core.values.explanation import Factor, SideReport

METHODS = list(PARTS_METHODS)
D = 6


def make_factor(rows: NDArray[np.floating]) -> Factor:
    ends = Ends(rows.sum(0, dtype=np.float64), np.zeros(rows.shape[1]), np.zeros(rows.shape[1]))
    return Factor(rows, ends, SideReport(5, 0.0, None, True, "closed form"))


def spread(rows: NDArray[np.float64], labels: tuple[int, ...]) -> float:
    """Return what k-means minimises: the squared distances to the means of the groups."""
    groups = [rows[[place for place, label in enumerate(labels) if label == group]] for group in set(labels)]
    return sum(float(((group - group.mean(0)) ** 2).sum()) for group in groups)


def test_k_means_finds_the_best_of_all_groupings() -> None:
    rows = np.random.default_rng(0).normal(size=(9, D)).astype(np.float32)
    scaled = scale_rows(rows, (3, 3))
    labels = tuple(group_rows(rows, (3, 3), 2, "kmeans").argmax(1).tolist())
    best = min(spread(scaled, one) for one in itertools.product((0, 1), repeat=9) if 0 < sum(one) < 9)
    assert spread(scaled, labels) == pytest.approx(best, rel=1e-9)


def test_rows_are_averaged_and_divided_by_at_least_the_typical_length() -> None:
    rows = np.random.default_rng(1).normal(size=(20, D)) * np.linspace(0, 2, 20)[:, None]
    grid = rows.reshape(4, 5, D)
    smooth = np.zeros_like(grid)
    for row, column in np.ndindex(4, 5):
        for y, x in np.ndindex(4, 5):
            smooth[row, column] += np.exp(-((row - y) ** 2 + (column - x) ** 2) / (2 * 0.8**2)) * grid[y, x]
    scaled = scale_rows(rows, (4, 5)).reshape(4, 5, D)
    lengths = np.linalg.norm(scaled, axis=2)
    assert lengths.max() == pytest.approx(1)
    assert (lengths < 0.999).mean() == pytest.approx(0.7, abs=0.1)
    cosines = (scaled * smooth).sum(2) / lengths / np.linalg.norm(smooth, axis=2)
    np.testing.assert_allclose(cosines, 1)


@pytest.mark.parametrize("method", METHODS)
def test_planted_groups_are_found_whatever_the_rotation(method: PartsMethod) -> None:
    random = np.random.default_rng(2)
    planted = np.zeros((12, 12), int)
    planted[1:6, 1:6], planted[7:11, 5:11] = 1, 2
    rows = np.eye(3, D)[planted.ravel()] + 0.05 * random.normal(size=(144, D))
    turn, _ = np.linalg.qr(random.normal(size=(D, D)))
    for values in (rows, rows @ turn):
        parts = find_picture_parts(make_factor(values.astype(np.float32)), 0, (12, 12), 3, method)
        for group in range(3):
            truth = planted == group
            assert max((part.mask & truth).sum() / (part.mask | truth).sum() for part in parts.parts) > 0.8


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("grid", [(7, 7), (1, 9), (12, 12)])
def test_the_same_picture_has_the_same_parts(method: PartsMethod, grid: tuple[int, int]) -> None:
    rows = np.random.default_rng(3).normal(size=(1 + grid[0] * grid[1], D)).astype(np.float32)
    first, second = (find_picture_parts(make_factor(rows), 1, grid, 6, method) for _ in range(2))
    np.testing.assert_array_equal(first.labels, second.labels)
    assert [part.share for part in first.parts] == [part.share for part in second.parts]
    assert sum(part.share for part in first.parts) == pytest.approx(1)
    assert first.labels.shape == grid


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_without_different_patches_is_one_part(method: PartsMethod) -> None:
    alone = find_picture_parts(make_factor(np.ones((1, D), np.float32)), 0, (1, 1), MOST_PARTS, method)
    zero = find_picture_parts(make_factor(np.zeros((9, D), np.float32)), 0, (3, 3), 4, method)
    for parts in (alone, zero):
        assert len(parts.parts) == 1
        assert parts.parts[0].mask.all()
    assert alone.parts[0].share == pytest.approx(1)
    assert zero.parts[0].share == 0
    assert not zero.parts[0].direction.any()


@pytest.mark.parametrize("method", METHODS)
def test_there_are_never_more_parts_than_patches(method: PartsMethod) -> None:
    rows = np.random.default_rng(4).normal(size=(4, D)).astype(np.float32)
    parts = find_picture_parts(make_factor(rows), 0, (2, 2), MOST_PARTS, method)
    assert 1 <= len(parts.parts) <= 4
    assert parts.count == MOST_PARTS
    uniform = find_picture_parts(make_factor(np.ones((144, D), np.float32)), 0, (12, 12), 5, method)
    assert 1 <= len(uniform.parts) <= 5  # the edges' averages are shorter


@pytest.mark.parametrize("method", METHODS)
def test_the_largest_grids_need_little_memory(method: PartsMethod) -> None:
    side = 37
    rows = np.random.default_rng(5).normal(size=(side * side, 32)).astype(np.float32)
    group_rows(rows[:16], (4, 4), 2, method)  # imports
    tracemalloc.start()
    group_rows(rows, (side, side), MOST_PARTS, method)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 80e6  # N² products are 15 MB


@pytest.mark.parametrize(
    ("count", "method"), [(1, "kmeans"), (13, "kmeans"), (True, "nmf"), ("5", "nmf"), (5, "lda"), (5, None)]
)
def test_wrong_counts_and_methods_are_refused(count: int, method: PartsMethod) -> None:
    with pytest.raises(SettingsError):
        find_picture_parts(make_factor(np.ones((4, D), np.float32)), 0, (2, 2), count, method)
