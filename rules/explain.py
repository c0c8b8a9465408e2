"""Why an alarm is what it is: one term after the other, from the value to the people. Pure.

A term is a reason of a closed set with what it needs to be said (`edge/texts/explain.*.yaml` has a sentence for each). Terms
stand in the order in which the engine decides: what the tag shows and whether it counts, how it compares, which delay runs,
what the alarm is, and what hides it. Each is true by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from edge.model.moment import NEVER, SECOND, Moment, to_iso
from edge.model.stage import Stage
from rules.definition import Cause, Comparison
from rules.signals.aggregate import Aggregated
from rules.signals.baseline import Standing
from rules.signals.counter import CounterRate
from rules.signals.deviation import Deviation
from rules.signals.expression import ExpressionSignal
from rules.signals.mismatch import Mismatch
from rules.signals.rate import Rate
from rules.signals.repeat import Repeat
from rules.signals.trend import Trend
from rules.view import AlarmView


class Why(StrEnum):
    """What a term says."""

    NO_VALUE = "no_value"
    VALUE = "value"
    QUALITY_BAD = "quality_bad"
    QUALITY_UNCERTAIN = "quality_uncertain"
    STALE = "stale"
    SIGNAL = "signal"
    SIGNAL_UNKNOWN = "signal_unknown"
    SECOND_VALUE = "second_value"
    INPUTS_UNKNOWN = "inputs_unknown"
    TOO_FEW_SAMPLES = "too_few_samples"
    TOO_LITTLE_COVERED = "too_little_covered"
    LEARNING = "learning"
    LEARNING_AGAIN = "learning_again"
    NOT_EVALUABLE = "not_evaluable"
    OVER_LIMIT = "over_limit"
    UNDER_LIMIT = "under_limit"
    IN_DEADBAND = "in_deadband"
    WITHIN_LIMIT = "within_limit"
    IS_ALARM_VALUE = "is_alarm_value"
    IS_NOT_ALARM_VALUE = "is_not_alarm_value"
    BIT_SET = "bit_set"
    BIT_NOT_SET = "bit_not_set"
    OFF_NORMAL = "off_normal"
    NORMAL = "normal"
    HOLDS = "holds"
    DOES_NOT_HOLD = "does_not_hold"
    SILENT = "silent"
    NOT_SILENT = "not_silent"
    SENSOR_FAILED = "sensor_failed"
    SENSOR_WELL = "sensor_well"
    DATA_BAD = "data_bad"
    DATA_GOOD = "data_good"
    ON_DELAY_RUNS = "on_delay_runs"
    ON_DELAY_PAUSED = "on_delay_paused"
    OFF_DELAY_RUNS = "off_delay_runs"
    OFF_DELAY_PAUSED = "off_delay_paused"
    ACTIVE = "active"
    NOT_ACTIVE = "not_active"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    NEEDS_NO_ACKNOWLEDGEMENT = "needs_no_acknowledgement"
    UNCONFIRMED = "unconfirmed"
    LATCHED = "latched"
    CHATTERING = "chattering"
    SHELVED = "shelved"
    SHELVED_ONCE = "shelved_once"
    OUT_OF_SERVICE = "out_of_service"
    SUPPRESSED = "suppressed"
    SUPPRESSION_ENDING = "suppression_ending"
    MATTERS_NEXT = "matters_next"
    MATTERS_NO_MORE = "matters_no_more"
    SETTLING = "settling"
    ON_TRIAL = "on_trial"


@dataclass(frozen=True, slots=True)
class Term:
    """args: plain values; times are ISO texts, spans seconds."""

    why: Why
    args: Mapping[str, Any] = field(default_factory=dict)


def explain(view: AlarmView, now: Moment) -> tuple[Term, ...]:
    """All terms, in order. now: of the engine's time."""
    return (
        *_of_the_value(view, now),
        *_of_the_condition(view),
        *_of_the_delay(view, now),
        *_of_the_alarm(view),
        *_of_covers(view, now),
        *_of_the_stage(view, now),
    )


def _of_the_value(view: AlarmView, now: Moment) -> Iterator[Term]:
    if view.tag_value is None:
        yield Term(Why.NO_VALUE)
    else:
        age = None if view.tag_news_at is None else max(0, now - view.tag_news_at) / SECOND
        yield Term(Why.VALUE, {"value": view.tag_value, "age": age})
    if view.stale and view.rule.comparison not in _ABOUT_DATA:
        yield Term(Why.STALE)
    elif view.tag_quality == "bad" and view.tag_value is not None and view.rule.comparison not in _ABOUT_DATA:
        yield Term(Why.QUALITY_BAD)
    elif view.tag_quality == "uncertain":
        yield Term(Why.QUALITY_UNCERTAIN)
    if view.rule.signal is not None:
        yield _of_the_signal(view)


