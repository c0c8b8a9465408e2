"""What rules want written while their alarms stand, as the response decides it, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.model.command import LeaveDevices
from edge.model.deed import DeedEnd, DeedKind
from edge.model.event import Event, Stream
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.model.sample import Mark, Quality
from edge.response.grants import Grants, OnFault, Purpose, RuleWrite, Until
from tests.unit.response.write_desk import EVENT, GRANT, HOT, OIL, TRIPPED, kinds


def test_a_rule_holds_its_value_while_its_alarm_is_raised_and_the_rest_follows(desk: Any) -> None:
    at = desk()
    raised = at.alarm("raised")
    assert [deed.value for deed in raised.deeds] == [1.0]
    assert next(event for event in raised.events if event.kind == "asked").data["by"] == f"rule:{HOT}"
    assert at.wait(MINUTE).deeds == ()
    at.end(raised.deeds[0], DeedEnd.DONE, 1.0)
    assert [deed.value for deed in at.alarm("returned").deeds] == [0.0]


def test_until_acknowledged_goes_with_the_acknowledgement_and_not_with_the_return(desk: Any) -> None:
    at = desk(Until.ACKNOWLEDGED)
    at.alarm("raised")
    assert at.alarm("returned").deeds == ()
    assert [deed.value for deed in at.alarm("acknowledged").deeds] == [0.0]


def test_of_several_rules_the_most_urgent_wins_whatever_came_last(desk: Any) -> None:
    at = desk()
    assert [deed.value for deed in at.alarm("raised", TRIPPED, priority="critical").deeds] == [3.0]
    assert at.alarm("raised", HOT).deeds == ()
    assert [deed.value for deed in at.alarm("returned", TRIPPED).deeds] == [1.0]
    assert at.alarm("raised", EVENT, priority="low").deeds == ()


@pytest.mark.parametrize(
    "hidden", [{"suppressed": ["shelved"]}, {"suppressed": ["shadow"]}, {"stage": "commissioning", "only": []}]
)
def test_an_alarm_that_is_hidden_or_on_trial_writes_nothing(desk: Any, hidden: Any) -> None:
    at = desk()
    assert at.alarm("raised", **hidden).deeds == ()
    assert at.alarm("released", active=True, cause="shadow", announce=True).deeds


@pytest.mark.parametrize("kind", ["shelved", "suppressed", "taken_out_of_service", "retired"])
def test_a_rule_that_is_hidden_later_lets_go(desk: Any, kind: str) -> None:
    at = desk()
    at.alarm("raised")
    data = {"suppressed": ["shelved"], "work_order": "W", "state": "unacknowledged", "cause": "rule_removed", "one_shot": False}
    assert [deed.value for deed in at.alarm(kind, **data).deeds] == [0.0]


def test_a_rule_waits_for_room_in_the_rate_and_only_the_last_value_is_written(desk: Any) -> None:
    at = desk(times=1)
    at.alarm("raised")
    assert at.alarm("returned").deeds == ()
    waiting = at.alarm("raised")
    assert waiting.deeds == ()
    at.alarm("returned")
    assert [deed.value for deed in at.wait(MINUTE).deeds] == [0.0]


def test_what_a_rule_wants_waits_for_a_hang_tag_to_go_and_says_so_once(desk: Any) -> None:
    at = desk()
    at.hanging.add("CRM.ST3.MOTOR")
    assert kinds(at.alarm("raised")) == ["held_back"]
    assert kinds(at.wait(MINUTE)) == []
    at.hanging.clear()
    assert [deed.value for deed in at.wait(SECOND).deeds] == [1.0]


@pytest.mark.parametrize("end", [DeedEnd.EXPIRED, DeedEnd.FAILED, DeedEnd.DIFFERENT])
def test_a_rules_write_that_surely_is_not_there_is_asked_for_anew_later_and_later(desk: Any, end: DeedEnd) -> None:
    at = desk(purpose=Purpose.SIREN)
    [deed] = at.alarm("raised").deeds
    names = [deed.write]
    for wait in (10, 20, 40):
        at.end(deed, end)
        assert at.wait((wait - 1) * SECOND).deeds == ()
        [deed] = at.wait(SECOND).deeds
        names.append(deed.write)
    assert len(set(names)) == len(names)


def test_a_rules_write_that_may_have_arrived_is_not_repeated(desk: Any) -> None:
    at = desk(read_back=None)
    [deed] = at.alarm("raised").deeds
    at.end(deed, DeedEnd.UNKNOWN)
    assert at.wait(HOUR).deeds == ()


def test_a_rules_unknown_write_is_asked_for_anew_when_a_look_proves_that_it_is_not_there(desk: Any) -> None:
    at = desk(purpose=Purpose.LAMP)
    [deed] = at.alarm("raised").deeds
    for wait in (10, 20):
        [look] = at.end(deed, DeedEnd.UNKNOWN).deeds
        assert at.wait(MINUTE).deeds == ()
        at.end(look, DeedEnd.DIFFERENT, 0.0)
        assert at.wait((wait - 1) * SECOND).deeds == ()
        [deed] = at.wait(SECOND).deeds
        assert (deed.kind, deed.value) == (DeedKind.WRITE, 1.0)
    at.end(deed, DeedEnd.DONE, 1.0)
    assert at.wait(HOUR).deeds == ()


def test_a_request_that_is_no_longer_shown_may_have_been_honoured_and_is_not_repeated(desk: Any) -> None:
    at = desk(purpose=Purpose.REQUEST)
    [deed] = at.alarm("raised").deeds
    at.end(deed, DeedEnd.DIFFERENT, 0.0)
    assert at.wait(HOUR).deeds == ()


def test_what_a_rule_no_longer_wants_and_what_a_person_has_written_since_is_not_asked_for_anew(desk: Any) -> None:
    at = desk()
    [deed] = at.alarm("raised").deeds
    at.end(deed, DeedEnd.FAILED)
    [rest] = at.alarm("returned").deeds
    at.end(rest, DeedEnd.DONE, 0.0)
    assert at.wait(HOUR).deeds == ()
    [deed] = at.alarm("raised").deeds
    at.end(deed, DeedEnd.FAILED)
    [own] = at.ask(2.5).deeds
    at.end(own, DeedEnd.DONE, 2.5)
    assert at.wait(HOUR).deeds == ()


@pytest.mark.parametrize(("on_fault", "written"), [(OnFault.HOLD, []), (OnFault.VALUE, [7.0]), (OnFault.RELEASE, [0.0])])
def test_what_is_left_when_the_reason_cannot_be_told_and_before_a_stop(desk: Any, on_fault: OnFault, written: Any) -> None:
    for bad in (True, False):
        at = desk(on_fault=on_fault, fault_value=7.0, step=None)
        at.show("CRM.ST3.MOTOR.de_temp", 84.0)
        at.alarm("raised")
        if bad:
            at.show("CRM.ST3.MOTOR.de_temp", 84.0, Quality.BAD)
            step = at.wait(SECOND)
        else:
            step = at.send(LeaveDevices(), "system")
            assert kinds(step)[0] == "left"
        assert [deed.value for deed in step.deeds] == written
        if bad:
            at.show("CRM.ST3.MOTOR.de_temp", 84.0)
            again = at.wait(SECOND)
        else:
            at.restart()
            again = at.hear(Event(Stream.SYSTEM, "started", "gw-01", at.now, {"epoch": 2, "outage": 1.0}))
        assert [deed.value for deed in again.deeds] == [1.0 for _ in written]


def test_a_crash_writes_nothing_again_and_forgets_nothing(desk: Any) -> None:
    at = desk()
    at.alarm("raised")
    before = at.response.points()
    at.restart()
    assert at.response.points() == before
    assert at.hear(Event(Stream.SYSTEM, "started", "gw-01", at.now, {"epoch": 2, "outage": 1.0})).deeds == ()
    assert [deed.value for deed in at.alarm("returned").deeds] == [0.0]


DE_TEMP = "CRM.ST3.MOTOR.de_temp"


@pytest.mark.parametrize("until", list(Until))
def test_an_alarm_that_stands_on_a_forced_value_writes_nothing_and_the_journal_says_why(desk: Any, until: Until) -> None:
    at = desk(until)
    at.show(DE_TEMP, 84.0, mark=Mark.FORCED)
    raised = at.alarm("raised", forced=[DE_TEMP])
    [said] = [event for event in raised.events if event.stream is Stream.WRITE]
    assert raised.deeds == ()
    assert (said.kind, said.data) == (
        "held_back",
        {"cause": "forced_value", "value": 1.0, "alarm": HOT, "forced": [DE_TEMP]},
    )
    at.restart()
    assert at.wait(HOUR).deeds == ()
    at.show(DE_TEMP, 20.0)
    assert at.wait(SECOND).deeds == ()
    assert at.alarm("returned").deeds == ()
    assert at.wait(HOUR).deeds == ()


def test_an_alarm_that_still_stands_when_nothing_is_forced_any_more_writes_then(desk: Any) -> None:
    at = desk()
    at.show(DE_TEMP, 84.0, mark=Mark.FORCED)
    at.alarm("raised", forced=[DE_TEMP])
    at.show(DE_TEMP, 84.0, Quality.BAD)
    assert at.wait(HOUR).deeds == ()
    at.show(DE_TEMP, 85.0)
    at.wait(SECOND)
    at.show(DE_TEMP, 85.0, mark=Mark.FORCED)
    assert at.wait(MINUTE).deeds == ()
    at.show(DE_TEMP, 85.0)
    assert at.wait(SECOND).deeds == ()
    assert [deed.value for deed in at.wait(MINUTE).deeds] == [1.0]


def test_an_alarm_that_comes_off_its_shelf_while_its_tag_is_forced_writes_nothing(desk: Any) -> None:
    at = desk()
    at.show(DE_TEMP, 84.0, mark=Mark.FORCED)
    step = at.alarm("unshelved", active=True, announce=True, cause="expired")
    assert (step.deeds, kinds(step)) == ((), ["held_back"])


def test_a_rule_that_no_longer_writes_lets_go_at_the_next_start_and_another_value_is_written(desk: Any) -> None:
    for of_rules, written in (({}, 0.0), ({HOT: (RuleWrite(OIL, 2.5),)}, 2.5)):
        at = desk()
        at.alarm("raised")
        at.policy = replace(at.policy, grants=Grants({OIL: replace(GRANT)}, of_rules))
        at.restart()
        assert [deed.value for deed in at.step().deeds] == [written]
