"""The inbox: all that enters except samples, once each, until a transaction has consumed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, text, update

from edge.model.command import InboxRow, body_kind, decode_body, encode_body
from edge.model.errors import StoreError
from edge.model.moment import Moment
from edge.store import tables
from edge.store.bulk import execute_many
from edge.store.canonical import decode, encode
from edge.store.head import Head

_inbox = tables.inbox

_INSERT = (
    "INSERT INTO inbox (site, agent, epoch, source, message_id, actor, kind, body, received_at)"
    " VALUES (:site, :agent, :epoch, :source, :message_id, :actor, :kind, :body, :received_at)"
    " ON CONFLICT (source, message_id) DO NOTHING"
)
_PUT_NEW = text(_INSERT)
_PUT = text(f"{_INSERT} RETURNING sequence")
_CONSUME = (
    update(_inbox)
    .where(_inbox.c.sequence == bindparam("consumed"), _inbox.c.consumed_at.is_(None))
    .values(consumed_at=bindparam("at"))
)
_UNCONSUMED = select(_inbox).where(_inbox.c.consumed_at.is_(None)).order_by(_inbox.c.sequence)


def put_new(connection: Connection, head: Head, rows: Sequence[InboxRow]) -> None:
    """Rows of our own, whose sequences nobody asks for; one that is in already changes nothing."""
    execute_many(connection, _PUT_NEW, [_as_values(head, row) for row in rows])


def put(connection: Connection, head: Head, rows: Sequence[InboxRow]) -> list[InboxRow | None]:
    """Per row: the row with its sequence, or None when its (source, message_id) was in already."""
    stored: list[InboxRow | None] = []
    for row in rows:
        sequence = connection.execute(_PUT, _as_values(head, row)).scalar_one_or_none()
        stored.append(None if sequence is None else replace(row, sequence=sequence))
    return stored


def consume(connection: Connection, sequences: Sequence[int], now: Moment) -> None:
    execute_many(connection, _CONSUME, [{"consumed": sequence, "at": now} for sequence in sequences])


def unconsumed(connection: Connection) -> list[InboxRow]:
    """By sequence. Raises StoreError for a row that only another version of Andon can read."""
    return [_as_row(row) for row in connection.execute(_UNCONSUMED)]


def _as_values(head: Head, row: InboxRow) -> dict[str, Any]:
    return {
        **head.identity,
        "source": row.source,
        "message_id": row.message_id,
        "actor": row.actor,
        "kind": body_kind(row.body),
        "body": encode(encode_body(row.body)),
        "received_at": row.received_at,
    }


def _as_row(row: Row[Any]) -> InboxRow:
    try:
        body = decode_body(row.kind, decode(row.body))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"inbox row {row.sequence} ({row.kind!r} from {row.source!r}) cannot be read by this version of Andon: "
            "start the version that wrote it, and let it finish"
        ) from error
    return InboxRow(row.source, row.message_id, row.actor, body, row.received_at, row.sequence)
