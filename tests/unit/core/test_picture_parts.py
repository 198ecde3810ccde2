"""Parts of a picture, similar patches and directions: sums, shares and orders against arithmetic written out."""

import numpy as np
import pytest

from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.maths.mask_outlines import drawn_lines, mask_region, mask_regions
from exclip_desktop.core.maths.matrix_directions import find_directions
from exclip_desktop.core.maths.picture_parts import (
    MOST_PARTS,
    PART_COLOURS,
    PARTS_METHODS,
    centre_words,
    make_parts,
    name_part,
    value_part,
)
from exclip_desktop.core.maths.similar_patches import similar_patches
from exclip_desktop.core.values.caption import Caption, Token, Word
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_matrix import SMALL_SUM
from exclip_desktop.core.values.selection import coverage

GRID = (3, 4)
RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(12, 5)).astype(np.float32)
EMBEDDING = RANDOM.normal(size=5)


def make_caption() -> Caption:
    text = "red balloon"
    kinds = (("[SOT]", "start", 0, 0), ("red", "content", 0, 3), ("ball", "content", 4, 8), ("oon", "content", 8, 11))
    tokens = tuple(Token(number, *kind) for number, kind in enumerate((*kinds, ("[EOT]", "end", 11, 11))))  # type: ignore[arg-type]
    return Caption(text, tokens, (Word("red", 0, 3, (1,)), Word("balloon", 4, 11, (2, 3))), None, 77)


def make_matrix() -> InteractionMatrix:
    values = np.random.default_rng(1).normal(size=(5, 13)).astype(np.float32)
    return InteractionMatrix(values, np.array([False, True, True, True, False]), 1, GRID)


def test_every_patch_belongs_to_one_part_and_the_shares_add_up_to_one() -> None:
    weights = np.abs(np.random.default_rng(2).normal(size=(12, 3)))
    parts = make_parts(ROWS, EMBEDDING, GRID, weights, "nmf", 3)
    assert sum(part.mask.astype(int) for part in parts.parts).tolist() == np.ones(GRID).tolist()  # type: ignore[union-attr]
    assert sum(part.share for part in parts.parts) == pytest.approx(1)
    assert [part.share for part in parts.parts] == sorted((part.share for part in parts.parts), reverse=True)
    whole = (ROWS.astype(float) @ EMBEDDING).sum()
    for place, part in enumerate(parts.parts):
        np.testing.assert_array_equal(parts.labels == place, part.mask)
        rows = ROWS[part.mask.ravel()].astype(float)
        assert part.share == pytest.approx((rows @ EMBEDDING).sum() / whole)
        np.testing.assert_allclose(part.direction, rows.sum(0) / np.linalg.norm(rows.sum(0)))
        assert part.weights.max() == 1
        assert part.size == part.mask.sum()


def test_a_part_has_the_values_of_its_mask_drawn_as_a_region() -> None:
    parts = make_parts(ROWS, EMBEDDING, GRID, np.eye(2)[[0, 1] * 6], "kmeans", 2)
    matrix, caption = make_matrix(), make_caption()
    geometry = Geometry((40, 30), (0, 0, 40, 30), GRID)
    whole = matrix.values[:, 1:].sum()
    for part in parts.parts:
        values = value_part(part, matrix, caption, SMALL_SUM)
        drawn = coverage(geometry, mask_regions(part.mask, geometry))
        by_token = matrix.token_heat(drawn)
        assert values.value == pytest.approx(by_token.sum())
        assert values.share == pytest.approx(by_token.sum() / whole, rel=1e-5)
        assert {one.word: pytest.approx(one.value) for one in values.words} == {
            "red": by_token[1],
            "balloon": by_token[2] + by_token[3],
        }
        assert values.words[0].value >= values.words[1].value
        assert value_part(part, matrix, caption, 1e9).share is None


def test_there_is_a_colour_for_every_part() -> None:
    assert len(set(PART_COLOURS)) == MOST_PARTS
    assert set(PARTS_METHODS) == {"kmeans", "nmf"}


def test_words_are_compared_without_what_all_of_them_share() -> None:
    gap = np.array([0, 0, 0, 0, 50.0])
    embeddings = np.eye(5)[:4] + gap
    vocabulary = centre_words(("a", "b", "c", "d"), embeddings)
    part = make_parts(np.eye(5)[[2] * 12], EMBEDDING, GRID, np.ones((12, 1)), "kmeans", 2).parts[0]
    names = name_part(part, vocabulary, 2)
    assert names[0].word == "c"
    assert names[0].value > 0.5 > names[1].value


