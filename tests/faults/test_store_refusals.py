"""F5, F6, F9: a disk that refuses and then takes again. Nothing of a refused call is kept, and the store goes on."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.crash import SimulatedCrash, crash_at, hooked
from edge.model.errors import StoreError
from edge.model.intent import Delivered
from edge.store.store import SqliteStore, open_store
from tests.store_rows import AGENT, SITE, T0, acknowledge, at, engine_commit, intent, raised, response_commit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = open_store(tmp_path / "data", site=SITE, agent=AGENT, now=T0)
    yield store
    store.close()


@contextmanager
def full_disk(store: SqliteStore) -> Iterator[None]:
    """No file of this process may grow beyond what the database's log is now."""
    assert store.database.path is not None
    log = store.database.path.with_name("edge.db-wal").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_what_a_full_disk_refuses_is_said_and_taken_when_there_is_room_again(store: SqliteStore) -> None:
    store.commit_engine(engine_commit(raised(), changed={"CRM/a": {"n": 1}}))
    store.commit_response(response_commit(intent("k1"), cursor=1))
    claim = store.claim(at(1), "dingtalk", 1)[0]
    row = store.put([acknowledge("m0")])[0]
    calls = {
        "put": lambda: store.put([acknowledge("m1")]),
        "engine": lambda: store.commit_engine(
            engine_commit(raised(occurrence=2), changed={"CRM/a": {"n": 2}}, consumed=[row.sequence])
        ),
        "response": lambda: store.commit_response(response_commit(intent("k2", thread="b"), cursor=2, withdrawn=["k1"])),
        "settle": lambda: store.settle(claim, Delivered("r"), at(2), None),
        "touch": lambda: store.touch(at(3)),
        "prune": lambda: store.prune(at(10), keep=0),
    }
    before = store.journal_head()
    with full_disk(store):
        for name in ("put", "engine", "response", "settle", "touch"):
            with pytest.raises(StoreError, match=r"edge\.db: the disk (is full|refuses to read or write)"):
                calls[name]()
        assert store.journal_head() == before
        assert store.unconsumed() == [row]
        assert store.recover().engine == {"CRM/a": {"n": 1}}
        assert store.outbox_counts() == {"claimed": 1}
    for call in calls.values():
        call()
    assert store.recover().engine == {"CRM/a": {"n": 2}}
    assert store.recover().cursor == 2
    assert store.outbox_counts() == {"waiting": 1}
    assert store.verify() is None
    again = store.reopened(at(60))
    assert again.journal_head().sequence == 2
    again.close()


def test_the_events_of_a_commit_that_was_refused_are_chained_once_when_it_is_tried_again(store: SqliteStore) -> None:
    commit = engine_commit(raised(), raised(occurrence=2))
    store.touch(T0)
    with full_disk(store):
        for _ in range(3):
            with pytest.raises(StoreError):
                store.commit_engine(commit)
    assert [row.sequence for row in store.commit_engine(commit)] == [1, 2]
    assert store.verify() is None


def test_a_mistake_of_ours_within_a_transaction_undoes_it(store: SqliteStore) -> None:
    with pytest.raises(TypeError):
        store.commit_engine(engine_commit(raised(), raised(value=object())))
    assert store.read_after(0, 10) == []
    assert store.commit_engine(engine_commit(raised()))[0].sequence == 1
    assert store.verify() is None


@pytest.mark.parametrize("point", ["before_engine_commit", "after_engine_commit"])
def test_a_simulated_crash_leaves_what_a_real_one_leaves(store: SqliteStore, point: str) -> None:
    with pytest.raises(SimulatedCrash), hooked(crash_at(point)):
        store.commit_engine(engine_commit(raised(), changed={"a": {"n": 1}}))
    again = store.reopened(at(1))
    there = point.startswith("after")
    assert (len(again.read_after(0, 10)), again.recover().engine) == ((1, {"a": {"n": 1}}) if there else (0, {}))
    assert again.verify() is None
    again.close()
