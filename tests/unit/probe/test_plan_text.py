"""`andon plan` says what will be asked of each device, in both countings, for people and for programs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.catalog import DRIVERS
from edge.probe.plan import outlines_of, plan_document, plan_text
from edge.probe.table import table, width_of
from edge.texts import LANGUAGES
from tests.driver_rig import device

METER = device(
    "modbus",
    "METER",
    {
        "power": {"address": "40001", "type": "float32", "word_order": "CDAB"},
        "energy": {"address": "40003", "type": "uint64"},
        "fault": {"address": "40010", "type": "bool", "bit": 3},
        "mode": {"address": "40010", "type": "uint8"},
        "name": {"address": "49999", "type": "string", "length": 3},
        "running": {"address": "10005"},
    },
    {"host": "10.0.0.5", "unit_id": 7, "every": "500ms", "word_order": "DCBA"},
)
FAN = device("mqtt", "FAN", {"vib": {"topic": "crm/fan", "path": "v"}}, {"host": "10.0.0.9", "qos": 2})
SILENT = device("modbus", "SILENT", {}, {"host": "10.0.0.6"})


def test_each_request_shows_protocol_addresses_and_those_of_the_manual() -> None:
    (meter, fan) = plan_document(outlines_of([FAN, METER, SILENT], DRIVERS))
    assert (meter["device"], meter["connection"]) == ("METER", "10.0.0.5:502 unit 7")
    assert (meter["every_s"], meter["requests"], meter["requests_per_s"], meter["registers"], meter["tags"]) == (
        0.5,
        3,
        6.0,
        13,
        6,
    )
    shown = [
        (each["function"], each["protocol"], each["digits"], each["registers"], each["left_out"]) for each in meter["asked"]
    ]
    assert shown == [
        (2, "4", "10005", 1, 0),
        (3, "0-9", "40001-40010", 10, 0),
        (3, "9998-9999", "49999-410000", 2, 9988),
    ]
    assert [each["tags"] for each in meter["asked"]] == [
        ("running 10005 bool",),
        ("power 40001 float32 CDAB", "energy 40003 uint64 HGFEDCBA", "fault 40010 bool bit 3", "mode 40010 uint8 low"),
        ("name 49999 string 3",),
    ]
    assert (fan["topics"], fan["asked"]) == (1, [{"topic": "crm/fan", "qos": 2, "tags": ("vib float",)}])


def test_the_plan_is_json() -> None:
    document = plan_document(outlines_of([METER, FAN], DRIVERS))
    assert json.loads(json.dumps(document))[0]["asked"][2]["tags"] == ["name 49999 string 3"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_see_every_tag_and_request(language: str) -> None:
    text = plan_text(outlines_of([METER, FAN], DRIVERS), language)
    for word in (
        "METER  modbus 10.0.0.5:502 unit 7",
        "49999-410000",
        "energy 40003 uint64 HGFEDCBA",
        "crm/fan",
        "10.0.0.9:1883",
    ):
        assert word in text


def test_scan_groups_show_what_a_poll_takes_and_the_connection_how_busy_it_is() -> None:
    tags = {"speed": {"address": "holding 0", "type": "uint16", "every": "100ms"}} | {
        f"t{n}": {"address": f"holding {100 + 10 * n}", "type": "uint16", "every": "10s"} for n in range(5)
    }
    serial = {"serial": {"path": "/dev/ttyUSB0", "baud": 9600}}
    drive, meter = (
        device("modbus", name, tags, {**serial, "unit_id": unit}) for unit, name in enumerate(("DRIVE", "METER"), 1)
    )
    (shown, other) = plan_document(outlines_of([drive, meter], DRIVERS))
    assert shown["link_percent"] == other["link_percent"] == pytest.approx(73, abs=2)
    assert [(scan["every_s"], scan["requests"], scan["tags"]) for scan in shown["scans"]] == [(0.1, 1, 1), (10.0, 1, 5)]
    assert [scan["cycle_s"] for scan in shown["scans"]] == [0.035, 0.13]
    assert [scan["busy_percent"] for scan in shown["scans"]] == [35, 1.3]
    assert [(each["every"], each["unnamed"]) for each in shown["asked"]] == [("100 ms", 0), ("10 s", 36)]
    assert "warnings" not in shown


def test_a_connection_without_time_left_is_warned_of_at_each_of_its_devices() -> None:
    tags = {"speed": {"address": "holding 0", "type": "uint16", "every": "50ms"}}
    serial = {"serial": {"path": "/dev/ttyUSB0", "baud": 9600}}
    drives = [device("modbus", f"D{unit}", tags, {**serial, "unit_id": unit}) for unit in (1, 2)]
    outlines = outlines_of(drives, DRIVERS)
    assert [each["warnings"] for each in plan_document(outlines)] == [
        [{"code": "modbus.link_busy", "where": "/dev/ttyUSB0", "percent": "141"}]
    ] * 2
    assert plan_text(outlines, "zh").count("/dev/ttyUSB0 约有 141% 的时间") == 2
    assert "for about 141 % of its time" in plan_text(outlines, "en")


def test_a_plant_without_tags_is_told_so() -> None:
    assert plan_text(outlines_of([SILENT], DRIVERS), "en") == "No device has tags to read."


cells = st.text(st.sampled_from("ab温度，x "), max_size=8).map(str.strip)
rows = st.lists(st.tuples(cells, st.integers(0, 10**6), st.lists(cells, max_size=3).map(tuple)), max_size=5)


@given(rows)
def test_columns_stand_straight_whatever_the_script(rows: list[tuple[str, int, tuple[str, ...]]]) -> None:
    headings = ("表", "count", "tags")
    lines = table(headings, rows)
    assert len(lines) == 1 + sum(max(1, len(texts)) for _, _, texts in rows)
    first = max(width_of(each) for each in (headings[0], *(text for text, _, _ in rows)))
    second = max(len(each) for each in (headings[1], *(str(number) for _, number, _ in rows)))
    numbers = iter(rows)
    for line in lines[1:]:
        taken = 0
        for at, char in enumerate(line):
            if taken >= first + 2:
                middle = line[at : at + second]
                break
            taken += width_of(char)
        else:
            middle = ""
        if middle.strip():
            assert middle == f"{next(numbers)[1]:>{second}}"
    assert next(numbers, None) is None, "each row has shown its number"


def test_a_chinese_character_takes_two_cells_and_an_accent_none() -> None:
    assert (width_of("轴承 3"), width_of("（从 0）"), width_of("e\u0301")) == (6, 8, 1)
