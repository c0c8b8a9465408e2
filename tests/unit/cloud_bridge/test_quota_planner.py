"""The quota planner: budgets, caps, refusals, and that a critical alarm always has a way."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.quota.account import REFUSAL_DOUBTED, REFUSAL_STANDS, Account, Limits
from cloud_bridge.quota.budgets import allowance, ceiling
from cloud_bridge.quota.planner import ASKED_AGAIN, Decision, Elsewhere, Fold, Hold, Reason, Send, decide, window_end
from edge.model.act import Call, CallMedium
from edge.model.alarm import Priority
from edge.model.intent import Intent, Purpose
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, from_iso
from edge.model.quota import Kind, Usage
from edge.response.calendar import day_at
from tests.unit.cloud_bridge.harness import intent

ZONE = "Asia/Shanghai"
#: The sixteenth day of a month of thirty: half of it is over.
NOW = from_iso("2026-06-16T00:00:00+08:00")
LIMITS = Limits(api=1_000, pushes=1_000, sms_a_day=3, calls_a_day=2, reserve=0.1)
ONE_CALL = {Kind.API: 1}
TOLD = [Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW]


def account(used: int = 0, kind: Kind = Kind.API, *, at: Moment = NOW) -> Account:
    return Account(LIMITS, ZONE).counted([Usage(kind, day_at(at, ZONE), used)])


def wanted(priority: Priority, purpose: Purpose = Purpose.RAISED, *, created_at: Moment = NOW) -> Intent:
    return replace(intent(purpose), priority=priority, created_at=created_at)


# By half of the month: low 540 * 17/30, medium 720 * 18/30, high 900 * 22/30, of which the last call is still theirs.
@pytest.mark.parametrize(
    ("priority", "most"),
    [(Priority.LOW, 306), (Priority.MEDIUM, 432), (Priority.HIGH, 660), (Priority.CRITICAL, 1_000)],
)
def test_each_priority_is_told_at_once_up_to_its_allowance(priority: Priority, most: int) -> None:
    assert decide(wanted(priority), ONE_CALL, account(most - 1), NOW, other_way=True) == Send()
    assert decide(wanted(priority), ONE_CALL, account(most), NOW, other_way=True) != Send()


@pytest.mark.parametrize(
    ("priority", "length"), [(Priority.HIGH, 15 * MINUTE), (Priority.MEDIUM, 1 * HOUR), (Priority.LOW, 4 * HOUR)]
)
def test_above_its_allowance_an_alarm_is_told_with_others_at_the_end_of_its_window(priority: Priority, length: int) -> None:
    decision = decide(wanted(priority), ONE_CALL, account(700), NOW, other_way=True)
    assert decision == Fold(window_end(NOW, length), Reason.BUDGET_SPENT)
    assert NOW < decision.until <= NOW + length


def test_when_its_window_has_ended_a_fold_says_so() -> None:
    then = wanted(Priority.LOW, created_at=NOW - 5 * HOUR)
    decision = decide(then, ONE_CALL, account(700), NOW, other_way=False)
    assert isinstance(decision, Fold)
    assert decision.until <= NOW


def test_a_silent_update_waits_for_the_end_of_its_window_and_is_then_drawn() -> None:
    fresh = wanted(Priority.LOW, Purpose.STATE)
    assert decide(fresh, ONE_CALL, account(700), NOW, other_way=True) == Hold(window_end(NOW, 4 * HOUR), Reason.BUDGET_SPENT)
    old = wanted(Priority.LOW, Purpose.STATE, created_at=NOW - 5 * HOUR)
    assert decide(old, ONE_CALL, account(700), NOW, other_way=True) == Send()


def test_the_reserve_is_for_critical_alarms_and_not_for_their_silent_updates() -> None:
    later = NOW + ASKED_AGAIN
    assert decide(wanted(Priority.CRITICAL), ONE_CALL, account(900), NOW, other_way=False) == Send()
    silent = wanted(Priority.CRITICAL, Purpose.STATE)
    assert decide(silent, ONE_CALL, account(900), NOW, other_way=False) == Hold(later, Reason.RESERVE_LEFT)
    for priority in (Priority.HIGH, Priority.MEDIUM, Priority.LOW):
        assert decide(wanted(priority), ONE_CALL, account(900), NOW, other_way=False) == Fold(later, Reason.RESERVE_LEFT)


def test_on_the_last_day_what_waits_is_told_as_soon_as_the_month_is_over() -> None:
    ends = from_iso("2026-07-01T00:00:00+08:00")
    spent = account(900, at=ends - HOUR)
    low = wanted(Priority.LOW, created_at=ends - HOUR)
    assert decide(low, ONE_CALL, spent, ends - HOUR, other_way=False) == Fold(ends, Reason.RESERVE_LEFT)
    assert decide(low, ONE_CALL, spent, ends, other_way=False) == Send()


def test_what_is_high_goes_by_another_way_when_only_the_reserve_is_left() -> None:
    assert decide(wanted(Priority.HIGH), ONE_CALL, account(900), NOW, other_way=True) == Elsewhere(Reason.QUOTA_SPENT)
    assert isinstance(decide(wanted(Priority.MEDIUM), ONE_CALL, account(900), NOW, other_way=True), Fold)


def test_when_all_is_spent_a_critical_alarm_goes_by_another_way_and_without_one_is_tried_all_the_same() -> None:
    assert decide(wanted(Priority.CRITICAL), ONE_CALL, account(1_000), NOW, other_way=True) == Elsewhere(Reason.QUOTA_SPENT)
    assert decide(wanted(Priority.CRITICAL), ONE_CALL, account(1_000), NOW, other_way=False) == Send()


def test_a_refusal_of_the_cloud_counts_more_than_our_own_figures() -> None:
    refused = account(0).refused(Kind.API, NOW)
    critical, low = wanted(Priority.CRITICAL), wanted(Priority.LOW)
    assert decide(critical, ONE_CALL, refused, NOW, other_way=True) == Elsewhere(Reason.QUOTA_SPENT)
    assert decide(critical, ONE_CALL, refused, NOW, other_way=False) == Hold(NOW + REFUSAL_DOUBTED, Reason.QUOTA_SPENT)
    assert decide(critical, ONE_CALL, refused, NOW + REFUSAL_DOUBTED, other_way=False) == Send()
    assert decide(low, ONE_CALL, refused, NOW, other_way=True) == Fold(NOW + REFUSAL_STANDS, Reason.QUOTA_SPENT)
    assert decide(low, ONE_CALL, refused, NOW + REFUSAL_STANDS, other_way=True) == Send()


def test_a_call_that_the_cloud_refuses_takes_the_next_step_and_does_not_wait() -> None:
    refused = account(0).refused(Kind.API, NOW)
    call = replace(wanted(Priority.LOW), act=Call(CallMedium.PHONE))
    assert decide(call, {Kind.API: 1, Kind.CALL: 1}, refused, NOW, other_way=False) == Elsewhere(Reason.QUOTA_SPENT)
    assert decide(call, {Kind.API: 1, Kind.CALL: 1}, account(999), NOW, other_way=False) == Send()


def test_a_refusal_ends_with_the_month_and_with_an_acceptance() -> None:
    last_minute = from_iso("2026-06-30T23:59:00+08:00")
    refused = account(0).refused(Kind.API, last_minute)
    low = wanted(Priority.LOW)
    assert isinstance(decide(low, ONE_CALL, refused, last_minute + 30 * SECOND, other_way=True), Fold)
    assert decide(low, ONE_CALL, refused, last_minute + 60 * SECOND, other_way=True) == Send()
    assert decide(low, ONE_CALL, refused.accepted(Kind.API), last_minute, other_way=True) == Send()


@pytest.mark.parametrize(("kind", "cap"), [(Kind.SMS, 3), (Kind.CALL, 2)])
@pytest.mark.parametrize("other_way", [True, False])
def test_telephones_are_capped_by_the_day_for_every_priority(kind: Kind, cap: int, other_way: bool) -> None:
    cost = {Kind.API: 1, kind: 1}
    critical = wanted(Priority.CRITICAL)
    assert decide(critical, cost, account(cap - 1, kind), NOW, other_way=other_way) == Send()
    capped = account(cap, kind)
    assert decide(critical, cost, capped, NOW, other_way=other_way) == Elsewhere(Reason.CAP_OF_THE_DAY)
    assert decide(critical, cost, capped, NOW + 24 * HOUR, other_way=other_way) == Send()


def test_an_empty_balance_goes_to_the_next_step_at_once() -> None:
    empty = account(0).refused(Kind.CALL, NOW)
    assert decide(wanted(Priority.CRITICAL), {Kind.CALL: 1}, empty, NOW, other_way=False) == Elsewhere(Reason.BALANCE_EMPTY)
    assert decide(wanted(Priority.CRITICAL), ONE_CALL, empty, NOW, other_way=False) == Send()


def test_what_costs_nothing_is_always_sent() -> None:
    assert decide(wanted(Priority.LOW), {}, account(5_000).refused(Kind.API, NOW), NOW, other_way=True) == Send()


def test_a_month_begins_at_the_midnight_of_the_plants_own_zone() -> None:
    before = account(1_000, at=from_iso("2026-06-30T23:59:59+08:00"))
    assert before.spent(Kind.API, from_iso("2026-06-30T15:59:59Z")) == 1_000
    assert before.spent(Kind.API, from_iso("2026-06-30T16:00:00Z")) == 0


# --- properties -------------------------------------------------------------------------------------------------------

accounts = st.builds(
    lambda used, refused: account(used) if refused is None else account(used).refused(Kind.API, NOW - refused * MINUTE),
    st.integers(0, 1_200),
    st.none() | st.integers(0, 90),
)
intents = st.builds(
    lambda priority, purpose, age: wanted(priority, purpose, created_at=NOW - age * MINUTE),
    st.sampled_from(TOLD),
    st.sampled_from(list(Purpose)),
    st.integers(0, 600),
)


@given(accounts, st.sampled_from([each for each in Purpose if each not in (Purpose.STATE, Purpose.FLOOD_OVER)]), st.booleans())
def test_what_is_critical_is_never_held_while_any_way_is_left(held: Account, purpose: Purpose, other_way: bool) -> None:
    decision = decide(wanted(Priority.CRITICAL, purpose), ONE_CALL, held, NOW, other_way=other_way)
    has_way = other_way or held.refusal_ends(Kind.API, NOW) is None
    assert isinstance(decision, Send | Elsewhere if has_way else Send | Hold)
    if isinstance(decision, Hold):
        assert NOW < decision.until <= NOW + REFUSAL_DOUBTED
    if not other_way:
        assert not isinstance(decision, Elsewhere)


@given(intents, accounts, st.integers(0, 1_000), st.booleans())
def test_the_more_is_used_the_less_is_sent(each: Intent, held: Account, more: int, other_way: bool) -> None:
    fuller = held.counted([Usage(Kind.API, day_at(NOW, ZONE), more)])
    if decide(each, ONE_CALL, fuller, NOW, other_way=other_way) == Send():
        assert decide(each, ONE_CALL, held, NOW, other_way=other_way) == Send()


@given(intents, accounts, st.booleans())
def test_the_more_urgent_is_sent_whenever_the_less_urgent_is(each: Intent, held: Account, other_way: bool) -> None:
    sent = [decide(replace(each, priority=p), ONE_CALL, held, NOW, other_way=True) == Send() for p in TOLD]
    if each.purpose not in (Purpose.STATE, Purpose.FLOOD_OVER):
        assert sent == sorted(sent, reverse=True)


@given(st.lists(st.tuples(st.sampled_from(TOLD), st.sampled_from(list(Purpose)), st.integers(0, 12 * 60)), max_size=250))
def test_over_a_month_budgets_are_never_exceeded(month: list[tuple[Priority, Purpose, int]]) -> None:
    small = Account(replace(LIMITS, api=60), ZONE)
    begins = now = small.period(Kind.API, NOW).begins
    used: Counter[Priority] = Counter()
    for priority, purpose, minutes in month:
        now = min(now + minutes * MINUTE, begins + 30 * 24 * HOUR - 1)
        each = wanted(priority, purpose, created_at=now)
        decision: Decision = decide(each, ONE_CALL, small, now, other_way=True)
        if isinstance(decision, Fold | Hold):
            # Told at the end of its window, in the worst case alone.
            then = decision.until
            decision = decide(each, ONE_CALL, small, then, other_way=True)
            assert not isinstance(decision, Fold) or decision.until <= then or small.spent(Kind.API, then) >= 54
        if decision == Send() or (isinstance(decision, Fold) and decision.until <= now):
            small = small.counted([Usage(Kind.API, day_at(now, ZONE), 1)])
            used[priority] += 1
            assert small.spent(Kind.API, now) <= (60 if priority is Priority.CRITICAL else 54)
    assert used[Priority.CRITICAL] <= 60
    assert used.total() <= 60


@given(st.integers(0, 29), st.sampled_from(TOLD))
def test_an_allowance_grows_to_its_ceiling_and_no_further(days: int, priority: Priority) -> None:
    begins = account().period(Kind.API, NOW).begins
    today, tomorrow = (allowance(account(), Kind.API, priority, begins + d * 24 * HOUR) for d in (days, days + 1))
    assert today <= tomorrow or days == 29
    assert today <= ceiling(account(), Kind.API, priority)
