"""Ranking by a query: products equal the matrix, regions are connected, equal pictures keep their order."""

import numpy as np
import pytest
from scipy.ndimage import label

from exclip_desktop.core.maths.factor_search import (
    CONTRAST_RIDGE,
    Products,
    SearchQuery,
    add_contrast,
    make_query,
    make_region_query,
    measure_background,
    multiply_query,
    scale_patches,
)
from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.maths.patch_places import smooth_heat
from exclip_desktop.core.maths.search_ranking import (
    RANKINGS,
    REGION_SHARE,
    find_hit_region,
    find_hit_regions,
    rank_pictures,
)
from exclip_desktop.core.values.explanation import Factor, SideReport

REPORT = SideReport(5, 0.0, None, True, "closed form")
SIZE = 6


def make_factor(seed: int, tokens: int) -> Factor:
    random = np.random.default_rng(seed)
    embedding, reference = random.normal(size=(2, SIZE))
    return Factor(random.normal(size=(tokens, SIZE)).astype(np.float32), Ends(embedding, reference, reference), REPORT)


def test_products_are_sums_of_the_matrix() -> None:
    picture, words = make_factor(0, 1 + 12), make_factor(1, 5)
    norm = np.linalg.norm(words.ends.embedding) * np.linalg.norm(picture.ends.embedding)
    matrix = words.rows.astype(float) @ picture.rows.T.astype(float) / norm
    products = multiply_query(picture, 1, (3, 4), make_query(words, [1, 3]))
    np.testing.assert_allclose(products.heat.ravel(), matrix[[1, 3], 1:].sum(0), atol=1e-12)
    assert products.sum == pytest.approx(matrix[[1, 3], 1:].sum())
    assert products.score == pytest.approx(words.ends.embedding @ picture.ends.embedding / norm)
    whole = multiply_query(picture, 1, (3, 4), make_query(words))
    np.testing.assert_allclose(whole.heat.ravel(), matrix[:, 1:].sum(0), atol=1e-12)


def test_a_region_of_a_picture_is_a_query_with_weights() -> None:
    picture, other = make_factor(0, 13), make_factor(2, 13)
    share = np.linspace(0, 1, 12).reshape(3, 4)
    products = multiply_query(picture, 1, (3, 4), make_region_query(other, 1, share))
    norm = np.linalg.norm(other.ends.embedding) * np.linalg.norm(picture.ends.embedding)
    expected = (other.rows[1:].astype(float).T @ share.ravel()) @ picture.rows[1:].T.astype(float) / norm
    np.testing.assert_allclose(products.heat.ravel(), expected, atol=1e-12)
    assert products.contrast is None


def test_the_best_picture_is_first_by_every_ranking_and_equal_ones_keep_their_order() -> None:
    query = SearchQuery(np.eye(SIZE)[0], np.eye(SIZE)[0])
    weak, strong = np.zeros((16, SIZE), np.float32), np.zeros((16, SIZE), np.float32)
    weak[:, 1], strong[:, 1] = 1, 1
    strong[[5, 6, 9, 10], 0] = 3
    ends = [Ends(np.eye(SIZE)[1], np.zeros(SIZE), np.zeros(SIZE)), Ends(np.ones(SIZE), np.zeros(SIZE), np.zeros(SIZE))]
    weak_one, strong_one = Factor(weak, ends[0], REPORT), Factor(strong, ends[1], REPORT)
    products = [multiply_query(one, 0, (4, 4), query) for one in (weak_one, weak_one, strong_one, weak_one)]
    for ranking in RANKINGS:
        ranked = rank_pictures(products, ranking)
        assert [one.place for one in ranked] == [2, 0, 1, 3], ranking
        assert ranked[0].value == ranked[0].numbers[ranking]
    assert rank_pictures([]) == []
    alone = rank_pictures(products[2:3])
    assert alone[0].value == 0  # standard deviations of one picture


def test_a_strongest_region_is_one_connected_group_around_the_strongest_place() -> None:
    heat = np.zeros((8, 8))
    heat[1:4, 1:4], heat[6, 6] = 1.0, 2.0  # an object, and a lone patch that is stronger
    region = find_hit_region(heat)
    assert region[2, 2]
    assert not region[6, 6]
    assert 9 <= region.sum() <= 25
    assert find_hit_region(-heat).sum() >= 1  # nothing is for the query
    assert find_hit_region(np.zeros((1, 1))).all()


