"""A press that changed nothing is answered on the card that was pressed."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.intent import Purpose
from edge.response.policy import Route


@pytest.fixture
def shift(shift_at: Any, plant: Any) -> Any:
    return shift_at(plant([Route("all", ("team:maintenance", "group:shift"))]))


def test_the_second_who_presses_is_told_who_was_first(shift: Any) -> None:
    shift.hear("raised")
    shift.hear("acknowledged", by="li")
    answers = shift.hear("rejected", by="ann", reason="already_acknowledged", acknowledged_by="li")
    # Her own card, and the group's, which she may have pressed as well.
    assert [(answer.recipient, answer.purpose) for answer in answers] == [
        ("person:ann", Purpose.STATE),
        ("group:shift", Purpose.STATE),
    ]
    assert answers[0].message.lines[0] == ("Not done", "Lead B: already acknowledged by 钳工师傅")
    assert dict(answers[0].message.lines)["Acknowledged"].startswith("钳工师傅")


def test_the_answer_is_gone_with_the_next_news(shift: Any) -> None:
    shift.hear("raised")
    shift.hear("rejected")
    assert all("Not done" not in dict(intent.message.lines) for intent in shift.hear("acknowledged"))


def test_a_command_that_came_another_way_is_answered_there(shift: Any) -> None:
    shift.hear("raised")
    assert shift.hear("rejected", via="api") == []


def test_a_press_on_an_alarm_that_is_over_is_answered_while_its_card_is_known(shift: Any) -> None:
    shift.hear("raised")
    shift.hear("acknowledged")
    shift.hear("returned")
    answer = shift.hear("rejected", reason="not_unacknowledged")[0]
    assert (answer.message.state_text, answer.message.buttons) == ("Returned to normal", ())
    assert answer.message.lines[0] == ("Not done", "Lead B: nothing waits to be acknowledged")
