"""A flood of samples with known excursions, and a gateway under it: 2,000 tags ten times a second, four rules each.

The tags are columns from a driver of this file, through the real pipeline, engine, response and store on disk. Which alarms
must be raised and return follows from the plan of excursions alone, so a missed event is found by counting nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivers.base import Driver, DriverRow, Opening, RefusedInput
from drivers.read_only import ReadOnly
from edge.config.plant import Address, HistoryLimits, Plant
from edge.history.folder_shelf import FolderShelf
from edge.history.history import SampleHistory
from edge.history.tidying import Limits
from edge.model.alarm import Priority
from edge.model.event import Stream
from edge.model.moment import HOUR, MILLISECOND, MINUTE, SECOND, Moment
from edge.model.person import Directory, Person
from edge.model.sample import Batch
from edge.model.tag import SESSION, Device, Tag, tag_name
from edge.response.policy import Policy, Route
from edge.runtime.clock import SteadyClock
from edge.runtime.gateway import Gateway
from edge.runtime.offload import WriterThread
from edge.runtime.outside import Outside
from edge.store.store import open_store
from rules.definition import Kind, Rule

TAGS = 2_000
EVERY = 100 * MILLISECOND
#: Tags that leave their limits each second, each for `EXCURSION`; one in ten of their alarms is announced.
EXCURSIONS_A_SECOND = 20
EXCURSION = 2 * SECOND
NORMAL, HIGH = 50.0, 95.0


@dataclass(frozen=True, slots=True)
class Figures:
    """share: of one core. lag_max_ms: the longest that the event loop kept a waiting task. missing, surplus: alarms raised or
    returned less or more often than planned. behind_ms: how late the last batches were handed over."""

    seconds: float
    samples: int
    share: float
    lag_max_ms: float
    behind_ms: float
    expected: int
    missing: int
    surplus: int
    turns: int


def flood_batches(seconds: int, start: Moment) -> list[Batch]:
    """One batch a tenth of a second. In second s the tags s*20 to s*20+19 go up, two seconds later they are back."""
    noise = np.random.default_rng(1)
    slots = np.arange(TAGS, dtype=np.int32)
    batches = []
    for number in range((seconds * SECOND) // EVERY):
        value = noise.normal(NORMAL, 5.0, TAGS).clip(25, 75)
        value[excursions(number * EVERY, seconds)] = HIGH
        times = np.full(TAGS, start + number * EVERY, dtype=np.int64)
        zeros = np.zeros(TAGS, dtype=np.uint8)
        batches.append(Batch(slots, value, zeros, times, times, zeros))
    return batches


def excursions(at: int, seconds: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The tags that are up at a time since the start. Those that could not return in time do not go up."""
    second = at // SECOND
    first = max(0, second - EXCURSION // SECOND + 1)
    last = min(second, seconds - EXCURSION // SECOND - 1)
    return np.arange(first * EXCURSIONS_A_SECOND, max(first, last + 1) * EXCURSIONS_A_SECOND) % TAGS


def expected_alarms(seconds: int) -> Counter[str]:
    """How often each tag's alarm must be raised, and return."""
    ups = max(0, seconds - EXCURSION // SECOND) * EXCURSIONS_A_SECOND
    return Counter(f"FLOOD/{number % TAGS}_high" for number in range(ups))


class FloodDriver(ReadOnly):
    """Hands over each batch at its time, and remembers how late it was."""

    name = "flood"
    #: Set before the gateway opens it: a catalog row hands over no parameters.
    seconds = 1
    batch_size = TAGS

    def __init__(self, opening: Opening) -> None:
        self._clock = opening.clock
        self.behind: list[int] = []
        self.done = asyncio.Event()

    async def batches(self) -> AsyncIterator[Batch]:
        start = self._clock.now() + SECOND
        session = np.zeros(1, dtype=np.uint8)
        now = np.full(1, start - SECOND, dtype=np.int64)
        yield Batch(np.full(1, TAGS, dtype=np.int32), np.ones(1), session, now, now, session)
        for batch in flood_batches(self.seconds, start):
            for first in range(0, TAGS, self.batch_size):
                due = int(batch.source_time[0]) + EVERY * first // TAGS
                await self._clock.sleep_until(due)
                yield batch.cut(first, first + self.batch_size)
            self.behind.append(self._clock.now() - due)
        self.done.set()
        await asyncio.Event().wait()

    def rates(self) -> Mapping[str, tuple[float, float]]:
        return {}

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {}

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return ()


_opened: list[FloodDriver] = []


def open_flood(opening: Opening) -> Sequence[Driver]:
    """The factory of the catalog row."""
    _opened.append(FloodDriver(opening))
    return _opened[-1:]


def flood_plant(folder: Path) -> Plant:
    tags = [Tag(tag_name("FLOOD", str(n)), "FLOOD", str(n), "°C", {}, stale_after=10 * SECOND) for n in range(TAGS)]
    session = Tag(tag_name("FLOOD", SESSION), "FLOOD", SESSION, "", {})
    rules = []
    for number, tag in enumerate(tags):
        for kind, limit in ((Kind.HIGH, 80.0), (Kind.LOW, 20.0), (Kind.DISCRETE, -1.0), (Kind.STALE, None)):
            rules.append(
                Rule(
                    id=f"FLOOD/{number}_{kind}",
                    key=f"{number}_{kind}",
                    device="FLOOD",
                    device_type="flood",
                    area="flood",
                    kind=kind,
                    tag=tag.name,
                    priority=Priority.HIGH if number % 10 == 0 else Priority.JOURNAL,
                    words={"en": "high"},
                    limit=limit,
                    deadband=2.0,
                    stale_after=10 * SECOND if kind is Kind.STALE else None,
                    on_delay=SECOND if kind is Kind.HIGH and number % 2 else 0,
                    ack_required=False,
                )
            )
    device = Device("FLOOD", "flood", "flood", "flood", {"en": "flood"}, None, (*tags, session))
    person = Person("fitter", "Fitter", "en", addresses={"dingtalk": {"user_id": "fitter"}})
    policy = Policy(
        site="bench",
        routes=(Route("all", ("person:fitter",), frozenset({Priority.HIGH})),),
        directory=Directory({"fitter": person}, {}, {}),
        areas={"flood": {"en": "flood"}},
        devices={"FLOOD": device},
        rules={rule.id: rule for rule in rules},
        shelve_reasons=(),
        shelve_for=SECOND,
        channel="dingtalk",
        late_after=60 * SECOND,
        # Each announced alarm makes its card: folded into digests there would be nearly none to measure.
        flood=None,
    )
    nowhere = Address("127.0.0.1", 0)
    return Plant(
        folder=folder,
        site="bench",
        agent="bench",
        time_zone="UTC",
        language="en",
        api=nowhere,
        console=nowhere,
        data_folder=folder / "data",
        history=HistoryLimits(keep=HOUR, quota=500_000_000, segment=MINUTE),
        areas=policy.areas,
        device_types={},
        devices={"FLOOD": device},
        rules=tuple(rules),
        rationales={},
        policy=policy,
        channels={},
        secrets=(),
        scenarios=(),
        revision="",
    )


def real_history(plant: Plant, clock: SteadyClock, stack: ExitStack) -> SampleHistory:
    """On disk, with its threads, as the agent has it; the stack ends them."""
    keeper, answerer = WriterThread("history", niceness=10), WriterThread("trends", niceness=5)
    stack.callback(keeper.close)
    stack.callback(answerer.close)
    shelf = FolderShelf(plant.data_folder / "history", Limits(plant.history.keep, plant.history.quota))
    return SampleHistory(shelf, clock, writing=keeper, reading=answerer, segment=plant.history.segment)


async def flood(folder: Path, seconds: int, *, batch_size: int = TAGS) -> Figures:
    """Run the gateway under the flood; everything is real but the driver. batch_size: samples it hands over at once."""
    FloodDriver.seconds, FloodDriver.batch_size = seconds, batch_size
    plant, clock, writer = flood_plant(folder), SteadyClock(), WriterThread("store")
    store = await writer.run(lambda: open_store(plant.data_folder, site="bench", agent="bench", now=clock.now()))
    # Nothing is configured, and nobody asks what it will read.
    row = DriverRow("flood", object, object, f"{__name__}:open_flood", "")  # type: ignore[arg-type]
    threads = ExitStack()
    history = real_history(plant, clock, threads)
    outside = Outside(
        clock=clock,
        offload=writer,
        store=store,
        history=history,
        links=None,  # type: ignore[arg-type] # the driver of this file has no link
        transport=NoTransport(),  # type: ignore[arg-type] # no channel is opened
        drivers={"flood": row},
        channels={},
        secret=str,
        drift=lambda: 0,
    )
    gateway = Gateway(plant, outside)
    lags: list[float] = []
    await gateway.start()
    heart = asyncio.create_task(_beat(clock, lags))
    begun, spent = time.perf_counter(), time.process_time()
    try:
        driver = _opened.pop()
        await driver.done.wait()
        await clock.sleep_until(clock.now() + 2 * SECOND)
    finally:
        heart.cancel()
        await gateway.stop()
        await history.close()
        threads.close()
    took, share = time.perf_counter() - begun, time.process_time() - spent
    found: Counter[tuple[str, str]] = Counter()
    for journal_row in store.read_after(0, 10_000_000):
        if journal_row.event.stream is Stream.ALARM:
            found[journal_row.event.kind, journal_row.event.subject] += 1
    store.close()
    writer.close()
    wanted = Counter({(kind, alarm): n for alarm, n in expected_alarms(seconds).items() for kind in ("raised", "returned")})
    return Figures(
        seconds=took,
        samples=gateway.image.samples_total,
        share=share / took,
        lag_max_ms=max(lags, default=0.0),
        behind_ms=max(driver.behind[-10:]) / MILLISECOND,
        expected=wanted.total(),
        missing=(wanted - found).total(),
        surplus=(found - wanted).total(),
        turns=gateway.pipeline.turns_total,
    )


async def _beat(clock: SteadyClock, lags: list[float]) -> None:
    """Asks for 10 ms again and again, and notes how much longer it took."""
    while True:
        due = clock.now() + 10 * MILLISECOND
        await clock.sleep_until(due)
        lags.append((clock.now() - due) / MILLISECOND)


class NoTransport:
    """No channel is opened in a flood of samples."""

    async def close(self) -> None:
        """Nothing was opened."""
