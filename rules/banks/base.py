"""What a bank is: the parameters of all rules of one comparison as columns, and the raw predicate over them.

A bank that compares values is a `ValueBank`. The stale bank is not: it watches for samples that do not come. A bank
holds no state; what its rules have seen lies in the engine's columns.
"""

from __future__ import annotations

from typing import Protocol

from rules.columns import Bools, Floats, Indices


class ValueBank(Protocol):
    """Places count within the bank (0 for the first of its rules); all arguments are columns of one length."""

    def evaluate(self, places: Indices, value: Floats, raw: Bools) -> Bools:
        """The raw predicate for good, finite values; raw is what it was before, for the deadband."""

    def turned(self, places: Indices | slice, value: Floats, raw: Bools) -> Indices:
        """Positions at which `evaluate` would give another raw predicate; for many places at once."""

    def worse(self, peak: Floats, value: Floats) -> Floats:
        """The more severe of two values; a NaN peak is none yet."""
