"""Derived tags that a single device has beside those of its type."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.catalog import DRIVERS
from edge.config.explain.explain import explain
from edge.config.plant import Plant
from edge.config.tag_list.derived import derived_rows
from edge.model.tag import Derivation
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, check, plant_of, said

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text()
WORDS = "words: {zh: 推出的, en: derived}"
SECOND = """\
  BOILER.2:
    type: boiler
    area: boiler_1
    words: {zh: 二号锅炉, en: boiler 2}
    connection: {host: 127.0.0.2, port: 5020, unit_id: 1, every: 1s}
    derived:
      more: {expression: "steam_pressure - 'BOILER.1.steam_pressure' > {steam_high}", WORDS}
"""
RULE = "  much: {for: BOILER.2, kind: discrete, tag: more, value: true, priority: low, words: {zh: 高, en: more}}\n"


def house(into: Path, second: str = SECOND, rule: str = RULE) -> Path:
    rules = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text() + rule
    return boiler_house(into, devices__boilers=DEVICES + second.replace("WORDS", WORDS), rules__boilers=rules)


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return plant_of(house(tmp_path))


def test_only_the_device_has_it(plant: Plant) -> None:
    one, two = ({tag.key: tag for tag in plant.devices[name].tags} for name in ("BOILER.1", "BOILER.2"))
    assert two.keys() - one.keys() == {"more"}
    reads = ("BOILER.2.steam_pressure", "BOILER.1.steam_pressure")
    assert two["more"].derived == Derivation("steam_pressure - 'BOILER.1.steam_pressure' > 12", reads)
    assert two["more"].is_plain_switch


def test_rules_of_the_device_and_of_its_type_still_stand(plant: Plant) -> None:
    rules = {rule.id: rule.tag for rule in plant.rules}
    assert rules["BOILER.2/much"] == "BOILER.2.more"
    assert {"BOILER.1/steam_high", "BOILER.2/steam_high"} <= rules.keys()


@pytest.mark.parametrize(
    ("second", "rule", "wrong"),
    [
        (SECOND.replace("more:", "steam_pressure:"), "", '"steam_pressure" is there a second time'),
        (SECOND.replace("more:", "session:"), "", "session"),
        (SECOND.replace("steam_pressure -", "more -"), RULE, '"BOILER.2.more" follows from itself'),
        (SECOND.replace("steam_pressure -", "steam_presure -"), RULE, 'did you mean "steam_pressure"'),
        (SECOND, RULE.replace("for: BOILER.2", "for: boiler"), 'the type boiler has no tag "more"'),
        (SECOND.replace("WORDS}", "WORDS, unit: BAR}"), RULE, 'write "bar" if that is meant'),
    ],
)
def test_what_is_wrong_with_it_is_said_where_it_stands(tmp_path: Path, second: str, rule: str, wrong: str) -> None:
    problems = said(house(tmp_path, second, rule))
    assert sum(wrong in line for line in problems) == 1, problems


def test_it_is_explained_and_listed(tmp_path: Path) -> None:
    described = check(house(tmp_path)).described
    found = {each.key: each.stations for each in explain(described, DRIVERS, "BOILER.2.more")}
    assert found["BOILER.2.more.follows_from"][0].text == "BOILER.2.steam_pressure, BOILER.1.steam_pressure"
    (row,) = derived_rows(described.devices, ["boiler"])
    assert (row["device_type"], row["device"], row["tag"]) == ("boiler", "BOILER.2", "more")
