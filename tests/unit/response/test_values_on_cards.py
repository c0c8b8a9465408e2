"""The value on the card of an active alarm is shown anew: silently, at most every five minutes, rarer the longer it stands."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from edge.model.intent import Intent, Purpose
from edge.model.moment import HOUR, MINUTE
from edge.model.sample import Quality
from edge.response.policy import Delivering, Route
from edge.response.response import Response

ONE_CHAT = (Route("all to the group", ("group:shift",)),)


@pytest.fixture
def told(shift_at: Any, plant: Any) -> Any:
    """The raise arrived; from then on the bearing gets hotter by a degree a minute."""
    shift = shift_at(plant([Route("all to li", ("person:li",))], delivering=Delivering(values_every=5 * MINUTE)))
    shift.receive(shift.hear("raised")[0])
    return shift


def after(shift: Any, minutes: float, value: float | None = None) -> list[Intent]:
    shift.at(60 * minutes)
    shift.reads("de_temp", 84.2 + minutes if value is None else value)
    intents: list[Intent] = shift.step()
    return intents


def line(intent: Intent, label: str) -> str | None:
    return dict(intent.message.lines).get(label)


def test_a_value_that_changed_is_shown_after_five_minutes_and_rings_nobody(told: Any) -> None:
    assert after(told, 4.9) == []
    (card,) = after(told, 5)
    assert (card.purpose, line(card, "当前值")) == (Purpose.STATE, "89.2 °C · 08:05:35")


def test_the_longer_it_stands_the_rarer_it_is_shown(told: Any) -> None:
    shown = [minute for minute in range(1, 24 * 60) if after(told, minute)]
    assert shown[:5] == [5, 20, 65, 125, 185]
    assert {later - sooner for sooner, later in pairwise(shown[2:])} == {60}


def test_a_value_that_stands_still_costs_nothing(told: Any) -> None:
    assert [after(told, minute, 84.2) for minute in range(1, 60)] == [[]] * 59


def test_a_change_of_state_shows_the_value_too_so_that_the_next_is_five_minutes_off(told: Any) -> None:
    after(told, 3)
    told.hear("commented")
    assert after(told, 7.9) == []
    assert len(after(told, 8)) == 1


@pytest.mark.parametrize("end", ["returned", "shelved", "suppressed", "retired"])
def test_what_is_over_or_hidden_is_not_shown_anew(told: Any, end: str) -> None:
    told.hear(end)
    assert [after(told, minute) for minute in range(1, 30)] == [[]] * 29


def test_the_peak_so_far_is_on_the_card(told: Any) -> None:
    told.at(5 * 60).reads("de_temp", 85.0)
    step = told.response.step(told.now, [], [], told.readings.get, peaks=lambda _alarm: 97.5)
    assert line(step.intents[0], "峰值") == "97.5 °C"


def test_a_sensor_that_fails_shows_no_number(told: Any) -> None:
    told.at(5 * 60).reads("de_temp", 850.0, Quality.BAD)
    (card,) = told.step()
    assert "850" not in (line(card, "当前值") or "")


def test_what_is_due_is_kept_over_a_restart(told: Any) -> None:
    told.restart()
    assert after(told, 4.9) == []
    assert len(after(told, 5)) == 1


def test_a_wall_clock_that_ran_ahead_before_a_restart_delays_no_value_beyond_an_hour(told: Any) -> None:
    told.at(-10 * 24 * 3600).restart()
    told.step()
    assert told.next_due is not None and told.next_due <= told.now + HOUR


def test_a_plant_that_shows_values_with_states_alone_is_woken_by_no_value(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([Route("all to li", ("person:li",))]))
    shift.receive(shift.hear("raised")[0])
    assert isinstance(shift.response, Response)
    assert shift.next_due is None


@pytest.mark.parametrize("over_after", [4, 12, 30, 59])
def test_a_routine_incident_in_one_chat_costs_at_most_six_calls(shift_at: Any, plant: Any, over_after: int) -> None:
    """Raised, taken with one press, over within the hour: the card, its updates, the word that it is over."""
    shift = shift_at(plant(ONE_CHAT, delivering=Delivering(values_every=5 * MINUTE)))
    shift.receive(shift.hear("raised")[0])
    after(shift, 2)
    shift.hear("acknowledged", coming=True)
    for minute in range(3, over_after):
        after(shift, minute)
    after(shift, over_after)
    shift.hear("returned")
    assert 4 <= len(shift.outbox) <= 6
