"""What the store costs beside bare sqlite3 that inserts the same rows, without checks, hashes or decisions.

By hand: `python -m tests.bench.bench_store`. Medians in milliseconds on a file in the folder for temporary files, each commit
synced; and in memory, where no disk hides what the code costs. On a shared machine trust the ratios, not the milliseconds.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from edge.model.intent import Delivered
from edge.store.store import SqliteStore, open_store
from tests.bench.figure import Figure, table
from tests.store_rows import AGENT, SITE, T0, acknowledge, at, engine_commit, intent, raised, response_commit

ROUNDS = 60


def median_ms(work: Callable[[int], object]) -> float:
    spent = []
    for number in range(ROUNDS):
        begun = time.perf_counter()
        work(number)
        spent.append((time.perf_counter() - begun) * 1_000)
    return statistics.median(spent)


def bare(path: str, rows: int) -> float:
    """As many rows of the same bytes, one transaction, by the driver alone."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE journal (sequence INTEGER PRIMARY KEY, a TEXT, b TEXT, c INTEGER, data TEXT, hash TEXT)")
    connection.execute("CREATE TABLE state (key TEXT PRIMARY KEY, data TEXT)")
    data = '{"occurrence":1,"value":81.5}' + " " * 150
    journal = [("site", "agent", number, data, "0" * 128) for number in range(rows)]
    state = [(f"rule-{number}", data[:80]) for number in range(rows)]

    def commit(_number: int) -> None:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO journal (a, b, c, data, hash) VALUES (?, ?, ?, ?, ?)", journal)
        connection.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", state)
        connection.execute("COMMIT")

    spent = median_ms(commit)
    connection.close()
    return spent


def transaction_a(store: SqliteStore, rows: int) -> float:
    events = [raised(alarm=f"CRM.ST3/{number}", quality="good", limit=80.0, priority="high") for number in range(rows)]
    changed = {f"CRM.ST3/{number}": {"active": True, "since": T0, "value": 81.5} for number in range(rows)}
    commit = engine_commit(*events, changed=changed)
    return median_ms(lambda _number: store.commit_engine(commit))


def put_one(store: SqliteStore) -> float:
    return median_ms(lambda number: store.put([acknowledge(f"m{number}")]))


def round_of_an_intent(store: SqliteStore, waiting: int) -> float:
    """B with one intent, claim, settle, while `waiting` others of their own threads wait for a retry."""
    for start in range(0, waiting, 1_000):
        others = [intent(f"other-{n}", thread=f"t{n}", card=f"c{n}", seconds=1_000_000) for n in range(start, start + 1_000)]
        store.commit_response(response_commit(*others))

    def work(number: int) -> None:
        store.commit_response(response_commit(intent(f"k{number}-{waiting}", seconds=number), seconds=number))
        claim = store.claim(at(number), "dingtalk", 1)[0]
        store.settle(claim, Delivered("r"), at(number), None)
        store.next_due("dingtalk")

    return median_ms(work)


def run() -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        on_disk = open_store(Path(folder) / "data", site=SITE, agent=AGENT, now=T0)
        in_memory = open_store(None, site=SITE, agent=AGENT, now=T0)
        for rows in (1, 10, 100):
            for store, where, path in ((on_disk, "on disk", f"{folder}/bare-{rows}.db"), (in_memory, "in memory", ":memory:")):
                what = f"store, A: {rows} events and states, {where}"
                figures.append(Figure(what, transaction_a(store, rows), "ms", bare(path, rows), "bare sqlite3, same rows"))
        memory_put, disk_put = put_one(in_memory), put_one(on_disk)
        figures.append(Figure("store, put one row on disk", disk_put, "ms", memory_put, "the same in memory"))
        for waiting in (0, 10_000):
            memory_round, disk_round = (round_of_an_intent(store, waiting) for store in (in_memory, on_disk))
            what = f"store, B, claim, settle, next due; {waiting:,} wait"
            figures.append(Figure(what, disk_round, "ms", memory_round, "the same in memory"))
        begun = time.perf_counter()
        in_memory.verify()
        rows = in_memory.journal_head().sequence
        figures.append(Figure(f"store, verify {rows:,} rows of the journal", rows / (time.perf_counter() - begun), "rows/s"))
        on_disk.close()
    return figures


if __name__ == "__main__":
    print(table("The store", run()))
