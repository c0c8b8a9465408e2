"""A maintenance window: one act, its members out of service, its owner told what is left."""

from __future__ import annotations

from dataclasses import replace

from edge.model.alarm import AlarmState
from edge.model.command import Acknowledge, EndMaintenance, PlanMaintenance
from edge.model.moment import MINUTE
from rules.definition import Kind
from tests.unit.rules.plant import HOT, MOTOR, SESSION, TEMP, Story, at, rule, tag, told
from tests.unit.rules.test_stages import ask

LOST = f"{MOTOR}/lost"
DANGER = f"{MOTOR}/danger"


def plant() -> Story:
    danger = replace(rule("danger", limit=90.0), safety=True)
    return Story(rule(), rule("lost", Kind.COMM_LOSS, reads=SESSION), danger, tags=[tag(TEMP)])


def window(begin: float = 60, end: float = 3_660, name: str = "bearing", permit: str = "P-17") -> PlanMaintenance:
    return PlanMaintenance(name, (MOTOR,), at(begin), at(end), permit, "new bearing")


def test_from_begin_to_end_the_members_are_out_of_service_and_then_announced() -> None:
    story = plant()
    story.sample(0, 1.0, of=SESSION)
    (planned,) = ask(story, 0, window())
    assert (planned.kind, planned.data["permit"], planned.data["by"]) == ("maintenance_planned", "P-17", "engineer.e")
    assert story.state() is AlarmState.NORM
    (begun,) = story.wait(60)
    assert (begun.kind, begun.data["owner"], begun.data["devices"]) == ("maintenance_begun", "engineer.e", [MOTOR])
    assert story.state() is AlarmState.OOSRV
    (raised,) = story.sample(100, 85.0)
    assert raised.data["suppressed"] == ["maintenance:bearing"]
    ending, ended, released = story.wait(4_000)
    assert told([ending, ended, released]) == ["maintenance_ending 2760.0", "maintenance_ended 3660.0", "released 3660.0"]
    assert ending.data["open"] == [HOT]
    assert (released.subject, released.data["announce"]) == (HOT, True)
    assert story.state() is AlarmState.UNACK


def test_what_warns_of_a_danger_stays_in_service() -> None:
    story = plant()
    ask(story, 0, window(begin=0))
    raised = {event.subject: event.data for event in story.sample(100, 95.0)}
    assert raised[DANGER]["suppressed"] == []
    assert raised[HOT]["suppressed"] == ["maintenance:bearing"]


def test_a_lost_connection_is_told_to_the_owner_alone() -> None:
    story = plant()
    story.sample(0, 1.0, of=SESSION)
    ask(story, 1, window(begin=1))
    (raised,) = [event for event in story.sample(10, 0.0, of=SESSION) if event.kind == "raised"]
    assert (raised.subject, raised.data["suppressed"], raised.data["only"]) == (LOST, [], ["person:engineer.e"])


def test_a_connection_that_is_still_lost_when_it_ends_is_told_to_all() -> None:
    story = plant()
    story.sample(0, 1.0, of=SESSION)
    ask(story, 1, window(begin=1, end=600))
    story.sample(10, 0.0, of=SESSION)
    ended, opened = story.wait(700)
    assert (ended.kind, ended.data["open"], ended.data["silent"]) == ("maintenance_ended", [], [MOTOR])
    assert (opened.subject, opened.data["cause"], opened.data["announce"]) == (LOST, "maintenance:bearing", True)
    assert "only" not in opened.data


def test_a_person_ends_it_early_and_a_plan_too() -> None:
    story = plant()
    ask(story, 0, window(begin=0))
    story.sample(10, 85.0)
    ended, released = ask(story, 20, EndMaintenance("bearing"), by="fitter.b")
    assert (ended.data["cause"], ended.data["by"], ended.data["owner"]) == ("person", "fitter.b", "engineer.e")
    assert released.data["announce"]
    ask(story, 30, window(begin=100))
    assert ask(story, 40, EndMaintenance("bearing"))[0].data["open"] == []
    assert story.wait(5_000) == []


def test_what_cannot_be_planned_is_refused_with_its_reason() -> None:
    story = plant()
    cases = [
        (replace(window(), window=" "), "window_taken"),
        (replace(window(), devices=("NO.SUCH",)), "unknown_device"),
        (replace(window(), devices=()), "unknown_device"),
        (window(begin=100, end=100), "span_backwards"),
        (window(begin=-200, end=-100), "span_backwards"),
        (replace(window(), end=at(60) + 31 * 24 * 60 * MINUTE), "duration_out_of_range"),
        (replace(window(), permit=""), "permit_missing"),
        (replace(window(), reason=""), "reason_missing"),
        (replace(window(), reason="x" * 501), "comment_too_long"),
    ]
    assert [ask(story, n, body)[0].data["reason"] for n, (body, _) in enumerate(cases)] == [reason for _, reason in cases]
    ask(story, 20, window())
    assert ask(story, 21, window())[0].data["reason"] == "window_taken"
    assert ask(story, 22, EndMaintenance("other"))[0].data["reason"] == "unknown_window"


def test_the_engine_names_the_windows_that_are_not_over_by_the_time_they_begin() -> None:
    story = plant()
    ask(story, 0, window(begin=1_000, name="a gear"))
    ask(story, 1, window(begin=60, end=2_000))
    assert [(each.name, each.open) for each in story.engine.windows()] == [("bearing", False), ("a gear", False)]
    story.wait(1_500)
    assert [(each.name, each.open) for each in story.engine.windows()] == [("bearing", True), ("a gear", True)]
    story.wait(2_000)
    assert [each.name for each in story.engine.windows()] == ["a gear"]


def test_what_a_window_under_way_leaves_open_can_be_asked_at_any_time() -> None:
    story = plant()
    ask(story, 0, window(begin=0))
    story.sample(10, 85.0)
    (under_way,) = story.engine.windows()
    assert story.engine.left_open(under_way, at(20))["open"] == [HOT]
    story.sample(30, 70.0)
    story.command(31, Acknowledge(HOT, 1))
    assert story.engine.left_open(under_way, at(40))["open"] == []


def test_windows_outlive_a_restart_open_and_planned() -> None:
    story = plant()
    ask(story, 0, window(begin=0))
    ask(story, 1, window(begin=1_000, name="gear"))
    after = story.restarted(100)
    assert after.state() is AlarmState.OOSRV
    assert told(after.wait(4_000)) == [
        "maintenance_begun 1000.0",
        "maintenance_ending 2760.0",
        "maintenance_ending 2760.0",
        "maintenance_ended 3660.0",
        "maintenance_ended 3660.0",
    ]
    assert after.state() is AlarmState.NORM


def test_a_window_shorter_than_the_warning_ends_without_one() -> None:
    story = plant()
    ask(story, 0, window(begin=0, end=600))
    assert told(story.wait(700)) == ["maintenance_ended 600.0"]
