"""The rows of the journal that a report is made of: read in pages, and no more of them than there is room for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from edge.model.event import Event, Stream
from edge.model.moment import HOUR, MINUTE, Moment, Span
from edge.performance.carried import Carried
from edge.store.alarm_rows import AlarmRow, alarm_rows, count_others, extent
from rules.kpi import KEYS, KINDS, Entry, Question, RowId, Unread

#: What was raised longer before the period, and is still active, is not looked for.
LOOK_BACK: Span = 366 * 24 * HOUR
#: Rows of a period that one report can be made of, of about a kilobyte each while it is made.
ROWS_MAX = 250_000
#: A row that was recorded longer after the end of the period came late: a report made then had gone without it.
SETTLED_AFTER: Span = 10 * MINUTE


class TooManyRows(Exception):
    """The period has more than ROWS_MAX rows of alarms; a shorter one has fewer."""


@dataclass(frozen=True, slots=True)
class LateRow:
    """time: when it happened, in the period. recorded_at: after the report could have been made."""

    row: RowId
    alarm: str
    kind: str
    time: Moment
    recorded_at: Moment


@dataclass(slots=True)
class Reading:
    """entries: of the period, and those before it that still matter. late: those of the period that came late, in the order in
    which they did. left_out: the ids of all that came late."""

    unread: Unread
    entries: list[Entry] = field(default_factory=list)
    late: list[LateRow] = field(default_factory=list)
    left_out: set[RowId] = field(default_factory=set)

    def in_time(self) -> Iterator[Entry]:
        """What a report made at the end of the period had."""
        return (entry for entry in self.entries if entry.row not in self.left_out)


def read_rows(connection: Connection, question: Question, rows_max: int = ROWS_MAX) -> Reading:
    """Raises TooManyRows, and what the database raises."""
    start, end = question.start, question.end
    last, known = extent(connection, end)
    reading = Reading(Unread(count_others(connection, KINDS, start, end, last), known))
    carried, inside = Carried(), []
    settled = end + SETTLED_AFTER
    for row in alarm_rows(connection, KINDS, start - LOOK_BACK, end, last):
        entry = _entry(row)
        if row.recorded_at >= settled:
            reading.left_out.add(entry.row)
            if row.time >= start:
                reading.late.append(LateRow(entry.row, row.subject, row.kind, row.time, row.recorded_at))
        if row.time < start:
            carried.take(entry)
            continue
        inside.append(entry)
        if len(inside) > rows_max:
            raise TooManyRows
    reading.entries = [*carried, *inside]
    return reading


def _entry(row: AlarmRow) -> Entry:
    """Without what no figure needs: the values of a row are most of it."""
    data = {key: value for key, value in row.data.items() if key in KEYS}
    identity = RowId(row.site, row.agent, row.epoch, row.sequence)
    return Entry(identity, Event(Stream.ALARM, row.kind, row.subject, row.time, data))
