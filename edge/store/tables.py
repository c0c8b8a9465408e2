"""The tables, as SQLAlchemy Core sees them. The migrations make them; a test holds both against each other.

Only SQL that PostgreSQL understands too. Moments are integer microseconds, JSON is text (it is hashed and compared as it
stands). A row that a hub may one day collect carries its identity: site, agent, boot epoch, sequence.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

#: SQLite makes only an `INTEGER PRIMARY KEY` the row's own address; a BIGINT would be one more index.
SequenceType = BigInteger().with_variant(Integer, "sqlite")


def _identity() -> tuple[Column[str], Column[str], Column[int]]:
    return (
        Column("site", Text, nullable=False),
        Column("agent", Text, nullable=False),
        Column("epoch", Integer, nullable=False),
    )


#: One row: whose database it is and how far everything has come. Updated by every commit.
head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    *_identity(),
    Column("saved_at", BigInteger),
    Column("genesis", Text, nullable=False),
    Column("journal_sequence", BigInteger, nullable=False),
    Column("journal_hash", Text, nullable=False),
    Column("cursor", BigInteger, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("sequence", SequenceType, primary_key=True, autoincrement=False),
    *_identity(),
    Column("recorded_at", BigInteger, nullable=False),
    Column("stream", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
    Column("command_source", Text),
    Column("command_id", Text),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

Index("journal_by_subject", journal.c.subject, journal.c.sequence)

inbox = Table(
    "inbox",
    metadata,
    Column("sequence", SequenceType, primary_key=True),
    *_identity(),
    Column("source", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("consumed_at", BigInteger),
    UniqueConstraint("source", "message_id", name="inbox_once"),
    sqlite_autoincrement=True,
)
Index(
    "inbox_unconsumed",
    inbox.c.sequence,
    sqlite_where=text("consumed_at IS NULL"),
    postgresql_where=text("consumed_at IS NULL"),
)
Index("inbox_consumed", inbox.c.consumed_at)

#: What a restart gives back: to the engine by rule id, to the response by record key. sequence: the journal's at that commit.
engine_state = Table(
    "engine_state",
    metadata,
    Column("key", Text, primary_key=True),
    *_identity(),
    Column("sequence", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
)
response_records = Table(
    "response_records",
    metadata,
    Column("key", Text, primary_key=True),
    *_identity(),
    Column("sequence", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
)

#: due_at: not to be tried before. settled_at: None while somebody may still have to be told.
outbox = Table(
    "outbox",
    metadata,
    Column("sequence", SequenceType, primary_key=True),
    *_identity(),
    Column("key", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("alarm", Text, nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("card", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("priority_rank", SmallInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("wanted_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("after_unknown", Boolean, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    UniqueConstraint("key", name="outbox_once"),
    sqlite_autoincrement=True,
)
_UNSETTLED = text("settled_at IS NULL")
Index(
    "outbox_by_urgency",
    outbox.c.channel,
    outbox.c.priority_rank,
    outbox.c.epoch,
    outbox.c.created_at,
    outbox.c.sequence,
    sqlite_where=_UNSETTLED,
    postgresql_where=_UNSETTLED,
)
Index("outbox_by_due", outbox.c.channel, outbox.c.due_at, sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED)
Index(
    "outbox_by_thread",
    outbox.c.thread,
    outbox.c.epoch,
    outbox.c.created_at,
    outbox.c.sequence,
    sqlite_where=_UNSETTLED,
    postgresql_where=_UNSETTLED,
)
_UNSETTLED_STATE = text("settled_at IS NULL AND purpose = 'state'")
Index(
    "outbox_states",
    outbox.c.channel,
    outbox.c.card,
    outbox.c.epoch,
    outbox.c.created_at,
    outbox.c.sequence,
    sqlite_where=_UNSETTLED_STATE,
    postgresql_where=_UNSETTLED_STATE,
)
Index("outbox_by_card", outbox.c.card)
Index("outbox_by_alarm", outbox.c.alarm, outbox.c.sequence)
Index("outbox_settled", outbox.c.settled_at, outbox.c.state)

#: One row an attempt. outcome: None while it is under way.
deliveries = Table(
    "deliveries",
    metadata,
    Column("sequence", SequenceType, primary_key=True),
    *_identity(),
    Column("intent", Text, ForeignKey("outbox.key", ondelete="CASCADE"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("outcome", Text),
    Column("detail", Text, nullable=False),
    UniqueConstraint("intent", "attempt", name="deliveries_once"),
    sqlite_autoincrement=True,
)

#: What the clouds count of us. day: of the plant's calendar, `2026-05-04`.
quota_usage = Table(
    "quota_usage",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    *_identity(),
    Column("used", BigInteger, nullable=False),
)

config_revisions = Table(
    "config_revisions",
    metadata,
    Column("sequence", SequenceType, primary_key=True),
    *_identity(),
    Column("revision", Text, nullable=False),
    Column("layout", Integer, nullable=False),
    Column("applied_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

#: password: the whole text of the hash, parameters included. person: the id in people.yaml, None for a pure log-in.
accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("person", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_digest", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.name", ondelete="CASCADE"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
Index("sessions_by_account", sessions.c.account)
Index("sessions_by_expiry", sessions.c.expires_at)
