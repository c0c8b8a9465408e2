"""What `andon check` writes for programs: JSON of a known form, and SARIF 2.1.0 that code hosts take."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.check.as_json import document_of
from edge.config.check.as_sarif import sarif_of
from edge.config.check.as_text import text_of
from edge.config.check.check import CheckReport, check_folder
from tests.unit.config.folders import BOILER_HOUSE, boiler_house

KEYS = ["version", "folder", "language", "usable", "errors", "warnings", "notes", "problems", "plant"]
PROBLEM_KEYS = ["code", "severity", "file", "line", "column", "end_line", "end_column", "message", "hint"]


def report(folder: Path, language: str = "en", **environ: str) -> CheckReport:
    return check_folder(folder, DRIVERS, CHANNELS, environ=environ, language=language)


def broken(tmp_path: Path) -> Path:
    """A plant with an error of a key, one of a value behind Chinese words, one of a list, and one of braces."""
    rules = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text(encoding="utf-8")
    return boiler_house(
        tmp_path,
        gateway="site: [boiler_house]\nagnet: gateway_1\nareas: {boiler_1: {zh: 1号锅炉, en: Boiler 1, de: Kessel}}\n",
        rules__boilers=rules.replace('"{steam_high}"', "{steam_high}"),
    )


def test_the_document_has_its_keys_in_order_and_its_problems_by_place(tmp_path: Path) -> None:
    document = document_of(report(broken(tmp_path)))
    assert list(document) == KEYS
    assert (document["version"], document["usable"], document["plant"]) == (1, False, None)
    assert document["errors"] == len(document["problems"]) >= 4
    assert all(list(problem) == PROBLEM_KEYS for problem in document["problems"])
    places = [(problem["file"], problem["line"], problem["column"]) for problem in document["problems"]]
    assert places == sorted(places)


def test_a_problem_says_where_it_ends_and_what_may_be_meant(tmp_path: Path) -> None:
    problems = document_of(report(broken(tmp_path)))["problems"]
    (key,) = [problem for problem in problems if "agnet" in problem["message"]]
    assert key == {
        "code": "unknown_key",
        "severity": "error",
        "file": "gateway.yaml",
        "line": 2,
        "column": 1,
        "end_line": 2,
        "end_column": 6,
        "message": 'unknown key "agnet", did you mean "agent"?',
        "hint": 'did you mean "agent"?',
    }
    (listed,) = [problem for problem in problems if problem["code"] == "text_wanted"]
    assert (listed["line"], listed["column"], listed["end_line"], listed["end_column"]) == (1, 7, None, None)


def test_a_plant_that_is_right_is_counted(tmp_path: Path) -> None:
    document = document_of(report(BOILER_HOUSE, BOILER_SECRET="x"))
    assert (document["usable"], document["problems"]) == (True, [])
    plant = document["plant"]
    assert plant["site"] == "boiler_house"
    assert plant["devices_by_type"] == {"boiler": 1}
    assert list(plant["alarms_by_priority"]) == ["critical", "high", "medium", "low", "journal"]
    assert sum(plant["alarms_by_priority"].values()) == plant["alarms"] > 0


def test_codes_and_places_are_the_same_in_both_languages_and_twice_over(tmp_path: Path) -> None:
    folder = broken(tmp_path)
    english, chinese = (document_of(report(folder, language)) for language in ("en", "zh"))
    for problem in (*english["problems"], *chinese["problems"]):
        del problem["message"], problem["hint"]
    assert english["problems"] == chinese["problems"]
    assert json.dumps(document_of(report(folder))) == json.dumps(document_of(report(folder)))


# --- SARIF ----------------------------------------------------------------------------------------------------------


def check_sarif_rules(log: dict[str, Any]) -> None:
    """The essential rules of SARIF 2.1.0, with their sections."""
    assert log["version"] == "2.1.0"  # 3.13.2
    assert urlsplit(log["$schema"]).scheme == "https"  # 3.13.3
    (run,) = log["runs"]  # 3.13.4
    driver = run["tool"]["driver"]  # 3.18.2
    assert driver["name"]  # 3.19.8
    assert re.fullmatch("[a-z]{2}-[A-Z]{2}", run["language"])  # 3.14.7
    assert run["columnKind"] == "unicodeCodePoints"  # 3.14.17
    rules = driver["rules"]
    ids = [rule["id"] for rule in rules]
    assert len(ids) == len(set(ids))  # 3.19.23
    assert all(rule["shortDescription"]["text"] for rule in rules)  # 3.49.9
    assert all(rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"} for rule in rules)  # 3.50.3
    assert isinstance(run["invocations"][0]["executionSuccessful"], bool)  # 3.20.14
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]  # 3.27.6
        assert result["level"] in {"none", "note", "warning", "error"}  # 3.27.10
        # 3.11.5: a single brace would be a placeholder, for which there are no arguments.
        assert not re.search(r"(?<!\{)(\{\{)*\{(?!\{)|(?<!\})(\}\})*\}(?!\})", result["message"]["text"])
        (location,) = result["locations"]  # 3.27.12
        physical = location["physicalLocation"]
        uri = physical["artifactLocation"]["uri"]  # 3.4.3, 3.10.1: a URI reference, nothing in it that needs quoting
        assert re.fullmatch(r"[A-Za-z0-9._~:/%-]+", uri)
        region = physical["region"]
        assert min(region["startLine"], region["startColumn"]) >= 1  # 3.30.5, 3.30.6
        if "endLine" in region:
            assert (region["endLine"], region["endColumn"]) > (region["startLine"], region["startColumn"])  # 3.30.7


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_log_keeps_the_rules_of_sarif(tmp_path: Path, language: str) -> None:
    found = report(broken(tmp_path), language)
    log = json.loads(json.dumps(sarif_of(found, tmp_path)))
    check_sarif_rules(log)
    assert len(log["runs"][0]["results"]) == found.errors
    assert {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]} == {each.code for each in found.problems}


def test_a_log_without_problems_is_still_a_log(tmp_path: Path) -> None:
    log = sarif_of(report(BOILER_HOUSE, BOILER_SECRET="x"), tmp_path)
    check_sarif_rules(log)
    assert log["runs"][0]["results"] == []


def test_the_region_is_the_text_that_is_meant_counted_in_characters(tmp_path: Path) -> None:
    folder = broken(tmp_path)
    (result,) = [
        each
        for each in sarif_of(report(folder), tmp_path)["runs"][0]["results"]
        if "de" in each["message"]["text"] and each["ruleId"] == "unknown_key" and "agnet" not in each["message"]["text"]
    ]
    region = result["locations"][0]["physicalLocation"]["region"]
    line = (folder / "gateway.yaml").read_text(encoding="utf-8").splitlines()[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "de"


def test_paths_are_counted_from_the_checkout_and_absolute_outside_of_it(tmp_path: Path) -> None:
    (tmp_path / "冷轧 1").mkdir()
    folder = broken(tmp_path / "冷轧 1")

    def uris(base: Path) -> set[str]:
        results = sarif_of(report(folder), base)["runs"][0]["results"]
        return {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}

    assert {unquote(uri) for uri in uris(tmp_path)} == {"冷轧 1/plant/gateway.yaml", "冷轧 1/plant/rules/boilers.yaml"}
    assert uris(folder) == {"gateway.yaml", "rules/boilers.yaml"}
    assert all(urlsplit(uri).scheme == "file" for uri in uris(BOILER_HOUSE))


def test_no_format_shows_what_should_have_been_a_secret(tmp_path: Path) -> None:
    cloud = (BOILER_HOUSE / "cloud.yaml").read_text(encoding="utf-8")
    secret = "SEC0123456789abcdef"
    found = report(boiler_house(tmp_path, cloud=re.sub(r"\$\{env:\w+\}", secret, cloud)), SOME="environment-value")
    assert {problem.code for problem in found.problems} == {"secret_literal"}
    for shown in (text_of(found), json.dumps(document_of(found)), json.dumps(sarif_of(found, tmp_path))):
        assert secret not in shown
        assert "environment-value" not in shown
