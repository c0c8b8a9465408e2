"""What needs a person again rings by a short message of its own and names people in groups; whatever else moves is silent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.model.intent import Intent, Purpose, decode_intent, encode_intent
from edge.model.moment import MINUTE
from edge.model.person import Group
from edge.response.policy import Route

EVERYBODY = Route("all", ("team:maintenance", "group:shift"), repeat_every=5 * MINUTE)


@pytest.fixture
def told(shift_at: Any, plant: Any) -> Any:
    """Li, Ann and the group of the shift were told; Li acknowledges. The group lists whom to name."""
    policy = plant([EVERYBODY])
    shift_group = Group("shift", "Shift", "both", {"dingtalk": {"group": "shift"}}, mention=("li", "ann"))
    directory = replace(policy.directory, groups={"shift": shift_group})
    shift = shift_at(replace(policy, directory=directory))
    for intent in shift.hear("raised"):
        shift.receive(intent)
    return shift


def purposes(intents: list[Intent], to: str) -> list[Purpose]:
    return [intent.purpose for intent in intents if intent.recipient == to]


def mentions(intents: list[Intent], to: str) -> list[tuple[str, ...]]:
    return [intent.mention for intent in intents if intent.recipient == to and intent.purpose is not Purpose.STATE]


def test_what_was_given_back_rings_everybody_but_who_gave_it_back(told: Any) -> None:
    told.hear("acknowledged", by="li")
    given_back = told.hear("unacknowledged", by="li")
    assert purposes(given_back, "person:li") == [Purpose.STATE]
    assert purposes(given_back, "person:ann") == purposes(given_back, "group:shift") == [Purpose.STATE, Purpose.GIVEN_BACK]


def test_the_message_says_who_gave_it_back_and_leaves_out_what_the_card_has(told: Any) -> None:
    told.hear("acknowledged", by="li")
    told.hear("unacknowledged", by="li")
    (message,) = (intent.message for intent in told.told(Purpose.GIVEN_BACK, to="person:ann"))
    assert message.headline == "[HIGH given back] main motor bearing hot"
    assert dict(message.lines)["Acknowledgement withdrawn"] == "钳工师傅 · 08:00:35 · called away"
    assert [label for label, _ in message.lines] == [
        "Device",
        "Alarm",
        "Trigger value",
        "Acknowledgement withdrawn",
        "Event",
    ]
    assert message.guidance == ""


@pytest.mark.parametrize("kind", ["acknowledged", "on_my_way", "commented", "shelved"])
def test_what_needs_nobody_moves_the_cards_and_rings_nobody(told: Any, kind: str) -> None:
    assert {intent.purpose for intent in told.hear(kind)} == {Purpose.STATE}


def test_a_given_back_that_has_not_left_is_withdrawn_when_somebody_takes_it(told: Any) -> None:
    told.hear("acknowledged", by="li")
    waiting = [each.key for each in told.hear("unacknowledged", by="li") if each.purpose is Purpose.GIVEN_BACK]
    told.hear("acknowledged", by="ann")
    assert set(waiting) <= set(told.withdrawn)


def test_who_gives_back_what_is_over_rings_nobody(told: Any) -> None:
    told.hear("acknowledged", by="li")
    told.hear("returned")
    assert not [each for each in told.hear("unacknowledged", by="li") if each.purpose is Purpose.GIVEN_BACK]


def test_a_group_is_named_people_when_somebody_is_needed_again_and_not_before(told: Any) -> None:
    assert [intent.mention for intent in told.told(Purpose.RAISED, to="group:shift")] == [()]
    assert mentions(told.at(301).step(), "group:shift") == [("li", "ann")]
    assert mentions(told.hear("severer"), "group:shift") == [("li", "ann")]
    told.hear("acknowledged", by="li")
    assert mentions(told.hear("unacknowledged", by="li"), "group:shift") == [("li", "ann")]
    assert mentions(told.hear("returned"), "group:shift") == [()]


def test_nobody_is_named_in_a_chat_of_their_own(told: Any) -> None:
    assert mentions(told.at(301).step(), "person:ann") == [()]


def test_who_is_named_is_kept_with_the_intent(told: Any) -> None:
    for intent in told.at(301).step():
        assert decode_intent(encode_intent(intent)) == intent
