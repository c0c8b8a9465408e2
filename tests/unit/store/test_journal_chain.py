"""P12: every changed, removed, inserted or reordered row is found, and named."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text

from edge.model.event import Event, Stream
from edge.store.store import SqliteStore, open_store
from edge.store.verify import BrokenRow, Fault, verify
from tests.store_rows import AGENT, SITE, T0, at, engine_commit, raised

ROWS = 40
TEXTS = ("site", "agent", "stream", "kind", "subject", "data", "command_source", "command_id", "previous_hash", "hash")
NUMBERS = ("epoch", "recorded_at", "time")


@pytest.fixture(scope="module")
def store() -> SqliteStore:
    store = open_store(None, site=SITE, agent=AGENT, now=T0)
    for number in range(1, ROWS + 1):
        command = ("api", str(number)) if number % 2 else None
        event = Event(Stream.ALARM, "acknowledged", "CRM/a", at(number), {"by": "fitter.c", "occurrence": number}, command)
        store.commit_engine(engine_commit(event if number % 3 else raised(occurrence=number), seconds=number))
    assert store.journal_head().sequence == ROWS
    return store


@contextmanager
def tampering(store: SqliteStore) -> Iterator[Connection]:
    with store.database.reading() as connection:  # undone at the end
        yield connection


def change_text(connection: Connection, chance: random.Random) -> int:
    column, sequence = chance.choice(TEXTS), chance.randint(1, ROWS)
    old = connection.execute(text(f"SELECT {column} FROM journal WHERE sequence = :s"), {"s": sequence}).scalar_one()
    if old is None:
        new = "api"
    else:
        place = chance.randrange(len(old) + 1)
        new = chance.choice([old[:place] + "x" + old[place:], old[:-1], " " + old])
    connection.execute(text(f"UPDATE journal SET {column} = :new WHERE sequence = :s"), {"new": new, "s": sequence})
    return sequence


def change_number(connection: Connection, chance: random.Random) -> int:
    column, sequence = chance.choice(NUMBERS), chance.randint(1, ROWS)
    by = chance.choice([-1, 1, 1_000_000, 1 << 61, 0.5])
    connection.execute(text(f"UPDATE journal SET {column} = {column} + :by WHERE sequence = :s"), {"by": by, "s": sequence})
    return sequence


def change_kind_of_value(connection: Connection, chance: random.Random) -> int:
    column, sequence = chance.choice((*TEXTS[:6], *TEXTS[8:])), chance.randint(1, ROWS)
    connection.execute(text(f"UPDATE journal SET {column} = CAST({column} AS BLOB) WHERE sequence = :s"), {"s": sequence})
    return sequence


def remove(connection: Connection, chance: random.Random) -> int:
    first = chance.randint(1, ROWS)
    last = min(ROWS, first + chance.choice([0, 0, 1, ROWS]))
    connection.execute(text("DELETE FROM journal WHERE sequence BETWEEN :a AND :b"), {"a": first, "b": last})
    return first


def remove_and_close_the_gap(connection: Connection, chance: random.Random) -> int:
    first = chance.randint(1, ROWS - 1)
    connection.execute(text("DELETE FROM journal WHERE sequence = :s"), {"s": first})
    for sequence in range(first + 1, ROWS + 1):
        connection.execute(text("UPDATE journal SET sequence = sequence - 1 WHERE sequence = :s"), {"s": sequence})
    return first


def insert(connection: Connection, chance: random.Random) -> int:
    """A copy of some row, put in after some row, the later ones moved up."""
    after, copied = chance.randint(0, ROWS), chance.randint(1, ROWS)
    connection.execute(text("UPDATE journal SET sequence = -sequence - 1 WHERE sequence > :s"), {"s": after})
    connection.execute(text("UPDATE journal SET sequence = -sequence WHERE sequence < 0"))
    columns = ", ".join((*TEXTS, *NUMBERS))
    source = copied if copied <= after else copied + 1
    connection.execute(
        text(f"INSERT INTO journal (sequence, {columns}) SELECT :new, {columns} FROM journal WHERE sequence = :old"),
        {"new": after + 1, "old": source},
    )
    # A copy of the very row that follows stands where that row stood: the first wrong one is the original, pushed up.
    return after + 2 if copied == after + 1 else after + 1


def swap(connection: Connection, chance: random.Random) -> int:
    one, other = sorted(chance.sample(range(1, ROWS + 1), 2))
    for old, new in ((one, -1), (other, one), (-1, other)):
        connection.execute(text("UPDATE journal SET sequence = :new WHERE sequence = :old"), {"old": old, "new": new})
    return one


def cut_the_tail(connection: Connection, chance: random.Random) -> int:
    last = chance.randint(0, ROWS - 1)
    connection.execute(text("DELETE FROM journal WHERE sequence > :s"), {"s": last})
    return last + 1


MUTATIONS = (change_text, change_number, change_kind_of_value, remove, remove_and_close_the_gap, insert, swap, cut_the_tail)


def test_a_journal_as_written_verifies(store: SqliteStore) -> None:
    assert store.verify() is None


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_the_first_row_that_was_tampered_with_is_named(
    store: SqliteStore, mutate: Callable[[Connection, random.Random], int]
) -> None:
    chance = random.Random(mutate.__name__)
    for _ in range(125):
        with tampering(store) as connection:
            first = mutate(connection, chance)
            broken = verify(connection)
            assert broken is not None
            assert broken.sequence == first
    assert store.verify() is None


def test_a_head_that_was_tampered_with_is_found(store: SqliteStore) -> None:
    with tampering(store) as connection:
        connection.execute(text("UPDATE head SET journal_sequence = journal_sequence - 1"))
        assert verify(connection) == BrokenRow(ROWS, Fault.SURPLUS)
    with tampering(store) as connection:
        connection.execute(text("UPDATE head SET journal_hash = :hash"), {"hash": "0" * 64})
        assert verify(connection) == BrokenRow(ROWS, Fault.NOT_THE_HEAD)
    with tampering(store) as connection:
        connection.execute(text("UPDATE head SET genesis = :hash"), {"hash": "0" * 64})
        assert verify(connection) == BrokenRow(1, Fault.UNCHAINED)
    with tampering(store) as connection:
        connection.execute(text("DELETE FROM head"))
        assert verify(connection) == BrokenRow(1, Fault.SURPLUS)


def test_each_fault_has_its_name(store: SqliteStore) -> None:
    def found(statement: str) -> BrokenRow | None:
        with tampering(store) as connection:
            connection.execute(text(statement))
            return verify(connection)

    assert found("UPDATE journal SET data = '{}' WHERE sequence = 7") == BrokenRow(7, Fault.CHANGED)
    assert found("UPDATE journal SET previous_hash = hash WHERE sequence = 7") == BrokenRow(7, Fault.UNCHAINED)
    assert found("DELETE FROM journal WHERE sequence = 7") == BrokenRow(7, Fault.MISSING)
    assert found(f"DELETE FROM journal WHERE sequence = {ROWS}") == BrokenRow(ROWS, Fault.MISSING)
    assert found("DELETE FROM journal") == BrokenRow(1, Fault.MISSING)
