"""Arrays of registers: each value is a tag of its own, in files, plan, codec, rules and tag lists."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from drivers.catalog import DRIVERS
from drivers.modbus.codec import Decoder
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.modbus.foreign import Kepware
from drivers.modbus.plan import plan_reads
from drivers.modbus.scan import limits_of, points_of
from edge.config.tag_list.columns import columns_of
from edge.config.tag_list.foreign import CannotSay
from edge.config.tag_list.rows import tag_rows
from tests.unit.config.folders import boiler_house, check, plant_of, said
from tests.unit.config.test_tag_list import andon, content

DEVICES = """
types:
  boiler:
    words: {{zh: 锅炉, en: boiler}}
    driver: modbus
    parameters: {{steam_high: 12, first: 10, many: 3}}
    tags:
      steam_pressure:
        {{address: holding 0, type: int16, unit: bar, stale_after: 10s, words: {{zh: 蒸汽压力, en: steam pressure}}}}
      burner_fault: {{address: discrete 0, words: {{zh: 燃烧器故障, en: burner fault}}}}
      zone: {{{array}, words: {{zh: "{{number}}区温度", en: zone temperature}}}}
{more}
devices:
  BOILER.1: {{type: boiler, area: boiler_1, words: {{zh: 1号锅炉, en: boiler 1}}, connection: {{host: 10.0.0.5}}}}
"""


def folder(tmp_path: Path, array: str, more: str = "") -> Path:
    return boiler_house(tmp_path, devices__boilers=DEVICES.format(array=array, more=more))


def test_an_array_is_so_many_tags_with_its_number_in_key_and_words(tmp_path: Path) -> None:
    device = plant_of(folder(tmp_path, 'address: "holding {first}", type: float32, count: 3, unit: °C')).devices["BOILER.1"]
    zones = [tag for tag in device.tags if tag.key.startswith("zone")]
    assert [tag.name for tag in zones] == ["BOILER.1.zone_1", "BOILER.1.zone_2", "BOILER.1.zone_3"]
    assert [tag.words for tag in zones][1:] == [
        {"zh": "2区温度", "en": "zone temperature 2"},
        {"zh": "3区温度", "en": "zone temperature 3"},
    ]
    assert [str(tag.point.address) for tag in zones if isinstance(tag.point, ModbusPoint)] == [
        "holding 10",
        "holding 12",
        "holding 14",
    ]
    assert {tag.unit for tag in zones} == {"°C"}


def test_an_array_is_one_request_and_decodes_to_its_values_in_order(tmp_path: Path) -> None:
    device = plant_of(folder(tmp_path, "address: holding 100, type: float32, word_order: CDAB, count: 50")).devices["BOILER.1"]
    assert isinstance(device.connection, ModbusConnection)
    points = points_of(device)
    zones = [position for position, tag in enumerate(device.tags) if tag.key.startswith("zone")]
    (read,) = plan_reads(points, zones, limits_of(device.connection))
    assert (read.address, read.count) == (100, 100)
    wire = b"".join(struct.pack(">f", number)[2:] + struct.pack(">f", number)[:2] for number in range(50))
    assert Decoder(read, points, device.connection).decode(wire).raw.tolist() == list(range(50))


@pytest.mark.parametrize(
    ("array", "first", "second"),
    [
        ("address: coil 7, count: 2", "coil 7", "coil 8"),
        ("address: holding 7, type: string, length: 5, count: 2", "holding 7", "holding 10"),
        ("address: holding 7, type: string, length: 5, byte_order: low_only, count: 2", "holding 7", "holding 12"),
        ("address: holding 7, type: uint8, byte: high, count: 2", "holding 7", "holding 8"),
        ("address: holding 65532, type: int32, count: 2", "holding 65532", "holding 65534"),
    ],
)
def test_elements_follow_each_other_by_what_one_takes(tmp_path: Path, array: str, first: str, second: str) -> None:
    device = plant_of(folder(tmp_path, array)).devices["BOILER.1"]
    points = [tag.point for tag in device.tags if tag.key in ("zone_1", "zone_2")]
    assert [str(point.address) for point in points if isinstance(point, ModbusPoint)] == [first, second]


@pytest.mark.parametrize(
    ("array", "more", "sentence"),
    [
        ("address: holding 0, type: int16, count: 1", "", '"count" must be at least 2'),
        ("address: holding 0, type: int16, count: 1001", "", '"count" must be at most 1000'),
        ("address: holding 65533, type: int32, count: 2", "", '"count": int32 takes 4 registers here'),
        ("address: holding 0, type: bool, bit: 3, count: 2", "", "the bits of a register are no array"),
        ('address: holding 0, type: int16, count: "{many}"', "", "must be a number written here"),
        (
            "address: holding 0, type: int16, count: 2",
            "      zone_2: {address: holding 9, type: int16, words: {zh: 甲, en: a}}",
            "rename one",
        ),
    ],
)
def test_what_cannot_be_an_array_is_refused_where_it_is_written(tmp_path: Path, array: str, more: str, sentence: str) -> None:
    problems = [problem for problem in said(folder(tmp_path, array, more)) if "devices/boilers.yaml:1" in problem]
    assert len(problems) == 1 and sentence in problems[0], problems


def test_a_rule_names_one_of_them(tmp_path: Path) -> None:
    plant = folder(tmp_path, 'address: "holding {first}", type: int16, count: 3')
    rule = "kind: high, limit: 300, deadband: 2, priority: low, words: {zh: 高, en: high}"
    (plant / "rules" / "zones.yaml").write_text(f"rules:\n  hot: {{for: boiler, tag: zone_3, {rule}}}\n")
    assert [problem for problem in said(plant) if "many" not in problem] == []
    (plant / "rules" / "zones.yaml").write_text(f"rules:\n  hot: {{for: boiler, tag: zone_4, {rule}}}\n")
    (problem,) = [problem for problem in said(plant) if "many" not in problem]
    assert "zone_4" in problem and "zone_3" in problem


def test_the_tag_list_has_one_row_for_an_array_and_gives_it_back(tmp_path: Path) -> None:
    plant = folder(tmp_path, "address: holding 0, type: int16, count: 3")
    rows = list(tag_rows(check(plant).described.devices, columns_of([ModbusPoint]), ["boiler"]))
    assert [row["tag"] for row in rows] == ["steam_pressure", "burner_fault", "zone"]
    assert rows[2]["count"] == 3
    before, file = content(plant), tmp_path / "t.xlsx"
    assert andon("export", plant, "--to", file).exit_code == 0
    assert "nothing to change" in andon("import", plant, file).stdout
    assert content(plant) == before


def test_a_form_without_arrays_leaves_them_out_and_says_so(tmp_path: Path) -> None:
    described = check(folder(tmp_path, "address: holding 0, type: int16, count: 3")).described
    row = list(tag_rows(described.devices, columns_of([DRIVERS["modbus"].point]), ["boiler"]))[2]
    with pytest.raises(CannotSay) as refused:
        Kepware().written(row, described.devices.types["boiler"].written["zone"].node, 1)
    assert refused.value.phrase.arguments == {"name": "count"}
