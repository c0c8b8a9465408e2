"""The Modbus driver over real sockets, against pyModbusTCP's server, which nobody here wrote, and against scripts of bytes."""

from __future__ import annotations

import asyncio
import math
import signal
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import pairwise
from typing import Any

import pytest
from pyModbusTCP.server import DataBank, DataHandler, ModbusServer

from drivers.links import SocketLinks
from edge.model.moment import SECOND
from edge.model.sample import Mark, Quality
from edge.model.tag import Device
from edge.runtime.clock import SteadyClock
from tests.driver_rig import Rig, Row, device, until
from tests.modbus_server import CLOSE, answer, exception, free_port, serving

LOCAL = "127.0.0.1"
GOOD, BAD = Quality.GOOD, Quality.BAD
#: Back-offs of seconds pass in fractions of one; time-outs of sockets stay as they are.
TIME_LAPSE = 20.0


def rig(devices: Sequence[Device], rate: float = 1.0) -> Rig:
    clock = SteadyClock(rate)
    return Rig(devices, clock, SocketLinks(clock))


def motor(port: int, unit: int = 3, registers: int = 2, **more: Any) -> Device:
    """Register n is `M<unit>.r<n>`."""
    tags = {f"r{number}": {"address": f"holding {number}", "type": "uint16"} for number in range(registers)}
    connection = {"host": LOCAL, "port": port, "unit_id": unit, "timeout": "250ms", "every": "100ms", **more}
    return device("modbus", f"M{unit}", tags, connection)


def last(rows: Sequence[Row], tag: str) -> Row | None:
    return next((row for row in reversed(rows) if row.tag == tag), None)


def is_good(tag: str) -> Callable[[Sequence[Row]], bool]:
    return lambda rows: (row := last(rows, tag)) is not None and row.quality is GOOD


def is_bad(tag: str) -> Callable[[Sequence[Row]], bool]:
    return lambda rows: (row := last(rows, tag)) is not None and row.quality is BAD


# --- pyModbusTCP ----------------------------------------------------------------------------------------------------


@contextmanager
def foreign_server(handler: DataHandler) -> Iterator[int]:
    port = free_port()
    server = ModbusServer(LOCAL, port, no_block=True, data_hdl=handler)
    server.start()
    try:
        yield port
    finally:
        server.stop()


def lay(write: Callable[[int, list[int]], object], at: int, data: bytes) -> int:
    """Write bytes as registers; the next free address."""
    registers = [word for (word,) in struct.iter_unpack(">H", data + b"\0" * (len(data) % 2))]
    write(at, registers)
    return at + len(registers)


ORDERS = {
    4: ("ABCD", "CDAB", "BADC", "DCBA"),
    8: ("ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA", "CDABGHEF", "DCBAHGFE"),
}
ONE_REGISTER = (
    ({"type": "int16"}, ">h", (-32768, 32767)),
    ({"type": "uint16"}, ">H", (0, 65535)),
    ({"type": "bool"}, ">H", (0, 1)),
    ({"type": "int8"}, ">xb", (-128, 127)),
    ({"type": "uint8", "byte": "high"}, ">Bx", (0, 255)),
)
WIDE = (
    ("int32", ">i", -19088744),
    ("uint32", ">I", 0xFEDCBA98),
    ("float32", ">f", -123.4375),
    ("int64", ">q", -(2**52) + 3),
    ("uint64", ">Q", 2**53 - 1),
    ("float64", ">d", 1234.5678),
)


