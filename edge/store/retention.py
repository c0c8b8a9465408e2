"""What is forgotten, and when: settled intents with their attempts, consumed inbox rows, sessions that have ended, and what was
used of a cloud's quota in months that are over.

The journal is not among them. In batches, so that no commit holds up an alarm for long.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from edge.model.moment import HOUR, Moment, Span, to_iso
from edge.store import tables

#: Rows of one table that one batch removes.
BATCH = 500

#: The month before the present one, and its forecast, are wanted still.
USAGE_KEPT: Span = 92 * 24 * HOUR

_outbox, _inbox, _sessions = tables.outbox, tables.inbox, tables.sessions


def forget(connection: Connection, settled_before: Moment, now: Moment) -> int:
    """Remove one batch; returns how many rows went, so 0 says that nothing is left to forget.

    An intent's key and an inbox row's (source, message_id) guard against repeats only as long as they are kept."""
    removed = 0
    for column, before, key in (
        (_outbox.c.settled_at, settled_before, _outbox.c.sequence),
        (_inbox.c.consumed_at, settled_before, _inbox.c.sequence),
        (_sessions.c.expires_at, now, _sessions.c.token_digest),
    ):
        old = select(key).where(column < before).order_by(column).limit(BATCH)
        removed += connection.execute(delete(key.table).where(key.in_(old))).rowcount
    oldest_day = to_iso(max(0, now - USAGE_KEPT))[:10]
    return removed + connection.execute(delete(tables.quota_usage).where(tables.quota_usage.c.day < oldest_day)).rowcount
