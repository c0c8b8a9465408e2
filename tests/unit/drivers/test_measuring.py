"""What a raw number is worth, and when it is no measurement: against exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.measuring import Measured, Measuring, raw_of, slope_and_offset
from edge.model.sample import Mark, Quality
from edge.model.tag import AS_IT_COMES, Measure

GOOD, BAD = (Quality.GOOD, Mark.NONE), (Quality.BAD, Mark.SENSOR_FAULT)
decimals = st.decimals(-10_000, 10_000, allow_nan=False, places=3).map(float)
raws = st.integers(-(2**31), 2**31 - 1)
ends = st.tuples(decimals, decimals).filter(lambda pair: pair[0] != pair[1])


def measured(measure: Measure, *raw: float) -> list[tuple[float, tuple[int, int]]]:
    """(value, (quality, mark)) of raw numbers of one tag."""
    result = Measuring([measure]).measure(np.zeros(len(raw), dtype=np.intp), np.array(raw))
    return list(zip(result.value.tolist(), zip(result.quality.tolist(), result.mark.tolist(), strict=True), strict=True))


def one(measure: Measure, raw: float) -> tuple[float, tuple[int, int]]:
    return measured(measure, raw)[0]


def exact(number: float) -> Fraction:
    """The decimal a person wrote."""
    return Fraction(repr(number))


def test_scale_and_offset_give_the_number_on_the_display() -> None:
    assert one(Measure(scale=0.1), 623) == (62.3, GOOD)
    assert one(Measure(scale=0.01, offset=-20), 4250) == (22.5, GOOD)
    assert one(Measure(scale=2.5), 3) == (7.5, GOOD)
    assert one(AS_IT_COMES, -7) == (-7.0, GOOD)


@given(raws, st.integers(1, 9))
def test_a_decimal_scale_gives_the_float_that_prints_as_the_decimal(raw: int, digits: int) -> None:
    assert one(Measure(scale=float(f"1e-{digits}")), raw)[0] == float(f"{raw}e-{digits}")


@given(raws, decimals.filter(bool), decimals)
def test_a_value_is_what_exact_arithmetic_makes_it(raw: int, scale: float, offset: float) -> None:
    product = raw * exact(scale)
    wanted = product + exact(offset)
    nearness = 4 * math.ulp(float(max(abs(product), abs(exact(offset)))))  # a sum may cancel what was rounded before
    assert abs(Fraction(one(Measure(scale=scale, offset=offset), raw)[0]) - wanted) <= nearness


@given(ends, ends)
def test_a_raw_range_takes_its_ends_to_those_of_the_range(span: tuple[float, float], raw: tuple[float, float]) -> None:
    assume(abs(span[1] - span[0]) >= 1 and abs(raw[1] - raw[0]) >= 1)
    results = measured(Measure(range=span, raw_range=raw), *raw)
    steepness = abs((span[1] - span[0]) / (raw[1] - raw[0]))
    nearness = 8 * math.ulp(max(abs(span[0]), abs(span[1]), steepness * max(abs(raw[0]), abs(raw[1]))))
    for (value, verdict), wanted in zip(results, span, strict=True):
        assert abs(value - wanted) <= nearness
        assert verdict == GOOD


def test_the_ends_of_usual_ranges_are_exact() -> None:
    for span, raw in (((0.0, 16.0), (0.0, 27648.0)), ((-50.0, 150.0), (4.0, 20.0)), ((10.0, -10.0), (0.0, 4095.0))):
        assert [value for value, _ in measured(Measure(range=span, raw_range=raw), *raw)] == list(span)


@given(ends, ends, raws)
def test_slope_and_offset_go_the_same_way(span: tuple[float, float], raw_span: tuple[float, float], raw: int) -> None:
    measure = Measure(range=span, raw_range=raw_span)
    slope, offset = slope_and_offset(measure)
    assert one(measure, raw)[0] == pytest.approx(raw * slope + offset, rel=1e-9, abs=1e-9 * (abs(raw * slope) + abs(offset)))


@given(ends.map(sorted), decimals)
def test_a_value_outside_valid_is_a_fault_and_both_ends_are_inside(valid: list[float], raw: float) -> None:
    low, high = valid
    verdict = GOOD if low <= raw <= high else BAD
    assert one(Measure(valid=(low, high)), raw) == (raw, verdict)
    results = measured(Measure(valid=(low, high)), low, high, math.nextafter(low, -math.inf), math.nextafter(high, math.inf))
    assert [each for _, each in results] == [GOOD, GOOD, BAD, BAD]


@given(st.lists(raws, min_size=1, max_size=20), raws)
def test_a_bad_value_is_told_by_the_raw_number_whatever_its_scale(bad: list[int], raw: int) -> None:
    measure = Measure(scale=0.1, offset=5, bad_values=tuple(map(float, bad)))
    assert one(measure, raw)[1] == (BAD if raw in bad else GOOD)
    assert {verdict for _, verdict in measured(measure, *bad)} == {BAD}


def test_an_open_wire_keeps_the_number_the_device_says() -> None:
    assert one(Measure(scale=0.1, bad_values=(32767.0,)), 32767) == (3276.7, BAD)


@pytest.mark.parametrize(
    ("milliamperes", "verdict"),
    [(3.59, BAD), (3.6, GOOD), (3.8, GOOD), (4, GOOD), (20, GOOD), (20.5, GOOD), (21.0, GOOD), (21.01, BAD), (0, BAD)],
)
def test_ne_43_draws_the_line_at_the_currents_of_the_recommendation(milliamperes: float, verdict: tuple[int, int]) -> None:
    assert one(Measure(ne43=True), milliamperes) == (milliamperes, verdict)


@pytest.mark.parametrize("span", [(0.0, 16.0), (150.0, -50.0)])
def test_with_a_raw_range_its_ends_are_4_and_20_milliamperes(span: tuple[float, float]) -> None:
    measure = Measure(range=span, raw_range=(0.0, 16_000.0), ne43=True)  # so 1000 counts are 1 mA above 4 mA
    verdicts = [verdict for _, verdict in measured(measure, -401, -399, 0, 16_000, 16_999, 17_001)]
    assert verdicts == [BAD, GOOD, GOOD, GOOD, GOOD, BAD]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("raw", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_a_fault_without_a_value(raw: float) -> None:
    value, verdict = one(Measure(scale=0.1, valid=(0, 1)), raw)
    assert math.isnan(value)
    assert verdict == BAD


def test_each_tag_is_measured_by_its_own_measure_wherever_it_stands() -> None:
    measures = [Measure(scale=0.1), Measure(valid=(0, 10)), Measure(bad_values=(-1.0,)), Measure(ne43=True)]
    result: Measured = Measuring(measures).measure(np.array([2, 0, 3, 1, 2]), np.array([-1.0, 15, 12, 15, 15]))
    assert result.value.tolist() == [-1, 1.5, 12, 15, 15]
    assert result.quality.tolist() == [Quality.BAD, Quality.GOOD, Quality.GOOD, Quality.BAD, Quality.GOOD]


@given(st.integers(-(2**31), 2**31 - 1), st.sampled_from([1.0, 0.1, 0.01, 0.25, -0.5, 3.6]), st.sampled_from([0.0, -20.0, 0.3]))
def test_what_is_written_is_the_raw_number_that_is_read_as_the_value(raw: int, scale: float, offset: float) -> None:
    measure = Measure(scale=scale, offset=offset)
    value, _ = one(measure, raw)
    assert round(raw_of(value, measure)) == raw
    assert raw_of(12.3, Measure(scale=0.1)) == 123


@given(st.lists(st.one_of(st.floats(), st.just(-0.0)), min_size=1, max_size=20))
def test_what_comes_as_it_is_is_measured_as_by_a_line_of_no_effect(raw: list[float]) -> None:
    """Limits that nothing can break send the same values the long way."""
    numbers = np.array(raw)
    short = Measuring([Measure()] * len(raw)).measure(np.arange(len(raw)), numbers)
    long = Measuring([Measure(valid=(-math.inf, math.inf))] * len(raw)).measure(np.arange(len(raw)), numbers)
    np.testing.assert_array_equal(short.value, long.value)
    assert (short.quality.tolist(), short.mark.tolist()) == (long.quality.tolist(), long.mark.tolist())
    assert (short.quality.dtype, short.mark.dtype) == (long.quality.dtype, long.mark.dtype)
    np.testing.assert_array_equal(np.signbit(short.value), np.signbit(long.value))