async def test_every_table_type_and_order_is_read_right_from_a_foreign_server() -> None:
    bank = DataBank(d_inputs_default_value=False)
    tags: dict[str, dict[str, Any]] = {}
    expected: dict[str, float] = {}
    for table, write in (("holding", bank.set_holding_registers), ("input", bank.set_input_registers)):
        at = 0
        for said, form, values in ONE_REGISTER:
            for value in values:
                key = f"{table}_{said['type']}_{value}".replace("-", "m")
                tags[key], expected[key] = {"address": f"{table} {at}", **said}, float(value)
                at = lay(write, at, struct.pack(form, value))
        for kind, form, value in WIDE:
            big_endian = struct.pack(form, value)
            for order in ORDERS[len(big_endian)]:
                key = f"{table}_{kind}_{order}"
                tags[key] = {"address": f"{table} {at}", "type": kind, "word_order": order}
                expected[key] = float(value)
                at = lay(write, at, bytes(big_endian[sorted(order).index(letter)] for letter in order))
        for bit in (0, 9, 15):
            tags[f"{table}_bit_{bit}"] = {"address": f"{table} {at}", "type": "bool", "bit": bit}
            expected[f"{table}_bit_{bit}"] = float(bit == 9)
        at = lay(write, at, struct.pack(">H", 1 << 9))
        tags[f"{table}_bcd16"], expected[f"{table}_bcd16"] = {"address": f"{table} {at}", "type": "bcd16"}, 1987.0
        at = lay(write, at, bytes.fromhex("1987"))
        tags[f"{table}_bcd32"] = {"address": f"{table} {at}", "type": "bcd32", "word_order": "CDAB"}
        expected[f"{table}_bcd32"] = 12345678.0
        at = lay(write, at, bytes.fromhex("56781234"))
        tags[f"{table}_scaled"] = {"address": f"{table} {at}", "type": "int16", "scale": 0.1, "offset": -50}
        expected[f"{table}_scaled"] = 12.3
        lay(write, at, struct.pack(">h", 623))
    for table, write_bits in (("coil", bank.set_coils), ("discrete", bank.set_discrete_inputs)):
        write_bits(10, [True, False, True, True])
        for number, bit in enumerate((1.0, 0.0, 1.0, 1.0), start=10):
            tags[f"{table}_{number}"], expected[f"{table}_{number}"] = {"address": f"{table} {number}"}, bit

    with foreign_server(DataHandler(bank)) as port:
        plc = device("modbus", "PLC", tags, {"host": LOCAL, "port": port})
        async with rig([plc]).batches() as arriving:
            rows = await until(arriving, is_good("PLC.coil_10"))
    read = {row.tag.removeprefix("PLC."): row.value for row in rows if row.quality is GOOD}
    assert read.pop("session") == 1.0
    assert read == {key: pytest.approx(value, abs=1e-9) for key, value in expected.items()}
    assert len(rows) == len(expected) + 1, "all in one batch"


async def test_texts_come_as_a_foreign_server_holds_them() -> None:
    bank = DataBank()
    lay(bank.set_holding_registers, 0, b"COIL 4711\0 ")
    lay(bank.set_holding_registers, 10, b"OCLI1 ")
    lay(bank.set_holding_registers, 20, "配方7".encode())
    lay(bank.set_holding_registers, 30, b"\x01\x02\x03\x04")
    tags = {
        "coil": {"address": "40001", "type": "string", "length": 11},
        "swapped": {"address": "40011", "type": "string", "length": 6, "byte_order": "low_first"},
        "recipe": {"address": "40021", "type": "string", "length": 8},
        "noise": {"address": "40031", "type": "string", "length": 4},
    }
    with foreign_server(DataHandler(bank)) as port:
        plc = device("modbus", "PLC", tags, {"host": LOCAL, "port": port})
        async with rig([plc]).batches() as arriving:
            rows = await until(arriving, is_bad("PLC.noise"))
    assert {row.tag: row.text for row in rows if row.quality is GOOD and row.tag != "PLC.session"} == {
        "PLC.coil": "COIL 4711",
        "PLC.swapped": "COIL 1",
        "PLC.recipe": "配方7",
    }
    noise = last(rows, "PLC.noise")
    assert noise is not None and noise.mark is Mark.SENSOR_FAULT and noise.text is None


class WithoutRegister(DataHandler):
    """Refuses reads that touch one register, as an instrument with a hole in its map."""

    def __init__(self, bank: DataBank, missing: int) -> None:
        super().__init__(bank)
        self.missing: int | None = missing

    def read_h_regs(self, address: int, count: int, srv_info: Any) -> DataHandler.Return:
        if self.missing is not None and address <= self.missing < address + count:
            return DataHandler.Return(exp_code=2)
        return super().read_h_regs(address, count, srv_info)


async def test_exception_2_in_the_middle_costs_only_its_own_tag_until_it_is_mended() -> None:
    bank = DataBank()
    bank.set_holding_registers(0, list(range(100, 120)))
    handler = WithoutRegister(bank, missing=7)
    with foreign_server(handler) as port:
        plc = motor(port, registers=20)
        async with rig([plc], TIME_LAPSE).batches() as arriving:
            rows = await until(arriving, is_good("M3.r19"))
            assert {row.tag: row.value for row in rows if row.quality is GOOD} == {
                "M3.session": 1.0,
                **{f"M3.r{number}": 100.0 + number for number in range(20) if number != 7},
            }
            bad = last(rows, "M3.r7")
            assert bad is not None and bad.quality is BAD and math.isnan(bad.value)
            handler.missing = None
            rows = await until(arriving, is_good("M3.r7"))
            assert last(rows, "M3.r7").value == 107.0  # type: ignore[union-attr]  # is_good found it


SERVER_PROCESS = """
import sys
from pyModbusTCP.server import DataBank, ModbusServer
bank = DataBank()
bank.set_holding_registers(0, [11, 22])
server = ModbusServer("127.0.0.1", int(sys.argv[1]), no_block=True, data_bank=bank)
server.start()
print("ready", flush=True)
sys.stdin.read()
"""


