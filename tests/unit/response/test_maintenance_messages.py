"""What the owner of a maintenance window hears, once each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.model.event import Event, Stream
from edge.model.intent import Intent, Purpose
from edge.model.moment import MINUTE, to_iso
from edge.response.policy import Route

HOT = "CRM.ST3.MOTOR/bearing_hot"
LOST = "CRM.ST3.MOTOR/lost"


def row(shift: Any, kind: str, **data: Any) -> Any:
    """A journal row of the plant stream, now."""
    event = Event(Stream.PLANT, kind, "bearing", shift.now, {"owner": "ann", **data})
    return replace(shift.row("filtered"), event=event)


def hear(shift: Any, kind: str, **data: Any) -> list[Intent]:
    told: list[Intent] = shift.step([row(shift, kind, **data)])
    return told


def test_the_owner_hears_of_begin_end_and_what_is_left_in_their_own_language(shift: Any) -> None:
    end = to_iso(shift.now + 60 * MINUTE)
    (begun,) = hear(shift, "maintenance_begun", devices=["CRM.ST3.MOTOR"], end=end, permit="P-17")
    assert (begun.purpose, begun.recipient, begun.alarm) == (Purpose.MAINTENANCE, "person:ann", "maintenance:bearing")
    assert begun.message.headline == "[Maintenance] bearing has begun"
    assert dict(begun.message.lines) == {
        "Maintenance": "bearing",
        "Until": "09:00:35",
        "Permit": "P-17",
        "Device": "main motor",
    }
    (ending,) = hear(shift.at(45 * 60), "maintenance_ending", end=end, open=[HOT, LOST])
    assert ending.message.headline == "[Maintenance] bearing ends in 15 min"
    assert dict(ending.message.lines)["Still active"] == "main motor bearing hot; main motor connection lost"
    (ended,) = hear(shift.at(60 * 60), "maintenance_ended", owner="li", cause="over", open=[])
    assert (ended.recipient, ended.message.headline) == ("person:li", "【检修】bearing 已结束")
    assert dict(ended.message.lines)["仍在报警"] == "无"
    assert len({begun.key, ending.key, ended.key}) == 3


def test_a_loss_whose_owner_no_message_reaches_goes_by_the_routes(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant((Route("both", ("team:maintenance",)),)))
    told = shift.hear("raised", only=["person:user:engineer"])
    assert sorted(intent.recipient for intent in told) == ["person:ann", "person:li"]
    assert [(event.kind, event.data["recipient"]) for event in shift.events] == [("unrouted", "person:user:engineer")]


def test_a_step_that_is_run_again_comes_to_the_same_keys(shift: Any) -> None:
    ended = row(shift, "maintenance_ended", cause="over", open=[HOT])
    first = shift.step([ended])
    shift.restart()
    assert [each.key for each in shift.step([ended])] == [each.key for each in first]


def test_who_ends_their_own_window_with_nothing_open_is_not_told_so(shift: Any) -> None:
    assert hear(shift, "maintenance_ended", by="ann", via="api", cause="person", open=[]) == []
    (told,) = hear(shift, "maintenance_ended", by="li", via="api", cause="person", open=[])
    assert dict(told.message.lines)["Ended by"] == "钳工师傅"
    (left,) = hear(shift.at(1), "maintenance_ended", by="ann", via="api", cause="person", open=[HOT])
    assert dict(left.message.lines)["Still active"] == "main motor bearing hot"


def test_an_owner_who_cannot_be_reached_stands_in_the_journal(shift: Any) -> None:
    assert hear(shift, "maintenance_begun", owner="user:boss", devices=[], end=to_iso(shift.now), permit="P") == []
    (unrouted,) = shift.journal("unrouted")
    assert (unrouted.subject, unrouted.data["recipient"]) == ("maintenance:bearing", "person:user:boss")


def test_its_receipt_says_in_the_journal_what_it_was_about(shift: Any) -> None:
    (told,) = hear(shift, "maintenance_ended", cause="over", open=[])
    assert shift.receive(told) == []
    (delivered,) = shift.journal("delivered")
    assert (delivered.data["recipient"], delivered.data["purpose"], delivered.data["alarm"]) == (
        "person:ann",
        "maintenance",
        "maintenance:bearing",
    )


def test_what_is_active_comes_before_what_is_shelved_and_before_what_is_silent(shift: Any) -> None:
    left = {"open": [HOT], "shelved": [LOST], "silent": ["CRM.ST3.MOTOR"]}
    (told,) = hear(shift, "maintenance_ended", owner="li", cause="over", **left)
    assert told.message.lines[-3:] == (
        ("仍在报警", "主电机 轴承温度高"),
        ("仍在搁置", "主电机 通信中断"),
        ("无数据", "主电机"),
    )
    (silent,) = hear(shift.at(1), "maintenance_ended", by="ann", via="api", cause="person", open=[], shelved=[], silent=[HOT])
    assert dict(silent.message.lines)["No data from"] == "main motor bearing hot"


def test_many_open_alarms_are_named_in_part_and_counted(shift: Any) -> None:
    many = [f"CRM.ST3.MOTOR/x{number}" for number in range(40)]
    (told,) = hear(shift, "maintenance_ended", cause="over", open=many)
    text = dict(told.message.lines)["Still active"]
    assert text.startswith("main motor x0; ")
    assert text.endswith("main motor x14; and 25 more")
