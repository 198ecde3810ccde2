"""Integrates directional derivatives along a path, with more nodes until sum and rows meet the tolerance."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.attribution.compute_errors import check_finite
from exclip_desktop.attribution.second_order.quadrature import Quadrature, Rule
from exclip_desktop.core.values.explanation import SideReport

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