def _of_the_signal(view: AlarmView) -> Term:
    """What was worked out of tags, or why that cannot be done now."""
    facts, signal = view.signal, view.rule.signal
    if view.evaluable and view.value is not None:
        return Term(Why.SIGNAL, {"value": view.value, "facts": dict(facts)})
    match facts.get("baseline"):
        case Standing.LEARNING:
            return Term(Why.LEARNING, {"learned": facts["learned"], "to_learn": facts["to_learn"]})
        case Standing.NO_VARIATION | Standing.TOO_FEW_VALUES | Standing.OUT_OF_RANGE as standing:
            how_far = {"learned": facts["learned"], "to_learn": facts["to_learn"]}
            return Term(Why.LEARNING_AGAIN, {"standing": str(standing), **how_far})
    samples, coverage = facts.get("samples"), facts.get("coverage")
    if isinstance(signal, Trend) and isinstance(samples, int) and samples < signal.min_samples:
        return Term(Why.TOO_FEW_SAMPLES, {"samples": samples, "needed": signal.min_samples})
    if isinstance(signal, Trend | Aggregated | Repeat) and isinstance(coverage, float) and coverage < signal.coverage:
        return Term(Why.TOO_LITTLE_COVERED, {"coverage": coverage, "needed": signal.coverage})
    return _of_the_inputs(view)


def _of_the_inputs(view: AlarmView) -> Term:
    """What is missing of what tags show."""
    if isinstance(view.rule.signal, Rate | CounterRate) and view.tag_value is not None and view.tag_quality == "good":
        return Term(Why.SECOND_VALUE)
    unknown = [name for name in _inputs_of(view) if view.signal.get(name) is None]
    return Term(Why.INPUTS_UNKNOWN, {"inputs": unknown}) if unknown else Term(Why.SIGNAL_UNKNOWN)


def _inputs_of(view: AlarmView) -> tuple[str, ...]:
    """The facts that are what tags showed."""
    match view.rule.signal:
        case Deviation():
            return ("value", "set_point")
        case Mismatch():
            return ("command", "feedback")
        case ExpressionSignal(expression=expression):
            return tuple(expression.names)
    return ()


#: Comparisons that say by themselves how the data are.
_ABOUT_DATA = frozenset({Comparison.SILENT, Comparison.FAULTY, Comparison.BAD})

_OF_DATA: Mapping[tuple[Comparison, bool], Why] = {
    (Comparison.SILENT, True): Why.SILENT,
    (Comparison.SILENT, False): Why.NOT_SILENT,
    (Comparison.FAULTY, True): Why.SENSOR_FAILED,
    (Comparison.FAULTY, False): Why.SENSOR_WELL,
    (Comparison.BAD, True): Why.DATA_BAD,
    (Comparison.BAD, False): Why.DATA_GOOD,
}


def _of_the_condition(view: AlarmView) -> Iterator[Term]:
    rule, comparison = view.rule, view.rule.comparison
    if comparison in _ABOUT_DATA:
        after = None if rule.stale_after is None else rule.stale_after / SECOND
        yield Term(_OF_DATA[comparison, view.raw], {"stale_after": after})
        return
    if not view.evaluable:
        yield Term(Why.NOT_EVALUABLE, {"holds": view.raw})
        return
    if comparison in (Comparison.HIGH, Comparison.LOW) and rule.limit is not None and view.value is not None:
        yield _of_the_limit(view, rule.limit, view.value)
    elif rule.signal is not None:
        yield Term(Why.HOLDS if view.raw else Why.DOES_NOT_HOLD)
    elif comparison is Comparison.NOT_EQUAL:
        yield Term(Why.OFF_NORMAL if view.raw else Why.NORMAL, {"alarm_value": _alarm_value(view)})
    elif comparison is Comparison.BIT:
        yield Term(Why.BIT_SET if view.raw else Why.BIT_NOT_SET, {"bit": round(rule.limit or 0.0)})
    else:
        yield Term(Why.IS_ALARM_VALUE if view.raw else Why.IS_NOT_ALARM_VALUE, {"alarm_value": _alarm_value(view)})


