"""A commit that is not synced is a commit: other processes see it, and it outlives ours. The next one is synced again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edge.model.intent import Delivered, Settlement
from edge.store.store import SqliteStore, open_store
from tests.store_rows import AGENT, SITE, T0, at, intent, response_commit

FULL = 2


def opened(folder: Path) -> SqliteStore:
    store = open_store(folder, site=SITE, agent=AGENT, now=T0)
    store.commit_response(response_commit(intent("k1")))
    return store


def synchronous(store: SqliteStore) -> int:
    return int(store.database.connection.exec_driver_sql("PRAGMA synchronous").scalar_one())


def states_by_another_reader(folder: Path) -> list[str]:
    reader = sqlite3.connect(f"file:{folder}/edge.db?mode=ro", uri=True)
    found = [state for (state,) in reader.execute("SELECT state FROM outbox ORDER BY sequence")]
    reader.close()
    return found


def test_a_claim_and_its_end_are_committed_all_the_same(tmp_path: Path) -> None:
    store = opened(tmp_path)
    [claim] = store.claim(at(1), "dingtalk", 8, synced=False)
    assert states_by_another_reader(tmp_path) == ["claimed"]
    store.settle_all([Settlement(claim, Delivered("r"), None)], at(2), synced=False)
    assert states_by_another_reader(tmp_path) == ["delivered"]
    assert synchronous(store) == FULL
    store.close()


def test_after_one_that_fails_the_next_is_synced_again(tmp_path: Path) -> None:
    store = opened(tmp_path)
    [claim] = store.claim(at(1), "dingtalk", 8, synced=False)
    settled = [Settlement(claim, Delivered("r"), None)]
    store.settle_all(settled, at(2), synced=False)
    with pytest.raises(ValueError, match="not under way"):
        store.settle_all(settled, at(3), synced=False)
    assert synchronous(store) == FULL
    store.close()
