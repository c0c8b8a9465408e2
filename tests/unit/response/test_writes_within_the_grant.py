"""Nothing is written beyond what the grant of today says: after a restart, by a second person, by a rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.model.command import ConfirmWrite, Rejection
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.model.person import Role
from edge.model.sample import Quality
from edge.response.grants import Grant, Grants, Purpose, RuleWrite
from edge.response.judgement import LOCKED_FOR, STORM
from edge.response.point import WriteState
from tests.unit.response.write_desk import GRANT, HOT, OIL, Desk, kinds, refusal

SECOND_PERSON = ConfirmWrite(f"{OIL}~1", Role.ENGINEER)
DEVICE = "CRM.ST3.MOTOR"


@pytest.fixture
def desk(plant: Any) -> Any:
    def at(**changed: Any) -> Desk:
        return Desk(plant([]), replace(GRANT, **{"step": None, **changed}), {HOT: (RuleWrite(OIL, 1.0),)})

    return at


def regranted(at: Desk, **changed: Any) -> None:
    """The gateway starts again, with another grant."""
    grants = at.policy.grants
    grant: Grant = replace(grants.by_tag[OIL], **changed)
    at.policy = replace(at.policy, grants=Grants({OIL: grant}, grants.of_rules))
    at.restart()


def withdrawn(step: Any) -> list[tuple[str, str]]:
    return [(event.kind, event.data["cause"]) for event in step.events if event.kind == "withdrawn"]


# --- a grant that was narrowed ----------------------------------------------------------------------------------------


def test_a_second_person_cannot_send_what_the_grant_no_longer_allows(desk: Any) -> None:
    at = desk(two_step=HOUR)
    at.ask(9.0)
    regranted(at, range=(0.0, 4.0))
    assert refusal(at.send(SECOND_PERSON, "wang")) == Rejection.OUT_OF_RANGE


@pytest.mark.parametrize("changed", [{"range": (0.0, 4.0)}, {"range": None, "allowed": (0.0, 1.0)}])
def test_what_is_on_its_way_and_no_longer_fits_is_taken_back(desk: Any, changed: Any) -> None:
    at = desk(valid_for=5 * MINUTE)
    [deed] = at.ask(9.0).deeds
    regranted(at, **changed)
    step = at.wait(SECOND)
    assert (step.withdrawn, withdrawn(step)) == ((deed.key,), [("withdrawn", "no_grant")])
    assert at.state() is WriteState.WITHDRAWN


def test_what_is_on_its_way_and_still_fits_is_left_alone(desk: Any) -> None:
    at = desk(valid_for=5 * MINUTE)
    at.ask(3.0)
    regranted(at, range=(0.0, 4.0))
    assert at.wait(SECOND).withdrawn == ()


def test_a_rules_value_that_the_grant_no_longer_allows_is_not_written_and_the_journal_says_so_once(desk: Any) -> None:
    at = desk()
    at.hanging.add(DEVICE)
    at.alarm("raised")
    regranted(at, range=(2.0, 4.0), rest=None)
    at.hanging.clear()
    steps = [at.wait(SECOND), at.wait(SECOND)]
    assert [deed for step in steps for deed in step.deeds] == []
    assert [event.data["cause"] for step in steps for event in step.events] == [Rejection.OUT_OF_RANGE]


# --- the second person ------------------------------------------------------------------------------------------------


def test_a_second_persons_word_counts_in_the_rate(desk: Any) -> None:
    at = desk(two_step=HOUR, times=1, per=HOUR)
    at.ask(3.0)
    regranted(at, two_step=None)
    assert len(at.alarm("raised").deeds) == 1
    assert refusal(at.send(SECOND_PERSON, "wang")) == Rejection.TOO_OFTEN


def test_while_a_tag_hangs_a_second_person_sends_nothing(desk: Any) -> None:
    at = desk(two_step=HOUR)
    at.ask(3.0)
    at.hanging.add(DEVICE)
    assert refusal(at.send(SECOND_PERSON, "wang")) == Rejection.HANG_TAG


def test_a_second_persons_word_that_comes_too_late_sends_nothing(desk: Any) -> None:
    at = desk(two_step=HOUR)
    at.ask(3.0)
    at.now += MINUTE
    assert refusal(at.send(SECOND_PERSON, "wang", age=GRANT.valid_for + 1)) == Rejection.WRITE_EXPIRED
    assert len(at.send(SECOND_PERSON, "wang", age=GRANT.valid_for).deeds) == 1


def lock(at: Desk) -> None:
    for _ in range(STORM):
        refusal(at.ask(11.0))


def test_while_a_point_is_locked_a_second_person_sends_nothing(desk: Any) -> None:
    at = desk(two_step=HOUR)
    at.ask(3.0)
    lock(at)
    assert refusal(at.send(SECOND_PERSON, "wang")) == Rejection.POINT_LOCKED


# --- rules ------------------------------------------------------------------------------------------------------------


def test_while_a_point_is_locked_a_rule_waits(desk: Any) -> None:
    at = desk()
    lock(at)
    assert at.alarm("raised").deeds == ()
    assert at.wait(LOCKED_FOR - SECOND).deeds == ()
    assert [deed.value for deed in at.wait(SECOND).deeds] == [1.0]


@pytest.mark.parametrize("changed", [{"two_step": HOUR}, {"purpose": Purpose.SETPOINT}, {"rules": False}])
def test_a_rule_writes_nothing_that_wants_a_person(desk: Any, changed: Any) -> None:
    at = desk(**changed)
    step = at.alarm("raised")
    assert (step.deeds, kinds(step)) == ((), ["held_back"])
    assert at.wait(HOUR).deeds == ()


@pytest.mark.parametrize(
    ("value", "quality", "cause"),
    [(9.0, Quality.GOOD, Rejection.STEP_TOO_LARGE), (1.2, Quality.BAD, Rejection.VALUE_NOT_KNOWN)],
)
def test_a_rule_changes_a_value_by_a_step_at_most_and_waits_until_it_may(
    desk: Any, value: float, quality: Quality, cause: Rejection
) -> None:
    at = desk(step=0.5)
    at.show(OIL, value, quality)
    step = at.alarm("raised")
    assert (step.deeds, [event.data["cause"] for event in step.events if event.kind == "held_back"]) == ((), [cause])
    waiting = at.wait(SECOND)
    assert (waiting.deeds, kinds(waiting)) == ((), [])
    assert waiting.next_due == at.now + SECOND
    at.show(OIL, 1.4)
    assert [deed.value for deed in at.wait(SECOND).deeds] == [1.0]


def test_a_value_that_nobody_has_heard_of_for_too_long_is_no_value_to_step_from(desk: Any) -> None:
    at = desk(step=0.5)
    device = at.policy.devices[DEVICE]
    tags = tuple(replace(tag, stale_after=MINUTE) if tag.name == OIL else tag for tag in device.tags)
    at.policy = replace(at.policy, devices={**at.policy.devices, DEVICE: replace(device, tags=tags)})
    at.restart()
    at.now += MINUTE + 1
    assert refusal(at.ask(2.2)) == Rejection.VALUE_NOT_KNOWN
    at.now -= 1
    assert len(at.ask(2.2).deeds) == 1
