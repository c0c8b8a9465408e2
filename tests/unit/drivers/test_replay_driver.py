"""Replay on virtual time: recordings of every kind, at every speed, with everything that can be wrong in them."""

from __future__ import annotations

import asyncio
import math
import tracemalloc
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.base import Explaining
from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from drivers.replay.codec import moment_of
from drivers.replay.config import ReplayConnection, Stamps
from drivers.replay.plan import Pace
from drivers.replay.reading import ROWS_AT_ONCE, Recording
from edge.history.parquet import ParquetFiles
from edge.model.errors import DeviceRefused, DeviceUnreachable
from edge.model.moment import MILLISECOND, MINUTE, SECOND, from_iso
from edge.model.sample import Batch, Mark, Quality, Sample, value_of_text
from edge.ports import RecordingSource
from edge.runtime.clock import SteadyClock
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, Row, device, until

START = from_iso("2026-05-04T08:00:00Z")
GOOD, BAD = Quality.GOOD, Quality.BAD
RECORDED = from_iso("2020-03-09T10:14:33Z")
PUMP = {"pressure": {"column": "Pressure", "scale": 0.1}, "running": {"column": "Running", "type": "bool"}}
CSV = "time,Pressure,Running\n2020-03-09 10:14:33,10,on\n2020-03-09 10:14:34,20,\n2020-03-09 10:14:43,30,off\n"
SHARED = Path(__file__).parents[4] / "shared" / "data" / "skab" / "valve1-0.csv"


def play(
    text: str | Path, span: int, tags: Mapping[str, Mapping[str, Any]] = PUMP, *, folder: Path, **connection: Any
) -> tuple[list[Row], Rig]:
    """What is played of a file within a span of virtual time."""
    path = text
    if isinstance(text, str):
        path = folder / "pump.csv"
        path.write_text(text, errors="surrogateescape")

    async def main(clock: VirtualClock) -> tuple[list[Row], Rig]:
        rig = Rig(
            [device("replay", "P", tags, {"file": str(path), **connection})], clock, MemoryLinks(clock, modbus={}, mqtt={})
        )
        seen: list[Row] = []

        async def read() -> None:
            async with rig.batches() as batches:
                async for rows in batches:
                    seen.extend(rows)

        reading = asyncio.create_task(read())
        await clock.sleep_until(START + span)
        reading.cancel()
        await asyncio.wait({reading})
        return seen, rig

    return run_virtually(main, START)


def of(seen: Sequence[Row], tag: str) -> list[tuple[float, float, Quality]]:
    return [((row.at - START) / SECOND, row.value, row.quality) for row in seen if row.tag == tag]


def test_a_recording_is_played_in_its_own_time_and_its_samples_are_of_now(tmp_path: Path) -> None:
    seen, _ = play(CSV, MINUTE, folder=tmp_path)
    assert of(seen, "P.session") == [(0, 1.0, GOOD)]
    assert of(seen, "P.pressure") == [(0, 1.0, GOOD), (1, 2.0, GOOD), (10, 3.0, GOOD)]
    assert of(seen, "P.running") == [(0, 1.0, GOOD), (10, 0.0, GOOD)], "a blank cell says nothing"
    assert all(row.source_time == row.at and row.mark is Mark.NONE for row in seen)


def test_ten_times_the_speed_takes_a_tenth_of_the_time(tmp_path: Path) -> None:
    seen, _ = play(CSV, MINUTE, folder=tmp_path, speed=10)
    assert of(seen, "P.pressure") == [(0, 1.0, GOOD), (0.1, 2.0, GOOD), (1, 3.0, GOOD)]


def test_as_fast_as_possible_waits_for_nothing_and_keeps_the_times(tmp_path: Path) -> None:
    seen, _ = play(CSV, MILLISECOND, folder=tmp_path, speed="as_fast_as_possible", stamps="kept")
    recorded = [(row.source_time - RECORDED) / SECOND for row in seen if row.tag == "P.pressure"]
    assert recorded == [0, 1, 10]
    assert {row.at for row in seen} == {START}


def test_a_loop_begins_anew_one_step_after_its_last_row(tmp_path: Path) -> None:
    seen, _ = play(CSV, 40 * SECOND, folder=tmp_path, loop=True)
    assert [at for at, _, _ in of(seen, "P.pressure")] == [0, 1, 10, 19, 20, 29, 38, 39]
    assert of(seen, "P.session") == [(0, 1.0, GOOD)], "no loss between the rounds"


@pytest.mark.parametrize(("at_end", "session"), [("stay", [1.0]), ("lost", [1.0, 0.0])])
def test_at_the_end_the_session_is_what_was_wanted(tmp_path: Path, at_end: str, session: list[float]) -> None:
    seen, _ = play(CSV, MINUTE, folder=tmp_path, at_end=at_end)
    assert [value for _, value, _ in of(seen, "P.session")] == session
    assert of(seen, "P.pressure")[-1] == (10, 3.0, GOOD if at_end == "stay" else BAD)


