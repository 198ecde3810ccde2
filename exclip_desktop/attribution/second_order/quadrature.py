"""Quadrature rules on [0, 1]: nested Clenshaw–Curtis levels, Gauss–Legendre and the right Riemann sum."""

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.argument_checks import shown, whole_number
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.values.steps import LEAST_STEPS, MOST_STEPS, OWN_STEPS

Floats = NDArray[np.float64]
Quadrature = Literal["adaptive", "gauss-legendre", "riemann-right"]

USUAL_NODES: Final = 17  # of the adaptive rule: half of the measured paths end there (DECISIONS 9)
ADAPTIVE_LEVELS: Final = (5, 9, 17, 33, 65, 129)


@dataclass(frozen=True, slots=True)
class Rule:
    """Nodes and weights, float64 (N,): ∫₀¹ f ≈ Σ weights·f(nodes). The weights add up to 1."""

    nodes: Floats
    weights: Floats


def levels(quadrature: str, steps: int | None) -> list[Rule]:
    """Return the rules to try in turn: one for a fixed rule, nested ones for ``adaptive``.

    Args:
        quadrature: ``adaptive``, ``gauss-legendre`` or ``riemann-right``.
        steps: number of nodes of a fixed rule, or the most nodes of the adaptive one; None: 16, 10 or 129.

    Raises:
        SettingsError: there is no such rule, or it cannot have so many nodes.

    """
    if not isinstance(quadrature, str) or quadrature not in OWN_STEPS:
        raise SettingsError(
            f'There is no quadrature "{quadrature}".', f"Choose one (--quadrature): {', '.join(OWN_STEPS)}."
        )
    count = OWN_STEPS[quadrature] if steps is None else whole_number(steps)
    least = LEAST_STEPS[quadrature]
    if count is None or not least <= count <= MOST_STEPS:
        told = shown(steps) if count is None else count
        raise SettingsError(f"{quadrature} cannot take {told} steps.", f"Give {least} to {MOST_STEPS} (--steps).")
    if quadrature == "gauss-legendre":
        return [gauss_legendre(count)]
    if quadrature == "riemann-right":
        return [riemann_right(count)]
    return [clenshaw_curtis(n) for n in ADAPTIVE_LEVELS if n <= count]


def usual_nodes(rules: list[Rule]) -> int:
    """Return how many nodes are usual of the rules that are tried in turn."""
    most = len(rules[-1].nodes)
    return most if len(rules) == 1 else min(USUAL_NODES, most)


def riemann_right(count: int) -> Rule:
    """Return the right Riemann sum: nodes 1, 1 − 1/N, …, 1/N, equal weights (the published code's rule)."""
    return Rule(1 - np.arange(count) / count, np.full(count, 1 / count))


def gauss_legendre(count: int) -> Rule:
    """Return the Gauss–Legendre rule, exact for polynomials of degree 2N − 1."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return Rule((nodes + 1) / 2, weights / 2)


@cache  # making the six levels takes as long as a small tower
def clenshaw_curtis(count: int) -> Rule:
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
