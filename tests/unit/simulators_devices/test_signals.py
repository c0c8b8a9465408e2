"""Signals and timelines: the same moment gives the same value, courses end where they were told to, a hand beats a script."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.signals import (
    Constant,
    Lag,
    Noise,
    Ramp,
    Signal,
    Sine,
    Square,
    Sum,
)
from simulators.steering import PointAction, RampTo, Release, Set, SettleTo, timeline

SECOND = 1_000_000
START = 1_767_225_600 * SECOND
values = st.floats(-1e6, 1e6)
moments = st.integers(START - 3600 * SECOND, START + 3600 * SECOND)
durations = st.integers(1, 3600 * SECOND)
lags = st.builds(Lag, values, durations, values, moments)
noises = st.builds(Noise, st.floats(0, 10), st.integers(0, 2**63), durations)
plain_signals: st.SearchStrategy[Signal] = st.one_of(
    st.builds(Constant, values),
    st.builds(Sine, values, values, durations, moments),
    st.builds(Square, values, values, durations, st.floats(0, 1), moments),
    noises,
    st.builds(Ramp, values, values, moments, durations),
    lags,
)
signals = st.one_of(plain_signals, st.builds(Sum, st.tuples(plain_signals, noises)))
actions: st.SearchStrategy[PointAction] = st.one_of(
    st.builds(Set, values), st.builds(RampTo, values, durations), st.builds(SettleTo, values, durations), st.just(Release())
)
scripts = st.lists(st.tuples(moments, actions), max_size=6).map(lambda script: sorted(script, key=lambda entry: entry[0]))


@given(signals, scripts, st.lists(moments, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_a_signal_answers_the_same_in_whatever_order_it_is_asked(signal, script, asked, order):
    line = timeline(signal, script)
    first = {moment: line.value(moment) for moment in asked}
    order.shuffle(asked)
    assert {moment: timeline(signal, script).value(moment) for moment in asked} == first
    assert all(math.isfinite(value) for value in first.values())


@given(values, values, moments, durations, st.lists(moments, min_size=2))
def test_a_ramp_never_turns_back_and_ends_exactly_at_its_target(begin, end, started_at, over_us, asked):
    ramp = Ramp(begin, end, started_at, over_us)
    course = [ramp.value(moment) for moment in sorted(asked)]
    steps = itertools.pairwise(course)
    assert all(earlier <= later for earlier, later in steps) if begin <= end else all(e >= lt for e, lt in steps)
    assert ramp.value(started_at) == begin
    assert ramp.value(started_at + over_us) == end
    assert ramp.value(started_at + over_us + SECOND) == end


@given(lags, durations)
def test_a_lag_has_gone_63_percent_of_the_way_after_one_time_constant(lag, elapsed):
    after_one = lag.value(lag.started_at + lag.time_constant_us)
    assert after_one == pytest.approx(lag.initial + (lag.target - lag.initial) * 0.6321205588, abs=1e-3)
    assert lag.value(lag.started_at - elapsed) == lag.initial


@given(noises, moments)
def test_noise_stays_within_its_amplitude_and_changes_with_its_seed(noise, moment):
    assert abs(noise.value(moment)) <= noise.amplitude
    near = [Noise(1.0, seed).value(moment) for seed in range(20)]
    assert len(set(near)) == 20


@given(moments, durations)
def test_a_sine_repeats_and_passes_the_mean_rising(started_at, period_us):
    sine = Sine(50.0, 5.0, 4 * period_us, started_at)
    assert sine.value(started_at) == 50.0
    assert sine.value(started_at + period_us) == 55.0
    assert sine.value(started_at + 3 * period_us) == 45.0
    assert sine.value(started_at + 4 * period_us * 1_000_000 + period_us) == 55.0


def test_a_square_is_high_for_its_duty():
    square = Square(0.0, 1.0, 10 * SECOND, duty=0.3, started_at=START)
    assert [square.value(START + second * SECOND) for second in range(-1, 11)] == [0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]


@given(signals, scripts, moments, actions)
def test_before_an_action_nothing_changes_and_at_it_a_course_begins_where_the_value_is(signal, script, at, action):
    before = timeline(signal, [entry for entry in script if entry[0] < at])
    after = before.then(at, action)
    assert after.value(at - 1) == before.value(at - 1)
    begins = {Set: getattr(action, "value", None), Release: None}.get(type(action), before.value(at))
    if begins is not None:
        assert after.value(at) == pytest.approx(begins)


@given(signals, scripts, scripts, moments)
def test_a_value_held_by_hand_beats_the_script_until_it_is_released(signal, script, later_script, moment):
    scripted = timeline(signal, sorted([*script, *later_script], key=lambda entry: entry[0]))
    held = timeline(scripted).then(moment, Set(42.0))
    for later in (0, 1, SECOND, 7200 * SECOND):
        assert held.value(moment + later) == 42.0
    released = held.then(moment + SECOND, Release())
    assert released.value(moment + 7200 * SECOND * 100_000) == pytest.approx(
        scripted.value(moment + 7200 * SECOND * 100_000), abs=1e-3
    )


def test_a_released_bearing_creeps_back_with_its_time_constant_and_does_not_jump():
    bearing = Lag(60.0, 40 * SECOND, 60.0, START)
    line = timeline(bearing, [(START, Set(100.0)), (START + SECOND, Release())])
    assert line.value(START + SECOND) == pytest.approx(100.0)
    assert line.value(START + 41 * SECOND) == pytest.approx(60 + 40 * math.exp(-1))


def test_from_a_broken_sensor_a_course_jumps_because_no_line_leads_out_of_not_a_number():
    line = timeline(Constant(1.0), [(START, Set(math.nan)), (START + 1, SettleTo(5.0, SECOND))])
    assert math.isnan(line.value(START))
    assert line.value(START + 1) == 5.0


def test_actions_out_of_order_are_refused():
    with pytest.raises(ValueError, match="in order of time"):
        timeline(Constant(1.0), [(START, Set(2.0)), (START - 1, Set(3.0))])


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda: Sine(0, 1, 0),
        lambda: Square(0, 1, SECOND, duty=1.5),
        lambda: Lag(1, 0, 1, START),
        lambda: Ramp(0, 1, START, -1),
        lambda: Noise(1, 1, 0),
    ],
)
def test_impossible_signals_cannot_be_made(nonsense):
    with pytest.raises(ValueError):
        nonsense()
