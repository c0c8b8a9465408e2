"""The simulated Modbus server on real sockets, read by two clients that nobody here wrote; and each of its faults."""

from __future__ import annotations

import asyncio
import math
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pyModbusTCP.client import ModbusClient

from simulators.devices.encoding import ValueType, WordOrder
from simulators.devices.line import SimulatedLine
from simulators.devices.machine import SimulatedMachine
from simulators.devices.modbus_server import CONNECTIONS_MAX, ModbusServer
from simulators.devices.modbus_unit import ModbusUnit
from simulators.devices.point import ModbusAddress, Point, Table
from simulators.faults import (
    CloseAfter,
    Delay,
    ExceptionAnswer,
    FaultPlan,
    HalfFrame,
    Refuse,
    Silent,
    WrongTransaction,
)
from simulators.process import bind
from simulators.signals import Constant, Ramp

START = 1_767_225_600_000_000
DEADLINE_S = 5.0
MIXIN = AsyncModbusTcpClient
ORDERS = [WordOrder.ABCD, WordOrder.CDAB, WordOrder.BADC, WordOrder.DCBA]
TYPED = [
    ("int16", -12345, 1, MIXIN.DATATYPE.INT16),
    ("uint16", 54321, 1, MIXIN.DATATYPE.UINT16),
    ("int32", -123456789, 2, MIXIN.DATATYPE.INT32),
    ("float32", -1234.5, 2, MIXIN.DATATYPE.FLOAT32),
]


@dataclass
class HandClock:
    """Simulated time moves when a test says so; a sleep lasts until the test ends it."""

    moment: int = START
    slept: list[int] = field(default_factory=list)
    fell_asleep: asyncio.Event = field(default_factory=asyncio.Event)
    may_wake: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> int:
        return self.moment

    def wall_of(self, moment: int) -> int:
        return moment

    async def sleep(self, wall_us: int) -> None:
        self.slept.append(wall_us)
        self.fell_asleep.set()
        await self.may_wake.wait()

    async def sleep_until(self, moment: int) -> None:
        self.moment = max(self.moment, moment)


def panel(unit_id: int) -> SimulatedMachine:
    """Every type in both register tables, one behind the other from address 0, then bits."""
    points, address = [], 0
    for order in ORDERS:
        for name, value, words, _ in TYPED:
            for table in (Table.HOLDING, Table.INPUT):
                where = ModbusAddress(table, address)
                point = f"{table.value}_{name}_{order.value}"
                points.append(Point(point, where, ValueType(name), Constant(value), word_order=order))
            address += words
    for n in range(20):
        for table in (Table.COIL, Table.DISCRETE):
            points.append(Point(f"{table.value}_{n}", ModbusAddress(table, n), ValueType.BOOL, Constant(n % 3 == 0)))
    rising = Ramp(0, 1000, START, 1000)
    points.append(Point("rising", ModbusAddress(Table.INPUT, 100), ValueType.UINT16, rising))
    return SimulatedMachine(f"PANEL{unit_id}", points, ModbusUnit(unit_id, points))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def server(clock: HandClock) -> AsyncIterator[ModbusServer]:
    server = ModbusServer(SimulatedLine([panel(1), panel(247)]), clock)
    await server.start(bind("127.0.0.1", 0))
    yield server
    await server.close()


@pytest.fixture
async def client(server: ModbusServer) -> AsyncIterator[AsyncModbusTcpClient]:
    client = AsyncModbusTcpClient("127.0.0.1", port=server.port, timeout=DEADLINE_S, retries=0, reconnect_delay=0)
    assert await client.connect()
    yield client
    client.close()


