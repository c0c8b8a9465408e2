"""Suppression by design in files: four ways to say it, one form for the engine."""

from __future__ import annotations

from pathlib import Path

from drivers.catalog import DRIVERS
from edge.config.explain.explain import explain
from edge.model.moment import SECOND
from rules.definition import Cause, Suppressor
from tests.unit.config.folders import boiler_house, check, plant_of

DEVICES = """types:
  boiler:
    words: {zh: 锅炉, en: boiler}
    driver: modbus
    tags:
      pressure: {address: holding 0, type: int16, stale_after: 10s, words: {zh: 压力, en: pressure}}
      fault: {address: discrete 0, words: {zh: 故障, en: fault}}
  pump:
    words: {zh: 泵, en: pump}
    driver: modbus
    tags: {fault: {address: discrete 0, words: {zh: 故障, en: fault}}}
devices:
  B1: {type: boiler, area: east, words: {zh: 炉, en: b1}, connection: {host: 127.0.0.1, unit_id: 1, every: 1s}}
  B2: {type: boiler, area: west, words: {zh: 炉, en: b2}, connection: {host: 127.0.0.1, unit_id: 2, every: 1s}}
  P1: {type: pump, area: east, words: {zh: 泵, en: p1}, connection: {host: 127.0.0.1, unit_id: 3, every: 1s}}
"""
GATEWAY = "site: a\nagent: b\nareas: {east: {zh: 东, en: East}, west: {zh: 西, en: West}}\n"
RULES = """rules:
  fault: {for: boiler, tag: fault, kind: discrete, priority: low, words: {zh: 故障, en: fault}}
  high: {for: boiler, tag: pressure, kind: high, limit: 8, priority: low, words: {zh: 高, en: high}%s}
  pump: {for: pump, tag: fault, kind: discrete, priority: low, words: {zh: 泵, en: pump}%s}
"""


def folder_of(tmp_path: Path, high: str = "", pump: str = "", more: str = "") -> Path:
    rules = RULES % (f", {high}" if high else "", f", {pump}" if pump else "") + more
    folder = boiler_house(tmp_path, gateway=GATEWAY, devices__boilers=DEVICES, rules__boilers=rules)
    (folder / "scenarios" / "steam.yaml").unlink()
    return folder


def suppressors(tmp_path: Path, high: str = "", pump: str = "", more: str = "") -> set[Suppressor]:
    return set(plant_of(folder_of(tmp_path, high, pump, more)).suppressors)


def codes(folder: Path) -> list[str]:
    return [problem.code for problem in check(folder).problems]


def test_a_rule_names_what_explains_it_on_its_own_device(tmp_path: Path) -> None:
    assert suppressors(tmp_path, high="suppressed_by: [fault]") == {
        Suppressor(Cause.PARENT, "B1/fault", ("B1/fault",), ("B1/high",)),
        Suppressor(Cause.PARENT, "B2/fault", ("B2/fault",), ("B2/high",)),
    }


def test_a_rule_names_what_explains_it_on_others_by_device_or_type(tmp_path: Path) -> None:
    assert suppressors(tmp_path, pump="suppressed_by: [B1/fault]") == {
        Suppressor(Cause.PARENT, "B1/fault", ("B1/fault",), ("P1/pump",))
    }
    assert suppressors(tmp_path / "b", pump="suppressed_by: [boiler/fault]") == {
        Suppressor(Cause.PARENT, f"B{number}/fault", (f"B{number}/fault",), ("P1/pump",)) for number in (1, 2)
    }


def test_a_milder_limit_gives_way_to_the_next_one_of_its_tag(tmp_path: Path) -> None:
    severe = "  higher: {for: B1, tag: pressure, kind: high_high, limit: 9, priority: low, words: {zh: 高, en: high}}\n"
    assert suppressors(tmp_path, high="exclusive: true", more=severe) == {
        Suppressor(Cause.MORE_SEVERE, "B1/higher", ("B1/higher",), ("B1/high",))
    }


def test_a_lost_connection_explains_that_its_device_is_silent(tmp_path: Path) -> None:
    more = """  silent: {for: boiler, tag: pressure, kind: stale, priority: low, words: {zh: 旧, en: stale}}
  bad: {for: B1, tag: pressure, kind: bad_quality, priority: low, words: {zh: 坏, en: bad}}
  lost: {for: B1, kind: comm_loss, priority: low, words: {zh: 断, en: lost}}
"""
    hidden = ("B1/bad", "B1/silent")
    assert suppressors(tmp_path, more=more) == {Suppressor(Cause.PARENT, "B1/lost", ("B1/lost",), hidden, 2 * SECOND)}


def test_a_section_hides_all_devices_of_a_type_at_once(tmp_path: Path) -> None:
    more = "suppressions:\n  tripped: {while: [P1/pump], hide: [boiler/high, B1/fault], hold: 30s}\n"
    hidden = ("B1/high", "B2/high", "B1/fault")
    assert suppressors(tmp_path, more=more) == {Suppressor(Cause.GROUP, "tripped", ("P1/pump",), hidden, 30 * SECOND)}


