"""Quadrature rules are exact up to their degree, nest, and have the published nodes."""

import numpy as np
import pytest
import torch

from exclip_desktop.attribution.second_order.integral import (
    ADAPTIVE_LEVELS,
    integrate,
    make_clenshaw_curtis,
    make_gauss_legendre,
    make_quadrature,
    make_riemann_right,
    make_rules,
)
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.values.settings import ExplainSettings


@pytest.mark.parametrize("count", ADAPTIVE_LEVELS)
def test_clenshaw_curtis_is_exact_up_to_its_degree(count: int) -> None:
    rule = make_clenshaw_curtis(count)
    for degree in range(count):
        assert rule.weights @ rule.nodes**degree == pytest.approx(1 / (degree + 1), abs=1e-13)


@pytest.mark.parametrize("count", [1, 2, 7, 16])
def test_gauss_legendre_is_exact_up_to_twice_its_order(count: int) -> None:
    rule = make_gauss_legendre(count)
    for degree in range(2 * count):
        assert rule.weights @ rule.nodes**degree == pytest.approx(1 / (degree + 1), abs=1e-13)


def test_levels_nest() -> None:
    for small, large in zip(ADAPTIVE_LEVELS, ADAPTIVE_LEVELS[1:], strict=False):
        np.testing.assert_allclose(
            make_clenshaw_curtis(small).nodes, make_clenshaw_curtis(large).nodes[::2], atol=1e-15
        )


@pytest.mark.parametrize("count", [1, 10, 49, 98])
def test_riemann_has_exactly_n_nodes(count: int) -> None:
    rule = make_riemann_right(count)
    np.testing.assert_allclose(rule.nodes, [1 - k / count for k in range(count)])
    np.testing.assert_allclose(rule.weights, 1 / count)


def test_the_adaptive_rule_stays_below_its_limit() -> None:
    assert [len(rule.nodes) for rule in make_rules("adaptive", None)] == list(ADAPTIVE_LEVELS)
    assert [len(rule.nodes) for rule in make_rules("adaptive", 40)] == [5, 9, 17, 33]
    assert [len(rule.nodes) for rule in make_rules("gauss-legendre", None)] == [16]
    assert [len(rule.nodes) for rule in make_rules("riemann-right", None)] == [10]


@pytest.mark.parametrize(("name", "steps"), [("adaptive", 8), ("riemann-right", 0), ("gauss-legendre", 5000)])
def test_wrong_step_counts_are_refused(name: str, steps: int) -> None:
    with pytest.raises(SettingsError):
        make_rules(name, steps)


def test_every_node_is_computed_once() -> None:
    requested: list[float] = []

    def derivatives(nodes: torch.Tensor) -> torch.Tensor:
        requested.extend(nodes.tolist())
        return torch.exp(8 * nodes)[:, None, None].expand(-1, 2, 3)

    target = torch.full((3,), 2 * (np.exp(8.0) - 1) / 8, dtype=torch.float64)
    actual = integrate(derivatives, make_quadrature(ExplainSettings()), target, "test")
    assert actual.report.converged
    assert len(requested) == len(set(requested)) == actual.report.nodes
    assert actual.report.residual < 1e-3
    torch.testing.assert_close(actual.rows.sum(0), target, rtol=1e-3, atol=0)


def test_a_complete_sum_is_not_enough_rows_must_settle() -> None:
    """Two rows with opposite errors: the sum is exact from the start, the rows are not."""

    def derivatives(nodes: torch.Tensor) -> torch.Tensor:
        bump = torch.cos(40 * nodes)
        return torch.stack([1 + bump, 1 - bump], dim=1)[..., None]

    actual = integrate(
        derivatives, make_quadrature(ExplainSettings()), torch.tensor([2.0], dtype=torch.float64), "test"
    )
    assert actual.report.nodes > 9
    assert float(actual.rows[0, 0]) == pytest.approx(1 + np.sin(40.0) / 40, abs=1e-3)


def test_a_path_of_length_zero_is_complete() -> None:
    actual = integrate(lambda n: torch.zeros(len(n), 2, 3), make_quadrature(ExplainSettings()), torch.zeros(3), "test")
    assert actual.report.residual == 0
    assert actual.report.converged


def test_the_rows_error_is_estimated_from_the_sums() -> None:
    """A peak of width 1/25: the estimate bounds the true error, and saves the level that would only confirm it."""

    def derivatives(nodes: torch.Tensor) -> torch.Tensor:
        return (1 / (1 + (12 * (nodes - 0.4)) ** 2))[:, None, None]

    true = float((np.arctan(12 * 0.6) + np.arctan(12 * 0.4)) / 12)
    target = torch.tensor([true], dtype=torch.float64)
    reached = []
    for steps in (17, 33, 65, 129):
        actual = integrate(derivatives, make_quadrature(ExplainSettings(steps=steps)), target, "test")
        error = abs(float(actual.rows[0, 0]) - true) / true
        assert actual.report.row_error is not None
        assert error <= actual.report.row_error
        reached.append(actual.report.nodes)
    assert reached == [17, 33, 33, 33]
