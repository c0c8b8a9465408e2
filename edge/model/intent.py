"""Intents: what shall be told to whom, as the response decided it and the outbox keeps it; and how an attempt ends.

An intent carries its text already rendered, in the recipient's language: what was told is on record word for word, and a
channel only has to lay it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from edge.model.act import TELL, Act, Call, CallMedium, decode_act, encode_act
from edge.model.alarm import Priority
from edge.model.moment import Moment


class Purpose(StrEnum):
    """Why somebody is told. Only STATE may be superseded: the latest wins; the others are each told, in order."""

    RAISED = "raised"
    STATE = "state"
    """The card that was raised shows another state: silent, nobody's phone rings."""
    REMINDER = "reminder"
    GIVEN_BACK = "given_back"
    """An acknowledgement was taken back: nobody looks after it any more, and somebody must."""
    RETURNED = "returned"
    CHATTERING = "chattering"
    """It comes and goes: nobody is told of each time, until it has settled."""
    SETTLED = "settled"
    MAINTENANCE = "maintenance"
    """About a maintenance window, told to its owner: of no alarm, and of no occurrence."""
    HANG_TAG = "hang_tag"
    """A hang-tag hangs for long, told to its hanger and to who leads there: of no alarm, and of no occurrence."""
    CALL = "call"
    """A person is rung, because nobody has acknowledged: the act says how."""
    MISSED = "missed"
    """Alarms that began and ended while the recipient could not be reached, in one digest."""
    FLOOD = "flood"
    """Many alarms at once, told as one: a digest with a card of its own, whose later news are STATE."""
    FLOOD_OVER = "flood_over"
    """The last news of such a digest: silent where there is a card."""


@dataclass(frozen=True, slots=True)
class Button:
    """action: what a press asks for (`acknowledge`, `on_my_way`, `confirm`, `shelve`). choices: (id, label) pairs of which the
    press must name one; empty: none is asked."""

    action: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered message.

    headline: the first line, at most 40 characters: priority, place, device, what, value with unit. lines: (label, text)
    pairs in reading order. state: an `AlarmState` value, `state_text` its name for people; of a digest unacknowledged while
    the flood lasts, and normal after it. language: zh, en or both. data: what a program reads of the same
    (`edge/response/program_data.py`); empty for what is about no alarm. code: the short number by which people name
    the alarm in a chat; 0: it has none. whole: the headline uncut, for who has room for it: a mail's subject, a voice that
    reads it aloud; empty: it was not cut.
    """

    headline: str
    lines: tuple[tuple[str, str], ...]
    state: str
    state_text: str
    priority: Priority
    priority_text: str
    guidance: str
    footer: str
    language: str
    buttons: tuple[Button, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    code: int = 0
    whole: str = ""

    @property
    def in_full(self) -> str:
        """The headline, uncut."""
        return self.whole or self.headline


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing to tell one recipient by one channel.

    key: unique for ever, derived from names and occurrence; the channel uses it, or a digest of it, as its idempotency key.
    card: names the card that RAISED creates and STATE updates; one a recipient and occurrence. thread: intents of one thread
    leave in order of `created_at` and never overtake each other. address: what the channel needs to reach the recipient, by
    the channel's own rules, without secrets. wanted_at: when the recipient should have known: lateness counts from here. Of
    MAINTENANCE, alarm is `maintenance:NAME` and occurrence 0, of HANG_TAG `hang_tag:NAME` and 0, of MISSED `missed:RECIPIENT`
    and 0; of digests `flood:POSITION`
    and the number of the flood. act: what is asked of the cloud beside telling. mention: ids of persons whom a message to a
    group shall reach though they have silenced it; the channel finds how they are called there.
    """

    key: str
    channel: str
    purpose: Purpose
    recipient: str
    address: Mapping[str, Any]
    alarm: str
    occurrence: int
    card: str
    thread: str
    priority: Priority
    message: Message
    created_at: Moment
    wanted_at: Moment
    act: Act = TELL
    mention: tuple[str, ...] = ()

    @property
    def is_never_repeated(self) -> bool:
        """Who pays for a call, or is woken by it, is never rung twice by one intent."""
        return isinstance(self.act, Call) and self.act.medium is not CallMedium.APP


