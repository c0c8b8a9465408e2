"""`writes.yaml`: what no grant can be for is not written by way of a neighbour either, whatever that is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.folders import boiler_house, check

WORDS = "words: {zh: 备用, en: spare}"
NO_RULES = "rules: {}\n"
GATEWAY = "site: a\nagent: b\nareas: {east: {zh: 东, en: East}}\n"
SAFETY = f"class: safety, {WORDS}"
GRANTED, FORBIDDEN = "B.spare", "A.cut"
MODBUS = "host: 10.0.0.5, unit_id: 3, every: 1s"


def found(
    tmp_path: Path,
    driver: str,
    granted: str,
    forbidden: str,
    connections: tuple[str, str],
    how: str = SAFETY,
    rules: str = NO_RULES,
) -> list[str]:
    """The problems of a grant for `granted` of one device beside `forbidden` of another. how: what forbids that one."""
    devices = f"""types:
  a: {{driver: {driver}, {WORDS}, tags: {{cut: {{{forbidden}, {how}}}}}}}
  b: {{driver: {driver}, {WORDS}, tags: {{spare: {{{granted}, {WORDS}}}}}}}
devices:
  A: {{type: a, area: east, {WORDS}, connection: {{{connections[0]}}}}}
  B: {{type: b, area: east, {WORDS}, connection: {{{connections[1]}}}}}
