"""Integrates directional derivatives along a path by quadrature, until sum and rows meet the tolerance.

The rules on [0, 1]: nested Clenshaw–Curtis levels, Gauss–Legendre and the right Riemann sum.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.attribution.compute_errors import check_finite
from exclip_desktop.core.values.explanation import SideReport
from exclip_desktop.core.values.settings import DEFAULT_TOLERANCE, ExplainSettings, check_steps, check_tolerance

Floats = NDArray[np.float64]

USUAL_NODES: Final = 17  # of the adaptive rule: half of the measured paths end there (DECISIONS 9)
ADAPTIVE_LEVELS: Final = (5, 9, 17, 33, 65, 129)


@dataclass(frozen=True, slots=True)
class Rule:
    """Nodes and weights, float64 (N,): ∫₀¹ f ≈ Σ weights·f(nodes). The weights add up to 1."""

    nodes: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class Quadrature:
    """The rules to try in turn until an integral meets ``tolerance``: one fixed rule, or nested ones of growing order.

    Attributes:
        rules: at least one.
        tolerance: the largest relative error of the sum and of the rows.

    """

    rules: tuple[Rule, ...]
    tolerance: float = DEFAULT_TOLERANCE

    @property
    def usual_nodes(self) -> int:
        """Number of nodes that an integral usually takes."""
        most = len(self.rules[-1].nodes)
        return most if len(self.rules) == 1 else min(USUAL_NODES, most)


def make_quadrature(settings: ExplainSettings) -> Quadrature:
    """Return the quadrature of settings; raises ``SettingsError`` where a value is wrong."""
    rules = make_rules(settings.quadrature, settings.steps)
    return Quadrature(tuple(rules), check_tolerance(settings.tolerance))


def make_rules(quadrature: str, steps: int | None) -> list[Rule]:
    """Return the rules to try in turn: one for a fixed quadrature, nested ones for ``adaptive``.

    Args:
        quadrature: ``adaptive``, ``gauss-legendre`` or ``riemann-right``.
        steps: nodes of a fixed rule, or the most nodes of the adaptive one; None: ``OWN_STEPS``.

    Raises:
        SettingsError: there is no such rule, or it cannot have that many nodes.

    """
    count = check_steps(quadrature, steps)
    if quadrature == "gauss-legendre":
        return [make_gauss_legendre(count)]
    if quadrature == "riemann-right":
        return [make_riemann_right(count)]
    return [make_clenshaw_curtis(n) for n in ADAPTIVE_LEVELS if n <= count]


def make_riemann_right(count: int) -> Rule:
    """Return the right Riemann sum: nodes 1, 1 − 1/N, …, 1/N, equal weights (the published code's rule)."""
    return Rule(1 - np.arange(count) / count, np.full(count, 1 / count))


def make_gauss_legendre(count: int) -> Rule:
    """Return the Gauss–Legendre rule, exact for polynomials of degree 2N − 1."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return Rule((nodes + 1) / 2, weights / 2)


@cache  # making the six levels takes as long as a small tower
def make_clenshaw_curtis(count: int) -> Rule:
    """Return the Clenshaw–Curtis rule; with 2ᵏ + 1 nodes each level holds the nodes of the one before.

    Weights from the cosine series of the integral (Waldvogel, BIT 2006, eq. 2.4).
    """
    intervals = count - 1
    angle = np.pi * np.arange(count) / intervals
    total = np.ones(count)
    for k in range(1, intervals // 2 + 1):
        share = 1.0 if 2 * k == intervals else 2.0
        total -= share * np.cos(2 * k * angle) / (4 * k * k - 1)
    ends = np.ones(count)
    ends[[0, -1]] = 0.5
    return Rule((1 - np.cos(angle)) / 2, ends * total / intervals)


NODES_HELD = 64  # of a fixed rule at a time

Derivatives = Callable[[Tensor], Tensor]
"""Nodes (N,) → directional derivatives at them (N, T, K)."""


@dataclass(frozen=True, slots=True)
class Integral:
    """An integrated path.

    Attributes:
        rows: ∫₀¹ of the directional derivatives, (T, K): one row per token.
        report: how it was computed.

    """

    rows: Tensor
    report: SideReport


def integrate(derivatives: Derivatives, quadrature: Quadrature, target: Tensor, way: str) -> Integral:
    """Integrate by each rule in turn until the result meets its tolerance; no node is computed twice.

    Args:
        derivatives: computes the directional derivatives at nodes.
        quadrature: one fixed rule, or nested ones of growing order, and the tolerance.
        target: the sum of the rows of a complete integral, (K,).
        way: the exact method, for the report.

    """
    rules, tolerance = quadrature.rules, quadrature.tolerance
    if len(rules) == 1:
        return _by_one(derivatives, rules[0], target, way)
    known: dict[float, Tensor] = {}
    previous: Tensor | None = None
    change: float | None = None
    error: float | None = None
    for level, rule in enumerate(rules):
        keys = _keys(rule)
        # The first level alone cannot show that the rows have settled, so it is computed together with the second.
        new = [key for key in (_keys(rules[1]) if level == 0 else keys) if key not in known]
        if new:
            known.update(zip(new, derivatives(target.new_tensor(new)), strict=True))
        weights = target.new_tensor(rule.weights)
        rows = check_finite(torch.einsum("n,ntk->tk", weights, torch.stack([known[key] for key in keys])))
        residual = _relative(rows.sum(0) - target, target)
        if previous is not None:
            step = rows - previous
            before, change = change, _relative(step, rows)
            error = _row_error(change, before, _relative(step.sum(0), target), residual)
        converged = error is not None and residual <= tolerance and error <= tolerance
        previous = rows
        if converged:
            break
    return Integral(rows, SideReport(len(keys), residual, error, converged, way))


def _by_one(derivatives: Derivatives, rule: Rule, target: Tensor, way: str) -> Integral:
    """Integrate by one fixed rule, with the derivatives of at most ``NODES_HELD`` nodes in memory."""
    nodes, weights = target.new_tensor(rule.nodes), target.new_tensor(rule.weights)
    pairs = zip(torch.split(weights, NODES_HELD), torch.split(nodes, NODES_HELD), strict=True)
    rows = check_finite(sum(torch.einsum("n,ntk->tk", some, derivatives(at)) for some, at in pairs))  # type: ignore[arg-type]
    return Integral(rows, SideReport(len(nodes), _relative(rows.sum(0) - target, target), None, True, way))


def _row_error(change: float, before: float | None, moved: float, residual: float) -> float:
    """Estimate the rows' relative error from the relative changes of rows and sum since the previous level.

    The sum's error is known: the residual. From level to level it shrinks as the rows' error does, so the rows' error
    is about residual × change / moved; half as much again is added for safety. Where the sum is complete by chance,
    this estimate is too small: then the error is at least the one extrapolated from this change and the change
    ``before``, as doubling the level squares the error (DECISIONS 9).
    """
    if not before or not moved:
        return change
    return min(change, max(1.5 * residual * change / moved, change * (change / before) ** 2))


def _keys(rule: Rule) -> list[float]:
    """Return the rule's nodes rounded, so that nested rules share them exactly."""
    return [round(float(node), 12) for node in rule.nodes]


def _relative(error: Tensor, whole: Tensor) -> float:
    wrong, size = float(error.norm()), float(whole.norm())
    return wrong / size if size > 0 else (0.0 if wrong == 0 else float("inf"))
