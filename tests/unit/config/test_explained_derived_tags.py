"""`andon config explain` of tags that follow from others: what is written, and what they have from those."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.catalog import DRIVERS
from edge.config.explain.explain import NothingThere, explain
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, check

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text()
TAGS = """\
    derived:
      used_day: {count: flow, over: day, from: "06:00", words: {zh: 当日用水, en: water today}}
      share: {expression: "steam_pressure / {steam_high}", unit: "%", stale_after: 20s, words: {zh: 占比, en: share}}
    tags:
      flow: {address: holding 9, type: uint32, unit: m³, stale_after: 15s, counter: {resets: never},
        words: {zh: 水表, en: meter}}
"""


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    return boiler_house(tmp_path, devices__boilers=DEVICES.replace("    tags:\n", TAGS, 1))


def explained(plant: Path, key: str) -> dict[str, list[str]]:
    """The texts of the stations, by full key."""
    return {each.key: [station.text for station in each.stations] for each in explain(check(plant).described, DRIVERS, key)}


def test_a_count_says_of_what_over_which_time_and_what_it_has_from_its_counter(plant: Path) -> None:
    found = explained(plant, "BOILER.1.used_day")
    assert found["BOILER.1.used_day.count"] == ["flow"]
    assert found["BOILER.1.used_day.over"] == ["day"]
    assert found["BOILER.1.used_day.from"] == ["06:00"]
    assert found["BOILER.1.used_day.unit"][-1] == "m³"
    assert found["BOILER.1.used_day.stale_after"][-1] == "15 s"
    assert found["BOILER.1.used_day.follows_from"] == ["BOILER.1.flow"]
    assert not any(".address" in key or ".scale" in key for key in found)


def test_an_expression_stands_with_its_parameters_and_what_is_written_stays_in_force(plant: Path) -> None:
    assert explained(plant, "BOILER.1.share.expression") == {
        "BOILER.1.share.expression": ["steam_pressure / {steam_high}", "12"],
    }
    assert explained(plant, "BOILER.1.share.stale_after") == {"BOILER.1.share.stale_after": ["20s"]}


def test_a_counter_says_what_it_is(plant: Path) -> None:
    assert explained(plant, "BOILER.1.flow.counter")["BOILER.1.flow.counter"] == ["{resets: never}"]


def test_a_derived_tag_with_another_name_is_guessed(plant: Path) -> None:
    with pytest.raises(NothingThere) as nothing:
        explain(check(plant).described, DRIVERS, "BOILER.1.used_dya")
    assert "BOILER.1.used_day" in nothing.value.phrase.render("en")
