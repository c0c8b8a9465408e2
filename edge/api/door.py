"""The door: what every route reaches through `request.app.state.door`."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, WebSocket

from edge.api.gateway import GatewayFace
from edge.api.passwords import Passwords
from edge.api.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Door:
    """setup_code: what the first person must know to make the first account; None when there are accounts."""

    gateway: GatewayFace
    passwords: Passwords
    throttle: Throttle
    setup_code: str | None


def door_of(connection: Request | WebSocket) -> Door:
    door: Door = connection.app.state.door
    return door
