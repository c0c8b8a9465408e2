"""A hang-tag that hangs for more than 12 hours: its hanger and who leads there hear of it, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.command import Hang, InboxRow, RemoveHangTag
from edge.model.intent import Purpose
from edge.model.moment import HOUR
from edge.model.person import Directory, Person, Role
from edge.model.tag import DataClass
from edge.response.policy import Route

MOTOR = "CRM.ST3.MOTOR"
OLD = 12 * 3600 + 1


def person(name: str, language: str, role: Role, *, reached: bool = True) -> Person:
    return Person(name, name.title(), language, role, {"dingtalk": {"user_id": name}} if reached else {})


PEOPLE = {
    each.id: each
    for each in (
        person("li", "zh", Role.WORKER),
        person("zhao", "zh", Role.ENGINEER),
        person("eva", "en", Role.ENGINEER),
        person("boss", "en", Role.ADMIN),
        person("mute", "en", Role.ENGINEER, reached=False),
    )
}


@pytest.fixture
def hall(shift_at: Any, plant: Any) -> Any:
    """zhao is who leads at the motor: the routes name them. eva leads elsewhere."""
    routes = (Route("motor", ("person:li", "person:zhao")), Route("furnace", ("person:eva",), areas=frozenset({"furnace"})))
    return shift_at(plant(routes, directory=Directory(PEOPLE, {}, {})))


def hang(shift: Any, by: str = "li", number: int = 1, device: str = MOTOR) -> None:
    shift.full_step([], [InboxRow("api", f"h{number}", by, Hang(device, "WO-17", "5512", "new bearing"), shift.now, number)])


def remove(shift: Any, tag: str, by: str = "li") -> None:
    shift.full_step([], [InboxRow("api", f"r{tag}", by, RemoveHangTag(tag), shift.now, 99)])


def test_hanger_and_lead_are_asked_once_each_in_their_language(hall: Any) -> None:
    hang(hall)
    assert hall.next_due == hall.now + 12 * HOUR + 1
    assert hall.at(OLD - 1).step() == []
    told = hall.at(OLD).step()
    assert [(each.purpose, each.recipient, each.alarm) for each in told] == [
        (Purpose.HANG_TAG, "person:li", f"hang_tag:{MOTOR}~1"),
        (Purpose.HANG_TAG, "person:zhao", f"hang_tag:{MOTOR}~1"),
    ]
    assert told[0].message.headline == "【挂牌】主电机 已挂超过 12 小时"
    assert dict(told[0].message.lines) == {
        "设备": "主电机",
        "挂牌人": "Li",
        "挂牌时间": "08:00:35",
        "工单": "WO-17",
        "电话": "5512",
        "原因": "new bearing",
    }
    assert "挂牌不代替上锁" in told[0].message.guidance
    assert [event.data["tag"] for event in hall.journal("hang_tag_old")] == [f"{MOTOR}~1"]
    assert (hall.next_due, hall.at(9 * OLD).step()) == (None, [])


def test_where_the_routes_name_nobody_who_leads_all_are_told_who_can_be(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant((Route("all", ("person:li",)),), directory=Directory(PEOPLE, {}, {})))
    hang(shift)
    told = shift.at(OLD).step()
    assert [each.recipient for each in told] == ["person:li", "person:zhao", "person:eva", "person:boss"]
    assert told[2].message.headline == "[Hang-tag] main motor for over 12 h"


def test_who_leads_and_has_hung_it_is_told_once(hall: Any) -> None:
    hang(hall, by="zhao")
    assert [each.recipient for each in hall.at(OLD).step()] == ["person:zhao"]


def test_that_nobody_can_be_told_stands_in_the_journal(shift_at: Any, plant: Any) -> None:
    people = {name: PEOPLE[name] for name in ("li", "mute")}
    shift = shift_at(plant(directory=Directory(people, {}, {})))
    hang(shift, by="user:boss")
    assert shift.at(OLD).step() == []
    found = [(each.subject, each.data["recipient"], each.data["detail"]) for each in shift.journal("unrouted")]
    about = f"hang_tag:{MOTOR}~1"
    assert found == [(about, "person:user:boss", "unknown_recipient"), (about, "", "no_route")]


def test_what_was_hung_before_anybody_asked_is_told_at_the_next_start(hall: Any) -> None:
    hang(hall)
    key = f"{MOTOR}#hang_tags"
    (tag,) = hall.records[key]["tags"]
    hall.records[key]["tags"] = [{name: value for name, value in tag.items() if name != "told_old"}]
    hall.restart()
    assert len(hall.at(3 * OLD).step()) == 2


def test_why_it_hangs_stays_in_the_plant_where_a_tag_of_the_device_does(shift_at: Any, plant: Any) -> None:
    motor = plant().devices[MOTOR]
    red = replace(motor, tags=(replace(motor.tags[0], data_class=DataClass.RED), *motor.tags[1:]))
    shift = shift_at(plant(devices={MOTOR: red}, directory=Directory(PEOPLE, {}, {})))
    hang(shift)
    told = shift.at(OLD).step()
    assert told and not any("new bearing" in str(each.message) for each in told)


def test_its_receipt_says_in_the_journal_what_it_was_about(hall: Any) -> None:
    hang(hall)
    told, _ = hall.at(OLD).step()
    assert hall.receive(told) == []
    (delivered,) = hall.journal("delivered")
    assert (delivered.data["recipient"], delivered.data["purpose"], delivered.data["alarm"]) == (
        "person:li",
        "hang_tag",
        f"hang_tag:{MOTOR}~1",
    )


@settings(max_examples=60, deadline=None)
@given(story=st.lists(st.sampled_from(("hang", "remove", "hour", "half a day", "restart")), max_size=16))
def test_each_tag_that_comes_to_hang_for_long_is_told_once_over_any_restart(
    shift_at: Any, plant: Any, story: list[str]
) -> None:
    shift = shift_at(plant(directory=Directory({"li": PEOPLE["li"], "zhao": PEOPLE["zhao"]}, {}, {})))
    hung: dict[str, float] = {}
    expected: list[str] = []
    told: list[str] = []
    seconds = 0.0
    for number, what in enumerate(story, 1):
        match what:
            case "hang":
                name = f"{MOTOR}~{1 + story[: number - 1].count('hang')}"
                hung[name] = seconds
                hang(shift, number=number)
            case "remove" if hung:
                name = next(iter(hung))
                del hung[name]
                remove(shift, name)
            case "restart":
                shift.restart()
            case _:
                seconds += {"hour": 3600, "half a day": 12 * 3600 + 1}.get(what, 0)
        told += [each.alarm for each in shift.at(seconds).step() if each.recipient == "person:zhao"]
        expected += [f"hang_tag:{name}" for name, since in hung.items() if seconds - since > 12 * 3600]
        assert sorted(set(told)) == sorted(told)
        assert set(told) == set(expected)
