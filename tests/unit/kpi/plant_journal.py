"""A journal in a line each: rows of alarms in seconds after midnight of 4 May 2026, UTC, and questions about that day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from edge.model.alarm import Priority
from edge.model.event import Event, Stream
from edge.model.moment import HOUR, SECOND, Moment, from_iso, to_iso
from rules.kpi import Figure, Kpi, Question, Report, RuleFacts, compute, numbered

MIDNIGHT: Moment = from_iso("2026-05-04T00:00:00Z")
DAY = 24 * HOUR
HOT = "CRM.ST3.MOTOR/de_temp_high"
FLOW = "CRM.ST3.GEAR/oil_flow_low"
OPERATOR = "op_1"


def at(seconds: float) -> Moment:
    return MIDNIGHT + round(seconds * SECOND)


def row(kind: str, seconds: float, alarm: str = HOT, **data: Any) -> Event:
    return Event(Stream.ALARM, kind, alarm, at(seconds), data)


def raised(seconds: float, number: int = 1, alarm: str = HOT, **data: Any) -> Event:
    stated = {"priority": str(Priority.LOW), "suppressed": [], "realarm": False}
    return row("raised", seconds, alarm, occurrence=number, **{**stated, **data})


def returned(seconds: float, number: int = 1, alarm: str = HOT, **data: Any) -> Event:
    return row("returned", seconds, alarm, occurrence=number, **{"suppressed": [], **data})


def acknowledged(seconds: float, number: int = 1, alarm: str = HOT, by: str = OPERATOR, **data: Any) -> Event:
    return row("acknowledged", seconds, alarm, occurrence=number, by=by, via="console", **data)


def uncovered(kind: str, seconds: float, number: int = 1, alarm: str = HOT, **data: Any) -> Event:
    """A cover ends. By itself, unless `by` says who ended it."""
    standing = {"active": True, "occurrence": number, "priority": str(Priority.LOW), "suppressed": [], "announce": True}
    return row(kind, seconds, alarm, **{**standing, "by": "system", **data})


def shelved(seconds: float, alarm: str = HOT, **data: Any) -> Event:
    stated = {"by": OPERATOR, "via": "console", "reason": "being repaired", "until": to_iso(at(seconds + 3600))}
    return row("shelved", seconds, alarm, **{**stated, **data})


def train(times: Iterable[float], alarm: str = HOT, lasts: float | None = None, **data: Any) -> list[Event]:
    """Raised again and again; each returns `lasts` seconds later, or just before the next."""
    listed = list(times)
    ends = [each + lasts for each in listed] if lasts is not None else [each - 0.001 for each in (*listed[1:], listed[-1] + 1)]
    events = []
    for number, (begin, end) in enumerate(zip(listed, ends, strict=True), start=1):
        events += [raised(begin, number, alarm, **data), returned(end, number, alarm)]
    return events


def rule(alarm: str = HOT, position: str | None = None, **facts: Any) -> RuleFacts:
    return RuleFacts(alarm, facts.pop("priority", Priority.LOW), position, **facts)


def question(
    *rules: RuleFacts,
    start: float = 0,
    end: float = 86_400,
    zone: str = "UTC",
    positions: Mapping[str, bool] | None = None,
    **more: Any,
) -> Question:
    return Question(at(start), at(end), zone, {each.id: each for each in rules}, positions or {}, **more)


def report(events: Iterable[Event], asked: Question | None = None) -> Report:
    return compute(numbered(events), asked or question())


def figure(kpi: Kpi, events: Iterable[Event], asked: Question | None = None) -> Figure:
    """Of all together."""
    return report(events, asked).total.figures[kpi]


def value(kpi: Kpi, events: Iterable[Event], asked: Question | None = None) -> float | None:
    return figure(kpi, events, asked).value


def parts(found: Figure) -> dict[str, float]:
    return {part.name: part.value for part in found.parts}


def sequences(found: Figure) -> list[int]:
    """Which rows, numbered from 1."""
    return [each.sequence for each in found.rows.ids]
