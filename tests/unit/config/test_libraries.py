"""Libraries of device types: used by path, version and hash; overridden with a reason; and where a value comes from."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from drivers.catalog import DRIVERS
from edge.config.explain.explain import Explained, NothingThere, explain
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, check, plant_of

TYPES = """\
types:
  boiler:
    words: {zh: 锅炉, en: boiler}
    driver: modbus
    parameters: {steam_high: 12}
    spares: [{part: V-100, bin: A3}]
    tags:
      steam_pressure: {address: holding 0, type: int16, scale: 0.01, unit: bar, stale_after: 10s, words: {zh: 压力, en: steam}}
      burner_fault: {address: discrete 0, words: {zh: 燃烧器故障, en: burner fault}}
"""
DEVICE = """\
devices:
  BOILER.1:
    type: boiler
    area: boiler_1
    words: {zh: 锅炉, en: boiler}
    parameters: {steam_high: 11}
    phone: "8031"
    connection: {host: 127.0.0.1, port: 5020, unit_id: 1, every: 1s}
  BOILER.2:
    type: boiler
    area: boiler_1
    words: {zh: 锅炉, en: boiler}
    connection: {host: 127.0.0.1, port: 5020, unit_id: 2, every: 1s}
"""
HASH = re.compile(r"sha256:[0-9a-f]{64}")


def with_library(tmp_path: Path, uses: str, overrides: str = "", version: str = "1.2.0") -> Path:
    """The boiler house, its type and rules in a library beside it. HASH in `uses` stands for the right one."""
    library = tmp_path / "heat"
    for name in ("devices", "rules"):
        (library / name).mkdir(parents=True, exist_ok=True)
    (library / "library.yaml").write_text(f'version: "{version}"\n')
    (library / "devices" / "boilers.yaml").write_text(TYPES)
    rules = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text()
    of_type, _, of_device = rules.partition("  boiler_comm_loss:")
    (library / "rules" / "boilers.yaml").write_text(of_type)
    plant = boiler_house(tmp_path, devices__boilers=DEVICE, rules__boilers=f"rules:\n  boiler_comm_loss:{of_device}")
    (plant / "libraries.yaml").write_text(uses.replace("HASH", "sha256:" + 64 * "0") + overrides)
    if "HASH" in uses:
        (wanted,) = {found for problem in check(plant).problems for found in HASH.findall(problem.text)} - {
            "sha256:" + 64 * "0"
        }
        (plant / "libraries.yaml").write_text(uses.replace("HASH", wanted) + overrides)
    return plant


USES = 'libraries:\n  heat: {path: ../heat, version: "1.2.0", hash: HASH}\n'


def problems(plant: Path) -> list[str]:
    return [f"{each.file}:{each.line}:{each.column}: {each.text}" for each in check(plant).problems if each.severity == "error"]


def stations(plant: Path, key: str) -> list[tuple[str, str]]:
    """(value, where) of each station of the one key."""
    (found,) = explained(plant, key)
    return [(station.text, str(station.place or "")) for station in found.stations]


def explained(plant: Path, key: str) -> list[Explained]:
    return explain(check(plant).described, DRIVERS, key)


def test_types_and_rules_of_a_library_are_those_of_the_plant(tmp_path: Path) -> None:
    plant = plant_of(with_library(tmp_path, USES))
    assert {rule.id for rule in plant.rules} >= {"BOILER.1/steam_high", "BOILER.2/steam_high", "BOILER.1/boiler_comm_loss"}
    assert plant.devices["BOILER.2"].facts.spares[0].bin == "A3"


def test_a_library_that_changed_without_a_new_version_is_refused(tmp_path: Path) -> None:
    plant = with_library(tmp_path, USES)
    before = plant_of(plant).revision
    (tmp_path / "heat" / "devices" / "boilers.yaml").write_text(TYPES.replace("steam_high: 12", "steam_high: 120"))
    (said,) = problems(plant)
    assert said.startswith("libraries.yaml:2:49: the library heat has other contents than this hash says")
    (found,) = HASH.findall(said)
    uses = (plant / "libraries.yaml").read_text()
    (plant / "libraries.yaml").write_text(HASH.sub(found, uses))
    assert plant_of(plant).revision != before


def test_the_hash_does_not_depend_on_where_the_library_lies(tmp_path: Path) -> None:
    plant = with_library(tmp_path, USES)
    (tmp_path / "heat").rename(plant / "heat")
    uses = (plant / "libraries.yaml").read_text()
    (plant / "libraries.yaml").write_text(uses.replace("../heat", "./heat/"))
    assert problems(plant) == []


@pytest.mark.parametrize(
    ("uses", "wanted"),
    [
        (USES.replace(", hash: HASH", ""), "libraries.yaml:2:3: the hash of the library heat is missing: write hash: sha256:"),
        (USES.replace("1.2.0", "1.3.0"), "libraries.yaml:2:34: the library heat is version 1.2.0, not 1.3.0"),
        (
            USES.replace('"1.2.0"', "1.2").replace("HASH", "x"),
            'libraries.yaml:2:34: "version" must be a text, is 1.2: put it in quotes',
        ),
        (USES.replace("../heat", "../cold").replace("HASH", "x"), "libraries.yaml:2:16: there is no folder ../cold"),
        (USES.replace("../heat", "devices").replace("HASH", "x"), "libraries.yaml:2:16: devices is no library"),
        ("librarys: {}\n", 'libraries.yaml:1:1: unknown key "librarys", did you mean "libraries"?'),
    ],
)
def test_a_library_that_cannot_be_used_is_said_where_it_is_named(tmp_path: Path, uses: str, wanted: str) -> None:
    said = problems(with_library(tmp_path, uses))
    assert any(problem.startswith(wanted) for problem in said), said


def test_a_path_that_no_file_system_takes_is_no_folder(tmp_path: Path) -> None:
    said = problems(with_library(tmp_path, USES.replace("../heat", "x" * 390).replace("HASH", "x")))
    assert any("there is no folder xxx" in problem for problem in said), said


def test_a_pipe_in_the_folder_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    plant = with_library(tmp_path, USES)
    os.mkfifo(plant / "devices" / "pipe.yaml")
    assert any("devices/pipe.yaml:1:1" in problem for problem in problems(plant))


def test_a_library_has_no_devices(tmp_path: Path) -> None:
    plant = with_library(tmp_path, USES)
    (tmp_path / "heat" / "devices" / "more.yaml").write_text("devices: {}\n")
    assert any("../heat/devices/more.yaml:1:1: a library has no devices" in problem for problem in problems(plant))


def test_a_site_overrides_with_a_reason_and_everything_else_stays(tmp_path: Path) -> None:
    overrides = """\
