"""The planner: whether an intent is told now, later with others, by another way, or not before some moment. Pure.

Theory of operation. Asked just before each attempt, with what the attempt would cost and the account as it stands. What costs
nothing is sent. Every kind that it costs must agree; the first that does not decides.

    kind         the account                                  critical                  others
    sms, call    the cap of the day is reached, or the        Elsewhere                 Elsewhere
                 cloud said that the balance is empty
    api, push    within the allowance of its budget           Send                      Send
                 above it, the reserve untouched              -                         Fold, to the end of the window
                 only the reserve is left                     Send                      Fold, 6 h or to the next month (*)
                 spent, or the cloud said so                  Elsewhere if there is     Fold, likewise, or until the refusal
                                                              another way, else as       no longer stands (*)
                                                              below
                   no other way, refused a moment ago         Hold, 5 min                -
                   no other way                               Send                       -

    (*) high alarms go Elsewhere if there is another way. Silent updates of a card, and acts, are held where others fold: a
    younger update then takes the place of the elder, which costs nothing.

Sending without other way above the own count is meant: the count may be wrong, and a cloud gives days of grace. What folds is
told in one message with all that its recipient was to be told in the same window; a Fold whose moment has come says so.

Windows are as long as alarms of that priority can wait: 15 min, 1 h, 4 h. They end seven minutes past, because on the hour
everybody calls (dingtalk-api 0.5). Not here: the pace of a robot, which the channel keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cloud_bridge.quota.account import MONTHLY, REFUSAL_DOUBTED, Account
from cloud_bridge.quota.budgets import allowance, budget_of, can_fold, ceiling
from edge.model.act import Call
from edge.model.alarm import Priority
from edge.model.intent import Intent
from edge.model.moment import HOUR, MINUTE, Moment, Span
from edge.model.quota import Cost, Kind

WINDOWS: dict[Priority, Span] = {Priority.HIGH: 15 * MINUTE, Priority.MEDIUM: 1 * HOUR, Priority.LOW: 4 * HOUR}
_PAST_THE_HOUR: Span = 7 * MINUTE
NOTHING: Cost = {}
#: A limit may be raised before the month is over.
ASKED_AGAIN: Span = 6 * HOUR


class Reason(StrEnum):
    """Why an intent is not sent at once."""

    BUDGET_SPENT = "budget_spent"
    """Alarms of this priority have used what they may have used by now."""
    RESERVE_LEFT = "reserve_left"
    """What is left of the quota is for critical alarms."""
    QUOTA_SPENT = "quota_spent"
    CAP_OF_THE_DAY = "cap_of_the_day"
    BALANCE_EMPTY = "balance_empty"


#: What stands in the record of an attempt that was not made.
SAID = {
    Reason.BUDGET_SPENT: "to save the month's quota, alarms of this priority are told together",
    Reason.RESERVE_LEFT: "what is left of the month's quota is kept for critical alarms",
    Reason.QUOTA_SPENT: "the month's quota is spent",
    Reason.CAP_OF_THE_DAY: "no more SMS or calls today: the plant's own cap is reached",
    Reason.BALANCE_EMPTY: "the balance of SMS or calls is empty",
}


@dataclass(frozen=True, slots=True)
class Send:
    """Now."""


@dataclass(frozen=True, slots=True)
class Fold:
    """In one message with others, at `until`; when that has come, now."""

    until: Moment
    reason: Reason


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Not by this channel: its recipient must be told, or the next step taken, by another way, and at once."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Hold:
    """Not before `until`."""

    until: Moment
    reason: Reason


Decision = Send | Fold | Elsewhere | Hold


def always_send(_intent: Intent) -> Decision:
    """The plan of a channel whose cloud counts nothing."""
    return Send()


def decide(
    intent: Intent, cost: Cost, account: Account, now: Moment, *, other_way: bool, under_way: Cost = NOTHING
) -> Decision:
    """other_way: the recipient can be reached by another channel. under_way: what attempts will use that have been let go and
    are not in the account yet."""
    for kind in Kind:
        if cost.get(kind, 0) > 0:
            weigh = _weigh_month if kind in MONTHLY else _weigh_day
            decision = weigh(intent, kind, cost[kind] + under_way.get(kind, 0), account, now, other_way=other_way)
            if not isinstance(decision, Send):
                return decision
    return Send()


def _weigh_day(intent: Intent, kind: Kind, count: int, account: Account, now: Moment, *, other_way: bool) -> Decision:
    if account.refusal_ends(kind, now) is not None:
        return Elsewhere(Reason.BALANCE_EMPTY)
    if account.spent(kind, now) + count > account.limits.of(kind):
        return Elsewhere(Reason.CAP_OF_THE_DAY)
    return Send()


def _weigh_month(intent: Intent, kind: Kind, count: int, account: Account, now: Moment, *, other_way: bool) -> Decision:
    priority = budget_of(intent)
    after = account.spent(kind, now) + count
    refused_until = account.refusal_ends(kind, now)
    if refused_until is None and after <= allowance(account, kind, priority, now):
        return Send()
    if priority is Priority.CRITICAL:
        return _when_spent(intent, account, kind, now, other_way=other_way)
    if refused_until is None and after <= ceiling(account, kind, Priority.HIGH):
        return _in_window(intent, priority, now)
    if priority is Priority.HIGH and other_way and can_fold(intent):
        return Elsewhere(Reason.QUOTA_SPENT)
    if refused_until is not None:
        return _later(intent, refused_until, Reason.QUOTA_SPENT)
    return _later(intent, min(now + ASKED_AGAIN, account.period(kind, now).ends), Reason.RESERVE_LEFT)


def _when_spent(intent: Intent, account: Account, kind: Kind, now: Moment, *, other_way: bool) -> Decision:
    """Of what is critical and rings. A call that comes late is none: the next step is taken."""
    is_refused = account.refusal_ends(kind, now) is not None
    if other_way or (is_refused and isinstance(intent.act, Call)):
        return Elsewhere(Reason.QUOTA_SPENT)
    if is_refused:
        doubted_at = account.refused_at[kind] + REFUSAL_DOUBTED
        if now < doubted_at:
            return Hold(doubted_at, Reason.QUOTA_SPENT)
    return Send()


def _in_window(intent: Intent, priority: Priority, now: Moment) -> Decision:
    """A card that waited to the end of its window is drawn as it is then."""
    until = window_end(intent.created_at, WINDOWS[priority])
    if not can_fold(intent) and until <= now:
        return Send()
    return _later(intent, until, Reason.BUDGET_SPENT)


def _later(intent: Intent, until: Moment, reason: Reason) -> Fold | Hold:
    return Fold(until, reason) if can_fold(intent) else Hold(until, reason)


def window_end(moment: Moment, length: Span) -> Moment:
    """The end of the window that a moment lies in, always after it."""
    return (moment - _PAST_THE_HOUR) // length * length + length + _PAST_THE_HOUR
