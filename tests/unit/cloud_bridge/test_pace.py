"""Paces of robots, and how urgent alarms find room in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.dingtalk.ways import pace_of
from cloud_bridge.pace import Pace, PaceWindow
from edge.model.alarm import Priority
from edge.model.intent import Purpose
from edge.model.moment import MINUTE, SECOND
from tests.unit.cloud_bridge.harness import TO_BOARD, TO_CHAT, TO_CHEN, TO_MILL, config, intent

ROBOT = Pace("robot", 18, MINUTE, kept=3)
URGENCIES = st.sampled_from([Priority.CRITICAL, Priority.LOW])


@given(st.lists(st.tuples(st.integers(0, 20 * SECOND), URGENCIES), max_size=200))
def test_no_stretch_of_a_minute_holds_more_than_allowed(steps: list[tuple[int, Priority]]) -> None:
    window, now, gone, others = PaceWindow(ROBOT), 0, [], []
    for gap, urgency in steps:
        now += gap
        if window.room(urgency, now):
            window.take(now)
            gone.append(now)
            others += [now] if urgency is Priority.LOW else []
    assert all(later - earlier >= MINUTE for earlier, later in zip(gone, gone[18:], strict=False))
    assert all(later - earlier >= MINUTE for earlier, later in zip(others, others[15:], strict=False))


@given(st.lists(st.tuples(st.integers(0, 20 * SECOND), URGENCIES), max_size=100))
def test_there_is_room_when_it_says_so_and_none_before(steps: list[tuple[int, Priority]]) -> None:
    window, now = PaceWindow(Pace("robot", 3, 10 * SECOND, kept=1)), 0
    for gap, urgency in steps:
        now += gap
        opens = window.opens(urgency, now)
        assert (opens == now) == (window.room(urgency, now) > 0)
        assert opens == now or window.room(urgency, opens - 1) == 0
        assert window.room(urgency, opens) > 0
        now = opens
        window.take(now)


@given(st.lists(st.integers(0, 5 * SECOND), max_size=100))
def test_after_the_wait_it_names_one_may_leave(gaps: list[int]) -> None:
    window, now = PaceWindow(Pace("api", 3, 10 * SECOND)), 0
    for gap in gaps:
        now += gap
        if wait := window.try_take(now):
            assert window.try_take(now + wait - 1) == 1
            now += wait
            assert window.try_take(now) == 0


def test_whether_it_waits_for_itself_or_is_blocked_can_be_told() -> None:
    window = PaceWindow(Pace("robot", 1, MINUTE))
    assert [window.try_take(0), window.try_take(0), window.is_blocked(0)] == [0, MINUTE, False]
    window.block(600 * SECOND)
    assert (window.try_take(0), window.is_blocked(0), window.is_blocked(600 * SECOND)) == (600 * SECOND, True, False)


def test_a_block_is_waited_for_by_all() -> None:
    window = PaceWindow(ROBOT)
    window.block(600 * SECOND)
    assert window.room(Priority.CRITICAL, 599 * SECOND) == 0
    assert window.opens(Priority.CRITICAL, 100 * SECOND) == 600 * SECOND
    assert window.room(Priority.LOW, 600 * SECOND) == 15


def test_each_webhook_robot_of_dingtalk_has_a_pace_of_its_own_and_nothing_else_has_one() -> None:
    by_hook = [pace_of(intent(Purpose.RETURNED, address=address), config()) for address in (TO_MILL, TO_BOARD)]
    assert [(pace.at_most, pace.per, pace.kept) for pace in by_hook if pace] == [(18, MINUTE, 3)] * 2
    for without in (intent(), intent(Purpose.RETURNED, address=TO_CHEN), intent(Purpose.RETURNED, address=TO_CHAT)):
        assert pace_of(without, config()) is None
