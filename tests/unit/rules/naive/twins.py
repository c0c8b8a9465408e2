"""Which naive twin plays which signal in the naive engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.signals.deviation import Deviation
from rules.signals.expression import ExpressionSignal
from rules.signals.machine_state import States
from rules.signals.mismatch import Mismatch
from tests.unit.rules.naive.deviation import NaiveDeviation
from tests.unit.rules.naive.expression import NaiveExpression
from tests.unit.rules.naive.machine_state import NaiveStates
from tests.unit.rules.naive.mismatch import NaiveMismatch

TWIN_OF: Mapping[type[Any], type[Any]] = {
    Deviation: NaiveDeviation,
    ExpressionSignal: NaiveExpression,
    Mismatch: NaiveMismatch,
    States: NaiveStates,
}
NOTHING = "nothing"
