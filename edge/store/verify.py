"""Is the journal what was written? Walks the chain from genesis to head and names the first row that is not.

Found: a row changed, removed, inserted, moved; rows missing at the end, or added there, as far as the head still tells.
Not found: journal and head rewritten as a whole by somebody who knows this file; a copy of the head kept elsewhere shows that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from edge.model.event import Event, Stream
from edge.store import tables
from edge.store.canonical import canonical_event, canonical_row, chain_hash

#: Rows read at a time.
_BATCH = 1_000

_journal = tables.journal


class Fault(StrEnum):
    """What is wrong with the row."""

    MISSING = "missing"
    """No row has this sequence, though later ones or the head say that one had."""
    CHANGED = "changed"
    """Its content does not give its hash."""
    UNCHAINED = "unchained"
    """It does not follow the row before it."""
    SURPLUS = "surplus"
    """It lies beyond the head: no commit of ours wrote it."""
    NOT_THE_HEAD = "not_the_head"
    """It is the last row, and the head remembers another one."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """The first row that is not as it was written."""

    sequence: int
    fault: Fault


def verify(connection: Connection) -> BrokenRow | None:
    """None when every row is as it was written. Raises nothing for what it finds in a row; some 50,000 rows a second."""
    head = connection.execute(select(tables.head)).one_or_none()
    previous = "" if head is None else head.genesis
    sequence, last = 0, 0 if head is None else head.journal_sequence
    while rows := connection.execute(
        select(_journal).where(_journal.c.sequence > sequence).order_by(_journal.c.sequence).limit(_BATCH)
    ).all():
        for row in rows:
            fault = _fault(row, sequence, previous, last)
            if fault is not None:
                return BrokenRow(sequence + 1 if fault is Fault.MISSING else row.sequence, fault)
            sequence, previous = row.sequence, row.hash
    if sequence < last:
        return BrokenRow(sequence + 1, Fault.MISSING)
    if head is not None and previous != head.journal_hash:
        return BrokenRow(sequence, Fault.NOT_THE_HEAD)
    return None


def _fault(row: Row[Any], sequence: int, previous: str, last: int) -> Fault | None:
    if row.sequence > last:
        return Fault.SURPLUS
    if row.sequence != sequence + 1:
        return Fault.MISSING
    if row.previous_hash != previous:
        return Fault.UNCHAINED
    if _hash_of(row) != row.hash:
        return Fault.CHANGED
    return None


def _hash_of(row: Row[Any]) -> str | None:
    """The hash that the row's content gives; None when it cannot be the content of any row of ours."""
    if not isinstance(row.data, str):
        return None
    command = None if row.command_source is None and row.command_id is None else (row.command_source, row.command_id)
    try:
        event = Event(Stream(row.stream), row.kind, row.subject, row.time, {}, command)
        content = canonical_row(
            canonical_event(event, row.data),
            site=row.site,
            agent=row.agent,
            epoch=row.epoch,
            sequence=row.sequence,
            recorded_at=row.recorded_at,
        )
        return chain_hash(row.previous_hash, content)
    except (ValueError, TypeError, OverflowError):
        return None
