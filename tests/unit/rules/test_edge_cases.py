"""Edge cases that real systems got wrong (alarm reference, section 4); the number is the case's there. README.md says where
those are that are no matter of the engine."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.alarm import AlarmState
from edge.model.command import Acknowledge, OnMyWay, Rejection, ReturnToService, Shelve, TakeOutOfService
from edge.model.moment import MINUTE, from_iso
from edge.model.sample import Quality, Sample
from rules.definition import Cause, Chatter, Kind, Suppressor, Validity
from rules.schedule import Schedule, Window
from tests.unit.rules.plant import HOT, MOTOR, SESSION, TEMP, Story, at, canonical, named, rule, seconds, tag


def test_case_3_a_restart_at_any_second_of_a_delay_neither_loses_nor_repeats_the_alarm() -> None:
    for second in range(1, 40):
        story = Story(rule(on=20))
        story.sample(0, 85.0)
        story.wait(second)
        after = story.restarted(second)
        after.sample(second + 0.5, 85.0)
        after.wait(100)
        assert story.told + after.told == ["raised 20.0"], second


@pytest.mark.parametrize("on_delay", [0.0, 10.0])
def test_case_4_a_condition_that_is_true_at_the_first_look_is_raised(on_delay: float) -> None:
    story = Story(rule(on=on_delay))
    story.sample(0, 85.0)
    story.wait(60)
    assert story.told == [f"raised {on_delay}"]


def test_case_5_data_loss_during_a_delay_never_completes_it() -> None:
    story = Story(rule(on=10), rule("silent", Kind.STALE, stale_after=4), tags=[tag(TEMP, 4.0)])
    story.sample(0, 85.0)
    story.wait(3600)
    assert [(event.subject.rpartition("/")[2], event.kind) for event in story.happened] == [("silent", "raised")]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([70.0, 78.0, 85.0]), min_size=1, max_size=15),
    st.lists(st.tuples(st.integers(0, 14), st.sampled_from([math.nan, math.inf, -math.inf])), max_size=10),
)
def test_cases_6_and_7_values_that_are_no_numbers_neither_raise_nor_return(
    values: list[float], nonsense: list[tuple[int, float]]
) -> None:
    clean, mixed = Story(rule(deadband=3)), Story(rule(deadband=3))
    for second, value in enumerate(values):
        clean.sample(second, value)
        mixed.sample(second, value)
        for at_second, no_number in nonsense:
            if at_second == second:
                assert mixed.sample(second + 0.5, no_number) == []
    assert mixed.told == clean.told


@pytest.mark.parametrize("gap", [1.0, 60.0, 86_400.0])
def test_case_8_a_gap_of_any_length_is_no_return(gap: float) -> None:
    story = Story(rule(), tags=[tag(TEMP, 5.0)])
    story.sample(0, 85.0)
    story.sample(1, 0.0, of=SESSION, own_stamp=True)
    story.sample(1, 85.0, Quality.BAD, own_stamp=True)
    story.wait(1 + gap)
    story.sample(1 + gap, 1.0, of=SESSION, own_stamp=True)
    story.sample(2 + gap, 86.0)
    assert story.told == ["raised 0.0"]


def test_case_9_a_shelf_that_ends_with_the_alarm_active_says_so_at_once() -> None:
    story = Story(rule())
    story.command(0, Shelve(HOT, MINUTE, "known"))
    story.sample(30, 85.0)
    (event,) = story.wait(60)
    assert (event.kind, event.data["active"], event.data["occurrence"]) == ("unshelved", True, 1)
    assert story.state() is AlarmState.UNACK


@pytest.mark.parametrize("cover", ["out of service", "by design"])
def test_case_9_so_does_every_other_cover(cover: str) -> None:
    power = f"{MOTOR}.power"
    hides = Suppressor(Cause.PARENT, "power", (f"{MOTOR}/power",), (HOT,))
    story = Story(rule(), rule("power", reads=power), tags=[tag(), tag(power)], suppressors=[hides])
    if cover == "by design":
        story.sample(0, 85.0, of=power)
        story.sample(30, 85.0)
        event = story.sample(60, 70.0, of=power)[-1]
    else:
        story.command(0, TakeOutOfService(HOT, "bearing is changed", "WO-17"))
        story.sample(30, 85.0)
        event = story.command(60, ReturnToService(HOT))
    assert (event.data["active"], event.data["announce"], event.time) == (True, True, at(60))
    assert story.state() is AlarmState.UNACK


def test_case_10_a_return_under_a_shelf_is_told_like_any_other() -> None:
    """So that what was opened can be closed."""
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(1, Shelve(HOT, MINUTE, "known"))
    (returned,) = story.sample(30, 70.0)
    assert (returned.kind, returned.data["occurrence"], returned.data["suppressed"]) == ("returned", 1, ["shelved"])


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_case_12_a_restart_or_a_reload_tells_nothing_again(way: str) -> None:
    story = Story(rule(), rule("warm", limit=60.0, on=10), rule("silent", Kind.STALE, stale_after=600))
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1))
    if way == "restart":
        story = story.restarted(5)
    else:
        story.reloaded(5)
    story.sample(6, 85.0)
    story.wait(60)
    assert named(story.happened)[-1] == "warm raised 10.0"
    assert [event.kind for event in story.happened if event.time > at(1)] == ["raised"]


@pytest.mark.parametrize("press", [Acknowledge(HOT, 1), OnMyWay(HOT, 1)])
def test_case_15_an_acknowledgement_that_meets_the_return_does_not_open_the_alarm_again(press: Acknowledge | OnMyWay) -> None:
    story = Story(rule(ack_required=False))
    story.samples((0, 85.0), (10, 70.0))
    event = story.command(10, press)
    assert event.data["reason"] == Rejection.NOT_UNACKNOWLEDGED
    assert story.state() is AlarmState.NORM


def test_case_16_the_first_who_acknowledges_is_named_and_the_second_is_told_by_whom() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1), by="fitter.b")
    second = story.command(2, Acknowledge(HOT, 1), by="operator.a")
    assert (second.data["by"], second.data["acknowledged_by"]) == ("operator.a", "fitter.b")
    assert story.engine.view(HOT).acknowledged_by == "fitter.b"


def test_case_17_acknowledging_the_lost_device_does_not_acknowledge_its_process_alarm() -> None:
    story = Story(rule(), rule("lost", Kind.COMM_LOSS, reads=SESSION))
    story.sample(0, 85.0)
    story.sample(1, 0.0, of=SESSION, own_stamp=True)
    story.command(2, Acknowledge("CRM.ST3.MOTOR/lost", 1))
    assert story.state() is AlarmState.UNACK


def test_case_18_a_rule_that_is_gone_during_its_delay_is_not_raised() -> None:
    story = Story(rule(on=30), rule("other"))
    story.sample(0, 85.0)
    story.reloaded(10, rule("other"))
    assert story.wait(100) == []
    assert story.reloaded(200, rule(on=30), rule("other")) == []
    assert named(story.wait(300)) == ["de_temp_high raised 230.0"]


def test_case_18_a_cover_neither_stops_a_delay_nor_tells_anybody() -> None:
    story = Story(rule(on=30))
    story.sample(0, 85.0)
    story.command(10, TakeOutOfService(HOT, "bearing is changed", "WO-17"))
    (raised,) = story.wait(100)
    assert (raised.time, raised.data["suppressed"]) == (at(30), ["out_of_service"])


def test_case_19_a_good_value_that_arrives_as_the_delay_ends_leaves_the_alarm_returned() -> None:
    story = Story(rule(on=10))
    story.sample(0, 85.0)
    story.sample(10, 70.0)
    story.wait(60)
    assert story.told == ["raised 10.0", "returned 10.0"]
    assert not story.engine.view(HOT).facts.active


def test_case_20_an_alarm_whose_return_was_missed_returns_with_the_next_sample() -> None:
    """Evaluation is by level: the first good sample after any loss tells."""
    story = Story(rule())
    story.sample(0, 85.0)
    after = story.restarted(3600, outage=3500)
    after.sample(3601, 70.0)
    assert after.told == ["returned 3601.0"]


def test_case_21_every_activation_is_a_new_occurrence() -> None:
    story = Story(rule())
    for second in range(0, 40, 10):
        story.samples((second, 85.0), (second + 5, 70.0))
    assert [event.data["occurrence"] for event in story.happened if event.kind == "raised"] == [1, 2, 3, 4]


def test_case_22_no_tag_is_stale_because_we_have_only_begun_to_listen() -> None:
    rules = [rule(f"silent_{n}", Kind.STALE, stale_after=60) for n in range(50)]
    story = Story(*rules)
    assert story.wait(59) == []
    story.sample(59.5, 70.0)
    assert story.wait(119) == []


def test_case_23_a_flapping_alarm_is_told_once_and_once_when_it_has_settled_however_long_it_flaps() -> None:
    story = Story(replace(rule(), chatter=Chatter()))
    for second in range(0, 3600, 10):
        story.samples((second, 85.0), (second + 5, 70.0))
    story.wait(7200)
    quiet_ones = [event for event in story.happened if event.kind == "raised" and "chattering" not in event.data]
    assert len(quiet_ones) == 3
    assert Counter(event.kind for event in story.happened) == {
        "raised": 360,
        "returned": 360,
        "chattering": 1,
        "settled": 1,
    }


@pytest.mark.parametrize(
    ("start", "hidden"),
    [
        ("2026-05-08T21:59:59Z", True),
        ("2026-05-08T22:00:00Z", False),
        ("2026-05-09T00:00:00Z", False),
        ("2026-05-09T05:59:59Z", False),
        ("2026-05-09T06:00:00Z", True),
        ("2026-05-08T05:00:00Z", True),
    ],
)
def test_case_24_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(start: str, hidden: bool) -> None:
    """Fridays 22:00 to 06:00; the 8th of May 2026 is one."""
    nights = Schedule((Window(frozenset({4}), 22 * 60, 6 * 60),), ZoneInfo("UTC"))
    story = Story(replace(rule(), validity=Validity(times=nights)), start=seconds(from_iso(start)))
    (raised,) = story.sample(seconds(from_iso(start)), 85.0)
    assert raised.data["suppressed"] == (["time"] if hidden else [])


def test_case_28_a_sample_stamped_ahead_of_us_completes_no_delay_but_its_own_time_does() -> None:
    """The device's clock steps by an hour: the delay counts by that clock, and the alarm is raised once."""
    story = Story(rule(on=60))
    story.sample(0, 85.0)
    story.sample(1, 85.0, source=3601)
    story.wait(200)
    assert story.told == ["raised 60.0"]


