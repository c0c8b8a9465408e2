"""Which configuration was applied when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select

from edge.model.moment import Moment
from edge.store import tables
from edge.store.store import SqliteStore

_revisions = tables.config_revisions


@dataclass(frozen=True, slots=True)
class AppliedRevision:
    """revision: the hash of the configuration's files. layout: the number of the layout that it gave."""

    revision: str
    layout: int
    applied_at: Moment
    epoch: int


def record_revision(store: SqliteStore, revision: str, layout: int, now: Moment) -> None:
    with store.database.transaction("revision") as connection:
        row = {**store.head.identity, "revision": revision, "layout": layout, "applied_at": now}
        connection.execute(insert(_revisions), row)


def latest_revisions(store: SqliteStore, limit: int) -> list[AppliedRevision]:
    """Newest first."""
    query = select(_revisions.c.revision, _revisions.c.layout, _revisions.c.applied_at, _revisions.c.epoch)
    with store.database.reading() as connection:
        return [
            AppliedRevision(**row)
            for row in connection.execute(query.order_by(_revisions.c.sequence.desc()).limit(limit)).mappings()
        ]
