"""What the Modbus driver may rely on, over sockets and in memory alike."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest

from drivers.base import ConnectionLost
from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from drivers.modbus.memory import Answer, Take
from edge.model.errors import BadResponse, DeviceRefused, DeviceUnreachable
from edge.ports import ModbusAccess, ModbusLink
from edge.runtime.clock import SteadyClock
from tests.modbus_server import CLOSE, answer, exception, free_port, repeated, serving

DEADLINE_S = 10.0
TIMEOUT_S = 0.3


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
