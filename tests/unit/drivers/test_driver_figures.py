"""Back-off and rates."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.backoff import CONNECTION_BACKOFF, DEVICE_BACKOFF
from drivers.rate import RateWindow
from edge.model.moment import HOUR, MILLISECOND, MINUTE, SECOND

START = 1_700_000_000 * SECOND


def waits(backoff: object, failures: int) -> list[int]:
    found = []
    for _ in range(failures):
        backoff = backoff.failed()  # type: ignore[attr-defined]  # either constant
        found.append(backoff.wait)  # type: ignore[attr-defined]  # either constant
    return found


def test_a_silent_device_is_asked_after_a_second_and_in_the_end_once_a_minute() -> None:
    assert waits(DEVICE_BACKOFF, 8) == [seconds * SECOND for seconds in (1, 2, 4, 8, 16, 32, 60, 60)]
    assert DEVICE_BACKOFF.wait == 0


def test_a_lost_connection_is_tried_soon_and_at_least_every_ten_seconds() -> None:
    assert waits(CONNECTION_BACKOFF, 7) == [wait * MILLISECOND for wait in (500, 1000, 2000, 4000, 8000, 10_000, 10_000)]


def test_a_year_of_failures_waits_no_longer_than_a_minute_of_them() -> None:
    assert waits(DEVICE_BACKOFF, 100_000)[-1] == MINUTE
    assert DEVICE_BACKOFF.failed().failed().succeeded() == DEVICE_BACKOFF


@given(st.lists(st.integers(0, 300 * SECOND), max_size=60), st.integers(0, 400 * SECOND))
def test_the_rate_is_what_happened_in_the_last_minute(offsets: list[int], asked_after: int) -> None:
    window = RateWindow(START)
    now = START + asked_after
    happened = sorted(START + offset for offset in offsets if offset <= asked_after)
    for moment in happened:
        window.count(moment)
    recent = sum(1 for moment in happened if moment // SECOND > now // SECOND - 60)
    assert window.per_second(now) == recent / min(max(asked_after / SECOND, 1.0), 60.0)


def test_a_rate_that_ran_dry_goes_to_zero() -> None:
    window = RateWindow(START)
    window.count(START, 1000)
    assert window.per_second(START + HOUR) == 0.0
