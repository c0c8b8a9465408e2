"""What was reviewed is on record, and what differs from it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.check.check import check_folder
from edge.config.reviewed.as_text import document_of, text_of
from edge.config.reviewed.enforcement import Difference, Enforced, Standing, enforcement
from edge.config.reviewed.reviews import Review, by_rule, read_reviews, review_of, reviews_text
from edge.config.reviewed.settings import Settings
from edge.config.text.finding import Findings
from tests.unit.config.folders import BOILER_HOUSE, COLD_ROLLING_MILL, boiler_house, check, plant_of, said

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text(encoding="utf-8")
RULES = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text(encoding="utf-8")


def more_boilers(*limits: float) -> str:
    """The boiler house with further boilers, each with a limit of its own."""
    own = (
        f"""
  BOILER.{number}:
    type: boiler
    area: boiler_1
    words: {{zh: 锅炉, en: boiler}}
    connection: {{host: 127.0.0.1, port: 5020, unit_id: {number}}}
    parameters: {{steam_high: {limit}}}
"""
        for number, limit in enumerate(limits, 2)
    )
    return DEVICES + "".join(own)


def reviewed(plant: Path) -> dict[str, Review]:
    """All rules of a plant, reviewed as they are."""
    found = check(plant).described
    settings = Settings(found)
    return {rule: review_of(settings.by_device(alarms), "PE", "2026-03-05") for rule, alarms in by_rule(found.rules).items()}


def differing(plant: Path, reviews: dict[str, Review]) -> dict[str, tuple[Difference, ...]]:
    found = enforcement(check(plant).described, reviews)
    return {each.rule: each.differences for each in found if each.standing is Standing.DIFFERS}


@pytest.mark.parametrize("plant", [BOILER_HOUSE, COLD_ROLLING_MILL], ids=["boiler house", "mill"])
def test_a_record_comes_back_from_its_file_and_nothing_differs_from_it(plant: Path) -> None:
    findings, reviews = Findings(), reviewed(plant)
    assert read_reviews(reviews_text(reviews).encode(), findings) == reviews
    assert findings.problems("en") == []
    standings = {each.standing for each in enforcement(check(plant).described, reviews)}
    assert standings == {Standing.AS_REVIEWED}


def test_the_file_is_one_that_people_read(tmp_path: Path) -> None:
    plant = boiler_house(tmp_path, devices__boilers=more_boilers(9.5, 12))
    text = reviews_text({"steam_high": reviewed(plant)["steam_high"]})
    *_, entry = text.partition("reviewed:\n")
    first, *_ = [line for line in entry.splitlines() if "settings" in line]
    assert entry.startswith('  steam_high:\n    by: PE\n    on: "2026-03-05"\n    settings: {kind: high, priority: medium,')
    assert "on_delay: 10 s" in first
    assert "limit: 12, deadband: 0.2" in first
    assert entry.endswith("    devices:\n      BOILER.2: {limit: 9.5}\n")


def test_a_setting_that_changed_for_all_devices_is_one_difference(tmp_path: Path) -> None:
    plant = boiler_house(tmp_path, devices__boilers=more_boilers(9.5))
    reviews = reviewed(plant)
    changed = RULES.replace("on_delay: 10s", "on_delay: 2min").replace("    deadband: 0.2\n", "")
    (plant / "rules" / "boilers.yaml").write_text(changed, encoding="utf-8")
    assert differing(plant, reviews) == {
        "steam_high": (Difference("on_delay", None, "10 s", "2 min"), Difference("deadband", None, "0.2", "0"))
    }


def test_a_parameter_of_one_device_does_not_change_in_silence(tmp_path: Path) -> None:
    plant = boiler_house(tmp_path, devices__boilers=more_boilers(9.5, 12))
    reviews = reviewed(plant)
    (plant / "devices" / "boilers.yaml").write_text(more_boilers(9.5, 13))
    assert differing(plant, reviews) == {"steam_high": (Difference("limit", "BOILER.3", "12", "13"),)}
    (plant / "devices" / "boilers.yaml").write_text(more_boilers(12, 12))
    assert differing(plant, reviews) == {"steam_high": (Difference("limit", "BOILER.2", "9.5", "12"),)}


def test_a_further_device_is_as_reviewed_while_it_has_what_the_others_have(tmp_path: Path) -> None:
    reviews = reviewed(BOILER_HOUSE)
    assert differing(boiler_house(tmp_path / "a", devices__boilers=more_boilers(12)), reviews) == {}
    own = differing(boiler_house(tmp_path / "b", devices__boilers=more_boilers(14)), reviews)
    assert own == {"steam_high": (Difference("limit", "BOILER.2", "12", "14"),)}


def test_what_a_tag_says_about_freshness_is_a_setting_of_its_rule(tmp_path: Path) -> None:
    plant = boiler_house(tmp_path, devices__boilers=DEVICES.replace("stale_after: 10s", "stale_after: 5min"))
    found = differing(plant, reviewed(BOILER_HOUSE))
    assert found["steam_stale"] == (Difference("stale_after", None, "10 s", "5 min"),)


SECTIONS = """
suppressions:
  shut_down: {while: [boiler/burner_fault], hide: [boiler/steam_high], same: device}
