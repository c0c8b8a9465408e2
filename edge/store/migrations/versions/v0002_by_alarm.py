"""What a face asks about one alarm: its rows of the journal, and what was told of it."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("journal_by_subject", "journal", ["subject", "sequence"])
    op.create_index("outbox_by_alarm", "outbox", ["alarm", "sequence"])
