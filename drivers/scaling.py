"""A scale as people write it: a decimal. Pure.

623 at scale 0.1 is 623 / 10 = 62.3, the float that prints as 62.3; 623 * 0.1 would be 62.300000000000004.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache


@cache
def ratio(scale: float) -> tuple[float, float]:
    """(numerator, denominator) of the shortest decimal that is this float; scale it as value * numerator / denominator.

    scale: between 1e-12 and 1e12 in size, so that both are floats."""
    decimal = Fraction(repr(scale))
    return float(decimal.numerator), float(decimal.denominator)
