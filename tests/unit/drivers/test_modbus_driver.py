"""The Modbus driver on virtual time: schedules, isolation, losses and what is said about them."""

from __future__ import annotations

import asyncio
import math
import struct
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest
import structlog

from drivers.base import ConnectionLost
from drivers.memory import MemoryLinks
from edge.model.errors import BadResponse
from edge.model.moment import MILLISECOND, MINUTE, SECOND, from_iso
from edge.model.sample import Quality, value_of_text
from edge.model.tag import Device
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, Row, device

START = from_iso("2026-05-04T08:00:00Z")
HOST = "10.0.0.5"
GOOD, BAD = Quality.GOOD, Quality.BAD

Answer = Callable[[int, int, int, int], bytes | int | None]


class Units:
    """Units whose register n holds 100 * unit + n. One may be silent, slow, or refuse registers; all may be gone."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.silent: set[int] = set()
        self.refused: dict[tuple[int, int], int] = {}
        self.codes: dict[int, int] = {}
        self.garbled: set[int] = set()
        self.gone = False
        self.asked: list[tuple[int, int, int]] = []

    def answer(self, unit: int, function: int, address: int, count: int) -> bytes | int | None:
        if self.gone:
            raise ConnectionLost(f"{HOST}:502: no connection")
        self.asked.append((unit, address, count))
        if unit in self.silent:
            return None
        if unit in self.codes:
            return self.codes[unit]
        if unit in self.garbled:
            raise BadResponse("nonsense")
        for number in range(address, address + count):
            if (unit, number) in self.refused:
                return self.refused[unit, number]
        return struct.pack(f">{count}H", *(100 * unit + number for number in range(address, address + count)))


def motor(unit: int, registers: int = 2, **connection: Any) -> Device:
    tags = {f"r{number}": {"address": f"holding {number}", "type": "uint16"} for number in range(registers)}
    return device("modbus", f"M{unit}", tags, {"host": HOST, "unit_id": unit, **connection})


def watch(
    devices: list[Device], until: int, acts: Mapping[int, Callable[[Units], None]] | None = None
) -> tuple[list[list[Row]], Rig, Units]:
    """What the driver yields up to and with `until` (a span from the start), while `acts` happen at their times."""

    async def main(clock: VirtualClock) -> tuple[list[list[Row]], Rig, Units]:
        units = Units(clock)
        rig = Rig(devices, clock, MemoryLinks(clock, modbus={(HOST, 502): units.answer}, mqtt={}))
        seen: list[list[Row]] = []

        async def read() -> None:
            async with rig.batches() as batches:
                async for rows in batches:
                    seen.append(rows)

        reading = asyncio.create_task(read())
        for at, act in sorted((acts or {}).items()):
            await clock.sleep_until(START + at)
            act(units)
        await clock.sleep_until(START + until + MILLISECOND)
        reading.cancel()
        await asyncio.wait({reading})
        return seen, rig, units

    return run_virtually(main, START)


def of(seen: list[list[Row]], tag: str) -> list[tuple[int, float, Quality]]:
    """(time from the start, value, quality) of a tag's samples."""
    return [(row.at - START, row.value, row.quality) for rows in seen for row in rows if row.tag == tag]


def values_at(seen: list[list[Row]], tag: str) -> list[int]:
    return [at for at, _, quality in of(seen, tag) if quality is GOOD]


def test_the_first_poll_brings_the_session_and_all_values_in_one_batch() -> None:
    seen, _, _ = watch([motor(3)], 0)
    ((session, *values),) = seen
    assert (session.tag, session.value) == ("M3.session", 1.0)
    assert [(row.tag, row.value, row.quality) for row in values] == [("M3.r0", 300.0, GOOD), ("M3.r1", 301.0, GOOD)]
    assert {row.at for row in values} == {row.source_time for row in values} == {START}


