"""The signals, a file a class: what a rule compares when it is not the tag itself.

A new class of signals is a file here and a row in `BANK_OF`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.signals.base import SignalBank
from rules.signals.counter import CounterRate, CounterRateBank, CounterStop, CounterStopBank
from rules.signals.cusum import Cusum, CusumBank
from rules.signals.deviation import Deviation, DeviationBank
from rules.signals.ewma import Ewma, EwmaBank
from rules.signals.expression import ExpressionBank, ExpressionSignal
from rules.signals.frozen import Frozen, FrozenBank
from rules.signals.machine_state import States, StatesBank
from rules.signals.mismatch import Mismatch, MismatchBank
from rules.signals.n_of_m import NOfM, NOfMBank
from rules.signals.pulse import Pulse, PulseBank
from rules.signals.rate import Rate, RateBank
from rules.signals.repeat import Repeat, RepeatBank
from rules.signals.runs import Runs, RunsBank
from rules.signals.trend import Trend, TrendBank
from rules.signals.tumbling_repeat import TumblingRepeat, TumblingRepeatBank
from rules.signals.tumbling_window import TumblingWindow, TumblingWindowBank
from rules.signals.window import Window, WindowBank

BANK_OF: Mapping[type[Any], Callable[[Sequence[Any]], SignalBank]] = {
    CounterRate: CounterRateBank,
    CounterStop: CounterStopBank,
    Cusum: CusumBank,
    Deviation: DeviationBank,
    Ewma: EwmaBank,
    ExpressionSignal: ExpressionBank,
    Frozen: FrozenBank,
    Mismatch: MismatchBank,
    NOfM: NOfMBank,
    Pulse: PulseBank,
    Rate: RateBank,
    Repeat: RepeatBank,
    Runs: RunsBank,
    States: StatesBank,
    Trend: TrendBank,
    TumblingRepeat: TumblingRepeatBank,
    TumblingWindow: TumblingWindowBank,
    Window: WindowBank,
}
