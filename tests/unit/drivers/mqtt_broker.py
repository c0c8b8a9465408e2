"""Devices on a broker in memory, and what the MQTT driver yields of them on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from drivers.memory import MemoryLinks
from drivers.mqtt.memory import MemoryMqttBroker
from edge.model.moment import MILLISECOND, from_iso
from edge.model.sample import Mark, Quality
from edge.model.tag import Device
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, Row, device

START = from_iso("2026-05-04T08:00:00Z")
GOOD, BAD = Quality.GOOD, Quality.BAD
HOST = {"host": "broker"}
FAN = {
    "vib": {"topic": "crm/fan", "path": "vib.rms"},
    "temp": {"topic": "crm/fan", "path": "temp", "scale": 0.1},
    "running": {"topic": "crm/fan/run", "type": "bool"},
}
PRESS = {"vib": {"topic": "line/{device}/vib"}, "coil": {"topic": "line/{device}/coil", "type": "text"}}
Act = Callable[[MemoryMqttBroker], None]


def fan(name: str = "FAN", **connection: Any) -> Device:
    return device("mqtt", name, FAN, HOST | connection)


def press(name: str, **connection: Any) -> Device:
    return device("mqtt", name, PRESS, HOST | connection)


def say(topic: str, payload: bytes, retain: bool = False) -> Act:
    return lambda broker: broker.publish(topic, payload, retain=retain)


def watch(
    devices: list[Device], until: int, acts: Mapping[int, Act | list[Act]], rig_of: dict[str, Rig] | None = None
) -> list[list[Row]]:
    """What the driver yields up to and with `until` (a span from the start), while `acts` happen at their times."""

    async def main(clock: VirtualClock) -> list[list[Row]]:
        broker = MemoryMqttBroker(clock)
        rig = Rig(devices, clock, MemoryLinks(clock, modbus={}, mqtt={("broker", 1883): broker}))
        if rig_of is not None:
            rig_of["rig"] = rig
        seen: list[list[Row]] = []

        async def read() -> None:
            async with rig.batches() as batches:
                async for rows in batches:
                    seen.append(rows)

        for act in _listed(acts.get(-1, [])):
            act(broker)
        reading = asyncio.create_task(read())
        for at, listed in sorted(acts.items()):
            await clock.sleep_until(START + at)
            for act in _listed(listed) if at >= 0 else []:
                act(broker)
        await clock.sleep_until(START + until + MILLISECOND)
        reading.cancel()
        await asyncio.wait({reading})
        return seen

    return run_virtually(main, START)


def _listed(acts: Act | list[Act]) -> list[Act]:
    return acts if isinstance(acts, list) else [acts]


def of(seen: list[list[Row]], tag: str) -> list[tuple[int, float, Quality, Mark]]:
    return [(row.at - START, row.value, row.quality, row.mark) for rows in seen for row in rows if row.tag == tag]
