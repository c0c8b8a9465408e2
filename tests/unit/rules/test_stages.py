"""Shadow, trial, live: who hears of what, and how a stage ends."""

from __future__ import annotations

from dataclasses import replace

from edge.model.alarm import AlarmState
from edge.model.command import InboxRow, PlantCommand, SetStage
from edge.model.event import Event
from edge.model.moment import HOUR, MINUTE
from edge.model.sample import Batch
from edge.model.stage import Stage
from rules.definition import Line, Rule
from rules.engine import Engine
from rules.expression import Expression, compile_expression
from rules.layout import build_layout
from rules.signals.expression import ExpressionSignal
from rules.signals.machine_state import States
from tests.unit.rules.plant import HOT, TEMP, Story, at, rule, tag, told

A, B = "CRM.ST3.MOTOR/a", "CRM.ST3.MOTOR/b"


def ask(story: Story, second: float, body: PlantCommand, by: str = "engineer.e") -> list[Event]:
    """A person's act; what happened by it."""
    story._messages += 1
    row = InboxRow("console", f"a{story._messages}", by, body, at(second), story._messages)
    return story.step(second, [], [row])


def in_shadow() -> Story:
    story = Story(rule())
    story.engine = Engine(story.layout, at(0), Stage.SHADOW)
    return story


def two_on_a_line_in_shadow() -> Story:
    signal = States("CRM", (("hot", _hot()),), "cold")
    story = Story(rule("a"), rule("b"))
    story.layout = build_layout(1, [tag()], [_on_line("a"), _on_line("b")], [Line("CRM", signal.names, signal)])
    story.engine = Engine(story.layout, at(0), Stage.SHADOW)
    return story


def live(reason: str = "checked for a week", scope: str = "plant") -> SetStage:
    return SetStage(scope, Stage.LIVE, reason)


def test_in_shadow_all_is_written_down_and_says_that_nobody_is_told() -> None:
    story = in_shadow()
    (raised,) = story.sample(0, 85.0)
    assert (raised.kind, raised.data["stage"], raised.data["suppressed"]) == ("raised", "shadow", ["shadow"])
    assert story.state() is AlarmState.DSUPR
    (returned,) = story.sample(1, 70.0)
    assert (returned.kind, returned.data["suppressed"]) == ("returned", ["shadow"])


def test_promotion_announces_what_is_active_once() -> None:
    story = in_shadow()
    story.sample(0, 85.0)
    stage_set, released = ask(story, 5, live())
    assert (stage_set.kind, stage_set.data["by"], stage_set.data["before"]) == ("stage_set", "engineer.e", "shadow")
    assert (released.kind, released.data["announce"], released.data["cause"]) == ("released", True, "shadow")
    assert story.state() is AlarmState.UNACK
    (raised,) = [event for event in story.samples((6, 70.0), (7, 85.0)) if event.kind == "raised"]
    assert "stage" not in raised.data
    assert raised.data["suppressed"] == []


def test_promotion_needs_a_reason_and_a_scope_that_is_there() -> None:
    story = in_shadow()
    bodies = [live(" "), live(scope="line:NOWHERE"), live("x" * 501)]
    refused = [ask(story, second, body) for second, body in enumerate(bodies)]
    assert [(events[0].kind, events[0].data["reason"]) for events in refused] == [
        ("rejected", "reason_missing"),
        ("rejected", "unknown_scope"),
        ("rejected", "comment_too_long"),
    ]
    ask(story, 4, live())
    assert ask(story, 5, live())[0].data["reason"] == "same_stage"


def test_a_trial_names_who_is_told_and_ends_by_itself() -> None:
    story = in_shadow()
    nobody = ask(story, 0, SetStage(HOT, Stage.COMMISSIONING, "new sensor", (), HOUR))
    too_long = ask(story, 0, SetStage(HOT, Stage.COMMISSIONING, "new sensor", ("person:fitter.b",), 13 * HOUR))
    assert [events[0].data["reason"] for events in (nobody, too_long)] == ["nobody_named", "duration_out_of_range"]
    (begun,) = ask(story, 1, SetStage(HOT, Stage.COMMISSIONING, "new sensor", ("person:fitter.b",), 10 * MINUTE))
    assert begun.data["until"] == "2026-05-04T08:10:01.000000Z"
    (raised,) = story.sample(2, 85.0)
    assert (raised.data["stage"], raised.data["only"], raised.data["suppressed"]) == ("commissioning", ["person:fitter.b"], [])
    assert story.last is not None
    assert story.last.next_due == at(601)
    ended, hidden = story.wait(700)
    assert told([ended, hidden]) == ["stage_ended 601.0", "suppressed 601.0"]
    assert (ended.data["stage"], hidden.data["suppressed"]) == ("shadow", ["shadow"])


def test_what_a_trial_shows_at_once_is_told_to_its_list_and_on_promotion_to_all() -> None:
    story = in_shadow()
    story.sample(0, 85.0)
    trial = SetStage("plant", Stage.COMMISSIONING, "first day", ("person:fitter.b",), HOUR)
    _, released = ask(story, 1, trial)
    assert (released.data["announce"], released.data["stage"], released.data["only"]) == (
        True,
        "commissioning",
        ["person:fitter.b"],
    )
    _, opened = ask(story, 2, live())
    assert (opened.kind, opened.data["cause"], opened.data["announce"]) == ("released", "commissioning", True)
    assert opened.data.keys().isdisjoint({"stage", "only"})


