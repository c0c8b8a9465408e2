"""Which samples the engine takes: late ones, repeated ones, initial ones, and two clocks in one tag."""

from __future__ import annotations

import numpy as np
import pytest

from edge.model.moment import SECOND
from edge.model.sample import Batch, Mark, Quality, Sample
from rules.board import Board
from rules.definition import Kind
from rules.layout import build_layout
from rules.quiet import leave_out_quiet
from rules.wave import cut_waves, find_runs
from tests.unit.rules.plant import HOT, MOTOR, SESSION, TEMP, Story, at, rule, tag

BAD = Quality.BAD


# --- order and repetition -------------------------------------------------------------------------------------------


def test_p15_a_late_sample_changes_nothing() -> None:
    story = Story(rule())
    story.sample(10, 70.0)
    before = story.engine.view(HOT)
    assert story.sample(11, 99.0, source=9.9) == []
    assert story.engine.view(HOT) == before


def test_p14_a_sample_taken_twice_does_not_feed_the_silence() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    story.sample(0, 70.0)
    story.sample(4, 70.0, source=0)
    story.wait(60)
    assert story.told == ["raised 5.0"]


def test_of_two_values_with_one_date_the_one_that_came_later_holds() -> None:
    story = Story(rule())
    story.sample(10, 70.0)
    assert [event.kind for event in story.sample(10.1, 85.0, source=10)] == ["raised"]


def test_a_button_pressed_and_released_in_one_batch_is_seen() -> None:
    story = Story(rule(kind=Kind.DISCRETE, limit=1.0))
    story.step(1, [Sample(0, value, Quality.GOOD, at(n / 10), at(n / 10)) for n, value in enumerate([0.0, 1.0, 0.0])])
    assert story.told == ["raised 0.1", "returned 0.2"]


def test_timers_go_before_the_samples_of_their_instant_and_among_themselves_by_row() -> None:
    flow = f"{MOTOR}.oil_flow"
    rules = [rule("a", reads=flow), rule("c", on=10), rule("b", on=10)]
    story = Story(*rules, tags=[tag(TEMP), tag(flow)])
    story.sample(0, 85.0)
    events = story.sample(10, 85.0, of=flow)
    assert [event.subject.rpartition("/")[2] for event in events] == ["c", "b", "a"]


# --- initial samples ------------------------------------------------------------------------------------------------


def test_an_initial_sample_raises_a_condition_that_is_already_true() -> None:
    story = Story(rule())
    story.sample(0, 85.0, source=-3600, initial=True)
    assert [(event.kind, event.time) for event in story.happened] == [("raised", at(-3600))]


def test_an_initial_sample_is_no_sign_of_life() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    story.sample(0, 70.0)
    story.sample(4, 71.0, initial=True)
    story.wait(60)
    assert story.told == ["raised 5.0"]
    story.sample(61, 72.0, initial=True)
    assert story.engine.view(f"{MOTOR}/silent").facts.active
    story.sample(62, 73.0)
    assert not story.engine.view(f"{MOTOR}/silent").facts.active


def test_a_delay_that_an_initial_sample_began_waits_for_news_of_a_tag_that_can_go_stale() -> None:
    story = Story(rule(on=10), tags=[tag(stale_after=60)])
    story.sample(0, 85.0, source=-30, initial=True)
    assert story.wait(40) == []
    story.sample(50, 85.0)
    story.wait(100)
    assert story.told == ["raised 60.0"]


def test_a_retained_value_heals_a_tag_after_its_connection_was_lost() -> None:
    """The device published at 10 s, the connection broke at 20 s, and on return the broker gives what it kept: dated
    before the loss, and yet the newest value there is."""
    story = Story(rule())
    story.sample(10, 70.0)
    story.sample(20, 70.0, BAD, own_stamp=True)
    assert not story.engine.view(HOT).evaluable
    story.sample(30, 70.0, source=10, initial=True)
    assert story.engine.view(HOT).evaluable
    story.sample(31, 85.0, source=9, initial=True)
    assert story.happened == []


