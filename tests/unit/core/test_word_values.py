"""Values that colour words: strongest regions against brute force, and which patches count when."""

import numpy as np
import pytest

from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.maths.word_values import PatchSquare, find_strongest_region, word_values
from exclip_desktop.core.values.answers import Maps
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Preview, Region, Selection, token_heat

GRID = (9, 12)
GEOMETRY = Geometry((120, 90), (0, 0, 120, 90), GRID)
WORDS = ((1,), (2, 3))
NOTHING = Selection(), Preview()


@pytest.fixture
def matrix() -> InteractionMatrix:
    values = np.random.default_rng(5).normal(0, 1, (5, 1 + GRID[0] * GRID[1])).astype(np.float32)
    return InteractionMatrix(values, np.array([False, True, True, True, False]), 1, GRID)


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (7, 7), (12, 12), (9, 24)])
def test_the_strongest_region_is_found_as_by_brute_force(shape: tuple[int, int]) -> None:
    heat = np.random.default_rng(sum(shape)).normal(0, 1, shape)
    side = max(1, round(min(shape) / 3))
    sums = {
        (row, column): heat[row : row + side, column : column + side].sum()
        for row in range(shape[0] - side + 1)
        for column in range(shape[1] - side + 1)
    }
    row, column = max(sums, key=lambda at: abs(sums[at]))
    assert find_strongest_region(heat) == PatchSquare(row, column, side)


def test_a_negative_region_counts_where_it_is_stronger() -> None:
    heat = np.zeros((6, 6))
    heat[0, 0], heat[5, 4:] = 0.3, -0.2
    assert find_strongest_region(heat) == PatchSquare(4, 4, 2)


def test_each_word_has_the_sum_that_a_box_on_its_strongest_region_gives(matrix: InteractionMatrix) -> None:
    values = word_values(matrix, GEOMETRY, *NOTHING, WORDS, "region")
    for rows in WORDS:
        square = find_strongest_region(matrix.patch_heat(rows))
        box = (10.0 * square.column, 10.0 * square.row, 10.0 * (square.column + 3), 10.0 * (square.row + 3))
        boxed = token_heat(matrix, GEOMETRY, Selection(regions=(Region(box),)), Preview())
        np.testing.assert_allclose(values[list(rows)], boxed[list(rows)], rtol=1e-12)
        assert values[list(rows)].sum() == pytest.approx(matrix.patch_heat(rows)[square.patches].sum())
    whole = matrix.token_heat()
    assert (values[[0, 4]] == whole[[0, 4]]).all()  # rows of no word


def test_a_box_a_hovered_patch_or_the_choice_of_the_whole_picture_decide_instead(matrix: InteractionMatrix) -> None:
    box = Selection(regions=(Region((0.0, 0.0, 55.0, 40.0)),))
    for selection, preview, words_by in (
        (box, Preview(), "region"),
        (Selection(), Preview(patch=(2, 3)), "region"),
        (Selection((2,)), Preview(rows=(1,)), "picture"),
    ):
        values = word_values(matrix, GEOMETRY, selection, preview, WORDS, words_by)
        np.testing.assert_array_equal(values, token_heat(matrix, GEOMETRY, selection, preview))


def test_a_map_keeps_its_own_values_of_words() -> None:
    maps = Maps(np.ones(GRID), np.arange(5.0), np.ones(5, dtype=bool))
    assert (word_values(maps, GEOMETRY, *NOTHING, WORDS, "region") == np.arange(5.0)).all()
