"""Shadow, trial, live: who is told, and how a message says that it is a test."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.event import Stream
from edge.model.intent import Intent, Purpose
from edge.response.policy import Route

TO_BOTH = Route("both", ("team:maintenance",))


def lines_of(intent: Intent) -> dict[str, str]:
    return dict(intent.message.lines)


def test_in_shadow_nobody_is_told_and_nobody_is_missing(shift: Any) -> None:
    assert shift.hear("raised", stage="shadow", suppressed=["shadow"]) == []
    assert shift.events == []


def test_a_trial_is_told_to_its_list_alone_and_says_that_it_is_a_test(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant((TO_BOTH,)))
    (card,) = shift.hear("raised", stage="commissioning", only=["person:ann"])
    assert (card.recipient, card.message.headline) == ("person:ann", "TEST [HIGH] main… bearing hot 84.2 °C")
    assert next(iter(lines_of(card).items())) == ("Test", "a trial of this alarm; only those named for it are told")
    (returned,) = [each for each in shift.hear("returned") if each.purpose is Purpose.RETURNED]
    assert returned.message.headline.startswith("TEST [HIGH OK] ")


def test_who_is_named_for_a_trial_needs_no_route_and_a_team_stands_for_its_members(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant(()))
    told = shift.hear("raised", stage="commissioning", only=["team:maintenance", "group:shift"])
    assert [intent.recipient for intent in told] == ["person:li", "person:ann", "group:shift"]
    assert [intent.message.headline[:8] for intent in told] == ["试运行【高】3号", "TEST [HI", "试运行【高】3号"]


def test_who_is_named_and_cannot_be_reached_stands_in_the_journal(shift: Any) -> None:
    assert shift.hear("raised", stage="commissioning", only=["person:gone", "person:mute"]) == []
    assert [(event.stream, event.kind, event.data["recipient"], event.data["detail"]) for event in shift.events] == [
        (Stream.DELIVERY, "unrouted", "person:gone", "unknown_recipient"),
        (Stream.DELIVERY, "unrouted", "person:mute", "no_address"),
    ]


def test_what_goes_live_while_active_rings_everybody_without_the_mark(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant((TO_BOTH,)))
    shift.hear("raised", stage="commissioning", only=["person:ann"])
    shift.restart()
    told = shift.at(60).hear("released", cause="commissioning")
    raised = {each.recipient: each for each in told if each.purpose is Purpose.RAISED}
    assert sorted(raised) == ["person:ann", "person:li"]
    assert raised["person:ann"].message.headline == "[HIGH] main motor bearing hot 84.2 °C"
    assert lines_of(raised["person:ann"])["Raised again"] == "told to more people now, and still active"


@pytest.mark.parametrize(("cover", "text"), [("shadow", "影子运行，不通知任何人"), ("maintenance:bearing", "检修窗口 bearing")])
def test_a_card_says_which_act_of_a_person_hides_its_alarm(shift: Any, cover: str, text: str) -> None:
    shift.hear("raised")
    (card,) = shift.hear("suppressed", suppressed=[cover])
    assert lines_of(card)["抑制"] == text
