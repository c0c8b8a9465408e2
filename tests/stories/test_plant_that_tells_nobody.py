"""A plant without a cloud: its rules can be tried all the same."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.andon_command import run

ROOT = Path(__file__).parents[2]
BOILERS = ROOT / "tests" / "cases" / "config" / "plant"
SCENARIO = """\
title: {zh: 超压, en: Too much pressure}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {BOILER.1.steam_pressure: 10}}
  - {at: 5s, set: {BOILER.1.steam_pressure: 13}}
  - {within: {from: 15s, to: 18s}, expect: {alarm: BOILER.1/steam_high, state: unacknowledged}}
"""


def test_a_plant_without_cloud_and_people_plays_its_scenarios(tmp_path: Path) -> None:
    plant = tmp_path / "plant"
    shutil.copytree(BOILERS, plant)
    for name in ("cloud.yaml", "people.yaml", "response.yaml"):
        (plant / name).unlink()
    for old in (plant / "scenarios").iterdir():
        old.unlink()
    (plant / "scenarios" / "steam.yaml").write_text(SCENARIO, encoding="utf-8")
    tested = run("test", plant, "--lang", "en")
    assert tested.exit_code == 0, tested.output
    assert "1 passed, 0 failed" in tested.stdout
