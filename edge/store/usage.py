"""What the clouds count of us: one figure for each channel, kind and day."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, text

from edge.model.quota import Kind, Usage
from edge.store import tables
from edge.store.bulk import execute_many
from edge.store.head import Head

_usage = tables.quota_usage

_COUNT = text(
    "INSERT INTO quota_usage (channel, kind, day, site, agent, epoch, used)"
    " VALUES (:channel, :kind, :day, :site, :agent, :epoch, :used)"
    " ON CONFLICT (channel, kind, day) DO UPDATE SET epoch = excluded.epoch, used = quota_usage.used + excluded.used"
)


def count(connection: Connection, head: Head, channel: str, usages: Sequence[Usage]) -> None:
    """Add to what was used; a negative count gives back."""
    rows = [{**head.identity, "channel": channel, "kind": each.kind, "day": each.day, "used": each.count} for each in usages]
    execute_many(connection, _COUNT, rows)


def since(connection: Connection, channel: str, day: str) -> list[Usage]:
    """What was used from a day on, eldest first."""
    query = select(_usage.c.kind, _usage.c.day, _usage.c.used).where(_usage.c.channel == channel, _usage.c.day >= day)
    return [Usage(Kind(row.kind), row.day, row.used) for row in connection.execute(query.order_by(_usage.c.day, _usage.c.kind))]
