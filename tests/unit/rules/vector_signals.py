"""Signals of the published vectors, as `tests/cases/vectors/README.md` writes them down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from edge.model.moment import SECOND, Span
from rules.expression import Yields, compile_expression
from rules.expression.problem import Problems
from rules.signals import deviation, rate, raw, trend
from rules.signals.aggregate import Aggregate
from rules.signals.base import Signal
from rules.signals.baseline import Baseline, Learned, Stated
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
from rules.signals.raw import Raw
from rules.signals.repeat import Repeat
from rules.signals.runs import NELSON, WESTERN_ELECTRIC, Runs, RunTests
from rules.signals.trend import Trend
from rules.signals.tumbling_repeat import TumblingRepeat
from rules.signals.tumbling_window import TumblingWindow
from rules.signals.window import Window

#: Parameters that are seconds in a file.
SPANS = frozenset({"after", "every", "hold", "over", "per", "phase", "span", "within"})

CLASS_OF: Mapping[str, type[Any]] = {
    "deviation": Deviation,
    "rate": Rate,
    "mismatch": Mismatch,
    "frozen": Frozen,
    "trend": Trend,
    "repeat": Repeat,
    "tumbling_repeat": TumblingRepeat,
    "n_of_m": NOfM,
    "window": Window,
    "tumbling_window": TumblingWindow,
    "counter_rate": CounterRate,
    "counter_stop": CounterStop,
    "runs": Runs,
    "ewma": Ewma,
    "cusum": Cusum,
    "pulse": Pulse,
}
SIDES: Mapping[str, type[StrEnum]] = {"deviation": deviation.Side, "rate": rate.Side, "trend": trend.Side}


def signal_of(given: Mapping[str, Any]) -> Signal:
    parameters = dict(given)
    name = parameters.pop("type")
    if name == "expression":
        return expression_of(parameters["text"], Yields(parameters.get("yields", "condition")))
    made = {key: _READ.get(key, _as_it_is)(value) for key, value in parameters.items()}
    made |= {key: span(value) for key, value in parameters.items() if key in SPANS}
    if name in SIDES and "side" in made:
        made["side"] = SIDES[name](made["side"])
    signal: Signal = CLASS_OF[name](**made)
    return signal


def expression_of(text: str, yields: Yields) -> ExpressionSignal:
    """Its names are the names of tags."""
    expression = compile_expression(text, yields)
    if isinstance(expression, Problems):
        raise ValueError(f"{text}: {expression}")
    return ExpressionSignal(expression, expression.names)


def states_of(given: Mapping[str, Any]) -> States:
    conditions = tuple((name, expression_of(text, Yields.CONDITION)) for name, text in given["states"])
    return States(given["name"], conditions, given.get("otherwise"))


def span(given: float) -> Span:
    return round(given * SECOND)


def _baseline(given: Mapping[str, Any]) -> Baseline:
    return Learned(given["learn"]) if "learn" in given else Stated(given["mean"], given.get("sigma"))


def _tests(given: str | list[int]) -> RunTests:
    return {"nelson": NELSON, "western_electric": WESTERN_ELECTRIC}[given] if isinstance(given, str) else RunTests(tuple(given))


def _raw(given: Mapping[str, Any]) -> Raw:
    return Raw(raw.Side(given["side"]), given["limit"], given.get("deadband", 0.0))


def _pairs(given: list[list[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((command, feedback) for command, feedback in given)


def _as_it_is(given: object) -> object:
    return given


_READ: Mapping[str, Callable[[Any], Any]] = {
    "aggregate": Aggregate,
    "baseline": _baseline,
    "expected": _pairs,
    "raw": _raw,
    "tests": _tests,
    "zone": ZoneInfo,
}
