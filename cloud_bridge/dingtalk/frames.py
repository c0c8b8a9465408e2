"""The text frames of Stream mode: reading what DingTalk sends, writing what it wants back. Pure.

Their form (dingtalk-api 7.3), and the answer each wants:

    DingTalk -> us   {"specVersion":"1.0","type":...,"headers":{"topic":...,"messageId":...},"data":"<JSON text>"}
    us -> DingTalk   {"code":200,"headers":{"messageId":"<same>",...},"message":"OK","data":"<JSON text>"}

    frame                    answered with
    SYSTEM ping              the same data
    SYSTEM disconnect        nothing: a new connection is opened first, then this one is let go
    CALLBACK card press      {"response": ...} within 2 s, after the press is committed
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
SUBSCRIPTIONS = [{"type": "CALLBACK", "topic": CARD_TOPIC}]


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
class Unhandled:
    message_id: str
    topic: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """message_id: empty when not even that could be read."""

    message_id: str


Frame = Ping | Disconnect | CardCallback | Unhandled | Malformed


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
        case "CALLBACK", str(name) if name == CARD_TOPIC:
            pressed = read_object(data)
            return Malformed(message_id) if pressed is None else CardCallback(message_id, pressed)
    return Unhandled(message_id, topic)


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


def read_object(text: Any) -> Mapping[str, Any] | None:
    """A JSON object inside a text; None for everything else."""
    if not isinstance(text, str):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
