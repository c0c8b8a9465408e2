"""How a device may be asked is found by asking: carefully, from small to large, and no further once it stumbles."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from drivers.memory import MemoryLinks
from drivers.modbus.config import ModbusConnection
from edge.config.load import load
from edge.model.errors import DeviceRefused, DeviceUnreachable
from edge.model.moment import MILLISECOND, SECOND, Span, from_iso
from edge.ports import PLAIN_TCP, Clock, ModbusAccess
from edge.probe.measure import STEPS, Measured
from edge.probe.measured_text import timeout_of
from edge.probe.modbus import Came, NoAnswer, ask
from edge.probe.modbus_text import document_of, text_of
from edge.probe.modbus_wish import Way, Wish, wish_of
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.starter.folder import starter_files, write_starter
from edge.starter.folder import wish_of as starter_wish_of
from edge.texts import LANGUAGES

START = from_iso("2026-05-04T08:00:00Z")
PER_REQUEST, PER_REGISTER = 3_000, 40


@dataclass
class Meter:
    """A device in plant time. most: registers in a request, more is refused; map_end: what it has from 0 on. silent_above: more
    asked for at once than this, and it says nothing any more. needs_pause: between requests. at_once: that it can take."""

    most: int = 125
    map_end: int = 65536
    silent_above: int = 1000
    needs_pause: Span = 0
    at_once: int = 16
    asked: list[tuple[int, int, int]] = field(default_factory=list)
    under_way: int = 0
    free_at: int = 0


class MeterLink:
    connections = 1

    def __init__(self, meter: Meter, clock: Clock) -> None:
        self._meter, self._clock = meter, clock

    async def read(self, unit: int, function: int, address: int, count: int, *, timeout_s: float | None = None) -> bytes:
        meter, now = self._meter, self._clock.now()
        meter.asked.append((now, address, count))
        if count > meter.silent_above or now < meter.free_at + meter.needs_pause or meter.under_way >= meter.at_once:
            await self._clock.sleep_until(now + SECOND)
            raise DeviceUnreachable("no answer")
        meter.under_way += 1
        await self._clock.sleep_until(now + PER_REQUEST + PER_REGISTER * count)
        meter.under_way -= 1
        meter.free_at = self._clock.now()
        if count > meter.most or address + count > meter.map_end:
            raise DeviceRefused("refused", 3 if count > meter.most else 2)
        return bytes(2 * count)

    async def write(self, unit: int, function: int, address: int, data: bytes) -> None:
        raise AssertionError("it only reads")

    async def close(self) -> None:
        """Nothing to close."""


class MeterLinks(MemoryLinks):
    def __init__(self, meter: Meter, clock: Clock) -> None:
        super().__init__(clock, modbus={}, mqtt={})
        self._meter, self._own_clock = meter, clock

    def modbus(self, host: str, port: int, access: ModbusAccess = PLAIN_TCP, *, timeout_s: float) -> MeterLink:
        return MeterLink(self._meter, self._own_clock)


def measuring(meter: Meter, where: str = "10.0.0.5", **more: Any) -> tuple[Came, Wish, list[tuple[int, int]]]:
    given = {"unit": 1, "address": "holding 0", "count": None, "kind": "", "units": None, "is_measured": True} | more
    wish = wish_of(where, **given)
    steps: list[tuple[int, int]] = []

    async def main(clock: VirtualClock) -> Came:
        return await ask(MeterLinks(meter, clock), clock, wish, 1.0, lambda done, of: steps.append((done, of)))

    return run_virtually(main, START), wish, steps


def measured(meter: Meter, **more: Any) -> Measured:
    came, _, _ = measuring(meter, **more)
    assert isinstance(came, Measured)
    return came


def test_what_a_request_and_a_register_cost_is_found_exactly() -> None:
    came = measured(Meter())
    assert came.cost is not None
    assert (came.cost.per_request_us, came.cost.per_register_us) == pytest.approx((PER_REQUEST, PER_REGISTER))
    assert [each.count for each in came.trips] == [1, 31, 62, 125]
    assert came.longest == PER_REQUEST + 125 * PER_REGISTER


@pytest.mark.parametrize("most", [1, 2, 3, 16, 32, 33, 80, 100, 124, 125])
def test_the_most_that_a_device_takes_is_found_in_few_requests(most: int) -> None:
    meter = Meter(most=most)
    came = measured(meter)
    assert (came.count_max, came.is_end_of_map) == (most, False)
    assert len(meter.asked) < 75
    assert all(count <= 125 for _, _, count in meter.asked)


def test_the_end_of_a_map_is_told_from_what_a_device_takes() -> None:
    came, wish, _ = measuring(Meter(map_end=20))
    assert isinstance(came, Measured)
    assert (came.count_max, came.is_end_of_map) == (20, True)
    text = text_of(came, wish, "en")
    assert "the map ends" in text and "max_registers" not in text


def test_a_device_that_falls_silent_is_asked_no_further() -> None:
    meter = Meter(silent_above=40)
    came = measured(meter)
    assert (came.count_max, came.trouble_at, came.trips) == (32, "count", [])
    assert [count for _, _, count in meter.asked] == [1, 2, 4, 8, 16, 32, 64], "nothing after the first silence"


def test_a_device_that_needs_a_pause_gets_one_and_is_not_asked_several_things_at_once() -> None:
    meter = Meter(needs_pause=20 * MILLISECOND)
    came = measured(meter)
    assert (came.pause, came.trouble_at, came.in_flight) == (50 * MILLISECOND, "pause", 1)


@pytest.mark.parametrize(("at_once", "said"), [(1, 1), (2, 2), (3, 2), (16, 4)])
def test_as_many_requests_at_once_are_suggested_as_it_took(at_once: int, said: int) -> None:
    assert measured(Meter(at_once=at_once)).in_flight == said


@pytest.mark.parametrize(("where", "way"), [("/dev/ttyUSB0", None), ("10.0.0.5", Way(is_rtu=True))])
def test_on_a_serial_line_nothing_is_asked_at_once(where: str, way: Way | None) -> None:
    meter = Meter(at_once=1)
    came, _, _ = measuring(meter, where, way=way)
    assert isinstance(came, Measured) and (came.in_flight, came.trouble_at) == (1, "")


def test_between_requests_there_is_silence_but_where_just_that_is_tried() -> None:
    meter = Meter()
    measured(meter, where="/dev/ttyUSB0")
    begun = [at for at, _, _ in meter.asked]
    close = [b - a for a, b in pairwise(begun) if b - a < 50 * MILLISECOND]
    assert len(close) == 10


def test_how_far_it_is_only_grows_and_ends_at_the_end() -> None:
    _, _, steps = measuring(Meter(most=33))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (STEPS, STEPS)


def test_an_address_that_is_refused_and_a_silent_device_are_told_apart() -> None:
    came, wish, _ = measuring(Meter(map_end=0))
    assert "exception 2" in text_of(came, wish, "en")
    came, _, _ = measuring(Meter(silent_above=0))
    assert isinstance(came, NoAnswer)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("limits", "most"),
    [({"most": 80}, 80), ({"needs_pause": 9_000}, 125), ({"silent_above": 40}, 32), ({"map_end": 9}, 125), ({"most": 1}, 125)],
)
def test_a_plant_takes_the_settings_that_are_suggested(
    limits: dict[str, int], most: int, language: str, tmp_path: Path
) -> None:
    came, wish, _ = measuring(Meter(**limits))
    assert isinstance(came, Measured)
    text = text_of(came, wish, language)
    plant = tmp_path / "plant"
    write_starter(plant, starter_files(starter_wish_of("plant", language)))
    settings = text[text.index("connection:\n") :].replace("\n", "\n    ")
    tag = "my_tag: {address: 40001, type: int16, words: {zh: 甲, en: a}}"
    device = f"  my_device:\n    type: my_type\n    area: hall_2\n    words: {{zh: 甲, en: a}}\n    {settings}\n"
    kind = f"types:\n  my_type:\n    words: {{zh: 甲, en: a}}\n    driver: modbus\n    tags:\n      {tag}\n"
    (plant / "devices" / "mine.yaml").write_text(f"{kind}devices:\n{device}", encoding="utf-8")
    loaded = load(plant, DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    connection = loaded.plant.devices["my_device"].connection
    assert isinstance(connection, ModbusConnection)
    assert connection.max_registers == most
    assert (connection.pause, connection.max_in_flight) == (came.pause, came.in_flight)
    document = json.loads(json.dumps(document_of(came, wish, language)))
    assert document["count_max"] == came.count_max


@pytest.mark.parametrize(("longest", "timeout"), [(1, 200), (39, 200), (41, 250), (100, 500), (5_000, 10_000)])
def test_a_time_out_is_several_times_the_longest_round_trip(longest: int, timeout: int) -> None:
    assert timeout_of(longest * MILLISECOND) == timeout * MILLISECOND
