"""What a driver may rely on, over sockets and in memory alike: the same tests over both forms of every link."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from drivers.base import ConnectionLost
from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from drivers.modbus.memory import Answer, Take
from drivers.mqtt.memory import MemoryMqttBroker
from edge.model.errors import BadResponse, DeviceRefused, DeviceUnreachable
from edge.ports import ModbusAccess, ModbusLink, MqttAccess, MqttLink, MqttMessage, MqttWill
from edge.runtime.clock import SteadyClock
from tests.modbus_server import CLOSE, answer, exception, free_port, repeated, serving
from tests.mosquitto import mosquitto

DEADLINE_S = 10.0
TIMEOUT_S = 0.3

# --- Modbus ---------------------------------------------------------------------------------------------------------


class Device:
    """Answers as `says` says; by default each register holds its own address, each bit is its address' lowest."""

    def __init__(self) -> None:
        self.says: Answer = self.plainly
        self.asked: list[tuple[int, int, int, int]] = []
        self.takes: Take = lambda *written: b""
        self.written: list[tuple[int, int, int, bytes]] = []

    def plainly(self, unit: int, function: int, address: int, count: int) -> bytes:
        if function in (1, 2):
            bits = sum((number & 1) << (number - address) for number in range(address, address + count))
            return bits.to_bytes((count + 7) // 8, "little")
        return struct.pack(f">{count}H", *range(address, address + count))

    def answer(self, unit: int, function: int, address: int, count: int) -> bytes | int | None:
        self.asked.append((unit, function, address, count))
        return self.says(unit, function, address, count)

    def take(self, unit: int, function: int, address: int, data: bytes) -> bytes | int | None:
        self.written.append((unit, function, address, data))
        return self.takes(unit, function, address, data)

    def over_the_wire(self, request: bytes) -> list[bytes | None]:
        unit, function, address, count = struct.unpack(">BBHH", request[6:12])
        if function > 4:
            taken = self.take(unit, function, address, request[10:])
            if taken is None:
                return []
            return [exception(request, taken) if isinstance(taken, int) else repeated(request, 7 if function == 22 else 5)]
        said = self.answer(unit, function, address, count)
        if said is None:
            return []
        return [exception(request, said) if isinstance(said, int) else answer(request, said)]


@pytest.fixture
def machine() -> Device:
    return Device()


@pytest.fixture(params=["sockets", "memory"])
async def modbus(request: pytest.FixtureRequest, machine: Device) -> AsyncIterator[ModbusLink]:
    clock = SteadyClock()
    if request.param == "memory":
        here = ("plc", 502)
        links = MemoryLinks(clock, modbus={here: machine.answer}, mqtt={}, modbus_writes={here: machine.take})
        yield links.modbus("plc", 502, timeout_s=TIMEOUT_S)
        return
    async with serving(machine.over_the_wire) as server:
        link = SocketLinks(clock).modbus("127.0.0.1", server.port, timeout_s=TIMEOUT_S)
        yield link
        await link.close()


@pytest.mark.parametrize("function", [3, 4])
async def test_registers_come_high_byte_first(modbus: ModbusLink, machine: Device, function: int) -> None:
    assert await modbus.read(3, function, 0x1234, 2) == b"\x12\x34\x12\x35"
    assert machine.asked == [(3, function, 0x1234, 2)]


@pytest.mark.parametrize("function", [1, 2])
async def test_bits_come_packed_lowest_first(modbus: ModbusLink, machine: Device, function: int) -> None:
    assert await modbus.read(0, function, 1, 10) == b"\x55\x01"
    assert machine.asked == [(0, function, 1, 10)]


async def test_the_largest_reads_of_the_specification_pass(modbus: ModbusLink) -> None:
    assert len(await modbus.read(255, 3, 0, 125)) == 250
    assert len(await modbus.read(255, 1, 0, 2000)) == 250


@pytest.mark.parametrize("code", [1, 2, 4, 11, 200])
async def test_a_modbus_exception_is_a_refusal_with_its_code(modbus: ModbusLink, machine: Device, code: int) -> None:
    machine.says = lambda *asked: code
    with pytest.raises(DeviceRefused) as refused:
        await modbus.read(1, 3, 0, 1)
    assert refused.value.code == code
    machine.says = machine.plainly
    assert await modbus.read(1, 3, 7, 1) == b"\0\7", "the connection is as good as before"


async def test_silence_is_unreachable_after_the_time_out_and_not_for_ever(modbus: ModbusLink, machine: Device) -> None:
    machine.says = lambda *asked: None
    started = asyncio.get_running_loop().time()
    with pytest.raises(DeviceUnreachable):
        async with asyncio.timeout(DEADLINE_S):
            await modbus.read(1, 3, 0, 1)
    assert asyncio.get_running_loop().time() - started >= TIMEOUT_S * 0.9
    machine.says = machine.plainly
    assert await modbus.read(1, 3, 7, 1) == b"\0\7"


async def test_an_answer_of_another_length_is_refused(modbus: ModbusLink, machine: Device) -> None:
    machine.says = lambda *asked: b"\0\1\0\2\0\3"
    with pytest.raises(BadResponse):
        await modbus.read(1, 3, 0, 2)
    machine.says = machine.plainly
    assert await modbus.read(1, 3, 7, 1) == b"\0\7"


async def test_an_address_where_nobody_listens_is_unreachable() -> None:
    clock = SteadyClock()
    for link in (
        SocketLinks(clock).modbus("127.0.0.1", free_port(), timeout_s=TIMEOUT_S),
        MemoryLinks(clock, modbus={}, mqtt={}).modbus("plc", 502, timeout_s=TIMEOUT_S),
    ):
        with pytest.raises(DeviceUnreachable, match="no connection"):
            await link.read(1, 3, 0, 1)


@pytest.mark.parametrize(
    ("function", "data"),
    [(5, b"\xff\0"), (6, b"\x12\x34"), (15, b"\0\1\1\1"), (16, b"\0\2\4\1\2\3\4"), (22, b"\xff\0\0\x12")],
)
async def test_a_write_arrives_once_and_as_it_was_given(
    modbus: ModbusLink, machine: Device, function: int, data: bytes
) -> None:
    await modbus.write(3, function, 0x1234, data)
    assert machine.written == [(3, function, 0x1234, data)]


async def test_a_write_that_is_refused_says_so(modbus: ModbusLink, machine: Device) -> None:
    machine.takes = lambda *written: 2
    with pytest.raises(DeviceRefused) as refused:
        await modbus.write(3, 6, 7, b"\0\1")
    assert refused.value.code == 2
    assert await modbus.read(1, 3, 7, 1) == b"\0\7", "the connection is as good as before"


async def test_a_write_without_an_answer_is_sent_once_and_reported_as_unreachable(modbus: ModbusLink, machine: Device) -> None:
    machine.takes = lambda *written: None
    with pytest.raises(DeviceUnreachable) as unknown:
        await modbus.write(3, 6, 7, b"\0\1")
    assert not isinstance(unknown.value, ConnectionLost), "it may have been done"
    assert len(machine.written) == 1


async def test_a_write_without_a_connection_has_not_been_sent() -> None:
    clock = SteadyClock()
    for link in (
        SocketLinks(clock).modbus("127.0.0.1", free_port(), timeout_s=TIMEOUT_S),
        MemoryLinks(clock, modbus={}, mqtt={}).modbus("plc", 502, timeout_s=TIMEOUT_S),
    ):
        with pytest.raises(ConnectionLost):
            await link.write(1, 6, 0, b"\0\1")


async def test_reads_made_at_once_get_each_its_own_answer(modbus: ModbusLink) -> None:
    answers = await asyncio.gather(*(modbus.read(1, 3, number, 1) for number in range(20)))
    assert answers == [struct.pack(">H", number) for number in range(20)]


async def test_a_write_over_a_connection_that_is_cut_is_not_sent_again(machine: Device) -> None:
    """Only sockets can do this. A read is asked anew when the server has closed an idle connection; a write never is."""
    async with serving(lambda request: [CLOSE] if request[7] == 6 else machine.over_the_wire(request)) as server:
        link = SocketLinks(SteadyClock()).modbus("127.0.0.1", server.port, timeout_s=TIMEOUT_S)
        await link.read(1, 3, 0, 1)
        with pytest.raises(DeviceUnreachable):
            await link.write(1, 6, 0, b"\0\1")
        assert [request[7] for request in server.requests] == [3, 6]
        await link.close()


async def test_a_silent_device_is_waited_for_as_long_as_is_said_and_asked_again_over_a_new_connection(machine: Device) -> None:
    """Only sockets can do this."""
    async with serving(machine.over_the_wire) as server:
        link = SocketLinks(SteadyClock()).modbus("127.0.0.1", server.port, timeout_s=DEADLINE_S)
        machine.says = lambda *asked: None
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeviceUnreachable):
            await link.read(1, 3, 0, 1, timeout_s=0.05)
        assert asyncio.get_running_loop().time() - began < DEADLINE_S / 2
        machine.says = machine.plainly
        assert await link.read(1, 3, 7, 1) == b"\0\7"
        assert (server.connections, link.connections) == (2, 2)
        await link.close()


