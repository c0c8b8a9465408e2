"""The banks, a file a condition kind, and which kind has which.

A new kind of value comparison is a file here and a row in `VALUE_BANKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rules.banks.base import ValueBank
from rules.banks.comm_loss import CommLossBank
from rules.banks.discrete import DiscreteBank
from rules.banks.high import HighBank
from rules.banks.low import LowBank
from rules.definition import Kind, Rule

VALUE_BANKS: Mapping[Kind, Callable[[Sequence[Rule]], ValueBank]] = {
    Kind.HIGH: HighBank,
    Kind.LOW: LowBank,
    Kind.DISCRETE: DiscreteBank,
    Kind.COMM_LOSS: CommLossBank,
}