@asynccontextmanager
async def device_process(port: int) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER_PROCESS, str(port), stdin=PIPE, stdout=PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(15):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_device_that_is_killed_is_bad_within_two_periods_and_back_by_itself() -> None:
    port = free_port()
    tested = rig([motor(port, every="500ms")])
    async with tested.batches() as arriving:
        async with device_process(port) as process:
            await until(arriving, is_good("M3.r1"))
            process.send_signal(signal.SIGKILL)
            killed = tested.clock.now()
            rows = await until(arriving, is_bad("M3.r1"))
        lost = last(rows, "M3.r1")
        assert lost is not None and lost.value == 22.0, "the last value is kept"
        assert lost.at - killed <= 1 * SECOND
        assert last(rows, "M3.session").value == 0.0  # type: ignore[union-attr]  # lost with the tag
        async with device_process(port):
            rows = await until(arriving, is_good("M3.r1"))
            assert last(rows, "M3.session").value == 1.0  # type: ignore[union-attr]  # back with the tag


# --- scripts of bytes -----------------------------------------------------------------------------------------------

DATA = b"\x01\x01\x01\x02"


def well(request: bytes) -> list[bytes | None]:
    return [answer(request, DATA)]


def bent(request: bytes, at: int, byte: int) -> list[bytes | None]:
    whole = answer(request, b"\xde\xad\xbe\xef")
    return [whole[:at] + bytes([byte]) + whole[at + 1 :]]


#: What is sent instead of an answer, and the word it is counted under. None of these may ever become a value.
NONSENSE: dict[str, tuple[Callable[[bytes], list[bytes | None]], str]] = {
    "garbage": (lambda request: [b"HTTP/1.1 400 Bad Request\r\n\r\n"], "wrong_transaction"),
    "the transaction id of another request": (lambda request: bent(request, 1, 0x77), "wrong_transaction"),
    "transaction id 0": (lambda request: [b"\0\0" + answer(request, b"\xde\xad\xbe\xef")[2:]], "wrong_transaction"),
    "a late answer before the right one": (
        lambda request: [b"\x7f\xff" + answer(request, b"\xde\xad\xbe\xef")[2:] + answer(request, DATA)],
        "wrong_transaction",
    ),
    "another protocol": (lambda request: bent(request, 3, 1), "wrong_protocol"),
    "a length of more than 260": (lambda request: bent(request, 4, 2), "wrong_length"),
    "another unit": (lambda request: bent(request, 6, 9), "wrong_unit"),
    "another function": (lambda request: bent(request, 7, 4), "wrong_function"),
    "another byte count": (lambda request: bent(request, 8, 2), "wrong_byte_count"),
    "one register too few": (lambda request: [answer(request, b"\xde\xad")], "wrong_length"),
    "two answers glued": (lambda request: [answer(request, DATA) * 2], "trailing_bytes"),
    "a short frame, then silence": (lambda request: [answer(request, DATA)[:9]], "no_answer"),
    "a cut in the middle of the answer": (lambda request: [answer(request, DATA)[:10], CLOSE], "no_answer"),
    "a cut instead of an answer": (lambda request: [CLOSE], "no_answer"),
    "silence": (lambda request: [], "no_answer"),
    "a flood": (lambda request: [answer(request, DATA) + b"\xff" * 4000], "trailing_bytes"),
    "the device behind the gateway is gone": (lambda request: [exception(request, 11)], "exception_11"),
}


@pytest.mark.parametrize("name", NONSENSE)
async def test_nonsense_loses_the_device_is_counted_and_never_becomes_a_value(name: str) -> None:
    script, counted = NONSENSE[name]
    async with serving(well) as server:
        tested = rig([motor(server.port)], TIME_LAPSE)
        async with tested.batches() as arriving:
            await until(arriving, is_good("M3.r1"))
            server.script = script
            rows = await until(arriving, is_bad("M3.r1"))
            assert last(rows, "M3.session").value == 0.0  # type: ignore[union-attr]  # lost with the tag
            server.script = well
            rows += await until(arriving, is_good("M3.r1"))
        assert {row.value for row in rows if row.tag == "M3.r0"} == {257.0}
        assert {row.value for row in rows if row.tag == "M3.r1"} == {258.0}
        assert tested.drivers[0].counters()["M3", counted] >= 1


async def test_an_answer_in_pieces_of_one_byte_is_read_right() -> None:
    def bytewise(request: bytes) -> list[bytes | None]:
        return [bytes([byte]) for byte in answer(request, DATA)]

    async with serving(bytewise) as server, rig([motor(server.port)]).batches() as arriving:
        rows = await until(arriving, is_good("M3.r1"))
    assert last(rows, "M3.r1").value == 258.0  # type: ignore[union-attr]  # is_good found it


