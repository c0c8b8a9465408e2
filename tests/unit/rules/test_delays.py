"""On-delay and off-delay: when an alarm is raised and when it returns, to the microsecond."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.sample import Quality
from rules.definition import Kind
from tests.unit.rules.plant import HOT, TEMP, Story, at, rule, seconds, span, tag

BAD, UNCERTAIN = Quality.BAD, Quality.UNCERTAIN


def test_without_a_delay_the_sample_itself_raises() -> None:
    story = Story(rule())
    assert [event.time for event in story.sample(5, 85.0)] == [at(5)]


def test_an_on_delay_raises_by_its_timer_and_not_before() -> None:
    story = Story(rule(on=10))
    story.sample(5, 85.0)
    assert story.last is not None
    assert story.last.next_due == at(15)
    assert story.wait(14.999_999) == []
    assert [event.kind for event in story.wait(15)] == ["raised"]


def test_the_raised_event_says_when_the_condition_began_and_when_the_delay_was_over() -> None:
    story = Story(rule(on=10))
    story.sample(5, 85.0)
    (event,) = story.wait(60)
    assert event.time == at(15)
    assert event.data["began"] == "2026-05-04T08:00:05.000000Z"


def test_a_good_false_just_before_the_end_filters_it() -> None:
    story = Story(rule(on=10))
    story.samples((5, 85.0), (14.999_999, 70.0))
    story.wait(60)
    assert story.told == ["filtered 14.999999"]
    assert story.happened[0].data == {"began": "2026-05-04T08:00:05.000000Z", "lasted": 9.999_999}


def test_a_sample_of_exactly_the_due_completes_the_delay_before_it_applies() -> None:
    story = Story(rule(on=10, off=2))
    story.sample(5, 85.0)
    story.sample(14.9, 70.0, source=15)
    story.wait(30)
    assert story.told == ["raised 15.0", "returned 17.0"]


def test_a_sample_dated_beyond_the_due_completes_it_at_its_due() -> None:
    story = Story(rule(on=10))
    story.samples((5, 85.0))
    story.sample(6, 86.0, source=40)
    assert story.told == ["raised 15.0"]
    assert story.happened[0].data["value"] == 85.0


def test_a_late_delivery_does_not_complete_a_delay_at_once() -> None:
    """The first true sample was taken a minute ago: the timer runs from its arrival, not from its date."""
    story = Story(rule(on=10))
    story.sample(60, 85.0, source=0)
    assert story.happened == []
    assert story.wait(69.9) == []
    assert [(event.kind, event.time) for event in story.wait(70)] == [("raised", at(10))]


def test_an_off_delay_keeps_the_alarm_until_it_is_over() -> None:
    story = Story(rule(off=10))
    story.samples((0, 85.0), (5, 70.0))
    assert story.engine.view(HOT).facts.active
    story.wait(60)
    assert story.told == ["raised 0.0", "returned 15.0"]


def test_true_again_within_the_off_delay_cancels_it_and_nothing_is_said() -> None:
    story = Story(rule(off=10))
    story.samples((0, 85.0), (5, 70.0), (14, 90.0))
    story.wait(60)
    assert story.told == ["raised 0.0"]


def test_an_off_delay_pauses_on_bad_quality_too() -> None:
    story = Story(rule(off=10))
    story.samples((0, 85.0), (5, 70.0))
    story.sample(8, 70.0, BAD)
    assert story.wait(100) == []
    story.sample(100, 70.0)
    story.wait(200)
    assert story.told == ["raised 0.0", "returned 107.0"]


def test_bad_quality_pauses_the_delay_and_a_good_true_resumes_it() -> None:
    story = Story(rule(on=10))
    story.sample(0, 85.0)
    story.sample(4, 85.0, BAD)
    assert story.wait(50) == []
    story.sample(50, 85.0)
    story.wait(100)
    assert story.told == ["raised 56.0"]


def test_a_good_false_during_a_pause_filters() -> None:
    story = Story(rule(on=10))
    story.sample(0, 85.0)
    story.sample(4, 85.0, BAD)
    story.sample(20, 70.0)
    story.wait(60)
    assert story.told == ["filtered 20.0"]


def test_uncertain_quality_neither_pauses_nor_cancels() -> None:
    story = Story(rule(on=10))
    story.sample(0, 85.0)
    story.sample(4, 10.0, UNCERTAIN)
    story.wait(60)
    assert story.told == ["raised 10.0"]


def test_a_tag_that_goes_stale_pauses_the_delay_at_that_instant() -> None:
    story = Story(rule(on=10), tags=[tag(stale_after=4)])
    story.samples((0, 85.0), (3, 85.0))
    assert story.wait(60) == []
    assert story.engine.view(HOT).pending_due is None
    story.samples((60, 85.0), (62, 85.0))
    story.wait(100)
    assert story.told == ["raised 63.0"]


def test_a_delay_longer_than_stale_after_completes_while_samples_keep_coming() -> None:
    story = Story(rule(on=10), tags=[tag(stale_after=4)])
    story.samples((0, 85.0), (3, 85.0), (6, 85.0), (9, 85.0))
    story.wait(60)
    assert story.told == ["raised 10.0"]


def test_a_gap_in_source_time_is_not_counted_although_the_samples_arrived_together() -> None:
    story = Story(rule(on=10), tags=[tag(stale_after=4)])
    story.sample(100, 85.0, source=0)
    story.sample(100, 85.0, source=20)
    story.sample(100.1, 85.0, source=23)
    assert story.happened == []
    story.sample(100.2, 85.0, source=26)
    assert story.told == ["raised 26.0"]


def test_a_changed_value_in_the_deadband_does_not_restart_the_delay() -> None:
    story = Story(rule(on=10, deadband=3))
    story.samples((0, 80.0), (5, 78.0), (9, 77.0))
    story.wait(60)
    assert story.told == ["raised 10.0"]


def test_an_alarm_never_returns_before_it_was_raised() -> None:
    """The false sample was taken before the delay was over, but came after its timer."""
    story = Story(rule(on=10))
    story.sample(0, 85.0)
    story.wait(10)
    story.sample(12, 70.0, source=9)
    assert story.told == ["raised 10.0", "returned 10.0"]


def test_an_alarm_is_never_raised_again_before_it_returned() -> None:
    story = Story(rule(off=10))
    story.samples((0, 85.0), (1, 70.0))
    story.wait(11)
    story.sample(12, 85.0, source=8)
    assert story.told == ["raised 0.0", "returned 11.0", "raised 11.0"]


def test_delays_of_a_stale_rule_count_on_our_clock_and_do_not_pause() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5, on=3, off=2), tags=[tag(stale_after=1)])
    story.sample(0, 70.0)
    story.wait(20)
    story.sample(30, 70.0, source=25)
    story.wait(33)
    assert story.told == ["raised 8.0", "returned 32.0"]


def test_a_step_in_which_nothing_changed_has_nothing_to_make_durable() -> None:
    story = Story(rule(on=10))
    for second, value, changed in ((0, 70.0, set()), (1, 85.0, {HOT}), (2, 85.0, set()), (3, 84.0, set()), (12, 84.0, {HOT})):
        story.sample(second, value)
        assert story.last is not None
        assert set(story.last.changed) == changed, second


# --- samples that are on their way for longer than their tag may be trusted --------------------------------------------


def test_a_delay_that_its_tag_cannot_outlast_wakes_when_the_tag_goes_stale() -> None:
    story = Story(rule(on=10), tags=[tag(stale_after=4)])
    story.sample(0, 85.0)
    assert story.last is not None
    assert story.last.next_due == at(4)
    story.sample(3, 85.0)
    assert story.last.next_due == at(7)
    story.wait(7)
    assert story.engine.view(HOT).pending_due is None
    assert story.last.next_due is None


def test_a_delayed_sample_does_not_count_again_what_was_counted_before_its_tag_went_stale() -> None:
    story = Story(rule(on=10), tags=[tag(stale_after=4)])
    story.sample(0, 85.0)
    story.wait(5)
    story.sample(6, 85.0, source=3)
    story.samples((6.5, 85.0), (9.5, 85.0), (13, 85.0))
    assert story.told == ["raised 10.0"]


def test_a_delayed_bad_sample_does_not_take_back_what_was_counted() -> None:
    story = Story(rule(on=10), tags=[tag(stale_after=4)])
    story.sample(0, 85.0)
    story.wait(5)
    story.sample(6, 85.0, source=3)
    story.sample(6.1, 85.0, BAD, source=3.5)
    story.samples((20, 85.0), (23, 85.0), (26, 85.0))
    assert story.told == ["raised 26.0"]


def test_an_uncertain_sample_does_not_resume_the_delay_of_a_tag_that_has_gone_stale_meanwhile() -> None:
    story = Story(rule(on=10), tags=[tag(stale_after=4)])
    story.sample(0, 85.0)
    story.sample(1, 85.0, BAD)
    story.sample(6, 85.0, UNCERTAIN, source=2)
    story.samples(*((second, 85.0) for second in (10, 13, 16, 19)))
    assert story.told == ["raised 19.0"]


def test_an_initial_sample_does_not_run_a_delay_of_a_tag_that_has_gone_stale_meanwhile() -> None:
    story = Story(rule(on=10), tags=[tag(stale_after=4)])
    story.sample(0, 70.0)
    story.sample(6, 85.0, source=2, initial=True)
    story.samples(*((second, 85.0) for second in (10, 13, 16, 19, 20)))
    assert story.told == ["raised 20.0"]


# --- P11, by brute force --------------------------------------------------------------------------------------------

TICK = 0.1


def raised_by_counting(
    samples: list[tuple[float, float, Quality]], delay: float, stale_after: float | None, end: float
) -> list[float]:
    """Count the tenths of a second in which raw held with quality neither bad nor stale; raise when enough are together."""
    ticks = {round(second / TICK): (value, quality) for second, value, quality in samples}
    wanted = round(delay / TICK)
    raw = active = bad = False
    counted, last_good, raised = 0, None, []
    for tick in range(round(end / TICK) + 1):
        fresh_for = None if stale_after is None else round(stale_after / TICK)
        stale = last_good is None or (fresh_for is not None and tick - last_good > fresh_for)
        if raw and not active and not bad and not stale and tick > 0:
            counted += 1
        if raw and not active and counted >= wanted:
            active = True
            raised.append(round(tick * TICK, 1))
        if tick in ticks:
            value, quality = ticks[tick]
            bad = quality is BAD
            if quality is Quality.GOOD:
                last_good = tick
                if (value >= 80.0) != raw:
                    raw, counted = value >= 80.0, 0
                if not raw:
                    active = False
                elif not active and wanted == 0:
                    active = True
                    raised.append(round(tick * TICK, 1))
    return raised


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 60),
            st.sampled_from([85.0, 85.0, 85.0, 70.0]),
            st.sampled_from([Quality.GOOD] * 4 + [BAD, UNCERTAIN]),
        ),
        max_size=20,
    ),
    st.sampled_from([0.0, 0.5, 2.0, 5.0]),
    st.sampled_from([None, 1.5, 3.0]),
)
def test_p11_raised_when_the_time_that_counts_reaches_the_delay_and_at_most_once_for_each_true_period(
    steps: list[tuple[int, float, Quality]], delay: float, stale_after: float | None
) -> None:
    now, samples = 0, []
    for ticks, value, quality in steps:
        now += ticks
        samples.append((round(now * TICK, 1), value, quality))
    story = Story(rule(on=delay), tags=[tag(TEMP, stale_after)])
    for second, value, quality in samples:
        story.sample(second, value, quality)
    end = now * TICK + 30
    story.wait(end)
    raised = [round(seconds(event.time), 1) for event in story.happened if event.kind == "raised"]
    assert raised == raised_by_counting(samples, delay, stale_after, end)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(77.0, 80.0, exclude_max=True), max_size=30))
def test_p12_a_signal_inside_the_deadband_never_returns(values: list[float]) -> None:
    story = Story(rule(deadband=3))
    story.sample(0, 80.0)
    story.samples(*((second + 1, value) for second, value in enumerate(values)))
    assert story.told == ["raised 0.0"]


def test_the_timer_is_due_to_the_microsecond() -> None:
    story = Story(rule(on=0.000_001))
    story.sample(0, 85.0)
    assert story.last is not None
    assert story.last.next_due == at(0) + 1
    assert [event.time - at(0) for event in story.wait(1)] == [span(0.000_001)]


def test_the_engine_says_while_any_delay_runs() -> None:
    story = Story(rule(on=10, off=5))
    said = []
    for second, value in ((0, 70.0), (1, 85.0), (11, 85.0), (12, 70.0), (17, 70.0)):
        story.sample(second, value)
        said.append(story.engine.counts_down)
    assert said == [False, True, False, True, False]
