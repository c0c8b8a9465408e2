"""What a rule compares that is worked out of tags, in words: what came out of it with what a person needs to judge it (`said`),
and when that is the alarm (`asked`). Cards, journal and explanations say it alike.

A new class of signals is a case in both. Not here: the value of the tag itself (`tag_words.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.model.moment import HOUR, MINUTE, SECOND, Moment
from edge.model.tag import Tag
from edge.response.quantity import number_text, quantity_text
from edge.response.tag_words import value_text
from edge.response.wording import Wording
from edge.texts import render
from rules.definition import Comparison, Rule
from rules.signals.aggregate import Aggregate, Aggregated
from rules.signals.counter import CounterRate, CounterStop
from rules.signals.cusum import Cusum
from rules.signals.deviation import Deviation
from rules.signals.ewma import Ewma
from rules.signals.expression import ExpressionSignal
from rules.signals.frozen import Frozen
from rules.signals.mismatch import Mismatch
from rules.signals.n_of_m import NOfM
from rules.signals.pulse import Pulse
from rules.signals.rate import Rate
from rules.signals.raw import Raw, Side
from rules.signals.repeat import Repeat
from rules.signals.runs import Runs
from rules.signals.trend import HORIZON, Trend
from rules.signals.tumbling_repeat import TumblingRepeat
from rules.signals.tumbling_window import TumblingWindow

#: What a signal's bank says of its present value (`SignalBank.facts`).
Facts = Mapping[str, float | str | None]

_SIGNS = {Comparison.HIGH: "≥", Comparison.LOW: "≤", Comparison.EQUAL: "=", Comparison.NOT_EQUAL: "≠"}
_RAW_SIGNS = {Side.HIGH: "≥", Side.LOW: "≤", Side.EQUAL: "="}


@dataclass(frozen=True, slots=True)
class SignalWords:
    """rule: one with a signal. tag_of: a tag by its name; None where it has left the configuration."""

    rule: Rule
    tag_of: Callable[[str], Tag | None]
    wording: Wording

    def said(self, value: float, facts: Facts, at: Moment) -> str:
        """facts: those that go with the value; empty where they are not known, as then is the answer. at: now, or when it was;
        times of another day have their date."""
        key, arguments = self._said(value, facts, at) if facts else ("", {})
        return self._render(f"said.{key}", **arguments) if key else ""

    def short(self, value: float) -> str:
        """The number alone, for a headline; empty where it says nothing by itself."""
        match self.rule.signal:
            case Runs() | Ewma() | Cusum():
                return ""
            case Trend() | Frozen() | CounterStop():
                return "" if value >= HORIZON else self._seconds(value)
        return self._compared(value)

    @property
    def is_number(self) -> bool:
        """The value itself says something, and has a peak."""
        return self.rule.comparison in (Comparison.HIGH, Comparison.LOW)

    def name(self) -> str:
        """What is compared: `mean of 10 min`."""
        key, arguments = self._name()
        return self._render(f"name.{key}", **arguments)

    def named(self, value: float) -> str:
        """A value by its name, where nothing else is known of that moment; empty where it says nothing by itself."""
        match self.rule.signal:
            case Repeat(raw=raw, within=within):
                times = {"raw": self._raw(raw), "within": self.wording.duration(within)}
                return self._render("asked.repeat", count=number_text(value), **times)
            case NOfM(raw=raw, of=of):
                return self._render("asked.n_of_m", raw=self._raw(raw), n=number_text(value), of=of)
        shown = self.short(value) if self.is_number else ""
        return self._render("named", name=self.name(), value=shown) if shown else ""

    def brief(self, value: float | None, facts: Facts) -> str:
        """As `said`, in a narrow column: `mean of 10 min 62.3 °C`. value: None where nothing can be worked out."""
        if value is None:
            return self._render("cannot", name=self.name())
        try:
            key, arguments = self._brief(value, facts)
        except KeyError:
            # The rule was of another kind when these facts were written down.
            return self.named(value)
        return self._render(key, **arguments) if key else self.named(value)

    def asked(self, limit: float | None) -> str:
        """Empty for an expression that is a condition: its text is in the rule."""
        key, arguments = self._asked(limit)
        return self._render(f"asked.{key}", **arguments) if key else ""

    # --- what came out of it ----------------------------------------------------------------------------------------

    def _said(  # noqa: PLR0911, PLR0912 - a case for every class of signals
        self, value: float, facts: Facts, at: Moment
    ) -> tuple[str, dict[str, object]]:
        match self.rule.signal:
            case Deviation():
                said = {"value": self._own(facts["value"]), "set_point": self._own(facts["set_point"])}
                return "deviation", {**said, "off": self._compared(value)}
            case Mismatch(command=command, feedback=feedback):
                said = {"command": self._of(command, facts["command"]), "feedback": self._of(feedback, facts["feedback"])}
                if facts["expected"] is None:
                    return "mismatch_any", {**said}
                return "mismatch", {**said, "expected": self._of(feedback, facts["expected"])}
            case Rate():
                return self._rate("rate", "change", value, facts)
            case CounterRate():
                return self._rate("counter_rate", "counted", value, facts)
            case Trend() as trend:
                return self._trend(trend, value, facts)
            case Frozen():
                key = "frozen" if value > 0 else "counting"
                return key, {"time": self._seconds(value), "anchor": self._own(facts["anchor"])}
            case CounterStop():
                key = "counter_stop" if value > 0 else "counter_runs"
                return key, {"time": self._seconds(value), "count": self._own(facts["count"])}
            case Repeat(raw=raw, within=within) as repeat:
                key = "repeat_by_the_clock" if isinstance(repeat, TumblingRepeat) else "repeat"
                counted = {"count": number_text(value), "within": self.wording.duration(within)}
                return key, {**counted, "raw": self._raw(raw)}
            case NOfM(raw=raw):
                true = _number(facts["true"])
                seen = number_text(true + _number(facts["false"]))
                return "n_of_m", {"true": number_text(true), "seen": seen, "raw": self._raw(raw)}
            case Aggregated() as window:
                key = "window_by_the_clock" if isinstance(window, TumblingWindow) else "window"
                counted = {"samples": number_text(_number(facts["samples"])), "coverage": self._percent(facts["coverage"])}
                return key, {**self._window(window), **counted, "value": self._compared(value)}
            case Pulse():
                if facts["event"] is None:
                    return "no_event", {}
                until = self.wording.time(round(_number(facts["until"])), at)
                return "event", {"event": self._own(facts["event"]), "until": until}
            case ExpressionSignal() as expression:
                return self._expression(expression, value, facts)
            case _:
                return self._chart(value, facts)

    def _rate(self, key: str, change: str, value: float, facts: Facts) -> tuple[str, dict[str, object]]:
        if facts["seconds"] is None:
            return "", {}
        seconds = self._seconds(_number(facts["seconds"]))
        return key, {"rate": self._compared(value), change: self._own(facts[change]), "seconds": seconds}

    def _trend(self, trend: Trend, value: float, facts: Facts) -> tuple[str, dict[str, object]]:
        limit = self._own(trend.limit)
        if value <= 0:
            return "trend_there", {"limit": limit}
        per, seconds = ("minute", MINUTE // SECOND) if trend.span < HOUR else ("hour", HOUR // SECOND)
        slope, fit = facts["slope"], facts["fit"]
        if slope is None or fit is None:
            return "", {}
        shown = quantity_text(_number(slope) * seconds, f"{self._own_unit}/{self._render(f'per.{per}')}")
        said = {"limit": limit, "slope": shown, "fit": f"{_number(fit):.2f}"}
        return ("trend_none", {**said}) if value >= HORIZON else ("trend", {**said, "time": self._seconds(value)})

    def _expression(self, expression: ExpressionSignal, value: float, facts: Facts) -> tuple[str, dict[str, object]]:
        inputs = []
        for name, read in zip(expression.expression.names, expression.reads, strict=True):
            tag = self.tag_of(read)
            called = name if tag is None else self.wording.words(tag.words, tag.key)
            inputs.append(self._render("input", name=called, value=self._of(read, facts.get(name))))
        said: dict[str, object] = {"inputs": self._render("between").join(dict.fromkeys(inputs))}
        is_number = self.rule.comparison in (Comparison.HIGH, Comparison.LOW)
        return ("expression_value", {**said, "value": self._compared(value)}) if is_number else ("expression", said)

    def _chart(self, value: float, facts: Facts) -> tuple[str, dict[str, object]]:
        match self.rule.signal:
            case Runs(tests=tests) if "point" in facts:
                deviation = f"{_number(facts['deviation']):+.2f}"
                said = {"point": self._own(facts["point"]), "deviation": deviation, "mean": self._own(facts["mean"])}
                test = round(value)
                if not test:
                    return "runs_none", {**said}
                return "runs", {**said, "test": test, "what": self._render(f"test.{test}", one_side=tests.one_side)}
            case Ewma() if "ewma" in facts:
                lower, upper = self._own(facts["lower_limit"]), self._own(facts["upper_limit"])
                return "ewma", {"ewma": self._own(facts["ewma"]), "lower": lower, "upper": upper}
            case Cusum() if "high_sum" in facts:
                interval = self._own(facts["decision_interval"])
                if facts["shifted_mean"] is None:
                    return "cusum_none", {"interval": interval}
                up = _number(facts["high_sum"]) >= _number(facts["low_sum"])
                total, run = ("high_sum", "high_run") if up else ("low_sum", "low_run")
                said = {"side": self._render(f"side.{'up' if up else 'down'}"), "sum": self._own(facts[total])}
                shifted = {"run": number_text(_number(facts[run])), "shifted": self._own(facts["shifted_mean"])}
                return "cusum", {**said, **shifted, "interval": interval}
        return "", {}

    def _name(self) -> tuple[str, dict[str, object]]:
        match self.rule.signal:
            case Trend(limit=limit):
                return "trend", {"limit": self._own(limit)}
            case Repeat(raw=raw, within=within):
                return "repeat", {"raw": self._raw(raw), "within": self.wording.duration(within)}
            case NOfM(raw=raw, of=of):
                return "n_of_m", {"raw": self._raw(raw), "of": of}
            case Aggregated() as window:
                return "window", self._window(window)
        return str(self.rule.kind), {}

    def _brief(  # noqa: PLR0911 - a case for every class of signals
        self, value: float, facts: Facts
    ) -> tuple[str, dict[str, object]]:
        signal = self.rule.signal
        match signal:
            case Trend() if 0 < value < HORIZON and facts["fit"] is not None:
                limit, fit = self._own(signal.limit), f"{_number(facts['fit']):.2f}"
                return "brief.trend", {"limit": limit, "time": self._seconds(value), "fit": fit}
            case Trend():
                key = "said.trend_there" if value <= 0 else "brief.trend_none"
                return key, {"limit": self._own(signal.limit)}
            case Frozen():
                return ("asked.frozen", {"time": self._seconds(value)}) if value > 0 else ("brief.counting", {})
            case CounterStop():
                return ("asked.counter_stop", {"time": self._seconds(value)}) if value > 0 else ("brief.counter_runs", {})
            case Pulse():
                return (
                    ("brief.event", {"event": self._own(facts["event"])})
                    if facts["event"] is not None
                    else ("said.no_event", {})
                )
            case Runs():
                return ("brief.runs", {"test": round(value)}) if value else ("brief.runs_none", {})
            case Ewma():
                return "brief.ewma", {"ewma": self._own(facts["ewma"])}
            case Cusum():
                up = _number(facts["high_sum"]) >= _number(facts["low_sum"])
                side = self._render(f"side.{'up' if up else 'down'}")
                return "brief.cusum", {"side": side, "sum": self._own(facts["high_sum" if up else "low_sum"])}
            case Mismatch() | NOfM():
                pass
            case ExpressionSignal() if not self.is_number:
                pass
            case _:
                return "", {}
        key, arguments = self._said(value, facts, 0)
        return f"said.{key}", arguments

    # --- when that is the alarm -------------------------------------------------------------------------------------

    def _asked(  # noqa: PLR0911, PLR0912 - a case for every class of signals
        self, limit: float | None
    ) -> tuple[str, dict[str, object]]:
        signal = self.rule.signal
        sign = _SIGNS.get(self.rule.comparison)
        compared = "" if limit is None or sign is None else f"{sign} {self._compared(limit)}"
        seconds = "" if limit is None else self._seconds(limit)
        match signal:
            case Deviation(side=side):
                return f"deviation_{side}", {"limit": compared}
            case Mismatch(within=within):
                return "mismatch", {"within": self.wording.duration(within)}
            case Rate(side=side):
                return f"rate_{side}", {"limit": compared}
            case Trend(side=side):
                return f"trend_{side}", {"limit": self._own(signal.limit), "time": seconds}
            case Frozen(band=band):
                return ("frozen_band", {"band": self._own(band), "time": seconds}) if band else ("frozen", {"time": seconds})
            case CounterRate():
                return "counter_rate", {"limit": compared}
            case CounterStop():
                return "counter_stop", {"time": seconds}
            case Repeat(raw=raw, within=within, count=count):
                return "repeat", {"raw": self._raw(raw), "count": count, "within": self.wording.duration(within)}
            case NOfM(raw=raw, n_on=n_on, of=of):
                return "n_of_m", {"raw": self._raw(raw), "n": n_on, "of": of}
            case Aggregated():
                return "window", {**self._window(signal), "limit": compared}
            case Pulse():
                return "event", {}
            case Runs(tests=tests):
                return "runs", {"tests": self._render("between").join(map(str, tests.numbers))}
            case Ewma(width=width):
                return "ewma", {"width": number_text(width)}
            case Cusum(decision_interval=interval, in_sigmas=in_sigmas):
                return "cusum", {"interval": f"{number_text(interval)} σ" if in_sigmas else self._own(interval)}
        if isinstance(signal, ExpressionSignal) and self.rule.comparison in (Comparison.HIGH, Comparison.LOW):
            return "expression", {"limit": compared}
        return "", {}

    # --- pieces -----------------------------------------------------------------------------------------------------

    @property
    def _own_unit(self) -> str:
        tag = self.tag_of(self.rule.tag)
        return "" if tag is None else tag.unit

    def _own(self, value: float | str | None) -> str:
        """In the unit of the tag that the rule is about."""
        return self._of(self.rule.tag, value)

    def _of(self, name: str, value: float | str | None) -> str:
        return value_text(self.tag_of(name), value, self.wording) or self._render("unknown")

    def _compared(self, value: float) -> str:
        return quantity_text(value, self._own_unit if self.rule.unit is None else self.rule.unit)

    def _seconds(self, seconds: float) -> str:
        return self.wording.duration(round(seconds * SECOND))

    def _percent(self, part: float | str | None) -> str:
        return f"{_number(part) * 100:.0f} %" if self.wording.language == "en" else f"{_number(part) * 100:.0f}%"

    def _raw(self, raw: Raw) -> str:
        return f"{_RAW_SIGNS[raw.side]} {self._own(raw.limit)}"

    def _window(self, window: Aggregated) -> dict[str, object]:
        kind = Aggregate(window.aggregate)
        return {
            "aggregate": self._render(f"aggregate.{kind}", percent=number_text(window.percent)),
            "span": self.wording.duration(window.span),
        }

    def _render(self, key: str, **arguments: object) -> str:
        return render(f"signal.{key}", arguments, self.wording.language)


def _number(value: float | str | None) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
