"""`andon config explain` says what suppressions and first-out groups mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.catalog import DRIVERS
from edge.config.explain.explain import NothingThere, explain
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, check

RULES = (
    (BOILER_HOUSE / "rules" / "boilers.yaml")
    .read_text(encoding="utf-8")
    .replace("    kind: stale\n", "    kind: stale\n    first_out: alone\n")
)
SECTIONS = """
suppressions:
  shut_down: {while: [boiler/burner_fault], hide: [boiler/steam_*], hold: 10s}
first_out:
  trip: {members: [boiler/burner_fault, boiler/steam_high]}
"""


def explained(plant: Path, key: str) -> dict[str, list[str]]:
    """The texts of the stations, by full key."""
    return {each.key: [station.text for station in each.stations] for each in explain(check(plant).described, DRIVERS, key)}


def test_a_section_is_told_with_the_alarms_that_it_means(tmp_path: Path) -> None:
    plant = boiler_house(tmp_path, rules__boilers=RULES + SECTIONS)
    assert explained(plant, "suppressions") == {
        "suppressions.shut_down.words": ["-"],
        "suppressions.shut_down.while": ["[boiler/burner_fault]", "BOILER.1/burner_fault"],
        "suppressions.shut_down.hide": ["[boiler/steam_*]", "BOILER.1/steam_high, BOILER.1/steam_stale"],
        "suppressions.shut_down.same": ["[]"],
        "suppressions.shut_down.hold": ["10s"],
    }
    assert explained(plant, "suppressions.shut_down.hold") == {"suppressions.shut_down.hold": ["10s"]}
    members = explained(plant, "first_out.trip")["first_out.trip.members"]
    assert members[-1] == "BOILER.1/burner_fault, BOILER.1/steam_high"
    assert explained(plant, "first_out.alone.members")["first_out.alone.members"][-1] == "BOILER.1/steam_stale"
    with pytest.raises(NothingThere) as refused:
        explain(check(plant).described, DRIVERS, "suppressions.shut_dwon")
    assert "suppressions.shut_down" in refused.value.phrase.render("en")
