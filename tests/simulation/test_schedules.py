"""A hundred thousand schedules in `./dev soak`, some dozens by default: 0 inversions, 0 unmarked repeats, 0 losses."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import chain

import pytest

from tests.simulation.schedules.cloud import Seen
from tests.simulation.schedules.play import Schedule
from tests.simulation.schedules.promises import broken

MANY = 100_000
A_TIME = 500


def played(seed: int) -> Schedule:
    schedule = Schedule(seed)
    schedule.play()
    return schedule


def look_at(seeds: range) -> tuple[list[str], Counter[str]]:
    """What is broken, and what there was of everything."""
    found: list[str] = []
    count: Counter[str] = Counter()
    for seed in seeds:
        schedule = played(seed)
        found += [f"seed {seed}: {each}" for each in broken(schedule)]
        count.update(row.state for row in schedule.outbox.rows)
        count.update({"schedules": 1, "deaths": schedule.deaths, "seen": len(schedule.cloud.seen)})
        count["marked repeats"] += sum(times - 1 for times in Counter(each.key for each in schedule.cloud.seen).values())
    return found, count


def test_some_schedules_keep_every_promise_and_leave_out_nothing() -> None:
    found, count = look_at(range(80))
    assert found == []
    for what in ("delivered", "refused", "unknown", "quarantined", "withdrawn", "superseded", "deaths", "marked repeats"):
        assert count[what] > 0, what


def test_a_schedule_is_what_its_seed_says() -> None:
    assert played(7).cloud.seen == played(7).cloud.seen


def test_an_unmarked_repeat_an_inversion_and_a_loss_would_be_found() -> None:
    schedule = next(each for each in map(played, range(100)) if any(seen.marked for seen in each.cloud.seen))
    marked = next(seen for seen in schedule.cloud.seen if seen.marked)
    seen = schedule.cloud.seen
    assert broken(schedule) == []
    schedule.cloud.seen = [*seen, marked, replace(marked, marked=False)]
    assert any("once without a mark" in each for each in broken(schedule))
    schedule.cloud.seen = seen[::-1]
    assert any("was seen behind" in each for each in broken(schedule))
    schedule.cloud.seen = []
    assert any("and nobody saw it" in each for each in broken(schedule))
    schedule.cloud.seen = [*seen, Seen(marked.key, 9, True), Seen(marked.key, 10, True), Seen(marked.key, 11, True)]
    assert any("faults" in each for each in broken(schedule))


@pytest.mark.soak
def test_a_hundred_thousand_schedules() -> None:
    count: Counter[str] = Counter()
    found: list[str] = []
    with ProcessPoolExecutor() as pool:
        for broken_ones, counted in pool.map(look_at, (range(start, start + A_TIME) for start in range(0, MANY, A_TIME))):
            found += broken_ones
            count += counted
    print(", ".join(f"{number:,} {what}" for what, number in chain(count.items())))
    assert found == []
    assert count["schedules"] == MANY
