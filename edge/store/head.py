"""The head: whose database this is and how far everything has come. One row, updated by every commit that matters to a restart.

It is also held in memory, and taken over only when the commit has succeeded; a restart reads the row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, insert, select, update

from edge.model.errors import StoreError
from edge.model.moment import Moment
from edge.store import tables
from edge.store.bulk import execute
from edge.store.canonical import genesis_hash

_ID = 1


@dataclass(frozen=True, slots=True)
class Head:
    """genesis: what the first journal row calls its previous hash. journal_sequence, journal_hash: of the last journal row
    (0 and genesis while there is none). cursor: the last journal row that the response has seen. saved_at: of the last commit
    of this boot, None before the first."""

    site: str
    agent: str
    epoch: int
    genesis: str
    journal_sequence: int
    journal_hash: str
    cursor: int
    saved_at: Moment | None = None

    def saved(self, now: Moment) -> Head:
        """The head after a commit at `now`; inbox rows carry the moment they were received, which may lie a little back."""
        return replace(self, saved_at=now if self.saved_at is None else max(now, self.saved_at))

    @property
    def identity(self) -> dict[str, str | int]:
        """The columns that every row carries."""
        return {"site": self.site, "agent": self.agent, "epoch": self.epoch}


_SAVE = update(tables.head).where(tables.head.c.id == _ID)


def save_head(connection: Connection, head: Head) -> None:
    execute(
        connection,
        _SAVE,
        {
            "saved_at": head.saved_at,
            "journal_sequence": head.journal_sequence,
            "journal_hash": head.journal_hash,
            "cursor": head.cursor,
        },
    )


def begin_epoch(connection: Connection, site: str, agent: str, now: Moment) -> tuple[Head, Moment | None]:
    """This boot's head, and when the last boot committed last (None: there was none).

    `saved_at` is left as it was: until this boot has committed something, the last one's word still counts. Raises StoreError
    for another agent's database, and for a journal that does not end where the head says."""
    row = connection.execute(select(tables.head)).one_or_none()
    if row is None:
        genesis = genesis_hash(site, agent, now)
        head = Head(site, agent, 1, genesis, 0, genesis, 0)
        connection.execute(
            insert(tables.head),
            {"id": _ID, **head.identity, "genesis": genesis, "journal_sequence": 0, "journal_hash": genesis, "cursor": 0},
        )
        return head, None
    if (row.site, row.agent) != (site, agent):
        raise StoreError(
            f"the database belongs to agent {row.agent!r} of site {row.site!r}, this is {agent!r} of {site!r}: "
            "give it a data folder of its own"
        )
    _check_tail(connection, row.journal_sequence, row.journal_hash)
    head = Head(site, agent, row.epoch + 1, row.genesis, row.journal_sequence, row.journal_hash, row.cursor)
    connection.execute(_SAVE, {"epoch": head.epoch})
    return head, row.saved_at


def _check_tail(connection: Connection, sequence: int, chain: str) -> None:
    journal = tables.journal
    last = connection.execute(
        select(journal.c.sequence, journal.c.hash).order_by(journal.c.sequence.desc()).limit(1)
    ).one_or_none()
    if last is None and sequence == 0:
        return
    if last is None or (last.sequence, last.hash) != (sequence, chain):
        raise StoreError(
            f"the journal ends at row {0 if last is None else last.sequence}, the head says {sequence}: rows were removed or "
            "added from outside. Keep a copy of the database, then put back the last backup, or move it away to begin anew"
        )
