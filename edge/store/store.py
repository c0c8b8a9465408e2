"""The store: the ports Inbox, Journal, Outbox and UsageBook over one SQLite database.

Each method that writes is one transaction, named in `edge.crash`; this file is the list of them, the work is done by the
modules that it names. The head in memory moves on only after its commit has succeeded.

    put               inbox      a message that entered, before it is answered
    commit_engine     engine     transaction A: events, engine state, inbox rows consumed
    commit_response   response   transaction B: events, records, cursor, intents, withdrawals, inbox rows consumed
    claim             claim      "still wanted?", just before an attempt
    settle            settle     how it ended, and its Receipt
    count_usage       usage      what will be used of a cloud's quota, before it is
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge.model.command import InboxRow
from edge.model.deed import DeedClaim, DeedOutcome
from edge.model.event import JournalRow
from edge.model.intent import Claim, Ending, Intent, Settlement
from edge.model.moment import Moment, Span
from edge.model.quota import Usage
from edge.ports import Admission, EngineCommit, Recovered, ResponseCommit
from edge.store import deeds, inbox, journal, outbox, overview, retention, usage
from edge.store.database import Database, open_database
from edge.store.head import Head, begin_epoch, save_head
from edge.store.overview import Attempt, Telling, TellingFilter
from edge.store.state import engine_state, response_records
from edge.store.verify import BrokenRow, verify


@dataclass(frozen=True, slots=True)
class JournalHead:
    """Where the journal begins and ends; kept elsewhere, it shows that a journal was cut or rewritten."""

    genesis: str
    sequence: int
    hash: str


class SqliteStore:
    """`edge.ports.Store`, and what faces ask for. Begins a new boot epoch of `database` and owns it from then on.

    Every method may raise StoreError: the disk refuses; nothing of that call was kept, and the next call may be tried."""

    def __init__(self, database: Database, *, site: str, agent: str, now: Moment) -> None:
        self.database = database
        with database.transaction("open") as connection:
            head, saved_at = begin_epoch(connection, site, agent, now)
            outbox.resume(connection, head, now, saved_at)
        self.head: Head = head
        self._saved_at = saved_at

    @property
    def epoch(self) -> int:
        return self.head.epoch

    # --- Inbox ----------------------------------------------------------------------------------------------------

    def put(self, rows: Sequence[InboxRow]) -> list[InboxRow | None]:
        with self.database.transaction("inbox") as connection:
            stored = inbox.put(connection, self.head, rows)
            head = self.head
            for row in stored:
                if row is not None:
                    head = head.saved(row.received_at)
            if head is not self.head:
                save_head(connection, head)
        self.head = head
        return stored

    def unconsumed(self) -> list[InboxRow]:
        with self.database.reading() as connection:
            return inbox.unconsumed(connection)

    # --- Journal --------------------------------------------------------------------------------------------------

    def commit_engine(self, commit: EngineCommit, *, synced: bool = True) -> list[JournalRow]:
        with self.database.transaction("engine", synced=synced) as connection:
            rows, head = journal.append(connection, self.head, commit.events, commit.now)
            engine_state.save(connection, head, commit.changed)
            inbox.consume(connection, commit.consumed, commit.now)
            head = head.saved(commit.now)
            save_head(connection, head)
        self.head = head
        return rows

    def commit_response(self, commit: ResponseCommit) -> list[JournalRow]:
        with self.database.transaction("response") as connection:
            rows, head = journal.append(connection, self.head, commit.events, commit.now)
            response_records.save(connection, head, commit.records)
            # First what is new, then what is withdrawn: one step may want an intent and, some events later, no longer.
            outbox.add(connection, head, commit.intents)
            deeds.add(connection, head, commit.deeds)
            outbox.withdraw(connection, head, commit.withdrawn, commit.now)
            outbox.replay(connection, head, commit.replayed, commit.now)
            inbox.consume(connection, commit.consumed, commit.now)
            head = replace(head.saved(commit.now), cursor=commit.cursor)
            save_head(connection, head)
        self.head = head
        return rows

    def read_after(self, sequence: int, limit: int) -> list[JournalRow]:
        with self.database.reading() as connection:
            return journal.read_after(connection, sequence, limit)

    # --- Outbox ---------------------------------------------------------------------------------------------------

    def claim(
        self,
        now: Moment,
        channel: str,
        limit: int,
        admission: Admission | None = None,
        live_since: Moment | None = None,
        *,
        synced: bool = True,
    ) -> list[Claim]:
        with self.database.reading() as connection:
            if not outbox.waits(connection, channel):
                return []
        with self.database.transaction("claim", synced=synced) as connection:
            claims, changed = outbox.claim(connection, self.head, now, channel, limit, admission, live_since)
            head = self.head.saved(now) if changed else self.head
            if changed:
                save_head(connection, head)
        self.head = head
        return claims

    def settle(self, claim: Claim, ending: Ending, now: Moment, retry_at: Moment | None) -> None:
        """One attempt, as `settle_all`."""
        self.settle_all([Settlement(claim, ending, retry_at)], now)

    def settle_all(self, settlements: Sequence[Settlement], now: Moment, *, synced: bool = True) -> None:
        """Raises ValueError for an attempt that is not under way, and for a retry of what was delivered: then none is ended."""
        with self.database.transaction("settle", synced=synced) as connection:
            outbox.settle(connection, self.head, settlements, now)
            head = self.head.saved(now)
            save_head(connection, head)
        self.head = head

    def claim_deeds(self, now: Moment, limit: int, busy: Collection[str] = ()) -> list[DeedClaim]:
        with self.database.transaction("claim") as connection:
            claims = deeds.claim(connection, self.head, now, limit, busy)
            head = self.head.saved(now) if claims else self.head
            if claims:
                save_head(connection, head)
        self.head = head
        return claims

    def settle_deed(self, claim: DeedClaim, outcome: DeedOutcome, now: Moment, retry_at: Moment | None) -> None:
        """Raises ValueError for an attempt that is not under way."""
        with self.database.transaction("settle") as connection:
            deeds.settle(connection, self.head, claim, outcome, now=now, retry_at=retry_at)
            head = self.head.saved(now)
            save_head(connection, head)
        self.head = head

    def next_due(self, channel: str, after: Moment | None = None) -> Moment | None:
        with self.database.reading() as connection:
            return outbox.next_due(connection, channel, after)

    # --- UsageBook ------------------------------------------------------------------------------------------------

    def count_usage(self, channel: str, usages: Sequence[Usage]) -> None:
        with self.database.transaction("usage") as connection:
            usage.count(connection, self.head, channel, usages)

    def usage_since(self, channel: str, day: str) -> list[Usage]:
        with self.database.reading() as connection:
            return usage.since(connection, channel, day)

    # --- restart --------------------------------------------------------------------------------------------------

    def recover(self) -> Recovered:
        with self.database.reading() as connection:
            return Recovered(
                saved_at=self._saved_at,
                engine=engine_state.load(connection),
                records=response_records.load(connection),
                cursor=self.head.cursor,
            )

    def touch(self, now: Moment) -> None:
        """We still live: bounds what the next boot takes for outage."""
        with self.database.transaction("touch") as connection:
            head = self.head.saved(now)
            save_head(connection, head)
        self.head = head

    def reopened(self, now: Moment) -> SqliteStore:
        """What the next boot finds; this store is over. In memory, a restart that keeps what was committed."""
        return SqliteStore(self.database.reopened(), site=self.head.site, agent=self.head.agent, now=now)

    def close(self) -> None:
        self.database.close()

    # --- for faces ------------------------------------------------------------------------------------------------

    def deliveries(self, limit: int) -> list[Attempt]:
        """The latest attempts, newest first."""
        with self.database.reading() as connection:
            return overview.attempts(connection, limit)

    def tellings(self, wanted: TellingFilter, limit: int) -> list[Telling]:
        """What was told or is to be told, newest first."""
        with self.database.reading() as connection:
            return overview.tellings(connection, wanted, limit)

    def read_back(
        self, before: int, limit: int, *, subjects: Sequence[str] = (), kinds: Sequence[str] = ()
    ) -> list[JournalRow]:
        """Journal rows below a sequence, newest first; of these subjects and kinds alone, where some are named."""
        with self.database.reading() as connection:
            return journal.read_back(connection, before, limit, subjects=subjects, kinds=kinds)

    def read_rows(self, sequences: Sequence[int]) -> list[JournalRow]:
        """These journal rows, in this order; those that do not exist are left out."""
        with self.database.reading() as connection:
            return journal.read_rows(connection, sequences)

    def replayable(self, intent: str) -> outbox.Replayable:
        with self.database.reading() as connection:
            return outbox.replayable(connection, intent)

    def outbox_counts(self) -> Mapping[str, int]:
        """How many intents are in each state that occurs."""
        with self.database.reading() as connection:
            return overview.counts(connection)

    def queues(self) -> list[overview.Queue]:
        with self.database.reading() as connection:
            return overview.queues(connection)

    def waiting(self, before: Moment) -> overview.Waiting:
        with self.database.reading() as connection:
            return overview.waiting(connection, before)

    def find_card(self, card: str) -> tuple[str, int] | None:
        """The alarm and the occurrence that a card shows; None for a card that is not ours, or forgotten."""
        with self.database.reading() as connection:
            return overview.alarm_of_card(connection, card)

    def told(self, key: str) -> tuple[Intent, str] | None:
        """An intent that was delivered, and what the channel called it; None when it was not, or is forgotten."""
        with self.database.reading() as connection:
            return overview.told(connection, key)

    def find_receipt(self, channel: str, card: str) -> str | None:
        """What a channel said of the first intent of a card that it delivered; None when none was, or it is forgotten."""
        with self.database.reading() as connection:
            return overview.receipt_of_card(connection, channel, card)

    def journal_head(self) -> JournalHead:
        return JournalHead(self.head.genesis, self.head.journal_sequence, self.head.journal_hash)

    def verify(self) -> BrokenRow | None:
        """The first journal row that is not as it was written; None when all are."""
        with self.database.reading() as connection:
            return verify(connection)

    def prune(self, now: Moment, keep: Span) -> int:
        """Forget one batch of what was settled or consumed more than `keep` ago, and of sessions that have ended. Returns how
        many rows went: call again until it is 0."""
        with self.database.transaction("prune") as connection:
            return retention.forget(connection, now - keep, now)


def open_store(folder: Path | None, *, site: str, agent: str, now: Moment) -> SqliteStore:
    """The store in a data folder, made new when there is none; None: in memory, for scenarios.

    Raises StoreError with a sentence that says what to do: the folder cannot be written, another agent uses it or owns the
    database, the database is damaged, or it is newer than this program."""
    database = open_database(folder)
    try:
        return SqliteStore(database, site=site, agent=agent, now=now)
    except BaseException:
        database.close()
        raise
