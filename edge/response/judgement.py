"""Whether a write is carried out, of a person or of a rule: the one place that says no, with a reason of the closed set.

Pure. What is not granted is not looked at further; after that the first thing that is wrong is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import isfinite

from edge.model.command import ConfirmWrite, RefuseWrite, Rejection, WritePoint
from edge.model.deed import Value
from edge.model.moment import MINUTE, Moment, Span
from edge.model.person import Role
from edge.model.sample import Mark, Quality, Sample
from edge.model.tag import Tag
from edge.response.grants import Grant, Purpose, role_suffices
from edge.response.point import Point, Write, WriteState

#: So many refused in the time that the grant counts in are a storm: the point then takes no writes for a while.
STORM = 10
LOCKED_FOR: Span = 15 * MINUTE
REASON_MAX = 200

#: Who has locked a device against writes (a hang-tag), by the name of the device; None: nobody.
LockedBy = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """The point that is asked for, as it is. by: a person's id. received_at: when it came in. reading: what the tag shows, None
    when that is bad, stale or not known."""

    grant: Grant
    tag: Tag
    point: Point
    by: str
    received_at: Moment
    now: Moment
    reading: Value | None
    locked: bool


def judge(command: WritePoint, asked: Asked) -> Rejection | None:
    """None: it may be written."""
    return next((no for no in _objections(command, asked) if no is not None), None)


def _objections(command: WritePoint, asked: Asked) -> Iterator[Rejection | None]:
    """In the order in which they are said."""
    grant, value = asked.grant, command.value
    yield _about_the_person(command.role, asked)
    yield Rejection.REASON_MISSING if not command.reason.strip() or len(command.reason) > REASON_MAX else None
    yield _about_the_moment(asked)
    yield _about_the_value(value, grant, asked.tag)
    has_another = any(write.state is WriteState.PROPOSED or not write.by_rule for write in asked.point.open)
    yield Rejection.WRITE_OPEN if has_another else None
    yield _about_the_rate(asked)
    yield _about_the_step(value, grant, asked.reading)


def judge_second(command: ConfirmWrite, write: Write, asked: Asked) -> Rejection | None:
    """Whether a second person's word sends a write; what may have changed since the first is asked again."""
    if (refused := _about_the_person(command.role, asked)) is not None:
        return refused
    if write.state is not WriteState.PROPOSED:
        return Rejection.NOT_TO_CONFIRM
    if write.by == asked.by:
        return Rejection.SAME_PERSON
    if asked.now > write.due:
        return Rejection.WRITE_EXPIRED
    return (
        _about_the_moment(asked)
        or _about_the_value(write.value, asked.grant, asked.tag)
        or _about_the_rate(asked)
        or _about_the_step(write.value, asked.grant, asked.reading)
    )


def judge_rule(value: Value, grant: Grant, tag: Tag, reading: Value | None) -> Rejection | None:
    """Why the grant does not let a rule write a value now; None: it does. A rule has no second person. The rate, a lock and
    hang-tags make it wait, and are not asked here. reading: as of `Asked`."""
    if not grant.rules or grant.two_step is not None or grant.purpose in (Purpose.SETPOINT, Purpose.HEARTBEAT):
        return Rejection.NOT_GRANTED
    return _about_the_value(value, grant, tag) or _about_the_step(value, grant, reading)


def judge_refusal(command: RefuseWrite, write: Write, asked: Asked) -> Rejection | None:
    """Whether a no ends a write that waits for a second person. Whoever asked for it may always take it back."""
    if write.by != asked.by and (refused := _about_the_person(command.role, asked)) is not None:
        return refused
    return None if write.state is WriteState.PROPOSED else Rejection.NOT_TO_CONFIRM


def _about_the_person(role: Role, asked: Asked) -> Rejection | None:
    return None if role_suffices(role, asked.grant) else Rejection.WRONG_ROLE


def _about_the_moment(asked: Asked) -> Rejection | None:
    if asked.now - asked.received_at > asked.grant.valid_for:
        return Rejection.WRITE_EXPIRED
    if asked.locked:
        return Rejection.HANG_TAG
    if is_locked(asked.point, asked.now):
        return Rejection.POINT_LOCKED
    return None


def _about_the_value(value: Value, grant: Grant, tag: Tag) -> Rejection | None:
    if not fits(value, tag):
        return Rejection.NOT_A_VALUE
    return None if is_allowed(value, grant) else Rejection.OUT_OF_RANGE


def _about_the_rate(asked: Asked) -> Rejection | None:
    return Rejection.TOO_OFTEN if room_at(asked.point, asked.grant, asked.now) > asked.now else None


def _about_the_step(value: Value, grant: Grant, reading: Value | None) -> Rejection | None:
    if grant.step is None or isinstance(value, str):
        return None
    if reading is None or isinstance(reading, str):
        return Rejection.VALUE_NOT_KNOWN
    return Rejection.STEP_TOO_LARGE if abs(value - reading) > grant.step else None


def fits(value: Value, tag: Tag) -> bool:
    """Texts are for text tags, finite numbers for all others."""
    return tag.is_text if isinstance(value, str) else not tag.is_text and isfinite(value)


def is_allowed(value: Value, grant: Grant) -> bool:
    """By the grant's values or its range; a grant with neither allows nothing."""
    if grant.allowed:
        return value in grant.allowed
    return not isinstance(value, str) and grant.range is not None and grant.range[0] <= value <= grant.range[1]


def room_at(point: Point, grant: Grant, now: Moment) -> Moment:
    """When the next write of the point may be: now, or when the eldest of those that count is old enough."""
    recent = [moment for moment in point.left_at if moment > now - grant.per]
    return now if len(recent) < grant.times else recent[-grant.times] + grant.per


def is_locked(point: Point, now: Moment) -> bool:
    return point.locked_until is not None and now < point.locked_until


def refused(point: Point, grant: Grant, now: Moment) -> Point:
    """The point after a refusal: locked, when there have been too many."""
    if is_locked(point, now):
        return point
    recent = (*(moment for moment in point.refused_at if moment > now - grant.per), now)
    if len(recent) < STORM:
        return replace(point, refused_at=recent)
    return replace(point, refused_at=(), locked_until=now + LOCKED_FOR)


def value_now(sample: Sample | None, tag: Tag, now: Moment) -> Value | None:
    """What a tag shows, when that can be relied on: what people have forced is not the device's word, and what they enter is as
    old as its measurement."""
    if sample is None or sample.quality is not Quality.GOOD or sample.mark & Mark.FORCED:
        return None
    since = sample.received_time if tag.entry is None else min(sample.source_time, sample.received_time)
    if tag.stale_after is not None and now - since > tag.stale_after:
        return None
    return sample.text if tag.is_text else sample.value
