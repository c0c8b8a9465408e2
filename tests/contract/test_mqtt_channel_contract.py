"""Publishing, over a real mosquitto and in memory alike: events, retained states, presence."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import aiomqtt
import pytest

from cloud_bridge.base import BatchChannel
from cloud_bridge.carriers import SocketCarriers
from cloud_bridge.memory_carriers import MemoryCarriers
from cloud_bridge.mqtt.channel import MqttChannel
from cloud_bridge.mqtt.config import MqttConfig
from cloud_bridge.mqtt.memory import MemoryPublisher
from edge.model.act import Call, CallMedium
from edge.model.intent import Delivered, Purpose, Refused, Retry, Unknown
from edge.model.moment import MINUTE
from edge.ports import MqttAccess, NoReply, Publisher
from edge.runtime.clock import SteadyClock
from tests.certificates import certificates
from tests.mosquitto import mosquitto
from tests.other_channels import MESSAGE, START, claim, opening, until
from tests.relay import Relay

TO_MES = {"topic": "mes"}
ALARM = "CRM.ST3.MOTOR/de_temp_high"
STATE = f"andon/crm/alarms/{ALARM}/state"
PRESENCE = "andon/crm/presence/line-1"


class World(Protocol):
    channel: MqttChannel
    port: int

    def seen(self) -> list[tuple[str, Any]]: ...

    async def retained(self, topic: str) -> Any: ...

    async def cut(self) -> None: ...

    async def mend(self) -> None: ...


@asynccontextmanager
async def over_sockets(folder: Path) -> AsyncIterator[World]:
    async with mosquitto(folder) as broker:
        heard: list[tuple[str, Any]] = []

        async def listen() -> None:
            while True:
                try:
                    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
                        await client.subscribe("andon/#", qos=1)
                        ready.set()
                        async for message in client.messages:
                            heard.append((str(message.topic), json.loads(bytes(message.payload))))
                except aiomqtt.MqttError:
                    await until_later()

        async def until_later() -> None:
            later = asyncio.Event()
            asyncio.get_running_loop().call_later(0.1, later.set)
            await later.wait()

        class Sockets:
            port = broker.port

            def __init__(self) -> None:
                config = MqttConfig.model_validate({"host": "127.0.0.1", "port": broker.port})
                self.channel = MqttChannel(opening(config, SteadyClock(), SocketCarriers()))

            def seen(self) -> list[tuple[str, Any]]:
                return heard

            async def retained(self, topic: str) -> Any:
                async with asyncio.timeout(5), aiomqtt.Client("127.0.0.1", broker.port) as client:
                    await client.subscribe(topic, qos=1)
                    async for message in client.messages:
                        if message.retain:
                            return json.loads(bytes(message.payload))

            async def cut(self) -> None:
                await broker.stop()

            async def mend(self) -> None:
                await broker.start()

        ready = asyncio.Event()
        listening = asyncio.create_task(listen())
        await ready.wait()
        yield Sockets()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


@asynccontextmanager
async def in_memory(folder: Path) -> AsyncIterator[World]:
    carriers = MemoryCarriers()
    broker = carriers.broker

    class Memory:
        port = 0

        def __init__(self) -> None:
            self.channel = MqttChannel(opening(MqttConfig(host="broker.plant.example"), SteadyClock(), carriers))

        def seen(self) -> list[tuple[str, Any]]:
            return [(topic, json.loads(payload)) for topic, payload in broker.published]

        async def retained(self, topic: str) -> Any:
            return json.loads(broker.retained[topic])

        async def cut(self) -> None:
            broker.take_down()

        async def mend(self) -> None:
            broker.bring_up()

    yield Memory()


async def never_taken(_row: Any) -> bool:
    raise AssertionError("nothing comes back by MQTT")


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[MqttChannel]:
    task = asyncio.create_task(world.channel.listen(never_taken))
    await until(lambda: world.channel.unheard_since is None)
    yield world.channel
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


BOTH = pytest.mark.parametrize("place", [over_sockets, in_memory])


def of_alarms(world: World) -> list[tuple[str, Any]]:
    return [(topic, body) for topic, body in world.seen() if "presence" not in topic]


@BOTH
async def test_an_event_goes_to_its_subscriber_and_the_state_of_its_alarm_is_kept(place: Any, tmp_path: Path) -> None:
    async with place(tmp_path) as world, listening(world) as channel:
        assert isinstance(channel, BatchChannel)
        raised = claim(address=TO_MES)
        assert await channel.deliver(raised) == Delivered(raised.intent.key)
        await until(lambda: len(of_alarms(world)) == 2)
        assert [topic for topic, _ in of_alarms(world)] == ["andon/crm/mes", STATE]
        kept = await world.retained(STATE)
        assert (kept["id"], kept["state"], kept["data"]["value"]) == (raised.intent.key, "unacknowledged", 82.4)


@BOTH
async def test_the_state_shows_acknowledged_and_then_returned(place: Any, tmp_path: Path) -> None:
    async with place(tmp_path) as world, listening(world) as channel:
        await channel.deliver(claim(address=TO_MES))
        for purpose, state in ((Purpose.STATE, "acknowledged"), (Purpose.RETURNED, "normal")):
            await channel.deliver(claim(1, purpose, address=TO_MES, message=replace(MESSAGE, state=state)))
            assert (await world.retained(STATE))["state"] == state


@BOTH
async def test_what_comes_late_to_one_subscriber_does_not_turn_the_state_back(place: Any, tmp_path: Path) -> None:
    """A board hears that it is over; a raise for the MES that was set aside is replayed then."""
    over = replace(MESSAGE, state="normal")
    async with place(tmp_path) as world, listening(world) as channel:
        await channel.deliver(claim(1, Purpose.RETURNED, address={"topic": "board"}, message=over, decided_at=START + MINUTE))
        late = claim(1, address=TO_MES, after_unknown=True)
        assert await channel.deliver(late) == Delivered(late.intent.key)
        await until(lambda: "andon/crm/mes" in [topic for topic, _ in of_alarms(world)])
        assert (await world.retained(STATE))["state"] == "normal"
        await channel.deliver(claim(2, address=TO_MES, decided_at=START + 2 * MINUTE))
        assert (await world.retained(STATE))["occurrence"] == 2


@BOTH
async def test_what_is_about_no_alarm_has_no_state(place: Any, tmp_path: Path) -> None:
    async with place(tmp_path) as world, listening(world) as channel:
        digest = replace(MESSAGE, data={})
        await channel.deliver(claim(3, Purpose.FLOOD, address=TO_MES, message=digest, alarm="flood:team:fitters"))
        await until(lambda: of_alarms(world))
        assert [topic for topic, _ in of_alarms(world)] == ["andon/crm/mes"]


@BOTH
async def test_presence_says_online_and_offline_when_it_leaves(place: Any, tmp_path: Path) -> None:
    async with place(tmp_path) as world:
        async with listening(world):
            assert await world.retained(PRESENCE) == {"state": "online"}
        assert await world.retained(PRESENCE) == {"state": "offline"}


@BOTH
async def test_without_a_broker_it_is_tried_again_and_nothing_has_left(place: Any, tmp_path: Path) -> None:
    async with place(tmp_path) as world, listening(world) as channel:
        await world.cut()
        await until(lambda: channel.unheard_since is not None)
        outcome = await channel.deliver(claim(address=TO_MES))
        assert isinstance(outcome, Retry)
        await world.mend()
        await until(lambda: channel.unheard_since is None)
        assert isinstance(await channel.deliver(claim(address=TO_MES, attempt=2)), Delivered)
        assert (await world.retained(STATE))["state"] == "unacknowledged"


@BOTH
async def test_many_claims_are_published_together_and_in_their_order(place: Any, tmp_path: Path) -> None:
    async with place(tmp_path) as world, listening(world) as channel:
        claims = [claim(number, address=TO_MES) for number in range(1, 51)]
        outcomes = await channel.deliver_many(claims)
        assert [type(outcome) for outcome in outcomes] == [Delivered] * 50
        await until(lambda: len(of_alarms(world)) == 100)
        events = [body["occurrence"] for topic, body in of_alarms(world) if topic.endswith("/mes")]
        assert events == list(range(1, 51))
        assert (await world.retained(STATE))["occurrence"] == 50


@BOTH
async def test_what_it_cannot_do_is_refused_with_a_sentence(place: Any, tmp_path: Path) -> None:
    async with place(tmp_path) as world, listening(world) as channel:
        assert isinstance(await channel.deliver(claim(address=TO_MES, act=Call(CallMedium.SMS))), Refused)
        assert isinstance(await channel.deliver(claim(address={})), Refused)
        assert of_alarms(world) == []


async def test_of_an_event_whose_state_did_not_leave_nobody_knows() -> None:
    """The event itself is with the broker: as if nothing had left, it would be published again without a word."""

    class Half(MemoryPublisher):
        async def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
            if retain:
                raise NoReply("the connection is over", sent=False)
            await super().publish(topic, payload, retain=retain)

    class Halves(MemoryCarriers):
        def publisher(self, host: str, port: int, access: MqttAccess) -> Publisher:
            return Half(self.broker, access)

    class Alone:
        channel = MqttChannel(opening(MqttConfig(host="broker.plant.example"), SteadyClock(), Halves()))

    async with listening(Alone()) as channel:  # type: ignore[arg-type] # of a world it needs the channel alone
        assert isinstance(await channel.deliver(claim(address=TO_MES)), Unknown)


@asynccontextmanager
async def greeted(context: ssl.SSLContext | None, **config: Any) -> AsyncIterator[asyncio.Future[bytes]]:
    """The first packet that the channel says to a broker that says nothing."""
    said: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.set_result(await reader.read(1_000))
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0, ssl=context)
    given = {"host": "127.0.0.1", "port": server.sockets[0].getsockname()[1], **config}
    made = MqttChannel(opening(MqttConfig.model_validate(given), SteadyClock(), SocketCarriers()))
    task = asyncio.create_task(made.listen(never_taken))
    try:
        async with asyncio.timeout(8):
            yield said
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.close()


async def test_the_broker_keeps_no_session_of_ours() -> None:
    """The outbox keeps what is to be published; what a broker kept beside it would come twice."""
    async with greeted(None) as said:
        packet = await said
        flags = packet[packet.index(b"MQTT") + 5]
        assert flags & 0x02, "clean session (MQTT 3.1.1, 3.1.2.4)"


async def test_a_certificate_of_another_name_is_taken_where_that_name_is_given(tmp_path: Path) -> None:
    made = await certificates(tmp_path, "DNS:broker.plant")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.server, made.server_key)
    async with greeted(context, tls={"ca": str(made.ca), "server_name": "broker.plant"}) as said:
        assert b"MQTT" in await said


async def test_a_gateway_that_is_gone_without_a_word_is_said_to_be_offline_by_the_broker(tmp_path: Path) -> None:
    async with over_sockets(tmp_path) as world, Relay(world.port).serving() as relay:
        config = MqttConfig.model_validate({"host": "127.0.0.1", "port": relay.port})
        world.channel = MqttChannel(opening(config, SteadyClock(), SocketCarriers()))
        async with listening(world):
            await relay.cut()
            await until(lambda: (PRESENCE, {"state": "offline"}) in world.seen())
            assert [state for topic, state in world.seen() if topic == PRESENCE][-1] == {"state": "offline"}
