"""Responses: what follows with inertia follows a step as physics does, in whatever order it is asked; wander and sensors."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.encoding import ValueType
from simulators.devices.machine import SimulatedMachine
from simulators.devices.point import Point
from simulators.devices.response import Inertia, Input, Response
from simulators.signals import Constant, Noise, Sensor, Sum, Wander, inertia_us, undisturbed
from simulators.steering import Release, Set, timeline

SECOND = 1_000_000
MINUTE = 60 * SECOND
START = 1_777_852_800 * SECOND


def step(at: int, low: float = 0.0, high: float = 100.0) -> Input:
    return Input(lambda now: high if now >= at else low, 1.0)


def course(response: Response, until: int, every: int = SECOND) -> list[float]:
    return [response.value(START + at) for at in range(0, until, every)]


def test_one_lag_has_gone_63_percent_of_the_way_after_its_time_constant():
    bearing = Response((step(START + MINUTE),), (Inertia(8 * MINUTE, 8 * MINUTE),), START)
    assert bearing.value(START + MINUTE) == 0.0
    assert bearing.value(START + 9 * MINUTE) == pytest.approx(63.2, abs=0.4)
    assert bearing.value(START + 60 * MINUTE) == pytest.approx(99.94, abs=0.02)


def test_it_cools_more_slowly_than_it_warms():
    target = Input(lambda now: 100.0 if now < START + 60 * MINUTE else 0.0, 1.0)
    bearing = Response((target,), (Inertia(5 * MINUTE, 10 * MINUTE),), START, initial=0.0)
    assert bearing.value(START + 5 * MINUTE) == pytest.approx(63.2, abs=0.4)
    assert bearing.value(START + 70 * MINUTE) == pytest.approx(36.8, abs=0.4)


def test_behind_two_lags_nothing_happens_at_first():
    one = Response((step(START),), (Inertia(8 * MINUTE, 8 * MINUTE),), START, initial=0.0)
    two = Response((step(START),), (Inertia(8 * MINUTE, 8 * MINUTE), Inertia(MINUTE, MINUTE)), START, initial=0.0)
    assert two.value(START + 10 * SECOND) < one.value(START + 10 * SECOND) / 5
    assert two.value(START + 60 * MINUTE) == pytest.approx(one.value(START + 60 * MINUTE), abs=0.2)
    assert all(before <= after for before, after in pairwise(course(two, 20 * MINUTE, 10 * SECOND)))


def test_the_target_is_the_sum_of_its_inputs_within_its_clamp_and_without_a_lag_it_is_there_at_once():
    of = (Input(lambda _: 1000.0, 0.02), Input(lambda _: 1.0, 24.0))
    assert Response(of, (), START, offset=38.0).value(START) == 82.0
    assert Response(of, (), START, offset=38.0, high=70.0).value(START) == 70.0


def test_it_begins_where_its_inputs_would_have_it_in_the_end():
    bearing = Response((Input(lambda _: 50.0, 1.0),), (Inertia(MINUTE, MINUTE),), START, offset=10.0)
    assert [bearing.value(START + at) for at in (-MINUTE, 0, 7 * SECOND)] == pytest.approx([60.0, 60.0, 60.0])


@given(
    st.lists(st.integers(0, 8 * MINUTE), min_size=1, max_size=6),
    st.integers(2 * SECOND, 20 * MINUTE),
    st.randoms(use_true_random=False),
)
def test_it_answers_the_same_in_whatever_order_it_is_asked(asked, time_constant, order):
    def response() -> Response:
        drifting = Input(Wander(30.0, 5, 10 * MINUTE).value, 1.0)
        return Response((drifting,), (Inertia(time_constant, 2 * time_constant),), START)

    expected = {at: response().value(START + at) for at in asked}
    one = response()
    order.shuffle(asked)
    assert {at: one.value(START + at) for at in asked} == expected


def test_a_question_costs_only_the_time_since_the_last_one_and_one_about_the_past_a_little():
    asked: list[int] = []

    def speed(now: int) -> float:
        asked.append(now)
        return 900.0

    bearing = Response((Input(speed, 0.02),), (Inertia(8 * MINUTE, 8 * MINUTE),), START)
    bearing.value(START + 24 * 60 * MINUTE)
    for moment, most in ((24 * 60 * MINUTE + SECOND, 2), (12 * 60 * MINUTE, 70)):
        asked.clear()
        bearing.value(START + moment)
        assert len(asked) <= most


def test_what_is_steered_between_two_questions_is_followed_from_then_on():
    point = Point("oil_p", None, ValueType.FLOAT64, Constant(0.12))
    machine = SimulatedMachine("BEARING", [point], None)
    pressure = Input(partial(machine.quantity, "oil_p"), -300.0)
    bearing = Response((pressure,), (Inertia(4 * MINUTE, 4 * MINUTE),), START, offset=80.0)
    before = bearing.value(START + 10 * MINUTE)
    machine.override("oil_p", 0.05, START + 10 * MINUTE)
    assert bearing.value(START + 10 * MINUTE) == before == pytest.approx(44.0)
    assert bearing.value(START + 14 * MINUTE) == pytest.approx(44 + 21 * 0.632, abs=0.3)
    assert bearing.value(START + 5 * MINUTE) == pytest.approx(44.0), "the past stays as it was"


def test_a_released_response_creeps_back():
    bearing = Response((Input(lambda _: 60.0, 1.0),), (Inertia(MINUTE, MINUTE),), START)
    line = timeline(Sensor(bearing, Noise(0.1, 3)), [(START, Set(100.0)), (START + MINUTE, Release())])
    assert line.value(START + 2 * MINUTE) == pytest.approx(60 + 40 * math.exp(-1), abs=0.2)


@given(st.integers(0, 2**32), st.integers(START, START + 10**13), st.integers(1, 6))
def test_a_wander_stays_within_its_amplitude_and_never_jumps(seed, now, octaves):
    wander = Wander(2.0, seed, 10 * MINUTE, octaves)
    course = [wander.value(now + s * SECOND) for s in range(30)]
    assert all(abs(value) <= 2.0 for value in course)
    assert all(abs(after - before) < 0.1 for before, after in pairwise(course))


def test_a_wander_goes_somewhere_in_an_hour():
    wander = Wander(2.0, 1, 10 * MINUTE)
    course = [wander.value(START + at) for at in range(0, 60 * MINUTE, MINUTE)]
    assert max(course) - min(course) > 1.0


def test_a_sensor_shows_noise_in_steps_of_its_resolution_and_the_quantity_has_neither():
    quantity = Sum((Constant(62.0), Wander(1.0, 5, MINUTE)))
    sensor = Sensor(quantity, Noise(0.3, 9), resolution=0.25)
    shown = {sensor.value(START + s * SECOND) for s in range(60)}
    assert len(shown) > 3
    assert all(value * 4 == round(value * 4) for value in shown)
    assert undisturbed(timeline(timeline(sensor)), START) == quantity.value(START)


def test_impossible_responses_cannot_be_made():
    with pytest.raises(ValueError, match="longer than 0"):
        Inertia(0, SECOND)
    with pytest.raises(ValueError, match="low must be below high"):
        Response((), (), START, low=1.0, high=1.0)
    with pytest.raises(ValueError, match="resolution"):
        Sensor(Constant(1.0), resolution=-1.0)
    assert inertia_us(Sensor(Response((), (Inertia(5, 9),), START))) == 9
