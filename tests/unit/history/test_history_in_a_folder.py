"""The history as a whole: what was appended is found again, wherever it is by now, and once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import edge.history
from edge.history.segment import SegmentName
from edge.history.tidying import Limits
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.model.trend import Gap, GapReason, TextChange
from tests.history_rig import COIL, LOAD, SLOTS, T0, TEMP, Rig, expected, rows_on_disk

DAY = 24 * HOUR


Build = Callable[..., Rig]


@pytest.fixture
def build() -> Iterator[Build]:
    """Rigs that are closed at the end."""
    with ExitStack() as stack:

        def one(*arguments: Any, **options: Any) -> Rig:
            rig = Rig(*arguments, **options)
            stack.callback(rig.close)
            return rig

        yield one


@pytest.fixture(params=["folder", "memory"])
def rig(request: pytest.FixtureRequest, tmp_path: Path, build: Build) -> Rig:
    return build(tmp_path / "history" if request.param == "folder" else None)


async def test_what_was_read_a_second_ago_is_in_the_trend(rig: Rig) -> None:
    rig.append(TEMP, 71.5)
    trend = await rig.trend(TEMP, T0 - MINUTE, T0 + MINUTE)
    assert [(bucket.start, bucket.last) for bucket in trend.buckets] == [(T0, 71.5)]


async def test_a_sample_is_found_once_before_and_after_it_is_written(rig: Rig) -> None:
    for _ in range(3):
        rig.append(TEMP, 71.5)
        rig.run_to(rig.clock.now() + 20 * SECOND)
    counts = []
    for _ in range(5):
        counts.append(len((await rig.trend(TEMP, T0 - MINUTE, T0 + HOUR)).buckets))
        rig.run_to(rig.clock.now() + 30 * SECOND)
    assert counts == [3] * 5
    assert rig.figure("waiting") == 0
    assert rig.figure("segments") == 1


async def test_of_a_tag_with_on_change_only_what_is_news_is_kept(rig: Rig) -> None:
    for value in (50.0, 50.4, 50.8, 51.0, 50.2):
        rig.append(LOAD, value)
        rig.clock.moment += SECOND
    trend = await rig.trend(LOAD, T0, T0 + MINUTE)
    assert [bucket.last for bucket in trend.buckets] == [50.0, 51.0]
    assert (rig.figure("kept_total"), rig.figure("left_out_total")) == (2, 3)


async def test_a_text_and_an_unknown_value_come_back_as_they_were(rig: Rig) -> None:
    rig.append(COIL, 1.0, text="钢卷 24-0117")
    rig.append(TEMP, float("nan"), quality=Quality.BAD)
    rig.clock.moment += MINUTE
    rig.append(COIL, 2.0, text="钢卷 24-0118")
    rig.run_to(rig.clock.now() + 2 * MINUTE)
    assert rig.figure("waiting") == 0
    texts = (await rig.trend(COIL, T0, T0 + HOUR)).texts
    assert list(texts) == [TextChange(T0, "钢卷 24-0117"), TextChange(T0 + MINUTE, "钢卷 24-0118")]
    trend = await rig.trend(TEMP, T0, T0 + HOUR)
    assert (trend.buckets, list(trend.gaps)) == ((), [Gap(T0, rig.clock.now(), GapReason.BAD)])


async def test_the_value_of_an_hour_ago_says_how_the_span_begins(rig: Rig) -> None:
    rig.append(LOAD, 40.0)
    rig.run_to(T0 + 50 * MINUTE)
    assert (await rig.trend(LOAD, T0 + 40 * MINUTE, T0 + 45 * MINUTE)).gaps == ()


async def test_late_samples_are_found_where_they_belong(rig: Rig) -> None:
    rig.minutes(3)
    rig.append(TEMP, 99.5, at=T0 + 30 * SECOND + 1)
    rig.minutes()
    trend = await rig.trend(TEMP, T0 + 30 * SECOND, T0 + 31 * SECOND)
    assert [bucket.last for bucket in trend.buckets] == [(T0 // SECOND + 30) % 100, 99.5]


async def test_a_span_with_more_samples_than_are_read_at_once_is_whole(rig: Rig) -> None:
    rig.minutes(3)
    trend = await rig.trend(TEMP, T0 - 300 * DAY, T0 + DAY, points=1)
    assert [bucket.count for bucket in trend.buckets] == [180]


# --- segments -------------------------------------------------------------------------------------------------------


@pytest.fixture
def on_disk(tmp_path: Path, build: Build) -> Rig:
    return build(tmp_path / "history")


async def test_minutes_become_hours_and_hours_a_day(on_disk: Rig) -> None:
    on_disk.clock.moment = T0 + 13 * HOUR + 58 * MINUTE
    start = on_disk.clock.now()
    on_disk.minutes(5)
    kept = rows_on_disk(on_disk.folder)
    assert [name.split(".")[1] for name in on_disk.files()] == ["hour", "minute", "minute", "minute"]
    on_disk.run_to(start + 2 * HOUR)
    assert [name.split(".")[1] for name in on_disk.files()] == ["hour", "hour"]
    on_disk.run_to(T0 + 40 * HOUR)
    assert [name.split(".")[1] for name in on_disk.files()] == ["day"]
    assert rows_on_disk(on_disk.folder) == kept
    assert len((await on_disk.trend(TEMP, start, start + HOUR)).buckets) == sum(kept.values()) == 300


def samples() -> st.SearchStrategy[list[Sample]]:
    times = st.integers(-90, 90).map(lambda second: T0 + second * SECOND)
    values = st.integers(-3, 3).map(float)
    qualities, texts = st.sampled_from(Quality), st.sampled_from((None, "", "卷 1", "O'Neil"))
    each = st.builds(
        Sample, st.sampled_from((SLOTS[TEMP], SLOTS[COIL])), values, qualities, times, st.just(T0), st.just(Mark.NONE), texts
    )
    return st.lists(each, max_size=30)


@given(st.lists(samples(), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_writing_and_merging_keep_every_row_and_its_order(lots: list[list[Sample]]) -> None:
    with TemporaryDirectory() as folder:
        rig = Rig(Path(folder))

        async def story() -> None:
            for lot in lots:
                rig.history.append(Batch.of(lot))
                rig.run_to(rig.clock.now() + 2 * MINUTE)
            before = [await rig.trend(tag, T0 - HOUR, T0 + HOUR) for tag in (TEMP, COIL)]
            rig.run_to(T0 + 2 * HOUR)
            assert len(rig.files()) <= 1
            after = [await rig.trend(tag, T0 - HOUR, T0 + HOUR) for tag in (TEMP, COIL)]
            assert [(each.buckets, each.texts) for each in after] == [(each.buckets, each.texts) for each in before]

        asyncio.run(story())
        rig.close()
        assert rows_on_disk(Path(folder)) == expected(each for lot in lots for each in lot)


async def test_a_text_tag_that_said_nothing_has_no_text_from_memory_or_from_disk(rig: Rig) -> None:
    rig.history.append(Batch.of([Sample(SLOTS[COIL], float("nan"), Quality.BAD, T0, T0)]))
    rig.append(COIL, 1.0, text="C-17")
    in_memory = (await rig.trend(COIL, T0 - MINUTE, T0 + MINUTE)).texts
    rig.run_to(T0 + 2 * MINUTE)
    assert rig.figure("segments") == 1
    on_disk = (await rig.trend(COIL, T0 - MINUTE, T0 + MINUTE)).texts
    assert [change.text for change in in_memory] == [change.text for change in on_disk] == ["C-17"]


async def test_a_file_that_somebody_deleted_does_not_hold_up_the_merging_of_the_others(on_disk: Rig) -> None:
    for _ in range(4):
        on_disk.append(TEMP, 71.5)
        on_disk.run_to(on_disk.clock.now() + 2 * MINUTE)
    assert on_disk.folder is not None
    (on_disk.folder / on_disk.files()[1]).unlink()
    for _ in range(4):
        on_disk.run_to(on_disk.clock.now() + HOUR)
    assert len(on_disk.files()) == 1
    assert len((await on_disk.trend(TEMP, T0 - MINUTE, T0 + HOUR)).buckets) == 3


async def test_who_reads_during_a_merge_finds_every_row_once(on_disk: Rig) -> None:
    on_disk.minutes(4)
    borrowed = on_disk.shelf.borrow()
    on_disk.run_to(T0 + 90 * MINUTE)
    assert on_disk.figure("segments") == 1
    assert len(on_disk.files()) == 5, "what is read stays until it is given back"
    assert len(on_disk.shelf.read(borrowed, TEMP, T0, T0 + HOUR, 1_000)) == 240
    assert len((await on_disk.trend(TEMP, T0, T0 + HOUR)).buckets) == 240
    on_disk.shelf.give_back(borrowed)
    on_disk.run_to(T0 + 91 * MINUTE)
    assert len(on_disk.files()) == 1


async def test_the_next_boot_goes_on_where_the_last_one_ended(on_disk: Rig, build: Build) -> None:
    on_disk.minutes(2)
    on_disk.append(TEMP, 1.0)
    await on_disk.history.close()
    again = build(on_disk.folder)
    again.clock.moment = on_disk.clock.moment + MINUTE
    again.append(TEMP, 2.0)
    again.run_to(again.clock.moment + MINUTE)
    assert [SegmentName.parse(name).first for name in again.files()] == [1, 2, 3, 4]
    assert len((await again.trend(TEMP, T0, T0 + HOUR)).buckets) == 122


async def test_a_damaged_segment_is_set_aside_and_costs_only_itself(on_disk: Rig, build: Build) -> None:
    on_disk.minutes(3)
    victim = on_disk.folder / on_disk.files()[1]
    victim.write_bytes(victim.read_bytes()[:-10])
    again = build(on_disk.folder)
    again.clock.moment = on_disk.clock.moment
    again.run_to(again.clock.moment + SECOND)
    assert len((await again.trend(TEMP, T0, T0 + HOUR)).buckets) == 120
    assert victim.with_suffix(".damaged").exists()


async def test_a_segment_that_somebody_takes_away_costs_only_itself(on_disk: Rig) -> None:
    on_disk.minutes(3)
    (on_disk.folder / on_disk.files()[1]).unlink()
    assert len((await on_disk.trend(TEMP, T0, T0 + HOUR)).buckets) == 120
    assert len((await on_disk.trend(TEMP, T0, T0 + HOUR)).buckets) == 120


async def test_files_of_others_in_the_folder_are_left_alone(on_disk: Rig) -> None:
    on_disk.folder.mkdir()
    notes = [on_disk.folder / name for name in ("notes.txt", "export.parquet", "1-2.minute.20260504T080000Z.parquet")]
    for note in notes:
        note.write_text("mine")
    on_disk.minutes()
    assert [note.read_text() for note in notes] == ["mine"] * 3


async def test_any_process_reads_the_folder_as_the_readme_says(on_disk: Rig, tmp_path: Path) -> None:
    on_disk.minutes(2)
    readme = (Path(edge.history.__path__[0]) / "README.md").read_text(encoding="utf-8")
    found = re.search(r'duckdb -c "(.*?)"', readme, re.DOTALL)
    assert found is not None
    asked = found[1].replace(".andon/history", str(on_disk.folder)).replace("CRM.ST3.MOTOR.de_temp", TEMP)
    with duckdb.connect(":memory:") as connection:
        rows = connection.execute(asked).fetchall()
    assert len(rows) == 20
    assert rows[0] == (datetime(2026, 5, 4, 8, 1, 59), (T0 // SECOND + 119) % 100)


# --- limits ---------------------------------------------------------------------------------------------------------


async def test_what_is_older_than_keep_goes(tmp_path: Path, build: Build) -> None:
    rig = build(tmp_path, Limits(keep=2 * HOUR, quota=10**9))
    rig.minutes(2)
    rig.run_to(T0 + 2 * HOUR + MINUTE)
    assert rig.figure("segments") == 1
    rig.run_to(T0 + 2 * HOUR + 4 * MINUTE)
    assert (rig.figure("segments"), rig.figure("bytes"), rig.files()) == (0, 0, [])


async def test_above_the_quota_the_eldest_go_but_never_the_newest_hour(tmp_path: Path, build: Build) -> None:
    rig = build(tmp_path, Limits(keep=7 * DAY, quota=1))
    rig.minutes(3)
    rig.run_to(T0 + 62 * MINUTE)
    assert len((await rig.trend(TEMP, T0, T0 + HOUR)).buckets) == 180
    rig.minutes(2)
    rig.run_to(T0 + 65 * MINUTE)
    assert rig.figure("segments") == 2
    assert len((await rig.trend(TEMP, T0, T0 + 2 * HOUR)).buckets) == 120


async def test_while_the_disk_has_no_room_samples_are_dropped_and_counted_and_new_ones_still_seen(
    tmp_path: Path, build: Build
) -> None:
    rig = build(tmp_path / "history", keep_free=1 << 62, tail_rows_max=400)
    rig.minutes(4)
    assert rig.figure("refusing") == 1
    assert rig.files() == []
    assert rig.figure("waiting") == 100
    assert rig.figure("dropped_total") == 140
    newest = (await rig.trend(TEMP, T0, T0 + HOUR)).buckets[-1]
    assert newest.start == T0 + 239 * SECOND


async def test_a_folder_that_cannot_be_made_costs_the_history_and_nothing_else(tmp_path: Path, build: Build) -> None:
    (tmp_path / "file").write_text("")
    rig = build(tmp_path / "file" / "history")
    rig.minutes(2)
    assert rig.figure("refusing") == 1
    assert len((await rig.trend(TEMP, T0, T0 + HOUR)).buckets) == 120
    (tmp_path / "file").unlink()
    rig.minutes()
    assert (rig.figure("refusing"), rig.figure("dropped_total")) == (0, 0)
    assert sum(rows_on_disk(rig.folder).values()) == 180


async def test_more_than_the_tail_holds_is_dropped_and_counted(tmp_path: Path, build: Build) -> None:
    rig = build(tmp_path, tail_rows_max=10)
    for _ in range(15):
        rig.append(TEMP, 1.0)
    assert rig.figure("dropped_total") == 5
