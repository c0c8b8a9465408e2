"""Deeds in the outbox: the same rows, threads and moves as intents (`outbox.py`), in a channel of their own.

Writes to one point are a thread; looking what became of one is another, so that it holds up no write. An attempt that a crash
cut short waits again with `after_unknown`: the writer ends it as unknown without sending anything. One that is withdrawn while
it is under way ends as it ends, but is not tried again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from edge.model.alarm import Priority
from edge.model.command import DeedReceipt, InboxRow
from edge.model.deed import DEVICES, Deed, DeedClaim, DeedEnd, DeedKind, DeedOutcome, decode_deed, encode_deed
from edge.model.errors import StoreError
from edge.model.moment import Moment
from edge.store import inbox
from edge.store import outbox_sql as sql
from edge.store.bulk import execute_many
from edge.store.canonical import decode, encode
from edge.store.head import Head
from edge.store.outbox_sql import IntentState

_END: dict[DeedEnd, IntentState] = {
    DeedEnd.DONE: IntentState.DELIVERED,
    DeedEnd.DIFFERENT: IntentState.DELIVERED,
    DeedEnd.FAILED: IntentState.REFUSED,
    DeedEnd.UNKNOWN: IntentState.UNKNOWN,
    DeedEnd.EXPIRED: IntentState.EXPIRED,
}

#: So many that are due are looked at for some whose devices are free.
_LOOKED_AT = 1_000
#: What a device said is kept up to this many characters.
DETAIL_MAX = 1_000


def add(connection: Connection, head: Head, deeds: Sequence[Deed]) -> None:
    """New deeds wait; one whose key is known already changes nothing."""
    execute_many(connection, sql.ADD, [_as_values(head, deed) for deed in deeds])


def claim(connection: Connection, head: Head, now: Moment, limit: int, busy: Collection[str]) -> list[DeedClaim]:
    rows = connection.execute(sql.DUE, {"of_channel": DEVICES, "at": now, "at_most": _LOOKED_AT if busy else limit})
    due = [row for row in rows if row.recipient.rpartition(".")[0] not in busy][:limit]
    if due:
        execute_many(connection, sql.CLAIM, [{"claimed": row.sequence} for row in due])
    begun = [{**head.identity, "intent": row.key, "attempt": row.attempt + 1, "started_at": now, "detail": ""} for row in due]
    execute_many(connection, sql.BEGIN_ATTEMPT, begun)
    return [DeedClaim(_deed(row.key, row.body), row.attempt + 1, row.after_unknown) for row in due]


def settle(
    connection: Connection, head: Head, settled: DeedClaim, outcome: DeedOutcome, *, now: Moment, retry_at: Moment | None
) -> None:
    """Raises ValueError, with nothing changed, for an attempt that is not under way."""
    key, detail = settled.deed.key, outcome.detail[:DETAIL_MAX]
    if retry_at is None:
        change: dict[str, Any] = {"state": _END[outcome.end], "settled_at": now}
    else:
        change = {"state": IntentState.WAITING, "due_at": retry_at, "after_unknown": settled.after_unknown}
    this_attempt = {"of_intent": key, "of_attempt": settled.attempt}
    is_withdrawn = retry_at is not None and connection.execute(sql.SETTLE_WITHDRAWN, {"at": now, **this_attempt}).rowcount == 1
    if not is_withdrawn and connection.execute(sql.SETTLE, {**change, **this_attempt}).rowcount != 1:
        raise ValueError(f"{key}: attempt {settled.attempt} is not under way")
    ended = {"ended_at": now, "outcome": str(outcome.end), "detail": detail}
    connection.execute(sql.END_ATTEMPT, {**ended, **this_attempt})
    if retry_at is None:
        body = DeedReceipt(key, outcome.end, detail, now, outcome.sent_at, outcome.shown)
        inbox.put(connection, head, [InboxRow(DEVICES, f"{key}#{settled.attempt}", "system", body, now)])


def _as_values(head: Head, deed: Deed) -> dict[str, Any]:
    thread = f"{DEVICES}|{deed.tag}"
    return {
        **head.identity,
        "key": deed.key,
        "channel": DEVICES,
        "purpose": deed.kind,
        "recipient": deed.tag,
        "alarm": deed.write,
        "occurrence": 0,
        "card": deed.key,
        "thread": f"{thread}|{deed.kind}" if deed.kind is DeedKind.READ_BACK else thread,
        "priority_rank": Priority.LOW.rank,
        "created_at": deed.created_at,
        "wanted_at": deed.created_at,
        "body": encode(encode_deed(deed)),
        "state": IntentState.WAITING,
        "after_unknown": False,
    }


def _deed(key: str, body: str) -> Deed:
    try:
        return decode_deed(decode(body))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"the write {key!r} cannot be read by this version of Andon: start the version that wrote it, and let it finish"
        ) from error
