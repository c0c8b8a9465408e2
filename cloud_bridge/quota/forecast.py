"""The forecast: on which day a monthly quota ends if the days go on as the last seven did. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from cloud_bridge.quota.account import Account
from edge.model.moment import HOUR, Moment, Span
from edge.model.quota import Kind
from edge.response.calendar import day_at, day_span

_DAY: Span = 24 * HOUR
DAYS_BACK = 7


@dataclass(frozen=True, slots=True)
class Forecast:
    """spent: since the period began. limit: of the period. a_day: used on an average day of the last seven. ends: when the
    limit will be reached, within the period; None: it lasts. An end that has come already is `now`."""

    spent: int
    limit: int
    a_day: float
    ends: Moment | None


def forecast(account: Account, kind: Kind, now: Moment) -> Forecast:
    """Of api or push. The days are those since the first on which anything was used, at least one and at most seven; today
    counts as far as it has come."""
    spent, limit = account.spent(kind, now), account.limits.of(kind)
    a_day = _a_day(account, kind, now)
    left = limit - spent
    if left <= 0:
        return Forecast(spent, limit, a_day, now)
    if a_day <= 0:
        return Forecast(spent, limit, a_day, None)
    ends = now + int(left / a_day * _DAY)
    return Forecast(spent, limit, a_day, ends if ends < account.period(kind, now).ends else None)


def _a_day(account: Account, kind: Kind, now: Moment) -> float:
    today = date.fromisoformat(day_at(now, account.time_zone))
    oldest = (today - timedelta(days=DAYS_BACK - 1)).isoformat()
    recent = {day: count for (of, day), count in account.used.items() if of is kind and count and oldest <= day}
    if not recent:
        return 0.0
    begins, _ = day_span(min(recent), account.time_zone)
    return sum(recent.values()) * _DAY / max(now - begins, _DAY)
