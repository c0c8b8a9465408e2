"""The Modbus driver writes to pyModbusTCP's server, which nobody here wrote, while polling it; and what a failure is called."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from pyModbusTCP.server import DataBank, ModbusServer

from drivers.base import Driver, WriteEnd
from drivers.links import SocketLinks
from edge.runtime.clock import SteadyClock
from tests.driver_rig import Rig, device
from tests.modbus_server import CLOSE, exception, free_port, serving

TAGS: dict[str, dict[str, Any]] = {
    "lamp": {"address": "coil 3"},
    "speed": {"address": "holding 0", "type": "int16", "scale": 0.1},
    "total": {"address": "holding 1", "type": "uint32", "word_order": "CDAB"},
    "level": {"address": "holding 3", "type": "float32"},
    "order": {"address": "holding 5", "type": "string", "length": 8},
    "request": {"address": "holding 9", "type": "bool", "bit": 4},
    "mode": {"address": "holding 9", "type": "uint8", "byte": "high"},
    "measured": {"address": "input 0", "type": "int16"},
}


def driver(port: int, **more: Any) -> Driver:
    connection = {"host": "127.0.0.1", "port": port, "timeout": "250ms", "every": "20ms", **more}
    clock = SteadyClock()
    return Rig([device("modbus", "M1", TAGS, connection)], clock, SocketLinks(clock)).drivers[0]


@pytest.fixture
def server() -> Iterator[ModbusServer]:
    running = ModbusServer(port=free_port(), no_block=True, data_bank=DataBank())
    running.start()
    try:
        yield running
    finally:
        running.stop()


async def test_values_arrive_as_they_were_meant_and_read_back(server: ModbusServer) -> None:
    tested = driver(server.port)
    bank = server.data_bank

    async def poll() -> None:
        async with aclosing(tested.batches()) as batches:
            async for _ in batches:
                pass

    polling = asyncio.create_task(poll())
    for tag, value in (("lamp", 1.0), ("speed", -12.3), ("total", 70000.0), ("level", 2.5), ("order", "A-17")):
        assert (await tested.write(f"M1.{tag}", value)).end is WriteEnd.DONE
        assert await tested.read_back(f"M1.{tag}") == value
    polling.cancel()
    await asyncio.wait({polling})
    assert bank.get_coils(3, 1) == [True]
    assert bank.get_holding_registers(0, 1) == [0x10000 - 123]
    assert bank.get_holding_registers(1, 2) == [70000 & 0xFFFF, 70000 >> 16]
    assert struct.pack(">HH", *bank.get_holding_registers(3, 2)) == struct.pack(">f", 2.5)
    assert struct.pack(">4H", *bank.get_holding_registers(5, 4)) == b"A-17\0\0\0\0"


async def test_a_bit_and_a_half_leave_the_rest_of_their_register(server: ModbusServer) -> None:
    tested = driver(server.port)
    server.data_bank.set_holding_registers(9, [0x0103])
    assert (await tested.write("M1.request", 1.0)).end is WriteEnd.DONE
    assert (await tested.write("M1.mode", 0xAB)).end is WriteEnd.DONE
    assert server.data_bank.get_holding_registers(9, 1) == [0xAB13]
    assert (await tested.write("M1.request", 0.0)).end is WriteEnd.DONE
    assert server.data_bank.get_holding_registers(9, 1) == [0xAB03]


async def test_two_bits_of_a_register_written_at_once_both_stay(server: ModbusServer) -> None:
    tested = driver(server.port, max_in_flight=4)
    server.data_bank.set_holding_registers(9, [0])
    await asyncio.gather(tested.write("M1.request", 1.0), tested.write("M1.mode", 3.0))
    assert server.data_bank.get_holding_registers(9, 1) == [0x0310]


async def test_what_cannot_be_written_is_refused_before_anything_is_sent(server: ModbusServer) -> None:
    tested = driver(server.port)
    for tag, value, said in (
        ("measured", 1.0, "input 0 cannot be written"),
        ("speed", 9999.0, "out_of_range"),
        ("speed", "fast", "not_a_number"),
        ("order", "a text that is too long", "too_long"),
        ("lamp", 0.5, "out_of_range"),
        ("no_such", 1.0, "no tag"),
    ):
        answer = await tested.write(f"M1.{tag}", value)
        assert answer.end is WriteEnd.REFUSED and said in answer.detail
    assert not any(server.data_bank.get_holding_registers(0, 10))


@pytest.mark.parametrize(
    ("code", "end"),
    [(code, WriteEnd.REFUSED) for code in (1, 2, 3, 6, 10)] + [(code, WriteEnd.UNKNOWN) for code in (4, 5, 11)],
)
async def test_an_exception_is_a_refusal_only_where_nothing_can_have_changed(code: int, end: WriteEnd) -> None:
    async with serving(lambda request: [exception(request, code)]) as scripted:
        assert (await driver(scripted.port).write("M1.speed", 1.0)).end is end


@pytest.mark.parametrize("says", [[], [CLOSE], [b"garbage of some length"]], ids=["silence", "a cut", "garbage"])
async def test_without_a_proper_answer_it_is_unknown_and_sent_once(says: list[bytes | None]) -> None:
    async with serving(lambda request: says) as scripted:
        assert (await driver(scripted.port).write("M1.speed", 1.0)).end is WriteEnd.UNKNOWN
        assert len(scripted.requests) == 1


async def test_without_a_connection_nothing_is_sent_and_nothing_read_back() -> None:
    tested = driver(free_port())
    assert (await tested.write("M1.speed", 1.0)).end is WriteEnd.NOT_SENT
    assert (await tested.write("M1.request", 1.0)).end is WriteEnd.NOT_SENT
    assert await tested.read_back("M1.speed") is None