def test_case_29_late_data_is_dated_by_the_device_and_told_in_its_order() -> None:
    story = Story(rule())
    story.sample(600, 85.0, source=10)
    story.sample(600, 70.0, source=20)
    assert story.told == ["raised 10.0", "returned 20.0"]


def test_case_30_what_comes_too_late_changes_no_alarm_and_is_counted() -> None:
    """Also over a reload, and when it comes in the batch that makes it late."""
    story = Story(rule())
    story.samples((0, 85.0), (10, 86.0))
    assert story.sample(11, 70.0, source=5) == []
    story.reloaded(12)
    late = [Sample(0, value, Quality.GOOD, at(source), at(20)) for value, source in ((87.0, 20), (70.0, 19), (70.0, 18))]
    assert story.step(20, late) == []
    assert story.engine.late_total == 3
    assert story.engine.view(HOT).facts.active


def test_case_31_a_return_that_arrives_after_a_newer_raise_does_not_end_it() -> None:
    story = Story(rule())
    story.samples((0, 85.0), (5, 70.0), (10, 85.0))
    assert story.sample(11, 70.0, source=7) == []
    assert story.engine.view(HOT).facts.active


def test_case_33_two_engines_that_hear_the_same_count_the_same_occurrences() -> None:
    one, other = Story(rule(), start=0), Story(rule(), start=-3600)
    for story in (one, other):
        story.samples((0, 85.0), (5, 70.0), (10, 85.0))
    assert canonical(one.happened) == canonical(other.happened)


