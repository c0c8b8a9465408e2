"""The contract of `edge.ports.Store`: one test over the database in a file and the one in memory."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from edge.model.alarm import Priority
from edge.model.command import Comment, InboxRow, Receipt
from edge.model.event import Event, Stream
from edge.model.intent import Delivered, Refused, Retry, Unknown
from edge.model.moment import HOUR, from_iso
from edge.model.quota import Kind, Usage
from edge.store.store import SqliteStore
from tests.contract.boots import Boots
from tests.store_rows import AGENT, SITE, T0, acknowledge, at, engine_commit, intent, raised, response_commit

# --- inbox ----------------------------------------------------------------------------------------------------------


def test_a_row_comes_back_with_its_sequence_and_all_it_said(store: SqliteStore) -> None:
    row = acknowledge("m1", seconds=3)
    stored = store.put([row])[0]
    assert stored is not None
    assert stored.sequence > 0
    assert store.unconsumed() == [stored]
    assert (stored.source, stored.message_id, stored.actor, stored.body) == (row.source, row.message_id, row.actor, row.body)
    assert stored.received_at == at(3)


def test_a_message_delivered_twice_enters_once(store: SqliteStore) -> None:
    first = store.put([acknowledge("m1")])[0]
    again, other_source, twice_a, twice_b = store.put(
        [acknowledge("m1", 1), acknowledge("m1", 1, source="dingtalk"), acknowledge("m2"), acknowledge("m2")]
    )
    assert again is None and twice_b is None
    assert other_source is not None and twice_a is not None
    assert store.unconsumed() == [first, other_source, twice_a]


def test_a_message_enters_once_even_after_it_was_consumed_and_the_agent_restarted(boots: Boots) -> None:
    row = boots.store.put([acknowledge("m1")])[0]
    boots.store.commit_engine(engine_commit(consumed=[row.sequence]))
    assert boots.store.unconsumed() == []
    assert boots.again(10).put([acknowledge("m1")]) == [None]


def test_inbox_sequences_rise_through_all_boots(boots: Boots) -> None:
    first, second = boots.store.put([acknowledge("m1"), acknowledge("m2")])
    third = boots.again(10).put([acknowledge("m3")])[0]
    assert first.sequence < second.sequence < third.sequence


def test_half_a_surrogate_pair_in_a_comment_is_kept_as_a_replacement_sign(store: SqliteStore) -> None:
    row = InboxRow("api", "m1", "fitter.c", Comment("CRM/a", "bro\ud83dken"), T0)
    store.put([row])
    assert store.unconsumed()[0].body == Comment("CRM/a", "bro\ufffdken")


# --- usage ----------------------------------------------------------------------------------------------------------


def test_what_was_used_adds_up_by_channel_kind_and_day_and_outlives_a_boot(boots: Boots) -> None:
    boots.store.count_usage("dingtalk", [Usage(Kind.API, "2026-05-04", 10), Usage(Kind.PUSH, "2026-05-04", 3)])
    boots.store.count_usage("dingtalk", [Usage(Kind.API, "2026-05-05", 2), Usage(Kind.API, "2026-05-04", -4)])
    boots.store.count_usage("webhook", [Usage(Kind.API, "2026-05-04", 99)])
    store = boots.again(10)
    assert store.usage_since("dingtalk", "2026-05-04") == [
        Usage(Kind.API, "2026-05-04", 6),
        Usage(Kind.PUSH, "2026-05-04", 3),
        Usage(Kind.API, "2026-05-05", 2),
    ]
    assert store.usage_since("dingtalk", "2026-05-05") == [Usage(Kind.API, "2026-05-05", 2)]


def test_what_was_used_a_quarter_of_a_year_ago_is_forgotten(store: SqliteStore) -> None:
    store.count_usage("dingtalk", [Usage(Kind.API, "2026-01-31", 1), Usage(Kind.API, "2026-02-01", 2)])
    store.prune(from_iso("2026-05-04T12:00:00Z"), keep=24 * HOUR)
    assert store.usage_since("dingtalk", "2026-01-01") == [Usage(Kind.API, "2026-02-01", 2)]


# --- journal --------------------------------------------------------------------------------------------------------


def test_transaction_a_writes_events_state_and_what_it_consumed(boots: Boots) -> None:
    row = boots.store.put([acknowledge("m1")])[0]
    answered = Event(Stream.ALARM, "acknowledged", "CRM/a", at(1), {"by": "fitter.c"}, ("api", "m1"))
    state = {"CRM/a": {"active": True, "since": at(0), "value": 0.1}, "CRM/b": {"active": False}}
    rows = boots.store.commit_engine(engine_commit(raised(), answered, changed=state, consumed=[row.sequence], seconds=2))
    assert [written.sequence for written in rows] == [1, 2]
    assert rows[1].event == answered
    assert {(written.site, written.agent, written.epoch, written.recorded_at) for written in rows} == {(SITE, AGENT, 1, at(2))}
    store = boots.again(60)
    assert store.read_after(0, 10) == rows
    assert store.unconsumed() == []
    assert store.recover().engine == state
    assert store.recover().saved_at == at(2)


def test_state_given_none_is_forgotten_and_the_rest_stays(store: SqliteStore) -> None:
    store.commit_engine(engine_commit(changed={"a": {"n": 1}, "b": {"n": 1}}))
    store.commit_engine(engine_commit(changed={"a": None, "b": {"n": 2}, "never_known": None}))
    assert store.recover().engine == {"b": {"n": 2}}


def test_transaction_b_writes_records_cursor_intents_and_its_own_events(boots: Boots) -> None:
    receipt = boots.store.put([InboxRow("delivery", "k0#1", "system", Receipt("k0", "delivered", "card-1", T0), T0)])[0]
    own = Event(Stream.DELIVERY, "delivered", "k0", at(1), {"detail": "card-1"})
    rows = boots.store.commit_response(
        response_commit(
            intent("k1"), cursor=7, events=[own], records={"fitter.c": {"told": ["k0"]}}, consumed=[receipt.sequence]
        )
    )
    assert [row.event for row in rows] == [own]
    store = boots.again(60)
    recovered = store.recover()
    assert (recovered.cursor, recovered.records) == (7, {"fitter.c": {"told": ["k0"]}})
    assert store.unconsumed() == []
    assert store.claim(at(60), "dingtalk", 5)[0].intent == intent("k1")


def test_rows_are_read_in_order_above_a_sequence_and_no_more_than_asked(store: SqliteStore) -> None:
    store.commit_engine(engine_commit(*(raised(occurrence=n) for n in range(1, 6))))
    assert [row.sequence for row in store.read_after(2, 2)] == [3, 4]
    assert store.read_after(5, 10) == []


def test_the_rows_given_now_are_the_rows_read_after_a_restart(boots: Boots) -> None:
    odd = {"nan": math.nan, "infinite": -math.inf, "tuple": (1, 2), "text": "\ud83d", "big": 1 << 70, "half": 0.1}
    rows = boots.store.commit_engine(engine_commit(raised(**odd)))
    assert rows[0].event.data["nan"] is None
    assert boots.again(1).read_after(0, 1) == rows


def test_one_sequence_and_one_chain_run_through_all_boots(boots: Boots) -> None:
    first = boots.store.commit_engine(engine_commit(raised()))[0]
    second = boots.again(10).commit_engine(engine_commit(raised(occurrence=2)))[0]
    assert (first.epoch, second.epoch) == (1, 2)
    assert (second.sequence, second.previous_hash) == (first.sequence + 1, first.hash)
    head = boots.store.journal_head()
    assert (head.sequence, head.hash) == (second.sequence, second.hash)
    assert first.previous_hash == head.genesis
    assert boots.store.verify() is None


# --- restart --------------------------------------------------------------------------------------------------------


def test_a_first_start_has_nothing_to_recover(store: SqliteStore) -> None:
    recovered = store.recover()
    assert (recovered.saved_at, recovered.engine, recovered.records, recovered.cursor) == (None, {}, {}, 0)
    assert store.epoch == 1


def test_a_boot_that_commits_nothing_leaves_the_last_word_to_the_one_before(boots: Boots) -> None:
    boots.store.commit_engine(engine_commit(changed={"a": {"since": at(0)}}, seconds=5))
    boots.again(100)
    store = boots.again(200)
    assert store.epoch == 3
    assert store.recover().saved_at == at(5)


@pytest.mark.parametrize("step", ["put", "commit_response", "claim", "settle", "touch"])
def test_every_commit_is_a_sign_of_life(boots: Boots, step: str) -> None:
    boots.store.commit_response(response_commit(intent("k1")))
    if step == "put":
        boots.store.put([acknowledge("m1", seconds=30)])
    elif step == "commit_response":
        boots.store.commit_response(response_commit(seconds=30))
    elif step == "claim":
        boots.store.claim(at(30), "dingtalk", 1)
    elif step == "settle":
        claim = boots.store.claim(at(20), "dingtalk", 1)[0]
        boots.store.settle(claim, Delivered("r"), at(30), None)
    else:
        boots.store.touch(at(30))
    assert boots.again(100).recover().saved_at == at(30)


def test_a_row_received_a_little_earlier_does_not_turn_the_last_sign_of_life_back(boots: Boots) -> None:
    boots.store.touch(at(30))
    boots.store.put([acknowledge("m1", seconds=29)])
    assert boots.again(100).recover().saved_at == at(30)


# --- for faces ------------------------------------------------------------------------------------------------------


def test_faces_see_attempts_counts_and_the_alarm_of_a_card(store: SqliteStore) -> None:
    store.commit_response(response_commit(intent("k1"), intent("k2", thread="b", card="b")))
    first, _ = store.claim(at(1), "dingtalk", 5)
    store.settle(first, Refused("x" * 5_000), at(2), None)
    newest, eldest = store.deliveries(5)
    assert (newest.intent, newest.outcome, newest.ended_at) == ("k2", None, None)
    assert (eldest.intent, eldest.outcome, eldest.ended_at, len(eldest.detail)) == ("k1", "refused", at(2), 1_000)
    assert len(store.deliveries(1)) == 1
    assert store.outbox_counts() == {"refused": 1, "claimed": 1}
    assert store.find_card("b") == ("CRM.ST3.MOTOR/de_temp_high", 1)
    assert store.find_card("not ours") is None


def test_a_card_that_goes_from_one_occurrence_to_the_next_is_about_the_one_that_was_delivered_last(store: SqliteStore) -> None:
    first, second, third = (replace(intent(f"k{n}", card="b"), occurrence=n) for n in (1, 2, 3))
    store.commit_response(response_commit(first, second, third))
    assert store.find_card("b") == ("CRM.ST3.MOTOR/de_temp_high", 1)
    for _ in range(2):
        (claim,) = store.claim(at(3), "dingtalk", 1)
        store.settle(claim, Delivered("done"), at(3), None)
    assert store.find_card("b") == ("CRM.ST3.MOTOR/de_temp_high", 2)


def test_what_a_channel_made_is_found_by_the_receipt_of_its_first_delivery(boots: Boots) -> None:
    opens, adds, closes = (intent(key, card="INC-4", seconds=n) for n, key in enumerate(("opens", "adds", "closes")))
    boots.store.commit_response(response_commit(opens, adds, closes))
    for ending, retry_at in ((Retry(1, "busy"), at(1)), (Delivered("cid1=="), None), (Delivered("cid1== again"), None)):
        (claim,) = boots.store.claim(at(5), "dingtalk", 1)
        assert boots.store.find_receipt("dingtalk", "INC-4") == ("cid1==" if claim.intent.key == "adds" else None)
        boots.store.settle(claim, ending, at(5), retry_at)
    again = boots.again(10)
    assert again.find_receipt("dingtalk", "INC-4") == "cid1=="
    assert again.find_receipt("webhook", "INC-4") is None
    assert again.find_receipt("dingtalk", "INC-5") is None


def test_a_critical_alarm_of_which_every_telling_was_refused_has_reached_nobody(store: SqliteStore) -> None:
    """One that waits still, and one that reached somebody, have not been refused to everybody."""
    told = [
        replace(intent(key, thread=key, card=key, priority=Priority.CRITICAL), alarm=alarm)
        for key, alarm in (("a1", "A"), ("a2", "A"), ("b1", "B"), ("b2", "B"), ("c1", "C"), ("c2", "C"))
    ]
    store.commit_response(response_commit(*told, intent("d1", thread="d1", card="d1")))
    gone = Refused("gone")
    outcomes = {"a1": gone, "a2": Unknown("?"), "b1": gone, "b2": Delivered("r"), "c1": gone, "d1": gone}
    for claim in store.claim(at(0), "dingtalk", 10):
        if claim.intent.key in outcomes:
            store.settle(claim, outcomes[claim.intent.key], at(1), None)
    assert store.waiting(at(0)).critical_refused == (("A", told[0].occurrence),)


def test_prune_forgets_what_was_settled_long_ago_and_nothing_that_is_wanted(store: SqliteStore) -> None:
    store.commit_engine(engine_commit(raised()))
    rows = store.put([acknowledge("old"), acknowledge("recent"), acknowledge("waiting")])
    store.commit_engine(engine_commit(consumed=[rows[0].sequence]))
    store.commit_engine(engine_commit(consumed=[rows[1].sequence], seconds=7_200))
    store.commit_response(
        response_commit(intent("old", thread="1"), intent("recent", thread="2"), intent("waiting", thread="3"))
    )
    old, recent, _ = store.claim(at(0), "dingtalk", 5)
    store.settle(old, Delivered("r"), at(0), None)
    store.settle(recent, Delivered("r"), at(7_200), None)
    assert store.prune(at(7_201), keep=HOUR) == 2
    assert store.prune(at(7_201), keep=HOUR) == 0
    assert {attempt.intent for attempt in store.deliveries(10)} == {"recent", "waiting"}
    assert store.put([acknowledge("recent"), acknowledge("waiting")]) == [None, None]
    assert len(store.read_after(0, 10)) == 1
    assert store.verify() is None


def test_sequences_are_not_given_again_after_prune(store: SqliteStore) -> None:
    row = store.put([acknowledge("m1")])[0]
    store.commit_engine(engine_commit(consumed=[row.sequence]))
    assert store.prune(at(7_200), keep=HOUR) == 1
    assert store.put([acknowledge("m2")])[0].sequence > row.sequence
