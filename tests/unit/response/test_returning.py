"""The returned notice goes to those who got the raise, behind it, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.intent import Purpose
from edge.response.policy import Route
from edge.response.told import TRANSITIONS, Outcome, Told, after_receipt

TO_BOTH = Route("both", ("team:maintenance",))


def test_who_got_the_raise_hears_of_the_return_and_the_card_shows_it(shift: Any) -> None:
    (raised,) = shift.hear("raised")
    shift.receive(raised)
    state, notice = shift.hear("returned")
    assert (state.purpose, notice.purpose) == (Purpose.STATE, Purpose.RETURNED)
    assert state.card == notice.card == raised.card
    assert state.thread == notice.thread == raised.thread


def test_a_raise_still_under_way_keeps_its_place_and_the_return_waits_behind_it(shift: Any) -> None:
    (raised,) = shift.hear("raised")
    returned = shift.at(30).hear("returned")
    assert [intent.purpose for intent in returned] == [Purpose.STATE, Purpose.RETURNED]
    assert shift.withdrawn == []
    assert {intent.thread for intent in returned} == {raised.thread}


def test_who_was_refused_the_raise_hears_nothing_of_the_return(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([TO_BOTH]))
    li, ann = shift.hear("raised")
    shift.receive(li)
    shift.receive(ann, "refused")
    assert {intent.recipient for intent in shift.hear("returned")} == {"person:li"}


@pytest.mark.parametrize("outcome", ["refused", "expired"])
def test_what_waits_behind_a_raise_that_fails_is_withdrawn(shift: Any, outcome: str) -> None:
    (raised,) = shift.hear("raised")
    behind = shift.hear("returned")
    shift.receive(raised, outcome)
    assert shift.withdrawn == [intent.key for intent in behind]
    assert [event.data["detail"] for event in shift.journal("withdrawn")] == ["not_told", "not_told"]


def test_who_perhaps_got_the_raise_hears_of_the_return(shift: Any) -> None:
    (raised,) = shift.hear("raised")
    shift.receive(raised, "unknown")
    assert Purpose.RETURNED in [intent.purpose for intent in shift.hear("returned")]


def test_a_return_under_a_shelf_closes_what_was_opened(shift: Any) -> None:
    shift.receive(shift.hear("raised", "oil_low")[0])
    shift.hear("shelved", "oil_low")
    state, notice = shift.hear("returned", "oil_low")
    assert (state.purpose, notice.purpose) == (Purpose.STATE, Purpose.RETURNED)
    # The shelf hides the alarm; this occurrence of it has returned.
    assert state.message.state == "returned_unacknowledged"


def test_a_latched_alarm_has_returned_when_it_is_reset(shift: Any) -> None:
    shift.receive(shift.hear("raised", "tripped")[0])
    (gone,) = shift.hear("returned", "tripped")
    assert (gone.purpose, gone.message.state, gone.message.state_text) == (
        Purpose.STATE,
        "latched_unacknowledged",
        "条件已消失，未确认",
    )
    (acked,) = shift.hear("acknowledged", "tripped")
    assert acked.message.state_text == "条件已消失，待复位"
    assert [intent.purpose for intent in shift.hear("reset", "tripped")] == [Purpose.STATE, Purpose.RETURNED]


def test_it_is_told_once(shift: Any) -> None:
    shift.receive(shift.hear("raised")[0])
    shift.hear("returned")
    assert [intent.purpose for intent in shift.hear("acknowledged")] == [Purpose.STATE]
    assert shift.hear("returned") == []


def test_who_was_told_is_remembered_over_a_restart(shift: Any) -> None:
    shift.receive(shift.hear("raised")[0])
    shift.restart()
    assert [intent.purpose for intent in shift.hear("returned")] == [Purpose.STATE, Purpose.RETURNED]


def test_a_restart_tells_nobody_anything(shift: Any) -> None:
    shift.receive(shift.hear("raised")[0])
    shift.restart()
    assert shift.at(10).step() == []


def test_who_got_an_earlier_announcement_hears_the_return_though_the_last_one_was_refused(shift: Any) -> None:
    shift.receive(shift.hear("raised", "oil_low")[0])
    shift.hear("shelved", "oil_low")
    second = shift.hear("unshelved", "oil_low")[-1]
    shift.receive(second, "refused")
    # The second card does not exist: there is nothing to update, but there is somebody to tell.
    assert [intent.purpose for intent in shift.hear("returned", "oil_low")] == [Purpose.RETURNED]


def test_the_first_raise_may_arrive_after_the_second_was_intended(shift: Any) -> None:
    (first,) = shift.hear("raised", "oil_low")
    shift.hear("shelved", "oil_low")
    second = shift.hear("unshelved", "oil_low")[-1]
    shift.receive(first)
    shift.receive(second, "refused")
    assert Purpose.RETURNED in [intent.purpose for intent in shift.hear("returned", "oil_low")]


def test_a_second_announcement_that_is_refused_takes_back_its_card_but_not_the_return(shift: Any) -> None:
    shift.receive(shift.hear("raised", "oil_low")[0])
    shift.hear("shelved", "oil_low")
    closed, second = shift.hear("unshelved", "oil_low")
    state, notice = shift.hear("returned", "oil_low")
    shift.receive(second, "refused")
    assert shift.withdrawn == [state.key]
    assert {closed.key, notice.key}.isdisjoint(shift.withdrawn)


def test_a_first_raise_that_is_refused_says_nothing_about_the_second(shift: Any) -> None:
    (first,) = shift.hear("raised", "oil_low")
    shift.hear("shelved", "oil_low")
    second = shift.hear("unshelved", "oil_low")[-1]
    shift.receive(first, "refused")
    assert [intent.card for intent in shift.hear("acknowledged", "oil_low")] == [second.card]


# --- the machine ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", Told)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_receipt_has_an_outcome_in_every_state_and_a_second_one_changes_nothing(told: Told, outcome: Outcome) -> None:
    once = after_receipt(told, outcome)
    assert after_receipt(once, outcome) is once
    was_taken_back = told is Told.MISSED and outcome in (Outcome.DELIVERED, Outcome.UNKNOWN)
    arrived_after_all = told is Told.PERHAPS and outcome is Outcome.DELIVERED
    assert (told is Told.UNDER_WAY or was_taken_back or arrived_after_all) == ((told, outcome) in TRANSITIONS)


# --- receipts in the journal ------------------------------------------------------------------------------------------


def test_a_receipt_is_consumed_and_journalled(shift: Any) -> None:
    (raised,) = shift.hear("raised")
    row = shift.at(65).receipt(raised, "delivered", late_by=65_000_000, possible_repeat=True)
    assert shift.full_step([], [row]).consumed == (row.sequence,)
    (event,) = shift.journal("delivered")
    assert (event.subject, event.time, event.command) == (raised.key, shift.now, ("delivery", f"{raised.key}#1"))
    assert event.data == {
        "intent": raised.key,
        "recipient": "person:li",
        "purpose": "raised",
        "alarm": "CRM.ST3.MOTOR/bearing_hot",
        "occurrence": 17,
        "detail": "done",
        "late_by": 65.0,
        "possible_repeat": True,
    }


def test_a_receipt_of_an_occurrence_long_over_is_journalled_with_all_it_says(shift: Any) -> None:
    shift.receive("crm/CRM.ST3.MOTOR/bearing_hot#3/person:li/returned.1.0", "refused")
    (event,) = shift.journal("refused")
    assert (event.data["recipient"], event.data["purpose"], event.data["occurrence"]) == ("person:li", "returned", 3)


def test_a_receipt_of_an_intent_we_never_made_is_journalled_and_harms_nothing(shift: Any) -> None:
    assert shift.receive("something else", "unknown") == []
    assert shift.journal("unknown")[0].data["recipient"] == ""