def test_case_34_the_event_says_when_the_delay_was_complete_and_when_the_condition_began() -> None:
    story = Story(rule(on=2))
    story.sample(0, 85.0)
    story.sample(3, 70.0)
    raised, returned = story.happened
    assert (raised.data["began"], returned.data["began"]) == ("2026-05-04T08:00:00.000000Z",) * 2
    assert returned.data["raised"] == "2026-05-04T08:00:02.000000Z"
    assert story.told == ["raised 2.0", "returned 3.0"]


def test_case_37_a_return_leaves_what_the_raise_said() -> None:
    story = Story(rule())
    story.samples((0, 85.0), (1, 70.0))
    view = story.engine.view(HOT)
    assert (view.raised, view.returned, view.peak) == (at(0), at(1), 85.0)
    assert story.happened[0].data["value"] == 85.0


def test_case_38_raise_and_return_carry_the_values_of_their_own_moments() -> None:
    story = Story(rule())
    story.samples((0, 85.0), (1, 93.0), (2, 70.0))
    raised, returned = story.happened
    assert (raised.data["value"], returned.data["peak"], returned.data["value"]) == (85.0, 93.0, 70.0)


def test_each_of_the_40_cases_is_here_or_the_readme_says_where() -> None:
    names = (re.match(r"test_cases?_(\d+)(?:_and_(\d+))?", name) for name in globals())
    here = {int(number) for found in names if found for number in found.groups() if number}
    page = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    rows = [range(int(first), int(last or first) + 1) for first, last in re.findall(r"(?m)^\| (\d+)(?: to (\d+))? \|", page)]
    assert here | {number for row in rows for number in row} >= set(range(1, 41))
    for file, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page):
        assert f"def {test}(" in (Path(__file__).parents[3] / file).read_text(encoding="utf-8"), test
