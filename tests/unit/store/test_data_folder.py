"""Opening a data folder: what is made, what is refused, and that each refusal says what to do."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from edge.model.errors import StoreError
from edge.store.database import FILE
from edge.store.store import SqliteStore, open_store
from tests.store_rows import AGENT, SITE, T0, acknowledge, at, engine_commit, intent, raised, response_commit


def opened(folder: Path, *, site: str = SITE, agent: str = AGENT) -> SqliteStore:
    return open_store(folder, site=site, agent=agent, now=T0)


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "plant" / "data"
    opened(folder).close()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600


def test_every_commit_is_synced_and_the_log_is_written_ahead(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with store.database.reading() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "wal_autocheckpoint": 1_000}
    assert store.database.sqlite_version == sqlite3.sqlite_version
    store.close()


def test_two_agents_never_share_a_folder(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with pytest.raises(StoreError, match=rf"another agent uses this data folder \(process {os.getpid()}\): stop it, or give"):
        opened(tmp_path)
    store.put([acknowledge("m1")])
    store.close()
    opened(tmp_path).close()


def test_a_process_that_was_started_by_the_agent_does_not_keep_its_folder(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False) as child:
        store.close()
        opened(tmp_path).close()
        assert child.poll() is None
        child.communicate(b"\n")


@pytest.mark.parametrize("other", [{"site": "hot_rolling_mill"}, {"agent": "stand_4"}])
def test_another_agents_database_is_refused(tmp_path: Path, other: dict) -> None:
    opened(tmp_path).close()
    with pytest.raises(StoreError, match=r"belongs to agent 'stand_3' of site 'cold_rolling_mill'.*data folder of its own"):
        opened(tmp_path, **other)
    opened(tmp_path).close()


def test_an_empty_database_is_damage_and_no_new_start(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    with pytest.raises(StoreError, match="it is empty, which we never leave it"):
        opened(tmp_path)


def test_a_database_that_left_its_log_behind_is_missed(tmp_path: Path) -> None:
    (tmp_path / f"{FILE}-wal").write_bytes(b"frames")
    with pytest.raises(StoreError, match=r"it is gone, but its log edge\.db-wal is there"):
        opened(tmp_path)


def test_what_a_crash_left_of_a_database_in_the_making_is_swept_away(tmp_path: Path) -> None:
    for leftover in (f"{FILE}.new", f"{FILE}.new-wal", f"{FILE}.new-journal"):
        (tmp_path / leftover).write_bytes(b"half")
    opened(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agent.lock", FILE]


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StoreError, match="data: the data folder cannot be made: File exists"):
        opened(tmp_path / "data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="make it writable for this user"):
        opened(tmp_path)
    tmp_path.chmod(0o700)


def use(store: SqliteStore) -> object:
    """Everything a start reads."""
    recovered = store.recover()
    store.claim(at(60), "dingtalk", 5)
    return recovered.engine, recovered.records, store.unconsumed(), store.read_after(0, 1_000), store.next_due("dingtalk")


def test_damage_is_refused_with_one_sentence_or_found_or_changes_nothing(tmp_path: Path) -> None:
    """F7, as far as opening and reading tell: no traceback of SQLite, no empty start, whatever bits are turned."""
    store = opened(tmp_path)
    store.commit_engine(engine_commit(*(raised(occurrence=n) for n in range(1, 100)), changed={"CRM/a": {"n": 1}}))
    store.put([acknowledge("m1")])
    store.commit_response(response_commit(*(intent(f"k{n}", thread=f"t{n}") for n in range(20)), records={"r": {"n": 1}}))
    store.close()
    good = (tmp_path / FILE).read_bytes()
    damages = {"header": b"\0" * 100 + good[100:], "cut": good[: len(good) // 2], "foreign": b"%PDF-1.7\n" * 1_000}
    for seed in range(40):
        chance = random.Random(seed)
        bad = bytearray(good)
        for _ in range(chance.choice([1, 5, 50])):
            bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        damages[f"seed {seed}"] = bytes(bad)
    ends = {name: end_of(tmp_path, bad) for name, bad in damages.items()}
    assert {ends[name] for name in ("header", "cut", "foreign")} == {"refused"}
    assert {"refused", "read"} <= set(ends.values())


def end_of(folder: Path, database: bytes) -> str:
    (folder / FILE).write_bytes(database)
    try:
        store = opened(folder)
    except StoreError as error:
        assert "\n" not in str(error)
        return "refused"
    try:
        use(store)
        return "read" if store.verify() is None else "found"
    except StoreError as error:
        assert "it is damaged: keep a copy" in str(error) or "cannot be read by this version" in str(error)
        return "refused"
    finally:
        store.close()


def test_a_journal_cut_behind_our_back_is_refused_at_the_next_start(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.commit_engine(engine_commit(raised(), raised(occurrence=2)))
    store.close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("DELETE FROM journal WHERE sequence = 2")
    with pytest.raises(StoreError, match=r"the journal ends at row 1, the head says 2: rows were removed"):
        opened(tmp_path)


def test_another_program_that_holds_the_database_is_named_as_the_cause(tmp_path: Path) -> None:
    store = opened(tmp_path)
    browser = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    browser.execute("BEGIN IMMEDIATE")
    with store.database.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=10")
    with pytest.raises(StoreError, match="another program holds it: close that program"):
        store.put([acknowledge("m1")])
    browser.execute("ROLLBACK")
    browser.close()
    assert store.put([acknowledge("m1")])[0] is not None
    store.close()


def test_an_inbox_row_that_this_version_cannot_read_is_named(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put([acknowledge("m1", seconds=1)])
    with store.database.transaction("inbox") as connection:
        connection.execute(text("UPDATE inbox SET kind = 'teleport'"))
    with pytest.raises(StoreError, match=r"inbox row 1 \('teleport' from 'api'\) cannot be read by this version"):
        store.unconsumed()
    assert store.recover().saved_at is None
    store.touch(at(2))
    store.close()
