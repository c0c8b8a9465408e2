"""The Modbus driver on virtual time: scan groups, dead devices, retries, requests in flight, and what is learned."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
import structlog

from drivers.base import RefusedInput, Scanning, ScanRate
from drivers.memory import MemoryLinks
from drivers.modbus.driver import LEARNING_MAX
from edge.model.errors import DeviceRefused, DeviceUnreachable
from edge.model.moment import MILLISECOND, MINUTE, SECOND, Moment, Span, from_iso
from edge.model.sample import Quality
from edge.model.tag import Device
from edge.ports import PLAIN_TCP, ModbusAccess
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, Row, device

START = from_iso("2026-05-04T08:00:00Z")
GOOD, BAD = Quality.GOOD, Quality.BAD
HOST = "10.0.0.5"
#: What a request takes on these links, and each register of it.
REQUEST, REGISTER = 2 * MILLISECOND, 10


class Line:
    """A link of its own whose answers take their time. Register n of a unit holds n; `dead` units are silent, `silent_times` is
    how many requests get no answer, and `refused` registers are exceptions."""

    def __init__(self, clock: VirtualClock, timeout: Span) -> None:
        self._clock, self._timeout = clock, timeout
        self.dead: set[int] = set()
        self.refused: dict[int, int] = {}
        self.silent_times = 0
        self.connections = 1
        self.asked: list[tuple[Moment, int, int, int]] = []
        self.in_flight = self.in_flight_most = 0

    async def read(self, unit: int, function: int, address: int, count: int, *, timeout_s: float | None = None) -> bytes:
        self.asked.append((self._clock.now() - START, unit, address, count))
        self.in_flight += 1
        self.in_flight_most = max(self.in_flight_most, self.in_flight)
        try:
            if unit in self.dead or self.silent_times:
                self.silent_times -= bool(self.silent_times)
                await self._clock.sleep_until(self._clock.now() + min(self._timeout, round((timeout_s or 1e6) * SECOND)))
                raise DeviceUnreachable(f"unit {unit}: no answer")
            await self._clock.sleep_until(self._clock.now() + REQUEST + count * REGISTER)
        finally:
            self.in_flight -= 1
        for number in range(address, address + count):
            if number in self.refused:
                raise DeviceRefused(f"exception {self.refused[number]}", self.refused[number])
        return struct.pack(f">{count}H", *range(address, address + count))

    async def write(self, unit: int, function: int, address: int, data: bytes) -> None:
        raise DeviceUnreachable("nobody writes here")

    async def close(self) -> None:
        """Nothing to close."""


class Lines(MemoryLinks):
    """A `Line` for each host."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock, modbus={}, mqtt={})
        self._its_clock = clock
        self.of: dict[str, Line] = {}

    def modbus(self, host: str, port: int, access: ModbusAccess = PLAIN_TCP, *, timeout_s: float) -> Line:
        return self.of.setdefault(host, Line(self._its_clock, round(timeout_s * SECOND)))


Seen = dict[str, list[tuple[Moment, float, Quality]]]


def watch(
    devices: Sequence[Device], until: Span, acts: Mapping[Span, Callable[[Lines], None]] | None = None
) -> tuple[Seen, Rig, Lines]:
    """The samples of each tag as (time from the start, value, quality)."""

    async def main(clock: VirtualClock) -> tuple[Seen, Rig, Lines]:
        lines = Lines(clock)
        rig = Rig(devices, clock, lines)
        seen: Seen = {}

        async def read(number: int) -> None:
            async with rig.batches(number) as batches:
                async for rows in batches:
                    note(rows)

        def note(rows: list[Row]) -> None:
            for row in rows:
                seen.setdefault(row.tag, []).append((row.at - START, row.value, row.quality))

        for at, act in (acts or {}).items():
            if at == 0:
                act(lines)
        reading = [asyncio.create_task(read(number)) for number in range(len(rig.drivers))]
        for at, act in sorted((acts or {}).items()):
            if at:
                await clock.sleep_until(START + at)
                act(lines)
        await clock.sleep_until(START + until)
        for task in reading:
            task.cancel()
        await asyncio.wait(reading)
        return seen, rig, lines

    return run_virtually(main, START)


