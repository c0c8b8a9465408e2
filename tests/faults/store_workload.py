"""A small gateway over the store, to be killed at any instruction: it takes up what its last life left, and goes on.

In round n a press enters (inbox), is answered (A), gives an intent (B), which is claimed, sent and settled. Sending is a line
in `ledger`, written at once, as a cloud would remember it. Run as a script: `store_workload.py FOLDER ROUNDS`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from edge.model.event import Event, Stream
from edge.model.intent import Delivered
from edge.model.moment import HOUR
from edge.model.person import Role
from edge.model.quota import Kind, Usage
from edge.store.accounts import Account, add_account, open_session
from edge.store.revisions import record_revision
from edge.store.store import SqliteStore, open_store
from tests.store_rows import AGENT, SITE, acknowledge, at, engine_commit, intent, response_commit

LEDGER = "ledger"
ALARM = "CRM.ST3.MOTOR/de_temp_high"

Say = Callable[[str], None]


def run(folder: Path, rounds: int, say: Say) -> None:
    """Up to round `rounds`; `say` is told each commit that was confirmed, and only then."""
    lives = len(list(folder.glob("life-*")))
    (folder / f"life-{lives}").touch()
    start = lives * 1_000
    store = open_store(folder / "data", site=SITE, agent=AGENT, now=at(start))
    recovered = store.recover()
    answered = recovered.engine.get(ALARM, {"n": 0})["n"]
    told = recovered.records.get(ALARM, {"n": 0})["n"]
    record_revision(store, "sha256:aa", lives, at(start))
    add_account(store, Account("fitter", "$argon2id$", Role.WORKER, None, at(start)))
    open_session(store, f"digest-{lives}", "fitter", at(start), at(start + 60))
    for n in range(1, rounds + 1):
        now = start + n
        take_part(store, n, now, answered, told, say)
        send_what_is_due(store, folder / LEDGER, now, say)
        store.touch(at(now))
    send_what_is_due(store, folder / LEDGER, start + rounds, say)
    store.count_usage(f"cloud{lives}", [Usage(Kind.API, "2026-05-04", 10)])
    say(f"usage {lives}")
    store.prune(at(start + rounds), keep=24 * HOUR)
    store.close()


def take_part(store: SqliteStore, n: int, now: int, answered: int, told: int, say: Say) -> None:
    if n > answered:
        store.put([acknowledge(f"m{n}", seconds=now)])
        say(f"put {n}")
        row = next(row for row in store.unconsumed() if row.message_id == f"m{n}")
        event = Event(Stream.ALARM, "acknowledged", ALARM, at(n), {"occurrence": n}, ("api", f"m{n}"))
        store.commit_engine(engine_commit(event, seconds=now, changed={ALARM: {"n": n}}, consumed=[row.sequence]))
        say(f"engine {n}")
    if n > told:
        wanted = intent(f"k{n}", seconds=now)
        store.commit_response(response_commit(wanted, seconds=now, cursor=n, records={ALARM: {"n": n}}))
        say(f"response {n}")


def send_what_is_due(store: SqliteStore, ledger: Path, now: int, say: Say) -> None:
    while claims := store.claim(at(now), "dingtalk", 4):
        for claim in claims:
            send(ledger, f"{claim.intent.key} {'repeat' if claim.after_unknown else 'first'}\n")
            store.settle(claim, Delivered("r"), at(now), None)
            say(f"settle {claim.intent.key[1:]}")


def send(ledger: Path, line: str) -> None:
    file = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, line.encode())
    os.close(file)


def say_on_stdout(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]), say_on_stdout)