@dataclass(frozen=True, slots=True)
class Claim:
    """An intent that the bridge may try now. attempt counts from 1; after_unknown: an earlier attempt may have arrived.
    crashes: how many earlier attempts ended as `Crashed`, or with the end of the agent; since its last replay."""

    intent: Intent
    attempt: int
    after_unknown: bool = False
    crashes: int = 0


class Scope(StrEnum):
    """How far the cause of a failed attempt reaches, as far as the channel can tell."""

    ADDRESS = "address"
    """This recipient, this robot, this call: others may well be told meanwhile."""
    CHANNEL = "channel"
    """The whole channel: no network, no valid credentials, a cloud that is down. Whatever is tried next fails, too."""


#: The receipt of a change of state for which nothing was sent: its recipient has no card that it would change.
NO_CARD = "no card to update"


@dataclass(frozen=True, slots=True)
class Delivered:
    """receipt: what the channel calls the thing it made (a process query key, a card id), or NO_CARD."""

    receipt: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Not accepted, and it may be tried again. after_s: not before that many seconds."""

    after_s: float
    reason: str
    scope: Scope = Scope.ADDRESS


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be accepted as it is: a person must mend something."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether it was accepted is not known. after_s: as of `Retry`, of what is repeated."""

    reason: str
    scope: Scope = Scope.ADDRESS
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Crashed:
    """The channel itself failed in the attempt: whether anything arrived is not known, and the intent may be the cause."""

    reason: str


#: What a channel answers.
Outcome = Delivered | Retry | Refused | Unknown
#: How an attempt ends.
Ending = Outcome | Crashed


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt is written down. retry_at: it waits for that moment; None: that was the last one."""

    claim: Claim
    ending: Ending
    retry_at: Moment | None = None


def encode_intent(intent: Intent) -> dict[str, Any]:
    """A JSON object that `decode_intent` turns back into an equal intent."""
    message = intent.message
    act = encode_act(intent.act)
    return {
        **({} if act is None else {"act": act}),
        **({"mention": list(intent.mention)} if intent.mention else {}),
        "key": intent.key,
        "channel": intent.channel,
        "purpose": str(intent.purpose),
        "recipient": intent.recipient,
        "address": dict(intent.address),
        "alarm": intent.alarm,
        "occurrence": intent.occurrence,
        "card": intent.card,
        "thread": intent.thread,
        "priority": str(intent.priority),
        "created_at": intent.created_at,
        "wanted_at": intent.wanted_at,
        "message": {
            "headline": message.headline,
            "lines": [list(line) for line in message.lines],
            "state": message.state,
            "state_text": message.state_text,
            "priority": str(message.priority),
            "priority_text": message.priority_text,
            "guidance": message.guidance,
            "footer": message.footer,
            "language": message.language,
            "buttons": [
                {"action": b.action, "label": b.label, "choices": [list(choice) for choice in b.choices]}
                for b in message.buttons
            ],
            **({"data": dict(message.data)} if message.data else {}),
            **({"code": message.code} if message.code else {}),
            **({"whole": message.whole} if message.whole else {}),
        },
    }


def decode_intent(data: Mapping[str, Any]) -> Intent:
    m = data["message"]
    message = Message(
        headline=m["headline"],
        lines=tuple((label, text) for label, text in m["lines"]),
        state=m["state"],
        state_text=m["state_text"],
        priority=Priority(m["priority"]),
        priority_text=m["priority_text"],
        guidance=m["guidance"],
        footer=m["footer"],
        language=m["language"],
        buttons=tuple(Button(b["action"], b["label"], tuple((c[0], c[1]) for c in b["choices"])) for b in m["buttons"]),
        data=m.get("data", {}),
        code=m.get("code", 0),
        whole=m.get("whole", ""),
    )
    return Intent(
        key=data["key"],
        channel=data["channel"],
        purpose=Purpose(data["purpose"]),
        recipient=data["recipient"],
        address=data["address"],
        alarm=data["alarm"],
        occurrence=data["occurrence"],
        card=data["card"],
        thread=data["thread"],
        priority=Priority(data["priority"]),
        message=message,
        created_at=data["created_at"],
        wanted_at=data["wanted_at"],
        act=decode_act(data.get("act")),
        mention=tuple(data.get("mention", ())),
    )
