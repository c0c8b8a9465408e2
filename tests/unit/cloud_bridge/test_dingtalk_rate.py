"""Limits we keep ourselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.dingtalk.rate import RateWindow
from edge.model.moment import MINUTE, SECOND


@given(st.lists(st.integers(0, 20 * SECOND), max_size=200))
def test_no_stretch_of_a_minute_holds_more_than_allowed(gaps: list[int]) -> None:
    window, now, gone = RateWindow(18, MINUTE), 0, []
    for gap in gaps:
        now += gap
        if window.take(now) == 0:
            gone.append(now)
    assert all(later - earlier >= MINUTE for earlier, later in zip(gone, gone[18:], strict=False))


@given(st.lists(st.integers(0, 5 * SECOND), max_size=100))
def test_after_the_wait_it_names_the_call_may_go(gaps: list[int]) -> None:
    window, now = RateWindow(3, 10 * SECOND), 0
    for gap in gaps:
        now += gap
        if wait := window.take(now):
            now += wait
            assert window.take(now) == 0


def test_a_block_is_waited_for() -> None:
    window = RateWindow(18, MINUTE)
    window.block(600 * SECOND)
    assert window.take(100 * SECOND) == 500 * SECOND
    assert window.take(600 * SECOND) == 0
