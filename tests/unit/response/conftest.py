"""A small mill, and a shift at it: events of alarms go in, and what people are told comes out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from edge.model.alarm import Priority
from edge.model.command import InboxRow, Receipt
from edge.model.event import Event, JournalRow, Stream
from edge.model.intent import Intent, Purpose
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, from_iso, to_iso
from edge.model.person import Directory, Group, Person, Team
from edge.model.sample import Quality, Sample
from edge.model.tag import Device, Tag
from edge.model.trail import Trail
from edge.response.grants import RuleWrite, Until
from edge.response.policy import Policy, Route
from edge.response.response import Response, ResponseStep
from rules.definition import Kind, Rule
from tests.unit.response.write_desk import EVENT, GRANT, HOT, OIL, TRIPPED, Desk

#: 08:00:35 on the plant's clock.
START = from_iso("2026-05-04T08:00:35+08:00")

MOTOR = Device(
    name="CRM.ST3.MOTOR",
    type="main_motor",
    driver="modbus",
    area="st3",
    words={"zh": "主电机", "en": "main motor"},
    connection=None,
    tags=(
        Tag("CRM.ST3.MOTOR.de_temp", "CRM.ST3.MOTOR", "de_temp", "°C", {"zh": "驱动端温度", "en": "DE temperature"}),
        Tag("CRM.ST3.MOTOR.oil", "CRM.ST3.MOTOR", "oil", "bar", {"zh": "油压", "en": "oil pressure"}),
        Tag("CRM.ST3.MOTOR.trip", "CRM.ST3.MOTOR", "trip", "", {"zh": "跳闸", "en": "trip"}),
        Tag("CRM.ST3.MOTOR.session", "CRM.ST3.MOTOR", "session", "", {}),
    ),
)


def rule(key: str, kind: Kind, tag: str, priority: Priority, zh: str, en: str, **more: Any) -> Rule:
    return Rule(
        id=f"CRM.ST3.MOTOR/{key}",
        key=key,
        device="CRM.ST3.MOTOR",
        device_type="main_motor",
        area="st3",
        kind=kind,
        tag=f"CRM.ST3.MOTOR.{tag}",
        priority=priority,
        words={"zh": zh, "en": en},
        **more,
    )


RULES = (
    rule(
        "bearing_hot", Kind.HIGH, "de_temp", Priority.HIGH, "轴承温度高", "bearing hot",
        limit=80.0, deadband=3.0, on_delay=30 * SECOND,
        guidance={"zh": "降速，检查润滑。", "en": "Slow down, check the lubrication."},
    ),
    rule("oil_low", Kind.LOW, "oil", Priority.MEDIUM, "油压低", "oil pressure low", limit=1.2),
    rule("tripped", Kind.DISCRETE, "trip", Priority.CRITICAL, "主回路跳闸", "main circuit tripped", limit=1.0, latching=True),
    rule("silent", Kind.STALE, "de_temp", Priority.LOW, "温度无数据", "temperature silent", stale_after=30 * SECOND),
    rule("lost", Kind.COMM_LOSS, "session", Priority.MEDIUM, "通信中断", "connection lost", on_delay=10 * SECOND),
    rule("note", Kind.HIGH, "de_temp", Priority.JOURNAL, "温度偏高", "temperature raised", limit=70.0),
    rule("event", Kind.HIGH, "de_temp", Priority.LOW, "温度事件", "temperature event", limit=75.0, ack_required=False),
)  # fmt: skip

DIRECTORY = Directory(
    persons={
        "li": Person("li", "钳工师傅", "zh", addresses={"dingtalk": {"user_id": "user01"}}),
        "ann": Person("ann", "Lead B", "en", addresses={"dingtalk": {"user_id": "user02"}}),
        "mute": Person("mute", "Night lead", "zh"),
    },
    teams={"maintenance": Team("maintenance", ("li", "ann")), "nobody": Team("nobody", ())},
    groups={"shift": Group("shift", "Shift", "both", {"dingtalk": {"group": "shift"}})},
)

TO_LI = (Route("all to li", ("person:li",), repeat_every=5 * MINUTE, repeat_max=3),)


def mill(routes: Sequence[Route] = TO_LI, **changes: Any) -> Policy:
    fields: dict[str, Any] = {
        "site": "crm",
        "routes": tuple(routes),
        "directory": DIRECTORY,
        "areas": {"st3": {"zh": "3号机架", "en": "Stand 3"}},
        "devices": {MOTOR.name: MOTOR},
        "rules": {rule.id: rule for rule in RULES},
        "shelve_reasons": (
            ("maintenance", {"zh": "检修中", "en": "under repair"}),
            ("sensor", {"zh": "传感器故障", "en": "sensor faulty"}),
        ),
        "shelve_for": 1 * HOUR,
        "channel": "dingtalk",
        "late_after": 30 * SECOND,
        "time_zone": "Asia/Shanghai",
    }
    return Policy(**{**fields, **changes})


class Shift:
    """Drives a response the way the pipeline does, and keeps what the store would keep: records, intents and events.

    Seconds count from START. Every step's records go through JSON, as in the store; those of positions are kept apart.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or mill()
        self.response = Response(self.policy, "line-2")
        self.now: Moment = START
        self.records: dict[str, Any] = {}
        self.positions: dict[str, Any] = {}
        self.outbox: dict[str, Intent] = {}
        self.withdrawn: list[str] = []
        self.events: list[Event] = []
        self.readings: dict[str, Sample] = {}
        self.trails: dict[str, Trail] = {}
        self.next_due: Moment | None = None
        self._sequence = 0

    # --- time and readings ---

    def at(self, seconds: float) -> Shift:
        self.now = START + int(seconds * SECOND)
        return self

    def reads(self, tag: str, value: float, quality: Quality = Quality.GOOD) -> None:
        self.readings[f"CRM.ST3.MOTOR.{tag}"] = Sample(0, value, quality, self.now, self.now)

    # --- what goes in ---

    def hear(self, kind: str, alarm: str = "bearing_hot", **data: Any) -> list[Intent]:
        """An event of the alarm stream, now. The intents of the step."""
        return self.step([self.row(kind, alarm, **data)])

    def row(self, kind: str, alarm: str = "bearing_hot", **data: Any) -> JournalRow:
        self._sequence += 1
        filled = {**self._defaults(kind, alarm), **data}
        event = Event(Stream.ALARM, kind, f"CRM.ST3.MOTOR/{alarm}", self.now, filled)
        return JournalRow("crm", "line-2", 1, self._sequence, self.now, event, "", "")

    def receive(self, intent: Intent | str, outcome: str = "delivered", **more: Any) -> list[Intent]:
        """A receipt, now. The intents of the step."""
        return self.step([], [self.receipt(intent, outcome, **more)])

    def receipt(self, intent: Intent | str, outcome: str = "delivered", **more: Any) -> InboxRow:
        self._sequence += 1
        key = intent if isinstance(intent, str) else intent.key
        body = Receipt(key, outcome, "done", self.now, **more)
        return InboxRow("delivery", f"{key}#1", "system", body, self.now, self._sequence)

    def step(self, rows: Sequence[JournalRow] = (), inbox: Sequence[InboxRow] = ()) -> list[Intent]:
        return list(self.full_step(rows, inbox).intents)

    def full_step(self, rows: Sequence[JournalRow] = (), inbox: Sequence[InboxRow] = ()) -> ResponseStep:
        step = self.response.step(self.now, rows, inbox, self.readings.get, trails=lambda tag: self.trails.get(tag, ()))
        for key, record in step.records.items():
            kept = self.positions if key.endswith("#flood") else self.records
            if record is None:
                kept.pop(key, None)
            else:
                kept[key] = json.loads(json.dumps(record))
        self.outbox.update({intent.key: intent for intent in step.intents if intent.key not in self.outbox})
        self.withdrawn.extend(step.withdrawn)
        self.events.extend(step.events)
        self.next_due = step.next_due
        return step

    def restart(self, policy: Policy | None = None) -> None:
        """Another boot, or another configuration, over the same store."""
        self.policy = policy or self.policy
        self.response = Response(self.policy, "line-2")
        self.response.restore({**self.records, **self.positions}, self.now)

    # --- what came out ---

    def told(self, *purposes: Purpose, to: str = "person:li") -> list[Intent]:
        """All intents of these purposes for a recipient, in order."""
        return [intent for intent in self.outbox.values() if intent.recipient == to and intent.purpose in purposes]

    def journal(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    def _defaults(self, kind: str, alarm: str) -> dict[str, Any]:
        found = self.policy.rules.get(f"CRM.ST3.MOTOR/{alarm}")
        began = to_iso(self.now - (found.on_delay if found else 0))
        reading = {
            "priority": str(found.priority if found else Priority.LOW),
            "began": began,
            "value": 84.2,
            "limit": found.limit if found else None,
            "quality": "good",
        }
        standing = {"active": True, "occurrence": 17, "suppressed": [], "acknowledged": False, "announce": True, **reading}
        by = {"by": "ann", "via": "api"}
        return {
            "raised": {"occurrence": 17, "realarm": False, **reading},
            "returned": {
                "occurrence": 17,
                "began": began,
                "raised": began,
                "value": 76.9,
                "peak": 91.24,
                "acknowledged": False,
            },
            "acknowledged": {"occurrence": 17, "comment": "", "coming": False, **by},
            "on_my_way": {"occurrence": 17, **by},
            "commented": {"text": "fan belt is off", **by},
            "shelved": {"until": to_iso(self.now + HOUR), "reason": "maintenance", **by},
            "unshelved": {"cause": "expired", "active": True, "occurrence": 17, **reading, "by": "system", "via": "system"},
            "unacknowledged": {"occurrence": 17, "reason": "called away", **by},
            "confirmed": {"occurrence": 17, "comment": "belt replaced", **by},
            "suppressed": {"occurrence": 17, "suppressed": ["parent:CRM.ST3.MOTOR/oil_low"]},
            "released": {"cause": "parent:CRM.ST3.MOTOR/oil_low", **standing},
            "taken_out_of_service": {"reason": "new bearing", "work_order": "WO-4711", **by},
            "returned_to_service": {**standing, **by},
            "realarmed": {"occurrence": 17, "priority": reading["priority"], "count": 1},
            "severer": {"occurrence": 17, "priority": "critical", "before": reading["priority"], "acknowledged": False},
            "chattering": {"occurrence": 17, "count": 3, "within": 40.0},
            "settled": {"occurrence": 17, "count": 9, "lasted": 700.0, "active": False},
            "first_out_moved": {"group": "drive", "occurrence": 17, "before": "CRM.ST3.MOTOR/oil_low"},
            "learning": {"reason": "new rolls", **by},
            "sums_reset": {"reason": "new bearing", **by},
            "reset": by,
            "rejected": {"command": "acknowledge", "reason": "stale_occurrence", "by": "ann", "via": "dingtalk"},
            "retired": {"occurrence": 17, "state": "unacknowledged", "cause": "rule_removed"},
            "filtered": {"began": began, "lasted": 3.0},
        }[kind]


@pytest.fixture
def shift() -> Shift:
    return Shift()


@pytest.fixture(scope="session")
def shift_at() -> type[Shift]:
    """For tests that want another policy: `shift_at(plant(routes))`."""
    return Shift


@pytest.fixture(scope="session")
def plant() -> Any:
    """`mill`, to build other policies from."""
    return mill


@pytest.fixture
def desk() -> Callable[..., Desk]:
    """A desk whose one grant differs from `GRANT` as is said; three rules want to write by it, for as long as is said."""

    def at(until: Until = Until.RETURNED, **changed: Any) -> Desk:
        of_rules = {alarm: (RuleWrite(OIL, value, until),) for alarm, value in ((HOT, 1.0), (TRIPPED, 3.0), (EVENT, 5.0))}
        return Desk(mill([]), replace(GRANT, **changed), of_rules)

    return at
