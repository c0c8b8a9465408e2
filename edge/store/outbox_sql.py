"""The outbox in SQL: which rows move, and which head their thread. The theory of operation is in `outbox.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal_column,
    select,
    text,
    tuple_,
    update,
)

from edge.model.moment import Moment
from edge.store import tables


class IntentState(StrEnum):
    """Where an intent stands; the moves are in the table of `outbox.py`."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    QUARANTINED = "quarantined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


_outbox = tables.outbox
_deliveries = tables.deliveries

#: The purpose stands in the text, not as a parameter: only so may SQLite use the index of STATE rows.
_STATE: ColumnElement[str] = literal_column("'state'")


def _age(row: FromClause) -> Any:
    return tuple_(row.c.epoch, row.c.created_at, row.c.sequence)


def _overtaken(row: FromClause, name: str) -> ColumnElement[bool]:
    """`row` is a waiting STATE, and a younger STATE of its card is still to be told. name: of the inner alias."""
    younger = _outbox.alias(name)
    return (
        (row.c.purpose == _STATE)
        & (row.c.state == IntentState.WAITING)
        & exists().where(
            younger.c.channel == row.c.channel,
            younger.c.card == row.c.card,
            younger.c.purpose == _STATE,
            younger.c.settled_at.is_(None),
            _age(younger) > _age(row),
        )
    )


_elder = _outbox.alias("elder")
_IS_ELDER = and_(
    _elder.c.thread == _outbox.c.thread,
    _elder.c.channel == _outbox.c.channel,
    _elder.c.settled_at.is_(None),
    _age(_elder) < _age(_outbox),
)
_HAS_ELDER = exists().where(_IS_ELDER)
_HAS_ELDER_TO_TELL = exists().where(_IS_ELDER, ~_overtaken(_elder, "younger_of_elder"))

ADD = text(
    "INSERT INTO outbox (site, agent, epoch, key, channel, purpose, recipient, alarm, occurrence, card, thread, priority_rank,"
    " created_at, wanted_at, body, state, attempt, after_unknown, due_at)"
    " VALUES (:site, :agent, :epoch, :key, :channel, :purpose, :recipient, :alarm, :occurrence, :card, :thread, :priority_rank,"
    " :created_at, :wanted_at, :body, :state, 0, :after_unknown, :created_at) ON CONFLICT (key) DO NOTHING"
)

# The cards with more than one STATE are found first, from the index alone: mostly there are none, and in a flood thousands of
# cards wait.
_CARDS_WITH_MANY_STATES = (
    select(_outbox.c.card)
    .where(
        _outbox.c.channel == bindparam("of_channel"),
        _outbox.c.purpose == _STATE,
        _outbox.c.settled_at.is_(None),
    )
    .group_by(_outbox.c.card)
    .having(func.count() > 1)
)
SUPERSEDE = (
    update(_outbox)
    .where(
        _outbox.c.channel == bindparam("of_channel"),
        _outbox.c.settled_at.is_(None),
        _outbox.c.card.in_(_CARDS_WITH_MANY_STATES),
        _overtaken(_outbox, "younger"),
    )
    .values(state=IntentState.SUPERSEDED, settled_at=bindparam("at"))
)
DUE = (
    select(_outbox.c.sequence, _outbox.c.key, _outbox.c.recipient, _outbox.c.body, _outbox.c.attempt, _outbox.c.after_unknown)
    .where(
        _outbox.c.channel == bindparam("of_channel"),
        _outbox.c.settled_at.is_(None),
        _outbox.c.state == IntentState.WAITING,
        # "+ 0" keeps the planner from the index by due moment: most are due, and it would have to sort them all.
        _outbox.c.due_at + 0 <= bindparam("at"),
        ~_HAS_ELDER,
    )
    .order_by(_outbox.c.priority_rank, _outbox.c.epoch, _outbox.c.created_at, _outbox.c.sequence)
    .limit(bindparam("at_most"))
)


