"""The statement: an account as people and programs read it, a row for each kind that was or may be used. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud_bridge.quota.account import MONTHLY, Account
from cloud_bridge.quota.forecast import forecast
from edge.model.moment import Moment
from edge.model.quota import Kind


@dataclass(frozen=True, slots=True)
class Statement:
    """monthly: counted by the month, else by the day. reserved: what of the limit is for critical alarms alone. a_day, ends: as
    of a `Forecast`; of what is counted by the day 0 and None. refused_until: the cloud said that it is spent, or the balance
    empty."""

    channel: str
    kind: Kind
    monthly: bool
    spent: int
    limit: int
    reserved: int
    a_day: float
    ends: Moment | None
    refused_until: Moment | None

    @property
    def left(self) -> int:
        return max(0, self.limit - self.spent)


def statements(channel: str, account: Account, now: Moment) -> list[Statement]:
    """One for each kind, in the order of `Kind`."""
    return [_statement(channel, account, kind, now) for kind in Kind]


def _statement(channel: str, account: Account, kind: Kind, now: Moment) -> Statement:
    refused_until = account.refusal_ends(kind, now)
    limit = account.limits.of(kind)
    if kind not in MONTHLY:
        return Statement(channel, kind, False, account.spent(kind, now), limit, 0, 0.0, None, refused_until)
    told = forecast(account, kind, now)
    reserved = round(limit * account.limits.reserve)
    return Statement(channel, kind, True, told.spent, limit, reserved, told.a_day, told.ends, refused_until)


@dataclass(frozen=True, slots=True)
class QuotaHealth:
    """As tags of the gateway. left: of the month's quotas, in percent of the one of which least is left. lasts: all of them
    last to the month's end. balance: SMS and calls can be bought and are below the cap of the day."""

    left: float
    lasts: bool
    balance: bool


def health_of(told: Sequence[Statement]) -> QuotaHealth | None:
    """None where no cloud counts."""
    if not told:
        return None
    monthly = [each for each in told if each.monthly]
    return QuotaHealth(
        left=min((0.0 if each.refused_until else 100 * each.left / each.limit for each in monthly), default=100.0),
        lasts=all(each.ends is None and each.refused_until is None for each in monthly),
        balance=not any(each.refused_until or (each.spent and not each.left) for each in told if not each.monthly),
    )
