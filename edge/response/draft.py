"""What one step is about to commit: events, intents and withdrawals, collected in the order they were decided."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge.model.alarm import Priority
from edge.model.command import InboxRow, Receipt
from edge.model.deed import Deed
from edge.model.event import Event, Stream
from edge.model.intent import Intent, Message, Purpose
from edge.model.moment import SECOND, Moment, Span
from edge.model.sample import Sample
from edge.model.trail import Trail
from edge.response.buttons import may_press
from edge.response.data_classes import is_red
from edge.response.hang_tags import HangTag
from edge.response.identity import IntentName, card_id, intent_key, thread_name, who_of
from edge.response.message import compose_message
from edge.response.occurrence import NEEDED_AGAIN, Occurrence, OpenIntent, Recipient
from edge.response.policy import Policy
from edge.response.routing import Addressee, Unrouted
from edge.response.telling import Telling

Readings = Callable[[str], Sample | None]
#: The most severe value of an active alarm so far, by its id; None where there is none.
Peaks = Callable[[str], float | None]
Trails = Callable[[str], Trail]


#: The tags that hang on a device, by its name.
Hanging = Callable[[str], Sequence[HangTag]]


def no_trail(_tag: str) -> Trail:
    return ()


def no_peak(_alarm: str) -> float | None:
    return None


#: The short number of an occurrence of an alarm; 0: it has none.
CodeOf = Callable[[str, int], int]


def no_code(_alarm: str, _occurrence: int) -> int:
    return 0


def nothing_hangs(_device: str) -> Sequence[HangTag]:
    return ()


@dataclass(frozen=True, slots=True)
class Because:
    """Why intents are withdrawn, and when that became true."""

    reason: str
    at: Moment


class Draft:
    """Each method answers with the recipient as it is afterwards; the records themselves are the caller's.

    scope: what keys and card ids are unique in. hanging: the tags that hang on a device. peaks: of active alarms.
    code_of: by which people name it in a chat. failing: channels that do not deliver just now. trails: what tags showed of
    late."""

    def __init__(
        self,
        policy: Policy,
        scope: str,
        agent: str,
        now: Moment,
        readings: Readings,
        hanging: Hanging = nothing_hangs,
        peaks: Peaks = no_peak,
        code_of: CodeOf = no_code,
        failing: Collection[str] = (),
        trails: Trails = no_trail,
    ) -> None:
        self.now = now
        self.events: list[Event] = []
        self.intents: list[Intent] = []
        self.deeds: list[Deed] = []
        self.withdrawn: list[str] = []
        self.replayed: list[str] = []
        self._policy = policy
        self._scope = scope
        self._agent = agent
        self._readings = readings
        self._hanging = hanging
        self.peak = peaks
        self._code_of = code_of
        self._failing = failing
        self._trails = trails
        self._messages: dict[tuple[object, ...], Message] = {}

    def _hanging_of(self, alarm: str) -> Sequence[HangTag]:
        rule = self._policy.rules.get(alarm)
        return () if rule is None else self._hanging(rule.device)

    def _trail_of(self, alarm: str) -> Trail:
        rule = self._policy.rules.get(alarm)
        return () if rule is None else self._trails(rule.tag)

    def channel(self, channel: str) -> str:
        """Its name; empty stands for the plant's usual one."""
        return channel or self._policy.channel

    def fails(self, channel: str) -> bool:
        return self.channel(channel) in self._failing

    def values_every(self, occurrence: Occurrence) -> Span | None:
        """How often its cards may show their value anew; None: not by itself. Of red data they show none."""
        is_shown = not is_red(self._policy, occurrence.alarm, occurrence.watched)
        return self._policy.delivering.values_every if is_shown else None

    def reading(self, alarm: str) -> Sample | None:
        """The newest sample of the tag that the alarm watches."""
        rule = self._policy.rules.get(alarm)
        return None if rule is None else self._readings(rule.tag)

    def tell(
        self, occurrence: Occurrence, recipient: Recipient, telling: Telling, *, wanted_at: Moment, count: int = 0
    ) -> Recipient:
        """Intend one message. count: tells intents of one purpose and round apart."""
        name = IntentName(occurrence.alarm, occurrence.number, recipient.id, telling.purpose, recipient.round, count)
        key = intent_key(self._scope, name)
        self.intents.append(
            Intent(
                key=key,
                channel=self.channel(recipient.channel),
                purpose=telling.purpose,
                recipient=recipient.who,
                address=recipient.address,
                alarm=occurrence.alarm,
                # Of several activations that share a card, the one that it shows.
                occurrence=occurrence.facts.occurrence,
                card=card_id(self._scope, occurrence.alarm, occurrence.number, recipient.id, recipient.round),
                thread=thread_name(occurrence.alarm, recipient.id),
                priority=occurrence.priority,
                message=self._message(occurrence, telling, recipient),
                created_at=self.now,
                wanted_at=wanted_at,
                act=telling.act,
                mention=self._mentioned(occurrence, recipient, telling.purpose),
            )
        )
        # An unsent card update is overtaken by this one: the outbox drops it, and no receipt of it will come.
        overtaken = Purpose.STATE if telling.purpose is Purpose.STATE else None
        waiting = tuple(intent for intent in recipient.open if intent.purpose is not overtaken)
        cut_off_after = self._policy.delivering.cut_off_after if telling.purpose is Purpose.RAISED else None
        overdue_at = None if cut_off_after is None else self.now + cut_off_after
        return replace(recipient, open=(*waiting, OpenIntent(key, telling.purpose, overdue_at)))

    def _mentioned(self, occurrence: Occurrence, recipient: Recipient, purpose: Purpose) -> tuple[str, ...]:
        """Who of a group is named: nobody at the first news, those whom the plant lists when somebody is needed again."""
        is_again = purpose in NEEDED_AGAIN or (purpose is Purpose.RAISED and occurrence.again is not None)
        kind, _, name = recipient.id.partition(":")
        group = self._policy.directory.groups.get(name) if kind == "group" and is_again else None
        return () if group is None else group.mention

    def tell_plainly(
        self, name: IntentName, addressee: Addressee, priority: Priority, message: Message, *, wanted_at: Moment, who: str = ""
    ) -> None:
        """Intend a message that is of no occurrence: it has no card. who: the recipient, where the addressee is a record's."""
        self.intents.append(
            Intent(
                key=intent_key(self._scope, name),
                channel=self.channel(addressee.channel),
                purpose=name.purpose,
                recipient=who or addressee.id,
                address=addressee.address,
                alarm=name.alarm,
                occurrence=name.occurrence,
                card=card_id(self._scope, name.alarm, name.occurrence, addressee.id, name.round),
                thread=thread_name(name.alarm, addressee.id),
                priority=priority,
                message=message,
                created_at=self.now,
                wanted_at=wanted_at,
            )
        )

    def _message(self, occurrence: Occurrence, telling: Telling, recipient: Recipient) -> Message:
        """Composed once for all who read the same: a team of twenty has one or two languages."""
        presses = may_press(self._policy.directory, recipient.who)
        key = (occurrence.alarm, occurrence.number, occurrence.round, occurrence.version, telling, recipient.language, presses)
        if key not in self._messages:
            message = compose_message(
                self._policy,
                self._agent,
                occurrence,
                replace(telling, trail=self._trail_of(occurrence.alarm)),
                recipient.language,
                self._hanging_of(occurrence.alarm),
                may_press=presses,
            )
            self._messages[key] = replace(message, code=self._code_of(occurrence.alarm, occurrence.number))
        return self._messages[key]

    def withdraw(
        self, occurrence: Occurrence, recipient: Recipient, purposes: Collection[Purpose], because: Because
    ) -> Recipient:
        """Take back what is still wanted of these purposes. An attempt that is under way may arrive all the same: then a
        delivered event follows the withdrawn one."""
        self._withdraw(occurrence, recipient, [intent for intent in recipient.open if intent.purpose in purposes], because)
        return replace(recipient, open=tuple(intent for intent in recipient.open if intent.purpose not in purposes))

    def withdraw_all(self, occurrence: Occurrence, recipient: Recipient, because: Because) -> Recipient:
        """Take back all that is still wanted, of earlier announcements, too."""
        self._withdraw(occurrence, recipient, [*recipient.earlier, *recipient.open], because)
        return replace(recipient, open=(), earlier=())

    def _withdraw(self, occurrence: Occurrence, recipient: Recipient, intents: Sequence[OpenIntent], because: Because) -> None:
        for intent in intents:
            name = IntentName(occurrence.alarm, occurrence.number, recipient.who, intent.purpose, recipient.round)
            self.withdraw_plainly(intent.key, name, because)

    def withdraw_plainly(self, key: str, name: IntentName, because: Because) -> None:
        """Take back one intent. name: what it is about."""
        self.withdrawn.append(key)
        data = _About(name.recipient, name.purpose, name.alarm, name.occurrence).event_data(key, because.reason)
        self.events.append(Event(Stream.DELIVERY, "withdrawn", key, because.at, data))

    def journal_receipt(self, row: InboxRow, receipt: Receipt, name: IntentName | None) -> None:
        """The receipt as an event. name: what the intent was about; None when the key is not of our making."""
        about = _About() if name is None else _About(who_of(name.recipient), name.purpose, name.alarm, name.occurrence)
        late_by, repeat = receipt.late_by / SECOND, receipt.possible_repeat
        data = about.event_data(receipt.intent, receipt.detail, late_by=late_by, possible_repeat=repeat)
        answers = (row.source, row.message_id)
        self.events.append(Event(Stream.DELIVERY, receipt.outcome, receipt.intent, receipt.at, data, answers))

    def journal_unrouted(self, alarm: str, data: Mapping[str, Any], at: Moment, who: str, why: Unrouted) -> None:
        """Somebody is not told, and the journal says so: an alarm is never lost in silence. data: of the alarm's event."""
        data = {"occurrence": data["occurrence"], "priority": data["priority"], "recipient": who, "detail": str(why)}
        self.events.append(Event(Stream.DELIVERY, "unrouted", alarm, at, data))

    def journal_folded(self, event: Event, folded: Mapping[str, str]) -> None:
        """They are not told of it by itself, and the journal says in which digests it is. folded: the flood, by recipient."""
        data = {
            "occurrence": event.data["occurrence"],
            "priority": event.data["priority"],
            "recipients": list(folded),
            "floods": list(dict.fromkeys(folded.values())),
        }
        self.events.append(Event(Stream.DELIVERY, "folded", event.subject, event.time, data))

    def journal_fallback(self, occurrence: Occurrence, recipient: Recipient, channel: str, why: str) -> None:
        """They are told by another channel, too."""
        data = {
            "occurrence": occurrence.facts.occurrence,
            "priority": str(occurrence.priority),
            "recipient": recipient.who,
            "before": self.channel(recipient.channel),
            "channel": channel,
            "detail": why,
        }
        self.events.append(Event(Stream.DELIVERY, "fell_back", occurrence.alarm, self.now, data))

    def journal_missed(self, occurrence: Occurrence, recipients: Sequence[str]) -> None:
        """It began and ended while they were not reached: a digest says so."""
        data = {"occurrence": occurrence.facts.occurrence, "priority": str(occurrence.priority), "recipients": list(recipients)}
        self.events.append(Event(Stream.DELIVERY, "missed", occurrence.alarm, self.now, data))

    def journal_flood(self, position: str, kind: str, data: Mapping[str, Any]) -> None:
        self.events.append(Event(Stream.DELIVERY, kind, position, self.now, data))


@dataclass(frozen=True, slots=True)
class _About:
    """What an event of the delivery stream is about; empty for an intent that nobody here knows."""

    recipient: str = ""
    purpose: str = ""
    alarm: str = ""
    occurrence: int = 0

    def event_data(self, intent: str, detail: str, *, late_by: float = 0.0, possible_repeat: bool = False) -> dict[str, Any]:
        return {
            "intent": intent,
            "recipient": self.recipient,
            "purpose": str(self.purpose),
            "alarm": self.alarm,
            "occurrence": self.occurrence,
            "detail": detail,
            "late_by": late_by,
            "possible_repeat": possible_repeat,
        }
