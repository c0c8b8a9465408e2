"""First-out, as stories: of a group, the one that was first in the time of its own device carries the flag."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.command import Acknowledge, Reset
from edge.model.event import Event
from rules.definition import Rule
from tests.unit.rules.plant import MOTOR, Story, named, rule, span, tag

NAMES = ("a", "b", "c")


def member(name: str, scan: float = 0.0, **options: object) -> Rule:
    made = rule(name, reads=f"{MOTOR}.{name}", **options)  # type: ignore[arg-type] # the options are those of `rule`
    return replace(made, first_out="trip", scan=span(scan))


def group(scan: float = 0.0, **options: object) -> Story:
    """Three alarms on three tags, one group."""
    return Story(*(member(name, scan, **options) for name in NAMES), tags=[tag(f"{MOTOR}.{name}") for name in NAMES])


def trip(story: Story, second: float, name: str, source: float | None = None) -> list[Event]:
    return story.sample(second, 85.0, of=f"{MOTOR}.{name}", source=source)


def clear(story: Story, second: float, name: str) -> list[Event]:
    return story.sample(second, 70.0, of=f"{MOTOR}.{name}")


def ranks(story: Story) -> list[int]:
    return [story.engine.view(f"{MOTOR}/{name}").first_out for name in NAMES]


def acknowledge(story: Story, second: float, name: str, occurrence: int = 1) -> None:
    assert story.command(second, Acknowledge(f"{MOTOR}/{name}", occurrence)).kind == "acknowledged"


def test_the_first_after_the_group_was_clear_has_rank_1_and_the_others_the_ranks_behind() -> None:
    story = group()
    for second, name in ((1, "b"), (2, "c"), (3, "a")):
        trip(story, second, name)
    assert [event.data["first_out"] for event in story.happened] == [
        {"group": "trip", "rank": 1, "tie": False, "within": 0.0},
        {"group": "trip", "rank": 2, "tie": False, "within": 0.0},
        {"group": "trip", "rank": 3, "tie": False, "within": 0.0},
    ]
    assert ranks(story) == [3, 1, 2]


def test_an_alarm_without_a_group_has_no_rank() -> None:
    story = Story(rule())
    (raised,) = story.sample(0, 85.0)
    assert "first_out" not in raised.data
    assert story.engine.views()[0].first_out == 0


def test_the_flag_stays_when_its_alarm_is_over_until_the_whole_group_is() -> None:
    story = group()
    trip(story, 0, "a")
    trip(story, 1, "b")
    clear(story, 2, "a")
    acknowledge(story, 3, "a")
    assert ranks(story) == [1, 2, 0]
    trip(story, 4, "c")
    assert ranks(story) == [1, 2, 3]


@pytest.mark.parametrize("last", ["acknowledge", "return"])
def test_the_flags_are_gone_when_the_last_of_the_group_is_normal(last: str) -> None:
    """Clear is not enough: what nobody has acknowledged is not over."""
    story = group()
    trip(story, 0, "a")
    trip(story, 1, "b")
    acknowledge(story, 2, "a")
    clear(story, 3, "a")
    if last == "acknowledge":
        clear(story, 4, "b")
        assert ranks(story) == [1, 2, 0]
        acknowledge(story, 5, "b")
    else:
        acknowledge(story, 4, "b")
        assert ranks(story) == [1, 2, 0]
        clear(story, 5, "b")
    assert ranks(story) == [0, 0, 0]
    trip(story, 10, "c")
    assert ranks(story) == [0, 0, 1]


def test_a_latched_group_is_over_with_its_reset() -> None:
    story = group(latching=True)
    trip(story, 0, "a")
    acknowledge(story, 1, "a")
    clear(story, 2, "a")
    assert ranks(story) == [1, 0, 0]
    assert story.command(3, Reset(f"{MOTOR}/a")).kind == "reset"
    assert ranks(story) == [0, 0, 0]


def test_an_alarm_that_comes_again_while_the_group_is_not_over_keeps_its_rank() -> None:
    story = group()
    trip(story, 0, "a")
    trip(story, 1, "b")
    clear(story, 2, "a")
    (again,) = trip(story, 3, "a")
    assert again.data["first_out"] == {"group": "trip", "rank": 1, "tie": False, "within": 0.0}
    clear(story, 4, "b")
    (later,) = trip(story, 5, "b")
    assert later.data["first_out"]["rank"] == 2


def test_first_is_who_was_first_at_the_device_and_not_who_arrived_first() -> None:
    story = group()
    trip(story, 10, "a", source=9)
    raised, moved = trip(story, 11, "b", source=5)
    assert raised.data["first_out"]["rank"] == 1
    assert (moved.kind, moved.subject) == ("first_out_moved", f"{MOTOR}/b")
    assert moved.data == {"group": "trip", "occurrence": 1, "before": f"{MOTOR}/a", "by": "source_time"}
    assert ranks(story) == [2, 1, 0]
    assert trip(story, 12, "c", source=7)[0].data["first_out"]["rank"] == 3


def test_a_later_one_never_takes_the_flag_of_one_that_merely_came_again() -> None:
    """The flag is about when the first came first."""
    story = group()
    trip(story, 0, "a")
    trip(story, 1, "b")
    clear(story, 20, "a")
    trip(story, 30, "a")
    events = trip(story, 31, "c", source=25)
    assert [event.kind for event in events] == ["raised"]
    assert ranks(story) == [1, 2, 3]


def test_when_the_flag_moves_the_ranks_behind_it_stay_distinct() -> None:
    story = group()
    trip(story, 10, "a", source=9)
    trip(story, 10, "b", source=10)
    trip(story, 11, "c", source=5)
    assert ranks(story) == [2, 3, 1]


def test_first_is_whose_condition_began_first_however_long_its_delay() -> None:
    slow, fast = replace(member("a"), on_delay=span(10)), member("b")
    story = Story(slow, fast, member("c"), tags=[tag(f"{MOTOR}.{name}") for name in NAMES])
    trip(story, 0, "a")
    trip(story, 5, "b")
    raised, moved = story.wait(60)
    assert (raised.data["first_out"]["rank"], moved.kind, moved.data["before"]) == (1, "first_out_moved", f"{MOTOR}/b")
    assert ranks(story) == [1, 2, 0]


@pytest.mark.parametrize(("apart", "tie"), [(0.0, True), (0.999_999, True), (1.0, True), (1.000_001, False)])
def test_two_of_tags_that_are_read_every_second_are_a_tie_within_that_second(apart: float, tie: bool) -> None:
    story = group(scan=1.0)
    assert trip(story, 10, "a")[0].data["first_out"] == {"group": "trip", "rank": 1, "tie": False, "within": 1.0}
    (second,) = trip(story, 10 + apart, "b")
    assert second.data["first_out"] == {"group": "trip", "rank": 2, "tie": tie, "within": 1.0}


def test_the_slower_of_two_scans_says_how_uncertain_their_order_is() -> None:
    story = Story(member("a", 0.1), member("b", 2.0), member("c", 0.1), tags=[tag(f"{MOTOR}.{name}") for name in NAMES])
    trip(story, 10, "a")
    assert trip(story, 12, "b")[0].data["first_out"] == {"group": "trip", "rank": 2, "tie": True, "within": 2.0}
    assert trip(story, 12, "c")[0].data["first_out"] == {"group": "trip", "rank": 3, "tie": False, "within": 0.1}


def test_a_late_one_within_the_scan_takes_the_flag_and_says_that_it_is_a_tie() -> None:
    story = group(scan=1.0)
    trip(story, 10, "a", source=10)
    raised, moved = trip(story, 11, "b", source=9.5)
    assert raised.data["first_out"] == {"group": "trip", "rank": 1, "tie": True, "within": 1.0}
    assert moved.kind == "first_out_moved"


def test_equal_times_leave_the_flag_where_it_is() -> None:
    story = group()
    trip(story, 10, "a", source=9)
    (raised,) = trip(story, 11, "b", source=9)
    assert raised.data["first_out"] == {"group": "trip", "rank": 2, "tie": True, "within": 0.0}


def test_of_one_sample_the_first_row_is_first_and_the_others_tie() -> None:
    low, high = replace(rule("warm", limit=70.0), first_out="trip"), replace(rule("hot"), first_out="trip")
    story = Story(low, high)
    story.sample(0, 85.0)
    assert [(event.data["first_out"]["rank"], event.data["first_out"]["tie"]) for event in story.happened] == [
        (1, False),
        (2, True),
    ]


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_ranks_survive(way: str) -> None:
    story = group()
    trip(story, 10, "a", source=10)
    trip(story, 11, "b", source=11)
    clear(story, 12, "a")
    if way == "restart":
        story = story.restarted(60, outage=40)
    else:
        story.reloaded(60)
    assert ranks(story) == [1, 2, 0]
    assert trip(story, 61, "c", source=10.5)[0].data["first_out"]["rank"] == 3
    assert named(trip(story, 62, "a"))[-1] == "a raised 62.0"
    assert ranks(story) == [1, 2, 3]


def test_a_group_whose_last_alarm_is_retired_is_clear() -> None:
    story = group()
    trip(story, 0, "a")
    trip(story, 1, "b")
    acknowledge(story, 2, "a")
    clear(story, 3, "a")
    story.reloaded(10, member("a"), member("c"))
    (raised,) = trip(story, 20, "c")
    assert raised.data["first_out"]["rank"] == 1
