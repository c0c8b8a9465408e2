"""Rows for tests of the store: small, valid, and different where a test says so."""

from __future__ import annotations

from typing import Any

from edge.model.alarm import Priority
from edge.model.command import Acknowledge, InboxRow
from edge.model.event import Event, Stream
from edge.model.intent import Button, Intent, Message, Purpose
from edge.model.moment import SECOND, Moment, from_iso
from edge.ports import EngineCommit, ResponseCommit

T0: Moment = from_iso("2026-05-04T08:00:00Z")

SITE = "cold_rolling_mill"
AGENT = "stand_3"


def at(seconds: float) -> Moment:
    """A moment that many seconds after the morning shift began."""
    return T0 + int(seconds * SECOND)


def raised(alarm: str = "CRM.ST3.MOTOR/de_temp_high", occurrence: int = 1, seconds: float = 0, **data: Any) -> Event:
    return Event(Stream.ALARM, "raised", alarm, at(seconds), {"occurrence": occurrence, "value": 81.5, **data})


def acknowledge(message_id: str, seconds: float = 0, source: str = "api") -> InboxRow:
    return InboxRow(source, message_id, "fitter.c", Acknowledge("CRM.ST3.MOTOR/de_temp_high", 1, "看到了"), at(seconds))


MESSAGE = Message(
    headline="高 3号机架 主电机 驱动端温度 81.5 °C",
    lines=(("开始", "08:00:00"),),
    state="unacknowledged",
    state_text="未确认",
    priority=Priority.HIGH,
    priority_text="高",
    guidance="检查润滑",
    footer="",
    language="zh",
    buttons=(Button("acknowledge", "确认"), Button("shelve", "搁置", (("maintenance", "检修"),))),
)


def intent(
    key: str,
    purpose: Purpose = Purpose.RAISED,
    *,
    seconds: float = 0,
    thread: str = "fitter.c/de_temp_high",
    card: str = "fitter.c/de_temp_high/1",
    priority: Priority = Priority.HIGH,
    channel: str = "dingtalk",
    wanted: float | None = None,
) -> Intent:
    return Intent(
        key=key,
        channel=channel,
        purpose=purpose,
        recipient="person:fitter.c",
        address={"user_id": "user01"},
        alarm="CRM.ST3.MOTOR/de_temp_high",
        occurrence=1,
        card=card,
        thread=thread,
        priority=priority,
        message=MESSAGE,
        created_at=at(seconds),
        wanted_at=at(seconds if wanted is None else wanted),
    )


def engine_commit(*events: Event, seconds: float = 0, changed: Any = None, consumed: Any = ()) -> EngineCommit:
    return EngineCommit(at(seconds), events, changed or {}, consumed)


def response_commit(
    *intents: Intent,
    seconds: float = 0,
    cursor: int = 0,
    events: Any = (),
    withdrawn: Any = (),
    records: Any = None,
    consumed: Any = (),
) -> ResponseCommit:
    return ResponseCommit(at(seconds), cursor, events, intents, withdrawn, records or {}, consumed)
