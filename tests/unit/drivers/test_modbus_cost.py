"""What requests cost: of a serial line by its rate, of any link by what was measured, whatever single round trips do."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.config import ModbusConnection
from drivers.modbus.cost import (
    SIZES_MAX,
    TYPICAL_TCP,
    LinkCost,
    RoundTrips,
    cost_of,
    least_cost_of,
    serial_cost,
)
from edge.ports import SerialLine


def connection(**given: object) -> ModbusConnection:
    return ModbusConnection.model_validate(given)


def test_at_9600_baud_a_request_takes_33_ms_and_a_register_2_ms() -> None:
    cost = serial_cost(SerialLine(9600))
    assert cost.per_request_us == pytest.approx(33_000, rel=0.01)
    assert cost.per_register_us == pytest.approx(2_290, rel=0.01)
    assert cost.per_bit_us * 16 == pytest.approx(cost.per_register_us)


def test_a_quicker_line_costs_less_and_no_line_less_than_its_characters() -> None:
    costs = [cost_of(connection(serial={"path": "/dev/ttyS0", "baud": baud})) for baud in (1200, 9600, 19_200, 115_200)]
    assert sorted(costs, key=lambda cost: -cost.of(10, of_bits=False)) == costs
    for baud in (1200, 115_200):
        serial = connection(serial={"path": "/dev/ttyS0", "baud": baud})
        assert least_cost_of(serial).of(10, of_bits=False) > 33 * 11e6 / baud
        assert least_cost_of(serial).of(10, of_bits=False) < cost_of(serial).of(10, of_bits=False)


def test_a_network_is_a_network_and_a_converter_has_a_line_behind_it() -> None:
    assert cost_of(connection(host="10.0.0.5")) == TYPICAL_TCP
    assert cost_of(connection(host="10.0.0.5", frames="rtu")).per_register_us > 1_000


sizes = st.lists(st.integers(1, 125), min_size=2, max_size=6, unique=True)
links = st.tuples(st.integers(200, 200_000), st.integers(0, 5_000))


@given(sizes, links, st.floats(0.0, 0.4), st.randoms(use_true_random=False))
def test_the_cost_is_found_from_round_trips_though_four_of_ten_are_far_off(
    counts: list[int], link: tuple[int, int], share: float, chance: random.Random
) -> None:
    per_request, per_register = link
    trips = RoundTrips()
    for count in counts:
        usual = per_request + per_register * count
        off = set(chance.sample(range(15), int(share * 15)))
        for number in range(15):
            trips.note(count, usual * chance.randint(5, 50) if number in off else usual, of_bits=False)
    found = trips.estimate(TYPICAL_TCP)
    assert found.per_register_us == pytest.approx(per_register, abs=1)
    assert found.per_request_us == pytest.approx(max(per_request, 1), rel=0.01, abs=130)


@given(st.integers(1, 125), st.integers(1, 10**7))
def test_requests_of_one_size_change_what_a_request_costs_and_not_what_a_register_is_worth(count: int, usual: int) -> None:
    trips = RoundTrips()
    for _ in range(10):
        trips.note(count, usual, of_bits=False)
    found = trips.estimate(TYPICAL_TCP)
    assert found.of(count, of_bits=False) == pytest.approx(usual, rel=0.01, abs=1.1)
    ratio = TYPICAL_TCP.per_request_us / TYPICAL_TCP.per_register_us
    assert found.per_request_us / found.per_register_us == pytest.approx(ratio, rel=0.01) or found.per_request_us == 1.0


def test_a_few_round_trips_say_nothing_yet() -> None:
    trips = RoundTrips()
    for _ in range(4):
        trips.note(10, 500_000, of_bits=False)
    assert trips.estimate(TYPICAL_TCP) == TYPICAL_TCP


def test_bits_count_for_the_sixteenth_part_of_a_register() -> None:
    trips = RoundTrips()
    for count in (16, 160):
        for _ in range(5):
            trips.note(count, 1000 + 100 * count, of_bits=True)
    assert trips.estimate(TYPICAL_TCP) == LinkCost(1000.0, 1600.0, 100.0)


@given(st.lists(st.tuples(st.integers(1, 2000), st.integers(0, 10**8), st.booleans()), max_size=200))
def test_whatever_was_measured_a_cost_is_a_cost_and_little_is_kept(measured: list[tuple[int, int, bool]]) -> None:
    trips = RoundTrips()
    for count, took, of_bits in measured:
        trips.note(count, took, of_bits=of_bits)
    found = trips.estimate(TYPICAL_TCP)
    assert found.per_request_us >= 1.0 and found.per_register_us >= 0.0
    assert trips.sizes <= SIZES_MAX
