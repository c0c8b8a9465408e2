"""Random behaviour of alarms: signals, covers, lines and times, first-out, chattering, re-alarms, and what people must do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from edge.model.alarm import Priority
from edge.model.moment import SECOND, Moment, Span
from rules.definition import Cause, Chatter, Comparison, FirstOutWord, Kind, Line, Rule, Suppressor, Validity
from rules.expression import Expression, Yields, compile_expression
from rules.signals.aggregate import Aggregate
from rules.signals.base import Signal
from rules.signals.baseline import Learned, Stated
from rules.signals.counter import CounterRate, CounterStop
from rules.signals.cusum import Cusum
from rules.signals.deviation import Deviation, Side
from rules.signals.ewma import Ewma
from rules.signals.expression import ExpressionSignal
from rules.signals.frozen import Frozen
from rules.signals.machine_state import States
from rules.signals.mismatch import Mismatch
from rules.signals.n_of_m import NOfM
from rules.signals.pulse import Pulse
from rules.signals.rate import Rate
from rules.signals.raw import Raw
from rules.signals.raw import Side as RawSide
from rules.signals.repeat import Repeat
from rules.signals.runs import Runs
from rules.signals.trend import Side as TrendSide
from rules.signals.trend import Trend
from rules.signals.tumbling_repeat import TumblingRepeat
from rules.signals.tumbling_window import TumblingWindow
from rules.signals.window import Window
from tests.unit.rules.drawing import pick
from tests.unit.rules.plant import MOTOR, SESSION, START, TEMP, span

FLOW = f"{MOTOR}.oil_flow"
SHORT = st.sampled_from([0.0, 0.0, 0.5, 2.0, 5.0])


@dataclass(frozen=True)
class Beat:
    """Times: `on` and off by turns, from the start of the story for a minute."""

    on: Span

    def contains(self, moment: Moment) -> bool:
        return not self._turns(moment) % 2

    def next_change(self, moment: Moment) -> Moment | None:
        turns = self._turns(moment)
        return START + (turns + 1) * self.on if turns < 60 * SECOND // self.on else None

    def _turns(self, moment: Moment) -> int:
        return min(max((moment - START) // self.on, 0), 60 * SECOND // self.on)


def condition(text: str, yields: Yields = Yields.CONDITION) -> ExpressionSignal:
    compiled = compile_expression(text, yields)
    assert isinstance(compiled, Expression), compiled
    return ExpressionSignal(compiled, tuple(f"{MOTOR}.{name}" for name in compiled.names))


LINE_STATES = States("mill", (("stopped", condition("oil_flow < 70")), ("slow", condition("oil_flow < 80"))), "rolling")
LINE = Line("mill", LINE_STATES.names, LINE_STATES)

#: Of one tag, of two of one device, and of a tag and a session, which is on our clock.
SIGNALS: Sequence[tuple[Kind, Signal, float | None]] = (
    (Kind.DEVIATION, Deviation(TEMP, 75.0), 5.0),
    (Kind.DEVIATION, Deviation(TEMP, FLOW, Side.SIGNED), 3.0),
    (Kind.MISMATCH, Mismatch(FLOW, TEMP, span(2.0), tolerance=5.0), 1.0),
    (Kind.MISMATCH, Mismatch(SESSION, TEMP, span(1.0), ((1.0, 85.0),)), 1.0),
    (Kind.EXPRESSION, condition("de_temp > 78 and oil_flow < 90"), None),
    (Kind.RATE, Rate(TEMP, span(1.0), SECOND), 4.0),
    (Kind.FROZEN, Frozen(TEMP, 1.0), 3.0),
    (
        Kind.TREND,
        Trend(tag=TEMP, side=TrendSide.HIGH, limit=95.0, span=span(9.0), min_samples=3, min_fit=0.1, coverage=0.0, capacity=8),
        6.0,
    ),
    (Kind.EVENT, Pulse(TEMP, span(2.0)), 1.0),
    (Kind.N_OF_M, NOfM(TEMP, Raw(RawSide.HIGH, 80.0, 3.0), 2, 3), 1.0),
    (Kind.REPEAT, Repeat(tag=TEMP, raw=Raw(RawSide.HIGH, 80.0), within=span(6.0), count=2, coverage=0.0), 2.0),
    (Kind.REPEAT, TumblingRepeat(tag=TEMP, raw=Raw(RawSide.HIGH, 80.0), within=span(6.0), count=2, coverage=0.0), 2.0),
    (Kind.WINDOW, Window(tag=TEMP, aggregate=Aggregate.MAX, span=span(3.0), coverage=0.5), 85.0),
    (Kind.WINDOW, Window(tag=TEMP, aggregate=Aggregate.COUNT, span=span(4.0), coverage=0.0), 3.0),
    (Kind.WINDOW, TumblingWindow(tag=TEMP, aggregate=Aggregate.MIN, span=span(3.0), coverage=0.0), 75.0),
    (Kind.COUNTER_RATE, CounterRate(TEMP, span(1.0), SECOND), 5.0),
    (Kind.COUNTER_STOP, CounterStop(TEMP, span(3.0)), 3.0),
    (Kind.RUNS, Runs(tag=TEMP, baseline=Stated(75.0, 5.0), every=span(1.0)), 1.0),
    (Kind.EWMA, Ewma(tag=TEMP, baseline=Stated(75.0, 5.0), weight=0.5), 1.0),
    (Kind.CUSUM, Cusum(tag=TEMP, baseline=Learned(20)), 1.0),
)
#: Of the tag itself, compared in another way.
OTHERS: Sequence[tuple[Kind, Comparison | None, float | None]] = (
    (Kind.HIGH_HIGH, None, 85.0),
    (Kind.LOW_LOW, None, 77.0),
    (Kind.BAD_QUALITY, None, None),
    (Kind.DISCRETE, Comparison.IN_SET, 80.0),
    (Kind.DISCRETE, Comparison.BIT, 0.0),
)


@st.composite
def behaving(draw: st.DrawFn, rule: Rule, *, realarm: bool) -> Rule:
    """A rule that behaves in some way besides."""
    made = replace(
        rule,
        confirm=draw(st.integers(0, 2)) == 0,
        ack_on_return=draw(st.integers(0, 4)) == 0,
        keep_ack=draw(st.booleans()),
        first_out=pick(draw, [None, "trip", "trip", "other"]),
        scan=span(pick(draw, [0.0, 0.5])),
        chatter=pick(draw, [None, Chatter(2, span(9.0), span(6.0)), Chatter(3, span(20.0), span(3.0))]),
        validity=draw(validities()),
        safety=draw(st.integers(0, 6)) == 0,
        priority=pick(draw, [Priority.LOW, Priority.LOW, rule.priority]),
    )
    if realarm and draw(st.booleans()):
        made = replace(made, realarm_after=span(pick(draw, [1.0, 4.0])), realarm_max=draw(st.integers(1, 4)))
    if rule.comparison in (Comparison.HIGH, Comparison.LOW, Comparison.EQUAL) and rule.tag == TEMP:
        made = _of_another_sort(draw, made)
    return made


def _of_another_sort(draw: st.DrawFn, rule: Rule) -> Rule:
    """What is compared, and how."""
    sort = draw(st.integers(0, len(SIGNALS) + len(OTHERS) + 5))
    if sort < len(SIGNALS):
        kind, signal, limit = SIGNALS[sort]
        return replace(rule, kind=kind, signal=signal, limit=limit, deadband=0.0)
    if sort < len(SIGNALS) + len(OTHERS):
        kind, compare, limit = OTHERS[sort - len(SIGNALS)]
        return replace(rule, kind=kind, compare=compare, limit=limit, values=(85.0, 95.0))
    return rule


@st.composite
def validities(draw: st.DrawFn) -> Validity | None:
    sort = draw(st.integers(0, 5))
    if sort < 3:
        return None
    states = pick(draw, [("rolling",), ("rolling", "slow")]) if sort != 4 else ()
    times = Beat(span(pick(draw, [3.0, 7.0]))) if sort != 3 else None
    return Validity("mill" if states else "", states, times, span(draw(SHORT)))


@st.composite
def suppressors(draw: st.DrawFn, rules: Sequence[Rule]) -> tuple[Suppressor, ...]:
    """Some hide some of those behind them, so that none hide each other."""
    made = []
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(1, len(rules) - 1))
        sources = draw(st.lists(st.sampled_from(rules[:first]), min_size=1, max_size=2, unique_by=lambda each: each.id))
        targets = draw(st.lists(st.sampled_from(rules[first:]), min_size=1, max_size=2, unique_by=lambda each: each.id))
        cause = pick(draw, [Cause.PARENT, Cause.MORE_SEVERE, Cause.GROUP])
        ids = tuple(each.id for each in sources), tuple(each.id for each in targets)
        made.append(Suppressor(cause, sources[0].key, *ids, span(draw(SHORT))))
    return tuple(made) if draw(st.booleans()) else tuple(reversed(made))


@st.composite
def words(draw: st.DrawFn, rules: Sequence[Rule]) -> tuple[FirstOutWord, ...]:
    """What PLCs say of groups: one tag for all, whose values stand for some members."""
    says = condition("oil_flow", Yields.NUMBER)
    made = []
    for group in sorted({rule.first_out for rule in rules if rule.first_out is not None}):
        if draw(st.booleans()):
            members = [rule.id for rule in rules if rule.first_out == group]
            bits = draw(st.integers(0, 4)) == 0
            said = [0, 1] if bits else [0, 1, 70, 78, 85, 95]
            numbers = draw(st.lists(st.sampled_from(said), min_size=len(said) // 2, unique=True))
            of = {number: pick(draw, members) for number in numbers}
            within = span(pick(draw, [0.0, 2.0, 20.0]))
            made.append(FirstOutWord(group, says, of, bits, within))
    return tuple(made)
