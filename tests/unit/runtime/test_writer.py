"""The writer alone, over a store in memory and a driver that answers as a test says: every end that a deed can have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from drivers.base import RefusedInput, WriteAnswer, WriteEnd
from edge.model.command import DeedReceipt
from edge.model.deed import Deed, DeedEnd, DeedKind
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, from_iso
from edge.model.sample import Batch
from edge.ports import ResponseCommit
from edge.runtime.offload import Inline
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.runtime.writer import Writer
from edge.store.store import SqliteStore, open_store

START = from_iso("2026-05-04T08:00:00+08:00")
TAG = "PLC1.lamp"


class OneDevice:
    """answers: one after the other, the last for ever; an exception is raised. shows: what the tag shows, and from when on."""

    name = "one device"

    def __init__(self, clock: VirtualClock, answers: Sequence[WriteAnswer | Exception], shows: Mapping[Moment, float]) -> None:
        self._clock, self._answers, self._shows = clock, list(answers), shows
        self.takes = 0
        self.looking_takes = 0
        self.written: list[tuple[Moment, str, float | str]] = []

    async def batches(self) -> AsyncIterator[Batch]:
        yield Batch.empty()

    def rates(self) -> Mapping[str, tuple[float, float]]:
        return {"PLC1": (1.0, 1.0)}

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {}

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return ()

    async def write(self, tag: str, value: float | str) -> WriteAnswer:
        self.written.append((self._clock.now(), tag, value))
        await self._clock.sleep_until(self._clock.now() + self.takes)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def read_back(self, tag: str) -> float | str | None:
        await self._clock.sleep_until(self._clock.now() + self.looking_takes)
        return next((value for since, value in reversed([*self._shows.items()]) if since <= self._clock.now()), None)


class Bench:
    def __init__(self, clock: VirtualClock, answers: Sequence[WriteAnswer | Exception], shows: Mapping[Moment, float]) -> None:
        self.clock = clock
        self.store: SqliteStore = open_store(None, site="s", agent="a", now=START)
        self.device = OneDevice(clock, answers, shows)
        self.granted: Mapping[str, float] = {TAG: 3.0}

    def put(self, **changed: Any) -> None:
        given: dict[str, Any] = {"key": "k", "kind": DeedKind.WRITE, "write": f"{TAG}~1", "tag": TAG, "value": 1.0}
        given |= {"created_at": START, "valid_until": START + 10 * SECOND, "read_back_within": 2 * SECOND, **changed}
        deeds = (Deed(**given),)
        self.store.commit_response(ResponseCommit(self.clock.now(), 0, (), (), (), {}, (), deeds))

    def _is_granted(self, tag: str, value: float | str) -> bool:
        return tag in self.granted and not isinstance(value, str) and value <= self.granted[tag]

    async def work(self, span: int) -> list[DeedReceipt]:
        """What came into the inbox meanwhile."""
        writer = Writer([self.device], self._is_granted, self.store, Inline(), self.clock, lambda: None)
        task = asyncio.create_task(writer.run())
        await self.clock.sleep_until(self.clock.now() + span)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return [row.body for row in self.store.unconsumed() if isinstance(row.body, DeedReceipt)]


DONE, NO = WriteAnswer(WriteEnd.DONE), WriteAnswer(WriteEnd.REFUSED, "exception 2")
GONE, LOST = WriteAnswer(WriteEnd.NOT_SENT, "no connection"), WriteAnswer(WriteEnd.UNKNOWN, "silence")


@pytest.mark.parametrize(
    ("answers", "shows", "end", "tries"),
    [
        ([DONE], {START: 1.0}, DeedEnd.DONE, 1),
        ([DONE], {START: 0.0, START + SECOND: 1.0}, DeedEnd.DONE, 1),
        ([DONE], {START: 0.0}, DeedEnd.DIFFERENT, 1),
        ([DONE], {}, DeedEnd.UNKNOWN, 1),
        ([NO], {START: 1.0}, DeedEnd.FAILED, 1),
        ([LOST], {START: 1.0}, DeedEnd.UNKNOWN, 1),
        ([ValueError("a mistake")], {START: 1.0}, DeedEnd.UNKNOWN, 1),
        ([GONE, GONE, DONE], {START: 1.0}, DeedEnd.DONE, 3),
    ],
)
def test_each_answer_has_its_end_and_only_what_was_not_sent_is_tried_again(
    answers: Any, shows: Any, end: DeedEnd, tries: int
) -> None:
    async def play(clock: VirtualClock) -> None:
        bench = Bench(clock, answers, shows)
        bench.put()
        [receipt] = await bench.work(MINUTE)
        assert (receipt.end, len(bench.device.written)) == (end, tries)

    run_virtually(play, START)


def test_a_device_that_is_gone_until_the_time_is_over_makes_it_expired() -> None:
    async def play(clock: VirtualClock) -> None:
        bench = Bench(clock, [GONE], {})
        bench.put()
        [receipt] = await bench.work(MINUTE)
        assert (receipt.end, receipt.sent_at) == (DeedEnd.EXPIRED, None)
        assert all(at < START + 10 * SECOND for at, _, _ in bench.device.written)

    run_virtually(play, START)


def test_what_is_claimed_too_late_never_reaches_the_driver() -> None:
    async def play(clock: VirtualClock) -> None:
        bench = Bench(clock, [DONE], {})
        await clock.sleep_until(START + 11 * SECOND)
        bench.put()
        [receipt] = await bench.work(MINUTE)
        assert (receipt.end, bench.device.written) == (DeedEnd.EXPIRED, [])

    run_virtually(play, START)


def test_a_driver_that_does_not_answer_in_time_is_cut_off_and_nobody_knows() -> None:
    async def play(clock: VirtualClock) -> None:
        bench = Bench(clock, [DONE], {})
        bench.device.takes = MINUTE
        bench.put()
        [receipt] = await bench.work(30 * SECOND)
        assert (receipt.end, receipt.at) == (DeedEnd.UNKNOWN, START + 10 * SECOND)

    run_virtually(play, START)


@pytest.mark.parametrize("granted", [{}, {TAG: 0.5}])
def test_what_is_no_longer_granted_never_reaches_the_driver(granted: Mapping[str, float]) -> None:
    async def play(clock: VirtualClock) -> None:
        bench = Bench(clock, [DONE], {})
        bench.granted = granted
        bench.put()
        [receipt] = await bench.work(MINUTE)
        assert (receipt.end, bench.device.written) == (DeedEnd.FAILED, [])

    run_virtually(play, START)


def test_what_a_crash_cut_short_is_unknown_at_the_next_start_and_never_sent_again() -> None:
    async def play(clock: VirtualClock) -> None:
        bench = Bench(clock, [DONE], {START: 1.0})
        bench.put()
        assert len(bench.store.claim_deeds(clock.now(), 1)) == 1
        bench.store = bench.store.reopened(clock.now())
        [receipt] = await bench.work(MINUTE)
        assert (receipt.end, bench.device.written) == (DeedEnd.UNKNOWN, [])

    run_virtually(play, START)


@pytest.mark.parametrize(
    ("shows", "end"),
    [
        ({START + 30 * SECOND: 1.0}, DeedEnd.DONE),
        ({START: 0.0}, DeedEnd.DIFFERENT),
        ({START: 0.0, START + SECOND: 1.0}, DeedEnd.DONE),
        ({}, DeedEnd.EXPIRED),
    ],
)
def test_looking_what_became_of_a_write_sends_nothing(shows: Any, end: DeedEnd) -> None:
    async def play(clock: VirtualClock) -> None:
        bench = Bench(clock, [DONE], shows)
        bench.put(kind=DeedKind.READ_BACK, valid_until=START + 2 * MINUTE)
        [receipt] = await bench.work(5 * MINUTE)
        assert (receipt.end, bench.device.written) == (end, [])

    run_virtually(play, START)


@pytest.mark.parametrize(("kind", "end"), [(DeedKind.WRITE, DeedEnd.UNKNOWN), (DeedKind.READ_BACK, DeedEnd.EXPIRED)])
def test_a_look_that_never_ends_is_cut_off_and_tells_nothing(kind: DeedKind, end: DeedEnd) -> None:
    async def play(clock: VirtualClock) -> None:
        bench = Bench(clock, [DONE], {START: 1.0})
        bench.device.looking_takes = 100 * HOUR
        bench.put(kind=kind)
        [receipt] = await bench.work(HOUR)
        assert (receipt.end, receipt.shown) == (end, None)

    run_virtually(play, START)


def test_one_point_is_written_in_order_and_one_at_a_time() -> None:
    async def play(clock: VirtualClock) -> None:
        bench = Bench(clock, [DONE], {START: 1.0})
        bench.device.takes = SECOND
        for number, value in enumerate((3.0, 2.0, 1.0)):
            bench.put(key=f"k{number}", value=value, read_back_within=None)
        await bench.work(MINUTE)
        assert [value for _, _, value in bench.device.written] == [3.0, 2.0, 1.0]
        gaps = [later - at for (at, _, _), (later, _, _) in zip(bench.device.written, bench.device.written[1:], strict=False)]
        assert min(gaps) >= SECOND

    run_virtually(play, START)
