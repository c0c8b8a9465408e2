"""What people ask to be written, as the response decides it, and what becomes of it."""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import Any

import pytest

from edge.model.command import ConfirmWrite, DeedReceipt, RefuseWrite, Rejection, WritePoint
from edge.model.deed import DeedEnd, DeedKind, Value
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.model.person import Role
from edge.model.sample import Quality
from edge.response.grants import Grants
from edge.response.judgement import LOCKED_FOR, STORM
from edge.response.point import WriteState, trouble_since
from tests.unit.response.write_desk import GRANT, OIL, START, kinds, refusal

# --- one person ------------------------------------------------------------------------------------------------------


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


# --- two steps -------------------------------------------------------------------------------------------------------


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


# --- ends ------------------------------------------------------------------------------------------------------------


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


def test_a_step_that_is_run_again_comes_to_the_same_deeds(desk: Any) -> None:
    first, second = desk(), desk()
    assert first.ask(3.0).deeds == second.ask(3.0).deeds


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
