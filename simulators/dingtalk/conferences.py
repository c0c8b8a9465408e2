"""Video conferences: who is called into them, who is in them, and their end (reference 9).

A conference is STARTED from its creation until its host or its time ends it. A participant:

    RINGING --joins----------> IN ----leaves--> LEFT      LEFT, REFUSED --joins--> IN, while the conference goes on
            --refuses, 60 s--> REFUSED
    RINGING, IN --taken out--> KICKED
    any, when the conference ends: IN becomes LEFT, RINGING becomes REFUSED

All persons are unionIds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from simulators.dingtalk.wire import SECOND_US

CONFERENCES_MAX = 1_000
RINGS_US = 60 * SECOND_US


class Attendance(IntEnum):
    """`attendStatus` on the wire."""

    INITIAL = 1
    RINGING = 2
    IN = 3
    REFUSED = 4
    KICKED = 5
    LEFT = 6


class Status(IntEnum):
    """`status` on the wire."""

    INITIAL = 0
    ENDED = 1
    STARTED = 2


class Step(StrEnum):
    """What moves a participant."""

    JOIN = "join"
    REFUSE = "refuse"
    LEAVE = "leave"
    KICK = "kick"
    SILENCE = "silence"
    END = "end"


TRANSITIONS: Mapping[tuple[Attendance, Step], Attendance] = {
    (Attendance.RINGING, Step.JOIN): Attendance.IN,
    (Attendance.RINGING, Step.REFUSE): Attendance.REFUSED,
    (Attendance.RINGING, Step.SILENCE): Attendance.REFUSED,
    (Attendance.RINGING, Step.KICK): Attendance.KICKED,
    (Attendance.RINGING, Step.END): Attendance.REFUSED,
    (Attendance.INITIAL, Step.JOIN): Attendance.IN,
    (Attendance.REFUSED, Step.JOIN): Attendance.IN,
    (Attendance.LEFT, Step.JOIN): Attendance.IN,
    (Attendance.IN, Step.LEAVE): Attendance.LEFT,
    (Attendance.IN, Step.KICK): Attendance.KICKED,
    (Attendance.IN, Step.END): Attendance.LEFT,
}


@dataclass(slots=True)
class Participant:
    """name: as the invitation gave it. phone: a number that was called instead of a person of the organisation."""

    union_id: str
    name: str
    status: Attendance
    called_us: int
    joined_us: int = 0
    left_us: int = 0
    phone: str = ""


@dataclass(slots=True)
class Conference:
    """participants: by unionId, or by number for a phone. ends_us: when its time is over."""

    conference_id: str
    title: str
    host_id: str
    room_code: str
    link: str
    started_us: int
    ends_us: int
    participants: dict[str, Participant] = field(default_factory=dict)
    ended_us: int = 0

    @property
    def status(self) -> Status:
        return Status.ENDED if self.ended_us else Status.STARTED

    def call(self, participant: Participant) -> bool:
        """Ring somebody who is neither in nor rung already; False otherwise."""
        key = participant.union_id or participant.phone
        present = self.participants.get(key)
        if present is not None and present.status in (Attendance.RINGING, Attendance.IN):
            return False
        self.participants[key] = participant
        return True

    def step(self, key: str, step: Step, now_us: int) -> bool:
        """False: that participant cannot do this now."""
        participant = self.participants.get(key)
        after = TRANSITIONS.get((participant.status, step)) if participant and not self.ended_us else None
        if participant is None or after is None:
            return False
        if after is Attendance.IN:
            participant.joined_us = now_us
        elif participant.status is Attendance.IN:
            participant.left_us = now_us
        participant.status = after
        return True

    def end(self, now_us: int) -> None:
        for key in self.participants:
            self.step(key, Step.END, now_us)
        self.ended_us = now_us

    def count(self, *statuses: Attendance) -> int:
        return sum(participant.status in statuses for participant in self.participants.values())


class ConferenceBook:
    """All conferences; the oldest are forgotten."""

    def __init__(self) -> None:
        self._conferences: dict[str, Conference] = {}
        self._open: list[Conference] = []
        """Those that may go on: looked at with every call, unlike all the others."""

    def __iter__(self) -> Iterator[Conference]:
        return iter(self._conferences.values())

    def add(self, conference: Conference) -> None:
        self._conferences[conference.conference_id] = conference
        self._open.append(conference)
        while len(self._conferences) > CONFERENCES_MAX:
            del self._conferences[next(iter(self._conferences))]

    def find(self, conference_id: str) -> Conference | None:
        return self._conferences.get(conference_id)

    @property
    def going_on(self) -> tuple[Conference, ...]:
        self._open = [conference for conference in self._open if not conference.ended_us]
        return tuple(self._open)

    def of_person(self, union_id: str) -> tuple[Conference, ...]:
        """Those the person was called into, newest first."""
        return tuple(each for each in reversed(self._conferences.values()) if union_id in each.participants)

    def next_due(self) -> int | None:
        """When the first phone stops ringing, or the time of the first conference is over."""
        dues = [conference.ends_us for conference in self.going_on]
        dues += [
            participant.called_us + RINGS_US
            for conference in self.going_on
            for participant in conference.participants.values()
            if participant.status is Attendance.RINGING
        ]
        return min(dues, default=None)

    def tick(self, now_us: int) -> tuple[Conference, ...]:
        """Do what is due; returns the conferences that changed."""
        changed = []
        for conference in self.going_on:
            rung = [
                key
                for key, participant in conference.participants.items()
                if participant.status is Attendance.RINGING and participant.called_us + RINGS_US <= now_us
            ]
            missed = [key for key in rung if conference.step(key, Step.SILENCE, now_us)]
            if conference.ends_us <= now_us:
                conference.end(now_us)
            if missed or conference.ended_us:
                changed.append(conference)
        return tuple(changed)
