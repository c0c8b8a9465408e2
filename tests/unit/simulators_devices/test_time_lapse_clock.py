"""Simulated time: N times as fast as the wall since an epoch, and the same in every process that was told both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.clock import TimeLapseClock

READING_US = 1000
"""Two readings of the wall by two clocks of one process differ by less."""


@given(st.floats(0.1, 100), st.integers(0, 86_400_000_000))
def test_simulated_time_is_the_epoch_and_rate_times_what_has_passed_since(rate, passed_us):
    wall = TimeLapseClock()
    epoch = wall.now() - passed_us
    lapse = TimeLapseClock(rate, epoch)
    before, moment, after = wall.now(), lapse.now(), wall.now()
    assert rate * (before - epoch - READING_US) <= moment - epoch <= rate * (after - epoch + READING_US)
    assert before - READING_US <= lapse.wall_of(moment) <= after + READING_US


def test_simulated_time_begins_at_the_wall_unless_told_otherwise():
    lapse = TimeLapseClock(rate=1000)
    assert lapse.now() >= lapse.epoch
    assert abs(lapse.epoch - TimeLapseClock().now()) < 1_000_000


async def test_a_wait_ends_at_the_moment_and_not_before_it():
    lapse = TimeLapseClock(rate=100)
    moment = lapse.now() + 1_000_000
    await lapse.sleep_until(moment)
    assert lapse.now() >= moment
    await lapse.sleep_until(moment - 10**12)


@pytest.mark.parametrize("rate", [0, -1, 1001, float("nan")])
def test_a_rate_that_makes_no_sense_is_refused(rate):
    with pytest.raises(ValueError, match="rate must be more than 0"):
        TimeLapseClock(rate)
