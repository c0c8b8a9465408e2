"""DING: what urges a person by the app, by SMS or by a phone call that is read aloud, and how far it got.

One receipt for each person:

    by app, by SMS   DELIVERED --the person opens it--> READ
    by phone         RINGING --picked up--> ANSWERED
                             --refused----> DECLINED
                             --45 s-------> MISSED
    any that waits             --recalled---> RECALLED

What has ended stays as it ended. No time is read and nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from simulators.dingtalk.wire import SECOND_US

DINGS_MAX = 2_000
RINGS_US = 45 * SECOND_US


class Medium(IntEnum):
    """`remindType` (reference 4)."""

    APP = 1
    SMS = 2
    PHONE = 3


class Receipt(StrEnum):
    DELIVERED = "delivered"
    READ = "read"
    RINGING = "ringing"
    ANSWERED = "answered"
    DECLINED = "declined"
    MISSED = "missed"
    RECALLED = "recalled"


class Touch(StrEnum):
    """What ends the waiting of a receipt. READ, ANSWER and DECLINE are the person's; RECALL the app's; SILENCE nobody's."""

    READ = "read"
    ANSWER = "answer"
    DECLINE = "decline"
    RECALL = "recall"
    SILENCE = "silence"


TRANSITIONS: Mapping[tuple[Receipt, Touch], Receipt] = {
    (Receipt.DELIVERED, Touch.READ): Receipt.READ,
    (Receipt.DELIVERED, Touch.RECALL): Receipt.RECALLED,
    (Receipt.RINGING, Touch.ANSWER): Receipt.ANSWERED,
    (Receipt.RINGING, Touch.DECLINE): Receipt.DECLINED,
    (Receipt.RINGING, Touch.SILENCE): Receipt.MISSED,
    (Receipt.RINGING, Touch.RECALL): Receipt.RECALLED,
}


@dataclass(slots=True)
class Ding:
    """receipts: of each person it reached. ended_us: of each that no longer waits. voice: of a phone call."""

    ding_id: str
    medium: Medium
    content: str
    sender_name: str
    sent_us: int
    receipts: dict[str, Receipt]
    voice: str = ""
    ended_us: dict[str, int] = field(default_factory=dict)

    def touch(self, user_id: str, touch: Touch, now_us: int) -> bool:
        """False: this person's receipt does not wait for that."""
        after = TRANSITIONS.get((self.receipts[user_id], touch)) if user_id in self.receipts else None
        if after is None:
            return False
        self.receipts[user_id] = after
        self.ended_us[user_id] = now_us
        return True

    @property
    def is_ringing(self) -> bool:
        return Receipt.RINGING in self.receipts.values()


class DingBook:
    """All DINGs; the oldest are forgotten."""

    def __init__(self) -> None:
        self._dings: dict[str, Ding] = {}
        self._ringing: list[Ding] = []
        """Those that may ring, oldest first: looked at with every call, unlike all the others."""

    def __iter__(self) -> Iterator[Ding]:
        return iter(self._dings.values())

    def add(self, ding: Ding) -> None:
        self._dings[ding.ding_id] = ding
        if ding.is_ringing:
            self._ringing.append(ding)
        while len(self._dings) > DINGS_MAX:
            del self._dings[next(iter(self._dings))]

    def find(self, ding_id: str) -> Ding | None:
        return self._dings.get(ding_id)

    def of_person(self, user_id: str) -> tuple[Ding, ...]:
        """Those that reached the person, newest first."""
        return tuple(ding for ding in reversed(self._dings.values()) if user_id in ding.receipts)

    def next_due(self) -> int | None:
        """When the first phone stops ringing by itself."""
        self._ringing = [ding for ding in self._ringing if ding.is_ringing]
        return min((ding.sent_us + RINGS_US for ding in self._ringing), default=None)

    def tick(self, now_us: int) -> tuple[tuple[Ding, str], ...]:
        """End what has rung for long enough; returns each call missed, and by whom."""
        missed = []
        for ding in self._ringing:
            if ding.sent_us + RINGS_US <= now_us:
                missed += [(ding, user_id) for user_id in ding.receipts if ding.touch(user_id, Touch.SILENCE, now_us)]
        return tuple(missed)
