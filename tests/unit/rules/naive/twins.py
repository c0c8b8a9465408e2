"""Which naive twin plays which signal in the naive engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.signals.counter import CounterRate, CounterStop
from rules.signals.cusum import Cusum
from rules.signals.deviation import Deviation
from rules.signals.ewma import Ewma
from rules.signals.expression import ExpressionSignal
from rules.signals.frozen import Frozen
from rules.signals.machine_state import States
from rules.signals.mismatch import Mismatch
from rules.signals.n_of_m import NOfM
from rules.signals.pulse import Pulse
from rules.signals.rate import Rate
from rules.signals.repeat import Repeat
from rules.signals.runs import Runs
from rules.signals.trend import Trend
from rules.signals.tumbling_repeat import TumblingRepeat
from rules.signals.tumbling_window import TumblingWindow
from rules.signals.window import Window
from tests.unit.rules.naive.counter import NaiveCounterRate, NaiveCounterStop
from tests.unit.rules.naive.cusum import NaiveCusum
from tests.unit.rules.naive.deviation import NaiveDeviation
from tests.unit.rules.naive.ewma import NaiveEwma
from tests.unit.rules.naive.expression import NaiveExpression
from tests.unit.rules.naive.frozen import NaiveFrozen
from tests.unit.rules.naive.machine_state import NaiveStates
from tests.unit.rules.naive.mismatch import NaiveMismatch
from tests.unit.rules.naive.n_of_m import NaiveNOfM
from tests.unit.rules.naive.pulse import NaivePulse
from tests.unit.rules.naive.rate import NaiveRate
from tests.unit.rules.naive.repeat import NaiveRepeat, NaiveTumblingRepeat
from tests.unit.rules.naive.runs import NaiveRuns
from tests.unit.rules.naive.trend import NaiveTrend
from tests.unit.rules.naive.window import NaiveTumblingWindow, NaiveWindow

TWIN_OF: Mapping[type[Any], type[Any]] = {
    CounterRate: NaiveCounterRate,
    CounterStop: NaiveCounterStop,
    Cusum: NaiveCusum,
    Deviation: NaiveDeviation,
    Ewma: NaiveEwma,
    ExpressionSignal: NaiveExpression,
    Frozen: NaiveFrozen,
    Mismatch: NaiveMismatch,
    NOfM: NaiveNOfM,
    Pulse: NaivePulse,
    Rate: NaiveRate,
    Repeat: NaiveRepeat,
    Runs: NaiveRuns,
    States: NaiveStates,
    Trend: NaiveTrend,
    TumblingRepeat: NaiveTumblingRepeat,
    TumblingWindow: NaiveTumblingWindow,
    Window: NaiveWindow,
}
NOTHING = "nothing"