class Holding:
    """Answers a number of requests at once, the last first, when that many have come."""

    def __init__(self, machine: Device, number: int) -> None:
        self._machine, self._number = machine, number
        self.held: list[bytes] = []
        self.most = 0

    def over_the_wire(self, request: bytes) -> list[bytes | None]:
        self.held.append(request)
        self.most = max(self.most, len(self.held))
        if len(self.held) < self._number:
            return []
        held, self.held = self.held, []
        return [piece for each in reversed(held) for piece in self._machine.over_the_wire(each)]


async def test_as_many_requests_as_allowed_are_on_their_way_at_once(machine: Device) -> None:
    """Only sockets can do this. A server that answers only to four at once, and in the wrong order, is understood."""
    holding = Holding(machine, 4)
    async with serving(holding.over_the_wire) as server:
        access = ModbusAccess(max_in_flight=4)
        link = SocketLinks(SteadyClock()).modbus("127.0.0.1", server.port, access, timeout_s=TIMEOUT_S)
        answers = await asyncio.gather(*(link.read(1, 3, number, 1) for number in range(12)))
        assert answers == [struct.pack(">H", number) for number in range(12)]
        assert (holding.most, server.connections) == (4, 1)
        await link.close()


async def test_a_silent_unit_in_flight_costs_the_others_no_answer(machine: Device) -> None:
    """Only sockets can do this. The connection is closed after silence, and what else was on its way is asked anew."""

    def silent_unit(request: bytes) -> list[bytes | None]:
        return [] if request[6] == 9 else machine.over_the_wire(request)

    async with serving(silent_unit) as server:
        link = SocketLinks(SteadyClock()).modbus("127.0.0.1", server.port, ModbusAccess(max_in_flight=4), timeout_s=TIMEOUT_S)
        silent = asyncio.ensure_future(link.read(9, 3, 0, 1))
        answers = [await link.read(1, 3, number, 1) for number in range(50)]
        assert answers == [struct.pack(">H", number) for number in range(50)]
        with pytest.raises(DeviceUnreachable):
            await silent
        assert await link.read(1, 3, 7, 1) == b"\0\7"
        await link.close()


@pytest.mark.parametrize("closes", ["while idle", "as it is asked again"])
async def test_a_connection_that_the_server_closes_after_an_answer_is_made_anew_without_a_word(
    machine: Device, closes: str
) -> None:
    """Only sockets can do this. A server that lets each connection live for one answer must not be taken for a dead one."""
    answered: set[int] = set()

    def once_a_connection(request: bytes) -> list[bytes | None]:
        if server.connections in answered:
            return [CLOSE]
        answered.add(server.connections)
        return [*machine.over_the_wire(request), *([CLOSE] if closes == "while idle" else [])]

    async with serving(once_a_connection) as server:
        link = SocketLinks(SteadyClock()).modbus("127.0.0.1", server.port, timeout_s=TIMEOUT_S)
        for number in range(3):
            assert await link.read(1, 3, number, 1) == struct.pack(">H", number)
        assert server.connections == 3
        await link.close()


# --- MQTT -----------------------------------------------------------------------------------------------------------


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