def test_who_is_added_to_a_trial_is_told_what_is_active_and_the_others_not_again() -> None:
    story = in_shadow()
    ask(story, 0, SetStage("plant", Stage.COMMISSIONING, "first day", ("person:fitter.b",), HOUR))
    story.sample(1, 85.0)
    both = ("person:fitter.b", "person:lead")
    _, told_too = ask(story, 2, SetStage("plant", Stage.COMMISSIONING, "the lead, too", both, HOUR))
    assert (told_too.kind, told_too.data["announce"], told_too.data["only"]) == ("released", True, ["person:lead"])
    (fewer,) = ask(story, 3, SetStage("plant", Stage.COMMISSIONING, "one is enough", ("person:lead",), HOUR))
    assert fewer.kind == "stage_set"


def test_what_is_active_when_a_trial_of_a_live_plant_ends_is_told_to_all() -> None:
    story = Story(rule())
    ask(story, 0, SetStage(HOT, Stage.COMMISSIONING, "new limit", ("person:fitter.b",), 10 * MINUTE))
    story.sample(1, 85.0)
    ended, opened = story.wait(700)
    assert (ended.kind, ended.data["stage"]) == ("stage_ended", "live")
    assert (opened.subject, opened.kind, opened.data["announce"]) == (HOT, "released", True)


def test_the_nearest_scope_holds() -> None:
    story = two_on_a_line_in_shadow()
    ask(story, 1, live(scope="line:CRM"))
    ask(story, 2, SetStage(B, Stage.SHADOW, "too noisy"))
    raised = {event.subject: event.data for event in story.sample(3, 85.0) if event.kind == "raised"}
    assert raised[A]["suppressed"] == []
    assert raised[B]["suppressed"] == ["shadow"]


def test_after_its_trial_a_line_that_had_no_stage_of_its_own_goes_with_its_plant() -> None:
    story = two_on_a_line_in_shadow()
    ask(story, 1, SetStage("line:CRM", Stage.COMMISSIONING, "try", ("person:fitter.b",), 10 * MINUTE))
    assert [(event.kind, event.data["stage"]) for event in story.wait(700)] == [("stage_ended", "shadow")]
    ask(story, 701, live())
    assert [event.data["suppressed"] for event in story.sample(702, 85.0) if event.kind == "raised"] == [[], []]


def test_after_its_trial_an_alarm_of_a_live_line_is_live_again_in_a_plant_in_shadow() -> None:
    story = two_on_a_line_in_shadow()
    ask(story, 1, live(scope="line:CRM"))
    (begun,) = ask(story, 2, SetStage(A, Stage.COMMISSIONING, "new limit", ("person:fitter.b",), 10 * MINUTE))
    ended, *_ = story.wait(700)
    assert (begun.data["before"], ended.data["stage"]) == ("live", "live")
    assert [event.data["suppressed"] for event in story.sample(701, 85.0) if event.kind == "raised"] == [[], []]


def test_after_its_trial_a_scope_has_the_stage_again_that_was_set_for_itself() -> None:
    story = two_on_a_line_in_shadow()
    ask(story, 1, SetStage(A, Stage.SHADOW, "too noisy"))
    ask(story, 2, SetStage(A, Stage.COMMISSIONING, "try", ("person:fitter.b",), 10 * MINUTE))
    ask(story, 3, SetStage(A, Stage.COMMISSIONING, "another list", ("person:lead",), 10 * MINUTE))
    story.wait(700)
    ask(story, 701, live())
    raised = {event.subject: event.data["suppressed"] for event in story.sample(702, 85.0) if event.kind == "raised"}
    assert raised == {A: ["shadow"], B: []}


def test_the_engine_names_the_stage_of_the_plant_and_of_each_scope_that_has_one_of_its_own() -> None:
    story = two_on_a_line_in_shadow()
    ask(story, 1, live(scope="line:CRM"))
    ask(story, 2, SetStage(B, Stage.COMMISSIONING, "try", ("person:lead",), HOUR))
    stages = story.engine.stages()
    assert {scope: str(each.stage) for scope, each in stages.items()} == {
        "plant": "shadow",
        "line:CRM": "live",
        B: "commissioning",
    }
    trial = stages[B]
    assert (trial.by, trial.reason, trial.only, trial.until) == ("engineer.e", "try", ("person:lead",), at(3602))


def test_stages_and_the_end_of_a_trial_outlive_a_restart() -> None:
    story = in_shadow()
    ask(story, 0, SetStage("plant", Stage.COMMISSIONING, "first day", ("group:fitters",), HOUR))
    after = Story(rule(), records=story.records, start=60)
    after.engine = Engine(after.layout, at(60), Stage.SHADOW)
    after.engine.restore(after.records, now=at(60), outage=0)
    (raised,) = after.sample(61, 85.0)
    assert (raised.data["stage"], raised.data["only"]) == ("commissioning", ["group:fitters"])
    assert told(after.engine.step(at(4_000), Batch.empty(), ()).events) == ["stage_ended 3600.0", "suppressed 3600.0"]


def _hot() -> ExpressionSignal:
    expression = compile_expression("t > 50")
    assert isinstance(expression, Expression)
    return ExpressionSignal(expression, (TEMP,))


def _on_line(key: str) -> Rule:
    return replace(rule(key), line="CRM")
