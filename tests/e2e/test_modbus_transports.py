"""The same reads and writes over a serial line, RTU over TCP and TLS; a late answer is never taken for the next one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.base import ConnectionLost, Explaining
from drivers.links import SocketLinks
from edge.model.errors import DeviceRefused, DeviceUnreachable
from edge.ports import ModbusAccess, ModbusLink, ModbusTls, SerialLine
from edge.runtime.clock import SteadyClock
from tests.certificates import certificates
from tests.driver_rig import Rig, device, until
from tests.modbus_slave import Slave, rtu_length, serial_slave, tcp_length, tcp_slave

TIMEOUT_S = 0.3
LINE = SerialLine(115200, "none", 1)


def link_to(host: str, port: int, access: ModbusAccess) -> ModbusLink:
    # A handshake is arithmetic, which takes its time beside other tests.
    timeout_s = TIMEOUT_S if access.tls is None else 10 * TIMEOUT_S
    return SocketLinks(SteadyClock()).modbus(host, port, access, timeout_s=timeout_s)


@pytest.fixture
def slave() -> Slave:
    return Slave()


@pytest.fixture(params=["serial", "serial with echo", "rtu over tcp"])
async def rtu(request: pytest.FixtureRequest, slave: Slave) -> AsyncIterator[ModbusLink]:
    if request.param == "rtu over tcp":
        async with tcp_slave(slave.rtu, rtu_length) as port:
            link = link_to("127.0.0.1", port, ModbusAccess("rtu_over_tcp"))
            yield link
            await link.close()
        return
    slave.echo = "echo" in request.param
    async with serial_slave(slave) as path:
        link = link_to(path, 0, ModbusAccess("rtu", line=LINE, echo=slave.echo))
        yield link
        await link.close()


async def test_registers_are_read_and_written(rtu: ModbusLink, slave: Slave) -> None:
    assert await rtu.read(3, 3, 0x0102, 2) == b"\x01\x02\x01\x03"
    await rtu.write(3, 6, 7, b"\x12\x34")
    await rtu.write(4, 16, 8, b"\x00\x02\x04\xab\xcd\xef\x01")
    assert await rtu.read(3, 3, 7, 3) == b"\x12\x34\xab\xcd\xef\x01"
    assert len(await rtu.read(3, 3, 0, 125)) == 250


async def test_an_exception_is_a_refusal(rtu: ModbusLink) -> None:
    with pytest.raises(DeviceRefused) as refused:
        await rtu.read(3, 4, 0, 1)
    assert refused.value.code == 1
    assert await rtu.read(3, 3, 7, 1) == b"\x00\x07"


async def test_a_silent_unit_costs_its_time_out_and_the_next_is_read_at_once(rtu: ModbusLink, slave: Slave) -> None:
    slave.silent = {3}
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(DeviceUnreachable):
        await rtu.read(3, 3, 0, 1)
    assert await rtu.read(4, 3, 7, 1) == b"\x00\x07"
    assert loop.time() - began < 2 * TIMEOUT_S


async def test_the_same_unit_is_asked_again_only_when_its_late_answer_can_no_longer_come(rtu: ModbusLink, slave: Slave) -> None:
    slave.silent = {3}
    with pytest.raises(DeviceUnreachable):
        await rtu.read(3, 3, 0, 1)
    slave.silent = set()
    silent_from = asyncio.get_running_loop().time()
    assert await rtu.read(3, 3, 9, 1) == b"\x00\x09"
    assert asyncio.get_running_loop().time() - silent_from >= TIMEOUT_S * 0.9


async def test_a_late_answer_before_that_of_another_unit_is_dropped(slave: Slave) -> None:
    """As a converter delivers it that passes on whatever its line brings, over one connection or the next."""
    slave.silent = {3}

    def late_then_right(request: bytes) -> bytes:
        answer = slave.rtu(request)
        return b"".join(slave.held) + answer if answer else b""

    async with tcp_slave(late_then_right, rtu_length) as port:
        link = link_to("127.0.0.1", port, ModbusAccess("rtu_over_tcp"))
        with pytest.raises(DeviceUnreachable):
            await link.read(3, 3, 0, 1)
        assert await link.read(4, 3, 7, 1) == b"\x00\x07"
        await link.close()


async def test_a_serial_port_that_is_not_there_is_no_connection() -> None:
    with pytest.raises(ConnectionLost, match="no connection"):
        await link_to("/dev/andon-no-such-port", 0, ModbusAccess("rtu", line=LINE)).read(1, 3, 0, 1)


async def test_a_serial_port_that_refuses_its_settings_is_no_connection_and_says_which(slave: Slave) -> None:
    async with serial_slave(slave) as path:
        # A pseudo terminal has no parity.
        link = link_to(path, 0, ModbusAccess("rtu", line=SerialLine(19200, "even", 1)))
        for _ in range(2):
            with pytest.raises(ConnectionLost) as lost:
                await link.read(1, 3, 0, 1)
            assert str(lost.value) == f"{path}: the port refuses 19200 baud, parity even, 1 stop bit: Invalid argument"
        assert link.connections == 0
        await link.close()


async def test_an_adapter_that_is_pulled_out_is_no_connection_until_it_is_back(slave: Slave, tmp_path: Path) -> None:
    port = tmp_path / "ttyUSB0"
    async with serial_slave(slave) as path:
        port.symlink_to(path)
        link = link_to(str(port), 0, ModbusAccess("rtu", line=LINE))
        assert await link.read(3, 3, 7, 1) == b"\x00\x07"
    port.unlink()
    for _ in range(3):
        with pytest.raises(ConnectionLost, match=r"no connection: .*No such file"):
            await link.read(3, 3, 7, 1)
    async with serial_slave(slave) as path:
        port.symlink_to(path)
        assert await link.read(3, 3, 8, 1) == b"\x00\x08"
        await link.close()


async def test_an_adapter_that_is_pulled_out_while_it_is_asked_is_a_cut() -> None:
    pulled = asyncio.Event()

    class Pulled(Slave):
        def rtu(self, request: bytes) -> bytes:
            pulled.set()
            return b""

    async with serial_slave(Pulled()) as path:
        link = link_to(path, 0, ModbusAccess("rtu", line=LINE))
        asking = asyncio.ensure_future(link.read(3, 3, 7, 1))
        await pulled.wait()
    with pytest.raises(DeviceUnreachable, match="closed before the answer"):
        await asking
    with pytest.raises(ConnectionLost):
        await link.read(3, 3, 7, 1)
    await link.close()


async def test_a_driver_whose_port_refuses_its_settings_goes_on_asking_with_its_session_lost(slave: Slave) -> None:
    async with serial_slave(slave) as path:
        serial = {"path": path, "baud": 19200, "parity": "even"}
        tags = {"speed": {"address": "holding 7", "type": "uint16"}}
        clock = SteadyClock(20.0)
        meter = device("modbus", "METER", tags, {"serial": serial, "unit_id": 1, "every": "100ms", "timeout": "250ms"})
        rig = Rig([meter], clock, SocketLinks(clock))
        async with rig.batches() as arriving:
            rows = await until(arriving, bool)
        assert {(row.tag, row.value) for row in rows if row.tag.endswith(".session")} == {("METER.session", 0.0)}
        driver = rig.drivers[0]
        assert isinstance(driver, Explaining)
        assert "parity even" in driver.losses()["METER"]


def test_silence_between_frames_follows_from_the_baud_rate() -> None:
    assert SerialLine(9600, "even", 1).silence_us == pytest.approx(3.5 * 11 / 9600 * 1e6)
    assert SerialLine(9600, "none", 1).character_us == pytest.approx(10 / 9600 * 1e6)
    assert SerialLine(115200, "even", 1).silence_us == 1750


async def test_on_a_serial_line_the_time_out_is_beside_the_time_that_the_characters_take(slave: Slave) -> None:
    slow = SerialLine(1200, "none", 1)
    slave.silent = {3}
    async with serial_slave(slave) as path:
        link = link_to(path, 0, ModbusAccess("rtu", line=slow))
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeviceUnreachable):
            await link.read(3, 3, 0, 20)
        # Request and answer are 8 and 45 characters of 10 bits.
        assert asyncio.get_running_loop().time() - began >= TIMEOUT_S + 53 * 10 / 1200
        await link.close()


async def test_on_a_serial_line_there_is_silence_between_an_answer_and_the_next_request() -> None:
    slow = SerialLine(1200, "none", 1)
    loop = asyncio.get_running_loop()
    came: list[float] = []

    class Timed(Slave):
        def rtu(self, request: bytes) -> bytes:
            came.append(loop.time())
            return super().rtu(request)

    async with serial_slave(Timed()) as path:
        link = link_to(path, 0, ModbusAccess("rtu", line=slow))
        for number in range(3):
            await link.read(3, 3, number, 1)
        await link.close()
    assert min(later - earlier for earlier, later in pairwise(came)) >= slow.silence_us / 1e6


async def test_tls_checks_both_sides_and_says_what_is_wrong(slave: Slave, tmp_path: Path) -> None:
    made = await certificates(tmp_path, "DNS:plc.plant")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=made.ca)
    context.load_cert_chain(made.server, made.server_key)
    context.verify_mode = ssl.CERT_REQUIRED
    ours = ModbusTls(str(made.ca), str(made.client), str(made.client_key), "plc.plant")
    async with tcp_slave(slave.tcp, tcp_length, context) as port:
        link = SocketLinks(SteadyClock()).modbus("127.0.0.1", port, ModbusAccess("tls", tls=ours), timeout_s=3)
        assert await link.read(1, 3, 5, 1) == b"\x00\x05"
        await link.write(1, 6, 5, b"\x00\x63")
        assert await link.read(1, 3, 5, 1) == b"\x00\x63"
        await link.close()
        for wrong, said in (
            (ModbusTls(None, ours.cert, ours.key, "plc.plant"), "certificate verify failed"),
            (ModbusTls(ours.ca, ours.cert, ours.key, "other.plant"), "certificate verify failed"),
            (ModbusTls(str(tmp_path / "none.pem")), "No such file"),
        ):
            with pytest.raises(ConnectionLost, match=said):
                await link_to("127.0.0.1", port, ModbusAccess("tls", tls=wrong)).read(1, 3, 5, 1)
        assert len(slave.asked) == 3, "nothing was asked of a server that is not trusted"
