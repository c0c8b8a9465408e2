"""What the figures know of a plant: positions, times to respond, names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.person import Team
from edge.performance.facts import alarm_words, is_staffed, position_of, question_of
from edge.performance.period import Period
from edge.response.digest import position_text
from edge.response.policy import Route
from tests.api_gateway import BEARING, load_mill


@pytest.fixture(scope="module")
def mill() -> Plant:
    return load_mill()


def routed(mill: Plant, *routes: tuple[str, ...]) -> Plant:
    named = tuple(Route(f"route {number}", to) for number, to in enumerate(routes))
    return replace(mill, policy=replace(mill.policy, routes=named))


@pytest.mark.parametrize(
    ("routes", "position"),
    [
        ([("group:crm_pulpit", "person:shift_fitter_a", "team:maintenance")], "team:maintenance"),
        ([("group:crm_pulpit",), ("person:shift_fitter_a",)], "person:shift_fitter_a"),
        ([("group:crm_pulpit",)], "group:crm_pulpit"),
        ([("team:instruments",), ("team:maintenance",)], "team:instruments"),
        ([], None),
    ],
)
def test_an_alarm_is_of_one_position_whoever_else_hears_of_it(
    mill: Plant, routes: list[tuple[str, ...]], position: str | None
) -> None:
    plant = routed(mill, *routes)
    assert position_of(plant, plant.policy.rules[BEARING]) == position


def test_what_nobody_is_told_of_is_nobodys(mill: Plant) -> None:
    silent = replace(mill.policy.rules[BEARING], priority=Priority.JOURNAL)
    assert position_of(mill, silent) is None


def test_a_position_is_staffed_while_somebody_stands_behind_it(mill: Plant) -> None:
    directory = mill.policy.directory
    empty = replace(directory, teams={**directory.teams, "night": Team("night", ())})
    assert is_staffed(empty, "team:maintenance")
    assert not is_staffed(empty, "team:night")
    assert not is_staffed(empty, "person:left_the_plant")
    assert is_staffed(empty, "group:crm_pulpit")


def test_the_question_names_every_rule_with_its_time_to_respond(mill: Plant) -> None:
    question = question_of(mill, Period(0, 1, over=True))
    assert set(question.rules) == {rule.id for rule in mill.rules}
    assert question.rules[BEARING].respond_within == mill.rationales[BEARING].respond_within
    assert question.positions["team:maintenance"] is True
    assert question.zone == "Asia/Shanghai"


def test_devices_of_one_name_are_told_apart_by_their_place(mill: Plant) -> None:
    words = alarm_words(mill)
    assert words[BEARING] == {"zh": "3号机架 主电机 轴承温度高", "en": "Stand 3 motor bearing hot"}
    assert words["CRM.AGC.HYDRAULICS/pump_trip"]["en"] == "AGC pressure station main pumps tripped"
    assert position_text(mill.policy.directory, "group:crm_pulpit") == "主控室屏幕"
    assert position_text(mill.policy.directory, "team:maintenance") == "maintenance"
