"""What faces show of the outbox: attempts, counts, and the alarm behind a card. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Select, case, exists, func, select

from edge.model.alarm import Priority
from edge.model.deed import DEVICES
from edge.model.intent import NO_CARD, Intent, Purpose, decode_intent
from edge.model.moment import Moment
from edge.store import tables
from edge.store.canonical import decode
from edge.store.outbox_sql import IntentState

_outbox = tables.outbox
_deliveries = tables.deliveries
#: Deeds wait in the same table, and nobody is told of them.
_TOLD_TO_PEOPLE = _outbox.c.channel != DEVICES

#: Rows a reader gets at most in one call.
READ_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one intent. outcome: delivered, retry, refused, unknown; None while it is under way. state: of the intent."""

    intent: str
    channel: str
    purpose: str
    recipient: str
    alarm: str
    occurrence: int
    attempt: int
    started_at: Moment
    ended_at: Moment | None
    outcome: str | None
    detail: str
    state: str


_ATTEMPTS = (
    select(
        _deliveries.c.intent,
        _outbox.c.channel,
        _outbox.c.purpose,
        _outbox.c.recipient,
        _outbox.c.alarm,
        _outbox.c.occurrence,
        _deliveries.c.attempt,
        _deliveries.c.started_at,
        _deliveries.c.ended_at,
        _deliveries.c.outcome,
        _deliveries.c.detail,
        _outbox.c.state,
    )
    .join(_outbox, _outbox.c.key == _deliveries.c.intent)
    .where(_TOLD_TO_PEOPLE)
    .order_by(_deliveries.c.sequence.desc())
)


def attempts(connection: Connection, limit: int) -> list[Attempt]:
    """The latest attempts, newest first; at most `limit`, and never more than READ_MAX."""
    return [Attempt(**row) for row in connection.execute(_ATTEMPTS.limit(min(limit, READ_MAX))).mappings()]


@dataclass(frozen=True, slots=True)
class Telling:
    """One intent and its latest attempt. started_at, ended_at, outcome, detail: of that attempt; None before the first.
    priority_rank: of `Priority`, 0 is the most urgent. due_at: not to be tried before."""

    sequence: int
    intent: str
    channel: str
    purpose: str
    recipient: str
    alarm: str
    occurrence: int
    priority_rank: int
    created_at: Moment
    wanted_at: Moment
    due_at: Moment
    state: str
    attempt: int
    settled_at: Moment | None
    started_at: Moment | None
    ended_at: Moment | None
    outcome: str | None
    detail: str | None

    @property
    def was_sent(self) -> bool:
        """Whether the channel took it; what it had nothing to send for proves nothing."""
        return self.state == IntentState.DELIVERED and self.detail != NO_CARD


@dataclass(frozen=True, slots=True)
class TellingFilter:
    """None: any. before: only intents of a smaller sequence, for paging. without: a purpose that is left out."""

    before: int | None = None
    alarm: str | None = None
    occurrence: int | None = None
    state: str | None = None
    purpose: str | None = None
    recipient: str | None = None
    without: str | None = None


_LATEST = (_deliveries.c.intent == _outbox.c.key) & (_deliveries.c.attempt == _outbox.c.attempt)
_OF_OUTBOX = (
    "channel",
    "purpose",
    "recipient",
    "alarm",
    "occurrence",
    "priority_rank",
    "created_at",
    "wanted_at",
    "due_at",
    "state",
    "attempt",
)
_TELLINGS = (
    select(
        _outbox.c.sequence,
        _outbox.c.key.label("intent"),
        *(_outbox.c[name] for name in _OF_OUTBOX),
        _outbox.c.settled_at,
        _deliveries.c.started_at,
        _deliveries.c.ended_at,
        _deliveries.c.outcome,
        _deliveries.c.detail,
    )
    .join(_deliveries, _LATEST, isouter=True)
    .where(_TOLD_TO_PEOPLE)
    .order_by(_outbox.c.sequence.desc())
)


