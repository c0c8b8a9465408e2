"""A rule of each kind for the mixed rules of bench_rules.py: those that have no signal by `rule_of`, the others in a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.model.alarm import Priority
from edge.model.moment import SECOND
from edge.model.tag import Tag
from rules.definition import Comparison, Kind, Rule
from rules.expression import Expression, compile_expression
from rules.signals.aggregate import Aggregate
from rules.signals.base import Signal
from rules.signals.baseline import Stated
from rules.signals.counter import CounterRate, CounterStop
from rules.signals.cusum import Cusum
from rules.signals.deviation import Deviation
from rules.signals.ewma import Ewma
from rules.signals.expression import ExpressionSignal
from rules.signals.frozen import Frozen
from rules.signals.limit_multiple import OUTSIDE
from rules.signals.mismatch import Mismatch
from rules.signals.n_of_m import NOfM
from rules.signals.pulse import Pulse
from rules.signals.rate import Rate
from rules.signals.raw import Raw, Side
from rules.signals.repeat import Repeat
from rules.signals.runs import Runs
from rules.signals.trend import Side as TrendSide
from rules.signals.trend import Trend
from rules.signals.tumbling_repeat import TumblingRepeat
from rules.signals.tumbling_window import TumblingWindow
from rules.signals.window import Window

DELAY = 3 * SECOND
NO_WORDS: dict[str, str] = {}
#: Of a window, in scans of a second.
SPAN = 30 * SECOND


def rule_of(tag: Tag, key: str, kind: Kind = Kind.HIGH, limit: float | None = 80.0, delay: int = DELAY) -> Rule:
    return Rule(
        id=f"{tag.device}/{tag.key}_{key}",
        key=key,
        device=tag.device,
        device_type="bench",
        area="A",
        kind=kind,
        tag=tag.name,
        priority=Priority.LOW,
        words=NO_WORDS,
        guidance=NO_WORDS,
        limit=limit,
        deadband=2.0 if kind in (Kind.HIGH, Kind.LOW) else 0.0,
        on_delay=delay,
        off_delay=delay,
    )


def _expression() -> Expression:
    made = compile_expression("a > b + 60 and a > 90")
    if not isinstance(made, Expression):
        raise TypeError(made)
    return made


_EXPRESSION = _expression()
_BASELINE = Stated(50.0, 12.0)
_HOT = Raw(Side.HIGH, 90.0, 2.0)


#: Builds a rule for a tag, and one beside it.
Build = Callable[[Tag, Tag], Rule]


def _watching(kind: Kind, limit: float, signal: Callable[[Tag, Tag], Signal], compare: Comparison | None = None) -> Build:
    """How a rule of a kind is built on a signal."""
    return lambda tag, other: replace(rule_of(tag, kind, kind, limit), compare=compare, signal=signal(tag, other))


OTHERS: Sequence[Build] = (
    _watching(Kind.DEVIATION, 60.0, lambda tag, _: Deviation(tag.name, 50.0)),
    _watching(Kind.DEVIATION, 95.0, lambda tag, other: Deviation(tag.name, other.name)),
    _watching(Kind.RATE, 9_000.0, lambda tag, _: Rate(tag.name, 5 * SECOND)),
    _watching(Kind.MISMATCH, 1.0, lambda tag, other: Mismatch(other.name, tag.name, 60 * SECOND)),
    lambda tag, _: rule_of(tag, "lost", Kind.COMM_LOSS, 0.0),
    lambda tag, _: rule_of(tag, "bad", Kind.BAD_QUALITY, None),
    lambda tag, _: rule_of(tag, "fault", Kind.SENSOR_FAULT, None),
    _watching(Kind.FROZEN, 60.0, lambda tag, _: Frozen(tag.name)),
    _watching(Kind.TREND, 1.0, lambda tag, _: Trend(tag=tag.name, side=TrendSide.HIGH, limit=200.0, span=SPAN)),
    _watching(Kind.REPEAT, 5.0, lambda tag, _: Repeat(tag=tag.name, raw=_HOT, within=SPAN, count=5)),
    _watching(Kind.REPEAT, 5.0, lambda tag, _: TumblingRepeat(tag=tag.name, raw=_HOT, within=SPAN, count=5)),
    lambda tag, _: _n_of_m(tag),
    _watching(Kind.WINDOW, 80.0, lambda tag, _: Window(tag=tag.name, aggregate=Aggregate.MEAN, span=SPAN)),
    _watching(Kind.WINDOW, 95.0, lambda tag, _: Window(tag=tag.name, aggregate=Aggregate.PERCENTILE, span=SPAN, percent=90.0)),
    _watching(Kind.WINDOW, 80.0, lambda tag, _: TumblingWindow(tag=tag.name, aggregate=Aggregate.MEAN, span=SPAN)),
    _watching(Kind.COUNTER_RATE, 1e9, lambda tag, _: CounterRate(tag.name, SPAN)),
    _watching(Kind.COUNTER_STOP, 60.0, lambda tag, _: CounterStop(tag.name, 60 * SECOND)),
    _watching(Kind.RUNS, 9.0, lambda tag, _: Runs(tag=tag.name, baseline=_BASELINE)),
    _watching(Kind.EWMA, OUTSIDE, lambda tag, _: Ewma(tag=tag.name, baseline=_BASELINE)),
    _watching(Kind.CUSUM, OUTSIDE, lambda tag, _: Cusum(tag=tag.name, baseline=_BASELINE)),
    _watching(
        Kind.EXPRESSION, 0.0, lambda tag, other: ExpressionSignal(_EXPRESSION, (tag.name, other.name)), Comparison.NOT_EQUAL
    ),
    _watching(Kind.EVENT, 1.0, lambda tag, _: Pulse(tag.name, 10 * SECOND)),
)


def _n_of_m(tag: Tag) -> Rule:
    signal = NOfM(tag.name, _HOT, 3, 5)
    return replace(rule_of(tag, "n_of_m", Kind.N_OF_M, 3.0), deadband=signal.deadband, signal=signal)
