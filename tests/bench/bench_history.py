"""What the history costs the road, and how soon it answers. By hand: `python -m tests.bench.bench_history`.

Beside the hand-over of samples: the engine's step on the same batches, which it must not slow down. Beside a segment: the bare
columns written and synced. Beside a trend: the same buckets by one statement of DuckDB over the same files, without gaps.

The week is one of 12 tags at 1 Hz, a file a day: 7.3 million rows. In a week of 500 tags the rows of one tag are as many; they
lie in 84 files, as no merge grows beyond 4 million rows, and each file costs some milliseconds more to open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import duckdb
import numpy as np

from edge.history.folder_shelf import FolderShelf
from edge.history.history import SampleHistory
from edge.history.parquet import ParquetFiles
from edge.history.segment import Level, SegmentName
from edge.history.tidying import Limits
from edge.model.moment import HOUR, SECOND, Moment
from edge.model.sample import Batch
from edge.model.tag import Tag
from edge.model.trend import TrendQuestion
from edge.runtime.offload import Inline
from tests.bench.bench_engine import RATE, SECONDS, START, TAGS, batches, build_engine
from tests.bench.figure import Figure, table

DAY = 24 * HOUR
WEEK_TAGS = 12
SEGMENT_TAGS = 500


class StandingClock:
    def __init__(self, moment: Moment) -> None:
        self._moment = moment

    def now(self) -> Moment:
        return self._moment

    def wall(self) -> Moment:
        return self._moment

    async def sleep_until(self, moment: Moment) -> None:
        self._moment = max(self._moment, moment)


@contextmanager
def history_in(folder: Path, tags: list[Tag], now: Moment) -> Iterator[tuple[SampleHistory, FolderShelf]]:
    shelf = FolderShelf(folder, Limits(10_000 * DAY, 10**12))
    shelf.open()
    history = SampleHistory(shelf, StandingClock(now), writing=Inline(), reading=Inline())
    history.begin({tag.name: slot for slot, tag in enumerate(tags)}, tags)
    yield history, shelf
    shelf.close()


def hand_over(folder: Path, on_change: float | None) -> Figure:
    """Time of the process for both. With on_change also what the other thread decides later."""
    tags = [Tag(f"D{i}.v", f"D{i}", "v", "°C", {}, on_change=on_change) for i in range(TAGS)]
    engine, spent, beside = build_engine(), 0.0, 0.0
    with history_in(folder, tags, START) as (history, _):
        for now, batch in batches(2_000, spread=5.0):
            started = process_time()
            engine.step(now, batch, ())
            beside += process_time() - started
            started = process_time()
            history.append(batch)
            spent += process_time() - started
        if on_change is not None:
            started = process_time()
            asyncio.run(history.trend(TrendQuestion("D0.v", START, START + SECOND, 10)))
            spent += process_time() - started
    per_million = 1_000_000 / (RATE * SECONDS)
    what = "history, samples handed over" + ("" if on_change is None else " and thinned by on_change")
    return Figure(what, spent * per_million, "s a million", beside * per_million, "the engine's step")


def segment(folder: Path) -> Figure:
    rows = SEGMENT_TAGS * 60
    times = START + np.arange(rows) * (60 * SECOND // rows)
    value = np.random.default_rng(1).normal(50.0, 5.0, rows)
    zeros = np.zeros(rows, np.uint8)
    batch = Batch(np.resize(np.arange(SEGMENT_TAGS, dtype=np.int32), rows), value, zeros, times, times, zeros)
    names = [f"CRM.ST{n % 5}.MOTOR_{n:03}.de_temp" for n in range(SEGMENT_TAGS)]
    with history_in(folder, [], START) as (_, shelf):
        shelf.write(batch, names)
        started = process_time()
        for _ in range(10):
            shelf.write(batch, names)
        spent = (process_time() - started) / 10
    started = process_time()
    for number in range(10):
        with (folder / f"bare{number}").open("wb") as file:
            for column in (batch.slot, batch.value, batch.quality, batch.source_time, batch.received_time, batch.mark):
                column.tofile(file)
            file.flush()
    bare = (process_time() - started) / 10
    return Figure(
        f"history, a minute of {SEGMENT_TAGS} tags at 1 Hz", spent * 1_000, "ms", bare * 1_000, "its columns as they are"
    )


def week(folder: Path) -> list[Figure]:
    folder.mkdir()
    tags = [Tag(f"CRM.ST{n}.MOTOR.de_temp", "D", "v", "°C", {}, stale_after=10 * SECOND) for n in range(WEEK_TAGS)]
    made = duckdb.connect(":memory:")
    spill = ParquetFiles(folder / ".spill", 500)
    for day in range(7):
        begin = START + day * DAY
        raw = folder / "raw.tmp"
        made.execute(
            f"COPY (SELECT 'CRM.ST' || t || '.MOTOR.de_temp' AS tag, {begin} + s * 1000000 AS source_time, "
            f"{begin} + s * 1000000 + 1500 AS received_time, "
            f"round(70 + 10 * sin(s / 3000.0 + t) + (hash(s, t) % 100) / 50.0, 1) AS value, "
            "0::UTINYINT AS quality, 0::UTINYINT AS mark, NULL::VARCHAR AS text "
            f"FROM range({WEEK_TAGS}) a(t), range(86400) b(s)) TO '{raw}' (FORMAT parquet)"
        ).fetchall()
        spill.merge(folder / str(SegmentName(day + 1, day + 1, Level.DAY, begin + DAY)), [raw])
    spill.close()
    raw.unlink()
    name = tags[WEEK_TAGS // 2].name
    with history_in(folder, tags, START + 7 * DAY) as (history, _):

        def ask(span: int) -> float:
            started = perf_counter()
            trend = asyncio.run(history.trend(TrendQuestion(name, START + 7 * DAY - span, START + 7 * DAY, 1_000)))
            assert sum(bucket.count for bucket in trend.buckets) == span // SECOND
            return perf_counter() - started

        def bare(span: int) -> float:
            start, width = START + 7 * DAY - span, span // 1_000
            started = perf_counter()
            made.execute(
                f"SELECT (source_time - {start}) // {width} AS n, min(value), max(value), arg_min(value, source_time), "
                f"arg_max(value, source_time), count(*) FROM '{folder}/*.parquet' "
                f"WHERE tag = '{name}' AND source_time >= {start} GROUP BY n"
            ).fetchall()
            return perf_counter() - started

        made.execute("SET threads = 1")
        ask(HOUR), bare(HOUR)
        figures = [
            Figure(f"history, {what} of one tag at 1 Hz", ask(span) * 1_000, "ms", bare(span) * 1_000, "one statement, no gaps")
            for what, span in (("an hour", HOUR), ("a week", 7 * DAY))
        ]
    made.close()
    return figures


def run() -> list[Figure]:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        return [hand_over(path, None), hand_over(path, 2.0), segment(path), *week(path / "week")]


if __name__ == "__main__":
    print(table("The history", run()))
