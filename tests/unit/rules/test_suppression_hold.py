"""A cover that holds for a time after the last of its sources."""

from __future__ import annotations

from tests.unit.rules.parents import NO_POWER, POWER, hides, notices, story_of
from tests.unit.rules.plant import at, named, rule


def test_a_cover_holds_for_its_time_after_the_last_of_its_sources() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    story.sample(10, 70.0, of=POWER)
    assert story.last is not None
    assert story.last.next_due == at(40)
    assert story.wait(39.999_999) == []
    assert named(story.wait(40)) == ["de_temp_high released 40.0"]
    assert story.wait(1000) == []


def test_what_is_raised_within_the_hold_is_hidden_too() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(10, 70.0, of=POWER)
    (raised,) = story.sample(39.999_999, 85.0)
    assert raised.data["suppressed"] == [f"parent:{NO_POWER}"]
    (released,) = story.wait(60)
    assert (released.kind, released.data["announce"]) == ("released", True)


def test_a_sample_at_the_very_end_of_the_hold_is_not_hidden() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(10, 70.0, of=POWER)
    (raised,) = story.sample(40, 85.0)
    assert raised.data["suppressed"] == []


def test_a_delay_that_is_complete_at_the_very_end_of_the_hold_is_still_hidden_and_then_told() -> None:
    story = story_of(hides(NO_POWER, hold=30), child=rule(on=5))
    story.sample(0, 85.0, of=POWER)
    story.sample(10, 70.0, of=POWER)
    story.sample(35, 85.0)
    assert named(story.wait(60)) == ["de_temp_high raised 40.0", "de_temp_high released 40.0"]
    assert len(notices(story.happened)) == 1


def test_a_source_that_comes_back_within_the_hold_goes_on_hiding_in_one_piece() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(1, 85.0)
    story.sample(10, 70.0, of=POWER)
    story.sample(20, 85.0, of=POWER)
    story.wait(100)
    story.sample(110, 70.0, of=POWER)
    story.wait(200)
    assert [each for each in named(story.happened) if each.startswith("de_temp_high")] == [
        "de_temp_high raised 1.0",
        "de_temp_high released 140.0",
    ]