async def test_a_late_answer_is_never_taken_for_the_next_request() -> None:
    """The first request is answered when the second comes, just before that one's own answer."""
    requests: list[bytes] = []

    def late(request: bytes) -> list[bytes | None]:
        requests.append(request)
        match len(requests):
            case 1:
                return []
            case 2:
                return [answer(requests[0], b"\xde\xad\xbe\xef"), answer(request, DATA)]
            case _:
                return well(request)

    async with serving(late) as server:
        tested = rig([motor(server.port)], TIME_LAPSE)
        async with tested.batches() as arriving:
            rows = await until(arriving, is_good("M3.r0"))
    assert {row.value for row in rows if row.tag == "M3.r0" and row.quality is GOOD} == {257.0}
    assert tested.drivers[0].counters()["M3", "no_answer"] == 1
    assert tested.drivers[0].counters()["M3", "wrong_transaction"] == 1
    assert server.connections == 3, "after either the connection is made anew"


def only_unit_1(request: bytes) -> list[bytes | None]:
    return well(request) if request[6] == 1 else []


async def test_a_silent_device_at_another_address_does_not_touch_a_healthy_one() -> None:
    async with serving(well) as healthy, serving(lambda request: []) as silent:
        tested = rig([motor(healthy.port, 1), motor(silent.port, 2, timeout="2s")])
        async with tested.batches(0) as arriving, tested.batches(1) as never:
            waiting = asyncio.ensure_future(anext(never))
            rows = await until(arriving, lambda rows: sum(row.tag == "M1.r0" for row in rows) == 15)
            assert not waiting.done(), "the silent one is still within its time-out"
            waiting.cancel()
            await asyncio.wait({waiting})
    at = [row.at for row in rows if row.tag == "M1.r0"]
    assert max(later - earlier for earlier, later in pairwise(at)) < 1 * SECOND


async def test_a_silent_device_behind_the_same_connection_costs_one_time_out_each_back_off() -> None:
    async with serving(only_unit_1) as gateway:
        tested = rig([motor(gateway.port, 1), motor(gateway.port, 2)])
        async with tested.batches() as arriving:
            rows = await until(arriving, lambda rows: sum(row.tag == "M1.r0" for row in rows) == 25)
    at = [row.at for row in rows if row.tag == "M1.r0"]
    # 25 polls of 100 ms and two time-outs of 250 ms, at 0 and 1.25 s; asked every period it would be more than 8 s.
    assert at[-1] - at[0] < 5 * SECOND
    assert tested.drivers[0].counters()["M2", "no_answer"] <= 3


async def test_a_device_that_is_not_the_one_that_is_meant_gives_no_values_until_it_is() -> None:
    """F24: the device was exchanged, or its firmware has another map."""
    bank = DataBank()
    bank.set_holding_registers(0, [5, 6])
    bank.set_holding_registers(100, [1203])
    with foreign_server(DataHandler(bank)) as port:
        tested = rig([motor(port, fingerprint=[{"address": "holding 100", "type": "uint16", "value": 1204}])], TIME_LAPSE)
        async with tested.batches() as arriving:
            rows = await until(arriving, is_bad("M3.r0"))
            assert {row.value for row in rows if row.tag == "M3.session"} == {0.0}
            assert all(math.isnan(row.value) for row in rows if row.tag == "M3.r0")
            assert tested.drivers[0].counters()["M3", "wrong_device"] >= 1
            bank.set_holding_registers(100, [1204])
            rows = await until(arriving, is_good("M3.r0"))
            assert (last(rows, "M3.r0").value, last(rows, "M3.session").value) == (5.0, 1.0)  # type: ignore[union-attr]  # just seen


async def test_a_device_that_is_exchanged_between_two_polls_is_found_out_before_its_first_value() -> None:
    """The link makes a new connection without a word; whoever is at its other end has to show who it is."""

    def holding(mark: int, value: int) -> Callable[[bytes], list[bytes | None]]:
        return lambda request: [answer(request, struct.pack(">H", mark if request[9] == 100 else value))]

    port = free_port()
    tested = rig([motor(port, registers=1, fingerprint=[{"address": "holding 100", "type": "uint16", "value": 1203}])])
    async with tested.batches() as arriving:
        async with serving(holding(1203, 5), port):
            rows = await until(arriving, lambda rows: sum(row.tag == "M3.r0" for row in rows) == 3)
        async with serving(holding(1204, 6), port):
            rows += await until(arriving, is_bad("M3.r0"))
        async with serving(holding(1203, 7), port):
            rows += await until(arriving, lambda rows: any(row.value == 7.0 for row in rows))
    assert {row.value for row in rows if row.tag == "M3.r0"} == {5.0, 7.0}
    assert tested.drivers[0].counters()["M3", "wrong_device"] >= 1
