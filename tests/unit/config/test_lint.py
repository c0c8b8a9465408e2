"""What an engineer would ask about a plant whose values are right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.folders import BOILER_HOUSE, boiler_house, check, said

RULES = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text(encoding="utf-8")
LOW_RULE = """
  steam_low:
    for: boiler
    tag: steam_pressure
    kind: low
    limit: {limit}
    deadband: {deadband}
    only_in: always
    priority: low
    words: {{zh: 低, en: low}}
"""


@pytest.mark.parametrize(
    ("limit", "deadband", "overlaps"),
    [(8, 1, False), (11.9, 0, True), (12, 0, True), (15, 0, True), (8, 4, True), (8, 3.9, False)],
    ids=["apart", "inside the deadband of the high one", "equal", "crossed", "deadband reaches the high one", "just not"],
)
def test_high_and_low_of_one_tag_must_leave_room_between_them(
    tmp_path: Path, limit: float, deadband: float, overlaps: bool
) -> None:
    rules = RULES + LOW_RULE.format(limit=limit, deadband=deadband)
    lines = said(boiler_house(tmp_path, rules__boilers=rules))
    assert any("overlap" in line for line in lines) == overlaps
    assert len(lines) == overlaps


def test_values_that_are_found_by_their_names_are_never_the_same_point(tmp_path: Path) -> None:
    """The gateway's own figures, and what people enter, say nothing of where they are."""
    lab = (
        "types:\n"
        "  sample:\n"
        "    driver: manual\n"
        "    words: {zh: 水样, en: Sample}\n"
        "    tags:\n"
        "      sodium: {words: {zh: 钠, en: Sodium}}\n"
        "      silica: {words: {zh: 硅, en: Silica}}\n"
        "devices:\n"
        "  LAB_1: {type: sample, area: boiler_1, words: {zh: 一, en: one}}\n"
        "  LAB_2: {type: sample, area: boiler_1, words: {zh: 二, en: two}}\n"
        "  system: {type: system, area: boiler_1, words: {zh: 网关, en: gateway}}\n"
    )
    assert said(boiler_house(tmp_path, devices__lab=lab)) == []


FANS = """
types:
  fan:
    driver: mqtt
    words: {{zh: 风机, en: fan}}
    tags:
      vibration: {{topic: "{topic}", stale_after: 1min, words: {{zh: 振动, en: vibration}}}}
devices:
  FAN_1: {{type: fan, area: boiler_1, words: {{zh: 一, en: one}}, connection: {{host: 127.0.0.1}}}}
  FAN_2: {{type: fan, area: boiler_1, words: {{zh: 二, en: two}}, connection: {{host: 127.0.0.1}}}}
"""


def test_devices_whose_topics_have_their_names_in_them_are_not_the_same(tmp_path: Path) -> None:
    assert said(boiler_house(tmp_path, devices__fans=FANS.format(topic="hall/{device}/vibration"))) == []


def test_devices_that_listen_to_one_topic_are_the_same(tmp_path: Path) -> None:
    (line,) = said(boiler_house(tmp_path, devices__fans=FANS.format(topic="hall/fan/vibration")))
    assert '"FAN_2" reads the very same as "FAN_1"' in line


def test_two_rules_of_one_limit_with_other_delays_are_two_rules(tmp_path: Path) -> None:
    high = RULES[: RULES.index("  burner_fault")]
    later = high.removeprefix("rules:\n").replace("steam_high:", "steam_high_for_long:", 1).replace("10s", "5min")
    rest = RULES[RULES.index("  burner_fault") :]
    assert said(boiler_house(tmp_path, rules__boilers=high + later + rest)) == []


def test_remarks_are_not_made_about_a_plant_with_errors(tmp_path: Path) -> None:
    devices = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text(encoding="utf-8")
    unused = devices.replace("{steam_high: 12}", "{steam_high: 12, spare: 1}")
    assert len(said(boiler_house(tmp_path, devices__boilers=unused))) == 1
    broken = boiler_house(tmp_path / "b", devices__boilers=unused, cloud="dingtak: {}\n")
    assert [problem.file for problem in check(broken).problems] == ["cloud.yaml"]


def test_a_journal_alarm_needs_no_route(tmp_path: Path) -> None:
    folder = boiler_house(tmp_path, response="shelve: {}\n", rules__boilers=RULES.replace("low\n", "journal\n"))
    assert [line for line in said(folder) if "priority low" in line] == []
    assert any("priority medium (1, such as BOILER.1/steam_high)" in line for line in said(folder))


def test_each_route_is_judged_by_itself(tmp_path: Path) -> None:
    response = "routes:\n  all: {to: [person:fitter]}\n  urgent: {to: [person:fitter], priorities: [critical]}\n"
    assert said(boiler_house(tmp_path, response=response)) == [
        'response.yaml:3:3: the route "urgent" applies to no alarm there is'
    ]


def test_a_team_of_which_nobody_can_be_reached_is_an_error(tmp_path: Path) -> None:
    people = (BOILER_HOUSE / "people.yaml").read_text(encoding="utf-8")
    for user in ("fitter", "lead"):
        people = people.replace(f", dingtalk: {{user_id: {user}}}", "")
    loaded = check(boiler_house(tmp_path, people=people))
    assert loaded.plant is None
    assert "nobody in the team" in loaded.problems[0].text


def test_a_person_or_group_named_by_a_route_must_have_an_address(tmp_path: Path) -> None:
    people = (BOILER_HOUSE / "people.yaml").read_text(encoding="utf-8").replace(", dingtalk: {group: boilers}", "")
    lines = said(boiler_house(tmp_path, people=people))
    assert lines == ['response.yaml:2:32: "boiler_group" has no dingtalk address in people.yaml and would never be told']


def test_routes_without_any_channel_are_an_error(tmp_path: Path) -> None:
    folder = boiler_house(tmp_path)
    (folder / "cloud.yaml").unlink()
    assert said(folder) == ["response.yaml:1:1: there are routes, but cloud.yaml has no channel to tell anybody by"]
