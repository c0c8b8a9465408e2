"""A press on a card: what the callback says, and the command it stands for. Pure (dingtalk-api 6.5).

    button         command
    acknowledge    Acknowledge(alarm, occurrence)
    on_my_way      OnMyWay(alarm, occurrence)
    confirm        Confirm(alarm, occurrence)
    shelve         Shelve(alarm, the plant's time, reason = the id of the choice)

A callback may come twice, with the same messageId or with another: the first is sorted out by the inbox, the second by the
commands themselves, which change nothing when given again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloud_bridge.dingtalk.frames import read_object
from edge.model.command import Acknowledge, AlarmCommand, Confirm, OnMyWay, Shelve
from edge.model.moment import Span

#: What DingTalk puts in place of the content when the month's quota of pushes is spent (dingtalk-api 0.5).
QUOTA_SPENT = 20001


@dataclass(frozen=True, slots=True)
class Press:
    """action: of the button. choice: the id chosen from what the button asks; empty when it asks nothing."""

    out_track_id: str
    user_id: str
    action: str
    choice: str


def read_press(data: Mapping[str, Any]) -> Press | None:
    """None when the callback names no card, person or button. Some pages print `value` for `content`, and `params` beside
    `cardPrivateData` instead of inside: both are read."""
    content = read_object(data.get("content")) or read_object(data.get("value")) or {}
    private = _mapping(content.get("cardPrivateData"))
    params = _mapping(private.get("params")) or _mapping(content.get("params"))
    ids = private.get("actionIds")
    action = params.get("action") or (ids[0] if isinstance(ids, list) and ids else None)
    press = Press(_text(data.get("outTrackId")), _text(data.get("userId")), _text(action), _text(params.get("choice")))
    return press if press.out_track_id and press.user_id and press.action else None


def is_emptied(data: Mapping[str, Any]) -> bool:
    """Whether a push lost its content because the month's quota is spent: callbacks and events spell it differently."""
    return str(QUOTA_SPENT) in (str(data.get("errorCode", "")), str(data.get("errCode", "")))


def command_of(press: Press, alarm: str, occurrence: int, shelve_for: Span) -> AlarmCommand | None:
    """None for a button that no card of ours has."""
    match press.action:
        case "acknowledge":
            return Acknowledge(alarm, occurrence)
        case "on_my_way":
            return OnMyWay(alarm, occurrence)
        case "confirm":
            return Confirm(alarm, occurrence)
        case "shelve":
            return Shelve(alarm, shelve_for, press.choice, occurrence)
    return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