# --- two clocks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behind", [60.0, -60.0])
def test_a_device_whose_clock_is_wrong_is_heard_at_once_after_a_loss(behind: float) -> None:
    story = Story(rule())
    story.sample(100, 70.0, source=100 - behind)
    story.sample(110, 70.0, BAD, own_stamp=True)
    story.sample(115, 85.0, source=115 - behind)
    assert story.told == [f"raised {115 - behind}"]


@pytest.mark.parametrize("behind", [60.0, -60.0])
def test_a_device_whose_clock_is_wrong_is_heard_when_it_comes_for_the_first_time(behind: float) -> None:
    story = Story(rule())
    story.sample(100, float("nan"), BAD, own_stamp=True)
    story.sample(104, 70.0, source=4 - behind, initial=True)
    story.sample(105, 85.0, source=105 - behind)
    assert story.told == [f"raised {105 - behind}"]


def test_the_loss_of_a_device_whose_clock_is_slow_completes_no_delay() -> None:
    story = Story(rule(on=30))
    story.sample(100, 85.0, source=40)
    story.sample(105, 85.0, BAD, own_stamp=True)
    assert story.wait(300) == []


def test_the_age_of_an_initial_sample_is_not_taken_for_the_lag_of_its_devices_clock() -> None:
    story = Story(rule())
    story.sample(0, 70.0, source=-3600, initial=True)
    story.sample(10, 85.0, own_stamp=True)
    assert story.told == ["raised 10.0"]


# --- values that are none -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_no_number_counts_as_bad_and_is_never_compared(value: float) -> None:
    story = Story(rule(on=10), rule("low", Kind.LOW, limit=20.0))
    story.sample(0, 85.0)
    story.sample(4, value)
    assert story.engine.view(HOT).quality == "bad"
    assert story.wait(60) == []
    assert story.engine.view(HOT).pending_due is None


# --- silence and sessions -------------------------------------------------------------------------------------------


def test_silence_is_raised_at_the_instant_and_returns_with_the_next_good_sample() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    story.sample(2, 70.0)
    assert story.wait(6.999_999) == []
    story.wait(10)
    story.sample(11, 70.0, BAD)
    story.sample(12, 70.0, Quality.UNCERTAIN)
    story.sample(13, 70.0)
    assert story.told == ["raised 7.0", "returned 13.0"]


def test_a_lost_session_raises_and_its_return_returns() -> None:
    story = Story(rule("lost", Kind.COMM_LOSS, reads=SESSION))
    for second, value in ((0, 1.0), (5, 0.0), (9, 1.0)):
        story.sample(second, value, of=SESSION, own_stamp=True)
    assert story.told == ["raised 5.0", "returned 9.0"]


def test_an_alarm_in_comm_loss_stays_active_beside_the_comm_loss_alarm() -> None:
    story = Story(rule(), rule("lost", Kind.COMM_LOSS, reads=SESSION))
    story.sample(0, 85.0)
    story.sample(5, 0.0, of=SESSION, own_stamp=True)
    story.sample(5, 85.0, BAD, own_stamp=True)
    assert [view.facts.active for view in story.engine.views()] == [True, True]
    assert story.engine.view(HOT).quality == "bad"


# --- what the columns leave out -------------------------------------------------------------------------------------


def runs_of(values: list[float]) -> tuple[int, int]:
    """How many samples of one tag there are, and how many are left after the quiet ones."""
    board = Board(build_layout(1, [tag()], [rule(deadband=3)]), at(0))
    batch = Batch.of([Sample(0, value, Quality.GOOD, at(n + 1), at(n + 1)) for n, value in enumerate(values)])
    runs = find_runs(batch.slot, np.arange(len(batch)))
    return runs.longest, leave_out_quiet(board, batch, batch.received_time, runs).longest


