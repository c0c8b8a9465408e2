"""What follows an attempt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.delivery.deadline import GIVE_UP_AFTER, deadline
from cloud_bridge.delivery.retry import BACK_OFF_MAX, CRASHES_MAX, Done, Reason, RetryAt, after, delay, forgone
from edge.model.act import Call, CallMedium
from edge.model.alarm import Priority
from edge.model.intent import Claim, Crashed, Delivered, Ending, Intent, Outcome, Purpose, Refused, Retry, Scope, Unknown
from edge.model.moment import HOUR, MINUTE, SECOND, Span
from tests.unit.cloud_bridge.harness import START, claim, intent, message

DELIVERED, REFUSED = Delivered("k"), Refused("no such user")
RETRY, UNKNOWN, CRASHED = Retry(0.0, "no connection"), Unknown("no answer"), Crashed("a bug")

TABLE = [
    ("what was delivered is done", DELIVERED, True, False, Reason.ACCEPTED),
    ("what was refused is done", REFUSED, True, False, Reason.REFUSED),
    ("what was not accepted is tried again", RETRY, True, False, Reason.NOT_ACCEPTED_YET),
    ("a repeat that was not accepted is tried again too", RETRY, False, True, Reason.NOT_ACCEPTED_YET),
    ("an unknown keyed call is repeated with its key", UNKNOWN, True, False, Reason.REPEAT_WITH_SAME_KEY),
    ("and again, as often as needed", UNKNOWN, True, True, Reason.REPEAT_WITH_SAME_KEY),
    ("an unknown unkeyed call is repeated once", UNKNOWN, False, False, Reason.REPEAT_ONCE_MARKED),
    ("but not twice", UNKNOWN, False, True, Reason.WAS_THE_ONE_REPEAT),
    ("a keyed call in which the channel crashed is repeated with its key", CRASHED, True, True, Reason.REPEAT_WITH_SAME_KEY),
    ("an unkeyed one once", CRASHED, False, False, Reason.REPEAT_ONCE_MARKED),
    ("and not twice either", CRASHED, False, True, Reason.WAS_THE_ONE_REPEAT),
]


@pytest.mark.parametrize(
    ("outcome", "keyed", "after_unknown", "reason"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_table_of_decisions(outcome: Ending, keyed: bool, after_unknown: bool, reason: Reason) -> None:
    decision = after(outcome, claim(intent(), 2, after_unknown=after_unknown), keyed=keyed, now=START)
    assert decision.reason is reason
    ends = {Reason.ACCEPTED, Reason.REFUSED, Reason.WAS_THE_ONE_REPEAT}
    assert isinstance(decision, Done) == (reason in ends)


@given(st.integers(1, 10_000), st.text())
def test_the_back_off_doubles_to_a_minute_and_is_spread_by_half(attempt: int, seed: str) -> None:
    full = min(SECOND << min(attempt - 1, 10), BACK_OFF_MAX)
    assert full / 2 <= delay(attempt, seed) <= full
    assert delay(attempt, seed) == delay(attempt, seed)


def test_those_who_failed_together_do_not_come_back_together() -> None:
    assert len({delay(3, f"intent {number}") for number in range(100)}) > 90


@given(st.integers(1, 50), st.text(), st.floats(0.1, 3_600))
def test_a_wish_of_the_cloud_is_never_undercut(attempt: int, seed: str, wish_s: float) -> None:
    wish = int(wish_s * SECOND)
    assert wish <= delay(attempt, seed, at_least=wish) <= max(wish + SECOND, BACK_OFF_MAX)


def test_a_block_of_ten_minutes_is_waited_for() -> None:
    decision = after(Retry(600.0, "too fast"), claim(intent()), keyed=True, now=START)
    assert isinstance(decision, RetryAt)
    assert 600 * SECOND <= decision.moment - START <= 601 * SECOND


@pytest.mark.parametrize("keyed", [True, False])
def test_what_nobody_knows_is_repeated_when_the_channel_wishes_and_not_before(keyed: bool) -> None:
    decision = after(Unknown("put off", after_s=120.0), claim(intent()), keyed=keyed, now=START)
    assert isinstance(decision, RetryAt)
    assert 120 * SECOND <= decision.moment - START <= 121 * SECOND


def test_three_days_without_a_network_are_not_too_long() -> None:
    waiting = after(RETRY, claim(intent(), 5_000), keyed=True, now=START + 72 * 3_600 * SECOND)
    assert isinstance(waiting, RetryAt)


@pytest.mark.parametrize("outcome", [RETRY, UNKNOWN])
def test_after_a_week_nobody_needs_it_any_more(outcome: Outcome) -> None:
    decision = after(outcome, claim(intent(), 9_000), keyed=True, now=START + GIVE_UP_AFTER + 1)
    assert decision == Done(Reason.TOO_OLD)


def test_what_has_crashed_too_often_is_not_tried_again() -> None:
    last = Claim(intent(), CRASHES_MAX, after_unknown=True, crashes=CRASHES_MAX - 1)
    assert after(CRASHED, last, keyed=True, now=START) == Done(Reason.CRASHES)
    assert forgone(last, START) is None
    gone_down = Claim(intent(), CRASHES_MAX + 1, after_unknown=True, crashes=CRASHES_MAX)
    assert isinstance(forgone(gone_down, START), Crashed)


def test_what_fails_with_the_whole_channel_waits_shortly_however_often_it_was_tried() -> None:
    for attempt in (1, 50):
        decision = after(Retry(0.0, "no route", Scope.CHANNEL), claim(intent(), attempt), keyed=True, now=START)
        assert isinstance(decision, RetryAt)
        assert decision.moment - START <= 4 * SECOND


def call(medium: CallMedium) -> Intent:
    return replace(intent(), act=Call(medium))


@pytest.mark.parametrize("ending", [UNKNOWN, CRASHED])
@pytest.mark.parametrize("medium", [CallMedium.SMS, CallMedium.PHONE])
def test_a_call_that_may_have_rung_is_never_repeated(medium: CallMedium, ending: Ending) -> None:
    assert after(ending, claim(call(medium)), keyed=True, now=START) == Done(Reason.CALLS_ARE_NOT_REPEATED)
    cut_short = Claim(call(medium), 2, after_unknown=True, crashes=1)
    assert isinstance(forgone(cut_short, START), Unknown)


@pytest.mark.parametrize("medium", CallMedium)
def test_a_call_that_surely_did_not_ring_is_tried_again_until_its_time_is_over(medium: CallMedium) -> None:
    assert isinstance(after(RETRY, claim(call(medium)), keyed=False, now=START), RetryAt)
    assert after(RETRY, claim(call(medium)), keyed=False, now=deadline(call(medium))) == Done(Reason.TOO_OLD)


@pytest.mark.parametrize(
    ("wanted", "worth"),
    [
        (intent(), GIVE_UP_AFTER),
        (intent(Purpose.STATE), GIVE_UP_AFTER),
        (intent(Purpose.RETURNED), GIVE_UP_AFTER),
        (intent(Purpose.REMINDER), 30 * MINUTE),
        (intent(Purpose.REMINDER, message=message(priority=Priority.CRITICAL)), HOUR),
        (intent(Purpose.HANG_TAG), 24 * HOUR),
        (call(CallMedium.APP), 30 * MINUTE),
        (call(CallMedium.PHONE), 10 * MINUTE),
    ],
)
def test_each_is_worth_telling_for_its_own_time(wanted: Intent, worth: Span) -> None:
    assert deadline(wanted) - wanted.created_at == worth
    assert forgone(claim(wanted), wanted.created_at + worth) is None
    assert isinstance(forgone(claim(wanted), wanted.created_at + worth + 1), Retry)
