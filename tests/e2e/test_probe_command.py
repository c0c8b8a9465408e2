"""`andon probe modbus` and `andon plan` as a person runs them, against servers that nobody here wrote and our own simulator."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyModbusTCP.server import DataBank, DataHandler, ModbusServer

from drivers.links import SocketLinks
from edge.probe.modbus import NoAnswer, Scan, ask
from edge.probe.modbus_text import text_of
from edge.probe.modbus_wish import wish_of
from edge.probe.reach import Reach, reach
from edge.probe.registers import Window
from edge.probe.target import Target
from edge.runtime.clock import SteadyClock
from simulators.devices.clock import TimeLapseClock
from simulators.devices.modbus_server import ModbusServer as SimulatedServer
from simulators.devices.plan import read_plan
from simulators.process import bind
from tests.andon_command import run
from tests.modbus_server import CLOSE, answer, exception, free_port, serving

LOCAL = "127.0.0.1"
ROOT = Path(__file__).parents[2]
DEADLINE_S = 20.0
PANEL = """\
machines:
  PANEL:
    modbus: {unit_id: 3}
    points:
      pressure: {at: holding 10, type: float32, word_order: CDAB, signal: {constant: 26.5}}
"""


async def andon(*arguments: str, stderr: int = PIPE) -> tuple[int, str, str]:
    """Exit code, output, errors; stderr: where errors go, if not here."""
    environment = {**os.environ, "COLUMNS": "200"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "edge.cli", *arguments, stdout=PIPE, stderr=stderr, cwd=ROOT, env=environment
    )
    async with asyncio.timeout(DEADLINE_S):
        output, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(), (errors or b"").decode()


class Registers(DataHandler):
    """Has holding registers 0 to 19 and nothing else, as an instrument with a short map."""

    def read_h_regs(self, address: int, count: int, srv_info: Any) -> DataHandler.Return:
        if address + count > 20:
            return DataHandler.Return(exp_code=2)
        return super().read_h_regs(address, count, srv_info)


@contextmanager
def instrument() -> Iterator[int]:
    bank = DataBank()
    bank.set_holding_registers(17, list(struct.unpack(">3H", b"\0\x07" + struct.pack(">f", 50.02))))
    port = free_port()
    server = ModbusServer(LOCAL, port, no_block=True, data_hdl=Registers(bank))
    server.start()
    try:
        yield port
    finally:
        server.stop()


async def asking(port: int, timeout_s: float = 1.0, **more: Any) -> tuple[Window | Scan | NoAnswer, str]:
    wish = wish_of(f"{LOCAL}:{port}", **({"unit": 1, "address": "holding 0", "count": None, "kind": "", "units": None} | more))
    clock = SteadyClock()
    came = await ask(SocketLinks(clock), clock, wish, timeout_s)
    return came, text_of(came, wish, "en")


async def test_a_person_sees_the_registers_of_a_new_instrument_its_neighbours_and_a_snippet() -> None:
    with instrument() as port:
        code, shown, _ = await andon("probe", "modbus", f"{LOCAL}:{port}", "--address", "40019", "--count", "2", "--lang", "en")
    assert code == 0
    lines = [line.split() for line in shown.splitlines()]
    assert ["→", "18", "40019", "4248", "16968", "16968"] in [line[:6] for line in lines]
    assert ["17", "40018", "0007", "7", "7"] in [line[:5] for line in lines]
    assert "exception 2: it has no such address" in next(line for line in shown.splitlines() if "40021" in line)
    assert {"address: 40019", "type: float32", "word_order: ABCD"} <= {line.strip() for line in shown.splitlines()}


def test_the_same_as_json_for_programs() -> None:
    with instrument() as port:
        ran = run("probe", "modbus", f"{LOCAL}:{port}", "--address", "holding 18", "--type", "float32", "--json")
    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["likely"] == {
        "protocol": 18,
        "type": "float32",
        "order": "ABCD",
        "value": "50.02",
        "plausible": True,
    }


async def test_a_device_that_refuses_all_that_was_asked_for_is_shown_and_is_no_success() -> None:
    with instrument() as port:
        code, shown, _ = await andon("probe", "modbus", f"{LOCAL}:{port}", "--address", "40021", "--count", "2", "--lang", "en")
    assert code == 3
    assert "exception 2: it has no such address" in next(line for line in shown.splitlines() if "40021" in line)
    assert any("40020" in line for line in shown.splitlines()), "the neighbour that could be read does not make it one"


async def test_a_port_where_nothing_listens_is_told_from_a_unit_that_is_silent() -> None:
    ran = await asyncio.to_thread(run, "probe", "modbus", f"{LOCAL}:{free_port()}", "--lang", "zh")
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert "该端口没有服务" in ran.stderr
    async with serving(lambda request: ()) as server:
        came, text = await asking(server.port, timeout_s=0.2, unit=7)
    assert isinstance(came, NoAnswer)
    assert "unit 7 does not answer" in text


@pytest.mark.parametrize("wrong", [["--address", "40000"], ["--type", "int12"], ["--scan", "999"]])
def test_a_wrong_command_line_is_refused_with_exit_code_2(wrong: list[str]) -> None:
    ran = run("probe", "modbus", LOCAL, *wrong)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert wrong[1] in ran.stderr


async def test_what_answers_without_being_modbus_is_said_so() -> None:
    async with serving(lambda request: [b"HTTP/1.1 400 Bad Request\r\n\r\n"]) as server:
        _, text = await asking(server.port)
    assert "no Modbus TCP (wrong_" in text


async def test_a_device_that_hangs_up_is_told_from_one_that_is_off() -> None:
    async with serving(lambda request: [CLOSE]) as server:
        came, _ = await asking(server.port)
    assert isinstance(came, NoAnswer) and came.code is None


async def test_a_scan_finds_the_units_behind_a_gateway() -> None:
    def gateway(request: bytes) -> list[bytes]:
        unit, count = request[6], int.from_bytes(request[10:12], "big")
        if unit == 3:
            return [answer(request, b"\0" * (2 * count)) if request[7] == 3 else exception(request, 1)]
        return [exception(request, 2)] if unit == 5 else [exception(request, 11)]

    async with serving(gateway) as server:
        came, text = await asking(server.port, units="1-6")
        assert len(server.requests) == 6 + 4
        assert {request[7] for request in server.requests} == {1, 2, 3, 4}, "it only reads"
    assert isinstance(came, Scan)
    assert [(each.unit, each.code) for each in came.units] == [(3, None), (5, 2)]
    assert "holding 0 (40001)" in text


async def test_our_own_simulator_is_read_like_any_device() -> None:
    clock = TimeLapseClock()
    server = SimulatedServer(read_plan(PANEL, "panel.yaml", clock.now()), clock)
    await server.start(bind(LOCAL, 0))
    try:
        _, text = await asking(server.port, unit=3, address="40011", count=2)
    finally:
        await server.close()
    assert "type: float32" in text and "word_order: CDAB" in text


@pytest.mark.parametrize(("host", "reached"), [(LOCAL, Reach.CONNECTED), ("nobody.invalid", Reach.UNKNOWN_NAME)])
async def test_how_far_one_gets_is_found_out_by_one_connect(host: str, reached: Reach) -> None:
    async with serving(lambda request: ()) as server:
        assert await reach(Target(host, server.port), timeout_s=5.0) is reached
        assert server.requests == []


def test_the_plan_of_a_plant_is_shown_without_any_device() -> None:
    plant = ROOT / "simulators" / "plants" / "cold_rolling_mill"
    ran = run("plan", plant, "--json")
    assert ran.exit_code == 0
    motor = next(each for each in json.loads(ran.stdout) if each["device"] == "CRM.ST3.MOTOR")
    assert (motor["driver"], motor["requests"]) == ("modbus", 2)
    ran = run("plan", plant, "--device", "CRM.ST3.MOTRO", "--lang", "en")
    assert ran.exit_code == 1
    assert 'did you mean "CRM.ST3.MOTOR"' in ran.stderr