def plc(name: str, tags: Mapping[str, Mapping[str, Any]], **connection: Any) -> Device:
    return device("modbus", name, tags, {"host": HOST, **connection})


def words(count: int, step: int = 1, **more: Any) -> dict[str, dict[str, Any]]:
    return {f"r{number}": {"address": f"holding {number * step}", "type": "uint16", **more} for number in range(count)}


def good_at(seen: Seen, tag: str) -> list[Moment]:
    return [at for at, _, quality in seen[tag] if quality is GOOD]


def scans(rig: Rig) -> list[ScanRate]:
    return [each for driver in rig.drivers if isinstance(driver, Scanning) for each in driver.scans()]


def gaps(times: Sequence[Moment]) -> list[Span]:
    return [later - earlier for earlier, later in pairwise(times)]


def test_tags_of_one_period_are_read_together_and_each_group_at_its_own_rate() -> None:
    tags = {
        "speed": {"address": "holding 0", "type": "uint16", "every": "100ms"},
        "load": {"address": "holding 1", "type": "uint16", "every": "100ms"},
        "temperature": {"address": "holding 2", "type": "uint16"},
        "hours": {"address": "holding 3", "type": "uint16", "every": "1min"},
    }
    seen, rig, lines = watch([plc("M", tags)], MINUTE + MILLISECOND)
    assert [len(seen[f"M.{tag}"]) for tag in ("temperature", "hours")] == [61, 2]
    assert 598 <= len(seen["M.speed"]) == len(seen["M.load"]) <= 601
    assert {(address, count) for _, _, address, count in lines.of[HOST].asked} == {(0, 2), (2, 1), (3, 1)}
    figures = {each.every: each for each in scans(rig)}
    assert [(each.tags, each.overruns) for each in figures.values()] == [(2, 0), (1, 0), (1, 0)]
    assert figures[100 * MILLISECOND].achieved == pytest.approx(10.0, rel=0.02)
    assert figures[SECOND].configured == 1.0
    assert figures[MINUTE].achieved == pytest.approx(1 / 60, rel=1.1)
    configured, achieved = rig.drivers[0].rates()["M"]
    assert configured == pytest.approx(11 + 1 / 60) and achieved == pytest.approx(configured, rel=0.02)


def test_the_groups_of_a_connection_are_spread_so_that_none_waits_for_another() -> None:
    tags = words(1) | {"slow": {"address": "holding 9", "type": "uint16", "every": "2s"}}
    _, rig, lines = watch([plc("A", tags, unit_id=1), plc("B", tags, unit_id=2)], 20 * SECOND)
    at = [at for at, *_ in lines.of[HOST].asked if at > SECOND]
    assert min(gaps(at)) >= 200 * MILLISECOND
    assert max(each.lag for each in scans(rig)) <= 4 * (REQUEST + 10 * REGISTER), "only at the start do all come at once"


def test_devices_at_other_addresses_are_spread_too() -> None:
    _, _, lines = watch([plc(f"M{n}", words(1), host=f"10.0.1.{n}") for n in range(10)], 5 * SECOND)
    at = sorted(at for line in lines.of.values() for at, *_ in line.asked if at > SECOND)
    assert min(gaps(at)) >= 90 * MILLISECOND


def test_a_group_that_cannot_keep_up_is_counted_by_itself_and_shows_its_lag() -> None:
    quick = {"q": {"address": "holding 0", "type": "uint16", "every": "10ms"}}
    slow = {f"s{n}": {"address": f"holding {1000 * n}", "type": "uint16"} for n in range(1, 21)}
    _, rig, _ = watch([plc("M", quick | slow)], 10 * SECOND)
    (fast, steady) = scans(rig)
    assert fast.overruns == rig.drivers[0].counters()["M", "overruns"] >= 20
    assert steady.overruns == 0 and steady.achieved == pytest.approx(1.0, abs=0.11)
    assert 30 * MILLISECOND < fast.lag < 60 * MILLISECOND, "it waits for the twenty requests of the other"


