"""The ledger: every call, every frame and every touch of a phone, in the order the cloud saw them.

This is what a test or a person asks to learn what really arrived: how often a message was shown, which card was
created by which call, when an answer came too late. Bounded: the oldest entries go, and `forgotten` counts them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

SECRET_KEYS = frozenset(
    {
        "appsecret",
        "appSecret",
        "apiSecret",
        "clientSecret",
        "client_secret",
        "access_token",
        "refreshToken",
        "code",
        "sign",
        "session",
    }
)
TEXT_MAX = 600

#: What a call or a push may use up: the two monthly quotas, and what is bought.
API_CALLS, PUSHES, SMS, PHONE_CALLS = "api_calls", "pushes", "sms", "calls"


class Direction(StrEnum):
    CALL = "call"
    """HTTP, from the app to the cloud."""
    TO_APP = "to_app"
    """A frame on a stream connection, from the cloud to the app."""
    FROM_APP = "from_app"
    """A frame on a stream connection, from the app to the cloud."""
    PERSON = "person"
    """Somebody touched a phone."""
    CONTROL = "control"
    """A fault or a setting was asked for."""


class Effect(StrEnum):
    """What an entry changed."""

    TOKEN_ISSUED = "token issued"
    MESSAGE_SHOWN = "message shown"
    NOT_SHOWN = "not shown"
    DUPLICATE_IGNORED = "duplicate ignored"
    CARD_CREATED = "card created"
    CARD_CREATED_AND_DELIVERED = "card created and delivered"
    CARD_DELIVERED = "card delivered"
    CARD_UPDATED = "card updated"
    LOOKED_UP = "looked up"
    DING_SENT = "ding sent"
    DING_RECALLED = "ding recalled"
    DING_ENDED = "ding ended"
    TODO_CREATED = "to-do created"
    TODO_UPDATED = "to-do updated"
    TODO_DELETED = "to-do deleted"
    NOTICE_SENT = "notice sent"
    NOTICE_DROPPED = "notice dropped"
    RECALLED = "recalled"
    GROUP_CREATED = "group created"
    GROUP_CHANGED = "group changed"
    GROUP_DISSOLVED = "group dissolved"
    CONFERENCE_OPENED = "conference opened"
    CONFERENCE_CHANGED = "conference changed"
    CONFERENCE_CLOSED = "conference closed"
    ROWS_WRITTEN = "rows written"
    DOCUMENT_WRITTEN = "document written"
    APPROVAL_STARTED = "approval started"
    APPROVAL_CHANGED = "approval changed"
    CODE_ISSUED = "code issued"
    PERSON_LEFT = "person left"
    POSTED = "posted"
    DEVICE_CHANGED = "device changed"
    DEVICE_EVENT = "device event"
    REFUSED = "refused"
    TICKET_ISSUED = "ticket issued"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    PING = "ping"
    PONG = "pong"
    DISCONNECT_ASKED = "disconnect asked"
    PRESS = "press"
    SAID = "said"
    PUSHED = "pushed"
    REDELIVERED = "redelivered"
    SWALLOWED = "swallowed by a zombie connection"
    ANSWER = "answer"
    ACKNOWLEDGED = "acknowledged"
    FAILED_ANSWER = "failed answer"
    LATE_ANSWER_IGNORED = "late answer ignored"
    NO_ANSWER = "no answer"
    LOST = "lost"
    MALFORMED = "malformed"
    FAULT_SET = "fault set"
    CUT = "cut"
    MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Entry:
    """sequence: from 1, without gaps. subject: what it is about (outTrackId, message id, ...). code: error code, or empty
    when all went well. fate: `answered`, or why the caller never saw the answer. cost: what it used up, by the names above;
    empty = nothing."""

    sequence: int
    time_us: int
    direction: Direction
    name: str
    effect: Effect
    subject: str = ""
    status: int = 0
    code: str = ""
    fate: str = ""
    summary: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()
    cost: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Ledger:
    """Append-only within its bound. entries_max: how many entries are kept."""

    def __init__(self, entries_max: int = 20_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=entries_max)
        self._sequence = 0

    def add(
        self,
        now_us: int,
        direction: Direction,
        name: str,
        effect: Effect,
        *,
        subject: str = "",
        status: int = 0,
        code: str = "",
        fate: str = "",
        summary: Mapping[str, str] | None = None,
        notes: tuple[str, ...] = (),
        cost: Mapping[str, int] | None = None,
    ) -> Entry:
        self._sequence += 1
        entry = Entry(self._sequence, now_us, direction, name, effect, subject, status, code, fate, summary, notes, cost or {})
        self._entries.append(entry)
        return entry

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def last_sequence(self) -> int:
        """The number of the newest entry; 0 before the first."""
        return self._sequence

    @property
    def last(self) -> Entry | None:
        return self._entries[-1] if self._entries else None

    @property
    def forgotten(self) -> int:
        return self._sequence - len(self._entries)

    def spent(self, name: str) -> int:
        """How much of that the entries that are still known have used up."""
        return sum(entry.cost.get(name, 0) for entry in self)

    def entries(
        self,
        *,
        after: int = 0,
        name: str = "",
        effect: str = "",
        subject: str = "",
        limit: int | None = None,
    ) -> tuple[Entry, ...]:
        """Entries with a sequence above `after` that fit all given words, oldest first, at most `limit`."""
        found = (
            entry
            for entry in self._entries
            if entry.sequence > after
            and (not name or entry.name == name)
            and (not effect or entry.effect == effect)
            and (not subject or entry.subject == subject)
        )
        if limit is None:
            return tuple(found)
        return tuple(entry for _, entry in zip(range(limit), found, strict=False))


def summarise(*sources: Mapping[str, Any]) -> dict[str, str]:
    """Top-level fields as short texts: nested values as JSON, secrets masked, long ones cut and marked."""
    summary: dict[str, str] = {}
    for source in sources:
        for key, value in source.items():
            if key in SECRET_KEYS:
                summary[key] = "***"
                continue
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            summary[key] = text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}... ({len(text)} characters)"
    return summary
