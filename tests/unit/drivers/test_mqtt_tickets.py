"""What the MQTT driver tells the broker has arrived, and what it takes for the answer to a command; on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from drivers.base import Driver, WriteEnd
from drivers.memory import MemoryLinks
from drivers.mqtt.memory import MemoryMqttBroker
from edge.model.moment import SECOND, from_iso
from edge.model.sample import Batch, Quality
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, device

START = from_iso("2026-05-04T08:00:00Z")
TAGS = {"vib": {"topic": "fan/{device}/vib", "write": {"topic": "fan/{device}/set"}}}
KEPT = {"host": "broker", "client_id": "gateway", "session": "8h"}


class Stage:
    """A driver whose batches are taken one by one, and whose tickets nobody calls by himself."""

    def __init__(self, clock: VirtualClock, connection: dict[str, str]) -> None:
        self.clock = clock
        self.broker = MemoryMqttBroker(clock)
        links = MemoryLinks(clock, modbus={}, mqtt={("broker", 1883): self.broker})
        fans = [device("mqtt", name, TAGS, connection) for name in ("F1", "F2")]
        self.driver: Driver = Rig(fans, clock, links).drivers[0]
        self._taken: list[Batch] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async def take() -> None:
            async for batch in self.driver.batches():
                self._taken.append(batch)

        taking = asyncio.create_task(take())
        try:
            yield
        finally:
            taking.cancel()
            await asyncio.wait({taking})

    async def taken(self) -> list[Batch]:
        """What has come by a second later, and since this was asked last."""
        await self.clock.sleep_until(self.clock.now() + SECOND)
        taken, self._taken = self._taken, []
        return taken

    async def connected_anew(self) -> list[Batch]:
        self.broker.cut()
        self.broker.mend()
        return await self.taken()

    def say(self, value: int, fan: str = "F1", *, qos: int = 1, retain: bool = False) -> None:
        self.broker.publish(f"fan/{fan}/vib", b"%d" % value, qos=qos, retain=retain)


def values(batches: Sequence[Batch]) -> list[float]:
    """Of the first fan's tag, which has the first slot."""
    rows = [row for batch in batches for row in batch.samples()]
    return [row.value for row in rows if row.slot == 0 and row.quality is Quality.GOOD]


def test_what_nobody_has_called_durable_is_sent_again_and_nothing_else() -> None:
    async def main(clock: VirtualClock) -> None:
        stage = Stage(clock, KEPT)
        async with stage.running():
            await stage.taken()
            stage.say(1)
            (first,) = await stage.taken()
            stage.say(2)
            stage.say(3, qos=0)
            (second,) = await stage.taken()
            assert values([first, second]) == [1.0, 2.0, 3.0]
            assert [len(batch.tickets) for batch in (first, second)] == [1, 1]
            first.tickets[0]()
            assert values(await stage.connected_anew()) == [2.0]
            second.tickets[0]()
            assert values(await stage.connected_anew()) == [2.0], "a ticket of a connection that is over says nothing"

    run_virtually(main, START)


@pytest.mark.parametrize("qos", [0, 1])
def test_a_batch_has_a_ticket_where_the_broker_waits_for_one_also_for_what_nobody_uses(qos: int) -> None:
    async def main(clock: VirtualClock) -> list[tuple[int, int]]:
        stage = Stage(clock, KEPT)
        async with stage.running():
            await stage.taken()
            stage.say(7, "nobody", qos=qos)
            return [(len(batch), len(batch.tickets)) for batch in await stage.taken()]

    assert run_virtually(main, START) == ([(0, 1)] if qos else [])


def test_what_the_broker_retained_is_no_answer_to_a_command() -> None:
    async def main(clock: VirtualClock) -> None:
        stage = Stage(clock, {"host": "broker"})
        async with stage.running():
            stage.say(5, retain=True)
            await stage.taken()
            assert (await stage.driver.write("F1.vib", 9.0)).end is WriteEnd.DONE
            assert values(await stage.connected_anew()) == [5.0]
            assert await stage.driver.read_back("F1.vib") is None, "it may be older than the command"
            stage.say(9)
            await stage.taken()
            assert await stage.driver.read_back("F1.vib") == 9.0

    run_virtually(main, START)
