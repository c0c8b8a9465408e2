"""What must be found after any death of `store_workload`: checked on the data folder it left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import text

from edge.store.canonical import canonical
from edge.store.database import open_database
from edge.store.journal import read_after
from edge.store.verify import verify
from tests.faults.store_workload import ALARM, LEDGER


def check_nothing_lost_nothing_half(folder: Path, confirmed: Iterable[str]) -> None:
    """P1, and each transaction whole or absent. confirmed: what the workload said before it died."""
    database = open_database(folder / "data")
    with database.reading() as connection:

        def column(statement: str) -> list:
            return list(connection.execute(text(statement)).scalars())

        assert column("PRAGMA integrity_check") == ["ok"]
        assert verify(connection) is None
        found = {
            "put": {int(key[1:]) for key in column("SELECT message_id FROM inbox WHERE source = 'api'")},
            "engine": set(column("SELECT sequence FROM journal")),
            "response": {int(key[1:]) for key in column('SELECT "key" FROM outbox')},
            "settle": {int(key[1:]) for key in column("SELECT \"key\" FROM outbox WHERE state = 'delivered'")},
            "usage": {int(channel[5:]) for channel in column("SELECT channel FROM quota_usage WHERE used = 10")},
        }
        for line in confirmed:
            commit, n = line.split()
            assert int(n) in found[commit], f"{line} was confirmed and is gone"

        # transaction A: the event, the state and the consumed row
        answered = len(found["engine"])
        assert column(f"SELECT data FROM engine_state WHERE key = '{ALARM}'") == ([f'{{"n":{answered}}}'] if answered else [])
        assert len(column("SELECT 1 FROM inbox WHERE source = 'api' AND consumed_at IS NOT NULL")) == answered
        # transaction B: the intent, the record and the cursor
        told = len(found["response"])
        assert column(f"SELECT data FROM response_records WHERE key = '{ALARM}'") == ([f'{{"n":{told}}}'] if told else [])
        assert column("SELECT cursor FROM head") in ([told], [])
        # claim and settle: the intent, its attempts and its receipt
        assert sorted(column("SELECT intent FROM deliveries WHERE outcome IS NULL")) == sorted(
            column("SELECT \"key\" FROM outbox WHERE state = 'claimed'")
        )
        settled = sorted(column("SELECT \"key\" FROM outbox WHERE state = 'delivered'"))
        assert sorted(column("SELECT intent FROM deliveries WHERE outcome = 'delivered'")) == settled
        receipts = column("SELECT message_id FROM inbox WHERE source = 'delivery'")
        assert sorted(receipt.partition("#")[0] for receipt in receipts) == settled
    database.close()


def check_the_story_is_whole(folder: Path, rounds: int, deaths: int) -> None:
    """P2b: after the last life everything was told, in order, and repeated at most once a death, marked as such."""
    check_nothing_lost_nothing_half(folder, [f"settle {n}" for n in range(1, rounds + 1)])
    database = open_database(folder / "data")
    with database.reading() as connection:
        events = [canonical(row.event) for row in read_after(connection, 0, 1_000)]
    database.close()
    assert len(set(events)) == len(events) == rounds
    sent = [line.split() for line in (folder / LEDGER).read_text().splitlines()]
    times = Counter(key for key, _ in sent)
    assert list(dict.fromkeys(key for key, _ in sent)) == [f"k{n}" for n in range(1, rounds + 1)]
    assert sum(times.values()) - rounds <= deaths
    unmarked = Counter(key for key, mark in sent if mark == "first")
    assert not unmarked or max(unmarked.values()) == 1, "told twice, and not marked as a possible repeat"
