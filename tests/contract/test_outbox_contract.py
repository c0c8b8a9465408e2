"""What `edge.ports.Store` promises of the outbox: order, superseding, withdrawing, attempts; in a file and in memory."""

from __future__ import annotations

import pytest

from edge.model.alarm import Priority
from edge.model.command import Receipt
from edge.model.intent import Delivered, Purpose, Refused, Retry, Unknown
from edge.model.moment import SECOND
from edge.store.store import SqliteStore
from tests.contract.boots import Boots
from tests.store_rows import at, intent, response_commit


def keys(claims: list) -> list[str]:
    return [claim.intent.key for claim in claims]


# --- outbox: order --------------------------------------------------------------------------------------------------


def test_highest_priority_first_then_eldest(store: SqliteStore) -> None:
    store.commit_response(
        response_commit(
            intent("low", thread="1", priority=Priority.LOW, seconds=0),
            intent("late", thread="2", seconds=2),
            intent("early", thread="3", seconds=1),
            intent("critical", thread="4", priority=Priority.CRITICAL, seconds=3),
        )
    )
    assert keys(store.claim(at(10), "dingtalk", 3)) == ["critical", "early", "late"]
    assert keys(store.claim(at(10), "dingtalk", 3)) == ["low"]


def test_within_a_thread_the_elder_goes_first_whatever_its_priority(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("second", priority=Priority.CRITICAL, seconds=1), intent("first", seconds=0)))
    claims = store.claim(at(10), "dingtalk", 5)
    assert keys(claims) == ["first"]
    assert store.claim(at(10), "dingtalk", 5) == []
    store.settle(claims[0], Delivered("r"), at(11), None)
    assert keys(store.claim(at(12), "dingtalk", 5)) == ["second"]


def test_an_intent_that_waits_for_its_retry_holds_back_its_thread_and_no_other(store: SqliteStore) -> None:
    store.commit_response(
        response_commit(intent("a1"), intent("a2", Purpose.RETURNED, seconds=1), intent("b1", thread="b", seconds=2))
    )
    first = store.claim(at(2), "dingtalk", 1)[0]
    store.settle(first, Retry(60, "busy"), at(3), at(63))
    assert keys(store.claim(at(4), "dingtalk", 5)) == ["b1"]
    assert store.claim(at(62), "dingtalk", 5) == []
    again = store.claim(at(63), "dingtalk", 5)
    assert keys(again) == ["a1"]
    assert (again[0].attempt, again[0].after_unknown) == (2, False)


def test_channels_do_not_see_each_other(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("d", thread="1"), intent("w", thread="2", channel="webhook")))
    assert keys(store.claim(at(1), "webhook", 5)) == ["w"]
    assert store.next_due("webhook") is None
    assert store.next_due("dingtalk") == at(0)


def test_an_intent_whose_key_is_known_is_not_written_again(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1")))
    claim = store.claim(at(1), "dingtalk", 1)[0]
    store.settle(claim, Delivered("r"), at(2), None)
    store.commit_response(response_commit(intent("k1", seconds=5), intent("k2", seconds=5)))
    assert keys(store.claim(at(6), "dingtalk", 5)) == ["k2"]


def test_order_holds_when_the_clock_of_the_next_boot_is_behind(boots: Boots) -> None:
    boots.store.commit_response(response_commit(intent("yesterday"), seconds=1))
    store = boots.again(-86_400)
    store.commit_response(response_commit(intent("today", Purpose.RETURNED, seconds=-86_400), seconds=-86_400))
    assert keys(store.claim(at(-86_000), "dingtalk", 5)) == ["yesterday"]


def test_a_retry_keeps_its_remaining_time_when_the_clock_of_the_next_boot_is_behind(boots: Boots) -> None:
    boots.store.commit_response(response_commit(intent("k1")))
    claim = boots.store.claim(at(1), "dingtalk", 1)[0]
    boots.store.settle(claim, Retry(60, "busy"), at(2), at(62))
    assert boots.again(-86_400).next_due("dingtalk") == at(-86_400 + 60)


# --- outbox: superseding --------------------------------------------------------------------------------------------


def test_the_latest_state_of_a_card_wins_and_the_elder_is_never_told(store: SqliteStore) -> None:
    store.commit_response(
        response_commit(
            intent("raise"),
            intent("acked", Purpose.STATE, seconds=1),
            intent("returned", Purpose.STATE, seconds=2),
            intent("other card", Purpose.STATE, seconds=3, card="other"),
        )
    )
    told = []
    for second in range(10, 20):
        for claim in store.claim(at(second), "dingtalk", 5):
            told.append(claim.intent.key)
            store.settle(claim, Delivered("r"), at(second), None)
    assert told == ["raise", "returned", "other card"]
    assert store.outbox_counts() == {"delivered": 3, "superseded": 1}


def test_a_state_that_waits_for_its_retry_gives_way_to_a_younger_one_of_its_card(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("acked", Purpose.STATE)))
    store.settle(store.claim(at(1), "dingtalk", 1)[0], Retry(600, "busy"), at(1), at(601))
    store.commit_response(response_commit(intent("returned", Purpose.STATE, seconds=2), seconds=2))
    assert store.next_due("dingtalk") == at(2)
    assert keys(store.claim(at(3), "dingtalk", 5)) == ["returned"]
    assert store.claim(at(700), "dingtalk", 5) == []


