"""The second-order company against exact fits and planted models."""

import itertools

import numpy as np
import pytest
import torch

from exclip_desktop.attribution.formulas.surrogates import draw_coalitions, fit_banzhaf, fit_bilinear, split_budget
from exclip_desktop.attribution.methods.fixlip import Fixlip
from exclip_desktop.attribution.methods.outer_product import outer_product
from exclip_desktop.core.errors import SettingsError

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_fixlip_with_the_full_budget_is_the_exact_weighted_least_squares(share: float) -> None:
    """3 × 4 players, all 8 × 16 coalitions, each row weighted by how likely p makes it; solved as one large system."""
    draw = torch.Generator().manual_seed(0)
    tokens, patches = draw_coalitions(8, 3, share, draw), draw_coalitions(16, 4, share, draw)
    values = torch.from_numpy(RNG.normal(size=(8, 16)))
    rows, weights, targets = [], [], []
    for (n, s), (m, t) in itertools.product(enumerate(tokens.members.numpy()), enumerate(patches.members.numpy())):
        members = np.concatenate([s, t])
        rows.append([1, *s, *t, *np.outer(s, t).ravel()])
        weights.append(share ** members.sum() * (1 - share) ** (7 - members.sum()))
        targets.append(float(values[n, m]))
    assert len({tuple(row) for row in rows}) == 128
    root = np.sqrt(weights)
    expected = np.linalg.lstsq(np.array(rows) * root[:, None], np.array(targets) * root, rcond=None)[0]
    result = fit_banzhaf(values, tokens, patches)
    np.testing.assert_allclose(result.intercept, expected[0], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(result.tokens, expected[1:4], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(result.patches, expected[4:8], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(result.pairs.flatten(), expected[8:], rtol=1e-8, atol=1e-10)


def test_fixlip_finds_a_planted_game_from_samples() -> None:
    draw = torch.Generator().manual_seed(0)
    planted = torch.from_numpy(RNG.normal(size=(5, 9)))
    n, m = split_budget(5, 9, 600)
    tokens, patches = draw_coalitions(n, 5, 0.5, draw), draw_coalitions(m, 9, 0.5, draw)
    assert (len(tokens.members), len(patches.members)) == (18, 33)
    for side in (tokens, patches):
        assert side.members[0].all()
        assert not side.members[-1].any()
    result = fit_banzhaf(tokens.members @ planted @ patches.members.T + 0.25, tokens, patches)
    torch.testing.assert_close(result.pairs, planted, rtol=1e-9, atol=1e-9)
    assert result.intercept == pytest.approx(0.25)


def test_fixlips_budget_is_shared_by_both_sides() -> None:
    few, many = split_budget(10, 49, 2**15)
    assert few * many <= 2**15
    assert (few, many) == (84, 390)  # 7.7 for each unknown of either side
    assert split_budget(3, 49, 2**15) == (8, 4096)
    assert split_budget(5, 3, 2**15) == (32, 8)  # all there are
    assert split_budget(10, 196, 12 * 198) == (12, 198)
    assert split_budget(40, 3, 42 * 5) == (42, 5)
    assert split_budget(1, 1, 4) == (2, 2)
    with pytest.raises(SettingsError, match="too few for 10 tokens and 196 patches"):
        split_budget(10, 196, 1000)
    with pytest.raises(SettingsError, match="out of range"):
        Fixlip(share=1.0)


@pytest.mark.parametrize("samples", [15, 400])
def test_interaction_lime_recovers_a_planted_bilinear_model(samples: int) -> None:
    """Fewer samples than pairs, and more; with fewer, the sampled values are reproduced."""
    rng = np.random.default_rng(3)
    planted = torch.from_numpy(rng.normal(size=(4, 6)))
    tokens, patches = (torch.from_numpy((rng.random((samples, k)) < 0.5).astype(float)) for k in (4, 6))
    values = torch.einsum("nt,tp,np->n", tokens, planted, patches)
    result = fit_bilinear(values, tokens, patches, ridge=1e-12)
    again = torch.einsum("nt,tp,np->n", tokens, result, patches)
    torch.testing.assert_close(again, values, rtol=1e-6, atol=1e-6)
    if samples > 24:
        torch.testing.assert_close(result, planted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("samples", [5, 12, 40])
def test_interaction_lime_is_ridge_regression_weighted_by_nearness(samples: int) -> None:
    """Of values that no bilinear model fits: weights and ridge count, and whether samples outnumber pairs does not."""
    rng = np.random.default_rng(4)
    tokens, patches = ((rng.random((samples, k)) < 0.6).astype(float) for k in (3, 4))
    values = rng.normal(size=samples)
    normal, right = np.zeros((12, 12)), np.zeros(12)
    for s, t, value in zip(tokens, patches, values, strict=True):
        missing = (7 - s.sum() - t.sum()) / 7
        weight, row = np.exp(-(missing**2) / 0.4**2), np.outer(s, t).ravel()
        normal, right = normal + weight * np.outer(row, row), right + weight * row * value
    expected = np.linalg.solve(normal + 0.02 * np.trace(normal) / 12 * np.eye(12), right).reshape(3, 4)
    inputs = (torch.from_numpy(one) for one in (values, tokens, patches))
    np.testing.assert_allclose(fit_bilinear(*inputs, width=0.4, ridge=0.02), expected, rtol=1e-9, atol=1e-12)


def test_the_outer_product_has_rank_one_and_sums_to_the_score() -> None:
    tokens, patches = torch.from_numpy(RNG.random(4)), torch.from_numpy(RNG.random(6))
    result = outer_product(tokens, patches, 0.3)
    assert float(result.sum()) == pytest.approx(0.3)
    assert torch.linalg.matrix_rank(result) == 1
    nothing = outer_product(torch.tensor([1.0, -1.0]), torch.ones(2), 0.3)
    assert float(nothing.sum()) == 0