def test_a_loss_concerns_all_groups_and_what_was_missed_meanwhile_is_no_overrun() -> None:
    tags = words(1) | {"slow": {"address": "holding 9", "type": "uint16", "every": "3s"}}
    acts: dict[Span, Callable[[Lines], None]] = {
        2500 * MILLISECOND: lambda lines: lines.of[HOST].dead.add(1),
        20 * SECOND: lambda lines: lines.of[HOST].dead.clear(),
    }
    seen, rig, _ = watch([plc("M", tags)], MINUTE, acts)
    assert [value for _, value, _ in seen["M.session"]] == [1.0, 0.0, 1.0]
    for tag in ("M.r0", "M.slow"):
        assert [quality for _, _, quality in seen[tag]].count(BAD) == 1
        assert seen[tag][-1][2] is GOOD
    assert rig.drivers[0].counters()["M", "overruns"] == 0


def jitter(seen: Seen, devices: Sequence[Device], after: Span) -> Span:
    """The farthest that any two polls of a device are from a period of 1 s, once the start is over."""
    return max(
        abs(gap - SECOND) for each in devices for gap in gaps([at for at in good_at(seen, f"{each.name}.r0") if at > after])
    )


def test_of_fifty_devices_five_dead_ones_leave_the_others_on_time() -> None:
    devices = [plc(f"M{n}", words(100), host=f"10.0.1.{n}") for n in range(50)]
    dead = {f"10.0.1.{n}" for n in range(0, 50, 10)}

    def die(lines: Lines) -> None:
        for host in dead:
            lines.of[host].dead.add(1)

    seen, rig, lines = watch(devices, 25 * SECOND, {5 * SECOND: die})
    healthy = [each for n, each in enumerate(devices) if n % 10]
    assert jitter(seen, healthy, after=SECOND) < 100 * MILLISECOND
    for name in ("M0", "M40"):
        assert seen[f"{name}.session"][-1][1] == 0.0
        assert len([at for at, *_ in lines.of[f"10.0.1.{name[1:]}"].asked if at > 5 * SECOND]) <= 6
    assert all(each.overruns == 0 for each in scans(rig) if each.device not in ("M0", "M10", "M20", "M30", "M40"))


def test_dead_devices_behind_one_connection_never_cost_two_time_outs_in_a_row() -> None:
    devices = [plc(f"M{n}", words(10), unit_id=n, timeout="60ms") for n in range(1, 51)]
    dead = {5, 6, 7, 8, 9}
    seen, rig, lines = watch(devices, 32 * SECOND, {0: lambda lines: lines.of[HOST].dead.update(dead)})
    healthy = [each for n, each in enumerate(devices, 1) if n not in dead]
    assert jitter(seen, healthy, after=5 * SECOND) < 100 * MILLISECOND
    for n in dead:
        assert rig.drivers[0].counters()[f"M{n}", "no_answer"] <= 6
    in_order = [unit in dead for at, unit, *_ in lines.of[HOST].asked if at > 2 * SECOND]
    assert not any(one and other for one, other in pairwise(in_order))


def test_with_most_devices_behind_a_connection_dead_the_others_are_late_by_one_time_out_at_most() -> None:
    devices = [plc(f"M{n}", words(1), unit_id=n, timeout="100ms") for n in range(1, 26)]
    dead = set(range(6, 26))
    seen, rig, _ = watch(devices, MINUTE, {0: lambda lines: lines.of[HOST].dead.update(dead)})
    healthy = devices[:5]
    assert jitter(seen, healthy, after=SECOND) <= 100 * MILLISECOND + len(devices) * (REQUEST + REGISTER)
    assert all(each.overruns == 0 for each in scans(rig)[:5])
    for n in dead:
        assert rig.drivers[0].counters()[f"M{n}", "no_answer"] >= 5, "each has its turn"


def test_a_connection_that_healthy_devices_fill_still_asks_for_the_lost_ones() -> None:
    slow = [plc(f"M{n}", words(1), unit_id=n, timeout="50ms", pause="300ms") for n in range(1, 6)]
    lost = plc("LOST", words(1), unit_id=9, timeout="50ms")
    acts: dict[Span, Callable[[Lines], None]] = {
        0: lambda lines: lines.of[HOST].dead.add(9),
        20 * SECOND: lambda lines: lines.of[HOST].dead.clear(),
    }
    seen, _, _ = watch([*slow, lost], MINUTE, acts)
    assert good_at(seen, "LOST.r0")[0] < 45 * SECOND