"""
GROUP = """
first_out:
  trip: {members: [boiler/burner_fault, boiler/steam_high]}
"""


@pytest.mark.parametrize(
    ("files", "differs"),
    [
        ({"rules__boilers": RULES + SECTIONS}, {"suppressions": ("[]", "[shut_down]"), "suppressions.shut_down": ("", None)}),
        ({"rules__boilers": RULES + GROUP}, {"first_out.group": ("", "trip")}),
        ({"devices__boilers": DEVICES.replace("scale: 0.01", "scale: 0.02")}, {"tags.steam_pressure.scale": ("0.01", "0.02")}),
        (
            {"devices__boilers": DEVICES.replace("stale_after: 10s", "valid: [0, 25]")},
            {"tags.steam_pressure.stale_after": ("10 s", ""), "tags.steam_pressure.valid": ("", "[0, 25]")},
        ),
        (
            {"devices__boilers": DEVICES.replace("type: boiler\n", "type: boiler\n    labels: {cell: a}\n")},
            {"device_labels": ("", "{cell: a}")},
        ),
    ],
    ids=["suppression", "first-out", "scale", "valid and stale", "labels"],
)
def test_what_acts_on_a_rule_from_elsewhere_does_not_change_in_silence(
    tmp_path: Path, files: dict[str, str], differs: dict[str, tuple[str, str | None]]
) -> None:
    found = differing(boiler_house(tmp_path, **files), reviewed(BOILER_HOUSE))["steam_high"]
    assert {each.setting: each.reviewed for each in found} == {key: was for key, (was, _) in differs.items()}
    told = {each.setting: each.running for each in found}
    assert told == {key: told[key] if now is None else now for key, (_, now) in differs.items()}


def test_a_suppression_is_told_with_what_it_waits_for_and_more_devices_are_no_change(tmp_path: Path) -> None:
    reviews = reviewed(boiler_house(tmp_path / "a", rules__boilers=RULES + SECTIONS))
    settings = reviews["steam_high"].settings
    assert settings["suppressions.shut_down"] == "{while: [boiler/burner_fault], same: device, hold: 0 s}"
    more = boiler_house(tmp_path / "b", rules__boilers=RULES + SECTIONS, devices__boilers=more_boilers(12))
    assert differing(more, reviews) == {}
    other = boiler_house(tmp_path / "c", rules__boilers=RULES + SECTIONS.replace("same: device", "same: device, hold: 1min"))
    assert [each.setting for each in differing(other, reviews)["steam_high"]] == ["suppressions.shut_down"]


def test_a_record_of_before_is_read_and_what_it_does_not_hold_is_not_reviewed_yet() -> None:
    new = reviewed(BOILER_HOUSE)
    old = {key: text for key, text in new["steam_high"].settings.items() if "." not in key and key != "suppressions"}
    found = enforcement(check(BOILER_HOUSE).described, new | {"steam_high": Review("PE", "2026-03-05", old, {})})
    (one,) = [each for each in found if each.rule == "steam_high"]
    keys = ("tags.steam_pressure.scale", "tags.steam_pressure.stale_after", "suppressions")
    assert (one.standing, one.not_yet) == (Standing.AS_REVIEWED, keys)
    assert (
        text_of(found, "en").splitlines()[0].startswith("Not reviewed yet, for 1 records are older than this: tags.steam_pre")
    )


def test_words_and_reasons_are_no_settings(tmp_path: Path) -> None:
    other = RULES.replace("Fire less.", "Fire much less.").replace("priority: medium", "priority: medium\n    owner: PE")
    assert differing(boiler_house(tmp_path, rules__boilers=other), reviewed(BOILER_HOUSE)) == {}


def test_a_setting_that_there_was_not_yet_at_the_review_had_its_default() -> None:
    reviews = reviewed(BOILER_HOUSE)
    old = reviews["steam_high"]
    less = {key: text for key, text in old.settings.items() if key not in ("latching", "on_delay")}
    found = differing(BOILER_HOUSE, reviews | {"steam_high": Review(old.by, old.on, less, {})})
    assert found == {"steam_high": (Difference("on_delay", None, "", "10 s"),)}


def test_rules_never_reviewed_and_reviews_of_rules_that_are_gone_are_told() -> None:
    reviews = {"old_rule": Review("PE", "2025-01-01", {}, {}), "steam_high": reviewed(BOILER_HOUSE)["steam_high"]}
    found = enforcement(check(BOILER_HOUSE).described, reviews)
    assert [(each.rule, each.standing) for each in found] == [
        ("boiler_comm_loss", Standing.NEVER_REVIEWED),
        ("burner_fault", Standing.NEVER_REVIEWED),
        ("old_rule", Standing.GONE),
        ("steam_high", Standing.AS_REVIEWED),
        ("steam_stale", Standing.NEVER_REVIEWED),
    ]


def test_the_report_is_for_people_and_for_programs() -> None:
    differences = (Difference("limit", None, "12", "13"), Difference("class", "B", "", "safety"))
    hot = Enforced("hot", Standing.DIFFERS, "PE", "2026-03-05", differences)
    found = [hot, Enforced("old", Standing.GONE, "PE", "2025-01-01")]
    assert text_of(found, "en").splitlines() == [
        "hot: differs from the review by PE on 2026-03-05",
        "  limit: reviewed 12, running 13",
        "  B  class: reviewed (none), running safety",
        "Reviewed, but gone: old",
        "0 rules run as reviewed, 1 differ, 0 were never reviewed, 1 reviewed ones are gone.",
    ]
    assert "审查时 12，现在 13" in text_of(found, "zh")
    document = document_of(found)
    assert document["counts"] == {"as_reviewed": 0, "differs": 1, "never_reviewed": 0, "gone": 1}
    assert document["rules"][0]["differences"][0] == {"setting": "limit", "device": None, "reviewed": "12", "running": "13"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "reviewed:\n  hot: {by: PE, on: 5.3.2026, settings: {}}\n",
            '2:21: "on" must be a day such as 2026-11-21, is "5.3.2026"',
        ),
        ("reviewed:\n  hot: {by: PE, settings: {}}\n", '2:3: "hot": the key "on" is missing'),
        ("<<<<<<< HEAD\nreviewed: {}\n", "2:9: a colon is not expected here"),
        ("rules: {}\n", '1:1: unknown key "rules"'),
    ],
)
def test_a_record_that_cannot_be_used_is_said_and_stops_no_gateway(tmp_path: Path, text: str, problem: str) -> None:
    plant = boiler_house(tmp_path)
    (plant / "rules" / "reviewed.yaml").write_text(text, encoding="utf-8")
    findings = Findings()
    assert read_reviews(text.encode(), findings) is None
    assert f"{findings.problems('en')[0]}".startswith(f"rules/reviewed.yaml:{problem}")
    assert plant_of(plant).revision == plant_of(BOILER_HOUSE).revision
    assert said(plant) == []
    report = check_folder(plant, DRIVERS, CHANNELS, environ={"BOILER_SECRET": "x"}, language="en")
    assert [(each.file, each.severity) for each in report.problems] == [("rules/reviewed.yaml", "warning")]
    assert report.usable
