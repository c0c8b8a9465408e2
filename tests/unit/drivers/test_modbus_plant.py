"""What a plant folder says of Modbus devices: one way to write addresses, and nothing that does not fit in a request."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load

GATEWAY = """\
site: test
agent: test
areas: {hall: {zh: 车间, en: hall}}
"""
WORDS = "words: {zh: 甲, en: a}"


def problems(
    folder: Path, tags: list[str], connection: str = "{host: 10.0.0.5}", *others: str, language: str = "en"
) -> list[str]:
    (folder / "devices").mkdir()
    (folder / "gateway.yaml").write_text(GATEWAY)
    lines = [
        "types:",
        "  meter:",
        f"    {WORDS}",
        "    driver: modbus",
        "    tags:",
        *(f"      t{number}: {{{tag}, {WORDS}}}" for number, tag in enumerate(tags)),
        "devices:",
        *(
            f"  M{number}: {{type: meter, area: hall, {WORDS}, connection: {each}}}"
            for number, each in enumerate((connection, *others), 1)
        ),
    ]
    (folder / "devices" / "meter.yaml").write_text("\n".join(lines))
    loaded = load(folder, DRIVERS, CHANNELS, language=language)
    return [str(each) for each in loaded.problems if each.file.startswith("devices/")]


def test_addresses_written_in_two_ways_are_refused_with_both_places(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path, ["address: 40001, type: int16", "address: 40002, type: int16", "address: holding 2, type: int16"]
    )
    assert problem.startswith("devices/meter.yaml:8:21:")
    assert "like holding 0" in problem and "devices/meter.yaml:6:21 like 40001" in problem


@pytest.mark.parametrize("way", ["holding {0}", "holding 0x{0:02x}", "4000{1}", "40000{1}", "4x000{1}"])
def test_a_device_may_keep_to_any_one_way(way: str, tmp_path: Path) -> None:
    tags = [f"address: {way.format(number, number + 1)}, type: int16" for number in range(3)]
    assert problems(tmp_path, tags) == []


def test_five_digits_beside_six_are_two_ways(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, ["address: 40001, type: int16", "address: 410000, type: int16"])
    assert "400001" in problem


def test_a_string_that_no_request_can_hold_is_refused_at_the_connection(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, ["address: 40001, type: string, length: 80"], "{host: 10.0.0.5, max_registers: 32}")
    assert '"t0"' in problem and "40 registers" in problem and "32 in one request" in problem


def test_the_same_string_fits_a_wider_request(tmp_path: Path) -> None:
    assert problems(tmp_path, ["address: 40001, type: string, length: 80"], "{host: 10.0.0.5, max_registers: 40}") == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_coil_written_without_quotes_is_still_the_coil_that_was_written(language: str, tmp_path: Path) -> None:
    assert problems(tmp_path, ["address: 00001", 'address: "00002"'], language=language) == []


SERIAL = "{serial: {path: /dev/ttyUSB0, baud: 9600}, every: %s}"


def test_what_no_link_can_carry_is_refused_where_it_says_how_often(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, [f"address: {40001 + 100 * n}, type: float32" for n in range(20)], SERIAL % "200ms")
    assert problem.startswith("devices/meter.yaml:27:")
    assert "the 20 requests" in problem and "every is 200 ms" in problem


def test_a_tag_with_a_period_that_cannot_be_kept_is_refused_at_that_tag(tmp_path: Path) -> None:
    tags = ["address: 40001, type: float32", "address: 40003, type: float32, every: 10ms"]
    (problem,) = problems(tmp_path, tags, SERIAL % "2s")
    assert problem.startswith("devices/meter.yaml:7:") and "every is 10 ms" in problem


def test_a_connection_that_has_hardly_any_time_left_is_warned_of(tmp_path: Path) -> None:
    tags = [f"address: {40001 + 100 * n}, type: float32" for n in range(20)]
    (problem,) = problems(tmp_path, tags, SERIAL % "800ms")
    assert "/dev/ttyUSB0 will be busy for about 94 % of its time" in problem


@pytest.mark.parametrize(
    "connection", [SERIAL % "1s", "{host: 10.0.0.5, every: 100ms}", "{host: 10.0.0.5, every: 30ms, max_in_flight: 8}"]
)
def test_what_fits_is_said_nothing_of(tmp_path: Path, connection: str) -> None:
    assert problems(tmp_path, [f"address: {40001 + 300 * n}, type: float32" for n in range(8)], connection) == []


PORT = "{serial: {path: /dev/ttyUSB0, %s}, unit_id: %d}"


@pytest.mark.parametrize(
    ("second", "shown"),
    [("baud: 9600, parity: none", "9600 8N1"), ("baud: 19200", "19200 8E1"), ("baud: 9600, echo: true", "9600 8E1 echo")],
)
def test_devices_that_set_one_serial_port_in_two_ways_are_refused_at_the_second(
    tmp_path: Path, second: str, shown: str
) -> None:
    ways = [PORT % ("baud: 9600", 1), PORT % ("baud: 9600", 2), PORT % (second, 3)]
    (problem,) = problems(tmp_path, ["address: 40001, type: int16"], *ways)
    assert problem.startswith("devices/meter.yaml:10:")
    assert f"/dev/ttyUSB0 is set to {shown} here, and to 9600 8E1 by M1" in problem


def test_devices_on_ports_of_their_own_may_differ(tmp_path: Path) -> None:
    ways = [PORT % ("baud: 9600", 1), (PORT % ("baud: 19200", 1)).replace("USB0", "USB1")]
    assert problems(tmp_path, ["address: 40001, type: int16"], *ways) == []
