"""What `andon check` prints for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.check.as_text import text_of
from edge.config.check.check import CheckReport, check_folder
from tests.unit.config.folders import BOILER_HOUSE, COLD_ROLLING_MILL, boiler_house

MILL_SECRETS = {"ANDON_DINGTALK_SECRET": "a", "ANDON_CRM_WEBHOOK_TOKEN": "b", "ANDON_CRM_WEBHOOK_SECRET": "c"}


def report(folder: Path, language: str = "en", **environ: str) -> CheckReport:
    return check_folder(folder, DRIVERS, CHANNELS, environ=environ, language=language)


def test_the_bundled_plant_is_fine_and_its_priorities_are_spread_as_they_should_be() -> None:
    found = report(COLD_ROLLING_MILL, **MILL_SECRETS)
    assert found.exit_code == 0
    assert (
        text_of(found)
        == """
Devices: 38 (AGC pressure station 1, CO2 extinguishing system 1, coil car 1, emulsion system 1, fume fan 1, laboratory 1, \
main motor 5, mill line 1, mill stand 5, backup roll bearing 20, Andon gateway 1). Tags: 182. \
Alarms: 271. Routes: 7. Scenarios: 7.

Priority                   Alarms  Share  Target
critical                   4       2%     5% together
high                       28      11%    5% together
medium                     52      20%    15%
low                        182     68%    80%
journal (never announced)  5       -      -
Fine: no problems. Notes: 0."""
    )


def test_the_table_lines_up_in_chinese_too() -> None:
    lines = text_of(report(COLD_ROLLING_MILL, "zh", **MILL_SECRETS)).splitlines()
    assert lines[3:] == [
        "优先级            报警数  占比  目标",
        "紧急 (critical)   4       2%    合计 5%",
        "高 (high)         28      11%   合计 5%",
        "中 (medium)       52      20%   15%",
        "低 (low)          182     68%   80%",
        "仅记录 (journal)  5       -     -",
        "没有问题，0 条提示。",
    ]


def test_an_unset_secret_is_a_note_and_the_plant_is_still_fine() -> None:
    found = report(BOILER_HOUSE)
    assert found.exit_code == 0
    assert text_of(found).startswith("cloud.yaml:3:18: note: the environment variable BOILER_SECRET is not set")
    assert text_of(found).endswith("Fine: no problems. Notes: 1.")


def test_problems_give_exit_code_1_and_no_table_of_a_plant_that_there_is_not(tmp_path: Path) -> None:
    found = report(boiler_house(tmp_path, cloud="dingtak: {}\n"))
    assert found.exit_code == 1
    assert text_of(found).splitlines() == [
        'cloud.yaml:1:1: error: unknown key "dingtak", did you mean "dingtalk"? [unknown_key]',
        "Problems to mend: 1. Notes: 0.",
    ]


@pytest.mark.parametrize(("priority", "is_far_off"), [("low", False), ("medium", True), ("critical", True)])
def test_shares_far_from_the_target_are_noted(tmp_path: Path, priority: str, is_far_off: bool) -> None:
    rules = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text(encoding="utf-8")
    found = report(boiler_house(tmp_path, rules__boilers=rules.replace("priority: low", f"priority: {priority}")))
    assert ("shares are far from 80/15/5" in text_of(found)) == is_far_off
    assert found.exit_code == 0


def test_a_plant_without_alarms_says_so(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text("site: a\nagent: b\n", encoding="utf-8")
    assert "No alarms are configured." in text_of(report(tmp_path))
