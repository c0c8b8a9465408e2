"""A device's refusals teach which reads it takes; a bad register never costs its neighbours for ever."""

from __future__ import annotations

import json
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.address import Block, Table
from drivers.modbus.config import ModbusPoint
from drivers.modbus.cost import LinkCost
from drivers.modbus.plan import Limits, Read
from drivers.modbus.poll import Lesson, PollPlan
from edge.model.moment import HOUR, MINUTE, SECOND

START = 1_700_000_000 * SECOND


def registers(*numbers: int) -> list[ModbusPoint]:
    return [
        ModbusPoint.model_validate_json(json.dumps({"address": f"holding {number}", "type": "int16"}), strict=True)
        for number in numbers
    ]


class PickyDevice:
    """Refuses a read that touches a bad register, or that is longer than it likes."""

    def __init__(self, bad: set[int], longest: int = 125) -> None:
        self.bad, self.longest = bad, longest
        self.asked: list[Read] = []
        self.refused_counts: list[int] = []

    def refuses(self, read: Read) -> bool:
        self.asked.append(read)
        refuses = read.count > self.longest or bool(self.bad & set(range(read.address, read.address + read.count)))
        if refuses and len(read.points) > 1:
            self.refused_counts.append(read.count)
        return refuses


def poll(plan: PollPlan, device: PickyDevice, now: int, code: int = 2) -> set[int]:
    """One poll as the driver makes it; the positions that were answered."""
    reads, answered = deque(plan.due(now)), set()
    device.asked.clear()
    device.refused_counts.clear()
    while reads:
        read = reads.popleft()
        if device.refuses(read):
            reads.extendleft(reversed(plan.refused(read, code, now).instead))
        else:
            plan.answered(read, now)
            answered |= set(read.points)
    return answered


def planned(points: list[ModbusPoint], registers_max: int = 125) -> PollPlan:
    return PollPlan(points, range(len(points)), Limits(registers_max, 2000))


@given(st.integers(1, 125).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), max_size=n))))
def test_the_first_poll_already_reads_every_good_register_and_parks_every_bad_one(case: tuple[int, set[int]]) -> None:
    count, bad = case
    plan = planned(registers(*range(count)))
    assert poll(plan, PickyDevice(bad), START) == set(range(count)) - bad
    assert set(plan.parked) == bad


@given(st.integers(0, 124))
def test_one_bad_register_among_125_costs_few_requests_once(bad: int) -> None:
    plan, device = planned(registers(*range(125))), PickyDevice({bad})
    poll(plan, device, START)
    assert len(device.asked) <= 1 + 2 * 7, "seven halvings from 125 to 1, two requests each"
    assert len(poll(plan, device, START)) == 124
    assert len(device.asked) <= 7, "the bad register itself is left alone"


@pytest.mark.parametrize(
    ("code", "seconds"),
    [(2, [1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1623]), (4, [1, 3, 7, 15, 31, 63, *range(123, 1800, 60)])],
)
def test_a_parked_point_is_asked_ever_more_rarely_and_most_rarely_where_the_configuration_is_wrong(
    code: int, seconds: list[int]
) -> None:
    plan, device = planned(registers(0, 1, 2)), PickyDevice({1})
    poll(plan, device, START, code)
    retries = []
    for second in range(1, 1800):
        poll(plan, device, START + second * SECOND, code)
        if any(read.points == (1,) for read in device.asked):
            retries.append(second)
    assert retries == seconds


def test_a_point_that_answers_again_joins_its_neighbours() -> None:
    plan, device = planned(registers(0, 1, 2)), PickyDevice({1})
    poll(plan, device, START)
    device.bad.clear()
    poll(plan, device, START + 1 * SECOND)
    assert not plan.parked
    poll(plan, device, START + 2 * SECOND)
    assert [str(read) for read in device.asked] == ["holding 0 to 2"]


def test_a_device_that_takes_only_short_requests_ends_up_with_short_requests() -> None:
    plan, device = planned(registers(*range(100))), PickyDevice(set(), longest=32)
    assert poll(plan, device, START) == set(range(100))
    assert poll(plan, device, START + SECOND) == set(range(100))
    assert [read.count for read in device.asked] == [25, 25, 25, 25]
    assert not plan.parked


def test_a_device_that_fails_as_a_whole_is_read_whole_again_once_it_recovers() -> None:
    plan, device = planned(registers(*range(40))), PickyDevice(set(range(40)))
    assert poll(plan, device, START, code=4) == set()
    device.bad.clear()
    answered: set[int] = set()
    for second in range(3):
        answered |= poll(plan, device, START + MINUTE + second * SECOND)
        assert len(device.asked) <= 16 + 1, "the others on the line want their turn, too"
    assert answered == set(range(40))
    poll(plan, device, START + 2 * MINUTE)
    assert [str(read) for read in device.asked] == ["holding 0 to 39"]


def test_busy_once_says_nothing_and_busy_twice_is_bad() -> None:
    plan = planned(registers(0, 1))
    (read,) = plan.due(START)
    assert plan.refused(read, 6, START).lesson is Lesson.BUSY
    assert plan.refused(read, 5, START + SECOND).lesson is Lesson.STILL_BUSY
    plan.answered(read, START + SECOND)
    assert plan.refused(read, 6, START + 2 * SECOND).lesson is Lesson.BUSY
    assert plan.due(START + 3 * SECOND) == [read]


