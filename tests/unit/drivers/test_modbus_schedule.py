"""A device is due on a fixed grid; what was missed is counted and never made up."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drivers.schedule import Schedule, offsets
from edge.model.moment import MILLISECOND, SECOND

NOW = 1_700_000_000 * SECOND


def test_devices_of_one_connection_are_read_at_once_and_then_spread_over_the_period() -> None:
    schedules = [Schedule(SECOND, NOW + offset, NOW) for offset in offsets([SECOND] * 4)]
    later = [schedule.after(NOW + 10 * MILLISECOND)[0].due - NOW for schedule in schedules]
    assert later == [1000 * MILLISECOND, 250 * MILLISECOND, 500 * MILLISECOND, 750 * MILLISECOND]


def test_a_quick_device_keeps_to_its_grid() -> None:
    schedule = Schedule(SECOND, NOW, NOW)
    for second in range(1, 5):
        schedule, missed = schedule.after(schedule.due + 30 * MILLISECOND)
        assert (schedule.due, missed) == (NOW + second * SECOND, 0)


def test_a_poll_longer_than_its_period_is_counted_and_not_made_up() -> None:
    schedule, missed = Schedule(SECOND, NOW, NOW).after(NOW + 3 * SECOND + 1)
    assert schedule.due == NOW + 4 * SECOND
    assert missed == 3


def test_after_a_postponement_it_is_back_on_its_grid() -> None:
    schedule = Schedule(SECOND, NOW, NOW).postponed(NOW + 7300 * MILLISECOND)
    assert schedule.after(NOW + 7310 * MILLISECOND) == (Schedule(SECOND, NOW, NOW + 8 * SECOND), 0)


@given(st.integers(1, 3600 * SECOND), st.integers(0, 9), st.lists(st.integers(0, 10**9), max_size=30))
def test_the_next_poll_is_always_ahead_on_the_grid_and_nearer_than_a_period(
    every: int, number: int, durations: list[int]
) -> None:
    schedule = Schedule(every, NOW + every * number // 10, NOW)
    for duration in durations:
        ended = schedule.due + duration
        schedule, missed = schedule.after(ended)
        assert ended < schedule.due
        assert schedule.due - ended <= every or schedule.due == schedule.grid
        assert (schedule.due - schedule.grid) % every == 0
        assert missed >= 0


def test_groups_of_another_period_begin_in_between() -> None:
    assert offsets([SECOND, 2 * SECOND, SECOND, 2 * SECOND]) == [at * MILLISECOND for at in (0, 250, 500, 1250)]


def test_connections_begin_beside_each_other() -> None:
    assert [offsets([SECOND, SECOND], number, 2) for number in range(2)] == [
        [0, 500 * MILLISECOND],
        [250 * MILLISECOND, 750 * MILLISECOND],
    ]


@given(st.lists(st.sampled_from([10_000, SECOND, 7 * SECOND, 3600 * SECOND]), max_size=40), st.integers(0, 9))
def test_every_grid_begins_within_its_period_and_those_of_one_period_are_evenly_spread(
    periods: list[int], connection: int
) -> None:
    found = offsets(periods, connection, 10)
    for period in set(periods):
        mine = [at for at, each in zip(found, periods, strict=True) if each == period]
        assert all(0 <= at < 2 * period for at in mine)
        steps = {later - earlier for earlier, later in pairwise(mine)}
        assert not steps or max(steps) - min(steps) <= 1
