"""The door: what every route reaches through `request.app.state.door`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request, WebSocket

from edge.api.gateway import GatewayFace
from edge.api.passwords import Passwords
from edge.api.throttle import Throttle
from edge.model.tag import Tag


@dataclass(frozen=True, slots=True)
class Door:
    """setup_code: what the first person must know to make the first account; None when there are accounts. boot: another one at
    each start. tags: every tag by name, with the name of its device, in the order in which they are listed. derived: by tag,
    the alarms whose rules compare what is worked out of it."""

    gateway: GatewayFace
    passwords: Passwords
    throttle: Throttle
    setup_code: str | None
    boot: str
    tags: Mapping[str, tuple[str, Tag]]
    derived: Mapping[str, tuple[str, ...]]


def door_of(connection: Request | WebSocket) -> Door:
    door: Door = connection.app.state.door
    return door
