"""The banks, a file a sort of comparison, and which comparison has which.

A new comparison of values is a bank here and a row in `VALUE_BANKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rules.banks.base import ValueBank
from rules.banks.high import HighBank
from rules.banks.low import LowBank
from rules.banks.states import BitBank, EqualBank, InSetBank, NotEqualBank
from rules.definition import Comparison, Rule

VALUE_BANKS: Mapping[Comparison, Callable[[Sequence[Rule]], ValueBank]] = {
    Comparison.HIGH: HighBank,
    Comparison.LOW: LowBank,
    Comparison.EQUAL: EqualBank,
    Comparison.NOT_EQUAL: NotEqualBank,
    Comparison.IN_SET: InSetBank,
    Comparison.BIT: BitBank,
}
