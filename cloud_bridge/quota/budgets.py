"""Budgets: what alarms of each priority may have used by now of a monthly quota. Pure.

All draw on one account; a priority's allowance is how far the *whole* account may have come for it still to be told at once. So
low stops first, and what is above an allowance only more urgent alarms can use.

    priority    of the quota             at the begin of a month as if it were under way for
    critical    all of it                (all of it, at once)
    high        all but the reserve      7 days
    medium      8/10 of that             3 days
    low         6/10 of that             2 days

An allowance grows with the month. One bad day of a chattering sensor then costs that day's share and some days in advance,
and not the month: after it low alarms come in digests, until the month has caught up. High alarms may use a week in advance,
because a plant that has a bad week must hear of it. Silent updates of a card are bought from a budget below that of their
alarm: they never use the reserve. Who is called by telephone has been told before and did not answer: that is always critical.
"""

from __future__ import annotations

from cloud_bridge.quota.account import Account
from edge.model.act import Call, Tell
from edge.model.alarm import Priority
from edge.model.intent import Intent, Purpose
from edge.model.moment import HOUR, Moment, Span
from edge.model.quota import Kind

_DAY: Span = 24 * HOUR

#: Tenths of what is not reserved.
_TENTHS = {Priority.HIGH: 10, Priority.MEDIUM: 8, Priority.LOW: 6}
_IN_ADVANCE: dict[Priority, Span] = {Priority.HIGH: 7 * _DAY, Priority.MEDIUM: 3 * _DAY, Priority.LOW: 2 * _DAY}
_BELOW = {Priority.CRITICAL: Priority.HIGH, Priority.HIGH: Priority.MEDIUM, Priority.MEDIUM: Priority.LOW}
_SILENT = frozenset({Purpose.STATE, Purpose.FLOOD_OVER})


def is_silent(intent: Intent) -> bool:
    """Whether it draws a card anew, and nobody's phone rings."""
    return intent.purpose in _SILENT


def can_fold(intent: Intent) -> bool:
    """Whether it can be told in one message with others: not what draws a card anew, and no act."""
    return not is_silent(intent) and isinstance(intent.act, Tell)


def budget_of(intent: Intent) -> Priority:
    """From whose budget it is bought: critical, high, medium or low."""
    if isinstance(intent.act, Call):
        return Priority.CRITICAL
    own = Priority.LOW if intent.priority is Priority.JOURNAL else intent.priority
    return _BELOW.get(own, own) if is_silent(intent) else own


def ceiling(account: Account, kind: Kind, priority: Priority) -> int:
    """What alarms of a priority may ever find used of a month's quota and still use more."""
    quota = account.limits.of(kind)
    if priority is Priority.CRITICAL:
        return quota
    unreserved = quota - round(quota * account.limits.reserve)
    return unreserved * _TENTHS[priority] // 10


def allowance(account: Account, kind: Kind, priority: Priority, now: Moment) -> int:
    """The same by now; at the month's end it is the ceiling."""
    most = ceiling(account, kind, priority)
    if priority is Priority.CRITICAL:
        return most
    month = account.period(kind, now)
    elapsed = now - month.begins + _IN_ADVANCE[priority]
    return min(most, most * elapsed // (month.ends - month.begins))