def test_a_section_may_ask_for_the_same_device_or_area(tmp_path: Path) -> None:
    more = "suppressions:\n  tripped: {while: [boiler/fault], hide: [boiler/high, pump/pump], same: %s}\n"
    assert suppressors(tmp_path, more=more % "device") == {
        Suppressor(Cause.INHIBITED, f"tripped B{number}", (f"B{number}/fault",), (f"B{number}/high",)) for number in (1, 2)
    }
    assert suppressors(tmp_path / "b", more=more % "area") == {
        Suppressor(Cause.INHIBITED, "tripped east", ("B1/fault",), ("B1/high", "P1/pump")),
        Suppressor(Cause.INHIBITED, "tripped west", ("B2/fault",), ("B2/high",)),
    }


def test_what_is_on_both_sides_is_hidden_by_those_alone_that_are_not(tmp_path: Path) -> None:
    """So never by itself, and no two of them hide each other."""
    more = "suppressions:\n  tripped: {while: [boiler/fault, P1/pump], hide: [boiler/fault, boiler/high]}\n"
    assert suppressors(tmp_path, more=more) == {
        Suppressor(Cause.GROUP, "tripped", ("B1/fault", "B2/fault", "P1/pump"), ("B1/high", "B2/high")),
        Suppressor(Cause.GROUP, "tripped", ("P1/pump",), ("B1/fault", "B2/fault")),
    }


def test_nothing_may_hide_a_danger_to_people(tmp_path: Path) -> None:
    assert codes(folder_of(tmp_path, pump="class: safety, suppressed_by: [B1/fault]")) == ["safety_priority"]
    danger = "  leak: {for: pump, tag: fault, kind: discrete, class: safety, priority: high, words: {zh: 漏, en: leak}%s}\n"
    assert codes(folder_of(tmp_path / "b", more=danger % ", suppressed_by: [B1/fault]")) == ["safety_hidden"]
    section = "suppressions:\n  all: {while: [B1/fault], hide: [pump/leak]}\n"
    (problem,) = check(folder_of(tmp_path / "c", more=danger % "" + section)).problems
    assert (problem.code, problem.line, problem.column) == ("safety_hidden", 7, 28)
    assert '"P1/leak" (rules/boilers.yaml:5)' in str(problem)


def test_a_circle_is_refused_however_long_and_an_alarm_that_explains_itself(tmp_path: Path) -> None:
    more = "suppressions:\n  back: {while: [P1/pump], hide: [B1/fault]}\n"
    (problem,) = check(folder_of(tmp_path, high="suppressed_by: [fault]", pump="suppressed_by: [B1/high]", more=more)).problems
    assert problem.code == "suppression_circle"
    assert str(problem).endswith("B1/fault, B1/high, P1/pump, B1/fault")
    assert codes(folder_of(tmp_path / "b", pump="suppressed_by: [pump]")) == ["suppression_circle"]


def test_a_name_that_leads_nowhere_is_said_once_for_all_devices_with_what_is_near(tmp_path: Path) -> None:
    more = "suppressions:\n  one: {while: [boiler/fauld], hide: [boiler/high]}\n"
    (problem,) = check(folder_of(tmp_path, more=more)).problems
    assert (problem.code, problem.hint) == ("suppression_unknown", 'did you mean "boiler/fault"?')
    assert codes(folder_of(tmp_path / "b", high="suppressed_by: [P1/fault]")) == ["suppression_unknown"]
    assert codes(folder_of(tmp_path / "c", high="suppressed_by: [fauld]")) == ["suppression_unknown"], "not for each boiler"


def test_a_rule_that_is_wrong_is_there_all_the_same(tmp_path: Path) -> None:
    wrong = "  odd: {for: boiler, tag: fault, kind: discrete, priority: lowest, words: {zh: 试, en: odd}}\n"
    more = "suppressions:\n  one: {while: [boiler/odd, B1/odd], hide: [boiler/high]}\n"
    assert codes(folder_of(tmp_path, high="suppressed_by: [odd]", more=wrong + more)) == ["word_wanted"]
    unreadable = folder_of(tmp_path / "b", high="suppressed_by: [odd]")
    (unreadable / "rules" / "more.yaml").write_text("rules: {odd: [", encoding="utf-8")
    assert {problem.file for problem in check(unreadable).problems if problem.severity == "error"} == {"rules/more.yaml"}


def test_explain_says_what_hides_an_alarm_and_where_that_is_written(tmp_path: Path) -> None:
    more = """  silent: {for: boiler, tag: pressure, kind: stale, priority: low, words: {zh: 旧, en: stale}}
  lost: {for: B1, kind: comm_loss, priority: low, words: {zh: 断, en: lost}}
suppressions:
  tripped: {while: [P1/pump], hide: [boiler/silent], same: area}
"""
    described = check(folder_of(tmp_path, high="suppressed_by: [fault, lost]", more=more)).described
    found = {}
    for alarm in ("B1/high", "B1/silent", "B2/silent"):
        stations = [each.stations[0] for each in explain(described, DRIVERS, alarm) if each.key == f"{alarm}.hidden_by"]
        found[alarm] = [(station.text, station.place.line if station.place else None) for station in stations]
    assert found == {
        "B1/high": [("B1/fault", 3), ("B1/lost", 3)],
        "B1/silent": [("B1/lost", None), ("P1/pump", 8)],
        "B2/silent": [],
    }
