"""The bundled plants play their scenarios: the short ones always, the long ones in ./dev soak."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.plant import Plant
from edge.scenario.run import run_scenarios
from edge.scenario.verdict import timeline

PLANTS = Path(__file__).parents[2] / "simulators" / "plants"


SHORT = [
    ("cold_rolling_mill", "co2"),
    ("cold_rolling_mill", "strip_break"),
    ("cold_rolling_mill", "open_pt100"),
    ("cold_rolling_mill", "line_stopped"),
    ("cold_rolling_mill", "pump_trip"),
    ("pv_module_line", "shop_air"),
    ("pv_module_line", "lamination"),
]
LONG = [("cold_rolling_mill", "oil_film"), ("cold_rolling_mill", "hot_bearing"), ("pv_module_line", "solder")]


@cache
def loaded(plant: str) -> Plant:
    found = load(PLANTS / plant, DRIVERS, CHANNELS).plant
    assert found is not None
    return found


@pytest.mark.parametrize(("plant", "scenario"), [*SHORT, *(pytest.param(*each, marks=pytest.mark.soak) for each in LONG)])
def test_a_bundled_scenario_comes_out_as_it_says(plant: str, scenario: str) -> None:
    (verdict,) = run_scenarios(loaded(plant), only=scenario)
    assert verdict.passed, timeline(verdict, "en")


def test_every_scenario_of_the_mill_and_the_module_line_is_played() -> None:
    plants = {plant for plant, _ in SHORT}
    there = {(plant, path.stem) for plant in plants for path in (PLANTS / plant / "scenarios").glob("*.yaml")}
    assert there == {*SHORT, *LONG}
