"""Which signs of life a plant wants: its receivers (`alive:` in gateway.yaml), each with a task of its own.

Not here: what is sent to each (`alive.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial

from drivers.base import Driver
from edge.config.plant import Plant
from edge.model.pulse import gateway_name
from edge.ports import Clock, Transport
from edge.runtime.alive import Figures, Pulses, beat, ping

Task = tuple[str, Callable[[], Awaitable[None]]]


class SignsOfLife:
    """boot: grows with each start. figures: how we are. is_locked: whether a hang-tag hangs on a device."""

    def __init__(
        self,
        plant: Plant,
        boot: int,
        figures: Figures,
        drivers: Sequence[Driver],
        is_locked: Callable[[str], bool],
        transport: Transport,
        clock: Clock,
        secret: Callable[[str], str],
    ) -> None:
        self._plant = plant
        self._driver_of: Mapping[str, Driver] = {device: driver for driver in drivers for device in driver.rates()}
        self._is_locked = is_locked
        self._transport = transport
        self._clock = clock
        self._secret = secret
        watchers = {name: (each.url, secret(each.secret)) for name, each in plant.alive.gateways.items()}
        self._pulses = Pulses(gateway_name(plant.site, plant.agent), boot, watchers, figures, transport, clock)

    def tasks(self) -> Iterator[Task]:
        """Their names, and what each does for ever."""
        alive = self._plant.alive
        for name, url in alive.pings.items():
            yield f"ping {name}", partial(ping, name, self._secret(url), alive.every, self._transport, self._clock)
        for tag in alive.registers:
            device = tag.rpartition(".")[0]
            grant, write = self._plant.policy.grants.by_tag[tag], self._driver_of[device].write
            yield f"heartbeat {tag}", partial(beat, grant, alive.every, write, partial(self._is_locked, device), self._clock)
        if alive.gateways:
            yield "pulses", partial(self._pulses.run, alive.every)

    async def say_farewell(self) -> None:
        """To the gateways that watch us: we stop in order."""
        await self._pulses.say_farewell()
