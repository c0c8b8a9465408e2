"""Suppression by design of alarms that come and go together: of one cause one alarm is told."""

from __future__ import annotations

from dataclasses import replace

from edge.model.sample import Quality, Sample
from rules.definition import Cause, Kind
from tests.unit.rules.parents import CHILD, NO_POWER, PARENT, POWER, TAGS, hides, notices, story_of
from tests.unit.rules.plant import HOT, MOTOR, Story, at, named, rule, span


def both(second: float, power: float, temp: float) -> list[Sample]:
    slots = {"temp": 0, "power": 1}
    return [
        Sample(slots["power"], power, Quality.GOOD, at(second), at(second)),
        Sample(slots["temp"], temp, Quality.GOOD, at(second), at(second)),
    ]


def test_of_parent_and_child_that_one_value_raises_only_the_parent_is_told() -> None:
    """Both rules read the same tag, and the child's row is the first: who explains comes first all the same."""
    child, parent = rule("warm", limit=70.0), rule("hot", limit=80.0)
    story = Story(child, parent, suppressors=[hides(f"{MOTOR}/hot", targets=[f"{MOTOR}/warm"], cause=Cause.MORE_SEVERE)])
    story.sample(0, 85.0)
    assert [(event.subject.rpartition("/")[2], event.data["suppressed"]) for event in story.happened] == [
        ("warm", [f"more_severe:{MOTOR}/hot"]),
        ("hot", []),
    ]


def test_of_parent_and_child_whose_delays_end_at_the_same_instant_only_the_parent_is_told() -> None:
    child, parent = rule(on=10), replace(PARENT, on_delay=span(5))
    story = Story(child, parent, tags=TAGS, suppressors=[hides(NO_POWER)])
    story.sample(0, 85.0)
    story.sample(5, 85.0, of=POWER)
    story.wait(60)
    assert [(event.subject, event.data["suppressed"]) for event in story.happened] == [
        (HOT, [f"parent:{NO_POWER}"]),
        (NO_POWER, []),
    ]


def test_of_parent_and_child_that_return_together_nobody_is_told_of_the_child() -> None:
    child, parent = rule("warm", limit=80.0), rule("hot", limit=80.0)
    warm = f"{MOTOR}/warm"
    story = Story(child, parent, suppressors=[hides(f"{MOTOR}/hot", targets=[warm])])
    story.samples((0, 85.0), (10, 70.0))
    assert named(story.happened) == [
        "warm raised 0.0",
        "hot raised 0.0",
        "warm returned 10.0",
        "hot returned 10.0",
    ]
    assert notices(story.happened, warm) == []
    assert story.happened[2].data["suppressed"] == [f"parent:{MOTOR}/hot"]


def test_a_parent_that_is_raised_after_its_child_in_the_same_scan_suppresses_what_was_told() -> None:
    """Two samples are two instants, however close; so it does not matter how they are cut into steps."""
    story = story_of()
    story.step(0, [*reversed(both(0, 85.0, 85.0))])
    assert named(story.happened) == ["de_temp_high raised 0.0", "de_temp_high suppressed 0.0", "power raised 0.0"]
    again = story_of()
    for sample in reversed(both(0, 85.0, 85.0)):
        again.step(0, [sample])
    assert named(again.happened) == named(story.happened)


def test_of_two_exclusive_limits_passed_at_once_only_the_higher_is_told_and_the_lower_when_the_higher_is_left() -> None:
    high, high_high = rule("high", limit=80.0), rule("high_high", Kind.HIGH_HIGH, limit=90.0)
    lower, upper = f"{MOTOR}/high", f"{MOTOR}/high_high"
    high_high = replace(high_high, limit=90.0)
    story = Story(high, high_high, suppressors=[hides(upper, targets=[lower], cause=Cause.MORE_SEVERE)])
    story.sample(0, 95.0)
    assert [event.subject for event in story.happened if event.data["suppressed"] == []] == [upper]
    story.sample(10, 85.0)
    assert named(story.happened)[2:] == ["high_high returned 10.0", "high released 10.0"]
    story.sample(20, 95.0)
    assert named(story.happened)[4:] == ["high suppressed 20.0", "high_high raised 20.0"]
    story.sample(30, 70.0)
    assert named(story.happened)[6:] == ["high returned 30.0", "high_high returned 30.0"]
    assert len(notices(story.happened, lower)) == 1


def test_a_parent_whose_delay_a_late_sample_completes_and_ends_hides_and_releases_in_that_instant() -> None:
    """The sample says that the parent was active until it came; both happen now."""
    parent = replace(PARENT, on_delay=span(10))
    story = Story(parent, CHILD, tags=TAGS, suppressors=[hides(NO_POWER)])
    story.sample(0, 85.0)
    story.sample(1, 85.0, of=POWER)
    events = story.step(5, [Sample(1, 70.0, Quality.GOOD, at(20), at(5))])
    assert named(events) == [
        "de_temp_high suppressed 5.0",
        "power raised 11.0",
        "power returned 20.0",
        "de_temp_high released 5.0",
    ]
