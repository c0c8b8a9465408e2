"""Acknowledgements passed on to the device whose own alarm a rule shows: once, by people alone, and its answer is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from edge.model.command import DeedReceipt, InboxRow
from edge.model.deed import DeedEnd, DeedKind, decode_deed, encode_deed
from edge.model.event import Event, JournalRow, Stream
from edge.model.moment import MINUTE, from_iso
from edge.response.policy import Policy
from edge.response.response import Response, ResponseStep

START = from_iso("2026-05-04T08:00:00+08:00")
HOT = "CRM.ST3.MOTOR/bearing_hot"
OWN_HOT = "CRM.ST3.MOTOR/tripped"


@pytest.fixture
def response(plant: Callable[..., Policy]) -> Response:
    """One of the rules shows an alarm of the device's own."""
    policy = plant([])
    rules = {**policy.rules, OWN_HOT: replace(policy.rules[OWN_HOT], passes_on=True)}
    return Response(replace(policy, rules=rules), "gw-01")


def hear(response: Response, alarm: str, command: tuple[str, str] | None = ("api", "m1"), **data: Any) -> ResponseStep:
    given = {"occurrence": 3, "by": "li", "via": "api", "comment": "", "coming": False} | data
    event = Event(Stream.ALARM, "acknowledged", alarm, START, given, command)
    return response.step(START, [JournalRow("crm", "gw-01", 1, 1, START, event, "", "")], [], lambda tag: None)


def test_the_device_hears_of_it_with_who_it_was_and_what_was_said(response: Response) -> None:
    (deed,) = hear(response, OWN_HOT, comment="料阀已关").deeds
    assert (deed.kind, deed.tag, deed.value, deed.comment) == (
        DeedKind.ACKNOWLEDGE, "CRM.ST3.MOTOR.trip", None, "li: 料阀已关",
    )  # fmt: skip
    assert deed.valid_until == START + 5 * MINUTE
    assert decode_deed(encode_deed(deed)) == deed
    assert hear(response, OWN_HOT).deeds[0].key == deed.key, "the same after a crash: it leaves once"
    assert hear(response, OWN_HOT, occurrence=4).deeds[0].key != deed.key


def test_other_alarms_and_the_system_s_own_acknowledgements_are_none_of_its_business(response: Response) -> None:
    assert hear(response, HOT).deeds == ()
    assert hear(response, OWN_HOT, command=None).deeds == ()
    assert hear(response, "CRM.ST3.MOTOR/gone").deeds == ()


@pytest.mark.parametrize("end", [DeedEnd.DONE, DeedEnd.FAILED, DeedEnd.UNKNOWN, DeedEnd.EXPIRED])
def test_what_became_of_it_is_told_beside_the_alarm(response: Response, end: DeedEnd) -> None:
    (deed,) = hear(response, OWN_HOT).deeds
    receipt = DeedReceipt(deed.key, end, "this user may not do that", START + 7)
    step = response.step(START + 9, [], [InboxRow("writer", "r1", "system", receipt, START + 8, 12)], lambda tag: None)
    (told,) = step.events
    assert (told.stream, told.kind, told.subject, told.time) == (Stream.ALARM, "passed_on", OWN_HOT, START + 7)
    assert told.data == {"occurrence": 3, "end": str(end), "detail": "this user may not do that"}
    assert step.consumed == (12,)


@pytest.mark.parametrize("key", ["crm/write/A.B~1", "crm/acknowledge/A", "crm/acknowledge/A~x", "other/acknowledge/A~1", ""])
def test_a_receipt_of_something_else_says_nothing(response: Response, key: str) -> None:
    row = InboxRow("writer", "r1", "system", DeedReceipt(key, DeedEnd.DONE, "", START), START, 1)
    assert response.step(START, [], [row], lambda tag: None).events == ()


@pytest.mark.parametrize(
    ("end", "line"),
    [
        (DeedEnd.DONE, "设备上也已确认"),
        (DeedEnd.FAILED, "设备拒绝确认，请到设备上确认"),
        (DeedEnd.UNKNOWN, "不知道设备上是否已确认，请到现场查看"),
        (DeedEnd.EXPIRED, "未能及时联系上设备，设备上尚未确认"),
    ],
)
def test_the_card_says_what_the_device_made_of_it_until_the_acknowledgement_is_withdrawn(
    shift: Any, end: DeedEnd, line: str
) -> None:
    shift.receive(shift.hear("raised")[0])
    (card,) = shift.hear("acknowledged")
    assert "设备侧" not in dict(card.message.lines)
    receipt = DeedReceipt(f"crm/acknowledge/{HOT}~{card.occurrence}", end, "", START + 7)
    (card,) = shift.step(inbox=[InboxRow("writer", "r1", "system", receipt, START + 8, 12)])
    assert dict(card.message.lines)["设备侧"] == line
    shift.restart()
    card, _ = shift.hear("unacknowledged")
    assert "设备侧" not in dict(card.message.lines)
