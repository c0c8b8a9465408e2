"""The account of a channel: what may be used, what was used on which day, and what the cloud refused last. Pure.

    kind           counted by       limit
    api, push      month            the organisation's quota, of which a share is kept for critical alarms
    sms, call      day              our own cap, because each costs money

Months and days are those of the plant's time zone, as the cloud counts those of the organisation (dingtalk-api 0.5). Others
may use the same quota without our knowing: a refusal by the cloud counts whatever our own figures say. It stands for an hour,
since a quota may be raised and a balance filled up; then one attempt finds out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from edge.model.moment import HOUR, MINUTE, Moment, Span
from edge.model.quota import Kind, Usage
from edge.response.calendar import day_at, day_span

MONTHLY = frozenset({Kind.API, Kind.PUSH})

#: How long a refusal by the cloud is believed, and how soon a critical alarm may doubt it.
REFUSAL_STANDS: Span = 1 * HOUR
REFUSAL_DOUBTED: Span = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Limits:
    """api, pushes: a month; sms_a_day, calls_a_day: a day. reserve: the share of api and pushes that only critical alarms may
    use, 0 to 0.5."""

    api: int = 5_000
    pushes: int = 3_000
    sms_a_day: int = 50
    calls_a_day: int = 20
    reserve: float = 0.1

    def of(self, kind: Kind) -> int:
        match kind:
            case Kind.API:
                return self.api
            case Kind.PUSH:
                return self.pushes
            case Kind.SMS:
                return self.sms_a_day
            case Kind.CALL:
                return self.calls_a_day


@dataclass(frozen=True, slots=True)
class Period:
    """What a limit is counted over: from a midnight up to another. first_day: `2026-05-01`."""

    first_day: str
    begins: Moment
    ends: Moment


@dataclass(frozen=True, slots=True)
class Account:
    """used: by kind and day. refused_at: when the cloud last said of a kind that it is spent."""

    limits: Limits
    time_zone: str
    used: Mapping[tuple[Kind, str], int] = field(default_factory=dict)
    refused_at: Mapping[Kind, Moment] = field(default_factory=dict)

    def counted(self, usages: Iterable[Usage]) -> Account:
        """With more used; a negative count gives back. What a day used is never less than nothing."""
        used = dict(self.used)
        for usage in usages:
            key = (usage.kind, usage.day)
            used[key] = max(0, used.get(key, 0) + usage.count)
        return replace(self, used=used)

    def refused(self, kind: Kind, now: Moment) -> Account:
        """The cloud said that it is spent."""
        return replace(self, refused_at={**self.refused_at, kind: now})

    def accepted(self, kind: Kind) -> Account:
        """The cloud took one: whatever it refused before, there is some now."""
        left = {each: moment for each, moment in self.refused_at.items() if each is not kind}
        return replace(self, refused_at=left)

    def since(self, day: str) -> Account:
        """Without what was used before a day."""
        return replace(self, used={key: count for key, count in self.used.items() if key[1] >= day})

    def period(self, kind: Kind, now: Moment) -> Period:
        """The month or the day that `now` belongs to."""
        today = day_at(now, self.time_zone)
        if kind not in MONTHLY:
            begins, ends = day_span(today, self.time_zone)
            return Period(today, begins, ends)
        first = date.fromisoformat(today).replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        begins, _ = day_span(first.isoformat(), self.time_zone)
        _, ends = day_span(last.isoformat(), self.time_zone)
        return Period(first.isoformat(), begins, ends)

    def spent(self, kind: Kind, now: Moment) -> int:
        """What was used since the period of `now` began."""
        first = self.period(kind, now).first_day
        return sum(count for (of, day), count in self.used.items() if of is kind and day >= first)

    def refusal_ends(self, kind: Kind, now: Moment) -> Moment | None:
        """Until when a refusal by the cloud stands; None when none does. It ends with the period that it was said in."""
        at = self.refused_at.get(kind)
        if at is None:
            return None
        until = min(at + REFUSAL_STANDS, self.period(kind, at).ends)
        return until if now < until else None
