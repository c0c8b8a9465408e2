"""The text frames of Stream mode: reading what DingTalk sends, writing what it wants back. Pure.

Their form (dingtalk-api 7.3), and the answer each wants:

    DingTalk -> us   {"specVersion":"1.0","type":...,"headers":{"topic":...,"messageId":...},"data":"<JSON text>"}
    us -> DingTalk   {"code":200,"headers":{"messageId":"<same>",...},"message":"OK","data":"<JSON text>"}

    frame                    answered with
    SYSTEM ping              the same data
    SYSTEM disconnect        nothing: a new connection is opened first, then this one is let go
    CALLBACK card press      {"response": ...} within 2 s, after the press is committed
    CALLBACK robot message   {"response": null}, after what it asks for is committed
    EVENT                    {"status": "SUCCESS"} within 3 s; "LATER" where it could not be taken: it comes again
    anything else            code 404, nobody here handles it
    not a frame              code 400 when it names a messageId, else nothing
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

CARD_TOPIC = "/v1.0/card/instances/callback"
ROBOT_TOPIC = "/v1.0/im/bot/messages/get"
SUBSCRIPTIONS = [
    {"type": "CALLBACK", "topic": CARD_TOPIC},
    {"type": "CALLBACK", "topic": ROBOT_TOPIC},
    {"type": "EVENT", "topic": "*"},
]


class Code(IntEnum):
    OK = 200
    MALFORMED = 400
    NO_HANDLER = 404
    FAILED = 500


@dataclass(frozen=True, slots=True)
class Ping:
    """data: to be sent back as it is."""

    message_id: str
    data: str


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Nothing more comes on this connection, and it ends in about 10 s."""

    reason: str


@dataclass(frozen=True, slots=True)
class CardCallback:
    message_id: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RobotMessage:
    """Somebody wrote to the robot."""

    message_id: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrgEvent:
    """Something happened in the organisation. event_id: the same when the event is sent again. kind: `user_leave_org`, ..."""

    message_id: str
    event_id: str
    kind: str
    data: Mapping[str, Any]


#: What the cloud pushes and wants taken.
Pushed = CardCallback | RobotMessage | OrgEvent


def sender_of(pushed: Pushed) -> str:
    """The user id of whose doing it is; empty for the organisation's, and where it is not said."""
    match pushed:
        case CardCallback(_, data):
            return str(data.get("userId", ""))
        case RobotMessage(_, data):
            return str(data.get("senderStaffId", ""))
    return ""


@dataclass(frozen=True, slots=True)
class Unhandled:
    message_id: str
    topic: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """message_id: empty when not even that could be read."""

    message_id: str


Frame = Ping | Disconnect | Pushed | Unhandled | Malformed


def read_frame(text: str) -> Frame:
    """Never raises."""
    frame = read_object(text)
    headers = frame.get("headers") if frame is not None else None
    if frame is None or not isinstance(headers, Mapping):
        return Malformed("")
    message_id, topic, data = headers.get("messageId"), headers.get("topic"), frame.get("data")
    if not isinstance(message_id, str) or not message_id or not isinstance(topic, str):
        return Malformed(message_id if isinstance(message_id, str) else "")
    match frame.get("type"), topic:
        case "SYSTEM", "ping":
            return Ping(message_id, data if isinstance(data, str) else "{}")
        case "SYSTEM", "disconnect":
            content = read_object(data) or {}
            return Disconnect(str(content.get("reason", "")))
        case ("EVENT" | "CALLBACK") as kind, _ if kind == "EVENT" or topic in (CARD_TOPIC, ROBOT_TOPIC):
            pushed = read_object(data)
            return Malformed(message_id) if pushed is None else _pushed(kind, message_id, headers, pushed)
    return Unhandled(message_id, topic)


def _pushed(kind: str, message_id: str, headers: Mapping[str, Any], data: Mapping[str, Any]) -> Pushed:
    if kind == "CALLBACK":
        return CardCallback(message_id, data) if headers["topic"] == CARD_TOPIC else RobotMessage(message_id, data)
    event_id = headers.get("eventId")
    known_by = event_id if isinstance(event_id, str) and event_id else message_id
    return OrgEvent(message_id, known_by, str(headers.get("eventType", "")), data)


def write_answer(message_id: str, code: Code, data: str) -> str:
    """data: JSON inside a text."""
    answer = {
        "code": int(code),
        "headers": {"messageId": message_id, "contentType": "application/json"},
        "message": "OK" if code is Code.OK else code.name,
        "data": data,
    }
    return json.dumps(answer, ensure_ascii=False)


def card_response(private_footer: str = "") -> str:
    """The answer to a press. private_footer: shown to the person who pressed, and to nobody else, in the card's footer.

    The card itself is not changed here: it shows what became of the press when that is known, by an update of its own.
    """
    response: dict[str, Any] = {}
    if private_footer:
        response = {
            "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
            "userPrivateData": {"cardParamMap": {"footer": private_footer}},
        }
    return json.dumps({"response": response}, ensure_ascii=False)


#: The answers to a message and to an event (dingtalk-api 7.3).
MESSAGE_RESPONSE = json.dumps({"response": None})
EVENT_TAKEN = json.dumps({"status": "SUCCESS", "message": ""})
EVENT_LATER = json.dumps({"status": "LATER", "message": ""})


def read_object(text: Any) -> Mapping[str, Any] | None:
    """A JSON object inside a text; None for everything else."""
    if not isinstance(text, str):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