def test_each_device_has_its_own_time_out_also_behind_one_connection() -> None:
    devices = [plc("QUICK", words(1), unit_id=1, timeout="100ms"), plc("SLOW", words(1), unit_id=2, timeout="3s")]
    seen, _, _ = watch(devices, 10 * SECOND, {0: lambda lines: lines.of[HOST].dead.update({1, 2})})
    assert [seen[f"{name}.session"][0][0] for name in ("QUICK", "SLOW")] == [100 * MILLISECOND, 3100 * MILLISECOND]


def test_a_request_without_an_answer_is_made_again_before_the_device_is_lost() -> None:
    acts: dict[Span, Callable[[Lines], None]] = {
        1500 * MILLISECOND: lambda lines: setattr(lines.of[HOST], "silent_times", 2),
        3500 * MILLISECOND: lambda lines: lines.of[HOST].dead.add(1),
    }
    seen, rig, lines = watch([plc("M", words(3), retries=2, timeout="100ms")], 5900 * MILLISECOND, acts)
    counts = rig.drivers[0].counters()
    assert [value for _, value, _ in seen["M.session"]] == [1.0, 0.0]
    assert good_at(seen, "M.r0")[-1] // SECOND == 3
    assert counts["M", "retries"] == 4
    late = [at for at, *_ in lines.of[HOST].asked if at >= 4 * SECOND]
    assert late[:3] == [4 * SECOND, 4100 * MILLISECOND, 4200 * MILLISECOND]
    assert len(late) == 4, "once it is lost it is asked once a back-off"


@pytest.mark.parametrize(("allowed", "most"), [(1, 1), (3, 3), (16, 4)])
def test_as_many_requests_are_in_flight_as_a_device_allows_and_its_values_keep_their_order(allowed: int, most: int) -> None:
    seen, _, lines = watch([plc("M", words(500), max_in_flight=allowed)], 10 * SECOND)
    line = lines.of[HOST]
    assert line.in_flight_most == most, "500 registers are four requests"
    for number in (0, 250, 499):
        at = good_at(seen, f"M.r{number}")
        assert len(at) >= 10 and at == sorted(at)
        assert {value for _, value, _ in seen[f"M.r{number}"]} == {float(number)}


def test_with_requests_in_flight_a_silent_device_still_costs_one_time_out() -> None:
    _, rig, lines = watch(
        [plc("M", words(500), max_in_flight=5)], 900 * MILLISECOND, {0: lambda lines: lines.of[HOST].dead.add(1)}
    )
    assert rig.drivers[0].counters() == {}
    _, rig, lines = watch(
        [plc("M", words(500), max_in_flight=5)], 1900 * MILLISECOND, {0: lambda lines: lines.of[HOST].dead.add(1)}
    )
    assert rig.drivers[0].counters() == {("M", "no_answer"): 1}
    assert len(lines.of[HOST].asked) == 4 and lines.of[HOST].in_flight == 0, "nothing is left on its way"


def test_what_is_still_on_its_way_after_a_failure_is_not_waited_for() -> None:
    class HalfDead(Line):
        async def read(self, unit: int, function: int, address: int, count: int, *, timeout_s: float | None = None) -> bytes:
            if address == 0:
                raise DeviceUnreachable("cut")
            self.in_flight += 1
            try:
                await self._clock.sleep_until(self._clock.now() + 10 * SECOND)
            finally:
                self.in_flight -= 1
            return bytes(2 * count)

    async def main(clock: VirtualClock) -> tuple[list[Row], int]:
        lines = Lines(clock)
        lines.of[HOST] = HalfDead(clock, SECOND)
        rig = Rig([plc("M", words(500), max_in_flight=4)], clock, lines)
        async with rig.batches() as batches:
            return await anext(batches), lines.of[HOST].in_flight

    rows, in_flight = run_virtually(main, START)
    assert (rows[0].tag, rows[0].value, rows[0].at) == ("M.session", 0.0, START)
    assert in_flight == 0


def test_a_pause_leaves_room_for_one_request_at_a_time() -> None:
    _, _, lines = watch([plc("M", words(500), max_in_flight=5, pause="5ms")], SECOND)
    assert lines.of[HOST].in_flight_most == 1


