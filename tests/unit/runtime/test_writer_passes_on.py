"""The writer passes acknowledgements on to drivers that take them: at most once, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from drivers.base import Driver, RefusedInput, WriteAnswer, WriteEnd
from drivers.read_only import ReadOnly
from edge.model.deed import Deed, DeedClaim, DeedEnd, DeedKind, DeedOutcome
from edge.model.moment import MINUTE, SECOND, Moment, from_iso
from edge.model.sample import Batch
from edge.runtime.offload import Inline
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.runtime.writer import Writer

START = from_iso("2026-05-04T08:00:00Z")
DEED = Deed("k", DeedKind.ACKNOWLEDGE, "M/hot~1", "M.hot", None, START, START + 5 * MINUTE, comment="li: seen")


class Deaf(ReadOnly):
    """A driver of whose devices none raises alarms."""

    name = "deaf"

    async def batches(self) -> AsyncIterator[Batch]:
        yield Batch.empty()

    def rates(self) -> Mapping[str, tuple[float, float]]:
        return {"M": (0.0, 0.0)}

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {}

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return ()


class Hearing(Deaf):
    """Answers as it is told to, once each; the last answer for ever."""

    def __init__(self, *answers: WriteAnswer) -> None:
        self._answers = list(answers)
        self.heard: list[tuple[str, str]] = []

    async def acknowledge(self, tag: str, comment: str) -> WriteAnswer:
        self.heard.append((tag, comment))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Outbox:
    """One deed, claimed when it is due."""

    def __init__(self, after_unknown: bool = False) -> None:
        self.ended: list[tuple[Moment, DeedOutcome]] = []
        self._due: Moment | None = START
        self._after_unknown = after_unknown

    def claim_deeds(self, now: Moment, limit: int, busy: Collection[str] = ()) -> list[DeedClaim]:
        if self._due is None or self._due > now:
            return []
        self._due = None
        return [DeedClaim(DEED, 1, self._after_unknown)]

    def settle_deed(self, claim: DeedClaim, outcome: DeedOutcome, now: Moment, retry_at: Moment | None) -> None:
        if retry_at is None:
            self.ended.append((now - START, outcome))
        self._due = retry_at

    def next_due(self, channel: str) -> Moment | None:
        return self._due


def carry_out(driver: Driver, **how: Any) -> list[tuple[Moment, DeedOutcome]]:
    async def main(clock: VirtualClock) -> list[tuple[Moment, DeedOutcome]]:
        outbox = Outbox(**how)
        writer = Writer([driver], lambda tag, value: False, outbox, Inline(), clock, lambda: None)
        running = asyncio.ensure_future(writer.run())
        await clock.sleep_until(START + 10 * MINUTE)
        running.cancel()
        await asyncio.wait({running})
        return outbox.ended

    return run_virtually(main, START)


def test_the_driver_hears_who_it_was_and_its_answer_is_the_end() -> None:
    for answer, end in ((WriteEnd.DONE, DeedEnd.DONE), (WriteEnd.REFUSED, DeedEnd.FAILED), (WriteEnd.UNKNOWN, DeedEnd.UNKNOWN)):
        driver = Hearing(WriteAnswer(answer, "so"))
        assert carry_out(driver) == [(0, DeedOutcome(end, "so", START))]
        assert driver.heard == [("M.hot", "li: seen")]


def test_what_could_not_leave_is_tried_again_until_its_time_is_over() -> None:
    late = Hearing(WriteAnswer(WriteEnd.NOT_SENT, "no session"), WriteAnswer(WriteEnd.DONE))
    assert carry_out(late) == [(SECOND, DeedOutcome(DeedEnd.DONE, "", START + SECOND))]
    ((at, outcome),) = carry_out(Hearing(WriteAnswer(WriteEnd.NOT_SENT, "no session")))
    assert (outcome.end, outcome.detail) == (DeedEnd.EXPIRED, "no session")
    assert at < 5 * MINUTE


def test_a_driver_that_takes_none_is_said_to_take_none_and_after_a_crash_nothing_is_repeated() -> None:
    ((_, outcome),) = carry_out(Deaf())
    assert (outcome.end, outcome.detail) == (DeedEnd.FAILED, "the device takes no acknowledgements")
    driver = Hearing(WriteAnswer(WriteEnd.DONE))
    ((_, outcome),) = carry_out(driver, after_unknown=True)
    assert (outcome.end, driver.heard) == (DeedEnd.UNKNOWN, [])
