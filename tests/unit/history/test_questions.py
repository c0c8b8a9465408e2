"""Questions to the history are bounded: how many wait, and how long one may take."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from edge.history.history import QUESTIONS_MAX, SampleHistory
from edge.history.memory_shelf import MemoryShelf
from edge.history.rows import Rows
from edge.history.segment import Segment
from edge.history.shelf import Interrupted
from edge.model.errors import HistoryRefusal, HistoryRefused
from edge.model.moment import HOUR, Moment
from edge.model.trend import Trend, TrendQuestion
from edge.runtime.offload import Inline, WriterThread
from tests.history_rig import SLOTS, T0, TAGS, TEMP, HandClock

QUESTION = TrendQuestion(TEMP, T0 - HOUR, T0, 10)


class SlowShelf(MemoryShelf):
    """A read takes until it is let go or interrupted."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = threading.Event()
        self.go_on = threading.Event()
        self.interrupted = False

    def read(self, segments: Sequence[Segment], tag: str, start: Moment, end: Moment, limit: int) -> Rows:
        self.reading.set()
        assert self.go_on.wait(30)
        if self.interrupted:
            raise Interrupted
        return super().read(segments, tag, start, end, limit)

    def interrupt(self) -> None:
        self.interrupted = True
        self.go_on.set()


class Asked:
    def __init__(self, within_s: float) -> None:
        self.shelf = SlowShelf()
        self.thread = WriterThread("trends")
        self.history = SampleHistory(self.shelf, HandClock(), writing=Inline(), reading=self.thread, answer_within_s=within_s)
        self.history.begin(SLOTS, TAGS)

    def ask(self) -> asyncio.Task[Trend]:
        return asyncio.create_task(self.history.trend(QUESTION))


async def test_a_question_too_many_is_refused_and_the_others_are_answered() -> None:
    asked = Asked(within_s=30)
    waiting = [asked.ask() for _ in range(QUESTIONS_MAX)]
    await asyncio.to_thread(asked.shelf.reading.wait, 30)
    with pytest.raises(HistoryRefused) as refused:
        await asked.ask()
    assert refused.value.reason is HistoryRefusal.BUSY
    asked.shelf.go_on.set()
    assert len(await asyncio.gather(*waiting)) == QUESTIONS_MAX
    asked.thread.close()


async def test_a_question_that_takes_too_long_is_ended_and_the_next_one_is_answered() -> None:
    asked = Asked(within_s=0.05)
    with pytest.raises(HistoryRefused) as refused:
        await asked.ask()
    assert refused.value.reason is HistoryRefusal.TOO_SLOW
    asked.shelf.interrupted = False
    assert (await asked.ask()).buckets == ()
    asked.thread.close()


async def test_who_no_longer_wants_the_answer_keeps_nobody_waiting() -> None:
    asked = Asked(within_s=30)
    first = asked.ask()
    await asyncio.to_thread(asked.shelf.reading.wait, 30)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    asked.shelf.interrupted = False
    assert (await asked.ask()).buckets == ()
    asked.thread.close()
