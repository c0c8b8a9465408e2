"""Writes to devices, as the response decides them: what people ask, what rules want, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace
from typing import Any

import pytest

from edge.model.command import ConfirmWrite, DeedReceipt, InboxBody, InboxRow, LeaveDevices, RefuseWrite, Rejection, WritePoint
from edge.model.deed import Deed, DeedEnd, DeedKind, Value
from edge.model.event import Event, JournalRow, Stream
from edge.model.moment import HOUR, MINUTE, SECOND, from_iso
from edge.model.person import Role
from edge.model.sample import Mark, Quality, Sample
from edge.response.grants import Grant, Grants, OnFault, Purpose, RuleWrite, Until
from edge.response.judgement import LOCKED_FOR, STORM
from edge.response.point import WriteState, trouble_since
from edge.response.response import Response, ResponseStep

START = from_iso("2026-05-04T08:00:00+08:00")
OIL = "CRM.ST3.MOTOR.oil"
HOT, TRIPPED, EVENT = "CRM.ST3.MOTOR/bearing_hot", "CRM.ST3.MOTOR/tripped", "CRM.ST3.MOTOR/event"


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


GRANT = Grant(OIL, range=(0.0, 10.0), step=2.0, role=Role.WORKER, rules=True, rest=0.0)


@pytest.fixture
def desk(plant: Any) -> Callable[..., Desk]:
    def at(until: Until = Until.RETURNED, **changed: Any) -> Desk:
        of_rules = {alarm: (RuleWrite(OIL, value, until),) for alarm, value in ((HOT, 1.0), (TRIPPED, 3.0), (EVENT, 5.0))}
        return Desk(plant([]), replace(GRANT, **changed), of_rules)

    return at


def kinds(step: ResponseStep) -> list[str]:
    return [event.kind for event in step.events if event.stream is Stream.WRITE]


def refusal(step: ResponseStep) -> str:
    assert kinds(step)[:1] == ["rejected"]
    assert step.deeds == ()
    return str(step.events[0].data["reason"])


# --- people -----------------------------------------------------------------------------------------------------------


def test_what_is_granted_becomes_one_deed_with_an_end_to_its_time(desk: Any) -> None:
    step = desk().ask(3.5)
    assert kinds(step) == ["asked"]
    [deed] = step.deeds
    assert (deed.kind, deed.tag, deed.value) == (DeedKind.WRITE, OIL, 3.5)
    assert deed.valid_until == START + GRANT.valid_for


@pytest.mark.parametrize(
    ("value", "more", "reason"),
    [
        (3.0, {"role": Role.VIEWER}, Rejection.WRONG_ROLE),
        (11.0, {}, Rejection.OUT_OF_RANGE),
        (float("nan"), {}, Rejection.NOT_A_VALUE),
        (float("inf"), {}, Rejection.NOT_A_VALUE),
        ("on", {}, Rejection.NOT_A_VALUE),
        (4.5, {}, Rejection.STEP_TOO_LARGE),
        (3.0, {"age": 11 * SECOND}, Rejection.WRITE_EXPIRED),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_reason(desk: Any, value: Value, more: Any, reason: Rejection) -> None:
    assert refusal(desk().ask(value, **more)) == reason


def test_a_point_without_a_grant_is_refused_whoever_asks(desk: Any) -> None:
    at = desk()
    assert refusal(at.send(WritePoint("CRM.ST3.MOTOR.trip", 1.0, "x", Role.ADMIN))) == Rejection.NOT_GRANTED
    assert refusal(at.send(WritePoint("NO.SUCH.tag", 1.0, "x", Role.ADMIN))) == Rejection.NOT_GRANTED


def test_a_step_from_a_value_that_nobody_knows_is_refused(desk: Any) -> None:
    at = desk()
    at.show(OIL, 2.0, Quality.BAD)
    assert refusal(at.ask(3.0)) == Rejection.VALUE_NOT_KNOWN


def test_a_reason_is_always_wanted(desk: Any) -> None:
    assert refusal(desk().send(WritePoint(OIL, 3.0, " ", Role.ENGINEER))) == Rejection.REASON_MISSING


def test_the_next_write_waits_for_the_end_of_the_last(desk: Any) -> None:
    at = desk()
    [deed] = at.ask(3.0).deeds
    assert refusal(at.ask(2.5)) == Rejection.WRITE_OPEN
    at.end(deed, DeedEnd.DONE, 3.0)
    assert at.ask(2.5).deeds


def test_more_than_the_rate_is_refused_and_a_storm_locks_the_point_for_a_while(desk: Any) -> None:
    at = desk(times=2)
    for _ in range(2):
        [deed] = at.ask(3.0).deeds
        at.end(deed, DeedEnd.DONE, 3.0)
    refused = [at.ask(3.0) for _ in range(STORM)]
    assert {refusal(step) for step in refused} == {Rejection.TOO_OFTEN}
    assert kinds(refused[-1]) == ["rejected", "locked"]
    at.now += 2 * MINUTE
    assert refusal(at.ask(3.0)) == Rejection.POINT_LOCKED
    assert kinds(at.wait(LOCKED_FOR)) == ["unlocked"]
    assert at.ask(3.0).deeds


def test_nothing_is_written_to_a_device_with_a_hang_tag_and_what_waits_is_taken_back(desk: Any) -> None:
    at = desk()
    [deed] = at.ask(3.0).deeds
    at.hanging.add("CRM.ST3.MOTOR")
    taken_back = at.step()
    assert taken_back.withdrawn == (deed.key,)
    assert kinds(taken_back) == ["withdrawn"]
    assert refusal(at.ask(3.0)) == Rejection.HANG_TAG


# --- two steps --------------------------------------------------------------------------------------------------------


def test_a_write_of_two_steps_leaves_only_when_somebody_else_agrees_in_time(desk: Any) -> None:
    at = desk(two_step=2 * MINUTE)
    assert at.ask(3.0).deeds == ()
    name = f"{OIL}~1"
    assert refusal(at.send(ConfirmWrite(name, Role.ENGINEER), "li")) == Rejection.SAME_PERSON
    assert refusal(at.send(ConfirmWrite(name, Role.VIEWER), "ann")) == Rejection.WRONG_ROLE
    at.now += MINUTE
    confirmed = at.send(ConfirmWrite(name, Role.WORKER), "ann")
    assert kinds(confirmed) == ["confirmed"]
    assert [deed.valid_until for deed in confirmed.deeds] == [at.now + GRANT.valid_for]
    assert refusal(at.send(ConfirmWrite(name, Role.WORKER), "ann")) == Rejection.NOT_TO_CONFIRM
    assert refusal(at.send(ConfirmWrite(f"{OIL}~7", Role.WORKER), "ann")) == Rejection.UNKNOWN_WRITE


def test_a_no_ends_a_write_that_waits_for_a_second_person_and_whoever_asked_may_take_it_back(desk: Any) -> None:
    at = desk(two_step=2 * MINUTE)
    at.ask(3.0)
    assert refusal(at.send(RefuseWrite(f"{OIL}~1", Role.VIEWER), "ann")) == Rejection.WRONG_ROLE
    told = at.send(RefuseWrite(f"{OIL}~1", Role.WORKER), "ann")
    assert [(event.kind, event.data["cause"], event.data["by"]) for event in told.events] == [("withdrawn", "refused", "ann")]
    assert at.response.points()[OIL].writes[0].state is WriteState.WITHDRAWN
    assert refusal(at.send(ConfirmWrite(f"{OIL}~1", Role.WORKER), "eve")) == Rejection.NOT_TO_CONFIRM
    at.ask(2.5)
    assert kinds(at.send(RefuseWrite(f"{OIL}~2", Role.VIEWER), "li")) == ["withdrawn"]
    assert at.wait(5 * MINUTE).deeds == ()


def test_a_write_keeps_what_the_tag_showed_before_it(desk: Any) -> None:
    at = desk(step=None)
    asked = at.ask(3.0)
    at.show(OIL, 9.0, Quality.BAD)
    at.send(DeedReceipt(asked.deeds[0].key, DeedEnd.DONE, "", at.now, at.now, 3.0))
    at.ask(4.0)
    assert [write.before for write in at.response.points()[OIL].writes] == [2.0, None]


def test_what_nobody_agrees_to_in_time_expires_and_is_never_sent(desk: Any) -> None:
    at = desk(two_step=2 * MINUTE)
    step = at.ask(3.0)
    assert step.next_due is not None
    assert kinds(at.wait(2 * MINUTE + 1)) == ["expired"]
    assert refusal(at.send(ConfirmWrite(f"{OIL}~1", Role.WORKER), "ann")) == Rejection.NOT_TO_CONFIRM


def test_the_second_person_does_not_send_what_the_first_could_not_now(desk: Any) -> None:
    at = desk(two_step=2 * MINUTE)
    at.ask(3.0)
    at.show(OIL, 9.0)
    assert refusal(at.send(ConfirmWrite(f"{OIL}~1", Role.WORKER), "ann")) == Rejection.STEP_TOO_LARGE


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [DeedEnd.DONE, DeedEnd.DIFFERENT, DeedEnd.FAILED, DeedEnd.UNKNOWN, DeedEnd.EXPIRED])
def test_each_end_is_in_the_journal_behind_that_it_was_sent(desk: Any, end: DeedEnd) -> None:
    at = desk()
    [deed] = at.ask(3.0).deeds
    assert kinds(at.end(deed, end)) == ["sent", str(end)]
    assert at.state() == WriteState(end)
    assert at.wait(HOUR).deeds == ()


def test_an_unknown_write_is_looked_at_and_shown_as_unknown_until_then(desk: Any) -> None:
    at = desk()
    [deed] = at.ask(3.0).deeds
    [look] = at.end(deed, DeedEnd.UNKNOWN).deeds
    assert (look.kind, look.value) == (DeedKind.READ_BACK, 3.0)
    at.end(look, DeedEnd.EXPIRED)
    assert at.state() is WriteState.UNKNOWN
    found = at.end(look, DeedEnd.DONE, 3.0)
    assert kinds(found) == ["done"]
    assert found.events[0].data["found"] is True
    assert at.state() is WriteState.DONE


def test_a_later_write_ends_the_looking_for_an_earlier_one(desk: Any) -> None:
    at = desk()
    [deed] = at.ask(3.0).deeds
    [look] = at.end(deed, DeedEnd.UNKNOWN).deeds
    assert look.key in at.ask(2.5).withdrawn


def test_a_receipt_of_a_deed_that_nobody_knows_changes_nothing(desk: Any) -> None:
    at = desk()
    for key in ("other", f"crm/write/{OIL}~99", f"crm/write/{OIL}~x"):
        assert at.send(DeedReceipt(key, DeedEnd.DONE, "", at.now), "system").events == ()


# --- rules ------------------------------------------------------------------------------------------------------------


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


def test_a_step_that_is_run_again_comes_to_the_same_deeds(desk: Any) -> None:
    first, second = desk(), desk()
    assert first.ask(3.0).deeds == second.ask(3.0).deeds


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


@pytest.mark.parametrize(
    ("end", "counts"),
    [(DeedEnd.DONE, (0, 0)), (DeedEnd.FAILED, (1, 0)), (DeedEnd.DIFFERENT, (1, 0)), (DeedEnd.UNKNOWN, (0, 1))],
)
def test_what_went_wrong_with_a_write_counts_for_as_long_as_one_looks_back(desk: Any, end: DeedEnd, counts: Any) -> None:
    at = desk()
    [deed] = at.ask(3.0).deeds
    at.end(deed, end)
    points = at.response.points().values()
    assert astuple(trouble_since(points, at.now - HOUR)) == counts
    assert astuple(trouble_since(points, at.now + 1)) == (0, 0)
    assert at.response.write_ends()[str(end)] == 1


def test_what_is_no_longer_granted_is_taken_back(desk: Any) -> None:
    at = desk()
    [deed] = at.ask(3.0).deeds
    at.policy = replace(at.policy, grants=Grants())
    at.restart()
    assert at.step().withdrawn == (deed.key,)


def test_a_rule_that_no_longer_writes_lets_go_at_the_next_start_and_another_value_is_written(desk: Any) -> None:
    for of_rules, written in (({}, 0.0), ({HOT: (RuleWrite(OIL, 2.5),)}, 2.5)):
        at = desk()
        at.alarm("raised")
        at.policy = replace(at.policy, grants=Grants({OIL: replace(GRANT)}, of_rules))
        at.restart()
        assert [deed.value for deed in at.step().deeds] == [written]
