"""A rule that becomes more urgent while its alarm is active: people are told again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.alarm import AlarmState, Priority
from edge.model.command import Acknowledge
from edge.model.event import Event
from edge.model.sample import Batch
from rules.definition import Rule
from rules.layout import build_layout
from tests.unit.rules.plant import HOT, Story, at, rule


def reloaded(story: Story, second: float, changed: Rule) -> list[Event]:
    story.engine.move_to(build_layout(2, story.layout.tags, [changed]), at(second))
    return list(story.engine.step(at(second), Batch.empty(), ()).events)


def restarted(story: Story, second: float, changed: Rule) -> list[Event]:
    after = story.restarted(second, 0, changed)
    story.engine = after.engine
    return after.wait(second)


@pytest.mark.parametrize("again", [reloaded, restarted])
def test_an_acknowledged_alarm_is_to_be_acknowledged_again(again: object) -> None:
    story = Story(rule(priority=Priority.LOW))
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1))
    (event,) = again(story, 5, rule(priority=Priority.HIGH))  # type: ignore[operator]  # both are functions
    assert event.kind == "severer"
    said = {name: event.data[name] for name in ("occurrence", "priority", "before", "acknowledged", "announce", "value")}
    assert said == {
        "occurrence": 1,
        "priority": "high",
        "before": "low",
        "acknowledged": False,
        "announce": True,
        "value": 85.0,
    }
    assert story.engine.view(HOT).state is AlarmState.UNACK


@pytest.mark.parametrize("priority", [Priority.MEDIUM, Priority.LOW])
def test_equal_or_lower_priority_tells_nothing(priority: Priority) -> None:
    story = Story(rule(priority=Priority.MEDIUM))
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1))
    assert reloaded(story, 5, rule(priority=priority)) == []
    assert story.engine.view(HOT).state is AlarmState.ACKED


def test_what_is_not_active_tells_nothing() -> None:
    story = Story(rule(priority=Priority.LOW))
    story.samples((0, 85.0), (1, 70.0))
    assert reloaded(story, 5, rule(priority=Priority.CRITICAL)) == []
    assert story.engine.view(HOT).state is AlarmState.RTNUN


def test_a_rule_that_asks_nobody_stays_acknowledged() -> None:
    quiet = replace(rule(priority=Priority.LOW), ack_required=False)
    story = Story(quiet)
    story.sample(0, 85.0)
    (event,) = reloaded(story, 5, replace(quiet, priority=Priority.HIGH))
    assert event.data["acknowledged"]
