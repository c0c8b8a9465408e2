"""Replay: a person has an intent tried anew that did not arrive, or perhaps not, after mending the cause. Pure.

Nobody is rung for what is over: of an occurrence only its end is still told then. A raise that is tried anew is under way
again, and behind it in its thread goes the state as it is now, because what the raise says is as old as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edge.model.command import InboxRow, Rejection, ReplayIntent, body_kind
from edge.model.event import Event, Stream
from edge.model.intent import Purpose
from edge.response.cards import keep
from edge.response.draft import Draft
from edge.response.identity import IntentName, parse_intent_key
from edge.response.ledger import Ledger
from edge.response.news import update_cards
from edge.response.occurrence import Occurrence, OpenIntent
from edge.response.telling import Telling
from edge.response.told import Told

#: What is told of an occurrence that is over, or is about none.
_ALSO_WHEN_OVER = frozenset(
    {
        Purpose.RETURNED,
        Purpose.SETTLED,
        Purpose.MAINTENANCE,
        Purpose.HANG_TAG,
        Purpose.MISSED,
        Purpose.FLOOD,
        Purpose.FLOOD_OVER,
    }
)


def replay(ledger: Ledger, scope: str, draft: Draft, row: InboxRow, command: ReplayIntent) -> None:
    """Take it into the draft, or reject it; how it ended the outbox knows."""
    name = parse_intent_key(scope, command.intent)
    occurrence = ledger.find(name.alarm, name.occurrence) if name is not None else None
    named = {"intent": command.intent, "by": row.actor, "via": row.source}
    if (reason := _objection(name, occurrence)) is not None:
        data = {**named, "command": body_kind(command), "reason": str(reason)}
        draft.events.append(_event("rejected", row, data, draft))
        return
    assert name is not None
    about = {"recipient": name.recipient, "purpose": str(name.purpose), "alarm": name.alarm, "occurrence": name.occurrence}
    draft.replayed.append(command.intent)
    draft.events.append(_event("replayed", row, {**named, **about}, draft))
    if occurrence is not None:
        _is_under_way(ledger, draft, occurrence, name, command.intent)


def _objection(name: IntentName | None, occurrence: Occurrence | None) -> Rejection | None:
    if name is None:
        return Rejection.UNKNOWN_MESSAGE
    if name.purpose not in _ALSO_WHEN_OVER and (occurrence is None or occurrence.is_over):
        return Rejection.NOTHING_TO_TELL
    return None


def _is_under_way(ledger: Ledger, draft: Draft, occurrence: Occurrence, name: IntentName, key: str) -> None:
    recipient = occurrence.recipients.get(name.recipient)
    if recipient is None or recipient.round != name.round:
        return
    recipient = replace(recipient, open=(OpenIntent(key, name.purpose), *recipient.open))
    if name.purpose is not Purpose.RAISED:
        keep(ledger, draft, occurrence.with_recipient(recipient))
        return
    if recipient.told is not Told.PERHAPS:  # who may have got it stays one who may have, whatever becomes of this
        recipient = replace(recipient, told=Told.UNDER_WAY)
    occurrence = occurrence.with_recipient(recipient)
    occurrence = replace(occurrence, version=occurrence.version + 1)
    telling = Telling(Purpose.STATE, draft.reading(occurrence.alarm))
    keep(ledger, draft, update_cards(draft, occurrence, telling, draft.now, {recipient.id}))


def _event(kind: str, row: InboxRow, data: Mapping[str, object], draft: Draft) -> Event:
    return Event(Stream.DELIVERY, kind, str(data["intent"]), draft.now, data, (row.source, row.message_id))