def test_a_refused_register_between_tags_costs_no_value_and_is_shown_with_its_place() -> None:
    with structlog.testing.capture_logs() as logs:
        seen, rig, lines = watch(
            [plc("M", words(20, step=5))], 10 * SECOND, {0: lambda lines: lines.of[HOST].refused.update({52: 2})}
        )
    for number in range(20):
        assert len(good_at(seen, f"M.r{number}")) == 10 and all(quality is GOOD for *_, quality in seen[f"M.r{number}"])
    assert rig.drivers[0].refused_inputs() == [
        RefusedInput("M", "", "holding 51 to 54", "unreadable_gap", 1, "", START + seen["M.r11"][0][0])
    ]
    assert rig.drivers[0].counters()["M", "unreadable_gap"] == 1
    assert [(each["device"], each["registers"]) for each in logs if each["event"].startswith("registers")] == [
        ("M", "holding 51 to 54")
    ]
    assert {(address, count) for at, _, address, count in lines.of[HOST].asked if at > 1500 * MILLISECOND} == {
        (0, 51),
        (55, 41),
    }


def test_points_that_a_device_refuses_are_shown_with_what_the_device_says() -> None:
    _, rig, _ = watch([plc("M", words(3))], 4 * SECOND, {0: lambda lines: lines.of[HOST].refused.update({1: 4})})
    (shown,) = rig.drivers[0].refused_inputs()
    assert (shown.tag, shown.source, shown.cause, shown.first) == ("M.r1", "holding 1", "exception_4", "server device failure")
    assert shown.times >= 2


def test_a_device_that_refuses_everything_learns_it_in_small_portions() -> None:
    refuse_all: dict[Span, Callable[[Lines], None]] = {
        0: lambda lines: lines.of[HOST].refused.update(dict.fromkeys(range(400), 2))
    }
    _, _, lines = watch([plc("M", words(400), unit_id=1), plc("N", words(1), unit_id=2)], 4 * SECOND, refuse_all)
    first = [at for at, unit, *_ in lines.of[HOST].asked if unit == 1 and at < 500 * MILLISECOND]
    assert len(first) <= 4 + LEARNING_MAX + 1


def over_a_slow_link(**connection: Any) -> tuple[set[tuple[int, int]], Mapping[tuple[str, str], int]]:
    """What is asked of it after a minute, as (address, count), and what was counted."""

    class SlowLine(Line):
        async def read(self, unit: int, function: int, address: int, count: int, *, timeout_s: float | None = None) -> bytes:
            await self._clock.sleep_until(self._clock.now() + 30 * MILLISECOND + count * 2 * MILLISECOND)
            return await super().read(unit, function, address, count, timeout_s=timeout_s)

    class SlowLines(Lines):
        def modbus(self, host: str, port: int, access: ModbusAccess = PLAIN_TCP, *, timeout_s: float) -> Line:
            return self.of.setdefault(host, SlowLine(self._its_clock, SECOND))

    tags = words(4, step=30) | {"far": {"address": "holding 3000", "type": "uint16"}}

    async def main(clock: VirtualClock) -> tuple[list[tuple[int, int]], Mapping[tuple[str, str], int]]:
        lines = SlowLines(clock)
        rig = Rig([plc("M", tags, **connection)], clock, lines)
        async with rig.batches() as batches:
            async for _ in batches:
                if clock.now() > START + MINUTE:
                    break
        asked = lines.of[HOST].asked
        return [(address, count) for at, _, address, count in asked if at > 55 * SECOND], rig.drivers[0].counters()

    later, counts = run_virtually(main, START)
    return set(later), counts


def test_a_link_that_turns_out_to_be_slow_is_planned_anew_without_the_gaps() -> None:
    later, counts = over_a_slow_link()
    assert later == {(0, 1), (30, 1), (60, 1), (90, 1), (3000, 1)}
    assert counts["M", "replanned"] == 1


def test_requests_that_wait_for_each_other_say_nothing_of_what_one_costs() -> None:
    later, counts = over_a_slow_link(max_in_flight=2)
    assert later == {(0, 91), (3000, 1)}
    assert ("M", "replanned") not in counts
