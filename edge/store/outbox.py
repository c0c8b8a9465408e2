"""The outbox: what shall be told, until it was told or is no longer wanted.

Theory of operation. An intent is a row; its state moves by the table below, each move within a commit.

    from      by                                         to           what else the commit holds
    -         the response wants it (transaction B)      waiting
    waiting   the response withdraws it                  withdrawn    (may it have arrived: unknown, and its Receipt)
    waiting   claim: a younger STATE of its card waits   superseded
    waiting   claim: it is due and heads its thread      claimed      a row of `deliveries`: the attempt begins
    claimed   settle with retry_at                       waiting      the attempt ends
    claimed   the same, of what was withdrawn meanwhile  withdrawn    the attempt ends (may it have arrived: as above)
    claimed   settle: Delivered, Refused, Unknown        the same     the attempt ends, and its Receipt
    claimed   settle: Retry, and nobody will             expired      the attempt ends, and its Receipt
    claimed   settle: Crashed, and nobody will           quarantined  the attempt ends, and its Receipt
    claimed   the next boot (a crash cut it short)       waiting      the attempt ends as crashed; after_unknown
    refused, quarantined,
    unknown   a person has it replayed                   waiting      a row of `deliveries`: `replayed`

A thread is a queue of a channel: only its head, the eldest row that waits or is claimed, may be claimed, and a head that waits
for its retry holds back all behind it. So two intents of a thread are never under way at once and never overtake each other.
The one exception is the STATE of a card: the latest wins, and the elder leaves the queue without being told.

Threads leave the most urgent first, and a thread is as urgent as the most urgent intent that waits in it, the forerunner: what
is critical does not wait because an elder of its thread is not. Of threads equally urgent those with news go before the
backlog, then by age.

Elder means (boot epoch, created_at, sequence): within a boot the clock never runs backwards, between boots it may.

`after_unknown` stays with an intent once an attempt of it may have arrived, whatever later attempts say. What was withdrawn
is not replayed, nor what would come out of turn: nobody is to hear of the raise after the return. Nor is a call that may have
rung.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from heapq import merge
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Select

from edge.model.alarm import Priority
from edge.model.command import InboxRow, Receipt
from edge.model.deed import DEVICES
from edge.model.errors import StoreError
from edge.model.intent import (
    Claim,
    Crashed,
    Delivered,
    Ending,
    Intent,
    Purpose,
    Refused,
    Retry,
    Settlement,
    Unknown,
    decode_intent,
    encode_intent,
)
from edge.model.moment import Moment
from edge.ports import Admission, Candidate
from edge.store import inbox
from edge.store import outbox_sql as sql
from edge.store.bulk import execute, execute_many
from edge.store.canonical import decode, encode
from edge.store.head import Head
from edge.store.outbox_sql import IntentState


class Replayable(StrEnum):
    """Whether an intent may be tried anew, or why not."""

    YES = "yes"
    UNKNOWN = "unknown"
    NOT_IN_QUARANTINE = "not_in_quarantine"
    WITHDRAWN = "withdrawn"
    NEVER_REPEATED = "never_repeated"
    OUT_OF_TURN = "out_of_turn"


#: The end of an intent whose last attempt ended so.
_END: dict[type[Ending], IntentState] = {
    Delivered: IntentState.DELIVERED,
    Refused: IntentState.REFUSED,
    Unknown: IntentState.UNKNOWN,
    Retry: IntentState.EXPIRED,
    Crashed: IntentState.QUARANTINED,
}

_PRIORITIES = tuple(Priority)
_NEVER: Moment = 2**62
#: Ends after which a person may have it tried anew.
_NOT_TOLD = (IntentState.REFUSED, IntentState.QUARANTINED, IntentState.UNKNOWN)
#: A channel's receipt or reason is kept up to this many characters.
DETAIL_MAX = 1_000
#: Keys in one IN list: far below what PostgreSQL and SQLite take.
_KEYS_PER_QUERY = 500


def add(connection: Connection, head: Head, intents: Sequence[Intent]) -> None:
    """New intents wait; one whose key is known already changes nothing."""
    eldest_first = sorted(intents, key=lambda intent: intent.created_at)
    execute_many(connection, sql.ADD, [_as_values(head, intent) for intent in eldest_first])


def withdraw(connection: Connection, head: Head, keys: Sequence[str], now: Moment) -> None:
    """End intents that still wait; one that is under way ends as it ends, but is not tried again. One that may have arrived
    already ends as `unknown`, and its Receipt says so: who got the raise must get the return."""
    for start in range(0, len(keys), _KEYS_PER_QUERY):
        some = keys[start : start + _KEYS_PER_QUERY]
        perhaps_told = connection.execute(sql.PERHAPS_TOLD, {"keys": some}).all()
        connection.execute(sql.WITHDRAW, {"keys": some, "at": now})
        connection.execute(sql.WITHDRAW_UNDER_WAY, {"keys": some})
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


def replay(connection: Connection, head: Head, keys: Sequence[str], now: Moment) -> None:
    """Let intents be tried anew, as far as that may be; the others stay as they are."""
    for key in keys:
        if replayable(connection, key) is Replayable.YES:
            row = connection.execute(sql.REPLAY, {"of_intent": key, "at": now}).one()
            tried_anew = {**head.identity, "intent": key, "attempt": row.attempt, "started_at": now, "ended_at": now}
            connection.execute(sql.BEGIN_ATTEMPT, {**tried_anew, "outcome": "replayed", "detail": ""})


def replayable(connection: Connection, key: str) -> Replayable:
    row = connection.execute(sql.REPLAYABLE, {"of_intent": key, "but_of_channel": DEVICES}).one_or_none()
    if row is None:
        return Replayable.UNKNOWN
    if row.state not in _NOT_TOLD:
        return Replayable.NOT_IN_QUARANTINE
    if row.is_withdrawn:
        return Replayable.WITHDRAWN
    may_have_arrived = row.after_unknown or row.state != IntentState.REFUSED
    if may_have_arrived and _intent(row.key, row.body).is_never_repeated:
        return Replayable.NEVER_REPEATED
    return Replayable.OUT_OF_TURN if row.is_out_of_turn else Replayable.YES


def waits(connection: Connection, channel: str) -> bool:
    """Whether anything does. Mostly nothing: then nothing more is asked, and nothing written."""
    return execute(connection, sql.WAITS, {"of_channel": channel}).first() is not None


def claim(
    connection: Connection,
    head: Head,
    now: Moment,
    channel: str,
    limit: int,
    admission: Admission | None,
    live_since: Moment | None,
) -> tuple[list[Claim], bool]:
    """The claims, and whether anything was changed (an intent may have been superseded where none was claimed)."""
    superseded = execute(connection, sql.SUPERSEDE, {"of_channel": channel, "at": now}).rowcount
    held = [sql.whom_held(who, urgency.rank) for who, urgency in admission.held] if admission is not None else []
    look: dict[str, Any] = {"of_channel": channel, "at": now}
    if live_since is not None:
        look |= {"this_epoch": head.epoch, "live_since": live_since}
    with closing(_by_urgency(connection, look, held)) as forerunners:
        due = _admitted(forerunners, admission, limit)
    if not due:
        return [], superseded > 0
    execute_many(connection, sql.CLAIM, [{"claimed": row.sequence} for row in due])
    begun = [{**head.identity, "intent": row.key, "attempt": row.attempt + 1, "started_at": now, "detail": ""} for row in due]
    execute_many(connection, sql.BEGIN_ATTEMPT, begun)
    return [Claim(_intent(row.key, row.body), row.attempt + 1, bool(row.after_unknown), row.crashes) for row in due], True


def _by_urgency(connection: Connection, look: dict[str, Any], held: Sequence[str]) -> Generator[Row[Any]]:
    """Forerunners, lazily: mostly a few are read of thousands."""

    def each(query: Select[Any], but_held: Select[Any]) -> Generator[Row[Any]]:
        found = connection.execute(but_held, {**look, "held": held}) if held else execute(connection, query, look)
        with found as rows:
            yield from rows

    if "live_since" not in look:
        yield from each(sql.ALL, sql.ALL_BUT_HELD)
        return
    live, backlog = each(sql.LIVE, sql.LIVE_BUT_HELD), each(sql.BACKLOG, sql.BACKLOG_BUT_HELD)
    yield from merge(live, backlog, key=attrgetter("priority_rank"))


def _admitted(forerunners: Iterator[Row[Any]], admission: Admission | None, limit: int) -> list[Row[Any]]:
    """The heads that leave, in this order."""
    asked: set[int] = set()
    heads: list[Row[Any]] = []
    for row in forerunners:
        if row.sequence in asked:
            continue
        asked.add(row.sequence)
        candidate = Candidate(row.key, row.recipient, Purpose(row.purpose), _PRIORITIES[row.priority_rank])
        if admission is None or admission.admits(candidate):
            heads.append(row)
            if len(heads) == limit:
                break
    return heads


def settle(connection: Connection, head: Head, settlements: Sequence[Settlement], now: Moment) -> None:
    """Raises ValueError for an attempt that is not under way, and for a retry of what was delivered: then the transaction must
    not be committed."""
    over = [each for each in settlements if each.retry_at is None]
    this_attempt = [{"of_intent": each.claim.intent.key, "of_attempt": each.claim.attempt} for each in over]
    ends = [{"state": _END[type(each.ending)], "at": now, **which} for each, which in zip(over, this_attempt, strict=True)]
    if execute_many(connection, sql.SETTLE_FOR_GOOD, ends) != len(over):
        named = ", ".join(f"{each.claim.intent.key}: attempt {each.claim.attempt}" for each in over[:10])
        raise ValueError(f"{'one of ' if len(over) > 1 else ''}{named} is not under way")
    _end_attempts(connection, over, now)
    inbox.put_new(connection, head, [_receipt_of(each, now) for each in over])
    for each in settlements:
        if each.retry_at is not None:
            _settle_for_now(connection, head, each, each.retry_at, now)


def _settle_for_now(connection: Connection, head: Head, settled: Settlement, retry_at: Moment, now: Moment) -> None:
    key, attempt = settled.claim.intent.key, settled.claim.attempt
    if isinstance(settled.ending, Delivered):
        raise ValueError(f"{key} was delivered: it cannot be tried again")
    may_have_arrived = settled.claim.after_unknown or isinstance(settled.ending, Unknown | Crashed)
    change = {"state": IntentState.WAITING, "due_at": retry_at, "after_unknown": may_have_arrived}
    is_withdrawn = connection.execute(sql.IS_WITHDRAWN, {"of_intent": key}).first() is not None
    if connection.execute(sql.SETTLE, {**change, "of_intent": key, "of_attempt": attempt}).rowcount != 1:
        raise ValueError(f"{key}: attempt {attempt} is not under way")
    _end_attempts(connection, [settled], now)
    if is_withdrawn:
        withdraw(connection, head, [key], now)


def _end_attempts(connection: Connection, settlements: Sequence[Settlement], now: Moment) -> None:
    ended = [
        {
            "at": now,
            "outcome": type(each.ending).__name__.lower(),
            "detail": _detail(each.ending),
            "of_intent": each.claim.intent.key,
            "of_attempt": each.claim.attempt,
        }
        for each in settlements
    ]
    execute_many(connection, sql.END_ATTEMPTS, ended)


def _detail(ending: Ending) -> str:
    return (ending.receipt if isinstance(ending, Delivered) else ending.reason)[:DETAIL_MAX]


def next_due(connection: Connection, channel: str, after: Moment | None) -> Moment | None:
    """When the first head of a thread may be tried. Rows behind an attempt under way do not count: they come up when it is
    settled."""
    asked = {"of_channel": channel, "after": -_NEVER if after is None else after}
    due: Moment | None = execute(connection, sql.NEXT_DUE, asked).scalar_one_or_none()
    return due


def resume(connection: Connection, head: Head, now: Moment, saved_at: Moment | None) -> None:
    """At the start of an epoch: attempts that the end of the last boot cut short wait again, marked, but for what was withdrawn
    meanwhile; and if the clock has fallen behind the last boot's, waiting times go on from where they were."""
    withdrawn = connection.execute(sql.ALL_WITHDRAWN, {"but_of_channel": DEVICES}).scalars().all()
    connection.execute(sql.END_CUT_SHORT_ATTEMPTS, {"at": now})
    connection.execute(sql.WAIT_AGAIN, {"at": now})
    withdraw(connection, head, withdrawn, now)
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


def _receipt_of(settled: Settlement, now: Moment) -> InboxRow:
    return _receipt(
        settled.claim.intent.key,
        settled.claim.attempt,
        end=_END[type(settled.ending)],
        detail=_detail(settled.ending),
        now=now,
        wanted_at=settled.claim.intent.wanted_at,
        possible_repeat=settled.claim.after_unknown,
    )


def _receipt(
    key: str, attempt: int, *, end: IntentState, detail: str, now: Moment, wanted_at: Moment, possible_repeat: bool
) -> InboxRow:
    body = Receipt(key, end, detail, now, max(0, now - wanted_at), possible_repeat)
    return InboxRow("delivery", f"{key}#{attempt}", "system", body, now)
