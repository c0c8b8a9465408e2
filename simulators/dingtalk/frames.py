"""Stream mode's text frames: how they are written and how an acknowledgement is read (reference 7.3).

server -> app   {"specVersion":"1.0","type":...,"headers":{topic,messageId,...},"data":"<JSON text>"}
app -> server   {"code":200,"headers":{"messageId":"<same>",...},"message":"OK","data":"<JSON text>"}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulators.dingtalk.calls import mapping_of, parse_object, text_of


class Topic(StrEnum):
    """Topics of the frames this stand-in sends."""

    CARD_ACTION = "/v1.0/card/instances/callback"
    ROBOT_MESSAGE = "/v1.0/im/bot/messages/get"
    EVENT = "*"
    """All events that the app ticked; which one it is stands in the header `eventType`."""
    PING = "ping"
    DISCONNECT = "disconnect"


SYSTEM_TOPICS = frozenset({Topic.PING, Topic.DISCONNECT})

ACK_OK = 200


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the app answered to a frame. data: None when it was no JSON object inside a text."""

    message_id: str
    code: int
    data: Mapping[str, Any] | None


def write_frame(
    topic: Topic,
    message_id: str,
    data: Mapping[str, Any],
    *,
    now_us: int,
    app_id: str,
    connection_id: str,
    headers: Mapping[str, str],
) -> str:
    """headers: those of an event, beside the ones that every frame has."""
    kind = "EVENT" if topic is Topic.EVENT else "CALLBACK"
    frame = {
        "specVersion": "1.0",
        "type": "SYSTEM" if topic in SYSTEM_TOPICS else kind,
        "headers": {
            "topic": str(topic),
            "messageId": message_id,
            "contentType": "application/json",
            # Milliseconds as a text: so it is on the wire.
            "time": str(now_us // 1000),
            "appId": app_id,
            "connectionId": connection_id,
            **headers,
        },
        "data": json.dumps(data, ensure_ascii=False),
    }
    return json.dumps(frame, ensure_ascii=False)


def read_acknowledgement(text: str) -> Acknowledgement | None:
    """None when the frame is no acknowledgement at all."""
    frame = parse_object(text)
    if frame is None:
        return None
    message_id = text_of(mapping_of(frame, "headers"), "messageId")
    code = frame.get("code")
    if not message_id or not isinstance(code, int):
        return None
    return Acknowledgement(message_id, code, parse_object(text_of(frame, "data")))
