"""Presses: somebody touched a button of a card, and what came of it on that person's phone (reference 6.5).

WAITING --answered within 2 s--> ANSWERED    the answer's data are on the card
        --not, or nobody there-> NO_ANSWER   the phone shows so; the card stays as it was
        --answered a failure---> FAILED      likewise
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulators.dingtalk.calls import mapping_of
from simulators.dingtalk.cards import Card, read_params
from simulators.dingtalk.gateway import Ended, Outcome
from simulators.dingtalk.wire import NewFamilyError

PRESSES_MAX = 5_000


class PressStatus(StrEnum):
    WAITING = "waiting"
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    FAILED = "failed"


class Hindrance(StrEnum):
    """Why a person cannot do this."""

    NO_SUCH_PERSON = "no such person"
    NO_SUCH_CARD = "no such card"
    NOT_ON_THIS_PHONE = "the card is not on this person's phone"
    NO_SUCH_BUTTON = "the card shows no such button"
    NO_SUCH_CHOICE = "the button asks a question and this is none of its answers"
    NO_SUCH_CONVERSATION = "this person is in no such conversation"
    NOTHING_SAID = "the text is empty"
    NOTHING_WAITS = "it waits for nothing of the kind from this person"
    WORK_TODO = "a work to-do is completed by the app, not ticked in the list"


class PersonError(Exception):
    """A person tried what that person's phone does not offer."""

    def __init__(self, hindrance: Hindrance, what: str) -> None:
        super().__init__(f"{what}: {hindrance}")
        self.hindrance = hindrance


@dataclass(slots=True)
class Press:
    """why: for people, when the status is NO_ANSWER or FAILED. settled_us: when it stopped waiting; 0 = it still does."""

    press_id: str
    user_id: str
    out_track_id: str
    action: str
    params: Mapping[str, str]
    conversation_id: str
    pressed_us: int
    status: PressStatus = PressStatus.WAITING
    why: str = ""
    settled_us: int = 0


class PressBook:
    """All presses, and the last one of each person on each card; the oldest are forgotten."""

    def __init__(self) -> None:
        self._presses: dict[str, Press] = {}
        self._last: dict[tuple[str, str], Press] = {}

    def add(self, press: Press) -> None:
        self._presses[press.press_id] = press
        self._last.pop((press.user_id, press.out_track_id), None)
        self._last[(press.user_id, press.out_track_id)] = press
        for remembered in (self._presses, self._last):
            while len(remembered) > PRESSES_MAX:
                del remembered[next(iter(remembered))]  # type: ignore[arg-type] # each loop sees one key type

    def find(self, press_id: str) -> Press | None:
        return self._presses.get(press_id)

    def last(self, user_id: str, out_track_id: str) -> Press | None:
        return self._last.get((user_id, out_track_id))


def callback_data(press: Press, corp_id: str) -> dict[str, Any]:
    """The callback's body; `content` and `extension` are JSON inside texts, as on the wire."""
    private = {"actionIds": [press.action], "params": {"action": press.action, **press.params}}
    return {
        "type": "actionCallback",
        "outTrackId": press.out_track_id,
        "corpId": corp_id,
        "userId": press.user_id,
        "userIdType": 1,
        "spaceType": "IM",
        "spaceId": press.conversation_id,
        "extension": "{}",
        "content": json.dumps({"cardPrivateData": private}, ensure_ascii=False),
    }


def settle_press(press: Press, card: Card, ended: Ended, now_us: int) -> tuple[str, ...]:
    """Apply the app's answer to the card and the press; returns notes for the ledger.

    A card is changed by the maps the answer names and by nothing else: an empty answer is a valid one.
    """
    press.settled_us = now_us
    if ended.outcome is not Outcome.ANSWERED:
        press.status = PressStatus.FAILED if ended.outcome is Outcome.FAILED else PressStatus.NO_ANSWER
        press.why = ended.why
        return ()
    response = mapping_of(ended.data, "response")
    options = mapping_of(response, "cardUpdateOptions")
    try:
        public, notes = read_params(mapping_of(mapping_of(response, "cardData"), "cardParamMap"))
        private, private_notes = read_params(mapping_of(mapping_of(response, "userPrivateData"), "cardParamMap"))
    except NewFamilyError as error:
        press.status, press.why = PressStatus.FAILED, error.message
        return (error.message,)
    notes += private_notes
    if public:
        notes += card.put(public, now_us, by_key=options.get("updateCardDataByKey") is True)
    if private:
        notes += card.put_private(press.user_id, private, now_us, by_key=options.get("updatePrivateDataByKey") is True)
    press.status = PressStatus.ANSWERED
    return notes
