"""Curves of removal and faithfulness, on games whose answers are known in closed form."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.core.values.study import Curve
from exclip_desktop.evaluate.deletion import (
    compute_curve,
    correlate,
    nested_coalitions,
    random_coalitions,
    rank_players,
    step_counts,
    sum_blocks,
    sum_heat,
)

WEIGHTS = np.array([3.0, -1.0, 5.0, 0.0, 2.0, 1.0])


def additive(members: Tensor) -> Tensor:
    """A game in which every player adds its weight to 10."""
    return 10 + members.double() @ torch.from_numpy(WEIGHTS)


def test_deletion_of_an_additive_game_subtracts_the_weights_in_order() -> None:
    result = compute_curve(additive, WEIGHTS, 6, inserted=False)
    assert result.shares == pytest.approx([0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert result.scores == pytest.approx([20, 15, 12, 10, 9, 9, 10])
    assert result.area == pytest.approx((20 / 2 + 15 + 12 + 10 + 9 + 9 + 10 / 2) / 6)


def test_insertion_follows_the_same_order() -> None:
    result = compute_curve(additive, WEIGHTS, 6, inserted=True)
    assert result.scores == pytest.approx([10, 15, 18, 20, 21, 21, 20])
    both = np.array(result.scores) + compute_curve(additive, WEIGHTS, 6, inserted=False).scores
    np.testing.assert_allclose(both, 30)  # of an additive game: together the whole and nothing, at every share


def faithfulness(heat: NDArray[np.float64], members: Tensor, values: NDArray[np.float64]) -> float:
    return correlate(sum_heat(heat, members), values)


def test_no_order_is_better_than_the_weights_own() -> None:
    best = compute_curve(additive, WEIGHTS, 6, inserted=False).area
    for seed in range(20):
        heat = np.random.default_rng(seed).random(6)
        assert compute_curve(additive, heat, 6, inserted=False).area >= best
        assert (
            compute_curve(additive, heat, 6, inserted=True).area
            <= compute_curve(additive, WEIGHTS, 6, inserted=True).area
        )


def test_steps_are_even_and_never_more_than_players() -> None:
    assert step_counts(144, 12) == list(range(0, 145, 12))
    assert step_counts(10, 4) == [0, 2, 5, 8, 10]
    assert step_counts(3, 12) == [0, 1, 2, 3]
    assert rank_players(np.array([[1.0, 2.0], [2.0, 0.0]])) == [1, 2, 0, 3]
    left = nested_coalitions([2, 0, 1], [0, 1, 3], inserted=False)
    assert left.tolist() == [[1, 1, 1], [1, 1, 0], [0, 0, 0]]
    assert (1 - left).tolist() == nested_coalitions([2, 0, 1], [0, 1, 3], inserted=True).tolist()


def test_area_of_a_line_of_uneven_points() -> None:
    assert Curve((0.0, 0.1, 0.7, 1.0), (0.0, 0.2, 1.4, 2.0)).area == pytest.approx(1.0)


def test_faithfulness_of_an_additive_game_is_one_for_its_weights_and_minus_one_for_their_opposite() -> None:
    members = random_coalitions(50, 6, 0.5, (0,))
    values: NDArray[np.float64] = additive(members).numpy()
    assert faithfulness(WEIGHTS, members, values) == pytest.approx(1)
    assert faithfulness(7 * WEIGHTS + 3, members, values) == pytest.approx(1)  # all coalitions are of one size
    assert faithfulness(-WEIGHTS, members, values) == pytest.approx(-1)
    assert faithfulness(np.ones(6), members, values) == 0
    assert faithfulness(WEIGHTS, members, np.full(50, 2.0)) == 0


def test_faithfulness_is_the_correlation_of_deleted_heat_with_the_drop() -> None:
    rng = np.random.default_rng(1)
    heat, members = rng.random((2, 3)), random_coalitions(40, 6, 0.3, (5, 1))
    values = rng.random(40)
    taken, drop = ((1 - members.numpy()) * heat.ravel()).sum(1), 1.0 - values
    taken, drop = taken - taken.mean(), drop - drop.mean()
    expected = (taken * drop).sum() / np.sqrt((taken**2).sum() * (drop**2).sum())
    assert faithfulness(heat, members, values) == pytest.approx(expected)


def test_random_coalitions_keep_the_same_number_each_player_as_often_and_are_reproducible() -> None:
    members = random_coalitions(4000, 10, 0.3, (3, 4))
    assert (members.sum(1) == 3).all()
    np.testing.assert_allclose(members.mean(0), 0.3, atol=0.03)
    assert torch.equal(members, random_coalitions(4000, 10, 0.3, (3, 4)))
    assert not torch.equal(members, random_coalitions(4000, 10, 0.3, (3, 5)))


def test_blocks_are_sums_over_the_coalitions_of_both_sides() -> None:
    rng = np.random.default_rng(2)
    pairs, words, patches = (
        rng.normal(size=(3, 4)),
        random_coalitions(9, 3, 0.6, (1,)),
        random_coalitions(9, 4, 0.5, (2,)),
    )
    expected = [sum(pairs[w, p] for w in range(3) for p in range(4) if words[m, w] and patches[m, p]) for m in range(9)]
    result = sum_blocks(pairs, words, patches)
    np.testing.assert_allclose(result, expected)
    assert correlate(result, 2 * np.array(expected) + 1) == pytest.approx(1)