def _of_the_limit(view: AlarmView, limit: float, value: float) -> Term:
    high = view.rule.comparison is Comparison.HIGH
    back = limit - view.rule.deadband if high else limit + view.rule.deadband
    said = {"limit": limit, "back": back, "deadband": view.rule.deadband}
    if not view.raw:
        return Term(Why.WITHIN_LIMIT, said)
    if value < limit if high else value > limit:
        return Term(Why.IN_DEADBAND, said)
    return Term(Why.OVER_LIMIT if high else Why.UNDER_LIMIT, said)


def _alarm_value(view: AlarmView) -> float | list[float] | None:
    return list(view.rule.values) if view.rule.values else view.rule.limit


def _of_the_delay(view: AlarmView, now: Moment) -> Iterator[Term]:
    if view.pending_since is None:
        return
    length = view.pending_length / SECOND
    if view.pending_due is None:
        why = Why.ON_DELAY_PAUSED if view.raw else Why.OFF_DELAY_PAUSED
        yield Term(why, {"delay": length, "remains": view.pending_remains / SECOND})
    else:
        why = Why.ON_DELAY_RUNS if view.raw else Why.OFF_DELAY_RUNS
        yield Term(why, {"delay": length, "remains": max(0, view.pending_due - now) / SECOND})


def _of_the_alarm(view: AlarmView) -> Iterator[Term]:
    facts, rule = view.facts, view.rule
    raised = view.raised if facts.active else None
    active = {} if raised is None else {"since": to_iso(raised), "occurrence": facts.occurrence}
    yield Term(Why.ACTIVE, active) if active else Term(Why.NOT_ACTIVE)
    if not facts.acked:
        yield Term(Why.UNACKNOWLEDGED)
    elif facts.retained and not rule.ack_required:
        yield Term(Why.NEEDS_NO_ACKNOWLEDGEMENT)
    elif facts.retained and view.acknowledged_at is not None:
        yield Term(Why.ACKNOWLEDGED, {"by": view.acknowledged_by, "at": to_iso(view.acknowledged_at)})
    if not facts.confirmed:
        yield Term(Why.UNCONFIRMED)
    if facts.latched and not facts.active:
        yield Term(Why.LATCHED)
    if view.chattering:
        yield Term(Why.CHATTERING, {"count": view.chattering})


def _of_covers(view: AlarmView, now: Moment) -> Iterator[Term]:
    facts = view.facts
    if facts.out_of_service:
        said = {"by": view.service_by, "reason": view.service_reason, "work_order": view.work_order}
        yield Term(Why.OUT_OF_SERVICE, said)
    if facts.shelved_until is not None and facts.shelved_until != NEVER:
        said = {"by": view.shelved_by, "until": to_iso(facts.shelved_until), "reason": view.shelve_reason}
        yield Term(Why.SHELVED_ONCE if facts.one_shot else Why.SHELVED, said)
    for cover in view.suppressed:
        cause, _, name = cover.partition(":")
        said = {"cause": cause, "name": name}
        ends = view.cover_ends.get(cover)
        if ends is None:
            yield Term(Why.SUPPRESSED, said)
        else:
            why = Why.SETTLING if cause in _VALIDITY else Why.SUPPRESSION_ENDING
            yield Term(why, {**said, "remains": max(0, ends - now) / SECOND})
    yield from _of_the_times(view, now)


def _of_the_times(view: AlarmView, now: Moment) -> Iterator[Term]:
    """Outside the times at which an alarm matters, when those come next. until: None for ever after."""
    times = None if view.rule.validity is None else view.rule.validity.times
    if times is None or times.contains(now):
        return
    begins = times.next_change(now)
    if begins is None:
        yield Term(Why.MATTERS_NO_MORE)
        return
    until = times.next_change(begins)
    said = {"begins": to_iso(begins), "until": None if until is None else to_iso(until)}
    yield Term(Why.MATTERS_NEXT, {**said, "remains": (begins - now) / SECOND})


#: Covers of alarms that do not matter; when they do again, they settle first.
_VALIDITY = frozenset({Cause.MACHINE_STATE, Cause.TIME})


def _of_the_stage(view: AlarmView, now: Moment) -> Iterator[Term]:
    if view.stage is Stage.COMMISSIONING and view.trial_until is not None and view.trial_until > now:
        yield Term(Why.ON_TRIAL, {"until": to_iso(view.trial_until), "only": list(view.trial_only)})
