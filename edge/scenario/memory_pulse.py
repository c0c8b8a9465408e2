"""The gateways of a scenario that are watched: each says that it lives and shows what the scenario sets, until it is failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from drivers.base import ConnectionLost
from drivers.pulse.config import PulseConnection, PulsePoint
from drivers.pulse.memory import MemoryPulsePlace
from edge.model.moment import Span
from edge.model.pulse import Pulse, seal
from edge.model.tag import SESSION, Device
from edge.ports import Clock
from simulators.devices.machine import SimulatedMachine

#: So many pulses within the time after which one is missed.
PULSES_WITHIN = 3


@dataclass(frozen=True, slots=True)
class _Gateway:
    """figures: by the names under which they are sent, the tags that show them."""

    name: str
    secret: str
    every: Span
    figures: dict[str, str]
    place: MemoryPulsePlace
    machine: SimulatedMachine


class SimulatedGateways:
    """secret: reveals a reference, to a gateway as to who watches it."""

    def __init__(self, clock: Clock, secret: Callable[[str], str]) -> None:
        self._clock = clock
        self._secret = secret
        self._gateways: list[_Gateway] = []
        self.places: dict[tuple[str, int], MemoryPulsePlace] = {}

    def add(self, device: Device, connection: PulseConnection, machine: SimulatedMachine) -> None:
        place = self.places.setdefault((connection.host, connection.port), MemoryPulsePlace())
        figures = {
            tag.point.figure or tag.key: tag.key
            for tag in device.tags
            if tag.key != SESSION and isinstance(tag.point, PulsePoint)
        }
        every = connection.silent_after // PULSES_WITHIN
        self._gateways.append(_Gateway(connection.gateway, self._secret(connection.secret), every, figures, place, machine))

    async def run(self) -> None:
        """For ever."""
        await asyncio.gather(*(self._beat(each) for each in self._gateways))

    async def _beat(self, gateway: _Gateway) -> None:
        sequence = 0
        while True:
            now = self._clock.now()
            if gateway.machine.is_reachable(now):
                sequence += 1
                figures = {figure: gateway.machine.value(key, now) for figure, key in gateway.figures.items()}
                with suppress(ConnectionLost):  # whoever watches is not up yet
                    gateway.place.give(seal(Pulse(gateway.name, 1, sequence, figures=figures), gateway.secret))
            await self._clock.sleep_until(now + gateway.every)
