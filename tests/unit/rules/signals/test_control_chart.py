"""What all control charts have in common: points, missed points, when they can be evaluated, and what they remember."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.moment import HOUR, NEVER, SECOND
from rules.signals.base import LearningBank
from rules.signals.baseline import Learned, Stated
from rules.signals.control_chart import ControlChartBank
from rules.signals.cusum import Cusum, CusumBank
from rules.signals.ewma import Ewma, EwmaBank
from rules.signals.runs import NELSON, WESTERN_ELECTRIC, Runs, RunsBank, RunTests
from tests.unit.rules.naive.cusum import NaiveCusum
from tests.unit.rules.naive.ewma import NaiveEwma
from tests.unit.rules.naive.runs import NaiveRuns
from tests.unit.rules.signals.chart_walk import BASELINES, EVERY, PLACES, OneChart, Step, moved, steps, tell, walk

TEN = Stated(10.0, 1.0)


def charts(**common: Any) -> list[ControlChartBank]:
    common = {"tag": "x", "baseline": TEN, **common}
    return [RunsBank([Runs(**common)]), EwmaBank([Ewma(**common)]), CusumBank([Cusum(**common)])]


BANKS = pytest.mark.parametrize("number", range(3), ids=["runs", "ewma", "cusum"])

RUNS = st.builds(
    Runs,
    tag=st.just("x"),
    baseline=BASELINES,
    every=EVERY,
    tests=st.sampled_from([NELSON, WESTERN_ELECTRIC, *(RunTests((number,)) for number in range(1, 9)), RunTests((3, 4), 7)]),
)
EWMAS = st.builds(
    Ewma,
    tag=st.just("x"),
    baseline=BASELINES,
    every=EVERY,
    weight=st.sampled_from([0.1, 0.3, 1.0]),
    width=st.sampled_from([0.5, 2.7]),
    settled=st.booleans(),
)
CUSUMS = st.builds(
    Cusum,
    tag=st.just("x"),
    baseline=BASELINES,
    every=EVERY,
    slack=st.sampled_from([0.0, 0.5]),
    decision_interval=st.sampled_from([1.0, 5.0]),
    in_sigmas=st.booleans(),
)


def several(signals: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(signals, min_size=PLACES, max_size=PLACES)


@settings(max_examples=100, deadline=None)
@given(several(RUNS), steps("rebaseline"))
def test_runs_in_columns_say_what_the_lists_of_the_naive_twin_say(signals: list[Runs], path: list[Step]) -> None:
    walk(signals, RunsBank, NaiveRuns, path)


@settings(max_examples=40, deadline=None)
@given(several(EWMAS), steps("rebaseline"))
def test_ewmas_in_columns_say_what_the_naive_twin_says(signals: list[Ewma], path: list[Step]) -> None:
    walk(signals, EwmaBank, NaiveEwma, path)


@settings(max_examples=40, deadline=None)
@given(several(CUSUMS), steps("rebaseline", "reset"))
def test_cusums_in_columns_say_what_the_naive_twin_says(signals: list[Cusum], path: list[Step]) -> None:
    walk(signals, CusumBank, NaiveCusum, path)


@BANKS
def test_a_chart_can_be_evaluated_from_its_first_point_and_not_at_a_bad_sample(number: int) -> None:
    chart = OneChart(charts()[number])
    assert chart.hear(None) is None
    first = chart.hear(11.0)
    assert first is not None
    assert chart.hear(None) is None


@BANKS
def test_a_second_sample_of_one_source_time_is_no_point(number: int) -> None:
    chart = OneChart(charts()[number])
    first = chart.hear(10.5, source=SECOND)
    assert chart.hear(99.0, source=SECOND) == first
    assert chart.hear(99.0, source=SECOND + 1) != first


@BANKS
def test_the_first_good_sample_of_each_slot_is_the_point_and_the_others_say_it_again(number: int) -> None:
    chart = OneChart(charts(every=HOUR)[number])
    first = chart.hear(10.5, source=10 * HOUR + 59 * SECOND)
    assert chart.hear(99.0, source=11 * HOUR - 1) == first
    assert chart.hear(None, source=11 * HOUR) is None
    assert chart.hear(99.0, source=11 * HOUR + 1) != first


@BANKS
def test_what_was_said_holds_again_with_the_next_good_sample_of_the_slot(number: int) -> None:
    chart = OneChart(charts(every=HOUR)[number])
    first = chart.hear(10.5, source=10 * HOUR)
    assert chart.hear(None, source=10 * HOUR + SECOND) is None
    assert chart.hear(99.0, source=10 * HOUR + 2 * SECOND) == first


def nine_above(*, every: int, at: Mapping[int, int], gap_at: int | None = None, bad_at: int | None = None) -> float | None:
    """What the ninth point above the mean is worth; a point an hour, or as `at` says; before one, time that proves nothing."""
    chart = OneChart(RunsBank([Runs(tag="x", baseline=TEN, every=every)]))
    value = None
    for point in range(1, 10):
        source = at.get(point, point * HOUR)
        if point == bad_at:
            chart.hear(None, source=source - SECOND)
        value = chart.hear(10.5, source=source, gap=point == gap_at)
    return value


def test_runs_go_on_from_point_to_point() -> None:
    assert nine_above(every=0, at={}) == nine_above(every=HOUR, at={}) == 2.0


def test_a_gap_or_a_bad_sample_ends_runs_of_all_samples() -> None:
    assert nine_above(every=0, at={}, gap_at=5) == nine_above(every=0, at={}, bad_at=5) == 0.0


def test_a_trend_begins_with_the_point_after_a_gap() -> None:
    chart = OneChart(RunsBank([Runs(tag="x", baseline=TEN)]))
    chart.hear(9.4)
    assert chart.hear(9.5, gap=True) == 0.0
    assert chart.hear_all(9.7, 9.9, 10.1, 10.3, 10.5) == [0.0, 0.0, 0.0, 0.0, 3.0]


def test_a_bad_sample_before_a_restart_ends_runs_after_it() -> None:
    chart = OneChart(RunsBank([Runs(tag="x", baseline=TEN)]))
    chart.hear_all(*[10.5] * 8)
    chart.hear(None)
    chart.bank = moved(chart.bank, RunsBank([Runs(tag="x", baseline=TEN)]), 1)
    assert chart.hear(10.5) == 0.0


def test_an_outage_between_two_points_misses_none() -> None:
    assert nine_above(every=HOUR, at={}, gap_at=5) == nine_above(every=HOUR, at={}, bad_at=5) == 2.0


def test_an_outage_of_a_whole_slot_ends_runs() -> None:
    later = {point: (point + 1) * HOUR for point in range(5, 10)}
    assert nine_above(every=HOUR, at=later, gap_at=5) == nine_above(every=HOUR, at=later, bad_at=5) == 0.0


def test_a_slot_without_a_point_ends_no_run_while_the_tag_can_be_trusted() -> None:
    assert nine_above(every=HOUR, at={point: (point + 1) * HOUR for point in range(5, 10)}) == 2.0


@pytest.mark.parametrize("bank_of", [lambda: charts()[1], lambda: charts()[2]], ids=["ewma", "cusum"])
def test_averages_and_sums_go_on_over_gaps_and_bad_samples(bank_of: Callable[[], ControlChartBank]) -> None:
    whole, torn = OneChart(bank_of()), OneChart(bank_of())
    expected = whole.hear_all(11.0, 12.0)[-1]
    torn.hear(11.0)
    torn.hear(None)
    assert torn.hear(12.0, gap=True) == expected


@BANKS
def test_no_chart_speaks_by_itself(number: int) -> None:
    bank = charts()[number]
    OneChart(bank).hear(10.0)
    assert bank.due.tolist() == [NEVER]
    assert len(bank.wake(np.array([0]), np.array([SECOND])).position) == 0


@BANKS
def test_while_a_baseline_is_learned_nothing_can_be_evaluated(number: int) -> None:
    chart = OneChart(charts(baseline=Learned(20))[number])
    assert chart.hear_all(*range(20)) == [None] * 20
    assert chart.hear(9.5) is not None


@BANKS
def test_a_baseline_that_cannot_be_used_makes_nothing_evaluable_and_says_why(number: int) -> None:
    chart = OneChart(charts(baseline=Learned(20))[number])
    assert chart.hear_all(*[10.0] * 40) == [None] * 40
    assert chart.bank.facts(0) == {"baseline": "no_variation", "mean": None, "sigma": None, "learned": 0, "to_learn": 20}


@BANKS
def test_a_person_has_the_baseline_learned_anew(number: int) -> None:
    chart = OneChart(charts(baseline=Learned(20))[number])
    chart.hear_all(*range(30))
    assert isinstance(chart.bank, LearningBank)
    chart.bank.rebaseline(0)
    assert chart.hear_all(*range(100, 120)) == [None] * 20
    assert chart.hear(109.5) is not None
    assert chart.bank.facts(0)["mean"] == 109.5


@BANKS
def test_learning_anew_where_the_baseline_is_stated_begins_the_chart_anew(number: int) -> None:
    used, new = OneChart(charts()[number]), OneChart(charts()[number])
    used.hear_all(*[11.5] * 8)
    used.bank.rebaseline(0)
    assert used.hear_all(*[11.5] * 3) == new.hear_all(*[11.5] * 3)


@BANKS
def test_a_chart_that_heard_nothing_has_nothing_to_remember(number: int) -> None:
    bank = charts()[number]
    assert bank.memory(0) is None
    OneChart(bank).hear(None)
    assert bank.memory(0) is None


@BANKS
def test_values_of_no_sensor_are_finite_answers(number: int) -> None:
    chart = OneChart(charts()[number])
    answers = chart.hear_all(1.7e308, 1.7e308, 1.7e308, -1.7e308, -1.7e308)
    assert all(answer is not None and np.isfinite(answer) for answer in answers)


def paths_into(memory: Any) -> list[tuple[Any, ...]]:
    """Of every part of a memory."""
    items = memory.items() if isinstance(memory, dict) else enumerate(memory) if isinstance(memory, list) else ()
    return [(key, *rest) for key, part in items for rest in [(), *paths_into(part)]]


def replaced(memory: Any, path: tuple[Any, ...], part: Any) -> Any:
    if not path:
        return part
    copy = dict(memory) if isinstance(memory, dict) else list(memory)
    copy[path[0]] = replaced(copy[path[0]], path[1:], part)
    return copy


@pytest.mark.parametrize(
    "part", ["ten", None, {}, [], [1.0, 2.0, 3.0], -1, 1e300, float("nan"), 10**30, [[]], ["a", "b"]], ids=repr
)
@pytest.mark.parametrize("baseline", [TEN, Learned(20)], ids=["stated", "learned"])
@BANKS
def test_what_another_version_wrote_does_no_harm(number: int, baseline: Any, part: Any) -> None:
    """Whatever is taken up of it: nothing is raised, and what is said and told from then on is finite."""
    old = OneChart(charts(baseline=baseline)[number])
    old.hear_all(*range(25))
    memory = old.bank.memory(0)
    for path in [(), *paths_into(memory)]:
        if path != () or isinstance(part, dict):
            bank = charts(baseline=baseline)[number]
            bank.recall(0, replaced(memory, path, part))
            for second in range(100, 104):
                said = tell(bank, {0: (second % 7 + 0.5, second * SECOND, False)})[0]
                assert said is None or np.isfinite(said)
            assert json.dumps(bank.facts(0), allow_nan=False)


@BANKS
def test_a_memory_without_its_words_begins_anew(number: int) -> None:
    bank, new = charts()[number], charts()[number]
    OneChart(bank).hear_all(11.5, 11.5, 11.5)
    bank.recall(0, {"version": 2})
    assert bank.memory(0) is None
    assert OneChart(bank).hear(11.0) == OneChart(new).hear(11.0)


@BANKS
def test_facts_are_the_same_after_a_restart(number: int) -> None:
    chart = OneChart(charts(baseline=Learned(20))[number])
    chart.hear_all(*range(25))
    assert moved(chart.bank, charts(baseline=Learned(20))[number], 1).facts(0) == chart.bank.facts(0)


@pytest.mark.parametrize("every", [-1, 24 * HOUR + 1])
def test_a_point_is_taken_each_0_to_24_hours(every: int) -> None:
    with pytest.raises(ValueError, match="x: a chart takes a point every 0 to 24 h"):
        Runs(tag="x", baseline=TEN, every=every)


@pytest.mark.parametrize("chart", [Runs, Ewma, Cusum])
def test_a_chart_in_sigmas_needs_one(chart: type[Runs] | type[Ewma] | type[Cusum]) -> None:
    with pytest.raises(ValueError, match="x: state sigma along with the mean"):
        chart(tag="x", baseline=Stated(10.0))


def test_a_chart_is_about_its_tag() -> None:
    assert Runs(tag="S3/de_temp", baseline=TEN).inputs == ("S3/de_temp",)