WAITS = (
    select(_outbox.c.sequence)
    .where(
        _outbox.c.channel == bindparam("of_channel"),
        _outbox.c.settled_at.is_(None),
        _outbox.c.state == IntentState.WAITING,
    )
    .limit(1)
)
_head = _outbox.alias("head")
_HEAD_OF_THREAD = (
    select(_elder.c.sequence)
    .where(_elder.c.thread == _outbox.c.thread, _elder.c.channel == _outbox.c.channel, _elder.c.settled_at.is_(None))
    .order_by(_elder.c.epoch, _elder.c.created_at, _elder.c.sequence)
    .limit(1)
    .scalar_subquery()
)
#: "+ 0" keeps the planner from a search by epoch, after which it would have to sort.
_IS_LIVE = and_(_outbox.c.epoch + 0 == bindparam("this_epoch"), _outbox.c.created_at + 0 >= bindparam("live_since"))


_crashed = _deliveries.alias("crashed")
_replayed = _deliveries.alias("replayed")
_LAST_REPLAY = (
    select(func.coalesce(func.max(_replayed.c.attempt), 0))
    .where(_replayed.c.intent == _crashed.c.intent, _replayed.c.outcome == "replayed")
    .scalar_subquery()
)
_CRASHES = (
    select(func.count())
    .select_from(_crashed)
    .where(_crashed.c.intent == _head.c.key, _crashed.c.outcome == "crashed", _crashed.c.attempt > _LAST_REPLAY)
    .scalar_subquery()
)


def whom_held(recipient: str, rank: int) -> str:
    """What stands in `held` for a recipient and a priority."""
    return f"{rank}/{recipient}"


def _forerunners(*among: ColumnElement[bool]) -> Select[Any]:
    """What waits, the most urgent and then the eldest first, each with the head of its thread, as far as that is due, and all
    that its claim says. In the order of an index and without a limit: whoever reads it stops when there is enough."""
    return (
        select(
            _head.c.sequence,
            _head.c.key,
            _head.c.purpose,
            _head.c.body,
            _head.c.attempt,
            _head.c.after_unknown,
            _CRASHES.label("crashes"),
            _outbox.c.recipient,
            _outbox.c.priority_rank,
        )
        .join_from(_outbox, _head, _head.c.sequence == _HEAD_OF_THREAD)
        .where(
            _outbox.c.channel == bindparam("of_channel"),
            _outbox.c.settled_at.is_(None),
            _outbox.c.state == IntentState.WAITING,
            *among,
            _head.c.state == IntentState.WAITING,
            _head.c.due_at <= bindparam("at"),
        )
        .order_by(_outbox.c.priority_rank, _outbox.c.epoch, _outbox.c.created_at, _outbox.c.sequence)
    )


def _but_held(forerunners: Select[Any]) -> Select[Any]:
    whom = cast(_outbox.c.priority_rank, Text) + "/" + _outbox.c.recipient
    return forerunners.where(whom.not_in(bindparam("held", expanding=True)))


ALL, LIVE, BACKLOG = _forerunners(), _forerunners(_IS_LIVE), _forerunners(~_IS_LIVE)
ALL_BUT_HELD, LIVE_BUT_HELD, BACKLOG_BUT_HELD = _but_held(ALL), _but_held(LIVE), _but_held(BACKLOG)
CLAIM = text("UPDATE outbox SET state = 'claimed', attempt = attempt + 1 WHERE sequence = :claimed")
NEXT_DUE = (
    select(_outbox.c.due_at)
    .where(
        _outbox.c.channel == bindparam("of_channel"),
        _outbox.c.settled_at.is_(None),
        _outbox.c.state == IntentState.WAITING,
        _outbox.c.due_at > bindparam("after"),
        ~_overtaken(_outbox, "younger"),
        ~_HAS_ELDER_TO_TELL,
    )
    .order_by(_outbox.c.due_at)
    .limit(1)
)
SETTLE = update(_outbox).where(
    _outbox.c.key == bindparam("of_intent"),
    _outbox.c.state == IntentState.CLAIMED,
    _outbox.c.attempt == bindparam("of_attempt"),
)
SETTLE_FOR_GOOD = text(
    "UPDATE outbox SET state = :state, settled_at = :at WHERE key = :of_intent AND state = 'claimed' AND attempt = :of_attempt"
)
BEGIN_ATTEMPT = insert(_deliveries)
END_ATTEMPTS = text(
    "UPDATE deliveries SET ended_at = :at, outcome = :outcome, detail = :detail"
    " WHERE intent = :of_intent AND attempt = :of_attempt"
)
END_ATTEMPT = update(_deliveries).where(
    _deliveries.c.intent == bindparam("of_intent"), _deliveries.c.attempt == bindparam("of_attempt")
)

