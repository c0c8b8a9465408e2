"""Why a rule is there: its rationale, and the priority that follows from the matrix."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.catalog import DRIVERS
from edge.config.explain.explain import explain
from edge.config.rationalisation import DEFAULT_MATRIX, ConsequenceClass, Rationale
from edge.config.text.finding import FINDINGS_MAX, Findings, Place
from edge.model.alarm import Priority
from edge.model.moment import MINUTE, SECOND, Span
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, check, plant_of, said

GATEWAY = (BOILER_HOUSE / "gateway.yaml").read_text(encoding="utf-8")
RULES = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text(encoding="utf-8")
REASONED = RULES.replace(
    "    priority: medium\n",
    "    consequence_class: severe\n    respond_within: 10min\n    owner: 锅炉班 {steam_high}\n"
    "    cause: {zh: 给水 {1}, en: feed water}\n    consequence: {zh: 安全阀动作, en: the safety valve blows}\n",
).replace("zh: 给水 {1}", "zh: '给水 {1}'")


@pytest.mark.parametrize(
    ("consequence", "within", "priority"),
    [
        (ConsequenceClass.SEVERE, SECOND, Priority.CRITICAL),
        (ConsequenceClass.SEVERE, 5 * MINUTE, Priority.CRITICAL),
        (ConsequenceClass.SEVERE, 5 * MINUTE + SECOND, Priority.HIGH),
        (ConsequenceClass.MAJOR, 30 * MINUTE, Priority.MEDIUM),
        (ConsequenceClass.MAJOR, 31 * MINUTE, Priority.LOW),
        (ConsequenceClass.MINOR, 5 * MINUTE, Priority.MEDIUM),
    ],
)
def test_a_band_of_the_matrix_reaches_up_to_its_time_and_includes_it(
    consequence: ConsequenceClass, within: Span, priority: Priority
) -> None:
    assert DEFAULT_MATRIX.priority(consequence, within) is priority


def test_a_rule_without_a_priority_has_that_of_the_matrix_and_its_texts_know_no_parameters(tmp_path: Path) -> None:
    plant = plant_of(boiler_house(tmp_path, rules__boilers=REASONED))
    (rule,) = (each for each in plant.rules if each.key == "steam_high")
    assert rule.priority is Priority.HIGH
    assert plant.rationales[rule.id] == Rationale(
        cause={"zh": "给水 {1}", "en": "feed water"},
        consequence={"zh": "安全阀动作", "en": "the safety valve blows"},
        consequence_class=ConsequenceClass.SEVERE,
        respond_within=10 * MINUTE,
        owner="锅炉班 {steam_high}",
    )
    assert plant.rationales.keys() == {each.id for each in plant.rules}


def test_a_plant_may_have_a_matrix_of_its_own_and_explain_names_it(tmp_path: Path) -> None:
    matrix = "priority_matrix:\n  bands: [1h]\n  severe: [medium, low]\n  major: [low, low]\n  minor: [low, journal]\n"
    folder = boiler_house(tmp_path, gateway=GATEWAY + matrix, rules__boilers=REASONED)
    (rule,) = (each for each in plant_of(folder).rules if each.key == "steam_high")
    assert rule.priority is Priority.MEDIUM
    (explained,) = explain(check(folder).described, DRIVERS, "BOILER.1/steam_high.priority")
    (station,) = explained.stations
    assert (station.text, str(station.place)) == ("medium", f"gateway.yaml:{GATEWAY.count(chr(10)) + 2}:3")
    assert station.what.render("en") == "the priority matrix: consequence severe, to respond within 10 min"


def test_the_matrix_that_the_product_has_is_explained() -> None:
    (explained,) = explain(check(BOILER_HOUSE).described, DRIVERS, "gateway.priority_matrix")
    assert explained.stations[0].text.startswith("{bands: [5 min, 30 min], severe: [critical, high, medium]")


def test_a_strict_plant_refuses_what_others_are_warned_of(tmp_path: Path) -> None:
    untold = RULES.replace("    guidance: {zh: 减小燃烧。, en: Fire less.}\n", "")
    lenient = check(boiler_house(tmp_path / "a", rules__boilers=untold))
    strict = check(boiler_house(tmp_path / "b", rules__boilers=untold, gateway=GATEWAY + "strict: true\n"))
    assert [(each.severity, each.code) for each in lenient.problems] == [("warning", "guidance_missing")]
    assert [(each.severity, each.code) for each in strict.problems] == [("error", "guidance_missing")]
    assert lenient.plant is not None
    assert strict.plant is None


def test_low_and_journal_need_no_word_of_what_to_do(tmp_path: Path) -> None:
    untold = RULES.replace("    guidance: {zh: 减小燃烧。, en: Fire less.}\n", "").replace("medium", "low")
    assert said(boiler_house(tmp_path, rules__boilers=untold, gateway=GATEWAY + "strict: true\n")) == []


def test_warnings_come_after_errors_and_before_notes_when_there_are_too_many_to_show() -> None:
    findings = Findings()
    for line in range(1, FINDINGS_MAX + 1):
        findings.note(Place("a", line, 1), "nothing")
    findings.warn(Place("b", 1, 1), "nothing")
    findings.error(Place("c", 1, 1), "nothing")
    severities = [problem.severity for problem in findings.problems("en")]
    assert severities.count("warning") == 1
    assert severities.count("note") == FINDINGS_MAX - 2
