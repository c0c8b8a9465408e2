"""Out of service: hidden while its device is worked on, under a reason and a work order, until a person brings it back."""

from __future__ import annotations

import pytest

from edge.model.alarm import AlarmState, Priority
from edge.model.command import Acknowledge, Rejection, ReturnToService, Shelve, TakeOutOfService
from edge.model.moment import HOUR, MINUTE
from tests.unit.rules.plant import HOT, Story, at, rule, told

OUT = TakeOutOfService(HOT, "bearing is changed", "WO-17")
BACK = ReturnToService(HOT)


def test_it_is_bound_to_a_person_a_reason_and_a_work_order() -> None:
    story = Story(rule())
    event = story.command(10, OUT)
    assert (event.kind, event.time) == ("taken_out_of_service", at(10))
    assert event.data == {"by": "fitter.b", "via": "dingtalk", "reason": "bearing is changed", "work_order": "WO-17"}
    view = story.engine.view(HOT)
    assert (view.state, view.process_state) == (AlarmState.OOSRV, AlarmState.NORM)
    assert (view.service_by, view.service_reason, view.work_order) == ("fitter.b", "bearing is changed", "WO-17")
    assert [each.rule.id for each in story.engine.standing()] == [HOT]


def test_it_has_no_end_of_its_own() -> None:
    story = Story(rule())
    story.command(0, OUT)
    assert story.last is not None
    assert story.last.next_due is None
    assert story.wait(30 * 24 * 3600) == []
    assert story.state() is AlarmState.OOSRV


def test_underneath_the_alarm_goes_on() -> None:
    story = Story(rule(on=5))
    story.command(0, OUT)
    story.sample(1, 85.0)
    story.wait(10)
    (raised,) = (event for event in story.happened if event.kind == "raised")
    assert raised.data["suppressed"] == ["out_of_service"]
    assert story.engine.view(HOT).process_state is AlarmState.UNACK
    assert story.command(11, Acknowledge(HOT, 1)).kind == "acknowledged"


def test_what_is_active_when_it_comes_back_is_announced() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1))
    story.command(2, OUT)
    event = story.command(60, BACK, by="operator.a")
    assert (event.kind, event.data["by"]) == ("returned_to_service", "operator.a")
    assert (event.data["announce"], event.data["active"], event.data["acknowledged"]) == (True, True, False)
    view = story.engine.view(HOT)
    assert (view.state, view.service_by, view.service_reason, view.work_order) == (AlarmState.UNACK, None, None, None)


def test_what_came_and_went_meanwhile_waits_for_its_acknowledgement() -> None:
    story = Story(rule())
    story.command(0, OUT)
    story.samples((1, 85.0), (2, 70.0))
    assert story.command(60, BACK).data["announce"] is False
    assert story.state() is AlarmState.RTNUN


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (TakeOutOfService(HOT, "", "WO-17"), Rejection.REASON_MISSING),
        (TakeOutOfService(HOT, "x" * 501, "WO-17"), Rejection.COMMENT_TOO_LONG),
        (TakeOutOfService(HOT, "bearing is changed", " "), Rejection.WORK_ORDER_MISSING),
        (TakeOutOfService(HOT, "bearing is changed", "9" * 501), Rejection.WORK_ORDER_MISSING),
        (BACK, Rejection.IN_SERVICE),
    ],
)
def test_what_is_missing_is_said_and_nothing_changes(body: TakeOutOfService | ReturnToService, expected: Rejection) -> None:
    story = Story(rule())
    assert story.command(0, body).data["reason"] == expected
    assert story.state() is AlarmState.NORM


def test_out_is_out() -> None:
    story = Story(rule())
    story.command(0, OUT)
    assert story.command(1, OUT).data["reason"] == Rejection.ALREADY_OUT_OF_SERVICE


def test_what_warns_of_a_danger_to_people_stays_in_service() -> None:
    story = Story(rule(safety=True, priority=Priority.LOW))
    assert story.command(0, OUT).data["reason"] == Rejection.SAFETY_STAYS_IN_SERVICE
    assert story.state() is AlarmState.NORM


def test_a_high_priority_may_be_out_of_service_though_it_may_not_be_shelved() -> None:
    story = Story(rule(priority=Priority.CRITICAL))
    assert story.command(0, Shelve(HOT, HOUR, "known")).data["reason"] == Rejection.PRIORITY_NOT_SHELVABLE
    assert story.command(1, OUT).kind == "taken_out_of_service"


def test_a_shelf_and_a_work_order_are_two_covers() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(1, Shelve(HOT, 5 * MINUTE, "known"))
    story.command(2, OUT)
    back = story.command(60, BACK)
    assert (back.data["suppressed"], back.data["announce"]) == (["shelved"], False)
    (unshelved,) = story.wait(1000)
    assert unshelved.data["announce"] is True


def test_a_shelf_that_ends_meanwhile_leaves_it_out_of_service() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(1, Shelve(HOT, MINUTE, "known"))
    story.command(2, OUT)
    (unshelved,) = story.wait(1000)
    assert (unshelved.data["suppressed"], unshelved.data["announce"]) == (["out_of_service"], False)
    assert story.state() is AlarmState.OOSRV


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_it_stays_out_of_service(way: str) -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(1, OUT)
    if way == "restart":
        story = story.restarted(3600, outage=3500)
        assert story.wait(3600) == []
    else:
        assert story.reloaded(3600) == []
    view = story.engine.view(HOT)
    assert (view.state, view.service_by, view.work_order) == (AlarmState.OOSRV, "fitter.b", "WO-17")
    assert story.command(3601, BACK).data["announce"] is True


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_a_rule_that_has_become_one_of_safety_is_back_in_service_and_says_so(way: str) -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(0.5, Acknowledge(HOT, 1))
    story.command(1, OUT)
    if way == "restart":
        story = story.restarted(60, 30, rule(safety=True))
        (event,) = story.wait(60)
    else:
        (event,) = story.reloaded(60, rule(safety=True))
    assert (event.kind, event.data["by"]) == ("returned_to_service", "system")
    assert (event.data["announce"], event.data["acknowledged"]) == (True, False), "somebody is to see it anew"
    assert story.state() is AlarmState.UNACK
    assert told(story.wait(1000)) == []
