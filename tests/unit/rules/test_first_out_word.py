"""First-out as the PLC says it: a word that names the first one goes before source times, when it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from edge.model.command import Acknowledge
from edge.model.event import Event
from edge.model.sample import Quality
from rules.definition import FirstOutWord, Rule
from rules.expression import Expression, Yields, compile_expression
from rules.layout import build_layout
from rules.signals.expression import ExpressionSignal
from tests.unit.rules.plant import MOTOR, Story, at, named, rule, span, tag

NAMES = ("a", "b", "c")
WORD = f"{MOTOR}.first_fault"
NUMBERS = {1: "a", 2: "b", 3: "c"}


def signal() -> ExpressionSignal:
    compiled = compile_expression("first_fault", Yields.NUMBER)
    assert isinstance(compiled, Expression)
    return ExpressionSignal(compiled, (WORD,))


def member(name: str, scan: float = 1.0) -> Rule:
    return replace(rule(name, reads=f"{MOTOR}.{name}"), first_out="trip", scan=span(scan))


def group(members: Mapping[int, str] = NUMBERS, *, bits: bool = False, within: float = 5.0) -> Story:
    word = FirstOutWord("trip", signal(), {number: f"{MOTOR}/{name}" for number, name in members.items()}, bits, span(within))
    return Story(*map(member, NAMES), tags=[tag(f"{MOTOR}.{name}") for name in (*NAMES, "first_fault")], words=[word])


def trip(story: Story, second: float, name: str, source: float | None = None) -> list[Event]:
    return story.sample(second, 85.0, of=f"{MOTOR}.{name}", source=source)


def say(story: Story, second: float, value: float, quality: Quality = Quality.GOOD, source: float | None = None) -> list[Event]:
    return story.sample(second, value, quality, of=WORD, source=source)


def ranks(story: Story) -> list[int]:
    return [view.first_out for view in story.engine.views()]


def place(event: Event) -> tuple[int, str, str | None]:
    told = event.data["first_out"]
    return told["rank"], told["by"], told.get("why")


def test_whom_the_word_names_is_first_whatever_the_source_times_say() -> None:
    story = group()
    say(story, 9, 2.0)
    (earlier,) = trip(story, 10, "a")
    raised, moved = trip(story, 10.5, "b")
    assert place(earlier) == (1, "source_time", "not_raised")
    assert raised.data["first_out"] == {"group": "trip", "rank": 1, "tie": False, "within": 1.0, "by": "plc_word"}
    assert moved.data == {"group": "trip", "occurrence": 1, "before": f"{MOTOR}/a", "by": "plc_word"}
    assert ranks(story) == [2, 1, 0]
    assert [view.first_out_named for view in story.engine.views()] == [False, True, False]


def test_a_word_that_comes_after_the_alarms_moves_the_flag() -> None:
    story = group()
    trip(story, 10, "a")
    trip(story, 11, "b")
    trip(story, 12, "c")
    (moved,) = say(story, 13, 3.0)
    assert named([moved]) == ["c first_out_moved 13.0"]
    assert moved.data == {"group": "trip", "occurrence": 1, "before": f"{MOTOR}/a", "by": "plc_word"}
    assert ranks(story) == [2, 3, 1]


def test_a_move_is_never_dated_before_the_raise_of_whom_it_names() -> None:
    story = group()
    trip(story, 10, "a")
    trip(story, 11, "b")
    (moved,) = say(story, 12, 2.0, source=10.5)
    assert named([moved]) == ["b first_out_moved 11.0"]


def test_a_word_that_names_the_first_one_moves_nothing_and_fixes_it() -> None:
    """Not even a late sample that was earlier at its device takes the flag from it."""
    story = group()
    trip(story, 10, "a")
    assert say(story, 11, 1.0) == []
    (later,) = trip(story, 12, "b", source=8)
    assert place(later) == (2, "plc_word", None)
    assert ranks(story) == [1, 2, 0]


def test_behind_the_one_that_the_word_names_nobody_ties() -> None:
    story = group()
    say(story, 10, 1.0)
    trip(story, 10, "a")
    (second,) = trip(story, 10.5, "b")
    assert second.data["first_out"] == {"group": "trip", "rank": 2, "tie": False, "within": 1.0, "by": "plc_word"}


@pytest.mark.parametrize(("said", "why"), [(0.0, "nobody"), (7.0, "unknown"), (1.5, "unknown"), (-1.0, "unknown")])
def test_a_word_that_names_no_member_leaves_it_to_source_time_and_says_why(said: float, why: str) -> None:
    story = group()
    say(story, 9, said)
    assert place(trip(story, 10, "a")[0]) == (1, "source_time", why)
    raised, moved = trip(story, 11, "b", source=9)
    assert place(raised) == (1, "source_time", why)
    assert moved.data["by"] == "source_time"


def test_zero_names_a_member_where_it_is_mapped_to_one() -> None:
    story = group({0: "a", 1: "b"})
    say(story, 10, 0.0)
    assert place(trip(story, 10, "a")[0]) == (1, "plc_word", None)


def test_a_word_that_never_came_or_is_bad_decides_nothing() -> None:
    story = group()
    assert place(trip(story, 10, "a")[0]) == (1, "source_time", "silent")
    story = group()
    say(story, 9, 1.0)
    say(story, 9.5, 0.0, Quality.BAD)
    assert place(trip(story, 10, "a")[0]) == (1, "source_time", "bad")


@pytest.mark.parametrize(
    ("said_at", "by"), [(5.0, "plc_word"), (4.999_999, "source_time"), (15.0, "plc_word"), (15.1, "source_time")]
)
def test_a_word_counts_within_its_window_before_and_after_the_first_alarm(said_at: float, by: str) -> None:
    """One that shows what it did yesterday is about yesterday."""
    story = group()
    if said_at < 10:
        say(story, said_at, 2.0)
        trip(story, 10, "a")
    else:
        trip(story, 10, "a")
        say(story, said_at, 2.0)
    why = None if by == "plc_word" else "old"
    assert place(trip(story, 16, "b")[0]) == (1 if why is None else 2, by, why)


def test_a_word_is_as_old_as_its_value_however_often_it_is_said_again() -> None:
    story = group()
    for second in (0, 4, 8):
        say(story, second, 1.0)
    assert place(trip(story, 10, "a")[0]) == (1, "source_time", "old")


def test_an_interruption_does_not_make_an_old_word_new() -> None:
    story = group()
    say(story, 0, 1.0)
    say(story, 9, 0.0, Quality.BAD)
    say(story, 10, 1.0)
    assert place(trip(story, 10, "a")[0]) == (1, "source_time", "old")


def test_a_late_sample_may_bring_the_word_into_its_window() -> None:
    """First alarm is who was first at the device."""
    story = group()
    say(story, 4, 1.0)
    trip(story, 10, "a")
    (second,) = trip(story, 10, "b", source=8)
    assert place(second) == (2, "plc_word", None)
    assert place(trip(story, 11, "c", source=7)[0]) == (3, "plc_word", None)
    assert ranks(story) == [1, 2, 3]


def test_the_newest_word_counts_and_its_reset_takes_nothing_back() -> None:
    story = group()
    trip(story, 10, "a")
    trip(story, 11, "b")
    say(story, 12, 2.0)
    say(story, 13, 1.0)
    assert ranks(story) == [1, 2, 0]
    assert say(story, 14, 0.0) == []
    assert place(trip(story, 15, "c")[0]) == (3, "plc_word", None)


def test_a_cleared_group_asks_its_word_anew() -> None:
    story = group()
    say(story, 10, 1.0)
    trip(story, 10, "a")
    story.sample(20, 20.0, of=f"{MOTOR}.a")
    story.command(21, Acknowledge(f"{MOTOR}/a", 1))
    assert ranks(story) == [0, 0, 0]
    assert place(trip(story, 30, "b")[0]) == (1, "source_time", "old")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (4.0, (1, "plc_word", None)),
        (0.0, (1, "source_time", "nobody")),
        (6.0, (1, "source_time", "several")),
        (8.0, (1, "source_time", "unknown")),
        (1.0, (1, "source_time", "unknown")),
        (-32768.0, (1, "source_time", "not_raised")),
        (-2.0, (1, "source_time", "several")),
    ],
)
def test_of_bits_the_only_one_that_is_set_names_a_member(said: float, expected: tuple[int, str, str | None]) -> None:
    """The highest one, too, where the word is read as a signed number."""
    story = group({2: "a", 15: "b"}, bits=True)
    say(story, 10, said)
    assert place(trip(story, 10, "a")[0]) == expected


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_what_the_word_said_survives(way: str) -> None:
    """Else one that is latched since yesterday would look as if it came with the restart."""
    story = group()
    say(story, 0, 2.0)
    trip(story, 10, "a")
    trip(story, 11, "c")
    say(story, 12, 3.0)
    if way == "restart":
        story = story.restarted(60)
    else:
        story.reloaded(60)
    say(story, 61, 3.0)
    assert ranks(story) == [2, 0, 1]
    assert place(trip(story, 62, "b", source=5)[0]) == (3, "plc_word", None)


def test_a_word_that_is_new_at_a_restart_has_said_nothing_yet() -> None:
    story = Story(*map(member, NAMES), tags=[tag(f"{MOTOR}.{name}") for name in (*NAMES, "first_fault")])
    trip(story, 10, "a")
    with_word = group()
    with_word.engine.restore(story.records, now=at(60), outage=0)
    assert place(trip(with_word, 61, "b")[0]) == (2, "source_time", "silent")
    assert ranks(with_word) == [1, 2, 0]


def test_one_that_comes_again_and_takes_the_flag_passes_only_those_that_were_before_it() -> None:
    """Its word is gone, and so the times count again; whom the word had put first began later than the second."""
    story = group()
    for second, name in ((10, "a"), (11, "b"), (12, "c")):
        trip(story, second, name)
    say(story, 13, 2.0)
    assert ranks(story) == [2, 1, 3]
    alone = Story(*map(member, NAMES), tags=[tag(f"{MOTOR}.{name}") for name in (*NAMES, "first_fault")], start=14)
    alone.engine.restore(story.records, now=at(14), outage=0)
    alone.sample(15, 70.0, of=f"{MOTOR}.a", source=10.2)
    raised, moved = trip(alone, 16, "a", source=10.5)
    assert raised.data["first_out"] == {"group": "trip", "rank": 1, "tie": True, "within": 1.0}
    assert moved.data == {"group": "trip", "occurrence": 2, "before": f"{MOTOR}/b", "by": "source_time"}
    assert ranks(alone) == [1, 2, 3]


def test_a_word_cannot_name_what_is_not_in_its_group() -> None:
    tags, rules = [tag(f"{MOTOR}.a"), tag(WORD)], [rule("a", reads=f"{MOTOR}.a")]
    for alarm in (f"{MOTOR}/a", f"{MOTOR}/nowhere"):
        with pytest.raises(ValueError, match="not in that group"):
            build_layout(1, tags, rules, words=[FirstOutWord("trip", signal(), {1: alarm})])
