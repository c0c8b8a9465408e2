"""The events of the alarm stream, with the data that `edge.model.event` lists for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.model.event import Event, Stream
from edge.model.moment import SECOND, Moment, Span, to_iso
from rules.alarm import SYSTEM, Alarm
from rules.definition import Rule


@dataclass(frozen=True, slots=True)
class Reading:
    """What an alarm's tag showed. value: of the newest good sample, None before the first; while its sensor fails, for the
    rule that watches that, what the device says. quality: `good`, `uncertain` (also when the value is good but stale) or
    `bad`."""

    value: float | None
    quality: str


def raised(rule: Rule, alarm: Alarm, reading: Reading, time: Moment, *, realarm: bool, context: Mapping[str, Any]) -> Event:
    """context: `context_began` and `context`; empty for a rule without context tags. The values may be filled in later."""
    data = {
        "occurrence": alarm.facts.occurrence,
        "priority": str(rule.priority),
        "began": iso_or_none(alarm.began),
        "value": reading.value,
        "limit": rule.limit,
        "quality": reading.quality,
        "realarm": realarm,
        **context,
    }
    return _event("raised", rule, time, data)


def returned(
    rule: Rule, alarm: Alarm, reading: Reading, peak: float | None, time: Moment, *, context: Mapping[str, Any]
) -> Event:
    """context: `context`, as in `raised`."""
    data = {
        "occurrence": alarm.facts.occurrence,
        "began": iso_or_none(alarm.began),
        "raised": iso_or_none(alarm.raised),
        "value": reading.value,
        "peak": peak,
        "acknowledged": alarm.facts.acked,
        **context,
    }
    return _event("returned", rule, time, data)


def expired(rule: Rule, alarm: Alarm, reading: Reading, time: Moment) -> Event:
    """A shelf that ended by itself; one that a person ended is an answer (`commands.py`)."""
    return _event("unshelved", rule, time, {"by": SYSTEM, "via": SYSTEM, **unshelved_data(rule, alarm, reading, "expired")})


def unshelved_data(rule: Rule, alarm: Alarm, reading: Reading, cause: str) -> dict[str, Any]:
    """cause: `person` or `expired`. With active=True people must be told of the occurrence again."""
    return {
        "cause": cause,
        "active": alarm.facts.active,
        "occurrence": alarm.facts.occurrence,
        "priority": str(rule.priority),
        "began": iso_or_none(alarm.began),
        "value": reading.value,
        "limit": rule.limit,
        "quality": reading.quality,
    }


def filtered(rule: Rule, began: Moment, lasted: Span, time: Moment) -> Event:
    return _event("filtered", rule, time, {"began": to_iso(began), "lasted": lasted / SECOND})


def retired(rule_id: str, alarm: Alarm, cause: str, time: Moment) -> Event:
    """cause: `rule_removed` or `rule_changed`."""
    data = {"occurrence": alarm.facts.occurrence, "state": str(alarm.facts.process_state), "cause": cause}
    return Event(Stream.ALARM, "retired", rule_id, time, data)


def iso_or_none(moment: Moment | None) -> str | None:
    return None if moment is None else to_iso(moment)


def _event(kind: str, rule: Rule, time: Moment, data: Mapping[str, Any]) -> Event:
    return Event(Stream.ALARM, kind, rule.id, time, data)
