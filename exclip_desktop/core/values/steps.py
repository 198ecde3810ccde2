"""How many nodes a quadrature may have, and when it is exact enough."""

from types import MappingProxyType
from typing import Final

OWN_STEPS: Final = MappingProxyType({"adaptive": 129, "gauss-legendre": 16, "riemann-right": 10})
"""Every quadrature's own number: of the adaptive one the most it uses."""

LEAST_STEPS: Final = MappingProxyType({"adaptive": 9, "gauss-legendre": 1, "riemann-right": 1})
MOST_STEPS: Final = 1024

TOLERANCE: Final = 1e-3
"""The largest completeness residual, and the largest error of the rows, that is good enough; both relative."""