def test_devices_of_one_connection_are_spread_over_their_period_and_keep_it() -> None:
    seen, _, units = watch([motor(1), motor(2)], 2900 * MILLISECOND)
    assert values_at(seen, "M1.r0") == [0, 1 * SECOND, 2 * SECOND]
    assert values_at(seen, "M2.r0") == [0, *(at * 500 * MILLISECOND for at in (1, 3, 5))]
    assert {count for _, _, count in units.asked} == {2}, "both registers in one request"


def test_each_device_has_its_own_period() -> None:
    seen, rig, _ = watch([motor(1), motor(2, every="5s")], MINUTE)
    assert len(values_at(seen, "M2.r0")) == 13
    rates = rig.drivers[0].rates()
    assert rates["M1"] == (1.0, pytest.approx(1.0, abs=0.05))
    assert rates["M2"] == (0.2, pytest.approx(0.2, abs=0.02))


def test_a_silent_device_turns_bad_with_its_last_value_and_says_so_once() -> None:
    with structlog.testing.capture_logs() as logs:
        seen, rig, _ = watch([motor(3)], MINUTE, {1500 * MILLISECOND: lambda units: units.silent.add(3)})
    assert of(seen, "M3.session") == [(0, 1.0, GOOD), (3 * SECOND, 0.0, GOOD)]
    assert of(seen, "M3.r1")[-1] == (3 * SECOND, 301.0, BAD)
    assert len([at for at, _, quality in of(seen, "M3.r1") if quality is BAD]) == 1
    assert [entry["event"] for entry in logs] == ["device is up", "device is lost"]
    assert "no answer within 1 s" in logs[1]["reason"]
    assert rig.drivers[0].counters()["M3", "no_answer"] == 6, "asked at 2, 4, 7, 12, 21 and 38 s"


def test_a_silent_device_is_back_by_itself_and_on_its_grid() -> None:
    acts = {0: lambda units: units.silent.add(3), 15 * SECOND: lambda units: units.silent.discard(3)}
    with structlog.testing.capture_logs() as logs:
        seen, rig, _ = watch([motor(3)], 22 * SECOND, acts)
    # Asked at 0, 2, 5 and 10 s, each time for a second, then at 19 s: back-off 1, 2, 4, 8 s after the end of each.
    assert of(seen, "M3.session") == [(1 * SECOND, 0.0, GOOD), (19 * SECOND, 1.0, GOOD)]
    assert values_at(seen, "M3.r0") == [19 * SECOND, 20 * SECOND, 21 * SECOND, 22 * SECOND]
    assert [entry["event"] for entry in logs] == ["device is lost", "device is back"]
    assert rig.drivers[0].counters()["M3", "overruns"] == 0, "what was lost was not missed by us"


def test_a_text_stays_known_when_its_device_is_lost() -> None:
    # Unit 200 holds 20000 and 20001, which are the letters "N " and "N!".
    tags = {
        "count": {"address": "holding 1", "type": "uint16"},
        "coil": {"address": "holding 0", "type": "string", "length": 4},
    }
    plc = device("modbus", "PLC", tags, {"host": HOST, "unit_id": 200})
    seen, _, _ = watch([plc], 3 * SECOND, {1500 * MILLISECOND: lambda units: units.silent.add(200)})
    coil = [row for rows in seen for row in rows if row.tag == "PLC.coil"]
    assert [(row.text, row.quality) for row in coil] == [("N N!", GOOD), ("N N!", GOOD), ("N N!", BAD)]
    assert {row.value for row in coil} == {value_of_text("N N!")}
    assert [row.text for rows in seen for row in rows if row.tag == "PLC.count"] == [None] * 3


def test_a_refused_register_is_logged_as_it_was_written() -> None:
    tags = {"r0": {"address": "4x0001", "type": "uint16"}, "r1": {"address": "4x0002", "type": "uint16"}}
    plc = device("modbus", "M3", tags, {"host": HOST, "unit_id": 3})
    with structlog.testing.capture_logs() as logs:
        watch([plc], 0, {0: lambda units: units.refused.update({(3, 1): 2})})
    assert [(entry["tag"], entry["register"]) for entry in logs if entry["event"] == "point refused"] == [("M3.r1", "4x0002")]