def test_of_a_run_of_samples_in_which_nothing_happens_only_the_last_is_taken() -> None:
    assert runs_of([70.0, 71.0, 72.0, 73.0]) == (4, 1)


def test_a_run_in_which_something_happens_is_taken_sample_by_sample() -> None:
    assert runs_of([70.0, 85.0, 72.0, 73.0]) == (4, 4)
    assert runs_of([70.0, float("nan"), 72.0]) == (3, 3)


def test_a_repeated_sample_within_a_batch_is_no_news_either() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    story.step(4, [Sample(0, 70.0, Quality.GOOD, at(0), at(arrival)) for arrival in (0, 4)])
    story.wait(60)
    assert story.told == ["raised 5.0"]


def test_a_run_in_which_the_silence_was_too_long_is_taken_sample_by_sample() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    story.step(12, [Sample(0, 70.0, Quality.GOOD, at(arrival), at(arrival)) for arrival in (0, 8, 12)])
    assert story.told == ["raised 5.0", "returned 8.0"]


def test_the_clock_of_a_device_is_learnt_from_a_run_that_ends_with_our_own_stamp() -> None:
    story = Story(rule())
    stamped = Sample(0, 70.0, Quality.GOOD, at(40), at(100))
    ours = Sample(0, 70.0, Quality.GOOD, at(101), at(101), Mark.RECEIVED_TIME_USED)
    story.step(101, [stamped, ours])
    story.sample(102, 85.0, own_stamp=True)
    assert story.told == ["raised 42.0"]


def test_an_initial_sample_at_the_end_of_a_run_does_not_swallow_the_news_before_it() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    news = Sample(0, 70.0, Quality.GOOD, at(2), at(2))
    story.step(3, [news, Sample(0, 71.0, Quality.GOOD, at(3), at(3), Mark.INITIAL)])
    story.wait(60)
    assert story.told == ["raised 7.0"]


def test_no_sample_is_left_out_while_a_delay_counts() -> None:
    """A device that was cut off sends what it kept: no gap in it is long enough to be stale."""
    story = Story(rule(on=10), tags=[tag(stale_after=4)])
    story.sample(100, 85.0, source=0)
    kept = [Sample(0, 85.0, Quality.GOOD, at(source), at(100.5)) for source in (3, 6, 9, 12)]
    story.step(100.5, kept)
    assert story.told == ["raised 10.0"]


def test_in_a_run_the_most_severe_value_is_not_left_out() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.step(4, [Sample(0, value, Quality.GOOD, at(n), at(n)) for n, value in ((2, 86.0), (3, 97.0), (4, 86.0))])
    assert story.engine.view(HOT).peak == 97.0


def test_a_wave_holds_each_tag_once_and_first_samples_come_first() -> None:
    slots = np.array([2, 0, 2, 1, 2, 0], dtype=np.int32)
    batch = Batch.of([Sample(int(slot), float(n), Quality.GOOD, n, n) for n, slot in enumerate(slots)])
    waves = list(cut_waves(batch, batch.received_time, find_runs(batch.slot, np.arange(6))))
    assert [sorted(wave.slot.tolist()) for wave in waves] == [[0, 1, 2], [0, 2], [2]]
    assert [sorted(wave.index.tolist()) for wave in waves] == [[0, 1, 3], [2, 5], [4]]


def test_samples_of_tags_that_no_rule_reads_are_passed_over() -> None:
    story = Story(rule(), tags=[tag(TEMP), tag(f"{MOTOR}.noise")])
    assert story.sample(1, 99.0, of=f"{MOTOR}.noise") == []
    assert story.last is not None
    assert story.last.changed == {}


def test_samples_that_arrive_dated_before_the_last_step_are_taken_at_its_time() -> None:
    story = Story(rule(on=10))
    story.wait(20)
    late = Sample(0, 85.0, Quality.GOOD, at(15), at(15) + SECOND // 2)
    assert story.step(20, [late]) == []
    assert story.last is not None
    assert story.last.next_due == at(30)
