"""By which call an intent travels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cloud_bridge.dingtalk.ways import NoCard, RaiseCard, SendByRobot, SendByWebhook, UpdateCard, is_keyed, way_of
from edge.model.intent import Purpose
from tests.unit.cloud_bridge.harness import TO_BOARD, TO_CHAT, TO_CHEN, TO_MILL, config, intent

TEMPLATE = "andon-alarm-card.schema"
FITTER, MILL = ("IM_ROBOT", "fitter.a"), ("IM_GROUP", "cidMill==")
HOOK = SendByWebhook(config().groups["mill"].webhook)  # type: ignore[arg-type] # it has one

#: A group that was opened for an incident.
TO_INCIDENT = {"conversation_id": "cidInc4=="}

TABLE = [
    (TO_CHEN, Purpose.RAISED, RaiseCard(FITTER, TEMPLATE)),
    (TO_CHEN, Purpose.STATE, UpdateCard()),
    (TO_CHEN, Purpose.REMINDER, SendByRobot(FITTER)),
    (TO_CHEN, Purpose.RETURNED, SendByRobot(FITTER)),
    (TO_CHEN, Purpose.GIVEN_BACK, SendByRobot(FITTER)),
    (TO_CHEN, Purpose.CHATTERING, SendByRobot(FITTER)),
    (TO_CHEN, Purpose.SETTLED, SendByRobot(FITTER)),
    (TO_CHEN, Purpose.MAINTENANCE, SendByRobot(FITTER)),
    (TO_CHEN, Purpose.HANG_TAG, SendByRobot(FITTER)),
    (TO_CHEN, Purpose.CALL, SendByRobot(FITTER)),
    (TO_CHEN, Purpose.MISSED, SendByRobot(FITTER)),
    (TO_CHEN, Purpose.FLOOD, RaiseCard(FITTER, TEMPLATE)),
    (TO_CHEN, Purpose.FLOOD_OVER, UpdateCard()),
    (TO_MILL, Purpose.RAISED, RaiseCard(MILL, TEMPLATE)),
    (TO_MILL, Purpose.STATE, UpdateCard()),
    (TO_MILL, Purpose.REMINDER, HOOK),
    (TO_MILL, Purpose.RETURNED, HOOK),
    (TO_MILL, Purpose.CHATTERING, HOOK),
    (TO_MILL, Purpose.SETTLED, HOOK),
    (TO_MILL, Purpose.FLOOD, RaiseCard(MILL, TEMPLATE)),
    (TO_MILL, Purpose.FLOOD_OVER, UpdateCard()),
    (TO_CHAT, Purpose.RAISED, RaiseCard(MILL, TEMPLATE)),
    (TO_CHAT, Purpose.STATE, UpdateCard()),
    (TO_CHAT, Purpose.REMINDER, SendByRobot(MILL)),
    (TO_CHAT, Purpose.RETURNED, SendByRobot(MILL)),
    (TO_BOARD, Purpose.RAISED, HOOK),
    (TO_BOARD, Purpose.STATE, NoCard()),
    (TO_BOARD, Purpose.REMINDER, HOOK),
    (TO_BOARD, Purpose.RETURNED, HOOK),
    (TO_BOARD, Purpose.FLOOD, HOOK),
    (TO_BOARD, Purpose.FLOOD_OVER, HOOK),
    (TO_INCIDENT, Purpose.RAISED, RaiseCard(("IM_GROUP", "cidInc4=="), TEMPLATE)),
    (TO_INCIDENT, Purpose.STATE, UpdateCard()),
    (TO_INCIDENT, Purpose.REMINDER, SendByRobot(("IM_GROUP", "cidInc4=="))),
    ({"group": "gone"}, Purpose.RAISED, None),
    ({"group": "gone"}, Purpose.STATE, None),
]


@pytest.mark.parametrize(("address", "purpose", "way"), TABLE)
def test_the_table_of_ways(address: Mapping[str, Any], purpose: Purpose, way: object) -> None:
    assert way_of(intent(purpose, address=address), config()) == way


WITHOUT_TEMPLATE = [
    (TO_CHEN, Purpose.RAISED, SendByRobot(FITTER)),
    (TO_CHEN, Purpose.STATE, NoCard()),
    (TO_CHEN, Purpose.FLOOD_OVER, SendByRobot(FITTER)),
    (TO_MILL, Purpose.RAISED, HOOK),
    (TO_MILL, Purpose.FLOOD, HOOK),
    (TO_MILL, Purpose.STATE, NoCard()),
    (TO_CHAT, Purpose.RAISED, SendByRobot(MILL)),
    (TO_BOARD, Purpose.RAISED, HOOK),
]


@pytest.mark.parametrize(("address", "purpose", "way"), WITHOUT_TEMPLATE)
def test_without_a_template_there_are_messages_and_no_cards(address: Mapping[str, Any], purpose: Purpose, way: object) -> None:
    assert way_of(intent(purpose, address=address), config(card_template_id=None)) == way


def test_every_purpose_is_in_the_table() -> None:
    assert {row[1] for row in TABLE} == set(Purpose)


def test_only_robot_messages_have_no_key() -> None:
    assert [is_keyed(way) for way in (RaiseCard(FITTER, TEMPLATE), UpdateCard(), NoCard(), HOOK, SendByRobot(FITTER))] == [
        True,
        True,
        True,
        True,
        False,
    ]
