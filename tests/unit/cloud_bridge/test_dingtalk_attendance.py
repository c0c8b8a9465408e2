"""Who is on shift, by the organisation's attendance schedule."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_bridge.dingtalk.bodies.attendance import Leave, Shift, next_change, on_shift, read_leaves, read_shifts, schedule
from cloud_bridge.dingtalk.verdicts import Accepted
from edge.model.moment import HOUR, from_iso
from tests.unit.cloud_bridge.intents import START


def row(user: str, day: str, kind: str, planned: Any, **more: Any) -> dict[str, Any]:
    # In the documented sample both rows of a day share one id.
    return {
        "id": 1,
        "userid": user,
        "work_date": f"{day} 00:00:00",
        "check_type": kind,
        "plan_check_time": planned,
        "shift_id": 5,
        "is_rest": "N",
        **more,
    }


ROWS = [
    row("day", "2026-05-04", "OffDuty", "2026-05-04 16:00:00"),
    row("day", "2026-05-04", "OnDuty", "2026-05-04 08:00:00"),
    row("night", "2026-05-03", "OnDuty", "2026-05-03 20:00:00"),
    row("night", "2026-05-03", "OffDuty", "2026-05-04 08:00:00"),
    row("twice", "2026-05-04", "OnDuty", "2026-05-04 06:00:00"),
    row("twice", "2026-05-04", "OffDuty", "2026-05-04 10:00:00"),
    row("twice", "2026-05-04", "OnDuty", "2026-05-04 14:00:00"),
    row("twice", "2026-05-04", "OffDuty", "2026-05-04 18:00:00"),
    row("resting", "2026-05-04", "OnDuty", "2026-05-04 00:00:00", shift_id=0),
    row("resting", "2026-05-04", "OffDuty", "2026-05-04 23:00:00", shift_id="0"),
    row("off", "2026-05-04", "OnDuty", "2026-05-04 00:00:00", is_rest="Y"),
    row("off", "2026-05-04", "OffDuty", "2026-05-04 23:00:00", is_rest="y"),
    row("half", "2026-05-04", "OnDuty", "2026-05-04 00:00:00"),
    row("odd", "2026-05-04", "OnDuty", "soon"),
    "no row at all",
]

MOMENTS = [
    ("2026-05-04T07:59:59+08:00", {"night", "twice"}),
    ("2026-05-04T08:00:00+08:00", {"day", "twice"}),
    ("2026-05-04T12:00:00+08:00", {"day"}),
    ("2026-05-04T17:00:00+08:00", {"twice"}),
    ("2026-05-04T19:00:00+08:00", set()),
]


@pytest.mark.parametrize(("moment", "users"), MOMENTS)
def test_who_is_on_shift(moment: str, users: set[str]) -> None:
    shifts = read_shifts(Accepted({"errcode": 0, "result": ROWS}))
    assert on_shift(shifts, (), from_iso(moment)) == users


def test_who_is_on_leave_is_not_on_shift() -> None:
    answer = {
        "has_more": "true",
        "leave_status": [
            {"userid": "day", "start_time": START // 1_000, "end_time": (START + HOUR) // 1_000},
            {"userid": "odd"},
        ],
    }
    leaves, has_more = read_leaves(Accepted({"result": answer}))
    assert (leaves, has_more) == ((Leave("day", START, START + HOUR),), True)
    shifts = read_shifts(Accepted({"result": ROWS}))
    assert "day" not in on_shift(shifts, leaves, START)
    assert "day" in on_shift(shifts, leaves, START + HOUR)
    assert read_leaves(Accepted({"result": {"has_more": True, "leave_status": []}})) == ((), False)
    assert read_leaves(Accepted({})) == ((), False)


def test_the_next_change_is_the_next_begin_or_end_of_a_shift() -> None:
    shifts = read_shifts(Accepted({"result": ROWS}))
    assert next_change(shifts, from_iso("2026-05-04T08:00:00+08:00")) == from_iso("2026-05-04T10:00:00+08:00")
    assert next_change(shifts, from_iso("2026-05-04T18:00:00+08:00")) is None


def test_times_may_come_as_milliseconds() -> None:
    rows = [
        row("day", "2026-05-04", "OnDuty", START // 1_000),
        row("day", "2026-05-04", "OffDuty", str((START + HOUR) // 1_000)),
    ]
    assert read_shifts(Accepted({"result": rows})) == (Shift("day", START, START + HOUR),)


def test_the_night_before_and_the_next_change_are_asked_for() -> None:
    request = schedule(["a", "b"], START, operator="boss")
    assert request.body == {
        "op_user_id": "boss",
        "userids": "a,b",
        "from_date_time": from_iso("2026-05-03T08:00:00+08:00") // 1_000,
        "to_date_time": from_iso("2026-05-05T08:00:00+08:00") // 1_000,
    }
    assert request.path == "/topapi/attendance/schedule/listbyusers"


def test_an_answer_without_rows_is_an_empty_schedule() -> None:
    assert read_shifts(Accepted({"errcode": 0})) == ()
