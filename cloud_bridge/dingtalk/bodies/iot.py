"""Events of DingTalk's own IoT clouds, for apps that were let in before these were closed to new ones. Pure. dingtalk-api 15.

    diot       events/push            forwarded to the group and the owner by rules of the console; eventId is ours
    devicemng  suppliers/events/upload  ids of device types come from DingTalk's staff; no key

A row that is written into a table of events is such an event; what columns hold goes into its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud_bridge.dingtalk.endpoints import DEVICE_EVENT, IOT_EVENT, Request
from cloud_bridge.dingtalk.payloads import as_json, msg_uuid
from cloud_bridge.fitting import fold, one_line
from edge.model.intent import Intent
from edge.model.moment import MILLISECOND

TEXT_BYTES_MAX = 1_000

Cells = Mapping[str, str | float]


def push(intent: Intent, row: str, cells: Cells, *, event_type: str, event_name: str, device: str) -> Request:
    """device: the id under which the device was registered; empty: of no device."""
    body: dict[str, Any] = {
        "eventId": msg_uuid(row),
        "eventType": event_type,
        "eventName": event_name,
        "occurrenceTime": intent.wanted_at // MILLISECOND,
        "msg": _text(intent, cells),
        "extraData": {one_line(name): cell for name, cell in cells.items()},
    }
    return Request(IOT_EVENT, body | ({"deviceId": device} if device else {}))


def upload(intent: Intent, cells: Cells, *, event_type: str, device: str) -> Request:
    """device: its code in the organisation."""
    body = {
        "deviceCode": device,
        "eventType": event_type,
        "level": str(intent.priority),
        "content": as_json({"text": _text(intent, cells)}),
        "eventTime": str(intent.wanted_at // MILLISECOND),
    }
    return Request(DEVICE_EVENT, body)


def _text(intent: Intent, cells: Cells) -> str:
    columns = " · ".join(f"{one_line(name)} {one_line(str(cell))}" for name, cell in cells.items())
    return fold("\n".join(part for part in (one_line(intent.message.headline), columns) if part), TEXT_BYTES_MAX)
