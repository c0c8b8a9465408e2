"""The events of the alarm stream, with the data that `edge.model.event` lists for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.model.event import Event, Stream
from edge.model.moment import SECOND, Moment, Span, to_iso
from rules.alarm import SYSTEM, Alarm
from rules.definition import Rule
from rules.happening import Edge, Reading


def raised(rule: Rule, alarm: Alarm, edge: Edge, time: Moment, *, realarm: bool) -> Event:
    data: dict[str, Any] = {
        "occurrence": alarm.facts.occurrence,
        "priority": str(rule.priority),
        "began": iso_or_none(alarm.began),
        "value": edge.reading.value,
        "limit": rule.limit,
        "quality": edge.reading.quality,
        "realarm": realarm,
    }
    if edge.context is not None:
        data |= {"context_began": edge.context_began, "context": edge.context}
    return _event("raised", rule, time, data)


def returned(rule: Rule, alarm: Alarm, edge: Edge, time: Moment) -> Event:
    data: dict[str, Any] = {
        "occurrence": alarm.facts.occurrence,
        "began": iso_or_none(alarm.began),
        "raised": iso_or_none(alarm.raised),
        "value": edge.reading.value,
        "peak": edge.peak,
        "acknowledged": alarm.facts.acked,
    }
    if edge.context is not None:
        data["context"] = edge.context
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
