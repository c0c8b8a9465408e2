"""The outbox: what shall be told, until it was told or is no longer wanted.

Theory of operation. An intent is a row; its state moves by the table below, each move within a commit.

    from      by                                         to           what else the commit holds
    -         the response wants it (transaction B)      waiting
    waiting   the response withdraws it                  withdrawn    (may it have arrived: unknown, and its Receipt)
    waiting   claim: a younger STATE of its card waits   superseded
    waiting   claim: it is due and heads its thread      claimed      a row of `deliveries`: the attempt begins
    claimed   settle with retry_at                       waiting      the attempt ends
    claimed   the same, of a deed withdrawn meanwhile    withdrawn    the attempt ends
    claimed   settle: Delivered, Refused, Unknown        the same     the attempt ends, and its Receipt
    claimed   settle: Retry, and nobody will             expired      the attempt ends, and its Receipt
    claimed   the next boot (a crash cut it short)       waiting      the attempt ends as unknown; after_unknown

A thread is a queue: only its head, the eldest row that waits or is claimed, may be claimed, and a head that waits for its
retry holds back all behind it. So two intents of a thread are never under way at once and never overtake each other. The one
exception is the STATE of a card: the latest wins, and the elder leaves the queue without being told.

Elder means (boot epoch, created_at, sequence): within a boot the clock never runs backwards, between boots it may.

`after_unknown` stays with an intent once an attempt of it may have arrived, whatever later attempts say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from edge.model.command import InboxRow, Receipt
from edge.model.deed import DEVICES
from edge.model.errors import StoreError
from edge.model.intent import Claim, Delivered, Intent, Outcome, Refused, Retry, Unknown, decode_intent, encode_intent
from edge.model.moment import Moment
from edge.store import inbox
from edge.store import outbox_sql as sql
from edge.store.bulk import execute_many
from edge.store.canonical import decode, encode
from edge.store.head import Head
from edge.store.outbox_sql import IntentState

#: The end of an intent whose last attempt ended so.
_END: dict[type[Outcome], IntentState] = {
    Delivered: IntentState.DELIVERED,
    Refused: IntentState.REFUSED,
    Unknown: IntentState.UNKNOWN,
    Retry: IntentState.EXPIRED,
}

#: A channel's receipt or reason is kept up to this many characters.
DETAIL_MAX = 1_000
#: Keys in one IN list: far below what PostgreSQL and SQLite take.
_KEYS_PER_QUERY = 500


def add(connection: Connection, head: Head, intents: Sequence[Intent]) -> None:
    """New intents wait; one whose key is known already changes nothing."""
    eldest_first = sorted(intents, key=lambda intent: intent.created_at)
    execute_many(connection, sql.ADD, [_as_values(head, intent) for intent in eldest_first])


def withdraw(connection: Connection, head: Head, keys: Sequence[str], now: Moment) -> None:
    """End intents that still wait. One that may have arrived already ends as `unknown`, and its Receipt says so: who got the
    raise must get the return."""
    for start in range(0, len(keys), _KEYS_PER_QUERY):
        some = keys[start : start + _KEYS_PER_QUERY]
        perhaps_told = connection.execute(sql.PERHAPS_TOLD, {"keys": some}).all()
        connection.execute(sql.WITHDRAW, {"keys": some, "at": now})
        connection.execute(sql.WITHDRAW_UNDER_WAY, {"keys": some, "of_channel": DEVICES})
        receipts = [
            _receipt(
                row.key,
                row.attempt,
                end=IntentState.UNKNOWN,
                detail="withdrawn",
                now=now,
                wanted_at=row.wanted_at,
                possible_repeat=row.attempt > 1,
            )
            for row in perhaps_told
        ]
        inbox.put(connection, head, receipts)


def claim(connection: Connection, head: Head, now: Moment, channel: str, limit: int) -> tuple[list[Claim], bool]:
    """The claims, and whether anything was changed (an intent may have been superseded where none was claimed)."""
    superseded = connection.execute(sql.SUPERSEDE, {"of_channel": channel, "at": now}).rowcount
    due = connection.execute(sql.DUE, {"of_channel": channel, "at": now, "at_most": limit}).all()
    if due:
        connection.execute(sql.CLAIM, [{"claimed": row.sequence} for row in due])
    begun = [{**head.identity, "intent": row.key, "attempt": row.attempt + 1, "started_at": now, "detail": ""} for row in due]
    execute_many(connection, sql.BEGIN_ATTEMPT, begun)
    claims = [Claim(_intent(row.key, row.body), row.attempt + 1, row.after_unknown) for row in due]
    return claims, bool(due) or superseded > 0


def settle(
    connection: Connection, head: Head, settled: Claim, outcome: Outcome, *, now: Moment, retry_at: Moment | None
) -> None:
    """Raises ValueError, with nothing changed, for an attempt that is not under way, and for a retry of what was delivered."""
    key, attempt = settled.intent.key, settled.attempt
    detail = (outcome.receipt if isinstance(outcome, Delivered) else outcome.reason)[:DETAIL_MAX]
    end = _END[type(outcome)]
    if retry_at is None:
        change: dict[str, Any] = {"state": end, "settled_at": now}
    elif isinstance(outcome, Delivered):
        raise ValueError(f"{key} was delivered: it cannot be tried again")
    else:
        may_have_arrived = settled.after_unknown or isinstance(outcome, Unknown)
        change = {"state": IntentState.WAITING, "due_at": retry_at, "after_unknown": may_have_arrived}
    this_attempt = {"of_intent": key, "of_attempt": attempt}
    if connection.execute(sql.SETTLE, {**change, **this_attempt}).rowcount != 1:
        raise ValueError(f"{key}: attempt {attempt} is not under way")
    ended = {"ended_at": now, "outcome": type(outcome).__name__.lower(), "detail": detail}
    connection.execute(sql.END_ATTEMPT, {**ended, **this_attempt})
    if retry_at is None:
        receipt = _receipt(
            key,
            attempt,
            end=end,
            detail=detail,
            now=now,
            wanted_at=settled.intent.wanted_at,
            possible_repeat=settled.after_unknown,
        )
        inbox.put(connection, head, [receipt])


def next_due(connection: Connection, channel: str) -> Moment | None:
    """When the first head of a thread may be tried. Rows behind an attempt under way do not count: they come up when it is
    settled."""
    due: Moment | None = connection.execute(sql.NEXT_DUE, {"of_channel": channel}).scalar_one_or_none()
    return due


def resume(connection: Connection, now: Moment, saved_at: Moment | None) -> None:
    """At the start of an epoch: attempts that the end of the last boot cut short wait again, marked; and if the clock has
    fallen behind the last boot's, waiting times go on from where they were."""
    connection.execute(sql.END_CUT_SHORT_ATTEMPTS, {"at": now})
    connection.execute(sql.WAIT_AGAIN, {"at": now})
    if saved_at is not None and now < saved_at:
        connection.execute(sql.SHIFT_DUE, {"at": now, "back_by": saved_at - now})


def _as_values(head: Head, intent: Intent) -> dict[str, Any]:
    return {
        **head.identity,
        "key": intent.key,
        "channel": intent.channel,
        "purpose": intent.purpose,
        "recipient": intent.recipient,
        "alarm": intent.alarm,
        "occurrence": intent.occurrence,
        "card": intent.card,
        "thread": intent.thread,
        "priority_rank": intent.priority.rank,
        "created_at": intent.created_at,
        "wanted_at": intent.wanted_at,
        "body": encode(encode_intent(intent)),
        "state": IntentState.WAITING,
        "after_unknown": False,
    }


def _intent(key: str, body: str) -> Intent:
    try:
        return decode_intent(decode(body))
    except (KeyError, TypeError) as error:
        raise StoreError(
            f"the intent {key!r} cannot be read by this version of Andon: start the version that wrote it, and let it finish"
        ) from error


def _receipt(
    key: str, attempt: int, *, end: IntentState, detail: str, now: Moment, wanted_at: Moment, possible_repeat: bool
) -> InboxRow:
    body = Receipt(key, end, detail, now, max(0, now - wanted_at), possible_repeat)
    return InboxRow("delivery", f"{key}#{attempt}", "system", body, now)
