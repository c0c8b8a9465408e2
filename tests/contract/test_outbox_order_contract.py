"""The contract of `edge.ports.Outbox`: which intents leave, in which order; batches of endings; quarantine and replay. Over the
database in a file and the one in memory; the model of the schedules has the same promises (`test_outbox_model.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.model.act import Call, CallMedium
from edge.model.alarm import Priority
from edge.model.intent import Crashed, Delivered, Ending, Intent, Purpose, Refused, Settlement, Unknown
from edge.ports import Candidate
from edge.store.outbox import Replayable
from edge.store.store import SqliteStore, open_store
from tests.store_rows import AGENT, SITE, T0, at, intent, response_commit

LOW, CRITICAL = Priority.LOW, Priority.CRITICAL
NOW = at(1_000)


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStore]:
    store = open_store(tmp_path / "data" if request.param == "file" else None, site=SITE, agent=AGENT, now=T0)
    yield store
    store.close()


class Chosen:
    """Admits some keys; offered: what it was asked about."""

    def __init__(self, *keys: str, held: tuple[tuple[str, Priority], ...] = ()) -> None:
        self.keys = keys
        self.held = held
        self.offered: list[str] = []

    def admits(self, candidate: Candidate) -> bool:
        self.offered.append(candidate.key)
        return candidate.key in self.keys


def wants(store: SqliteStore, *intents: Intent) -> None:
    store.commit_response(response_commit(*intents))


def keys(store: SqliteStore, limit: int = 10, **how: object) -> list[str]:
    return [claim.intent.key for claim in store.claim(NOW, "dingtalk", limit, **how)]


def end(store: SqliteStore, ending: Ending) -> None:
    for claim in store.claim(NOW, "dingtalk", 10):
        store.settle(claim, ending, NOW, None)


def replay(store: SqliteStore, *replayed: str) -> None:
    store.commit_response(replace(response_commit(), replayed=replayed))


# --- order ------------------------------------------------------------------------------------------------------------


def test_an_elder_of_a_critical_intent_leaves_as_if_it_were_critical(store: SqliteStore) -> None:
    wants(store, intent("high", thread="a"), intent("low", thread="b", priority=LOW, seconds=1))
    wants(store, intent("critical", thread="b", priority=CRITICAL, seconds=2))
    assert keys(store) == ["low", "high"]


def test_of_equally_urgent_ones_the_live_go_before_the_backlog_and_the_more_urgent_before_both(store: SqliteStore) -> None:
    wants(store, intent("waited", thread="a", seconds=1), intent("urgent", thread="b", seconds=2, priority=CRITICAL))
    wants(store, intent("new", thread="c", seconds=50), intent("newer", thread="d", seconds=51))
    assert keys(store, live_since=at(50)) == ["urgent", "new", "newer", "waited"]


def test_what_earlier_boots_wanted_is_backlog_whatever_the_clock_says(store: SqliteStore) -> None:
    wants(store, intent("waited", thread="a", seconds=60))
    later = store.reopened(at(2))
    wants(later, intent("new", thread="b", seconds=3))
    assert keys(later, live_since=at(2)) == ["new", "waited"]
    later.close()


def test_a_thread_is_a_queue_of_one_channel(store: SqliteStore) -> None:
    """What one channel cannot deliver holds back nothing of another."""
    wants(store, intent("stuck", channel="webhook"), intent("goes", seconds=1))
    assert keys(store) == ["goes"]


def test_only_what_is_admitted_is_claimed_and_the_rest_stays_as_it_was(store: SqliteStore) -> None:
    wants(store, *(intent(f"k{number}", thread=str(number), seconds=number) for number in range(5)))
    chosen = Chosen("k1", "k3", "k4")
    assert keys(store, 2, admission=chosen) == ["k1", "k3"]
    assert chosen.offered == ["k0", "k1", "k2", "k3"], "nobody is asked for more than there are hands"
    assert keys(store) == ["k0", "k2", "k4"]
    assert {attempt.attempt for attempt in store.deliveries(10)} == {1}


def test_what_is_held_is_not_even_offered(store: SqliteStore) -> None:
    wants(store, intent("low", thread="a", priority=LOW), intent("critical", thread="b", priority=CRITICAL))
    chosen = Chosen("low", "critical", held=(("person:fitter.c", LOW),))
    assert keys(store, admission=chosen) == ["critical"]
    assert chosen.offered == ["critical"]


# --- endings ----------------------------------------------------------------------------------------------------------


def test_attempts_that_end_together_are_settled_together_or_not_at_all(store: SqliteStore) -> None:
    wants(store, intent("a", thread="a"), intent("b", thread="b"))
    first, second = store.claim(NOW, "dingtalk", 5)
    gone = replace(second, attempt=7)
    with pytest.raises(ValueError, match="attempt 7 is not under way"):
        store.settle_all([Settlement(first, Delivered("r")), Settlement(gone, Delivered("r"))], NOW)
    assert store.outbox_counts() == {"claimed": 2}
    store.settle_all([Settlement(first, Delivered("r")), Settlement(second, Delivered("r"))], NOW)
    assert store.outbox_counts() == {"delivered": 2}


# --- quarantine -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [Refused("gone"), Crashed("a bug"), Unknown("no answer")])
def test_what_did_not_arrive_or_perhaps_not_is_tried_anew_when_asked(store: SqliteStore, ending: Ending) -> None:
    wants(store, intent("k1"))
    end(store, ending)
    assert store.replayable("k1") is Replayable.YES
    replay(store, "k1")
    (again,) = store.claim(NOW, "dingtalk", 5)
    assert (again.attempt, again.after_unknown, again.crashes) == (3, not isinstance(ending, Refused), 0)
    assert [attempt.outcome for attempt in store.deliveries(5)] == [None, "replayed", type(ending).__name__.lower()]


def test_what_followed_and_was_told_is_not_preceded_by_a_replay(store: SqliteStore) -> None:
    wants(store, intent("raised"), intent("returned", Purpose.RETURNED, seconds=1))
    (raised,) = store.claim(NOW, "dingtalk", 5)
    store.settle(raised, Refused("gone"), NOW, None)
    end(store, Delivered("r"))
    assert store.replayable("raised") is Replayable.OUT_OF_TURN
    replay(store, "raised")
    assert keys(store) == []


def test_what_was_withdrawn_is_not_replayed_though_it_may_have_arrived(store: SqliteStore) -> None:
    """Withdrawn while it waited for its repeat, and while an attempt was under way."""
    wants(store, intent("waited", thread="a"), intent("under way", thread="b"))
    waited, under_way = store.claim(NOW, "dingtalk", 5)
    store.settle(waited, Unknown("no answer"), NOW, at(2_000))
    store.commit_response(replace(response_commit(), withdrawn=["waited", "under way"]))
    store.settle(under_way, Unknown("no answer"), NOW, None)
    assert store.outbox_counts() == {"unknown": 2}
    assert {store.replayable(key) for key in ("waited", "under way")} == {Replayable.WITHDRAWN}
    replay(store, "waited", "under way")
    assert store.claim(at(3_000), "dingtalk", 5) == []


@pytest.mark.parametrize("medium", CallMedium)
@pytest.mark.parametrize("ending", [Refused("no such number"), Crashed("a bug"), Unknown("no answer")])
def test_a_call_or_sms_that_may_have_rung_is_not_replayed(store: SqliteStore, medium: CallMedium, ending: Ending) -> None:
    wants(store, replace(intent("k1", Purpose.CALL), act=Call(medium)))
    end(store, ending)
    surely_not = isinstance(ending, Refused) or medium is CallMedium.APP
    assert store.replayable("k1") is (Replayable.YES if surely_not else Replayable.NEVER_REPEATED)
    replay(store, "k1")
    assert bool(keys(store)) is surely_not


def test_what_was_delivered_or_never_known_is_not_replayed(store: SqliteStore) -> None:
    wants(store, intent("k1"))
    end(store, Delivered("r"))
    assert (store.replayable("k1"), store.replayable("k2")) == (Replayable.NOT_IN_QUARANTINE, Replayable.UNKNOWN)
    replay(store, "k1", "k2")
    assert keys(store) == []


def test_crashes_are_counted_over_boots_and_anew_after_a_replay(store: SqliteStore) -> None:
    wants(store, intent("k1"))
    counted = []
    for boot in range(3):
        (claim,) = store.claim(at(1_000 + boot), "dingtalk", 1)
        counted.append(claim.crashes)
        store = store.reopened(at(1_000 + boot))
    (last,) = store.claim(at(2_000), "dingtalk", 1)
    store.settle(last, Crashed("again"), at(2_001), None)
    replay(store, "k1")
    (anew,) = store.claim(at(2_002), "dingtalk", 1)
    assert ([*counted, last.crashes], anew.crashes) == ([0, 1, 2, 3], 0)
    store.close()
