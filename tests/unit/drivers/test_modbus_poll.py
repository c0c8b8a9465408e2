"""A device's refusals teach which reads it takes; a bad register never costs its neighbours for ever."""

from __future__ import annotations

import json
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.config import ModbusPoint
from drivers.modbus.plan import Read
from drivers.modbus.poll import Lesson, PollPlan
from edge.model.moment import MINUTE, SECOND

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

    def refuses(self, read: Read) -> bool:
        self.asked.append(read)
        return read.count > self.longest or bool(self.bad & set(range(read.address, read.address + read.count)))


def poll(plan: PollPlan, device: PickyDevice, now: int, code: int = 2) -> set[int]:
    """One poll as the driver makes it; the positions that were answered."""
    reads, answered = deque(plan.due(now)), set()
    device.asked.clear()
    while reads:
        read = reads.popleft()
        if device.refuses(read):
            reads.extendleft(reversed(plan.refused(read, code, now).instead))
        else:
            plan.answered(read)
            answered |= set(read.points)
    return answered


def planned(points: list[ModbusPoint], registers_max: int = 125) -> PollPlan:
    return PollPlan(points, registers_max=registers_max, bits_max=2000)


@given(st.integers(1, 125).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), max_size=n))))
def test_the_first_poll_already_reads_every_good_register_and_parks_every_bad_one(case: tuple[int, set[int]]) -> None:
    count, bad = case
    plan = planned(registers(*range(count)))
    assert poll(plan, PickyDevice(bad), START) == set(range(count)) - bad
    assert plan.parked == bad


@given(st.integers(0, 124))
def test_one_bad_register_among_125_costs_few_requests_once(bad: int) -> None:
    plan, device = planned(registers(*range(125))), PickyDevice({bad})
    poll(plan, device, START)
    assert len(device.asked) <= 1 + 2 * 7, "seven halvings from 125 to 1, two requests each"
    assert len(poll(plan, device, START)) == 124
    assert len(device.asked) <= 7, "the bad register itself is left alone"


def test_a_parked_point_is_retried_ever_more_rarely() -> None:
    plan, device = planned(registers(0, 1, 2)), PickyDevice({1})
    poll(plan, device, START)
    retries = []
    for second in range(1, 200):
        poll(plan, device, START + second * SECOND)
        if any(read.points == (1,) for read in device.asked):
            retries.append(second)
    assert retries == [1, 3, 7, 15, 31, 63, 123, 183]


def test_a_point_that_answers_again_joins_its_neighbours() -> None:
    plan, device = planned(registers(0, 1, 2)), PickyDevice({1})
    poll(plan, device, START)
    device.bad.clear()
    poll(plan, device, START + 1 * SECOND)
    assert plan.parked == set()
    poll(plan, device, START + 2 * SECOND)
    assert [str(read) for read in device.asked] == ["holding 0 to 2"]


def test_a_device_that_takes_only_short_requests_ends_up_with_short_requests() -> None:
    plan, device = planned(registers(*range(100))), PickyDevice(set(), longest=32)
    assert poll(plan, device, START) == set(range(100))
    assert poll(plan, device, START + SECOND) == set(range(100))
    assert [read.count for read in device.asked] == [25, 25, 25, 25]
    assert plan.parked == set()


def test_a_device_that_fails_as_a_whole_is_read_whole_again_once_it_recovers() -> None:
    plan, device = planned(registers(*range(40))), PickyDevice(set(range(40)))
    assert poll(plan, device, START, code=4) == set()
    device.bad.clear()
    assert poll(plan, device, START + MINUTE) == set(range(40))
    poll(plan, device, START + MINUTE + SECOND)
    assert [str(read) for read in device.asked] == ["holding 0 to 39"]


def test_busy_once_says_nothing_and_busy_twice_is_bad() -> None:
    plan = planned(registers(0, 1))
    (read,) = plan.due(START)
    assert plan.refused(read, 6, START).lesson is Lesson.BUSY
    assert plan.refused(read, 5, START + SECOND).lesson is Lesson.STILL_BUSY
    plan.answered(read)
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