def tellings(connection: Connection, wanted: TellingFilter, limit: int) -> list[Telling]:
    """What was told or is to be told, newest first; at most `limit`, and never more than READ_MAX."""
    query: Select[tuple[object, ...]] = _TELLINGS
    if wanted.before is not None:
        query = query.where(_outbox.c.sequence < wanted.before)
    if wanted.without is not None:
        query = query.where(_outbox.c.purpose != wanted.without)
    for name in ("alarm", "occurrence", "state", "purpose", "recipient"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(_outbox.c[name] == value)
    return [Telling(**row) for row in connection.execute(query.limit(min(limit, READ_MAX))).mappings()]


def counts(connection: Connection) -> Mapping[str, int]:
    """How many intents are in each state that occurs."""
    query = select(_outbox.c.state, func.count().label("number")).where(_TOLD_TO_PEOPLE)
    rows = connection.execute(query.group_by(_outbox.c.state))
    return {row.state: row.number for row in rows}


@dataclass(frozen=True, slots=True)
class Queue:
    """What is not settled of a channel and a priority. eldest: when the eldest of it was wanted."""

    channel: str
    priority: Priority
    waiting: int
    eldest: Moment


def queues(connection: Connection) -> list[Queue]:
    """One for each channel and priority of which something waits or is under way."""
    query = (
        select(
            _outbox.c.channel,
            _outbox.c.priority_rank,
            func.count().label("waiting"),
            func.min(_outbox.c.wanted_at).label("eldest"),
        )
        .where(_outbox.c.settled_at.is_(None), _TOLD_TO_PEOPLE)
        .group_by(_outbox.c.channel, _outbox.c.priority_rank)
    )
    rows = connection.execute(query)
    return [Queue(row.channel, list(Priority)[row.priority_rank], row.waiting, row.eldest) for row in rows]


@dataclass(frozen=True, slots=True)
class Waiting:
    """total: intents that are not settled. critical_late: raises of critical alarms among them, wanted before a moment.
    critical_refused: occurrences (alarm, number) of critical alarms that reached nobody, because each telling of them has ended
    otherwise than delivered; the newest, at most READ_MAX."""

    total: int
    critical_late: int
    critical_refused: tuple[tuple[str, int], ...]


def waiting(connection: Connection, before: Moment) -> Waiting:
    """before: what was wanted earlier is late."""
    is_late = (
        (_outbox.c.priority_rank == Priority.CRITICAL.rank)
        & (_outbox.c.purpose == Purpose.RAISED)
        & (_outbox.c.wanted_at < before)
    )
    late = func.coalesce(func.sum(case((is_late, 1), else_=0)), 0)
    row = connection.execute(
        select(func.count().label("total"), late.label("late")).where(_outbox.c.settled_at.is_(None), _TOLD_TO_PEOPLE)
    ).one()
    return Waiting(row.total, row.late, _reached_nobody(connection))


def _reached_nobody(connection: Connection) -> tuple[tuple[str, int], ...]:
    other = _outbox.alias()
    is_open_or_delivered = other.c.settled_at.is_(None) | (other.c.state == IntentState.DELIVERED)
    of_it = (other.c.alarm == _outbox.c.alarm) & (other.c.occurrence == _outbox.c.occurrence)
    ended = (
        select(_outbox.c.alarm, _outbox.c.occurrence)
        .where(
            _outbox.c.priority_rank == Priority.CRITICAL.rank,
            _outbox.c.purpose == Purpose.RAISED,
            _outbox.c.state.in_([IntentState.REFUSED, IntentState.UNKNOWN, IntentState.QUARANTINED, IntentState.EXPIRED]),
            ~exists().where(of_it, is_open_or_delivered, other.c.channel != DEVICES),
        )
        .order_by(_outbox.c.sequence.desc())
        .limit(READ_MAX)
    )
    return tuple(dict.fromkeys((alarm, occurrence) for alarm, occurrence in connection.execute(ended)))


def alarm_of_card(connection: Connection, card: str) -> tuple[str, int] | None:
    """The alarm and the occurrence that a card shows; None when no intent of it is kept. The card of an alarm that chatters
    goes from one occurrence to the next: what counts is what was delivered last, because that is what people see."""
    shown = _outbox.c.state == IntentState.DELIVERED
    newest_shown = case((shown, 0), else_=1), case((shown, -_outbox.c.sequence), else_=_outbox.c.sequence)
    of_card = select(_outbox.c.alarm, _outbox.c.occurrence).where(_outbox.c.card == card)
    row = connection.execute(of_card.order_by(*newest_shown).limit(1)).first()
    return None if row is None else (row.alarm, row.occurrence)


def told(connection: Connection, key: str) -> tuple[Intent, str] | None:
    """An intent that was delivered, and what the channel called it; None when it was not, or is not kept."""
    delivered = (
        select(_outbox.c.body, _deliveries.c.detail)
        .join(_deliveries, _LATEST)
        .where(_outbox.c.key == key, _outbox.c.state == IntentState.DELIVERED, _TOLD_TO_PEOPLE)
    )
    row = connection.execute(delivered).first()
    return None if row is None else (decode_intent(decode(row.body)), row.detail)


def receipt_of_card(connection: Connection, channel: str, card: str) -> str | None:
    """What a channel said of the first intent of a card that it delivered; None when none was, or none is kept."""
    delivered = (
        select(_deliveries.c.detail)
        .join(_outbox, _outbox.c.key == _deliveries.c.intent)
        .where(_outbox.c.card == card, _outbox.c.channel == channel, _deliveries.c.outcome == "delivered")
        .order_by(_deliveries.c.sequence)
        .limit(1)
    )
    found: str | None = connection.execute(delivered).scalar_one_or_none()
    return found
