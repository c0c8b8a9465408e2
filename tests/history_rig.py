"""A history over a folder or in memory, on a clock that is set by hand and with work done where it is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine, Generator, Iterable
from pathlib import Path
from types import coroutine

import duckdb

from edge.history.folder_shelf import FolderShelf
from edge.history.history import SampleHistory
from edge.history.memory_shelf import MemoryShelf
from edge.history.tidying import Limits
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, from_iso
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.model.tag import Tag
from edge.model.trend import Trend, TrendQuestion
from edge.runtime.offload import Inline

T0 = from_iso("2026-05-04T08:00:00Z")
TAGS = (
    Tag("M1.temp", "M1", "temp", "°C", {}, stale_after=10 * SECOND),
    Tag("M1.load", "M1", "load", "%", {}, on_change=1.0),
    Tag("M1.coil", "M1", "coil", "", {}, is_text=True),
)
SLOTS = {tag.name: slot for slot, tag in enumerate(TAGS)}
TEMP, LOAD, COIL = (tag.name for tag in TAGS)
WEEK = Limits(keep=7 * 24 * HOUR, quota=10**9)


class HandClock:
    """Who waits goes on as far as `until`; beyond that it stands still until it is driven on."""

    def __init__(self, now: Moment = T0) -> None:
        self.moment = now
        self.until = now

    def now(self) -> Moment:
        return self.moment

    def wall(self) -> Moment:
        return self.moment

    async def sleep_until(self, moment: Moment) -> None:
        while moment > self.until:
            await _stand_still()
        self.moment = max(self.moment, moment)


_STANDS = object()


@coroutine
def _stand_still() -> Generator[object, None, None]:
    yield _STANDS


class Rig:
    """folder: None: in memory."""

    def __init__(
        self,
        folder: Path | None,
        limits: Limits = WEEK,
        *,
        keep_free: int = 0,
        tail_rows_max: int = 100_000,
        slice_rows: int = 50,
    ) -> None:
        self.folder = folder
        self.clock = HandClock()
        self.shelf = MemoryShelf() if folder is None else FolderShelf(folder, limits, keep_free=keep_free)
        self.history = SampleHistory(
            self.shelf,
            self.clock,
            writing=Inline(),
            reading=Inline(),
            segment=MINUTE,
            tail_rows_max=tail_rows_max,
            slice_rows=slice_rows,
        )
        self.history.begin(SLOTS, TAGS)
        self._running: Coroutine[object, None, None] | None = None

    def append(
        self, tag: str, value: float, at: Moment | None = None, quality: Quality = Quality.GOOD, text: str | None = None
    ) -> None:
        now = self.clock.now()
        self.history.append(Batch.of([Sample(SLOTS[tag], value, quality, now if at is None else at, now, Mark.NONE, text)]))

    def run_to(self, moment: Moment) -> None:
        """The history does what falls due until then, in this thread."""
        self.clock.until = moment
        if self._running is None:
            self._running = self.history.run()
        while self._running.send(None) is not _STANDS:
            pass  # gave way, as work that is handed to a thread does
        self.clock.moment = moment

    def close(self) -> None:
        """Its end, without a last word: what a kill leaves."""
        if self._running is not None:
            self._running.close()
        self.shelf.close()

    def minutes(self, count: int = 1, tag: str = TEMP) -> None:
        """Minutes of one sample a second, each written as a segment."""
        for _ in range(count):
            first = self.clock.now()
            at = [first + n * SECOND for n in range(60)]
            self.history.append(Batch.of([Sample(SLOTS[tag], (each // SECOND) % 100, Quality.GOOD, each, each) for each in at]))
            self.run_to(first + MINUTE)

    async def trend(self, tag: str, start: Moment, end: Moment, points: int = 2_000) -> Trend:
        return await self.history.trend(TrendQuestion(tag, start, end, points))

    def files(self) -> list[str]:
        assert self.folder is not None
        return sorted(path.name for path in self.folder.iterdir() if path.suffix == ".parquet")

    def figure(self, name: str) -> float:
        return self.history.figures()[f"andon_history_{name}"]


def rows_on_disk(folder: Path) -> Counter[tuple[object, ...]]:
    """What any other process finds there."""
    if not any(folder.glob("*.parquet")):
        return Counter()
    found = duckdb.connect(":memory:").execute(f"SELECT * FROM '{folder}/**/*.parquet'").fetchall()
    return Counter(found)


def expected(samples: Iterable[Sample]) -> Counter[tuple[object, ...]]:
    """The same rows, as the samples say them."""
    return Counter(
        (TAGS[each.slot].name, each.source_time, each.received_time, each.value, int(each.quality), int(each.mark), each.text)
        for each in samples
    )
