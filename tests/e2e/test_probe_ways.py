"""`andon probe modbus` over a serial line, RTU over TCP and TLS, and what it measures of a server that nobody here wrote."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import ssl
import struct
from pathlib import Path
from typing import Any

import pytest
from pyModbusTCP.server import DataBank, ModbusServer

from drivers.links import SocketLinks
from edge.probe.modbus import Came, NoAnswer, Scan, ask
from edge.probe.modbus_text import text_of
from edge.probe.modbus_wish import Way, wish_of
from edge.runtime.clock import SteadyClock
from tests.andon_command import run
from tests.certificates import certificates
from tests.e2e.test_probe_command import LOCAL, andon
from tests.modbus_server import free_port
from tests.modbus_slave import Slave, rtu_length, serial_slave, tcp_length, tcp_slave

#: 229.4 V as an energy meter has it, from holding register 3 on.
VOLTS = dict(enumerate(struct.unpack(">HH", struct.pack(">f", 229.4)), start=3))


LINE = Way(line={"baud": 115200, "parity": "none"})


async def asking(where: str, way: Way, timeout_s: float = 5.0, **more: Any) -> tuple[Came, str]:
    wish = wish_of(where, **({"unit": 1, "address": "holding 3", "count": None, "kind": "", "units": None} | more), way=way)
    clock = SteadyClock()
    came = await ask(SocketLinks(clock), clock, wish, timeout_s)
    return came, text_of(came, wish, "en")


@pytest.fixture
def meter() -> Slave:
    slave = Slave()
    slave.registers = dict.fromkeys(range(10), 0) | VOLTS
    return slave


async def test_a_serial_line_is_read_and_the_reading_of_the_display_is_found(meter: Slave) -> None:
    async with serial_slave(meter) as port:
        line = ("--baud", "115200", "--parity", "none", "--unit", "5", "--address", "40004")
        ran = await asyncio.to_thread(run, "probe", "modbus", port, *line, "--expect", "229.4", "--lang", "en")
    assert (ran.exit_code, ran.stderr) == (0, "")
    lines = {line.strip() for line in ran.stdout.splitlines()}
    assert {"Near 229.4:", "address: 40004", "type: float32", "word_order: ABCD"} <= lines
    assert f'connection: {{serial: {{path: "{port}", baud: 115200, parity: none}}, unit_id: 5}}' in lines


async def test_units_of_a_serial_line_are_scanned(meter: Slave) -> None:
    meter.silent = {1, 3}
    async with serial_slave(meter) as port:
        came, _ = await asking(port, LINE, timeout_s=0.2, units="1-4")
    assert isinstance(came, Scan) and [each.unit for each in came.units] == [2, 4]
    assert {request[0] for request in meter.asked} == {1, 2, 3, 4}
    assert all(request[1] in (1, 2, 3, 4) for request in meter.asked), "it only reads"


async def test_a_converter_that_passes_rtu_through_is_read(meter: Slave) -> None:
    async with tcp_slave(meter.rtu, rtu_length) as port:
        _, text = await asking(f"{LOCAL}:{port}", Way(is_rtu=True))
    assert "* 229.4" in text and "frames: rtu" in text


async def test_tls_is_read_with_its_certificates_and_a_wrong_one_is_said(meter: Slave, tmp_path: Path) -> None:
    made = await certificates(tmp_path, "DNS:plc.plant")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=made.ca)
    context.load_cert_chain(made.server, made.server_key)
    context.verify_mode = ssl.CERT_REQUIRED
    files = {"ca": str(made.ca), "cert": str(made.client), "key": str(made.client_key)}
    async with tcp_slave(meter.tcp, tcp_length, context) as port:
        _, text = await asking(f"{LOCAL}:{port}", Way(tls={**files, "server_name": "plc.plant"}))
        assert "* 229.4" in text and "server_name: plc.plant" in text
        came, text = await asking(f"{LOCAL}:{port}", Way(tls={**files, "server_name": "other.plant"}))
    assert isinstance(came, NoAnswer) and "certificate verify failed" in text


async def test_a_port_that_refuses_its_settings_is_said_so_with_them(meter: Slave) -> None:
    async with serial_slave(meter) as port:
        came, text = await asking(port, Way(line={"baud": 9600, "parity": "odd"}))
    assert isinstance(came, NoAnswer) and f"{port}: the port refuses 9600 baud, parity odd, 1 stop bit" in text


async def test_a_port_that_is_not_there_is_said_so() -> None:
    came, text = await asking("/dev/andon-no-such-port", Way())
    assert isinstance(came, NoAnswer) and "No such file" in text and "plugged in" in text


def test_what_a_server_takes_is_measured_and_its_settings_are_suggested() -> None:
    port = free_port()
    server = ModbusServer(LOCAL, port, no_block=True, data_bank=DataBank(h_regs_size=100))
    server.start()
    try:
        ran = run("probe", "modbus", f"{LOCAL}:{port}", "--measure", "--json")
    finally:
        server.stop()
    assert (ran.exit_code, ran.stderr) == (0, ""), "no bar where nobody looks at it"
    found = json.loads(ran.stdout)
    assert (found["count_max"], found["is_end_of_map"], found["trouble"]) == (100, True, None)
    assert 0 < found["per_request_ms"] < 100
    assert [each["count"] for each in found["round_trips_ms"]] == [1, 25, 50, 100]


@pytest.mark.parametrize(("asked", "is_drawn"), [(("--scan", "1-3"), True), (("--address", "40004"), False)])
async def test_on_a_terminal_one_sees_how_far_it_is_of_what_takes_long(
    asked: tuple[str, ...], is_drawn: bool, meter: Slave
) -> None:
    meter.silent = {2}
    ours, theirs = pty.openpty()
    try:
        async with tcp_slave(meter.rtu, rtu_length) as port:
            code, _, _ = await andon("probe", "modbus", f"{LOCAL}:{port}", "--rtu", "--timeout", "0.2", *asked, stderr=theirs)
        os.write(theirs, b"end")
        drawn = await asyncio.to_thread(os.read, ours, 10_000)
    finally:
        os.close(ours)
        os.close(theirs)
    assert code == 0
    assert (b"#" in drawn and b"100%" in drawn) if is_drawn else drawn == b"end"
