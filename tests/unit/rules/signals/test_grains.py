"""Long windows, whose samples are kept in grains."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.moment import HOUR, SECOND
from rules.signals.aggregate import Aggregate
from rules.signals.grains import GRAINED_CAPACITY, Room, room_for, room_of_samples
from rules.signals.trend import HORIZON, Side, Trend, TrendBank
from rules.signals.tumbling_window import TumblingWindow, TumblingWindowBank
from rules.signals.window import Window, WindowBank
from tests.unit.rules.signals.over_time import NOTHING, OneSignal, restarted, tell

GRAINED = (Aggregate.MEAN, Aggregate.MIN, Aggregate.MAX, Aggregate.SUM, Aggregate.COUNT, Aggregate.STDDEV)


def window(aggregate: Aggregate, **other: Any) -> Window:
    return Window(**{"tag": "B1.temp", "aggregate": aggregate, "span": 20, "coverage": 0.0, "grain": 4, **other})


def test_a_window_of_an_hour_read_each_5_seconds_holds_all_of_its_samples_in_a_small_ring() -> None:
    bank = WindowBank([window(Aggregate.MEAN, span=HOUR, coverage=0.6, capacity=64, grain=HOUR // 50)])
    for second in range(0, 4_000, 5):
        said = tell(bank, [(0, float(second), second * SECOND, False)])
    facts = bank.facts(0)
    assert facts["coverage"] == 1.0
    assert facts["samples"] == pytest.approx(720 + 7, abs=7)
    assert said == [pytest.approx(4_000 - 1_800, abs=40)]


class ByHand:
    """Samples in grains, as lists, all worked out anew."""

    def __init__(self, signal: Window) -> None:
        self._signal = signal
        self._grains: list[list[tuple[int, float]]] = []

    def hear(self, value: float, at: int) -> float | None:
        self._grains = [grain for grain in self._grains if grain[-1][0] > at - self._signal.span]
        length = self._signal.grain
        if self._grains and length and self._grains[-1][-1][0] // length == at // length:
            self._grains[-1].append((at, value))
        else:
            self._grains.append([(at, value)])
        values = [each for grain in self._grains for _, each in grain]
        match self._signal.aggregate:
            case Aggregate.MEAN:
                return statistics.fmean(values)
            case Aggregate.STDDEV:
                return statistics.stdev(values) if len(values) > 1 else None
            case Aggregate.MIN:
                return min(values)
            case Aggregate.MAX:
                return max(values)
            case Aggregate.SUM:
                return sum(values)
        return float(len(values))


STEPS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([0.0, 1.0, 2.5, -3.1, 80.1]), st.integers(0, 9), st.booleans()), max_size=60
)


@settings(max_examples=60)
@given(STEPS)
def test_grains_amount_to_what_their_samples_do(steps: list[tuple[int, float, int, bool]]) -> None:
    signals = [window(aggregate, capacity=64) for aggregate in GRAINED]
    signals.append(window(Aggregate.MEAN, grain=0))
    bank, by_hand, now = WindowBank(signals), [ByHand(signal) for signal in signals], 1_000
    for later, value, gap, restart in steps:
        now += later
        if restart:
            bank = restarted(WindowBank, bank, signals)  # type: ignore[assignment]  # it is of the same class
        said = tell(bank, [(place, value, now, gap == 0) for place in range(len(signals))])
        expected = [each.hear(value, now) for each in by_hand]
        assert said == [None if each is None else pytest.approx(each, abs=1e-9) for each in expected]


def test_a_tag_that_stands_still_has_the_mean_that_it_shows_to_the_last_digit_also_in_grains() -> None:
    for aggregate in (Aggregate.MEAN, Aggregate.MIN, Aggregate.MAX):
        assert OneSignal(WindowBank, window(aggregate)).hear_all([80.1] * 30, every=1)[-1] == 80.1
    assert OneSignal(WindowBank, window(Aggregate.STDDEV)).hear_all([80.1] * 30, every=1)[-1] == 0.0


def test_values_beyond_all_measure_stay_finite_in_grains() -> None:
    for aggregate in GRAINED:
        answers = OneSignal(WindowBank, window(aggregate)).hear_all([1.7e308, -1.7e308] * 10, every=1)
        assert np.isfinite([each for each in answers if isinstance(each, float)]).all()


def test_a_window_by_the_clock_takes_nothing_into_the_grains_of_the_one_before() -> None:
    signals = [
        TumblingWindow(tag="A", aggregate=each, span=10, coverage=0.0, grain=7) for each in (Aggregate.COUNT, Aggregate.SUM)
    ]
    bank = TumblingWindowBank(signals)
    told = [tell(bank, [(0, 1.0, at, False), (1, 1.0, at, False)]) for at in range(20, 41)]
    assert [each for each in told if each != [NOTHING, NOTHING]] == [[10.0, 10.0], [10.0, 10.0]]


def rising(grain: int, seconds: Sequence[int]) -> tuple[Any, TrendBank]:
    bank = TrendBank(
        [Trend(tag="T", side=Side.HIGH, limit=100.0, span=60, min_samples=20, coverage=0.5, capacity=64, grain=grain)]
    )
    said: Any = None
    for second in seconds:
        said = tell(bank, [(0, second * 0.5, second, False)])[0]
    return said, bank


def test_a_line_through_grains_is_that_through_their_samples() -> None:
    by_sample, one = rising(0, range(60))
    by_grain, other = rising(7, range(60))
    assert by_grain == pytest.approx(by_sample)
    assert (other.facts(0)["samples"], other.facts(0)["fit"]) == (60, 1.0)
    assert one.facts(0)["slope"] == pytest.approx(other.facts(0)["slope"])
    assert rising(7, range(19))[0] is None
    assert by_grain < HORIZON


@pytest.mark.parametrize(
    "wrong",
    [{"weights": [0.5]}, {"weights": []}, {"lows": [None]}, {"squares": ["1"]}, {"middles": None}, {"times": None}],
)
def test_what_another_version_remembered_of_grains_is_left_alone(wrong: dict[str, Any]) -> None:
    signal = OneSignal(WindowBank, window(Aggregate.MEAN))
    signal.hear(3.0, at=100)
    memory = json.loads(json.dumps(signal.bank.memory(0)))
    signal.recall(memory)
    assert signal.facts["samples"] == 1
    signal.recall({**memory, **wrong})
    assert signal.bank.memory(0) is None


def test_beside_windows_in_grains_one_without_them_goes_on_after_a_restart() -> None:
    signals = [window(Aggregate.MEAN), window(Aggregate.MEAN, grain=0)]
    bank = WindowBank(signals)
    tell(bank, [(0, 3.0, 100, False), (1, 3.0, 100, False)])
    bank = restarted(WindowBank, bank, signals)  # type: ignore[assignment]  # it is of the same class
    assert tell(bank, [(0, 5.0, 110, False), (1, 5.0, 110, False)]) == [4.0, 4.0]


@pytest.mark.parametrize("aggregate", [Aggregate.PERCENTILE, Aggregate.TIME_WEIGHTED])
def test_what_needs_each_sample_has_no_grains(aggregate: Aggregate) -> None:
    with pytest.raises(ValueError, match="B1"):
        window(aggregate)


def test_where_nobody_knows_how_often_samples_come_a_window_has_grains_and_a_percentile_some_room() -> None:
    assert room_for(HOUR, 0) == Room(GRAINED_CAPACITY, 15 * SECOND)
    assert room_of_samples(HOUR, 0, None) == Room(1_024, 0)
    assert room_of_samples(HOUR, SECOND, 64) == Room(64, 0)


def test_samples_stand_for_themselves_where_there_is_room_for_them() -> None:
    assert room_for(HOUR, 10 * SECOND).grain == 0
    assert room_for(HOUR, 10 * SECOND).capacity >= 360


@pytest.mark.parametrize("grain", [-1, 20])
def test_a_grain_is_a_part_of_the_window(grain: int) -> None:
    with pytest.raises(ValueError, match="B1"):
        window(Aggregate.MEAN, grain=grain)
