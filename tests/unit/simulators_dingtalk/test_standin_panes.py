"""What a phone shows beside chats, and what its owner can do about it: calls, DINGs, to-dos, conferences."""

from __future__ import annotations

import pytest

from simulators.dingtalk.conferences import Attendance
from simulators.dingtalk.dings import Receipt
from simulators.dingtalk.ledger import Direction
from simulators.dingtalk.panes import RingKind
from simulators.dingtalk.presses import Hindrance, PersonError

URGENT = {"robotCode": "dingapp", "receiverUserIdList": ["lead", "fitter"], "content": "Furnace 2 too hot"}
TODO = {
    "subject": "Order 17",
    "executorIds": ["union-fitter"],
    "detailUrl": {"appUrl": "https://plant.example/17"},
    "sourceId": "17",
}


def ding(bench, kind):
    return bench.api("v1.0/robot/ding/send", {**URGENT, "remindType": kind}).json["openDingId"]


def meet(bench):
    body = {"userId": "union-lead", "confTitle": "Furnace 2", "inviteUserIds": ["union-fitter"], "inviteCaller": False}
    return bench.api("v1.0/conference/videoConferences", body).json["conferenceId"]


def test_a_call_rings_on_each_phone_until_its_owner_answers_or_refuses(bench):
    key = ding(bench, 3)
    (ring,) = bench.cloud.panes("lead").rings
    assert (ring.kind, ring.key, ring.caller, ring.text) == (RingKind.DING, key, "Andon", "Furnace 2 too hot")
    bench.cloud.answer("lead", "ding", key, "answer", bench.now)
    bench.cloud.answer("fitter", "ding", key, "decline", bench.now)
    assert [bench.cloud.panes(each).rings for each in ("lead", "fitter")] == [(), ()]
    receipts = [bench.cloud.panes(each).dings[0].receipt for each in ("lead", "fitter")]
    assert receipts == [Receipt.ANSWERED, Receipt.DECLINED]
    last = bench.cloud.ledger.entries()[-1]
    assert (last.direction, last.summary) == (Direction.PERSON, {"userId": "fitter", "action": "decline"})


def test_a_ding_by_app_is_new_until_it_is_read_and_rings_nowhere(bench):
    key = ding(bench, 1)
    assert (bench.cloud.panes("lead").new_dings, bench.cloud.panes("lead").rings) == (1, ())
    bench.cloud.answer("lead", "ding", key, "read", bench.now)
    assert (bench.cloud.panes("lead").new_dings, bench.cloud.panes("fitter").new_dings) == (0, 1)


def test_a_conference_calls_its_guests_who_join_leave_and_come_again(bench):
    key = meet(bench)
    (ring,) = bench.cloud.panes("fitter").rings
    assert (ring.kind, ring.caller, ring.text) == (RingKind.CONFERENCE, "Lead", "Furnace 2")
    for does, after in (("join", Attendance.IN), ("leave", Attendance.LEFT), ("join", Attendance.IN)):
        bench.cloud.answer("fitter", "conference", key, does, bench.now)
        (shown,) = bench.cloud.panes("fitter").conferences
        assert (shown.mine, dict(shown.persons)["Fitter"]) == (after, after)
    assert bench.cloud.panes("engineer").conferences == ()


def test_a_work_to_do_is_shown_with_its_link_and_cannot_be_ticked(bench):
    key = bench.api("v1.0/todo/users/union-fitter/tasks?operatorId=union-fitter", TODO).json["id"]
    (todo,) = bench.cloud.panes("fitter").todos
    assert (todo.key, todo.subject, todo.link, todo.done, todo.may_tick) == (
        key,
        "Order 17",
        "https://plant.example/17",
        False,
        False,
    )
    with pytest.raises(PersonError) as refused:
        bench.cloud.answer("fitter", "todo", key, "tick", bench.now)
    assert refused.value.hindrance is Hindrance.WORK_TODO
    assert bench.cloud.panes("fitter").open_todos == 1


@pytest.mark.parametrize(
    ("kind", "key", "does"),
    [
        ("ding", "unknown", "answer"),
        ("ding", "", "recall"),
        ("conference", "unknown", "join"),
        ("conference", "unknown", "kick"),
        ("todo", "unknown", "tick"),
        ("card", "x", "press"),
        ("", "", ""),
    ],
)
def test_what_waits_for_nobody_is_refused(bench, kind, key, does):
    with pytest.raises(PersonError) as refused:
        bench.cloud.answer("lead", kind, key, does, bench.now)
    assert refused.value.hindrance is Hindrance.NOTHING_WAITS


def test_what_is_over_cannot_be_done_again(bench):
    key = ding(bench, 3)
    bench.cloud.answer("lead", "ding", key, "decline", bench.now)
    with pytest.raises(PersonError):
        bench.cloud.answer("lead", "ding", key, "answer", bench.now)
