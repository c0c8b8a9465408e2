"""Phones ring while nobody acknowledges, as the routes ask; never for what is over, acknowledged or hidden."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from edge.model.act import Call, CallMedium
from edge.model.intent import Intent, Purpose, decode_intent, encode_intent
from edge.model.moment import MINUTE
from edge.response.identity import parse_intent_key
from edge.response.policy import Escalation, Route
from tests.unit.response.test_response_properties import STORIES, Play

ESCALATING = Route(
    "all",
    ("group:shift",),
    escalate=(
        Escalation(5 * MINUTE, CallMedium.APP, ("person:li",)),
        Escalation(10 * MINUTE, CallMedium.PHONE, ("team:maintenance",)),
    ),
)


@pytest.fixture
def told(shift_at: Any, plant: Any) -> Any:
    """The group was told; nobody has acknowledged."""
    shift = shift_at(plant([ESCALATING]))
    shift.receive(shift.hear("raised")[0])
    return shift


def calls(shift: Any, *, wanted: bool = True) -> list[Intent]:
    made = [each for each in shift.outbox.values() if each.purpose is Purpose.CALL]
    return [each for each in made if not wanted or each.key not in shift.withdrawn]


def minutes(shift: Any, count: float) -> list[tuple[str, CallMedium]]:
    return [(each.recipient, each.act.medium) for each in shift.at(60 * count).step() if isinstance(each.act, Call)]


def test_people_are_called_one_step_after_the_other(told: Any) -> None:
    assert told.next_due == told.now + 5 * MINUTE
    assert minutes(told, 4.9) == []
    assert minutes(told, 5) == [("person:li", CallMedium.APP)]
    assert minutes(told, 10) == [("person:li", CallMedium.PHONE), ("person:ann", CallMedium.PHONE)]
    assert minutes(told, 60) == []


def test_a_call_says_what_it_is_about_in_few_words_and_waits_behind_no_card(told: Any) -> None:
    minutes(told, 5)
    (call,) = calls(told)
    assert call.message.headline == "【高·呼叫】3号机架 主电机 轴承温度高 84.2 °C"
    assert call.message.guidance == "" and len(call.message.lines) <= 5
    card = told.told(Purpose.RAISED, to="group:shift")[0]
    assert {call.thread, call.card}.isdisjoint({card.thread, card.card})
    name = parse_intent_key("crm", call.key)
    assert name is not None and name.purpose is Purpose.CALL
    assert decode_intent(encode_intent(call)) == call


ENDS = ("acknowledged", "on_my_way", "returned", "shelved", "suppressed", "taken_out_of_service", "retired", "chattering")


@pytest.mark.parametrize("end", [end for end in ENDS if end != "on_my_way"])
def test_nobody_is_called_for_what_needs_nobody(told: Any, end: str) -> None:
    told.hear(end)
    assert minutes(told, 60) == []


@pytest.mark.parametrize("end", [end for end in ENDS if end != "on_my_way"])
def test_a_call_that_has_not_left_is_withdrawn(told: Any, end: str) -> None:
    minutes(told, 5)
    told.hear(end)
    assert calls(told) == [] and len(calls(told, wanted=False)) == 1
    events = [event for event in told.journal("withdrawn") if event.data["purpose"] == "call"]
    assert [event.data["recipient"] for event in events] == ["person:li"]


def test_a_call_that_was_made_is_not_withdrawn(told: Any) -> None:
    minutes(told, 5)
    told.receive(calls(told)[0])
    told.hear("acknowledged")
    assert told.withdrawn == []


def test_what_was_given_back_calls_from_the_first_step_again(told: Any) -> None:
    minutes(told, 5)
    told.receive(calls(told)[0])
    told.hear("acknowledged")
    told.at(60 * 20).hear("unacknowledged")
    assert minutes(told, 24.9) == []
    assert minutes(told, 25) == [("person:li", CallMedium.APP)]
    assert len({call.key for call in calls(told)}) == 2


def test_the_next_activation_takes_the_calls_of_the_one_before_back(told: Any) -> None:
    minutes(told, 5)
    told.hear("returned")
    told.hear("raised", occurrence=18)
    assert minutes(told, 10) == [("person:li", CallMedium.APP)]


def test_who_is_called_is_kept_over_a_restart_and_no_further_off(told: Any) -> None:
    told.restart()
    assert minutes(told, 5) == [("person:li", CallMedium.APP)]
    told.restart()
    told.hear("acknowledged")
    assert calls(told) == []


def test_a_wall_clock_that_ran_ahead_before_a_restart_delays_no_call_beyond_its_time(told: Any) -> None:
    told.at(-10 * 24 * 3600).restart()
    told.step()
    assert told.next_due == told.now + 5 * MINUTE


def test_nobody_is_called_for_a_trial(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([ESCALATING]))
    shift.hear("raised", stage="commissioning", only=["person:li"])
    assert minutes(shift, 60) == []


def test_who_cannot_be_called_is_on_record(shift_at: Any, plant: Any) -> None:
    step = Escalation(MINUTE, CallMedium.SMS, ("person:mute",))
    shift = shift_at(plant([Route("all", ("person:li",), escalate=(step,))]))
    shift.hear("raised")
    assert [event.data["recipient"] for event in shift.journal("unrouted")] == ["person:mute"]


@settings(max_examples=60, deadline=None)
@given(story=STORIES)
def test_whatever_happens_no_call_is_wanted_for_what_needs_nobody(shift_at: Any, plant: Any, story: list[Any]) -> None:
    play = Play(shift_at(plant([ESCALATING])))
    for happening in story:
        play.do(happening)
        wanted = [each for each in play.waiting() if each.purpose is Purpose.CALL]
        for call in wanted:
            name = parse_intent_key("crm", call.key)
            assert name is not None
            record = play.shift.records[f"{name.alarm}#{name.occurrence}"]
            facts = record["facts"]
            assert facts["active"] and not facts["acked"] and facts["shelved_until"] is None and record["closed"] is None
