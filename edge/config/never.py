"""Rules that can never be true, or never be anything else, as their tag is read and laid down. Pure.

Of a device that sends when it wants nobody knows how often: of its rules less can be said.
"""

from __future__ import annotations

import re

from edge.config.rules import BuiltRule
from edge.config.text.finding import Findings, Place
from edge.config.text.values import format_span
from rules.definition import Comparison, Kind
from rules.signals.counter import STATED_PART, CounterRate
from rules.signals.expression import ExpressionSignal
from rules.signals.pulse import Pulse
from rules.signals.repeat import Repeat
from rules.signals.trend import Trend
from rules.signals.tumbling_repeat import TumblingRepeat

#: How drivers call types of whole numbers, and their bits: uint16, bcd32.
_WHOLE = re.compile(r"(?:u?int|bcd)(\d+)")
_FRACTION = re.compile(r"(?:float|double)\d*")


def check_possible(each: BuiltRule, findings: Findings) -> None:
    """What can never be true, or never be false, is an error."""
    if each.rule.comparison is Comparison.BIT:
        _check_bit(each, findings)
    match each.rule.signal:
        case Repeat() | TumblingRepeat() as repeat:
            _check_repeat(each, repeat, findings)
        case Trend() as trend:
            _check_trend(each, trend, findings)
        case CounterRate() as counter:
            _check_counter(each, counter, findings)


def remark_on_possible(each: BuiltRule, findings: Findings) -> None:
    """What can be true, but hardly as it is meant, is a warning."""
    every = each.rule.scan
    match each.rule.signal:
        case Pulse(hold=hold) if hold <= every:
            findings.warn(_place(each, "hold"), "hold_shorter", hold=format_span(hold), every=format_span(every))
        case ExpressionSignal(inputs=inputs) if each.rule.kind is Kind.EXPRESSION and each.rule.tag not in inputs:
            own = f"{each.rule.device}."
            read = ", ".join(name.removeprefix(own) for name in inputs)
            if any(name.startswith(own) for name in inputs):
                findings.warn(_place(each, "tag"), "expression_not_tag", tag=each.tag.key, read=read)


def _check_bit(each: BuiltRule, findings: Findings) -> None:
    """A scaled tag has the bits of its value, not of its register."""
    laid_down, bit = str(getattr(each.tag.point, "type", "")), round(each.rule.limit or 0.0)
    whole = _WHOLE.fullmatch(laid_down)
    said = {"tag": each.tag.key, "type": laid_down}
    if _FRACTION.fullmatch(laid_down):
        findings.error(_place(each, "bit"), "bit_of_fraction", **said)
    elif whole is not None and each.tag.measure.scale == 1.0 and bit >= int(whole[1]):
        findings.error(_place(each, "bit"), "bit_beyond", bit=bit, last=int(whole[1]) - 1, **said)


def _check_repeat(each: BuiltRule, repeat: Repeat | TumblingRepeat, findings: Findings) -> None:
    """Between two beginnings one sample must not be so."""
    every = each.rule.scan
    most = repeat.within // (2 * every) + 1 if every else repeat.count
    if repeat.count > most:
        said = {"within": format_span(repeat.within), "every": format_span(every)}
        findings.error(_place(each, "count"), "repeat_too_often", most=most, **said)


def _check_trend(each: BuiltRule, trend: Trend, findings: Findings) -> None:
    every = each.rule.scan
    most = trend.span // every + 1 if every else trend.min_samples
    if trend.min_samples > most:
        said = {"over": format_span(trend.span), "every": format_span(every)}
        findings.error(_place(each, "min_samples"), "trend_too_few", most=most, wanted=trend.min_samples, **said)


def _check_counter(each: BuiltRule, counter: CounterRate, findings: Findings) -> None:
    limit, every = each.rule.limit or 0.0, each.rule.scan
    if each.rule.comparison is Comparison.HIGH and limit <= 0.0:
        findings.error(_place(each, "limit"), "counter_limit_high")
    elif each.rule.comparison is Comparison.LOW and limit < 0.0:
        findings.error(_place(each, "limit"), "counter_limit_low")
    elif counter.rolls_over_at is not None and limit * every / counter.per > counter.rolls_over_at * STATED_PART:
        said = {"per": format_span(counter.per), "every": format_span(every), "limit": f"{limit:g}"}
        at = f"{counter.rolls_over_at:g}"
        findings.error(_place(each, "rolls_over_at"), "roll_over_between", rolls_over_at=at, **said)


def _place(each: BuiltRule, key: str) -> Place:
    return each.node.follow((key,)).place
