"""`andon probe modbus` by every way there is, with a value to look for, and a scan that stops when it does harm."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.catalog import CHANNELS
from drivers.base import ConnectionLost
from drivers.catalog import DRIVERS
from drivers.memory import MemoryLinks
from drivers.modbus.address import Address, Table
from drivers.modbus.config import ModbusConnection
from edge.config.load import load
from edge.model.moment import from_iso
from edge.ports import SerialLine
from edge.probe.modbus import Came, Scan, ask
from edge.probe.modbus_text import document_of, text_of
from edge.probe.modbus_wish import NotAWish, Way, Wish, wish_of
from edge.probe.readings import matches
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.starter.folder import starter_files, write_starter
from edge.starter.folder import wish_of as starter_wish_of
from edge.texts import LANGUAGES

START = from_iso("2026-05-04T08:00:00Z")
PORT = "/dev/ttyUSB0"
TLS = {"ca": "", "cert": "", "key": "", "server_name": ""}
Answer = Callable[[int, int, int, int], bytes | int | None]


def wish(where: str = "10.0.0.5", **more: Any) -> Wish:
    return wish_of(where, **({"unit": 1, "address": "holding 0", "count": None, "kind": "", "units": None} | more))


def holding(registers: Mapping[int, int]) -> Answer:
    def answer(unit: int, function: int, address: int, count: int) -> bytes:
        return struct.pack(f">{count}H", *(registers.get(number, 0) for number in range(address, address + count)))

    return answer


def asking(asked: Wish, answer: Answer) -> tuple[Came, list[tuple[int, int]]]:
    """What came, and how far it said that it is."""
    steps: list[tuple[int, int]] = []

    async def main(clock: VirtualClock) -> Came:
        links = MemoryLinks(clock, modbus={(asked.target.host, asked.target.port): answer}, mqtt={})
        return await ask(links, clock, asked, timeout_s=1.0, progress=lambda done, of: steps.append((done, of)))

    return run_virtually(main, START), steps


# --- the way there --------------------------------------------------------------------------------------------------

WAYS: list[tuple[str, Way | None, str]] = [
    ("10.0.0.5", None, "tcp"),
    ("10.0.0.5:8000", Way(is_rtu=True), "rtu_over_tcp"),
    ("plc.plant", Way(tls=TLS), "tls"),
    ("plc.plant", Way(tls=TLS | {"ca": "a.pem", "cert": "c.pem", "key": "k.pem"}), "tls"),
    (PORT, None, "rtu"),
    (PORT, Way(line={"baud": 9600, "parity": "none", "stop_bits": 2, "echo": True}), "rtu"),
]


@pytest.mark.parametrize(("where", "way", "transport"), WAYS)
def test_a_plant_with_the_snippet_takes_the_way_that_was_probed(
    where: str, way: Way | None, transport: str, tmp_path: Path
) -> None:
    asked = wish(where, way=way)
    came, _ = asking(asked, holding({}))
    text = text_of(came, asked, "en")
    plant = tmp_path / "plant"
    write_starter(plant, starter_files(starter_wish_of("plant", "en")))
    (plant / "devices" / "mine.yaml").write_text(text[text.index("types:\n") :].replace("my_area", "hall_2"), encoding="utf-8")
    loaded = load(plant, DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    connection = loaded.plant.devices["my_device"].connection
    assert isinstance(connection, ModbusConnection)
    assert (connection.access.transport, connection.access.line) == (transport, asked.connection.access.line)
    assert connection.place == asked.connection.place


def test_a_serial_port_is_asked_as_the_device_is_set() -> None:
    asked = wish(PORT, way=Way(line={"baud": 9600, "parity": "none"}))
    assert asked.connection.access.line == SerialLine(9600, "none", 1)
    assert str(asked.target) == PORT


@pytest.mark.parametrize(
    ("where", "more", "said"),
    [
        ("h", {"way": Way(line={"baud": 9600})}, "serial port"),
        (PORT, {"way": Way(is_rtu=True)}, "serial port"),
        ("h", {"way": Way(is_rtu=True, tls=TLS)}, "not both"),
        (PORT, {"way": Way(line={"baud": 9601})}, "9601"),
        ("h", {"way": Way(tls=TLS | {"cert": "c.pem"})}, "--key"),
        (PORT, {"unit": 0}, "all units at once"),
        (PORT, {"unit": 248}, "247"),
        (PORT, {"units": "0-3"}, "1 to 247"),
        ("h", {"way": Way(is_rtu=True), "units": "1-255"}, "1 to 247"),
        ("h", {"expected": 0.0}, "zero"),
    ],
)
def test_what_makes_no_sense_together_is_refused_in_both_languages(where: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(NotAWish) as refused:
        wish(where, **more)
    assert said in refused.value.render("en")
    assert refused.value.render("zh")


def test_a_serial_port_that_cannot_be_opened_is_no_machine_that_is_off() -> None:
    def gone(*_: int) -> None:
        raise ConnectionLost(f"{PORT}: no connection: Permission denied")

    asked = wish(PORT)
    came, _ = asking(asked, gone)
    assert "Permission denied" in text_of(came, asked, "en") and "dialout" in text_of(came, asked, "en")


# --- which of these looks right -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registers", "expected", "lines"),
    [
        ({0: 2290}, 229, ["address: holding 0", "type: int16", "scale: 0.1"]),
        ({0: 0x6666, 1: 0x4365}, 229.4, ["address: holding 0", "type: float32", "word_order: CDAB"]),
        ({1: 0x4365, 2: 0x6666}, 229.4, ["address: holding 1", "type: float32", "word_order: ABCD"]),
        ({1: 0x4365, 2: 0x6666}, 229, ["address: holding 1", "type: float32", "word_order: ABCD"]),
        ({0: 1, 1: 0x86A0}, 1000, ["address: holding 0", "type: int32", "word_order: ABCD", "scale: 0.01"]),
        ({0: 0xFF1B}, -22.9, ["address: holding 0", "type: int16", "scale: 0.1"]),
    ],
)
def test_the_reading_that_the_display_shows_is_what_the_snippet_takes(
    registers: dict[int, int], expected: float, lines: list[str]
) -> None:
    asked = wish(expected=expected, address=lines[0].removeprefix("address: "))
    came, _ = asking(asked, holding(registers))
    shown = [line.strip() for line in text_of(came, asked, "en").splitlines()]
    begin = shown.index("my_tag:") + 1
    assert shown[begin : begin + len(lines)] == lines
    assert f"Near {expected:g}:" in shown
    first = document_of(came, asked, "en")["expected"][0]
    assert first["scaled"] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_that_stands_nowhere_is_said_so(language: str) -> None:
    asked = wish(expected=229)
    came, _ = asking(asked, holding({0: 7}))
    assert "229" in text_of(came, asked, language)
    assert json.loads(json.dumps(document_of(came, asked, language)))["expected"] == []


@given(
    value=st.floats(1, 30000, allow_nan=False),
    order=st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]),
    sign=st.sampled_from([1, -1]),
)
def test_a_float_in_any_order_is_among_what_is_found(value: float, order: str, sign: int) -> None:
    data = struct.pack(">f", sign * value)
    moved = bytes(data["ABCD".index(letter)] for letter in order)
    high, low = struct.unpack(">HH", moved)
    found = matches({3: high, 4: low}, Address(Table.HOLDING, 3), sign * value)
    assert any(str(each.reading.kind) == "float32" and str(each.reading.order) == order for each in found)
    assert all(abs(each.value - sign * value) <= 0.0201 * value for each in found)


# --- a scan ---------------------------------------------------------------------------------------------------------


def test_a_scan_says_how_far_it_is() -> None:
    _, steps = asking(wish(units="1-3"), lambda *_: None)
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_a_scan_stops_where_two_talk_at_once_and_keeps_what_it_found() -> None:
    asked_units: list[int] = []

    def line(unit: int, function: int, address: int, count: int) -> bytes | None:
        asked_units.append(unit)
        return {1: b"\0\1", 3: b"\0"}.get(unit)

    asked = wish(PORT, units="1-5")
    came, _ = asking(asked, line)
    assert isinstance(came, Scan)
    assert ([each.unit for each in came.units], came.stopped, came.tables) == ([1], (3, "wrong_byte_count"), ())
    assert asked_units == [1, 2, 3]
    assert "Stopped at unit 3" in text_of(came, asked, "en")
    assert document_of(came, asked, "en")["stopped"] == {"unit": 3, "reason": "wrong_byte_count"}


def test_a_scan_stops_when_the_connection_is_gone_for_good() -> None:
    def gateway(unit: int, function: int, address: int, count: int) -> bytes:
        if unit > 1:
            raise ConnectionLost("gone")
        return b"\0\1"

    asked = wish(units="1-5")
    came, _ = asking(asked, gateway)
    assert isinstance(came, Scan) and came.stopped == (2, "gone")