def test_a_state_under_way_is_not_superseded(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("acked", Purpose.STATE)))
    under_way = store.claim(at(1), "dingtalk", 1)[0]
    store.commit_response(response_commit(intent("returned", Purpose.STATE, seconds=2)))
    assert store.claim(at(3), "dingtalk", 5) == []
    store.settle(under_way, Delivered("r"), at(4), None)
    assert keys(store.claim(at(5), "dingtalk", 5)) == ["returned"]


@pytest.mark.parametrize("purpose", [Purpose.RAISED, Purpose.REMINDER, Purpose.RETURNED])
def test_what_is_no_state_is_told_each_time(store: SqliteStore, purpose: Purpose) -> None:
    store.commit_response(response_commit(intent("1", purpose), intent("2", purpose, seconds=1)))
    store.settle(store.claim(at(2), "dingtalk", 5)[0], Delivered("r"), at(3), None)
    assert keys(store.claim(at(4), "dingtalk", 5)) == ["2"]


# --- outbox: withdrawing --------------------------------------------------------------------------------------------


def test_what_is_withdrawn_before_its_attempt_is_not_told(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1"), intent("k2", seconds=1)))
    store.commit_response(response_commit(withdrawn=["k1", "never known"]))
    assert keys(store.claim(at(2), "dingtalk", 5)) == ["k2"]
    assert store.unconsumed() == []


def test_what_one_step_wants_and_withdraws_is_not_told(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1"), withdrawn=["k1"]))
    assert store.claim(at(2), "dingtalk", 5) == []


def test_what_is_claimed_or_settled_cannot_be_withdrawn(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("done", thread="1"), intent("under way", thread="2")))
    claims = {claim.intent.key: claim for claim in store.claim(at(1), "dingtalk", 5)}
    store.settle(claims["done"], Delivered("r"), at(2), None)
    store.commit_response(response_commit(withdrawn=["done", "under way"]))
    store.settle(claims["under way"], Delivered("r"), at(3), None)
    assert store.outbox_counts() == {"delivered": 2}


def test_what_is_withdrawn_while_it_is_under_way_is_not_tried_again(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1")))
    (claim,) = store.claim(at(1), "dingtalk", 1)
    store.commit_response(response_commit(withdrawn=["k1"], seconds=2))
    store.settle(claim, Retry(1.0, "busy"), at(3), at(60))
    assert store.outbox_counts() == {"withdrawn": 1}
    assert store.claim(at(100), "dingtalk", 5) == []


def test_what_is_withdrawn_under_way_and_may_have_arrived_says_so(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1")))
    (claim,) = store.claim(at(1), "dingtalk", 1)
    store.commit_response(response_commit(withdrawn=["k1"], seconds=2))
    store.settle(claim, Unknown("no answer"), at(3), at(60))
    assert [row.body for row in store.unconsumed()] == [Receipt("k1", "unknown", "withdrawn", at(3), 3 * SECOND)]


def test_what_is_withdrawn_under_way_is_not_told_by_the_next_boot(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1")))
    store.claim(at(1), "dingtalk", 1)
    store.commit_response(response_commit(withdrawn=["k1"], seconds=2))
    store = store.reopened(at(10))
    assert store.claim(at(100), "dingtalk", 5) == []
    assert store.outbox_counts() == {"unknown": 1}


def test_withdrawing_what_may_have_arrived_says_so(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1")))
    store.settle(store.claim(at(1), "dingtalk", 1)[0], Unknown("no answer"), at(2), at(60))
    store.commit_response(response_commit(withdrawn=["k1"], seconds=5))
    assert store.claim(at(100), "dingtalk", 5) == []
    assert [row.body for row in store.unconsumed()] == [Receipt("k1", "unknown", "withdrawn", at(5), 5 * SECOND)]


# --- outbox: how attempts end ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "name", "detail"),
    [
        (Delivered("card-77"), "delivered", "card-77"),
        (Refused("no such user"), "refused", "no such user"),
        (Unknown("no answer"), "unknown", "no answer"),
        (Retry(1.0, "busy for a week"), "expired", "busy for a week"),
    ],
)
def test_an_attempt_that_ends_an_intent_puts_its_receipt_into_the_inbox(
    store: SqliteStore, outcome: Delivered | Refused | Unknown | Retry, name: str, detail: str
) -> None:
    store.commit_response(response_commit(intent("k1", wanted=-2)))
    store.settle(store.claim(at(1), "dingtalk", 1)[0], outcome, at(3), None)
    row = store.unconsumed()[0]
    assert (row.source, row.message_id, row.actor, row.received_at) == ("delivery", "k1#1", "system", at(3))
    assert row.body == Receipt("k1", name, detail, at(3), late_by=5 * SECOND)
    assert not row.for_engine
    assert store.outbox_counts() == {name: 1}
    assert store.next_due("dingtalk") is None


def test_what_arrives_before_it_was_wanted_is_not_late(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1", wanted=100)))
    store.settle(store.claim(at(1), "dingtalk", 1)[0], Delivered("r"), at(3), None)
    assert store.unconsumed()[0].body.late_by == 0


def test_an_unknown_attempt_marks_every_later_one(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1")))
    store.settle(store.claim(at(1), "dingtalk", 1)[0], Unknown("no answer"), at(2), at(3))
    second = store.claim(at(3), "dingtalk", 1)[0]
    store.settle(second, Retry(1.0, "busy"), at(4), at(5))
    third = store.claim(at(5), "dingtalk", 1)[0]
    assert [(claim.attempt, claim.after_unknown) for claim in (second, third)] == [(2, True), (3, True)]
    store.settle(third, Delivered("r"), at(6), None)
    assert store.unconsumed()[0].body.possible_repeat


def test_an_attempt_cut_short_comes_again_marked(boots: Boots) -> None:
    boots.store.commit_response(response_commit(intent("k1"), intent("k2", Purpose.RETURNED, seconds=1)))
    cut_short = boots.store.claim(at(1), "dingtalk", 1)[0]
    store = boots.again(10)
    assert store.next_due("dingtalk") == at(10)
    again = store.claim(at(10), "dingtalk", 5)
    assert [(claim.intent, claim.attempt, claim.after_unknown) for claim in again] == [(cut_short.intent, 2, True)]
    assert again[0].crashes == 1
    with pytest.raises(ValueError, match="k1: attempt 1 is not under way"):
        store.settle(cut_short, Delivered("r"), at(11), None)
    assert [(attempt.attempt, attempt.outcome) for attempt in store.deliveries(5)] == [(2, None), (1, "crashed")]


def test_an_attempt_ends_once(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1")))
    claim = store.claim(at(1), "dingtalk", 1)[0]
    store.settle(claim, Delivered("r"), at(2), None)
    with pytest.raises(ValueError, match="not under way"):
        store.settle(claim, Delivered("r"), at(3), None)
    assert len(store.unconsumed()) == 1


def test_what_was_delivered_is_never_tried_again(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1")))
    claim = store.claim(at(1), "dingtalk", 1)[0]
    with pytest.raises(ValueError, match="cannot be tried again"):
        store.settle(claim, Delivered("r"), at(2), at(3))
    store.settle(claim, Delivered("r"), at(2), None)


def test_next_due_is_none_while_everything_that_waits_is_behind_an_attempt(store: SqliteStore) -> None:
    assert store.next_due("dingtalk") is None
    store.commit_response(response_commit(intent("k1"), intent("k2", seconds=1)))
    assert store.next_due("dingtalk") == at(0)
    claim = store.claim(at(2), "dingtalk", 5)[0]
    assert store.next_due("dingtalk") is None
    store.settle(claim, Retry(60, "busy"), at(3), at(63))
    assert store.next_due("dingtalk") == at(63)