def test_similarities_are_a_row_of_the_product() -> None:
    units = ROWS / np.linalg.norm(ROWS, axis=1, keepdims=True)
    cosine = similar_patches(ROWS, EMBEDDING, GRID)
    product = similar_patches(ROWS, EMBEDDING, GRID, "product")
    for patch in ((0, 0), (2, 1)):
        place = patch[0] * 4 + patch[1]
        np.testing.assert_allclose(cosine.heat_of_patch(patch).ravel(), units @ units[place], atol=1e-6)
        expected = ROWS.astype(float) @ ROWS[place] / (EMBEDDING @ EMBEDDING)
        np.testing.assert_allclose(product.heat_of_patch(patch).ravel(), expected, atol=1e-6)
        one = np.zeros(GRID)
        one[patch] = 0.5
        np.testing.assert_allclose(cosine.heat_of_patches(one), cosine.heat_of_patch(patch), atol=1e-6)
    np.testing.assert_allclose(cosine.matrix(), units @ units.T, atol=1e-6)
    assert not cosine.heat_of_patches(np.zeros(GRID)).any()


def test_all_directions_add_up_to_the_block_and_their_shares_to_one() -> None:
    matrix, caption = make_matrix(), make_caption()
    found = find_directions(matrix, 12)
    assert len(found.directions) == 3  # three tokens of words
    assert sum(one.share for one in found.directions) == pytest.approx(1)
    block = matrix.values[1:4, 1:]
    assert found.block_share == pytest.approx((block**2).sum() / (matrix.values**2).sum(), rel=1e-5)
    total = sum(np.outer(one.token_heat, one.patch_heat) for one in found.directions)
    np.testing.assert_allclose(total[1:4], block, atol=1e-6)  # type: ignore[index]
    eigenvalues = np.sort(np.linalg.eigvalsh(block.astype(float) @ block.T))[::-1]
    for one, eigenvalue in zip(found.directions, eigenvalues, strict=True):
        assert one.share == pytest.approx(eigenvalue / eigenvalues.sum(), rel=1e-5)
        assert one.value == pytest.approx(np.sqrt(eigenvalue), rel=1e-5)
        assert one.token_heat[np.abs(one.token_heat).argmax()] > 0
        assert one.word_heat(caption)[1] == pytest.approx(one.token_heat[2] + one.token_heat[3])
        assert one.token_heat[[0, 4]].tolist() == [0, 0]
    assert len(find_directions(matrix, 2).directions) == 2


def test_a_matrix_of_zeros_has_no_directions() -> None:
    zero = InteractionMatrix(np.zeros((2, 4), np.float32), np.array([True, False]), 0, (2, 2))
    assert find_directions(zero).directions == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (7, 7), (12, 12)])
@pytest.mark.parametrize("filled", [0.1, 0.5, 0.9, 1.0])
def test_regions_of_a_mask_select_exactly_its_patches(shape: tuple[int, int], filled: float) -> None:
    random = np.random.default_rng(3)
    geometry = Geometry((224, 200), (3.3, -7.7, 210.1, 201.9), shape)
    for _ in range(5):
        mask = random.random(shape) < filled
        drawn = coverage(geometry, mask_regions(mask, geometry), of_rest=False)
        np.testing.assert_allclose(np.zeros(shape) if drawn is None else drawn, mask, atol=1e-9)


def test_a_ring_of_patches_is_a_lasso_with_a_hole() -> None:
    mask = np.ones((5, 5), bool)
    mask[1:4, 1:4] = False
    mask[2, 2] = True
    outer, hole, island = mask_regions(mask, Geometry((5, 5), (0, 0, 5, 5), (5, 5)), "ring")
    assert outer.outline == ((0, 0), (5, 0), (5, 5), (0, 5))
    assert outer.name == "ring"
    assert not outer.subtract
    assert hole.subtract
    assert hole.box == (1, 1, 4, 4)
    assert island.box == (2, 2, 3, 3)
    assert not island.subtract


@pytest.mark.parametrize("filled", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (12, 12), (24, 24)], ids=str)
def test_one_region_of_a_mask_selects_exactly_its_patches(shape: tuple[int, int], filled: float) -> None:
    mask = np.random.default_rng(7).random(shape) < filled
    mask[0, 0] = True
    geometry = Geometry((641, 480), (0.3, -7.0, 640.7, 479.1), shape)
    region = mask_region(mask, geometry, "cat")
    np.testing.assert_allclose(coverage(geometry, (region,)), mask, atol=1e-9)
    assert region.name == "cat"


def test_the_bridges_between_the_rings_of_a_mask_are_not_drawn() -> None:
    mask = np.zeros((5, 8), bool)
    mask[1:4, 1:4] = True
    mask[2, 2] = False
    mask[3, 6] = True
    geometry = Geometry((8, 5), (0.0, 0.0, 8.0, 5.0), mask.shape)
    lines = drawn_lines(mask_region(mask, geometry).outline)
    assert len(lines) == 3
    assert all(line[0] == line[-1] for line in lines)
    assert sorted(len(line) for line in lines) == [5, 5, 5]


def test_a_drawn_lasso_is_one_closed_line() -> None:
    corners = ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0))
    assert drawn_lines(corners) == ((*corners, corners[0]),)
