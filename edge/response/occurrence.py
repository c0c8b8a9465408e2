"""The record of an occurrence that somebody was told of: what is known of it, and who was told what.

Everything here is durable (one JSON object a record, written in transaction B), so that after a restart the return still
reaches those who got the raise, and nobody is told twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from edge.model.alarm import AlarmFacts, AlarmState, Priority
from edge.model.intent import Purpose
from edge.model.moment import Moment, Span
from edge.response.told import Told

#: What the rule's context tags showed, by name: a number, a text, or None while one was bad or unknown.
Context = Mapping[str, float | str | None]

#: The purposes that make a phone ring.
RINGING = (Purpose.RAISED, Purpose.REMINDER)


class Again(StrEnum):
    """Why an alarm is announced though people knew it."""

    REALARM = "realarm"
    """It was acknowledged, and the condition still holds."""
    UNSHELVED = "unshelved"
    """Its shelf ended while the condition holds."""


class Closed(StrEnum):
    """Why an occurrence that is not in its rest state gets no more news."""

    SUCCEEDED = "succeeded"
    """The alarm was raised again, as a new occurrence."""
    RETIRED = "retired"
    """Its rule was removed or changed."""


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """An intent that is still wanted and has no receipt yet."""

    key: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person or group, as told of one occurrence.

    id: `person:ID` or `group:ID`. language: zh, en or both; it and the address are those of the first raise, where the card is.
    round: the announcement whose card shows the state. got_before: an earlier announcement of this occurrence arrived.
    repeat_every: None when nobody reminds. reminder_due: None when no reminder is to come. open: of this round, in the order of
    the thread.
    """

    id: str
    language: str
    address: Mapping[str, Any]
    round: int
    told: Told = Told.UNDER_WAY
    got_before: bool = False
    repeat_every: Span | None = None
    repeat_max: int = 0
    reminders: int = 0
    reminder_due: Moment | None = None
    open: tuple[OpenIntent, ...] = ()

    @property
    def hears_the_return(self) -> bool:
        """Only who got a raise, or may yet get it, hears that it is over."""
        return self.told is not Told.NOT_TOLD or self.got_before

    @property
    def rings(self) -> bool:
        """A raise or a reminder waits to be delivered: another one now would only stand in line behind it."""
        return any(intent.purpose in RINGING for intent in self.open)


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did. by: the person's id, or `system`."""

    by: str
    at: Moment
    text: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """value: when the condition ended; peak: the most severe value in between; context: at the end."""

    at: Moment
    value: float | None
    peak: float | None
    context: Context = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One activation of an alarm, as people know it.

    began: when the condition began; raised: when its delay was over. value: at the trigger, in the tag's unit; None when there
    was none. context_began, context: when it began, and when it was raised. round: announcements so far. version: counts
    changes of state, newer cards supersede older ones by it. closed: it ended before its rest state; succeeded_by: the
    occurrence that took its place. over_since: no more news can come.
    """

    alarm: str
    facts: AlarmFacts
    priority: Priority
    began: Moment
    raised: Moment
    value: float | None
    limit: float | None
    quality: str
    round: int = 1
    version: int = 0
    again: Again | None = None
    acknowledged: Act | None = None
    coming: Act | None = None
    comment: Act | None = None
    shelved: Act | None = None
    returned: Returned | None = None
    closed: Closed | None = None
    succeeded_by: int | None = None
    over_since: Moment | None = None
    context_began: Context = field(default_factory=dict)
    context: Context = field(default_factory=dict)
    recipients: Mapping[str, Recipient] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.facts.occurrence

    @property
    def state(self) -> AlarmState:
        """What the card shows. A shelf hides an active alarm only: an occurrence that has returned says so."""
        return self.facts.state if self.facts.active else self.facts.process_state

    @property
    def is_over(self) -> bool:
        return self.closed is not None or self.facts.process_state is AlarmState.NORM

    def with_recipient(self, recipient: Recipient) -> Occurrence:
        return replace(self, recipients={**self.recipients, recipient.id: recipient})


def encode_occurrence(occurrence: Occurrence) -> dict[str, Any]:
    """A JSON object that `decode_occurrence` turns back into an equal record."""
    fields = _shallow(occurrence)
    for name in ("facts", "acknowledged", "coming", "comment", "shelved", "returned"):
        fields[name] = None if fields[name] is None else _shallow(fields[name])
    fields["recipients"] = {key: _encode_recipient(recipient) for key, recipient in occurrence.recipients.items()}
    return fields


def decode_occurrence(data: Mapping[str, Any]) -> Occurrence:
    """Raises KeyError or TypeError for data of another shape."""
    fields = dict(data)
    for act in ("acknowledged", "coming", "comment", "shelved"):
        fields[act] = None if fields[act] is None else Act(**fields[act])
    fields["facts"] = AlarmFacts(**fields["facts"])
    fields["priority"] = Priority(fields["priority"])
    fields["again"] = None if fields["again"] is None else Again(fields["again"])
    fields["closed"] = None if fields["closed"] is None else Closed(fields["closed"])
    fields["returned"] = None if fields["returned"] is None else Returned(**fields["returned"])
    fields["recipients"] = {key: _decode_recipient(value) for key, value in fields["recipients"].items()}
    return Occurrence(**fields)


def _encode_recipient(recipient: Recipient) -> dict[str, Any]:
    return {**_shallow(recipient), "open": [_shallow(intent) for intent in recipient.open]}


def _shallow(record: Any) -> dict[str, Any]:
    """The fields of a dataclass, without the deep copies that `dataclasses.asdict` makes: this runs for every change."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _decode_recipient(data: Mapping[str, Any]) -> Recipient:
    fields = dict(data)
    fields["told"] = Told(fields["told"])
    fields["open"] = tuple(OpenIntent(**{**intent, "purpose": Purpose(intent["purpose"])}) for intent in fields["open"])
    return Recipient(**fields)
