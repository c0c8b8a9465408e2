"""Whose call was that: which intent each call on the wire carried, as far as the wire itself tells."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from cloud_bridge.dingtalk.payloads import msg_uuid, robot_markdown
from cloud_bridge.marks import IN_TIME
from edge.model.intent import Intent, Purpose
from tests.simulation.witness import SHOWN, Call

#: Where the cards and robot messages of each recipient go; who is not here has no cards.
ADDRESSES: Mapping[str, str] = {
    "person:ann": "u-ann",
    "person:ben": "u-ben",
    "person:eve": "u-eve",
    "group:line": "cidLine",
    "group:office": "cidOffice",
}

MAKE_CARDS = frozenset({Purpose.RAISED, Purpose.FLOOD})
UPDATE_CARDS = frozenset({Purpose.STATE, Purpose.FLOOD_OVER})


class Wire:
    """By card, by message uuid, or by its words: the text of a robot's message names alarm, occurrence and number."""

    def __init__(self, intents: Sequence[Intent], calls: Sequence[Call]) -> None:
        self._words: dict[str, set[str]] = {}
        self._calls: dict[str, list[tuple[int, Call]]] = defaultdict(list)
        by_name: dict[str, list[Intent]] = defaultdict(list)
        for intent in intents:
            by_name[_name_of(intent)].append(intent)
        for number, call in enumerate(calls):
            carried = next((intent for intent in by_name[_name(call)] if self._carries(call, intent)), None)
            if carried is not None:
                self._calls[carried.key].append((number, call))

    def calls(self, key: str) -> list[Call]:
        """All calls that carried the intent, in order. Of the states of a card each counts for the first of them."""
        return [call for _, call in self._calls.get(key, ())]

    def shown(self, key: str) -> list[Call]:
        """Those of them by which a phone came to show it."""
        return [call for call in self.calls(key) if call.effect in SHOWN]

    def first_shown(self, key: str) -> int | None:
        """The place among all calls of the first of them."""
        return next((number for number, call in self._calls.get(key, ()) if call.effect in SHOWN), None)

    def _carries(self, call: Call, intent: Intent) -> bool:
        if "outTrackId" in call.body:
            creates = call.name.endswith("createAndDeliver")
            return intent.purpose in (MAKE_CARDS if creates else UPDATE_CARDS)
        if "msgUuid" in call.body:
            return True
        said = set(json.loads(call.body["msgParam"])["text"].split("\n\n"))
        return said.issuperset(self._meant(intent))

    def _meant(self, intent: Intent) -> set[str]:
        if intent.key not in self._words:
            param = robot_markdown(intent, robot_code="", marks=IN_TIME)["msgParam"]
            self._words[intent.key] = set(json.loads(param)["text"].split("\n\n"))
        return self._words[intent.key]


def _name(call: Call) -> str:
    """What a call and the intents that it may carry have in common."""
    body = call.body
    return str(body.get("outTrackId") or body.get("msgUuid") or body.get("openConversationId") or body.get("userIds", [""])[0])


def _name_of(intent: Intent) -> str:
    if intent.purpose in MAKE_CARDS | UPDATE_CARDS and intent.recipient in ADDRESSES:
        return intent.card
    by_robot = intent.recipient in ADDRESSES and intent.recipient != "group:line"
    return ADDRESSES[intent.recipient] if by_robot else msg_uuid(intent.key)