def test_what_is_wrong_is_said_with_file_row_and_column_and_is_no_value(tmp_path: Path) -> None:
    rows = [
        "time,Pressure,Running",
        "0,1,on",
        "1,1O,on",
        "1.5,nan,maybe",
        "x,9,on",
        "1,9,on",
        "2,9,on,9",
        "3,\udcff,on",
        "4,7,on",
    ]
    seen, rig = play("\n".join(rows), MINUTE, folder=tmp_path)
    assert of(seen, "P.pressure") == [(0, 0.1, GOOD), (1, 0.1, BAD), (1.5, 0.1, BAD), (3, 0.1, BAD), (4, 0.7, GOOD)]
    said = [
        (each.tag, each.source.removeprefix(str(tmp_path)), each.cause, each.times) for each in rig.drivers[0].refused_inputs()
    ]
    assert sorted(said) == [
        ("", "/pump.csv:5:1", "bad_time", 1),
        ("", "/pump.csv:6:1", "out_of_order", 1),
        ("", "/pump.csv:7", "bad_row", 1),
        ("P.pressure", "/pump.csv:3:2", "not_a_number", 3),
        ("P.running", "/pump.csv:4:3", "not_a_bool", 1),
    ]


def test_a_tag_without_a_column_is_bad_and_the_others_are_played(tmp_path: Path) -> None:
    seen, rig = play(CSV, SECOND, {**PUMP, "gone": {"column": "pressure"}}, folder=tmp_path)
    ((_, value, quality),) = of(seen, "P.gone")
    assert math.isnan(value) and quality is BAD
    assert rig.drivers[0].counters()["P", "no_column"] == 1
    assert of(seen, "P.pressure")


@pytest.mark.parametrize("text", ["when,Pressure\n1,2\n", "", "time,Pressure\n"])
def test_a_file_that_cannot_be_played_loses_the_device(tmp_path: Path, text: str) -> None:
    seen, rig = play(text, 2 * SECOND, folder=tmp_path)
    assert of(seen, "P.session")[-1][1] == 0.0
    assert rig.drivers[0].counters()["P", "unreadable"] >= 2


def test_a_device_of_which_no_tag_has_a_column_is_not_up_and_a_gbk_file_is_said_to_be_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / "压力.csv"
    for encoding, said in (("utf-8", "no tag has its column"), ("gbk", "it is not UTF-8")):
        path.write_bytes("time,压力表\n0,1\n".encode(encoding))
        seen, rig = play(path, SECOND, {"pressure": {"column": "压力"}}, folder=tmp_path)
        assert [value for _, value, _ in of(seen, "P.session")] == [0.0]
        driver = rig.drivers[0]
        assert isinstance(driver, Explaining)
        assert said in driver.losses()["P"]


def test_a_file_that_comes_later_is_played_then(tmp_path: Path) -> None:
    path = tmp_path / "later.csv"

    async def main(clock: VirtualClock) -> list[Row]:
        rig = Rig([device("replay", "P", PUMP, {"file": str(path)})], clock, MemoryLinks(clock, modbus={}, mqtt={}))
        async with rig.batches() as batches:
            seen = await anext(batches)
            path.write_text(CSV)
            return [*seen, *await anext(batches)]

    assert [row.value for row in run_virtually(main, START) if row.tag == "P.session"] == [0.0, 1.0]


def test_parquet_plays_as_csv_does(tmp_path: Path) -> None:
    path = tmp_path / "pump.parquet"
    duckdb.sql(
        "SELECT * FROM (VALUES (TIMESTAMP '2020-03-09 10:14:33', 10.0::DECIMAL(9,1), true), "
        "(TIMESTAMP '2020-03-09 10:14:34', 20, NULL), (TIMESTAMP '2020-03-09 10:14:43', 30, false)) "
        "AS t(time, Pressure, Running)"
    ).write_parquet(str(path))
    seen, _ = play(path, MINUTE, folder=tmp_path)
    assert of(seen, "P.pressure") == [(0, 1.0, GOOD), (1, 2.0, GOOD), (10, 3.0, GOOD)]
    assert of(seen, "P.running") == [(0, 1.0, GOOD), (10, 0.0, GOOD)]