def test_a_gateway_that_cannot_reach_the_device_says_that_it_is_gone() -> None:
    plan = planned(registers(0, 1))
    (read,) = plan.due(START)
    assert {plan.refused(read, code, START).lesson for code in (10, 11)} == {Lesson.GONE}
    assert plan.due(START) == [read]


@given(st.integers(1, 255))
def test_every_code_has_a_meaning_and_none_loses_a_point(code: int) -> None:
    plan = planned(registers(*range(8)))
    (read,) = plan.due(START)
    refused = plan.refused(read, code, START)
    asked_later = {position for later in plan.due(START + MINUTE) for position in later.points}
    assert asked_later == set(range(8))
    assert (refused.lesson is Lesson.SPLIT) == bool(refused.instead)


gappy = st.lists(st.integers(0, 60), min_size=2, max_size=25, unique=True).flatmap(
    lambda numbers: st.tuples(st.just(sorted(numbers)), st.sets(st.integers(0, 60), max_size=8))
)


@given(gappy)
def test_registers_in_gaps_that_a_device_refuses_cost_nobody_a_value_and_soon_nothing_at_all(
    case: tuple[list[int], set[int]],
) -> None:
    numbers, bad = case
    plan, device = planned(registers(*numbers)), PickyDevice(bad)
    good = {position for position, number in enumerate(numbers) if number not in bad}
    polls = 0
    while polls == 0 or any(device.refused_counts):
        assert poll(plan, device, START + polls) == good, "also while it is being learned"
        polls += 1
        assert polls <= 10
    assert {numbers[position] for position in plan.parked} == bad & set(numbers)
    assert all(bad & set(range(gap.first, gap.last + 1)) for gap in plan.unreadable), "no other gap is blamed"


def test_one_refused_register_in_a_gap_costs_few_requests_once() -> None:
    plan, device = planned(registers(*range(0, 120, 4))), PickyDevice({61})
    poll(plan, device, START)
    assert len(device.asked) <= 1 + 2 * 5, "five cuts from 29 gaps to one, two requests each"
    assert [(gap.first, gap.last) for gap in plan.unreadable] == [(61, 63)]
    poll(plan, device, START + SECOND)
    assert [str(read) for read in device.asked] == ["holding 0 to 60", "holding 64 to 116"]


def test_a_gap_that_was_refused_is_tried_again_after_an_hour_then_ever_more_rarely() -> None:
    plan, device = planned(registers(0, 4)), PickyDevice({2})
    tried = []
    for minute in range(0, 5 * 24 * 60, 20):
        assert poll(plan, device, START + minute * MINUTE) == {0, 1}
        if any(read.spare for read in device.asked):
            tried.append(minute // 60)
    assert tried == [0, 1, 3, 7, 15, 31, 55, 79, 103]
    device.bad.clear()
    poll(plan, device, START + 10 * 24 * HOUR)
    assert not plan.unreadable
    assert [str(read) for read in device.asked] == ["holding 0 to 4"]


@pytest.mark.parametrize("code", [4, 6, 7, 99])
def test_what_a_device_cannot_do_now_is_not_taken_for_registers_it_does_not_have(code: int) -> None:
    plan, device = planned(registers(0, 4)), PickyDevice({2})
    for second in range(3):
        poll(plan, device, START + second * SECOND, code)
    assert not plan.unreadable


def test_registers_that_are_to_be_left_alone_are_left_alone_from_the_first_request_on() -> None:
    limits = Limits(125, 2000, avoid=(Block(Table.HOLDING, 2, 2),))
    plan, device = PollPlan(registers(0, 4), range(2), limits), PickyDevice({2})
    assert poll(plan, device, START) == {0, 1}
    assert not any(device.refused_counts)


def test_a_measured_cost_makes_a_new_plan_only_where_that_saves_a_tenth_of_the_links_time() -> None:
    plan, device = planned(registers(0, 20, 40)), PickyDevice(set())
    assert not plan.cost_is(LinkCost(200.0, 1.0, 0.1), START), "a request is still dearer than twenty registers"
    assert plan.cost_is(LinkCost(33_000.0, 2_290.0, 143.0), START)
    assert poll(plan, device, START) == {0, 1, 2}
    assert [str(read) for read in device.asked] == ["holding 0", "holding 20", "holding 40"]
    assert not plan.cost_is(LinkCost(40_000.0, 2_290.0, 143.0), START + SECOND), "it would change the plan, and save nothing"


def test_of_more_gaps_that_are_refused_than_are_kept_the_oldest_is_forgotten() -> None:
    plan = planned(registers(*range(0, 2 * 1010, 2)), registers_max=2 * 1010)
    device = PickyDevice(set(range(1, 2 * 1010, 2)), longest=2 * 1010)
    kept = []
    for second in range(6):
        poll(plan, device, START + second * SECOND)
        kept.append(len(plan.unreadable))
    assert max(kept) == 1000
