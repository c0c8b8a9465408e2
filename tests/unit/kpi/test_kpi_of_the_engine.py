"""The events of the real engine, counted: what it hides is not an alarm, and what it announces is one."""

from __future__ import annotations

from edge.model.alarm import Priority
from edge.model.command import Acknowledge, Shelve, Unshelve
from edge.model.moment import MINUTE, SECOND
from rules.kpi import Excluded, Kpi, Question, RuleFacts, compute, numbered
from tests.unit.rules.plant import HOT, Story, at, rule


def test_a_story_of_the_engine_in_figures() -> None:
    story = Story(rule(deadband=3))
    story.samples((0, 70), (10, 85))
    story.command(40, Acknowledge(HOT, 1))
    story.sample(100, 70)
    story.command(200, Shelve(HOT, 10 * MINUTE, "bearing is being greased"))
    story.samples((300, 85), (310, 70), (400, 85))
    story.command(500, Unshelve(HOT))
    story.sample(600, 70)
    asked = Question(at(0), at(3600), "Asia/Shanghai", {HOT: RuleFacts(HOT, Priority.MEDIUM, respond_within=60 * SECOND)})
    figures = compute(numbered(story.happened), asked).total.figures
    # Occurrence 1 with its raise, 3 when it left the shelf; 2 came and went under it.
    assert figures[Kpi.ALARMS].value == 2
    assert figures[Kpi.ALARMS].excluded[Excluded.SHELVED] == 2
    assert figures[Kpi.HIDDEN_ALARMS].value == 2
    assert figures[Kpi.SHELF_LENGTH].value == 300
    assert figures[Kpi.TIME_TO_ACKNOWLEDGE].value == 30
    assert figures[Kpi.RETURNED_FIRST].value == 50
    assert figures[Kpi.ACKNOWLEDGED_IN_TIME].value == 100
    # 90 s and 200 s, the latter from the raise.
    assert figures[Kpi.TIME_TO_RESOLVE].value == 145
    assert figures[Kpi.LONGEST_ACTIVE].value == 200
    assert figures[Kpi.UNAUTHORISED_SUPPRESSION].value == 0
