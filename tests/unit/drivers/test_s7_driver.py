"""The S7 driver on virtual time: values, losses, a CPU in STOP, refusals and writes."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable, Mapping
from itertools import pairwise

import pytest
import structlog

from drivers.base import Explaining, Scanning, WriteAnswer, WriteEnd
from drivers.memory import MemoryLinks
from drivers.s7.driver import IN_STOP, LEARNING_MAX
from drivers.s7.memory import MemoryCpu
from drivers.s7.poll import RETRIED_MAX
from edge.model.errors import DeviceRefused
from edge.model.moment import MILLISECOND, SECOND, from_iso
from edge.model.sample import Quality
from edge.model.tag import Device
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, Row, device

START = from_iso("2026-05-04T08:00:00Z")
HOST = "10.0.0.20"
GOOD, BAD = Quality.GOOD, Quality.BAD

Act = Callable[[MemoryCpu, Rig], Awaitable[None] | None]


def press(name: str = "P1", block: int = 10, **connection: object) -> Device:
    tags = {
        "force": {"address": f"DB{block}.DBD0", "type": "float32"},
        "oil": {"address": f"DB{block}.DBW4", "type": "int16", "scale": 0.1},
        "guard": {"address": f"DB{block}.DBX6.3"},
        "recipe": {"address": f"DB{block}.8", "type": "string", "length": 6},
    }
    return device("s7", name, tags, {"host": HOST, **connection})


def block() -> bytearray:
    return bytearray(struct.pack(">fhBx", 812.5, 453, 0b1000) + b"\x06\x03C45\0\0\0")


def watch(
    devices: list[Device], until: int, acts: Mapping[int, Act] | None = None, cpu: MemoryCpu | None = None
) -> tuple[list[Row], Rig, MemoryCpu]:
    """What the driver yields up to and with `until` (a span from the start), while `acts` happen at their times; -1: before it
    begins."""
    cpu = cpu or MemoryCpu({("DB", 10): block(), ("DB", 11): block()})

    async def main(clock: VirtualClock) -> tuple[list[Row], Rig, MemoryCpu]:
        rig = Rig(devices, clock, MemoryLinks(clock, modbus={}, mqtt={}, s7={(HOST, 102): cpu}))
        seen: list[Row] = []

        async def read() -> None:
            async with rig.batches() as batches:
                async for rows in batches:
                    seen.extend(rows)

        if acts and -1 in acts:
            acts[-1](cpu, rig)
        reading = asyncio.create_task(read())
        for at, act in sorted((acts or {}).items()):
            if at < 0:
                continue
            await clock.sleep_until(START + at)
            done = act(cpu, rig)
            if done is not None:
                await done
        await clock.sleep_until(START + until + MILLISECOND)
        reading.cancel()
        await asyncio.wait({reading})
        return seen, rig, cpu

    return run_virtually(main, START)


def of(seen: list[Row], tag: str) -> list[tuple[float, float | str, Quality]]:
    """(seconds from the start, value or text, quality) of a tag's samples."""
    return [((row.at - START) / SECOND, row.text or row.value, row.quality) for row in seen if row.tag == tag]


def test_the_first_poll_brings_the_session_and_all_values() -> None:
    seen, rig, _ = watch([press()], 0)
    said = [(row.tag, row.text or row.value, row.quality) for row in seen]
    assert said[0] == ("P1.session", 1.0, GOOD)
    assert sorted(said[1:]) == [
        ("P1.force", 812.5, GOOD),
        ("P1.guard", 1.0, GOOD),
        ("P1.oil", 45.3, GOOD),
        ("P1.recipe", "C45", GOOD),
    ]
    assert rig.drivers[0].name == f"s7 {HOST}:102 rack 0 slot 1"