def test_regions_of_many_pictures_are_those_of_each() -> None:
    heat = np.random.default_rng(4).normal(size=(30, 5, 7)) + 0.3
    heat[3] = -1 - heat[3] ** 2
    together = find_hit_regions(heat)
    for one, region in zip(heat, together, strict=True):
        smooth = smooth_heat(one)
        peak = smooth.max()
        hot = smooth >= REGION_SHARE * peak if peak > 0 else smooth == peak
        groups, _ = label(hot)
        start = np.unravel_index(smooth.argmax(), smooth.shape)
        np.testing.assert_array_equal(region, groups == groups[start])
        np.testing.assert_array_equal(region, find_hit_region(one))


def test_pictures_of_several_grids_are_ranked_as_each_alone() -> None:
    random = np.random.default_rng(5)
    shapes = [(3, 4), (4, 3), (2, 2), (3, 4), (4, 3), (3, 4)]
    products = [
        Products(heat := random.normal(size=shape), np.ones(shape), float(heat.sum()), float(random.normal()))
        for shape in shapes
    ]
    for ranking in RANKINGS:
        ranked = rank_pictures(products, ranking)
        assert sorted(one.place for one in ranked) == list(range(6))
        assert [one.value for one in ranked] == sorted((one.value for one in ranked), reverse=True)
        for one in ranked:
            heat = products[one.place].heat
            assert one.region.shape == heat.shape
            np.testing.assert_array_equal(one.region, find_hit_region(heat))
            assert one.numbers["region"] == pytest.approx(heat[one.region].sum())
            assert one.numbers["direction"] == pytest.approx(smooth_heat(heat).max())
            assert one.numbers["sum"] == products[one.place].sum
            assert one.numbers["score"] == products[one.place].score


def test_smoothing_keeps_a_constant_within_and_fades_at_edges() -> None:
    smooth = smooth_heat(np.ones((12, 12)))
    assert smooth[6, 6] == pytest.approx(1, abs=1e-3)
    assert smooth[0, 0] < smooth[0, 6] < smooth[6, 6]


def test_the_contrast_of_a_region_is_its_discriminant_against_all_patches() -> None:
    rows = np.random.default_rng(3).normal(size=(40, SIZE)).astype(np.float32) + 1
    background = measure_background([rows[:10], rows[10:]])
    assert background is not None
    values = rows.astype(np.float64)
    np.testing.assert_allclose(background.mean, values.mean(0))
    np.testing.assert_allclose(background.moments, sum(np.outer(row, row) for row in values) / 40)
    query = SearchQuery(2 * values[:3].sum(0), 2 * np.eye(SIZE)[0], 3)
    ridge = CONTRAST_RIDGE * np.linalg.eigvalsh(background.moments).max()
    expected = np.linalg.solve(background.moments + ridge * np.eye(SIZE), values[:3].sum(0) - 3 * values.mean(0))
    contrast = add_contrast(query, background).contrast
    assert contrast is not None
    np.testing.assert_allclose(contrast, 2 * expected)
    nothing = add_contrast(query, measure_background([np.zeros((2, SIZE), np.float32)])).contrast
    assert nothing is not None
    assert np.isfinite(nothing).all()


def test_words_and_lists_without_factors_have_no_contrast() -> None:
    words = SearchQuery(np.ones(SIZE), np.ones(SIZE))
    assert add_contrast(words, measure_background([np.ones((2, SIZE), np.float32)])) == words
    assert measure_background([]) is None
    region = SearchQuery(np.ones(SIZE), np.ones(SIZE), 2)
    assert add_contrast(region, None) == region


def test_a_region_query_counts_patches_by_their_covered_share() -> None:
    picture = make_factor(0, 1 + 12)
    share = np.linspace(0, 1, 12).reshape(3, 4)
    query = make_region_query(picture, 1, share)
    np.testing.assert_allclose(query.vector, share.ravel() @ picture.rows[1:].astype(np.float64))
    assert query.patches == pytest.approx(6)
    whole = make_region_query(picture, 1)
    np.testing.assert_allclose(whole.vector, picture.rows.astype(np.float64).sum(0))
    assert whole.patches == 12


def test_the_combined_ranking_of_a_region_is_by_its_contrast() -> None:
    pictures = [make_factor(seed, 1 + 12) for seed in range(6)]
    background = measure_background([scale_patches(one, 1) for one in pictures])
    query = add_contrast(make_region_query(pictures[0], 1), background)
    assert query.contrast is not None
    products = [multiply_query(one, 1, (3, 4), query) for one in pictures]
    of_contrast = [multiply_query(one, 1, (3, 4), SearchQuery(query.contrast, query.embedding)) for one in pictures]
    order = [one.place for one in rank_pictures(products)]
    assert order == [one.place for one in rank_pictures(of_contrast)]
    by_sum = [one.place for one in rank_pictures(products, "sum")]
    assert by_sum == sorted(range(6), key=lambda place: -products[place].heat.sum())