@dataclass
class Wire:
    """A bare connection: what is not said by a client library."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, transaction: int, unit: int = 1, address: int = 0, count: int = 1) -> None:
        self.writer.write(frame(transaction, unit, 3, address, count))
        await self.writer.drain()

    async def answer(self) -> bytes:
        async with asyncio.timeout(DEADLINE_S):
            header = await self.reader.readexactly(6)
            return header + await self.reader.readexactly(int.from_bytes(header[4:], "big"))

    async def until_closed(self) -> bytes:
        async with asyncio.timeout(DEADLINE_S):
            return await self.reader.read()


@pytest.fixture
async def wire(server: ModbusServer) -> AsyncIterator[Wire]:
    wire = Wire(*await asyncio.open_connection("127.0.0.1", server.port))
    yield wire
    wire.writer.close()


def frame(transaction: int, unit: int, function: int, address: int, count: int) -> bytes:
    return struct.pack(">HHHBBHH", transaction, 0, 6, unit, function, address, count)


def answered(transaction: int, unit: int = 1) -> bytes:
    return struct.pack(">HHHBBBh", transaction, 0, 5, unit, 3, 2, -12345)


async def test_pymodbus_reads_every_type_from_both_register_tables(client):
    for read in (client.read_holding_registers, client.read_input_registers):
        response = await read(0, count=24, device_id=247)
        assert not response.isError()
        registers = response.registers
        for order in ORDERS:
            for _, value, words, datatype in TYPED:
                taken, registers = registers[:words], registers[words:]
                if words == 2 and order.value in ("BADC", "DCBA"):
                    taken = [(word & 0xFF) << 8 | word >> 8 for word in taken]
                low_word_first = order.value in ("CDAB", "DCBA")
                decoded = client.convert_from_registers(taken, datatype, word_order="little" if low_word_first else "big")
                assert decoded == value
        assert registers == []


async def test_pymodbus_reads_bits(client):
    for read in (client.read_coils, client.read_discrete_inputs):
        response = await read(1, count=19, device_id=1)
        assert response.bits[:19] == [n % 3 == 0 for n in range(1, 20)]


async def test_pymodbustcp_reads_all_four_tables(server):
    def read_all() -> list[object]:
        client = ModbusClient("127.0.0.1", server.port, unit_id=247, timeout=DEADLINE_S)
        try:
            return [
                client.read_coils(0, 20),
                client.read_discrete_inputs(3, 4),
                client.read_holding_registers(0, 2),
                client.read_input_registers(2, 2),
                client.read_holding_registers(500, 1),
                client.last_except,
            ]
        finally:
            client.close()

    coils, discrete, holding, inputs, missing, exception = await asyncio.to_thread(read_all)
    assert coils == [n % 3 == 0 for n in range(20)]
    assert discrete == [True, False, False, True]
    assert holding == [0x10000 - 12345, 54321]
    assert inputs == list(struct.unpack(">HH", struct.pack(">i", -123456789)))
    assert (missing, exception) == (None, 2)


async def test_a_value_is_that_of_the_moment_of_the_request(client, clock):
    for elapsed in (0, 250, 999):
        clock.moment = START + elapsed
        assert (await client.read_input_registers(100, count=1, device_id=1)).registers == [elapsed]


async def test_a_broken_sensor_reads_as_not_a_number(clock):
    machine = panel(9)
    machine.override("holding_float32_ABCD", math.nan, START)
    nan_server = ModbusServer(machine, clock)
    await nan_server.start(bind("127.0.0.1", 0))
    reader = AsyncModbusTcpClient("127.0.0.1", port=nan_server.port, retries=0)
    await reader.connect()
    response = await reader.read_holding_registers(4, count=2, device_id=9)
    assert math.isnan(reader.convert_from_registers(response.registers, reader.DATATYPE.FLOAT32))
    reader.close()
    await nan_server.close()


@pytest.mark.parametrize(
    ("function", "address", "count", "code"),
    [(5, 1000, 0xFF00, 2), (43, 0, 1, 1), (3, 1000, 1, 2), (3, 23, 2, 2), (3, 0, 0, 3), (3, 0, 126, 3), (1, 0, 2001, 3)],
)
async def test_a_request_that_cannot_be_served_gets_its_exception(wire, function, address, count, code):
    wire.writer.write(frame(1, 1, function, address, count))
    assert await wire.answer() == struct.pack(">HHHBBB", 1, 0, 3, 1, function | 0x80, code)


async def test_several_requests_in_one_segment_are_all_answered_in_order(wire):
    wire.writer.write(b"".join(frame(transaction, 1, 3, 0, 1) for transaction in (7, 8, 9)))
    assert [await wire.answer() for _ in range(3)] == [answered(7), answered(8), answered(9)]


async def test_a_stream_that_is_not_modbus_is_closed(wire):
    wire.writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await wire.until_closed() == b""


async def test_an_absent_unit_is_silent_and_the_next_one_is_answered(wire, server):
    await wire.ask(1, unit=99)
    await wire.ask(2)
    assert await wire.answer() == answered(2)
    assert server.requests == 2


async def test_a_silent_unit_leaves_its_neighbour_alone(wire, server):
    await server.set_faults(FaultPlan((Silent(unit=1),)))
    await wire.ask(1, unit=1)
    await wire.ask(2, unit=247)
    assert await wire.answer() == answered(2, unit=247)
    await server.set_faults(FaultPlan())
    await wire.ask(3, unit=1)
    assert await wire.answer() == answered(3)


async def test_a_delayed_answer_comes_after_the_delay_and_holds_up_those_behind_it(wire, server, clock):
    await server.set_faults(FaultPlan((Delay(by_us=300_000),)))
    await wire.ask(1)
    await asyncio.wait_for(clock.fell_asleep.wait(), DEADLINE_S)
    await server.set_faults(FaultPlan())
    await wire.ask(2)
    assert clock.slept == [300_000]
    assert server.requests == 1
    clock.may_wake.set()
    assert [await wire.answer(), await wire.answer()] == [answered(1), answered(2)]


async def test_an_exception_is_injected_with_its_code(client, server):
    await server.set_faults(FaultPlan((ExceptionAnswer(code=6),)))
    response = await client.read_holding_registers(0, count=1, device_id=1)
    assert response.isError() and response.exception_code == 6


async def test_a_wrong_transaction_id_carries_the_right_values(wire, server):
    await server.set_faults(FaultPlan((WrongTransaction(),)))
    await wire.ask(1)
    assert await wire.answer() == answered(0x8001)


async def test_half_a_frame_leaves_the_connection_open(wire, server):
    await server.set_faults(FaultPlan((HalfFrame(),)))
    await wire.ask(1)
    async with asyncio.timeout(DEADLINE_S):
        assert await wire.reader.readexactly(5) == answered(1)[:5]
    await server.set_faults(FaultPlan())
    await wire.ask(2)
    assert await wire.answer() == answered(2)


async def test_a_connection_closes_after_some_bytes(wire, server):
    await server.set_faults(FaultPlan((CloseAfter(sent_bytes=7),)))
    await wire.ask(1)
    assert await wire.until_closed() == answered(1)[:7]


async def test_refusing_closes_what_is_open_and_the_same_port_comes_back(wire, server):
    port = server.port
    await server.set_faults(FaultPlan((Refuse(),)))
    assert await wire.until_closed() == b""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    await server.set_faults(FaultPlan())
    again = Wire(*await asyncio.open_connection("127.0.0.1", port))
    await again.ask(1)
    assert await again.answer() == answered(1)
    again.writer.close()


async def test_a_share_of_the_requests_is_befallen_and_the_same_ones_every_time(wire, server):
    faults = FaultPlan((ExceptionAnswer(code=4, share=0.5),), seed=11)
    await server.set_faults(faults)
    befallen = []
    for transaction in range(1, 33):
        await wire.ask(transaction)
        befallen.append((await wire.answer())[7] == 0x83)
    assert befallen == [faults.treatment(1, nth).exception_code == 4 for nth in range(1, 33)]
    assert 0 < sum(befallen) < 32


async def test_more_connections_than_it_holds_are_closed_at_once(server):
    wires = [Wire(*await asyncio.open_connection("127.0.0.1", server.port)) for _ in range(CONNECTIONS_MAX)]
    await wires[-1].ask(1)
    assert await wires[-1].answer() == answered(1)
    one_more = Wire(*await asyncio.open_connection("127.0.0.1", server.port))
    assert await one_more.until_closed() == b""
    for wire in [*wires, one_more]:
        wire.writer.close()


async def test_closing_the_server_closes_its_connections_even_while_an_answer_is_delayed(wire, server, clock):
    await server.set_faults(FaultPlan((Delay(by_us=600_000_000),)))
    await wire.ask(1)
    await asyncio.wait_for(clock.fell_asleep.wait(), DEADLINE_S)
    await server.close()
    assert await wire.until_closed() == b""