def test_a_device_that_was_never_there_is_bad_without_a_value() -> None:
    seen, _, _ = watch([motor(3)], 2 * SECOND, {0: lambda units: units.silent.add(3)})
    assert of(seen, "M3.session") == [(SECOND, 0.0, GOOD)]
    ((_, value, quality),) = of(seen, "M3.r0")
    assert math.isnan(value) and quality is BAD


def test_a_dead_device_leaves_the_others_on_time() -> None:
    devices = [motor(unit, timeout="200ms") for unit in (1, 2, 3)]
    seen, rig, _ = watch(devices, 5 * MINUTE, {0: lambda units: units.silent.add(2)})
    for name in ("M1", "M3"):
        at = values_at(seen, f"{name}.r0")
        assert len(at) >= 299
        assert max(later - earlier for earlier, later in pairwise(at[1:])) <= 1200 * MILLISECOND
    # 200 ms each at most once a back-off: 1 + 2 + 4 + 8 + 16 + 32 s, then once a minute.
    assert rig.drivers[0].counters()["M2", "no_answer"] <= 11


def test_without_a_connection_all_its_devices_are_lost_at_once_and_back_at_once() -> None:
    def set_gone(gone: bool) -> Callable[[Units], None]:
        return lambda units: setattr(units, "gone", gone)

    acts = {1200 * MILLISECOND: set_gone(True), 10 * SECOND: set_gone(False)}
    with structlog.testing.capture_logs() as logs:
        seen, rig, _ = watch([motor(1), motor(2)], 20 * SECOND, acts)
    for name in ("M1", "M2"):
        (first, lost, back) = of(seen, f"{name}.session")
        assert first == (0, 1.0, GOOD)
        assert lost == (1500 * MILLISECOND, 0.0, GOOD), "M2's poll finds out, and speaks for both"
        # Tried again after 0.5, 1, 2 and 4 s: at 2, 3, 5, 9 s; the fifth try, 8 s later, finds it.
        assert back == (17 * SECOND, 1.0, GOOD)
        assert [quality for at, _, quality in of(seen, f"{name}.r0") if at == 1500 * MILLISECOND] == [BAD]
        assert rig.drivers[0].counters()[name, "no_connection"] == 5
    assert [entry["event"] for entry in logs] == ["device is up"] * 2 + ["device is lost"] * 2 + ["device is back"] * 2


def test_every_loss_of_the_connection_is_tried_again_soon() -> None:
    def lost_for_100_ms(at: int) -> dict[int, Callable[[Units], None]]:
        return {
            at - 50 * MILLISECOND: lambda units: setattr(units, "gone", True),
            at + 50 * MILLISECOND: lambda units: setattr(units, "gone", False),
        }

    losses = {at * SECOND for at in (2, 4, 6, 8)}
    seen, _, _ = watch([motor(1)], 10 * SECOND, {at: act for loss in losses for at, act in lost_for_100_ms(loss).items()})
    assert [at for at, value, _ in of(seen, "M1.session") if value == 0.0] == sorted(losses)
    assert [at for at, value, _ in of(seen, "M1.session") if value == 1.0] == [
        0,
        *(at + 500 * MILLISECOND for at in sorted(losses)),
    ]


def test_one_bad_register_in_the_middle_does_not_cost_its_neighbours() -> None:
    with structlog.testing.capture_logs() as logs:
        seen, rig, _ = watch([motor(3, registers=9)], 3 * SECOND, {0: lambda units: units.refused.update({(3, 4): 2})})
    for number in (0, 1, 2, 3, 5, 6, 7, 8):
        assert len(values_at(seen, f"M3.r{number}")) == 4, f"register {number}"
    ((at, value, quality),) = of(seen, "M3.r4")
    assert (at, quality) == (0, BAD) and math.isnan(value)
    assert of(seen, "M3.session") == [(0, 1.0, GOOD)], "a device that refuses is there"
    (refused,) = [entry for entry in logs if entry["event"] == "point refused"]
    assert (refused["tag"], refused["register"], refused["code"]) == ("M3.r4", "holding 4", 2)
    assert refused["meaning"] == "illegal data address"
    assert rig.drivers[0].counters()["M3", "exception_2"] >= 4


