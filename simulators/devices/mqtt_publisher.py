"""Publishes what falls due on a simulated line to a real broker, and comes back for ever when the broker goes.

What falls due while there is no connection is lost, as with a sensor that keeps nothing; the retained topics are repeated
at every connection, because the broker may have lost them. Not here: what a payload says (`mqtt_topic.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

import aiomqtt

from simulators.devices.clock import Clock
from simulators.devices.line import SimulatedLine
from simulators.devices.machine import Payload

RECONNECT_US = 500_000
TIMEOUT_S = 5.0
BACKLOG_US_MAX = 5_000_000
"""Simulated time after which a payload that could not be sent for slowness is dropped."""

log = logging.getLogger(__name__)


class MqttPublisher:
    """One connection to a broker for all MQTT machines of a line. `identifier`: the MQTT client id."""

    def __init__(self, line: SimulatedLine, clock: Clock, host: str, port: int, identifier: str) -> None:
        self.connected = False
        self.published = 0
        self._line = line
        self._clock = clock
        self._broker = f"{host}:{port}"
        self._host = host
        self._port = port
        self._identifier = identifier

    async def run(self) -> None:
        """Publish until cancelled. Says once that the broker is lost, and once that it is back."""
        was_lost = False
        while True:
            try:
                async with aiomqtt.Client(self._host, self._port, identifier=self._identifier, timeout=TIMEOUT_S) as client:
                    self.connected = True
                    if was_lost:
                        log.warning("broker %s is back", self._broker)
                    was_lost = False
                    await self._publish_until_lost(client)
            except aiomqtt.MqttError as problem:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    # Broker and publisher stop together: aiomqtt's way out raised its own error over our cancellation.
                    raise asyncio.CancelledError from problem
                if not was_lost:
                    log.warning("broker %s is lost: %s; trying again until it is back", self._broker, problem)
                was_lost = True
            finally:
                self.connected = False
            await self._clock.sleep(RECONNECT_US)

    async def _publish_until_lost(self, client: aiomqtt.Client) -> None:
        """Not a TaskGroup: before 3.13 it forgets that it was cancelled when a child fails at that very moment."""
        tasks = [asyncio.create_task(self._publish_as_due(client)), asyncio.create_task(_until_lost(client))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _publish_as_due(self, client: aiomqtt.Client) -> None:
        sent_until = self._clock.now()
        await self._publish(client, self._line.retained_payloads(sent_until))
        while (due_at := self._line.next_payload_at(sent_until)) is not None:
            await self._clock.sleep_until(due_at)
            now = self._clock.now()
            await self._publish(client, self._line.due_payloads(max(sent_until, now - BACKLOG_US_MAX), now))
            sent_until = now

    async def _publish(self, client: aiomqtt.Client, payloads: Iterable[Payload]) -> None:
        for topic, body, qos, retain in payloads:
            await client.publish(topic, body, qos=qos, retain=retain)
            self.published += 1


async def _until_lost(client: aiomqtt.Client) -> None:
    """Raises MqttError as soon as the connection is lost; a publication would notice only when it is next due."""
    async for _ in client.messages:
        pass  # nothing is subscribed, so nothing comes
