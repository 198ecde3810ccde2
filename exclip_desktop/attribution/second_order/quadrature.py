"""Quadrature rules on [0, 1]: nested Clenshaw–Curtis levels, Gauss–Legendre and the right Riemann sum."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

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