overrides:
  rules.steam_high.limit: {value: 10.5, reason: old safety valves}
  rules.steam_high.off_delay: {value: 30s, reason: the valve hunts}
  types.boiler.tags.steam_pressure.stale_after: {value: 20s, reason: slow gateway}
"""
    plant = plant_of(with_library(tmp_path, USES, overrides))
    rule = next(rule for rule in plant.rules if rule.id == "BOILER.1/steam_high")
    assert (rule.limit, rule.off_delay, rule.deadband) == (10.5, 30_000_000, 0.2)
    assert plant.devices["BOILER.1"].tags[0].stale_after == 20_000_000


@pytest.mark.parametrize(
    ("override", "wanted"),
    [
        ("rules.steam_high.limit: {value: 10}", 'libraries.yaml:4:3: "rules.steam_high.limit": the key "reason" is missing'),
        ("rules.steam_high.limit: {reason: x}", 'libraries.yaml:4:3: "rules.steam_high.limit": the key "value" is missing'),
        ("rules.steam_high.limit: {value: x, reason: x}", 'libraries.yaml:4:35: "limit" must be a number, is "x"'),
        ("rules.steam_high.limt: {value: 10, reason: x}", 'unknown key "limt", did you mean "limit"?'),
        (
            "rules.steam_hihg.limit: {value: 10, reason: x}",
            'libraries.yaml:4:3: no library has "rules.steam_hihg.limit", did you mean "rules.steam_high"?',
        ),
        ("rules.boiler_comm_loss.on_delay: {value: 10s, reason: x}", 'no library has "rules.boiler_comm_loss.on_delay"'),
        ("steam_high: {value: 10, reason: x}", 'libraries.yaml:4:3: "steam_high" must be the path of a value in a library'),
    ],
)
def test_an_override_that_hits_nothing_is_refused(tmp_path: Path, override: str, wanted: str) -> None:
    said = problems(with_library(tmp_path, USES, f"overrides:\n  {override}\n"))
    assert any(wanted in problem for problem in said), said


def test_explain_follows_a_value_from_the_library_to_the_device(tmp_path: Path) -> None:
    plant = with_library(tmp_path, USES)
    assert stations(plant, "BOILER.1/steam_high.limit") == [
        ("{steam_high}", "../heat/rules/boilers.yaml:6:12"),
        ("12", "../heat/devices/boilers.yaml:5:30"),
        ("11", "devices/boilers.yaml:6:30"),
    ]
    assert stations(plant, "BOILER.2/steam_high.limit")[-1] == ("12", "../heat/devices/boilers.yaml:5:30")
    (found,) = explained(plant, "BOILER.2/steam_high.deadband")
    assert found.stations[0].what.render("en") == "library heat 1.2.0"
    assert found.stations[0].what.render("zh") == "类型库 heat 1.2.0"


def test_explain_shows_what_an_override_took_the_place_of(tmp_path: Path) -> None:
    overrides = "overrides:\n  rules.steam_high.deadband: {value: 0.5, reason: old valves}\n"
    plant = with_library(tmp_path, USES, overrides)
    assert stations(plant, "BOILER.1/steam_high.deadband") == [
        ("0.2", "../heat/rules/boilers.yaml:7:15"),
        ("0.5", "libraries.yaml:4:38"),
    ]
    (found,) = explained(plant, "BOILER.1/steam_high.deadband")
    assert "old valves" in found.stations[-1].what.render("en")


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("BOILER.1.connection.host", "127.0.0.1", "devices/boilers.yaml:8:24"),
        ("BOILER.1.connection.timeout", "1 s", ""),
        ("BOILER.1.phone", "8031", "devices/boilers.yaml:7:12"),
        ("BOILER.1.spares", "[{part: V-100, bin: A3}]", "../heat/devices/boilers.yaml:6:13"),
        ("BOILER.1.steam_pressure.scale", "0.01", "../heat/devices/boilers.yaml:8:64"),
        ("BOILER.1.parameters.steam_high", "11", "devices/boilers.yaml:6:30"),
        ("BOILER.1/steam_high.latching", "false", ""),
        ("gateway.site", "boiler_house", "gateway.yaml:1:7"),
        ("gateway.history.keep", "7 d", ""),
    ],
)
def test_explain_says_value_and_place_of_every_kind_of_key(tmp_path: Path, key: str, value: str, where: str) -> None:
    assert stations(with_library(tmp_path, USES), key)[-1] == (value, where)


@pytest.mark.parametrize(
    "key",
    [
        "BOILER.3",
        "BOILER.1/steam_hihg",
        "BOILER.1.steam_presure",
        "gateway.sit",
        "gateway.site.x",
        "gateway.history.x",
        "",
        "/",
        ".",
        "x/y/z",
    ],
)
def test_explain_of_nothing_says_what_there_is(tmp_path: Path, key: str) -> None:
    with pytest.raises(NothingThere) as caught:
        explained(with_library(tmp_path, USES), key)
    assert caught.value.phrase.render("en").startswith("nothing is called")


def test_explain_works_on_a_plant_with_mistakes(tmp_path: Path) -> None:
    plant = with_library(tmp_path, USES)
    (plant / "people.yaml").write_text("persons: [\n")
    assert stations(plant, "BOILER.2/steam_high.limit")[-1][0] == "12"
