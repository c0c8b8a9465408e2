"""What rules ask of points: how an alarm's events change that, and which value follows from it. Pure.

A rule asks for its value while its alarm is raised and not hidden (shelved, suppressed, out of service, in shadow) and not on
trial: what nobody is to be told of must not be shown by a lamp either. Nor while its alarm stands on what people have forced:
nothing in the plant moves because of a loop check. Of several rules at one point the most urgent wins, of equal ones the one
that was raised last, then the one whose name comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum

from edge.model.alarm import Priority
from edge.model.deed import Value
from edge.model.event import Event
from edge.model.moment import Moment, Span
from edge.response.grants import Grant, OnFault, RuleWrite, Until
from edge.response.point import Ask, Point


class _Effect(Enum):
    ASK = "it asks"
    """Unless it is hidden or on trial, or says of itself that it is not active."""
    SEEN = "somebody has seen it"
    UNSEEN = "nobody looks after it any more"
    GONE = "the condition is gone"
    DROP = "it no longer asks, whatever it waits for"


#: What each kind of event does; kinds that are not here change nothing.
_EFFECTS: Mapping[str, _Effect] = {
    "raised": _Effect.ASK,
    "released": _Effect.ASK,
    "unshelved": _Effect.ASK,
    "returned_to_service": _Effect.ASK,
    "severer": _Effect.ASK,
    "acknowledged": _Effect.SEEN,
    "on_my_way": _Effect.SEEN,
    "confirmed": _Effect.SEEN,
    "unacknowledged": _Effect.UNSEEN,
    "returned": _Effect.GONE,
    "shelved": _Effect.DROP,
    "suppressed": _Effect.DROP,
    "taken_out_of_service": _Effect.DROP,
    "retired": _Effect.DROP,
}


def follow(point: Point, write: RuleWrite, event: Event, is_forced: bool = False) -> Point:
    """The point after an event of an alarm whose rule writes to it. is_forced: people have forced what the rule reads."""
    effect = _EFFECTS.get(event.kind)
    asked = point.asks.get(event.subject)
    match effect:
        case _Effect.ASK:
            return _ask(point, write, event, is_forced)
        case _Effect.SEEN if asked is not None and asked.until is Until.ACKNOWLEDGED:
            return _without(point, event.subject)
        case _Effect.UNSEEN if write.until is Until.ACKNOWLEDGED:
            return _with(point, event.subject, Ask(write.value, Priority.LOW.rank, write.until, event.time, is_forced))
        case _Effect.GONE if asked is not None and _ends_with_the_condition(asked, write, event):
            return _without(point, event.subject)
        case _Effect.DROP if asked is not None:
            return _without(point, event.subject)
        case _:
            return point


def _ends_with_the_condition(asked: Ask, write: RuleWrite, event: Event) -> bool:
    return asked.forced or write.until is Until.RETURNED or bool(event.data.get("acknowledged"))


def _ask(point: Point, write: RuleWrite, event: Event, is_forced: bool) -> Point:
    data = event.data
    seen = write.until is Until.ACKNOWLEDGED and data.get("acknowledged", False)
    if data.get("suppressed") or data.get("stage") is not None or not data.get("active", True) or seen:
        return _without(point, event.subject)
    before = point.asks.get(event.subject)
    if event.kind == "raised" or before is None:
        forced = bool(data.get("forced")) if event.kind == "raised" else is_forced
        before = Ask(write.value, 0, write.until, event.time, forced)
    rank = Priority(data["priority"]).rank
    return _with(point, event.subject, replace(before, value=write.value, rank=rank, until=write.until))


def _with(point: Point, alarm: str, ask: Ask) -> Point:
    return replace(point, asks={**point.asks, alarm: ask})


def _without(point: Point, alarm: str) -> Point:
    if alarm not in point.asks:
        return point
    return replace(point, asks={name: ask for name, ask in point.asks.items() if name != alarm})


def freed(point: Point, needs: Callable[[str], Span | None], now: Moment) -> Point:
    """The point, where what forced values have raised may count by now: its alarm still stands, though its tags have long shown
    what their devices say. needs: how long that is, of an alarm; None: they do not."""
    asks = dict(point.asks)
    for alarm, ask in point.asks.items():
        if not ask.forced:
            continue
        span = needs(alarm)
        since = None if span is None else now if ask.freed_at is None else ask.freed_at
        counts = span is not None and since is not None and now >= since + span
        asks[alarm] = replace(ask, forced=not counts, freed_at=None if counts else since)
    return replace(point, asks=asks)


def wanted(point: Point, grant: Grant, trusted: Callable[[str], bool]) -> tuple[Value, str] | None:
    """The value that shall be at the point, and by which alarm (empty: by none, it is the rest); None: it is left as it is.
    trusted: whether what an alarm's rule reads can be relied on now."""
    asking: list[tuple[int, int, str, Value]] = []
    for alarm, ask in point.asks.items():
        if ask.forced:
            continue
        value: Value | None = ask.value
        if not trusted(alarm) and grant.on_fault is not OnFault.HOLD:
            value = grant.fault_value if grant.on_fault is OnFault.VALUE else None
        if value is not None:
            asking.append((ask.rank, -ask.since, alarm, value))
    if asking:
        _, _, alarm, value = min(asking, key=lambda each: each[:3])
        return value, alarm
    return (grant.rest, "") if grant.rest is not None and point.settled is not None else None
