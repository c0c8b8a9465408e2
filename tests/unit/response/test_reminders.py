"""Told again while nobody acknowledges: one at a time, counted from the attempt before, never in a burst."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.intent import Intent, Purpose
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.response.policy import Route


@pytest.fixture
def told(shift: Any) -> Any:
    """The raise arrived at 2 s; reminders every 5 minutes, 3 at most."""
    (raised,) = shift.hear("raised")
    shift.at(2).receive(raised)
    return shift


def minutes(shift: Any, count: float) -> list[Intent]:
    intents: list[Intent] = shift.at(2 + 60 * count).step()
    return intents


def test_a_reminder_comes_one_interval_after_the_attempt_and_not_before(told: Any) -> None:
    assert told.next_due == told.now + 5 * MINUTE
    assert minutes(told, 5 - 1 / 60) == []
    (reminder,) = minutes(told, 5)
    assert (reminder.purpose, reminder.key) == (
        Purpose.REMINDER,
        "crm/CRM.ST3.MOTOR/bearing_hot#17/person:li/reminder.1.1",
    )
    assert reminder.card == told.told(Purpose.RAISED)[0].card


def test_reminders_go_on_until_their_number_is_reached(told: Any) -> None:
    for count in range(1, 4):
        (reminder,) = minutes(told, 5 * count)
        told.receive(reminder)
    assert told.next_due is None
    assert minutes(told, 60) == []
    keys = [reminder.key.rpartition("/")[2] for reminder in told.told(Purpose.REMINDER)]
    assert keys == ["reminder.1.1", "reminder.1.2", "reminder.1.3"]


@pytest.mark.parametrize("end", ["acknowledged", "returned", "shelved", "retired"])
def test_an_alarm_that_somebody_saw_or_that_is_over_reminds_nobody(told: Any, end: str) -> None:
    told.hear(end)
    assert minutes(told, 60) == []


@pytest.mark.parametrize("end", ["acknowledged", "returned", "shelved", "retired"])
def test_a_reminder_that_has_not_left_yet_is_withdrawn(told: Any, end: str) -> None:
    (reminder,) = minutes(told, 5)
    told.hear(end)
    assert told.withdrawn == [reminder.key]
    (event,) = told.journal("withdrawn")
    assert (event.subject, event.data["purpose"], event.data["detail"]) == (reminder.key, "reminder", end)


def test_a_reminder_of_the_occurrence_before_is_withdrawn_by_the_next_raise(told: Any) -> None:
    (reminder,) = minutes(told, 5)
    told.hear("raised", occurrence=18)
    assert told.withdrawn == [reminder.key]


def test_a_reminder_that_was_delivered_is_not_withdrawn(told: Any) -> None:
    (reminder,) = minutes(told, 5)
    told.receive(reminder)
    told.hear("acknowledged")
    assert told.withdrawn == []


def test_nobody_is_reminded_of_a_raise_that_is_still_under_way(shift: Any) -> None:
    (raised,) = shift.hear("raised")
    assert shift.next_due is None
    assert minutes(shift, 60) == []
    shift.receive(raised)
    assert shift.next_due == shift.now + 5 * MINUTE


def test_a_channel_that_was_down_for_an_hour_rings_once_when_it_comes_back(told: Any) -> None:
    (reminder,) = minutes(told, 5)
    assert [minutes(told, count) for count in range(6, 65)] == [[]] * 59
    told.receive(reminder)
    assert told.next_due == told.now + 5 * MINUTE


def test_an_agent_that_was_down_for_an_hour_sends_one_reminder_and_says_since_when(told: Any) -> None:
    told.restart()
    (reminder,) = minutes(told, 65)
    assert dict(reminder.message.lines)["提醒"] == "第 1 次（最多 3 次），已有 1 小时 5 分无人确认"
    assert reminder.wanted_at == told.now - 60 * MINUTE
    assert minutes(told, 66) == []


def test_a_wall_clock_that_ran_ahead_before_a_restart_delays_no_reminder_beyond_its_interval(told: Any) -> None:
    told.at(-10 * 24 * 3600).restart()
    told.step()
    assert told.next_due == told.now + 5 * MINUTE


def test_a_reminder_whose_fate_is_unknown_does_not_stop_the_next(told: Any) -> None:
    (reminder,) = minutes(told, 5)
    told.receive(reminder, "unknown")
    assert len(minutes(told, 10)) == 1


def test_a_refused_reminder_does_not_stop_the_next(told: Any) -> None:
    (reminder,) = minutes(told, 5)
    told.receive(reminder, "refused")
    assert len(minutes(told, 10)) == 1


def test_who_was_refused_the_raise_is_not_reminded(shift: Any) -> None:
    shift.receive(shift.hear("raised")[0], "refused")
    assert shift.next_due is None
    assert minutes(shift, 60) == []


def test_a_route_without_repeat_reminds_nobody(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([Route("once", ("person:li",))]))
    shift.receive(shift.hear("raised")[0])
    assert shift.next_due is None


def test_an_alarm_that_asks_for_no_acknowledgement_reminds_nobody(shift: Any) -> None:
    shift.receive(shift.hear("raised", "event")[0])
    assert shift.next_due is None


def test_a_comment_does_not_stop_reminders(told: Any) -> None:
    told.hear("commented")
    assert len(minutes(told, 5)) == 1


def test_after_a_shelf_reminders_begin_from_the_first(shift: Any) -> None:
    shift.receive(shift.hear("raised", "oil_low")[0])
    shift.receive(minutes(shift, 6)[0])
    shift.hear("shelved", "oil_low")
    shift.receive(shift.hear("unshelved", "oil_low")[-1])
    (reminder,) = minutes(shift, 12)
    assert reminder.key.endswith("/reminder.2.1")
    assert dict(reminder.message.lines)["提醒"].startswith("第 1 次")


def test_each_recipient_is_reminded_by_their_own_attempts(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([Route("both", ("team:maintenance",), repeat_every=MINUTE)]))
    li, ann = shift.hear("raised")
    shift.at(0).receive(li)
    shift.at(30).receive(ann)
    assert [intent.recipient for intent in shift.at(60).step()] == ["person:li"]
    assert [intent.recipient for intent in shift.at(90).step()] == ["person:ann"]


def test_what_is_longest_overdue_is_told_first(shift: Any) -> None:
    for second, alarm in ((0, "oil_low"), (1, "bearing_hot")):
        shift.at(second).receive(shift.hear("raised", alarm)[0])
    overdue = shift.at(HOUR // SECOND).step()
    assert [intent.alarm.rpartition("/")[2] for intent in overdue] == ["oil_low", "bearing_hot"]