def test_a_cpu_that_stops_makes_its_values_bad_though_they_can_still_be_read() -> None:
    def stop(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.running = False

    def run(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.running = True

    with structlog.testing.capture_logs() as logs:
        seen, rig, _ = watch([press()], 20 * SECOND, {2500 * MILLISECOND: stop, 8 * SECOND: run})
    session = of(seen, "P1.session")
    assert [value for _, value, _ in session] == [1.0, 0.0, 1.0]
    assert session[1][0] == 3.0, "it is asked with each poll"
    assert 8 <= session[2][0] <= 15
    assert (3.0, 812.5, BAD) in of(seen, "P1.force")
    assert [each["reason"] for each in logs if each["event"] == "device is lost"] == [IN_STOP]
    assert rig.drivers[0].counters()["P1", "in_stop"] > 0


def test_a_cpu_that_does_not_tell_its_state_is_read_all_the_same() -> None:
    def quiet(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.running = None

    seen, _, _ = watch([press()], 20 * SECOND, {1500 * MILLISECOND: quiet})
    assert {quality for _, _, quality in of(seen, "P1.force")} == {GOOD}


def test_a_cpu_that_never_told_its_state_is_asked_every_five_seconds_and_one_that_did_with_each_poll_again() -> None:
    def said(running: bool | None) -> Act:
        def say(cpu: MemoryCpu, rig: Rig) -> None:
            cpu.running = running

        return say

    never, _, _ = watch([press()], 20 * SECOND, {-1: said(None), 6500 * MILLISECOND: said(False)})
    assert [at for at, value, _ in of(never, "P1.session") if value == 0.0] == [10.0]
    once, _, _ = watch([press()], 20 * SECOND, {2500 * MILLISECOND: said(None), 6500 * MILLISECOND: said(False)})
    assert [at for at, value, _ in of(once, "P1.session") if value == 0.0] == [7.0]


def test_after_a_loss_a_cpu_is_asked_for_its_state_before_its_values_are_believed() -> None:
    def mute(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.running = None

    def gone(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.reachable = False

    def back_in_stop(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.reachable, cpu.running = True, False

    seen, _, _ = watch([press()], 20 * SECOND, {-1: mute, 1500 * MILLISECOND: gone, 2200 * MILLISECOND: back_in_stop})
    assert [value for _, value, _ in of(seen, "P1.session")] == [1.0, 0.0]
    assert {quality for at, _, quality in of(seen, "P1.force") if at > 1} == {BAD}


def test_silence_takes_all_devices_of_the_cpu_and_they_come_back_together() -> None:
    def silent(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.silent = True

    def back(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.silent = False

    seen, rig, _ = watch([press(), press("P2", 11)], 30 * SECOND, {1100 * MILLISECOND: silent, 9 * SECOND: back})
    for name in ("P1", "P2"):
        assert [value for _, value, _ in of(seen, f"{name}.session")] == [1.0, 0.0, 1.0]
        assert [value for _, value, quality in of(seen, f"{name}.force") if quality is BAD] == [812.5], "the last value is kept"
    assert rig.drivers[0].counters()["P1", "no_answer"] > 0


def test_a_tag_beyond_the_end_of_its_block_is_bad_alone_and_good_when_it_is_there() -> None:
    beyond = device(
        "s7",
        "P1",
        {"force": {"address": "DB10.DBD0", "type": "float32"}, "far": {"address": "DB10.DBW40", "type": "int16"}},
        {"host": HOST},
    )

    def grow(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.areas["DB", 10] += bytes(24) + struct.pack(">h", 7) + bytes(8)

    seen, rig, _ = watch([beyond], 12 * SECOND, {3500 * MILLISECOND: grow})
    assert {quality for _, _, quality in of(seen, "P1.force")} == {GOOD}
    far = of(seen, "P1.far")
    assert far[0][2] is BAD
    assert far[-1][1:] == (7.0, GOOD)
    assert rig.drivers[0].counters()["P1", "code_0x05"] >= 2
    assert rig.drivers[0].refused_tags() == {}, "it answers again"
    (shown,) = rig.drivers[0].refused_inputs()
    assert (shown.device, shown.tag, shown.source, shown.cause) == ("P1", "P1.far", "DB10.DBW40", "code_0x05")
    assert (shown.first, shown.at) == ("DB10: code 0x05", START)
    assert shown.times >= 2


def test_a_block_that_is_gone_is_learned_in_small_portions_and_none_of_its_values_stays_good() -> None:
    tags = {f"t{at}": {"address": f"DB10.DBB{at}", "type": "uint8"} for at in range(200)}

    class Counting(MemoryCpu):
        reads = 0

        def bytes_at(self, area: str, block: int, start: int, count: int) -> bytearray:
            Counting.reads += 1
            return super().bytes_at(area, block, start, count)

    asked: list[int] = []

    def drop(cpu: MemoryCpu, rig: Rig) -> None:
        del cpu.areas["DB", 10]

    def note(cpu: MemoryCpu, rig: Rig) -> None:
        asked.append(Counting.reads)

    polls = {at * SECOND + 500 * MILLISECOND: note for at in range(3, 90)}
    big = device("s7", "P1", tags, {"host": HOST})
    seen, _, _ = watch([big], 90 * SECOND, {2500 * MILLISECOND: drop, **polls}, cpu=Counting({("DB", 10): bytearray(200)}))
    after = [row for row in seen if START + 2 * SECOND < row.at <= START + 3 * SECOND]
    assert {row.tag: row.quality for row in after} == {f"P1.{name}": BAD for name in tags}
    assert max(after - before for before, after in pairwise(asked)) <= 200 // 4 + LEARNING_MAX + RETRIED_MAX
    assert asked[0] <= 3 + 1 + LEARNING_MAX + 1


def test_what_is_written_is_what_is_read_and_a_bit_leaves_its_neighbours() -> None:
    ends = []

    async def write(cpu: MemoryCpu, rig: Rig) -> None:
        driver = rig.drivers[0]
        ends.extend(
            [await driver.write("P1.oil", 12.3), await driver.write("P1.guard", 0), await driver.write("P1.recipe", "C60")]
        )
        ends.append(await driver.write("P1.oil", 99_999.0))
        assert await driver.read_back("P1.oil") == 12.3
        assert await driver.read_back("P1.recipe") == "C60"

    def neighbours(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.areas["DB", 10][6] = 0xFF

    seen, _, cpu = watch([press()], 3 * SECOND, {500 * MILLISECOND: neighbours, 1500 * MILLISECOND: write})
    assert [each.end for each in ends] == [WriteEnd.DONE] * 3 + [WriteEnd.REFUSED]
    assert cpu.areas["DB", 10][6] == 0b1111_0111
    assert of(seen, "P1.oil")[-1][1] == 12.3
    assert of(seen, "P1.recipe")[-1][1] == "C60"


def test_a_write_without_an_answer_is_unknown_and_one_without_a_connection_was_not_sent() -> None:
    ends = []

    async def silent(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.silent = True
        ends.append(await rig.drivers[0].write("P1.oil", 1.0))

    async def gone(cpu: MemoryCpu, rig: Rig) -> None:
        cpu.silent, cpu.reachable = False, False
        ends.append(await rig.drivers[0].write("P1.oil", 1.0))
        assert await rig.drivers[0].read_back("P1.oil") is None

    watch([press()], 5 * SECOND, {1500 * MILLISECOND: silent, 4 * SECOND: gone})
    assert [each.end for each in ends] == [WriteEnd.UNKNOWN, WriteEnd.NOT_SENT]


@pytest.mark.parametrize(
    ("code", "end"),
    [
        (0x01, WriteEnd.UNKNOWN),  # hardware fault
        (0x06, WriteEnd.REFUSED),
        (0x07, WriteEnd.REFUSED),
        (0x03, WriteEnd.REFUSED),
        (0x05, WriteEnd.REFUSED),
        (0x0A, WriteEnd.REFUSED),
        (0x00, WriteEnd.REFUSED),  # ours: too long to be sent
        (0x42, WriteEnd.UNKNOWN),
        (0x8104, WriteEnd.REFUSED),  # of the request as a whole
    ],
)
def test_a_write_is_refused_where_nothing_can_have_changed_and_else_nobody_knows(code: int, end: WriteEnd) -> None:
    class Refusing(MemoryCpu):
        def put(self, area: str, block: int, start: int, data: bytes) -> None:
            raise DeviceRefused(f"code {code:#04x}", code)

    answers: list[WriteAnswer] = []

    async def write(cpu: MemoryCpu, rig: Rig) -> None:
        answers.extend([await rig.drivers[0].write("P1.oil", 1.0), await rig.drivers[0].write("P1.guard", 1)])

    watch([press()], 2 * SECOND, {1500 * MILLISECOND: write}, cpu=Refusing({("DB", 10): block()}))
    assert answers == [WriteAnswer(end, f"code {code:#04x}")] * 2


def test_each_device_says_how_well_its_period_is_kept() -> None:
    _, rig, _ = watch([press(), press("P2", 11, every="5s")], 20 * SECOND)
    driver = rig.drivers[0]
    assert isinstance(driver, Scanning)
    fast, slow = driver.scans()
    assert (fast.device, fast.every, fast.tags, fast.configured, fast.overruns) == ("P1", SECOND, 4, 1.0, 0)
    assert 1.0 <= fast.achieved <= 1.1
    assert (slow.device, slow.configured, slow.lag) == ("P2", 0.2, 0)


def test_why_a_device_is_lost_is_known_until_it_is_back() -> None:
    said: list[Mapping[str, str]] = []

    def note(_: MemoryCpu, rig: Rig) -> None:
        driver = rig.drivers[0]
        assert isinstance(driver, Explaining)
        said.append(driver.losses())

    def stop(cpu: MemoryCpu, _: Rig) -> None:
        cpu.running = False

    def run(cpu: MemoryCpu, _: Rig) -> None:
        cpu.running = True

    watch([press()], 40 * SECOND, {SECOND: note, 2 * SECOND: stop, 10 * SECOND: note, 11 * SECOND: run, 30 * SECOND: note})
    assert said == [{}, {"P1": IN_STOP}, {}]
