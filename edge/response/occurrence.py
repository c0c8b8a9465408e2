"""The record of an occurrence that somebody was told of: what is known of it, and who was told what.

Everything here is durable (`occurrence_codec.py`), so that after a restart the return still reaches those who got the raise,
and nobody is told twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from edge.model.act import CallMedium
from edge.model.alarm import AlarmFacts, AlarmState, Priority
from edge.model.intent import Purpose
from edge.model.moment import Moment, Span
from edge.response.identity import who_of
from edge.response.signal_words import Facts
from edge.response.told import Told

#: What the rule's context tags showed, by name: a number, a text, or None while one was bad or unknown.
Context = Mapping[str, float | str | None]

#: The purposes that make a phone ring.
RINGING = (Purpose.RAISED, Purpose.REMINDER, Purpose.GIVEN_BACK, Purpose.CHATTERING, Purpose.SETTLED)
#: What says that somebody is needed again: pointless once somebody is there.
NEEDED_AGAIN = (Purpose.REMINDER, Purpose.GIVEN_BACK)
#: What leaves out all that the card has.
SHORT = (*NEEDED_AGAIN, Purpose.CALL)


class Again(StrEnum):
    """Why an alarm is announced though people knew it."""

    REALARM = "realarm"
    """It was acknowledged, and the condition still holds."""
    UNSHELVED = "unshelved"
    """Its shelf ended while the condition holds."""
    RELEASED = "released"
    """What suppressed it by design ended while the condition holds."""
    RETURNED_TO_SERVICE = "returned_to_service"
    """It was brought back into service while the condition holds."""
    SEVERER = "severer"
    """Its rule has become more urgent while the condition holds."""
    PROMOTED = "promoted"
    """It has gone into another stage while the condition holds: more people are told of it than before."""
    MAINTENANCE_OVER = "maintenance_over"
    """A maintenance window ended while the condition holds."""


class Closed(StrEnum):
    """Why an occurrence that is not in its rest state gets no more news."""

    SUCCEEDED = "succeeded"
    """The alarm was raised again, as a new occurrence."""
    RETIRED = "retired"
    """Its rule was changed."""
    REMOVED = "removed"
    """Its rule was removed."""


#: The card is about a rule that is not watched any more.
UNWATCHED = frozenset({Closed.RETIRED, Closed.REMOVED})


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """An intent that is still wanted and has no receipt yet. overdue_at: of a raise, from when on that tells that its recipient
    is not reached; None: never."""

    key: str
    purpose: Purpose
    overdue_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person or group, as told of one occurrence.

    id: `person:ID` or `group:ID`, and `person:ID@CHANNEL` as told by another channel than the first. language: zh, en or both;
    it and the address are those of the first raise, where the card is.
    round: the announcement whose card shows the state. got_before: an earlier announcement of this occurrence arrived.
    repeat_every: None when nobody reminds. reminders: of this round; reminders_before: those from before an acknowledgement
    that was taken back. reminder_due: None when no reminder is to come. open: of this round, in the order of the
    thread; earlier: of rounds before it.
    folded_in: the flood whose digest told of it in place of an announcement; empty when it was told by itself.
    channel: empty for the plant's usual one. ways: channels and addresses by which they are told when this one does not reach
    them (`fallback.py`).
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
    reminders_before: int = 0
    reminder_due: Moment | None = None
    open: tuple[OpenIntent, ...] = ()
    earlier: tuple[OpenIntent, ...] = ()
    folded_in: str = ""
    channel: str = ""
    ways: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def hears_the_return(self) -> bool:
        """Only who got a raise, or may yet get it, hears that it is over."""
        return self.told.has_card or self.got_before

    @property
    def who(self) -> str:
        """`person:ID` or `group:ID`, by whatever channel they are told."""
        return who_of(self.id)

    @property
    def overdue_at(self) -> Moment | None:
        """When the raise that is under way tells that they are not reached; None: none is, or it never does."""
        if self.told is not Told.UNDER_WAY:
            return None
        raises = (intent.overdue_at for intent in self.open if intent.purpose is Purpose.RAISED)
        return min((moment for moment in raises if moment is not None), default=None)

    @property
    def rings(self) -> bool:
        """Something that rings waits to be delivered: a reminder now would only stand in line behind it."""
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
class Chatter:
    """An alarm that comes and goes: one record and card for all its raises. count: of them; newest: the last one; settled: when
    it had been quiet for long enough, None before."""

    count: int
    newest: Moment
    settled: Moment | None = None


@dataclass(frozen=True, slots=True)
class FirstOut:
    """Its rank in its first-out group, 1 was first. within: how uncertain times are. together: ids of alarms that cannot be
    told apart from it, if it was first, or of the first one; few more of them than are shown are kept. by_word: the PLC's own
    word says that it was first."""

    group: str
    rank: int
    within: Span
    together: tuple[str, ...] = ()
    by_word: bool = False


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call to a person while nobody acknowledges (`calls.py`). after: from when somebody is needed. due: None when it is not
    to be made. made: the key of its intent, empty before; open: that has no receipt yet."""

    who: str
    language: str
    address: Mapping[str, Any]
    channel: str
    medium: CallMedium
    after: Span
    due: Moment | None = None
    made: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What the cards show of the value (`refresh.py`). value, peak: None where there was none. times: how often they were
    updated for the value alone. due: when it is looked at next."""

    value: float | None
    peak: float | None
    times: int
    due: Moment


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One activation of an alarm, as people know it; of an alarm that chatters all activations since.

    trial: its alarm is tried out on a few people, and marked as a test. forced: people had
    forced a tag of it when it was raised.
    began: when the condition began; raised: when its delay was over. value: at the trigger, in the tag's unit; None when there
    was none. context_began, context: when it began, and when it was raised. suppressed: what hides it by design. service: who
    took it out of service, when and why. first: the number of the first activation of several, 0 where it is the only one.
    round: announcements so far. version: counts changes of state, newer cards supersede older ones by it. closed: it ended
    before its rest state; succeeded_by: the occurrence that took its place. over_since: no more news can come.
    passed_on: what became of the acknowledgement at the device whose own alarm it is; empty: not known, or none.
    found: what the rule's signal had found when it was raised. watched: kind and tag of the rule that raised it; empty in
    records of the first versions. shown: None where values are not shown anew. calls: that its routes ask for;
    called: how many were made.
    """

    alarm: str
    facts: AlarmFacts
    priority: Priority
    began: Moment
    raised: Moment
    value: float | None
    limit: float | None
    quality: str
    found: Facts = field(default_factory=dict)
    watched: tuple[str, ...] = ()
    first: int = 0
    round: int = 1
    version: int = 0
    again: Again | None = None
    trial: bool = False
    forced: bool = False
    acknowledged: Act | None = None
    passed_on: str = ""
    unacknowledged: Act | None = None
    coming: Act | None = None
    confirmed: Act | None = None
    comment: Act | None = None
    shelved: Act | None = None
    service: Act | None = None
    work_order: str = ""
    suppressed: tuple[str, ...] = ()
    chatter: Chatter | None = None
    first_out: FirstOut | None = None
    returned: Returned | None = None
    closed: Closed | None = None
    succeeded_by: int | None = None
    over_since: Moment | None = None
    shown: Shown | None = None
    calls: tuple[PlannedCall, ...] = ()
    called: int = 0
    context_began: Context = field(default_factory=dict)
    context: Context = field(default_factory=dict)
    recipients: Mapping[str, Recipient] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """By which record, card and keys are named."""
        return self.first or self.facts.occurrence

    @property
    def state(self) -> AlarmState:
        """What the card shows. Covers hide an active alarm only: an occurrence that has returned says so."""
        return self.facts.state_when(suppressed=bool(self.suppressed)) if self.facts.active else self.facts.process_state

    @property
    def is_hidden(self) -> bool:
        """A person or the design hides it: nobody's phone rings for it."""
        return bool(self.suppressed) or self.facts.shelved_until is not None or self.facts.out_of_service

    @property
    def has_ended(self) -> bool:
        """The condition is gone and nothing is left of it at the machine; it may still ask to be acknowledged."""
        return not (self.facts.active or self.facts.latched or self.is_chattering)

    @property
    def missed_at(self) -> Moment | None:
        """When a raise without a receipt becomes overdue though there is nothing left to tell; None: none does."""
        overdue = (recipient.overdue_at for recipient in self.recipients.values() if self.has_ended)
        return min((moment for moment in overdue if moment is not None), default=None)

    @property
    def needs_somebody(self) -> bool:
        """It is to be seen, and nobody has acknowledged it."""
        return self.facts.active and not (self.facts.acked or self.is_hidden or self.is_chattering)

    @property
    def is_chattering(self) -> bool:
        return self.chatter is not None and self.chatter.settled is None

    @property
    def waits_for_confirmation(self) -> bool:
        """Somebody has seen it, and nobody has said yet that the work is done."""
        return self.facts.acked and not self.facts.confirmed

    @property
    def is_over(self) -> bool:
        return self.closed is not None or not (self.facts.retained or self.is_chattering)

    def with_recipient(self, recipient: Recipient) -> Occurrence:
        return replace(self, recipients={**self.recipients, recipient.id: recipient})
