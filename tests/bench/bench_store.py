"""What the store costs beside bare sqlite3 that inserts the same rows, without checks, hashes or decisions.

By hand: `python tests/bench/bench_store.py`. Medians in milliseconds on a file in the folder for temporary files, each commit
synced; and in memory, where no disk hides what the code costs. On a shared machine trust the ratios, not the milliseconds.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from edge.model.intent import Delivered  # noqa: E402 - after the path of a script run by hand
from edge.store.store import SqliteStore, open_store  # noqa: E402
from tests.store_rows import AGENT, SITE, T0, acknowledge, at, engine_commit, intent, raised, response_commit  # noqa: E402

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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        on_disk = open_store(Path(folder) / "data", site=SITE, agent=AGENT, now=T0)
        in_memory = open_store(None, site=SITE, agent=AGENT, now=T0)
        print(f"{'':44}{'file':>8}{'bare':>8}{'ratio':>7}{'memory':>9}{'bare':>8}{'ratio':>7}")
        for rows in (1, 10, 100):
            figures = []
            for store, path in ((on_disk, f"{folder}/bare-{rows}.db"), (in_memory, ":memory:")):
                ours, theirs = transaction_a(store, rows), bare(path, rows)
                figures += [ours, theirs, ours / theirs]
            print(
                f"A: {rows:3} events and as many states".ljust(44)
                + "{:8.2f}{:8.2f}{:7.1f}{:9.2f}{:8.2f}{:7.1f}".format(*figures)
            )
        puts = [median_ms(lambda n, store=store: store.put([acknowledge(f"m{n}")])) for store in (on_disk, in_memory)]
        print("put one row".ljust(44) + f"{puts[0]:8.2f}{'':15}{puts[1]:9.2f}")
        for waiting in (0, 10_000):
            rounds = [round_of_an_intent(store, waiting) for store in (on_disk, in_memory)]
            print(f"B, claim, settle, next due; {waiting:,} wait".ljust(44) + f"{rounds[0]:8.2f}{'':15}{rounds[1]:9.2f}")
        begun = time.perf_counter()
        in_memory.verify()
        rows = in_memory.journal_head().sequence
        print(f"verify {rows:,} rows: {rows / (time.perf_counter() - begun):,.0f} rows/s")
        on_disk.close()


if __name__ == "__main__":
    main()