def test_the_history_of_the_gateway_plays_with_its_qualities_and_texts(tmp_path: Path) -> None:
    folder, spill = tmp_path / "history" / "day", tmp_path / "spill"
    folder.mkdir(parents=True)
    spill.mkdir()

    def sample(slot: int, value: float, at: int, quality: Quality = GOOD, text: str | None = None) -> Sample:
        return Sample(slot, value, quality, RECORDED + at * SECOND, RECORDED + at * SECOND, Mark.NONE, text)

    samples = [sample(0, 1.5, 0), sample(0, math.nan, 1, BAD), sample(0, 2.5, 2), sample(1, value_of_text("C1"), 1, text="C1")]
    ParquetFiles(spill, 64).write(folder / "one.parquet", Batch.of(samples), ["OLD.pressure", "OLD.coil"])
    tags = {"pressure": {"column": "OLD.pressure"}, "coil": {"column": "OLD.coil", "type": "text"}}
    seen, _ = play(tmp_path / "history", MINUTE, tags, folder=tmp_path)
    assert of(seen, "P.pressure") == [(0, 1.5, GOOD), (1, 1.5, BAD), (2, 2.5, GOOD)]
    assert [(row.text, row.at - START) for row in seen if row.tag == "P.coil"] == [("C1", SECOND)]


def test_a_large_file_is_read_in_small_pieces(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("time,Pressure\n")
        file.writelines(f"{second},{second % 97}\n" for second in range(30_000))
    tracemalloc.start()
    recording = Recording(RecordingSource(str(path), "time", ("Pressure",)))
    rows = 0
    while read := recording.read():
        assert len(read) <= ROWS_AT_ONCE
        rows += len(read)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 30_000
    assert most < 500_000, "all rows at once would take twenty times as much"


def test_no_file_and_no_parquet_are_told_apart_from_each_other(tmp_path: Path) -> None:
    with pytest.raises(DeviceUnreachable, match="No such file"):
        Recording(RecordingSource(str(tmp_path / "none.csv"), "time", ()))
    with pytest.raises(DeviceUnreachable, match="no such folder"):
        Recording(RecordingSource(str(tmp_path / "none"), "time", (), is_history=True))
    (tmp_path / "text.parquet").write_text("this is no parquet")
    with pytest.raises(DeviceRefused):
        Recording(RecordingSource(str(tmp_path / "text.parquet"), "time", ()))


async def test_live_it_is_read_in_a_thread_and_plays_the_same(tmp_path: Path) -> None:
    (tmp_path / "pump.csv").write_text(CSV)
    clock = SteadyClock()
    where = {"file": str(tmp_path / "pump.csv"), "speed": 1000}
    rig = Rig([device("replay", "P", PUMP, where)], clock, SocketLinks(clock))
    async with rig.batches() as batches:
        seen = await until(batches, lambda rows: any(row.tag == "P.running" and row.value == 0.0 for row in rows))
    assert [row.value for row in seen if row.tag == "P.pressure"] == [1.0, 2.0, 3.0]


def test_a_real_test_bed_plays_at_a_thousand_times_its_speed(tmp_path: Path) -> None:
    if not SHARED.exists():
        pytest.skip("the recordings of the test bed are not here")
    tags = {"pressure": {"column": "Pressure"}, "flow": {"column": "Volume Flow RateRMS"}}
    seen, rig = play(SHARED, 2 * SECOND, tags, folder=tmp_path, separator=";", time="datetime", speed=1000)
    assert of(seen, "P.flow")[0] == (0, 32.0, GOOD)
    assert rig.drivers[0].counters()["P", "rows"] == len(SHARED.read_text().splitlines()) - 1
    assert rig.drivers[0].refused_inputs() == []


# --- what can be set ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0, -1, 1e6, "fast", True, None, math.nan])
def test_a_speed_that_is_none_is_refused(speed: Any) -> None:
    with pytest.raises(ValidationError):
        ReplayConnection(file="a.csv", speed=speed)


def test_kept_times_do_not_loop_and_the_fastest_keeps_them() -> None:
    with pytest.raises(ValidationError):
        ReplayConnection(file="a.csv", loop=True, stamps=Stamps.KEPT)
    with pytest.raises(ValidationError):
        ReplayConnection.model_validate({"file": "a.csv", "speed": "as_fast_as_possible"})


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.floats(0.1, 1000), st.integers(1, 3))
def test_turns_never_run_backwards_over_any_number_of_rounds(recorded: list[int], speed: float, rounds: int) -> None:
    pace = Pace(ReplayConnection(file="a.csv", speed=speed, loop=True), START)
    played = []
    for number in range(rounds):
        if number:
            pace.next_round()
        played += [turn.play_at for each in sorted(recorded) if (turn := pace.turn(each)) is not None]
    assert len(played) == rounds * len(recorded)
    assert played == sorted(played) and played[0] == START


@pytest.mark.parametrize(
    "cell", ["2020-03-09 10:14:33", "2020-03-09T18:14:33+08:00", 1583748873, "1583748873", 1583748873000, RECORDED * 1000]
)
def test_a_moment_is_read_in_every_form(cell: str | int) -> None:
    assert moment_of(cell, UTC) == RECORDED


@given(st.text(max_size=30) | st.floats() | st.integers() | st.none())
def test_any_cell_is_a_moment_or_is_none(cell: str | float | None) -> None:
    assert isinstance(moment_of(cell, UTC), int | None)
