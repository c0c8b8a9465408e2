"""Random schedules through the real lane and the real outbox: 0 inversions, 0 unmarked repeats, 0 losses. Some dozens by
default, some thousands in `./dev soak`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from edge.model.moment import from_iso
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.simulation.schedules.live import LiveSchedule
from tests.simulation.schedules.promises import ENDS

START = from_iso("2026-05-04T00:00:00Z")
MANY, A_TIME = 5_000, 100


def played(seed: int) -> LiveSchedule:
    async def main(clock: VirtualClock) -> LiveSchedule:
        schedule = LiveSchedule(seed, clock)
        await schedule.play()
        return schedule

    with capture_logs():  # crashes are meant, and their traces take longer than all else
        return run_virtually(main, START)


def broken(schedule: LiveSchedule) -> Iterator[str]:
    seen = schedule.cloud.seen
    age = {key: number for number, key in enumerate(schedule.wanted)}
    youngest: dict[str, str] = {}
    for each in seen:
        thread = schedule.wanted[each.key].thread
        before = youngest.setdefault(thread, each.key)
        if age[before] > age[each.key]:
            yield f"{each.key} was seen behind {before}"
        youngest[thread] = max(before, each.key, key=age.__getitem__)
    for key, times in Counter(each.key for each in seen).items():
        if times > 1 and not all(each.marked for each in [each for each in seen if each.key == key][1:]):
            yield f"{key} was seen {times} times, once without a mark"
        if times - 1 > schedule.cloud.faults.get(key, 0):
            yield f"{key} was seen {times} times after {schedule.cloud.faults.get(key, 0)} faults"
        if times > 1 and schedule.wanted[key].is_never_repeated:
            yield f"{key} rang {times} times"
    for key in schedule.wanted:
        state = schedule.ended.get(key, "nowhere")
        if state not in ENDS:
            yield f"{key} is {state} when all is quiet"
        elif state == "delivered" and key not in {each.key for each in seen}:
            yield f"{key} counts as delivered, and nobody saw it"
    yield from (f"two of {thread} at a time" for thread in schedule.channel.overtaken)


def look_at(seeds: range) -> tuple[list[str], Counter[str]]:
    found: list[str] = []
    count: Counter[str] = Counter()
    for seed in seeds:
        schedule = played(seed)
        found += [f"seed {seed}: {each}" for each in broken(schedule)]
        count.update(schedule.ended.values())
        count.update({type(schedule.channel).__name__: 1, "deaths": schedule.deaths})
        count["marked repeats"] += sum(times - 1 for times in Counter(each.key for each in schedule.cloud.seen).values())
    return found, count


def test_the_real_lane_keeps_every_promise_whatever_happens_to_it() -> None:
    found, count = look_at(range(24))
    assert found == []
    for what in ("delivered", "refused", "unknown", "quarantined", "withdrawn", "superseded", "deaths", "marked repeats"):
        assert count[what] > 0, what
    assert {"ChanceChannel", "PacedChance", "BatchChance"} <= count.keys()


def test_an_unmarked_repeat_an_inversion_and_a_loss_of_the_lane_would_be_found() -> None:
    schedule = next(each for each in map(played, range(100)) if any(seen.marked for seen in each.cloud.seen))
    seen = schedule.cloud.seen
    marked = next(each for each in seen if each.marked)
    assert list(broken(schedule)) == []
    schedule.cloud.seen = [*seen, marked, replace(marked, marked=False)]
    assert any("once without a mark" in each for each in broken(schedule))
    schedule.cloud.seen = seen[::-1]
    assert any("was seen behind" in each for each in broken(schedule))
    schedule.cloud.seen = []
    assert any("and nobody saw it" in each for each in broken(schedule))


@pytest.mark.soak
def test_thousands_of_schedules_through_the_real_lane() -> None:
    found: list[str] = []
    with ProcessPoolExecutor() as pool:
        for broken_ones, _ in pool.map(look_at, (range(start, start + A_TIME) for start in range(0, MANY, A_TIME))):
            found += broken_ones
    assert found == []
