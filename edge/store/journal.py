"""The journal: one log of all streams, append-only, each row chained to the one before it by its hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from edge.model.errors import StoreError
from edge.model.event import Event, JournalRow, Stream
from edge.model.moment import Moment
from edge.store import tables
from edge.store.bulk import execute_many
from edge.store.canonical import canonical_event, canonical_row, chain_hash, decode, encode
from edge.store.head import Head

_journal = tables.journal
_APPEND = insert(_journal)

_STREAMS = frozenset(stream.value for stream in Stream)

#: Rows a reader gets at most in one call.
READ_MAX = 10_000


def append(connection: Connection, head: Head, events: Sequence[Event], now: Moment) -> tuple[list[JournalRow], Head]:
    """Write events in order. Returns the rows exactly as `read_after` will give them (a NaN has become None, a tuple a list),
    so that what is decided now and what is decided after a restart rests on the same values."""
    rows: list[JournalRow] = []
    values: list[dict[str, Any]] = []
    sequence, previous = head.journal_sequence, head.journal_hash
    for event in events:
        sequence += 1
        data = encode(event.data)
        row = canonical_row(
            canonical_event(event, data),
            site=head.site,
            agent=head.agent,
            epoch=head.epoch,
            sequence=sequence,
            recorded_at=now,
        )
        chain = chain_hash(previous, row)
        source, message_id = event.command or (None, None)
        values.append(
            {
                "sequence": sequence,
                "site": head.site,
                "agent": head.agent,
                "epoch": head.epoch,
                "recorded_at": now,
                "stream": event.stream,
                "kind": event.kind,
                "subject": event.subject,
                "time": event.time,
                "data": data,
                "command_source": source,
                "command_id": message_id,
                "previous_hash": previous,
                "hash": chain,
            }
        )
        recorded = Event(event.stream, event.kind, event.subject, event.time, decode(data), event.command)
        rows.append(JournalRow(head.site, head.agent, head.epoch, sequence, now, recorded, previous, chain))
        previous = chain
    execute_many(connection, _APPEND, values)
    return rows, replace(head, journal_sequence=sequence, journal_hash=previous)


def read_after(connection: Connection, sequence: int, limit: int) -> list[JournalRow]:
    """Rows above a sequence, ascending; at most `limit`, and never more than READ_MAX."""
    query = select(_journal).where(_journal.c.sequence > sequence).order_by(_journal.c.sequence).limit(min(limit, READ_MAX))
    return [_as_row(row) for row in connection.execute(query)]


def read_back(
    connection: Connection, before: int, limit: int, *, subjects: Sequence[str] = (), kinds: Sequence[str] = ()
) -> list[JournalRow]:
    """Rows below a sequence, newest first; of these subjects and kinds alone, where some are named."""
    query = select(_journal).where(_journal.c.sequence < before).order_by(_journal.c.sequence.desc())
    if subjects:
        query = query.where(_journal.c.subject.in_(subjects))
    if kinds:
        query = query.where(_journal.c.kind.in_(kinds))
    return [_as_row(row) for row in connection.execute(query.limit(min(limit, READ_MAX)))]


def read_rows(connection: Connection, sequences: Sequence[int]) -> list[JournalRow]:
    """These rows, in this order, at most READ_MAX; those that do not exist are left out."""
    query = select(_journal).where(_journal.c.sequence.in_(sequences[:READ_MAX]))
    found = {row.sequence: row for row in map(_as_row, connection.execute(query))}
    return [found[sequence] for sequence in sequences if sequence in found]


def _as_row(row: Row[Any]) -> JournalRow:
    if row.stream not in _STREAMS:
        raise StoreError(
            f"journal row {row.sequence} ({row.stream!r}) cannot be read by this version of Andon: "
            "start the version that wrote it"
        )
    command = None if row.command_source is None else (row.command_source, row.command_id)
    event = Event(Stream(row.stream), row.kind, row.subject, row.time, decode(row.data), command)
    return JournalRow(row.site, row.agent, row.epoch, row.sequence, row.recorded_at, event, row.previous_hash, row.hash)
