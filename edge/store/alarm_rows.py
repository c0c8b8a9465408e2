"""The journal as a report on alarms reads it: only rows of some kinds, a page at a time, and how many others there are.

Each page is a transaction of its own: a reader that holds one for long keeps the writer from checkpointing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, func, select

from edge.model.event import Stream
from edge.model.moment import Moment
from edge.store import tables
from edge.store.canonical import decode

_journal = tables.journal
PAGE = 5_000
#: Of the rows that are only counted, this many sequences are looked at in one transaction.
COUNT_PAGE = 100_000
#: What rows of no alarm are counted under.
NO_SUBJECT = ""


class AlarmRow(NamedTuple):
    """A row of the alarm stream without its hashes."""

    site: str
    agent: str
    epoch: int
    sequence: int
    recorded_at: Moment
    kind: str
    subject: str
    time: Moment
    data: Mapping[str, Any]


def alarm_rows(
    connection: Connection, kinds: Collection[str], since: Moment, end: Moment, last: int, page: int = PAGE
) -> Iterator[AlarmRow]:
    """Rows up to a sequence that were recorded at or after `since` and are dated before `end`, ascending."""
    columns = [_journal.c[name] for name in AlarmRow._fields]
    query = (
        select(*columns)
        .where(_journal.c.stream == Stream.ALARM, _journal.c.kind.in_(kinds))
        .where(_journal.c.recorded_at >= since, _journal.c.time < end, _journal.c.sequence <= last)
        .order_by(_journal.c.sequence)
        .limit(page)
    )
    after = 0
    while True:
        found = connection.execute(query.where(_journal.c.sequence > after)).all()
        connection.rollback()
        for row in found:
            yield AlarmRow._make((*row[:-1], decode(row.data)))
        if len(found) < page:
            return
        after = found[-1].sequence


def count_others(
    connection: Connection, kinds: Collection[str], start: Moment, end: Moment, last: int, page: int = COUNT_PAGE
) -> Counter[str]:
    """How many rows up to a sequence are dated in [start, end) and are not among what `alarm_rows` gives, by alarm."""
    of_alarm = _journal.c.stream == Stream.ALARM
    subject = case((of_alarm, _journal.c.subject), else_=NO_SUBJECT).label("of")
    query = (
        select(subject, func.count())
        .where(_journal.c.time >= start, _journal.c.time < end, ~and_(of_alarm, _journal.c.kind.in_(kinds)))
        .group_by(subject)
    )
    counted: Counter[str] = Counter()
    for after in range(0, last, page):
        inside = query.where(_journal.c.sequence > after, _journal.c.sequence <= min(after + page, last))
        for alarm, count in connection.execute(inside):
            counted[alarm] += count
        connection.rollback()
    return counted


def extent(connection: Connection, end: Moment) -> tuple[int, bool]:
    """The newest sequence there is, 0 for none; and whether any row is dated before `end`."""
    newest = connection.execute(select(func.max(_journal.c.sequence))).scalar() or 0
    first = connection.execute(select(_journal.c.sequence).where(_journal.c.time < end).limit(1)).first()
    connection.rollback()
    return newest, first is not None