"""
    values = "values: [x]" if "text" in granted or "string" in granted else "values: [0, 1]"
    writes = f"writes:\n  {GRANTED}: {{purpose: lamp, {values}}}\n"
    folder = boiler_house(tmp_path, gateway=GATEWAY, devices__boilers=devices, rules__boilers=rules, writes=writes)
    (folder / "scenarios" / "steam.yaml").unlink()
    errors = [each for each in check(folder).problems if each.severity == "error"]
    assert all(FORBIDDEN in each.text and (each.file, each.line) == ("writes.yaml", 2) for each in errors), errors
    return [each.code for each in errors]


def twice(connection: str) -> tuple[str, str]:
    return connection, connection


@pytest.mark.parametrize(
    ("granted", "forbidden"),
    [
        ("address: coil 5", "address: coil 5"),
        ("address: holding 10, type: uint16", "address: holding 10, type: bool, bit: 3"),
        ("address: 40011, type: uint16", "address: holding 10, type: bool, bit: 3"),
        ("address: holding 10, type: bool, bit: 3", "address: holding 10, type: uint16"),
        ("address: holding 10, type: bool", "address: holding 10, type: bool, bit: 3"),
        ("address: holding 9, type: float32", "address: holding 10, type: uint16"),
        ("address: holding 8, type: string, length: 5", "address: holding 10, type: bool, bit: 0"),
        ("address: holding 10, type: uint8, byte: high", "address: holding 10, type: bool, bit: 8"),
    ],
)
def test_a_register_or_bit_that_another_tag_forbids_gets_no_grant(tmp_path: Path, granted: str, forbidden: str) -> None:
    assert found(tmp_path, "modbus", granted, forbidden, twice(MODBUS)) == ["grant_touches"]


@pytest.mark.parametrize(
    ("granted", "forbidden"),
    [
        ("address: coil 5", "address: discrete 5"),
        ("address: coil 5", "address: coil 6"),
        ("address: holding 10, type: float32", "address: holding 12, type: uint16"),
    ],
)
def test_what_only_lies_beside_it_gets_one(tmp_path: Path, granted: str, forbidden: str) -> None:
    assert found(tmp_path, "modbus", granted, forbidden, twice(MODBUS)) == []


def test_a_bit_that_is_written_with_its_register_gets_none_and_one_that_is_written_alone_gets_one(tmp_path: Path) -> None:
    bits = ("address: holding 10, type: bool, bit: 2", "address: holding 10, type: bool, bit: 3")
    assert found(tmp_path / "whole", "modbus", *bits, twice(MODBUS)) == ["grant_touches_beside"]
    assert found(tmp_path / "alone", "modbus", *bits, (MODBUS, f"{MODBUS}, bit_write: mask")) == []


@pytest.mark.parametrize(
    ("one", "other", "codes"),
    [
        ("host: plc.hall, every: 1s", "host: PLC.hall, port: 502, unit_id: 1, every: 5s", ["grant_touches"]),
        ("host: 10.0.0.5, unit_id: 0, every: 1s", "host: 10.0.0.5, unit_id: 255, every: 1s", ["grant_touches"]),
        ("host: 10.0.0.5, unit_id: 1, every: 1s", "host: 10.0.0.5, unit_id: 2, every: 1s", []),
        ("host: 10.0.0.5, every: 1s", "host: 10.0.0.5, port: 503, every: 1s", []),
    ],
)
def test_another_device_at_the_same_place_is_no_way_around(tmp_path: Path, one: str, other: str, codes: list[str]) -> None:
    assert found(tmp_path, "modbus", "address: coil 5", "address: coil 5", (one, other)) == codes


def test_a_name_and_a_rule_about_a_danger_forbid_like_a_class(tmp_path: Path) -> None:
    rule = f"danger: {{for: a, tag: cut, kind: discrete, class: safety, priority: high, {WORDS}}}"
    same = ("modbus", "address: coil 5", "address: coil 5", twice(MODBUS))
    assert found(tmp_path / "name", *same, "words: {zh: 故障复位, en: spare}") == ["grant_touches"]
    assert found(tmp_path / "rule", *same, WORDS, f"rules:\n  {rule}\n") == ["grant_touches"]
    assert found(tmp_path / "neither", *same, WORDS) == []


@pytest.mark.parametrize(
    ("driver", "granted", "forbidden", "connection", "codes"),
    [
        ("s7", "address: DB10.DBW4, type: uint16", "address: DB10.DBX5.2", "host: 10.0.0.6", ["grant_touches"]),
        ("s7", "address: DB10.DBX5.2", "address: DB10.5.2, type: bool", "host: 10.0.0.6", ["grant_touches"]),
        ("s7", "address: DB10.DBX5.1", "address: DB10.DBX5.2", "host: 10.0.0.6", []),
        ("s7", "address: A4.2", "address: Q4.2", "host: 10.0.0.6", ["grant_touches"]),
        ("opcua", "node: ns=2;s=L.Cut", "node: ns=2;s=L.Cut", "url: opc.tcp://10.0.0.7:4840", ["grant_touches"]),
        ("opcua", "path: Objects/2:Cut", "path: Objects/2:Cut", "url: opc.tcp://10.0.0.7:4840", ["grant_touches"]),
        ("opcua", "node: ns=2;s=L.Lamp", "node: ns=2;s=L.Cut", "url: opc.tcp://10.0.0.7:4840", []),
        ("sparkplug", "metric: Cut", "metric: Cut", "host: broker, group: g, node: n", ["grant_touches"]),
        ("sparkplug", "metric: Lamp", "metric: Cut", "host: broker, group: g, node: n", []),
        (
            "mqtt",
            "topic: l/b, write: {topic: l/set}",
            "topic: l/a, write: {topic: l/set}",
            "host: broker",
            ["grant_touches"],
        ),
        ("mqtt", "topic: l/b, write: {topic: l/a}", "topic: l/a", "host: broker", ["grant_touches"]),
        ("mqtt", "topic: l/a, write: {topic: l/b}", "topic: l/a", "host: broker", []),
        (
            "mqtt",
            "topic: l/b, write: {topic: l/set, payload: '{{\"lamp\": {{value}}}}'}",
            "topic: l/a, write: {topic: l/set, payload: '{{\"cut\": {{value}}}}'}",
            "host: broker",
            [],
        ),
    ],
)
def test_each_driver_knows_what_is_the_same_place(
    tmp_path: Path, driver: str, granted: str, forbidden: str, connection: str, codes: list[str]
) -> None:
    assert found(tmp_path, driver, granted, forbidden, twice(connection)) == codes
