"""The signals, a file a class: what a rule compares when it is not the tag itself.

A new class of signals is a file here and a row in `BANK_OF`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.signals.base import SignalBank
from rules.signals.cusum import Cusum, CusumBank
from rules.signals.deviation import Deviation, DeviationBank
from rules.signals.ewma import Ewma, EwmaBank
from rules.signals.expression import ExpressionBank, ExpressionSignal
from rules.signals.machine_state import States, StatesBank
from rules.signals.mismatch import Mismatch, MismatchBank
from rules.signals.runs import Runs, RunsBank

BANK_OF: Mapping[type[Any], Callable[[Sequence[Any]], SignalBank]] = {
    Cusum: CusumBank,
    Deviation: DeviationBank,
    Ewma: EwmaBank,
    ExpressionSignal: ExpressionBank,
    Mismatch: MismatchBank,
    Runs: RunsBank,
    States: StatesBank,
}
