"""The first tables: head, journal, inbox, engine state, response records, outbox, deliveries, revisions, accounts, sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UNSETTLED = sa.text("settled_at IS NULL")
_UNSETTLED_STATE = sa.text("settled_at IS NULL AND purpose = 'state'")
_UNCONSUMED = sa.text("consumed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        *_identity(),
        sa.Column("saved_at", sa.BigInteger()),
        sa.Column("genesis", sa.Text(), nullable=False),
        sa.Column("journal_sequence", sa.BigInteger(), nullable=False),
        sa.Column("journal_hash", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "journal",
        sa.Column("sequence", _SEQUENCE, primary_key=True, autoincrement=False),
        *_identity(),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("command_source", sa.Text()),
        sa.Column("command_id", sa.Text()),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
    )
    op.create_table(
        "inbox",
        sa.Column("sequence", _SEQUENCE, primary_key=True),
        *_identity(),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger()),
        sa.UniqueConstraint("source", "message_id", name="inbox_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("inbox_unconsumed", "inbox", ["sequence"], sqlite_where=_UNCONSUMED, postgresql_where=_UNCONSUMED)
    op.create_index("inbox_consumed", "inbox", ["consumed_at"])
    for table in ("engine_state", "response_records"):
        op.create_table(
            table,
            sa.Column("key", sa.Text(), primary_key=True),
            *_identity(),
            sa.Column("sequence", sa.BigInteger(), nullable=False),
            sa.Column("data", sa.Text(), nullable=False),
        )
    _create_outbox()
    op.create_table(
        "config_revisions",
        sa.Column("sequence", _SEQUENCE, primary_key=True),
        *_identity(),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("layout", sa.Integer(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "accounts",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("token_digest", sa.Text(), primary_key=True),
        sa.Column("account", sa.Text(), sa.ForeignKey("accounts.name", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("sessions_by_account", "sessions", ["account"])
    op.create_index("sessions_by_expiry", "sessions", ["expires_at"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("sequence", _SEQUENCE, primary_key=True),
        *_identity(),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("alarm", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("priority_rank", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("wanted_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("after_unknown", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.UniqueConstraint("key", name="outbox_once"),
        sqlite_autoincrement=True,
    )
    for name, columns, where in (
        ("outbox_by_urgency", ["channel", "priority_rank", "epoch", "created_at", "sequence"], _UNSETTLED),
        ("outbox_by_due", ["channel", "due_at"], _UNSETTLED),
        ("outbox_by_thread", ["thread", "epoch", "created_at", "sequence"], _UNSETTLED),
        ("outbox_states", ["channel", "card", "epoch", "created_at", "sequence"], _UNSETTLED_STATE),
        ("outbox_by_card", ["card"], None),
        ("outbox_settled", ["settled_at", "state"], None),
    ):
        op.create_index(name, "outbox", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "deliveries",
        sa.Column("sequence", _SEQUENCE, primary_key=True),
        *_identity(),
        sa.Column("intent", sa.Text(), sa.ForeignKey("outbox.key", ondelete="CASCADE"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.UniqueConstraint("intent", "attempt", name="deliveries_once"),
        sqlite_autoincrement=True,
    )


def _identity() -> tuple[sa.Column[str], sa.Column[str], sa.Column[int]]:
    return (
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
    )
