"""What the MQTT drivers may rely on, over sockets and in memory alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from drivers.base import ConnectionLost
from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from drivers.mqtt.memory import MemoryMqttBroker
from edge.model.errors import DeviceUnreachable
from edge.ports import MqttAccess, MqttLink, MqttMessage, MqttWill
from edge.runtime.clock import SteadyClock
from tests.mosquitto import mosquitto

DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True)
class Form:
    """Of a link to a broker."""

    over: str
    version: str = "3.1.1"


@dataclass(frozen=True, slots=True)
class Broker:
    open: Callable[[MqttAccess], MqttLink]
    access: MqttAccess
    publish: Callable[[str, bytes, int, bool], Awaitable[None]]
    cut: Callable[[], Awaitable[None]]
    mend: Callable[[], Awaitable[None]]

    @property
    def link(self) -> MqttLink:
        return self.open(self.access)


FORMS = [Form("sockets"), Form("sockets", "5"), Form("memory")]


@pytest.fixture(params=FORMS, ids=["sockets 3.1.1", "sockets 5", "memory"])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    clock = SteadyClock()
    access = MqttAccess("edge", version=request.param.version)
    if request.param.over == "memory":
        hub = MemoryMqttBroker(clock)

        async def publish(topic: str, payload: bytes, qos: int, retain: bool) -> None:
            hub.publish(topic, payload, qos=qos, retain=retain)

        async def cut() -> None:
            hub.cut()

        async def mend() -> None:
            hub.mend()

        links = MemoryLinks(clock, modbus={}, mqtt={("broker", 1883): hub})
        yield Broker(lambda with_access: links.mqtt("broker", 1883, with_access), access, publish, cut, mend)
        return
    async with mosquitto(tmp_path) as real:

        async def publish_really(topic: str, payload: bytes, qos: int, retain: bool) -> None:
            await real.publish(topic, payload, "-q", str(qos), *(["-r"] if retain else []))

        yield Broker(
            lambda with_access: SocketLinks(clock).mqtt("127.0.0.1", real.port, with_access),
            access,
            publish_really,
            real.stop,
            real.start,
        )


async def gather(arriving: AsyncIterator[list[MqttMessage]], number: int) -> list[MqttMessage]:
    """At least so many messages, within the deadline."""
    gathered: list[MqttMessage] = []
    async with asyncio.timeout(DEADLINE_S):
        while len(gathered) < number:
            gathered += await anext(arriving)
    return gathered


async def test_the_first_yield_is_empty_and_says_that_the_subscriptions_stand(broker: Broker) -> None:
    async with asyncio.timeout(DEADLINE_S), aclosing(broker.link.messages([("crm/fan", 1)])) as arriving:
        assert len(await anext(arriving)) == 0
        await broker.publish("crm/fan", b"2.1", 0, False)
        (message,) = await anext(arriving)
    assert (message.topic, message.payload, message.retained) == ("crm/fan", b"2.1", False)


async def test_messages_come_in_order_and_none_is_merged(broker: Broker) -> None:
    async with aclosing(broker.link.messages([("crm/+", 1)])) as arriving:
        await anext(arriving)
        for number in range(6):
            await broker.publish(f"crm/{number % 2}", b"%d" % number, 1, False)
        gathered = await gather(arriving, 6)
    assert [message.payload for message in gathered] == [b"0", b"1", b"2", b"3", b"4", b"5"]
    assert [message.received_time for message in gathered] == sorted(message.received_time for message in gathered)


async def test_of_a_long_payload_one_byte_more_than_may_be_used_is_passed_on(broker: Broker) -> None:
    await broker.publish("crm/long", b"x" * 100_000, 1, True)
    for most, came in ((64 * 1024, 64 * 1024 + 1), (1024 * 1024, 100_000)):
        link = broker.open(replace(broker.access, payload_bytes_max=most))
        async with aclosing(link.messages([("crm/long", 1)])) as arriving:
            await anext(arriving)
            (message,) = await gather(arriving, 1)
        assert len(message.payload) == came


async def test_what_was_retained_is_marked_and_what_follows_is_not(broker: Broker) -> None:
    await broker.publish("crm/car", b"old", 1, True)
    async with aclosing(broker.link.messages([("crm/car", 1)])) as arriving:
        await anext(arriving)
        (old,) = await gather(arriving, 1)
        await broker.publish("crm/car", b"new", 1, True)
        (new,) = await gather(arriving, 1)
    assert [(old.payload, old.retained), (new.payload, new.retained)] == [(b"old", True), (b"new", False)]


async def test_an_empty_retained_payload_forgets(broker: Broker) -> None:
    await broker.publish("crm/car", b"old", 1, True)
    await broker.publish("crm/car", b"", 1, True)
    async with aclosing(broker.link.messages([("crm/car", 1), ("crm/end", 1)])) as arriving:
        await anext(arriving)
        await broker.publish("crm/end", b"end", 1, False)
        assert [message.topic for message in await gather(arriving, 1)] == ["crm/end"]


@pytest.mark.parametrize(("published", "subscribed", "delivered"), [(0, 1, 0), (1, 0, 0), (1, 1, 1), (2, 1, 1)])
async def test_the_lower_quality_of_service_counts(broker: Broker, published: int, subscribed: int, delivered: int) -> None:
    async with aclosing(broker.link.messages([("crm/fan", subscribed)])) as arriving:
        await anext(arriving)
        await broker.publish("crm/fan", b"1", published, False)
        assert (await gather(arriving, 1))[0].qos == delivered


async def test_a_lost_connection_ends_the_messages_and_a_new_one_begins_afresh(broker: Broker) -> None:
    async with aclosing(broker.link.messages([("crm/fan", 1)])) as arriving:
        await anext(arriving)
        await broker.cut()
        with pytest.raises(DeviceUnreachable):
            await gather(arriving, 1)
    with pytest.raises(DeviceUnreachable):
        async with asyncio.timeout(DEADLINE_S), aclosing(broker.link.messages([("crm/fan", 1)])) as arriving:
            await anext(arriving)
    await broker.mend()
    async with aclosing(broker.link.messages([("crm/fan", 1)])) as arriving:
        await anext(arriving)
        await broker.publish("crm/fan", b"back", 1, False)
        assert [message.payload for message in await gather(arriving, 1)] == [b"back"]


async def test_filters_that_are_apart_bring_each_message_once(broker: Broker) -> None:
    async with aclosing(broker.link.messages([("line/+/vib", 1), ("line/hall", 1)])) as arriving:
        await anext(arriving)
        for topic in ("line/a/vib", "line/hall", "line/b/vib", "line/b/temp", "line/vib"):
            await broker.publish(topic, b"1", 1, False)
        await broker.publish("line/end/vib", b"1", 1, False)
        gathered = await gather(arriving, 4)
    assert [message.topic for message in gathered] == ["line/a/vib", "line/hall", "line/b/vib", "line/end/vib"]


async def test_our_own_presence_is_retained_while_we_are_there_and_taken_back_when_we_leave(broker: Broker) -> None:
    will = MqttWill("andon/gateway", b"online", b"offline", 1)
    gateway = broker.open(replace(broker.access, client_id="gateway", will=will))
    async with aclosing(broker.link.messages([("andon/+", 1)])) as arriving:
        await anext(arriving)
        async with aclosing(gateway.messages([("crm/fan", 1)])) as ours:
            async with asyncio.timeout(DEADLINE_S):
                assert len(await anext(ours)) == 0
            assert [message.payload for message in await gather(arriving, 1)] == [b"online"]
            late = broker.open(replace(broker.access, client_id="late"))
            async with aclosing(late.messages([("andon/+", 1)])) as later:
                await anext(later)
                (retained,) = await gather(later, 1)
            assert (retained.payload, retained.retained) == (b"online", True)
        assert [message.payload for message in await gather(arriving, 1)] == [b"offline"]


async def test_what_no_ticket_was_called_for_comes_again_to_the_session_that_the_broker_keeps(broker: Broker) -> None:
    link = broker.open(replace(broker.access, session_s=600))
    async with aclosing(link.messages([("crm/fan", 1)])) as arriving:
        await anext(arriving)
        assert link.ticket() is None
        for payload in (b"kept", b"not kept"):
            await broker.publish("crm/fan", payload, 1, False)
            assert [message.payload for message in await gather(arriving, 1)] == [payload]
            ticket = link.ticket()
            assert ticket is not None and link.ticket() is None
            if payload == b"kept":
                ticket()
                await link.publish("crm/other", b"", 1, retain=False)
    ticket()  # of a connection that is over: says nothing to anybody
    await broker.publish("crm/fan", b"meanwhile", 1, False)
    await broker.publish("crm/fan", b"of QoS 0", 0, False)
    async with aclosing(link.messages([("crm/fan", 1)])) as arriving:
        await anext(arriving)
        gathered = await gather(arriving, 2)
    assert [message.payload for message in gathered if message.qos] == [b"not kept", b"meanwhile"]


async def test_without_a_session_nothing_comes_again(broker: Broker) -> None:
    async with aclosing(broker.link.messages([("crm/fan", 1)])) as arriving:
        await anext(arriving)
        await broker.publish("crm/fan", b"1", 1, False)
        await gather(arriving, 1)
    await broker.publish("crm/fan", b"2", 1, False)
    async with aclosing(broker.link.messages([("crm/fan", 1)])) as arriving:
        await anext(arriving)
        await broker.publish("crm/fan", b"3", 1, False)
        assert [message.payload for message in await gather(arriving, 1)] == [b"3"]


async def test_who_takes_no_tickets_hears_all_the_same_and_nothing_of_it_twice(broker: Broker) -> None:
    """More than any broker sends without an acknowledgement."""
    link = broker.open(replace(broker.access, session_s=600))
    async with aclosing(link.messages([("crm/fan", 1)])) as arriving:
        await anext(arriving)
        for number in range(25):
            await broker.publish("crm/fan", b"%d" % number, 1, False)
        assert len(await gather(arriving, 25)) == 25
        await broker.publish("crm/fan", b"end", 1, False)
        await gather(arriving, 1)
        # The broker answers in order: by then it has read every acknowledgement. Those it has not when we leave are lost.
        await link.publish("crm/other", b"", 1, retain=False)
    async with aclosing(link.messages([("crm/fan", 1)])) as arriving:
        await anext(arriving)
        assert [message.payload for message in await gather(arriving, 1)] == [b"end"]


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_what_is_published_is_at_the_broker_and_without_a_connection_nothing_is_sent(broker: Broker, qos: int) -> None:
    sender = broker.open(replace(broker.access, client_id="sender"))
    with pytest.raises(ConnectionLost):
        await sender.publish("crm/set", b"early", qos, retain=True)
    async with (
        aclosing(sender.messages([("crm/fan", 1)])) as sending,
        aclosing(broker.link.messages([("crm/set", 2)])) as arriving,
    ):
        await anext(sending)
        await anext(arriving)
        async with asyncio.timeout(DEADLINE_S):
            await sender.publish("crm/set", b"50", qos, retain=True)
        (heard,) = await gather(arriving, 1)
    assert (heard.topic, heard.payload, heard.qos, heard.retained) == ("crm/set", b"50", qos, False)
    with pytest.raises(ConnectionLost):
        await sender.publish("crm/set", b"late", qos, retain=True)