def test_a_refused_register_that_is_mended_is_good_again() -> None:
    acts = {0: lambda units: units.refused.update({(3, 1): 4}), 2 * SECOND: lambda units: units.refused.clear()}
    seen, _, units = watch([motor(3, registers=3)], 8 * SECOND, acts)
    assert values_at(seen, "M3.r1")[0] <= 7 * SECOND
    assert units.asked[-1] == (3, 0, 3), "in one request with its neighbours"


def test_a_busy_device_keeps_its_values_for_one_period_and_is_bad_in_the_second() -> None:
    acts = {1500 * MILLISECOND: lambda units: units.codes.update({3: 6}), 4500 * MILLISECOND: lambda units: units.codes.clear()}
    seen, _, _ = watch([motor(3)], 6 * SECOND, acts)
    assert [(at, quality) for at, _, quality in of(seen, "M3.r0")] == [
        (0, GOOD),
        (1 * SECOND, GOOD),
        (3 * SECOND, BAD),
        (4 * SECOND, BAD),
        (5 * SECOND, GOOD),
        (6 * SECOND, GOOD),
    ]
    assert of(seen, "M3.session") == [(0, 1.0, GOOD)]


@pytest.mark.parametrize("code", [10, 11])
def test_a_gateway_without_its_device_behind_it_loses_only_that_device(code: int) -> None:
    acts = {1100 * MILLISECOND: lambda units: units.codes.update({2: code})}
    seen, _, _ = watch([motor(1), motor(2)], 10 * SECOND, acts)
    assert of(seen, "M2.session") == [(0, 1.0, GOOD), (1500 * MILLISECOND, 0.0, GOOD)]
    assert len(values_at(seen, "M1.r0")) == 11


def test_bytes_that_make_no_sense_lose_the_device_and_never_become_a_value() -> None:
    seen, rig, _ = watch([motor(3)], 10 * SECOND, {1100 * MILLISECOND: lambda units: units.garbled.add(3)})
    assert of(seen, "M3.session")[-1] == (2 * SECOND, 0.0, GOOD)
    assert values_at(seen, "M3.r0") == [0, 1 * SECOND]
    assert rig.drivers[0].counters()["M3", "bad_response"] >= 3


def test_a_device_that_cannot_keep_up_is_counted_and_has_no_backlog() -> None:
    # Ten reads a poll, 290 ms of silence after each: 2.9 s of work in a period of 1 s.
    tags = {f"r{number}": {"address": f"holding {2 * number}", "type": "uint16"} for number in range(10)}
    slow = device("modbus", "SLOW", tags, {"host": HOST, "unit_id": 1, "pause": "290ms", "gaps": "never"})
    seen, rig, _ = watch([slow], 31 * SECOND)
    polls = values_at(seen, "SLOW.r0")
    assert polls == [at * SECOND for at in range(0, 30, 3)]
    assert rig.drivers[0].counters()["SLOW", "overruns"] == 2 * 9, "the first poll found the device not up yet"
    configured, achieved = rig.drivers[0].rates()["SLOW"]
    assert configured == 1.0 and achieved == pytest.approx(0.33, abs=0.05)


def test_devices_at_other_addresses_have_drivers_of_their_own() -> None:
    async def main(clock: VirtualClock) -> list[str]:
        devices = [motor(1), motor(2), device("modbus", "X", {"v": {"address": "coil 0"}}, {"host": "10.0.0.6"})]
        empty = device("modbus", "EMPTY", {}, {"host": "10.0.0.7"})
        return [each.name for each in Rig([*devices, empty], clock, MemoryLinks(clock, modbus={}, mqtt={})).drivers]

    assert run_virtually(main, START) == ["modbus 10.0.0.5:502", "modbus 10.0.0.6:502"]
