"""The door: what every route reaches through `request.app.state.door`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from fastapi import Request, WebSocket

from edge.api.gateway import GatewayFace
from edge.api.passwords import Passwords
from edge.api.throttle import Throttle
from edge.model.tag import Tag

#: Each code costs a call of the cloud's, and whoever sends one is not known yet.
ASKING_MAX = 8


@dataclass(frozen=True, slots=True)
class Door:
    """setup_code: what the first person must know to make the first account; None when there are accounts. boot: another one at
    each start. tags: every tag by name, with the name of its device, in the order in which they are listed. derived: by tag,
    the alarms whose rules compare what is worked out of it. asking: places for codes that a channel is asked about."""

    gateway: GatewayFace
    passwords: Passwords
    throttle: Throttle
    setup_code: str | None
    boot: str
    tags: Mapping[str, tuple[str, Tag]]
    derived: Mapping[str, tuple[str, ...]]
    asking: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(ASKING_MAX))


def door_of(connection: Request | WebSocket) -> Door:
    door: Door = connection.app.state.door
    return door
