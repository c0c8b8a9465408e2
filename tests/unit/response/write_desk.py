"""A response with a grant on one point, and the hands on it: people, rules, the device and a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from edge.model.command import DeedReceipt, InboxBody, InboxRow, WritePoint
from edge.model.deed import Deed, DeedEnd, Value
from edge.model.event import Event, JournalRow, Stream
from edge.model.moment import from_iso
from edge.model.person import Role
from edge.model.sample import Mark, Quality, Sample
from edge.response.grants import Grant, Grants, RuleWrite
from edge.response.point import WriteState
from edge.response.response import Response, ResponseStep

START = from_iso("2026-05-04T08:00:00+08:00")
OIL = "CRM.ST3.MOTOR.oil"
HOT, TRIPPED, EVENT = "CRM.ST3.MOTOR/bearing_hot", "CRM.ST3.MOTOR/tripped", "CRM.ST3.MOTOR/event"
GRANT = Grant(OIL, range=(0.0, 10.0), step=2.0, role=Role.WORKER, rules=True, rest=0.0)


class Desk:
    """A response with a grant on one point, and the readings and hang-tags of the plant around it."""

    def __init__(self, policy: Any, grant: Grant, of_rules: Mapping[str, tuple[RuleWrite, ...]]) -> None:
        self.policy = replace(policy, grants=Grants({grant.tag: grant}, of_rules))
        self.response = Response(self.policy, "gw-01")
        self.records: dict[str, Any] = {}
        self.now = START
        self.readings: dict[str, Sample] = {}
        self.hanging: set[str] = set()
        self._asked = 0
        self._sequence = 0
        self.show(OIL, 2.0)

    def show(self, tag: str, value: float, quality: Quality = Quality.GOOD, mark: Mark = Mark.NONE) -> None:
        self.readings[tag] = Sample(0, value, quality, self.now, self.now, mark)

    def step(self, rows: Sequence[JournalRow] = (), inbox: Sequence[InboxRow] = ()) -> ResponseStep:
        locked = lambda device: "li" if device in self.hanging else None  # noqa: E731 - as short as what it stands for
        step = self.response.step(self.now, rows, inbox, self.readings.get, locked)
        for key, record in step.records.items():
            if record is None:
                self.records.pop(key, None)
            else:
                self.records[key] = record
        return step

    def wait(self, span: int) -> ResponseStep:
        self.now += span
        return self.step()

    def send(self, body: InboxBody, by: str = "li", *, age: int = 0) -> ResponseStep:
        self._asked += 1
        return self.step(inbox=[InboxRow("api", f"m{self._asked}", by, body, self.now - age, self._asked)])

    def ask(self, value: Value, by: str = "li", role: Role = Role.ENGINEER, **more: Any) -> ResponseStep:
        return self.send(WritePoint(OIL, value, "test bench", role), by, **more)

    def end(self, deed: Deed, end: DeedEnd, shown: Value | None = None) -> ResponseStep:
        return self.send(DeedReceipt(deed.key, end, "", self.now, self.now, shown), "system")

    def alarm(self, kind: str, alarm: str = HOT, **data: Any) -> ResponseStep:
        given = {"occurrence": 1, "suppressed": [], "priority": "high", "began": "2026-05-04T00:00:00.000000Z"}
        given |= {"value": 84.0, "limit": 80.0, "quality": "good", "by": "li", "via": "api", "comment": "", "coming": False}
        given |= {"raised": given["began"], "peak": 84.0, "acknowledged": False, "reason": "", "until": given["began"]}
        return self.hear(Event(Stream.ALARM, kind, alarm, self.now, given | data))

    def hear(self, event: Event) -> ResponseStep:
        self._sequence += 1
        return self.step(rows=[JournalRow("crm", "gw-01", 1, self._sequence, self.now, event, "", "")])

    def state(self) -> WriteState:
        return self.response.points()[OIL].writes[-1].state

    def restart(self) -> None:
        self.response = Response(self.policy, "gw-01")
        self.response.restore(self.records, self.now)


def kinds(step: ResponseStep) -> list[str]:
    return [event.kind for event in step.events if event.stream is Stream.WRITE]


def refusal(step: ResponseStep) -> str:
    assert kinds(step)[:1] == ["rejected"]
    assert step.deeds == ()
    return str(step.events[0].data["reason"])
