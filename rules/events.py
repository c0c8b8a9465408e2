"""The events of the alarm stream, with the data that `edge.model.event` lists for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from edge.model.alarm import Priority
from edge.model.event import Event, Stream
from edge.model.moment import SECOND, Moment, Span, to_iso
from rules.alarm import SYSTEM, Alarm
from rules.definition import Rule
from rules.happening import Edge, Reading


@dataclass(frozen=True, slots=True)
class Standing:
    """How an alarm stands when something other than its condition changes. reading: see `Reading`. hidden: what still hides
    it. announce: people must be told of it again. apart: what such an announcement says of its stage, of who alone may be
    told, and of what people have forced."""

    reading: Reading
    hidden: tuple[str, ...]
    announce: bool = False
    apart: Mapping[str, Any] = field(default_factory=dict)


def raised(
    rule: Rule, alarm: Alarm, edge: Edge, time: Moment, hidden: tuple[str, ...], *, realarm: bool, more: Mapping[str, Any]
) -> Event:
    data = {
        "occurrence": alarm.facts.occurrence,
        "priority": str(rule.priority),
        "began": iso_or_none(alarm.began),
        "value": edge.reading.value,
        "limit": rule.limit,
        "quality": edge.reading.quality,
        "suppressed": list(hidden),
        "realarm": realarm,
        **more,
    }
    if edge.reading.facts is not None:
        data["facts"] = edge.reading.facts
    if edge.context is not None:
        data |= {"context_began": edge.context_began, "context": edge.context}
    return _event("raised", rule, time, data)


def raised_again(rule: Rule, alarm: Alarm, time: Moment, hidden: tuple[str, ...], apart: Mapping[str, Any]) -> Event:
    """An acknowledged alarm that has stayed active for too long: a new occurrence, with the value of the last."""
    data = {
        "occurrence": alarm.facts.occurrence,
        "priority": str(rule.priority),
        "began": iso_or_none(alarm.began),
        "value": alarm.value,
        "limit": rule.limit,
        "quality": alarm.quality,
        "suppressed": list(hidden),
        "realarm": True,
        **apart,
    }
    return _event("raised", rule, time, data)


def returned(rule: Rule, alarm: Alarm, edge: Edge, time: Moment, hidden: tuple[str, ...]) -> Event:
    data: dict[str, Any] = {
        "occurrence": alarm.facts.occurrence,
        "began": iso_or_none(alarm.began),
        "raised": iso_or_none(alarm.raised),
        "value": edge.reading.value,
        "peak": edge.peak,
        "acknowledged": alarm.facts.acked,
        "suppressed": list(hidden),
    }
    if edge.context is not None:
        data["context"] = edge.context
    return _event("returned", rule, time, data)


def unshelved(rule: Rule, alarm: Alarm, standing: Standing, cause: str, time: Moment) -> Event:
    """A shelf that ended by itself (cause: `expired` or `returned`); one that a person ended is an answer (`commands.py`)."""
    return _event(
        "unshelved", rule, time, {"by": SYSTEM, "via": SYSTEM, "cause": cause, **standing_data(rule, alarm, standing)}
    )


def returned_to_service(rule: Rule, alarm: Alarm, standing: Standing, time: Moment) -> Event:
    """By itself: it has become one that is never out of service. By a person it is an answer (`commands.py`)."""
    return _event("returned_to_service", rule, time, {"by": SYSTEM, "via": SYSTEM, **standing_data(rule, alarm, standing)})


def suppressed(rule: Rule, alarm: Alarm, hidden: tuple[str, ...], time: Moment) -> Event:
    return _event("suppressed", rule, time, {"occurrence": alarm.facts.occurrence, "suppressed": list(hidden)})


def released(rule: Rule, alarm: Alarm, standing: Standing, cause: str, time: Moment) -> Event:
    return _event("released", rule, time, {"cause": cause, **standing_data(rule, alarm, standing)})


def standing_data(rule: Rule, alarm: Alarm, standing: Standing) -> dict[str, Any]:
    """What the last words of `edge.model.event` call STANDING."""
    return {
        "active": alarm.facts.active,
        "occurrence": alarm.facts.occurrence,
        "priority": str(rule.priority),
        "began": iso_or_none(alarm.began),
        "value": standing.reading.value,
        "limit": rule.limit,
        "quality": standing.reading.quality,
        "suppressed": list(standing.hidden),
        "acknowledged": alarm.facts.acked,
        "announce": standing.announce,
        **(standing.apart if standing.announce else {}),
    }


def realarmed(rule: Rule, alarm: Alarm, time: Moment) -> Event:
    data = {"occurrence": alarm.facts.occurrence, "priority": str(rule.priority), "count": alarm.realarms}
    return _event("realarmed", rule, time, data)


def severer(rule: Rule, alarm: Alarm, before: Priority, standing: Standing, time: Moment) -> Event:
    return _event("severer", rule, time, {"before": str(before), **standing_data(rule, alarm, standing)})


def first_out_moved(rule: Rule, alarm: Alarm, group: str, before: Rule, by: str, time: Moment) -> Event:
    data = {"group": group, "occurrence": alarm.facts.occurrence, "before": before.id, "by": by}
    return _event("first_out_moved", rule, time, data)


def chattering(rule: Rule, alarm: Alarm, time: Moment) -> Event:
    within = (time - (alarm.chatter_began or time)) / SECOND
    return _event("chattering", rule, time, {"occurrence": alarm.facts.occurrence, "count": alarm.chattering, "within": within})


def settled(rule: Rule, alarm: Alarm, time: Moment) -> Event:
    """alarm: as it was while it chattered."""
    data = {
        "occurrence": alarm.facts.occurrence,
        "count": alarm.chattering,
        "lasted": (time - (alarm.chatter_began or time)) / SECOND,
        "active": alarm.facts.active,
    }
    return _event("settled", rule, time, data)


def line_turned(line: str, before: str | None, state: str | None, time: Moment) -> Event:
    return Event(Stream.LINE, "state", line, time, {"before": before, "state": state})


def filtered(rule: Rule, began: Moment, lasted: Span, time: Moment) -> Event:
    return _event("filtered", rule, time, {"began": to_iso(began), "lasted": lasted / SECOND})


def retired(rule_id: str, alarm: Alarm, cause: str, time: Moment) -> Event:
    """cause: `rule_removed` or `rule_changed`."""
    data = {"occurrence": alarm.facts.occurrence, "state": str(alarm.facts.process_state), "cause": cause}
    return Event(Stream.ALARM, "retired", rule_id, time, data)


@lru_cache(maxsize=256)
def iso_or_none(moment: Moment | None) -> str | None:
    """Remembered, because what a scan brings is dated alike."""
    return None if moment is None else to_iso(moment)


def _event(kind: str, rule: Rule, time: Moment, data: Mapping[str, Any]) -> Event:
    return Event(Stream.ALARM, kind, rule.id, time, data)
