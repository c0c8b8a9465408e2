"""A production line's schedule: products of random length, phases in order, stops, halts; the same in any order of asking."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.production import STOPPED, Phase, PlannedStop, ProductionLine, Products
from simulators.steering import Halt, Resume

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
START = 1_777_852_800 * SECOND  # 2026-05-04T00:00:00Z
PRODUCTS = Products(
    duration=(8.0 * MINUTE, 12.0 * MINUTE),
    identity="C{date}-{n:3}",
    recipes={
        "DC01": {"rolling_speed": (800.0, 1100.0), "thickness": (0.8, 0.8)},
        "DC04": {"rolling_speed": (700.0, 700.0), "thickness": (1.0, 1.0)},
    },
    campaign=2,
    utc_offset_us=8 * HOUR,
)
PHASES = (
    Phase("threading", (50.0 * SECOND, 70.0 * SECOND), 60.0, 5 * SECOND),
    Phase("rolling", None, "rolling_speed", 30 * SECOND),
    Phase("changing", (60.0 * SECOND, 90.0 * SECOND), 0.0, 10 * SECOND, is_idle=True),
)
THREADING, ROLLING, CHANGING = 1, 2, 3


def mill(*stops: PlannedStop, seed: int = 7) -> ProductionLine:
    return ProductionLine(PRODUCTS, PHASES, START, seed, stops)


def test_over_a_day_each_product_lasts_8_to_12_minutes_and_no_two_alike():
    line = mill()
    begins = [START]
    for at in range(0, 24 * HOUR, 5 * SECOND):
        now = START + at
        if line.product(now).number >= len(begins):
            begins.append(now)
    lengths = [(end - begin) / MINUTE for begin, end in pairwise(begins)]
    assert 130 < len(lengths) < 155
    assert all(8 - 5 / 60 <= length <= 12 + 5 / 60 for length in lengths)
    assert min(lengths) < 9 and max(lengths) > 11


def test_a_product_is_threaded_rolled_at_its_own_speed_and_changed():
    line = mill()
    end = line.product(START).boundaries[-1]
    seen = [line.phase(START + at) for at in range(0, end, SECOND)]
    assert [phase for phase, before in zip(seen, [0, *seen], strict=False) if phase != before] == [THREADING, ROLLING, CHANGING]
    threaded, rolled, _ = line.product(START).boundaries[1:]
    speed = line.product(START).numbers["rolling_speed"]
    assert 800 <= speed <= 1100
    assert line.speed(START + threaded) == 60.0
    assert line.speed(START + threaded + 15 * SECOND) == pytest.approx((60 + speed) / 2)
    assert line.speed(START + threaded + 30 * SECOND) == speed
    assert (line.is_running(START + rolled - 1), line.is_running(START + rolled)) == (True, False)


def test_products_have_a_name_of_their_day_and_recipes_take_turns_by_campaign():
    line = mill()
    made = {}
    for minute in range(60):
        product = line.product(START + 17 * HOUR + minute * MINUTE)
        made[product.number] = product
    assert line.product(START).identity == "C260504-001"
    assert {product.identity[:7] for product in made.values()} == {"C260505"}, "17:00 UTC is past midnight at the plant"
    assert all(product.identity.endswith(f"-{number + 1:03}") for number, product in made.items())
    recipes = [line.product(START + minute * MINUTE).recipe for minute in (2, 15, 25, 35, 45)]
    assert recipes == ["DC01", "DC01", "DC04", "DC04", "DC01"]
    assert line.number("thickness", START + 25 * MINUTE) == 1.0


def test_a_planned_stop_begins_when_the_product_of_that_moment_ends_and_loses_none():
    line = mill(PlannedStop(START + 15 * MINUTE, 30 * MINUTE))
    second_ends = mill().product(START + 15 * MINUTE).boundaries[-1]
    stopped_at = START + second_ends
    assert [line.phase(stopped_at + at) for at in (-1, 0, 30 * MINUTE - 1, 30 * MINUTE)] == [
        CHANGING,
        STOPPED,
        STOPPED,
        THREADING,
    ]
    assert line.speed(stopped_at + MINUTE) == 0.0
    assert line.product(stopped_at - 1).number == 1
    assert line.product(stopped_at + 30 * MINUTE).number == 2


def test_a_stop_comes_again_each_shift():
    line = mill(PlannedStop(START + HOUR, 10 * MINUTE, 8 * HOUR))
    stopped = [minute for minute in range(24 * 60) if line.phase(START + minute * MINUTE) == STOPPED]
    assert len(stopped) == 30
    assert {minute // 60 for minute in stopped} <= {1, 9, 17}


def test_a_halt_stops_within_its_time_in_the_middle_of_a_product_and_then_comes_the_next():
    line = mill()
    at = START + 4 * MINUTE
    speed = line.speed(at)
    line.command(at, Halt(4 * SECOND))
    assert [line.speed(at + s * SECOND) for s in (0, 2, 4, 600)] == pytest.approx([speed, speed / 2, 0, 0])
    assert (line.phase(at), line.is_running(at), line.product(at + HOUR).number) == (STOPPED, False, 0)
    line.command(at + HOUR, Resume())
    assert (line.phase(at + HOUR), line.product(at + HOUR).number) == (THREADING, 1)


def test_a_halt_in_a_planned_stop_keeps_it_stopped_until_somebody_resumes():
    line = mill(PlannedStop(START + 5 * MINUTE, 10 * MINUTE))
    begin = START + line.product(START).boundaries[-1]
    line.command(begin + MINUTE, Halt(0))
    assert line.phase(begin + HOUR) == STOPPED
    line.command(begin + HOUR, Resume())
    assert line.phase(begin + HOUR) == THREADING


@given(
    st.lists(st.integers(0, 30 * HOUR), min_size=1, max_size=12),
    st.lists(st.integers(0, 20 * HOUR), max_size=3, unique=True),
    st.randoms(use_true_random=False),
)
def test_the_schedule_answers_the_same_in_whatever_order_it_is_asked(asked, halts, order):
    def line() -> ProductionLine:
        made = mill(PlannedStop(START + 2 * HOUR, 20 * MINUTE, 8 * HOUR))
        for halt in halts:
            made.command(START + halt, Halt(10 * SECOND))
            made.command(START + halt + 5 * MINUTE, Resume())
        return made

    def state(of: ProductionLine, at: int) -> tuple[object, ...]:
        now = START + at
        return of.product(now).identity, of.phase(now), of.speed(now), of.finished(now), of.progress(now)

    expected = {at: state(line(), at) for at in asked}
    one = line()
    order.shuffle(asked)
    assert {at: state(one, at) for at in asked} == expected
    assert all(0 <= answer[-1] <= 1 for answer in expected.values())


def test_phases_that_do_not_fit_the_shortest_product_are_refused():
    long = Phase("rolling", (9.0 * MINUTE, 9.0 * MINUTE), 1.0)
    with pytest.raises(ValueError, match="the phases take up to 540 s, the shortest product lasts 480 s"):
        ProductionLine(PRODUCTS, (long, Phase("changing", None, 0.0)), START, 1)
    with pytest.raises(ValueError, match="exactly one phase"):
        ProductionLine(PRODUCTS, (long,), START, 1)


def test_a_line_refuses_to_be_halted_for_ever():
    line = mill()
    for n in range(1000):
        line.command(START + n, Halt(0))
    with pytest.raises(ValueError, match="start the simulator anew"):
        line.command(START + 1001, Resume())