#: What is withdrawn keeps no moment at which it would be tried again, also while an attempt of it is under way.
_NEVER: Moment = 2**62
WITHDRAW_UNDER_WAY = (
    update(_outbox)
    .where(_outbox.c.key.in_(bindparam("keys", expanding=True)), _outbox.c.state == IntentState.CLAIMED)
    .values(due_at=_NEVER)
)
_WITHDRAWN_UNDER_WAY = (_outbox.c.state == IntentState.CLAIMED) & (_outbox.c.due_at == _NEVER)
IS_WITHDRAWN = select(_outbox.c.key).where(_outbox.c.key == bindparam("of_intent"), _WITHDRAWN_UNDER_WAY)
ALL_WITHDRAWN = select(_outbox.c.key).where(_WITHDRAWN_UNDER_WAY, _outbox.c.channel != bindparam("but_of_channel"))
SETTLE_WITHDRAWN = SETTLE.where(_outbox.c.due_at == _NEVER).values(state=IntentState.WITHDRAWN, settled_at=bindparam("at"))

_younger = _outbox.alias("younger")
_MAY_HAVE_ARRIVED = (IntentState.DELIVERED, IntentState.UNKNOWN, IntentState.QUARANTINED, IntentState.CLAIMED)
#: Told now, it would come after what followed it.
_IS_OUT_OF_TURN = exists().where(
    _younger.c.thread == _outbox.c.thread,
    _younger.c.channel == _outbox.c.channel,
    _younger.c.state.in_(_MAY_HAVE_ARRIVED) | _younger.c.after_unknown,
    _age(_younger) > _age(_outbox),
)
REPLAYABLE = select(
    _outbox.c.key,
    _outbox.c.body,
    _outbox.c.state,
    _outbox.c.after_unknown,
    (_outbox.c.due_at == _NEVER).label("is_withdrawn"),
    _IS_OUT_OF_TURN.label("is_out_of_turn"),
).where(_outbox.c.key == bindparam("of_intent"), _outbox.c.channel != bindparam("but_of_channel"))
REPLAY = (
    update(_outbox)
    .where(_outbox.c.key == bindparam("of_intent"))
    .values(
        state=IntentState.WAITING,
        settled_at=None,
        due_at=bindparam("at"),
        attempt=_outbox.c.attempt + 1,
        after_unknown=_outbox.c.after_unknown | (_outbox.c.state != IntentState.REFUSED),
    )
    .returning(_outbox.c.attempt)
)

_WAITING_OF_KEYS = _outbox.c.key.in_(bindparam("keys", expanding=True)) & (_outbox.c.state == IntentState.WAITING)
PERHAPS_TOLD = select(_outbox.c.key, _outbox.c.attempt, _outbox.c.wanted_at).where(_WAITING_OF_KEYS, _outbox.c.after_unknown)
WITHDRAW = (
    update(_outbox)
    .where(_WAITING_OF_KEYS)
    .values(
        state=case((_outbox.c.after_unknown, IntentState.UNKNOWN), else_=IntentState.WITHDRAWN),
        settled_at=bindparam("at"),
        due_at=_NEVER,
    )
)

END_CUT_SHORT_ATTEMPTS = (
    update(_deliveries)
    .where(_deliveries.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"), outcome="crashed", detail="cut short by a stop of the agent")
)
WAIT_AGAIN = (
    update(_outbox)
    .where(_outbox.c.settled_at.is_(None), _outbox.c.state == IntentState.CLAIMED)
    .values(state=IntentState.WAITING, after_unknown=True, due_at=bindparam("at"))
)
SHIFT_DUE = (
    update(_outbox)
    .where(_outbox.c.settled_at.is_(None), _outbox.c.due_at > bindparam("at"))
    .values(due_at=_outbox.c.due_at - bindparam("back_by"))
)
