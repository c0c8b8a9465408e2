"""`andon probe modbus` against devices in memory: few polite reads, exceptions in words, a snippet that a plant takes."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.base import ConnectionLost
from drivers.catalog import DRIVERS
from drivers.memory import MemoryLinks
from drivers.modbus.address import ADDRESS_MAX, Address, Notation, Table
from edge.config.load import load
from edge.model.moment import MILLISECOND, SECOND, from_iso
from edge.probe.modbus import NoAnswer, Scan, ask
from edge.probe.modbus_text import document_of, text_of
from edge.probe.modbus_wish import NotAWish, Wish, parse_units, wish_of
from edge.probe.registers import Window
from edge.probe.target import parse_target
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.starter.folder import starter_files, write_starter
from edge.starter.folder import wish_of as starter_wish_of
from edge.texts import LANGUAGES

HOST = "10.0.0.5"
START = from_iso("2026-05-04T08:00:00Z")


class Unit:
    """Registers of one unit; an address that is not among them is refused with exception 2, another function with 1."""

    def __init__(self, registers: Mapping[int, int], functions: tuple[int, ...] = (3,)) -> None:
        self.registers = registers
        self.functions = functions
        self.asked: list[tuple[int, int, int, int]] = []

    def answer(self, unit: int, function: int, address: int, count: int) -> bytes | int | None:
        self.asked.append((unit, function, address, count))
        if unit != 1:
            return {2: None, 9: 11, 8: 6}.get(unit)
        if function not in self.functions:
            return 1
        wanted = range(address, address + count)
        if any(number not in self.registers for number in wanted):
            return 2
        if function in (1, 2):
            bits = sum((self.registers[number] & 1) << at for at, number in enumerate(wanted))
            return bits.to_bytes((count + 7) // 8, "little")
        return struct.pack(f">{count}H", *(self.registers[number] for number in wanted))


def asking(
    answer: Callable[[int, int, int, int], bytes | int | None], **more: Any
) -> tuple[Window | Scan | NoAnswer, Wish, int]:
    """What came of it, the wish, and how long it took."""
    given = {"unit": 1, "address": "holding 0", "count": None, "kind": "", "units": None} | more
    wish = wish_of(HOST, **given)

    async def main(clock: VirtualClock) -> tuple[Window | Scan | NoAnswer, int]:
        links = MemoryLinks(clock, modbus={(HOST, 502): answer}, mqtt={})
        came = await ask(links, clock, wish, timeout_s=1.0)
        return came, clock.now() - START

    came, took = run_virtually(main, START)
    return came, wish, took


def line_of(text: str, beginning: str) -> str:
    return next(line for line in text.splitlines() if line.strip().startswith(beginning))


FLOAT = dict(enumerate([0, 0, *struct.unpack(">HH", struct.pack(">f", 50.02)), 0, 0, 0, 0]))


def test_the_registers_asked_for_come_with_one_below_and_one_above_in_one_request() -> None:
    unit = Unit(FLOAT)
    came, _, _ = asking(unit.answer, address="holding 2", count=2)
    assert isinstance(came, Window)
    assert unit.asked == [(1, 3, 1, 4)]
    assert (came.numbers, list(came.asked)) == ([1, 2, 3, 4], [2, 3])


@pytest.mark.parametrize(("address", "asked"), [("holding 0", (1, 3, 0, 3)), ("465535", (1, 3, 65533, 3))])
def test_beyond_the_ends_of_a_table_nothing_is_asked(address: str, asked: tuple[int, ...]) -> None:
    unit = Unit(dict.fromkeys(range(ADDRESS_MAX + 1), 7))
    asking(unit.answer, address=address, count=2)
    assert unit.asked == [asked]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_sees_both_countings_every_reading_and_the_plausible_one(language: str) -> None:
    came, wish, _ = asking(Unit(FLOAT).answer, address="40003", count=2)
    text = text_of(came, wish, language)
    row = line_of(text, "→").split()
    assert row[:4] == ["→", "2", "40003", "4248"]
    assert "* 50.02" in line_of(text, "ABCD")
    assert {"type: float32", "word_order: ABCD", "address: 40003"} <= {line.strip() for line in text.splitlines()}


def test_an_off_by_one_is_pointed_out() -> None:
    came, wish, _ = asking(Unit(FLOAT).answer, address="holding 1")
    assert "Beside it, at holding 2 (40003): float32 ABCD = 50.02" in text_of(came, wish, "en")
    came, wish, _ = asking(Unit(FLOAT).answer, address="holding 2")
    assert "Beside it" not in text_of(came, wish, "en")


def test_refused_together_each_address_is_asked_by_itself_with_pauses_and_says_why_in_words() -> None:
    unit = Unit({5: 623, 6: 0})
    came, wish, took = asking(unit.answer, address="40006", count=2)
    assert isinstance(came, Window)
    assert unit.asked == [(1, 3, 4, 4), (1, 3, 4, 1), (1, 3, 5, 1), (1, 3, 6, 1), (1, 3, 7, 1)]
    assert took == 4 * 50 * MILLISECOND
    assert (came.cells, came.refused) == ({5: 623, 6: 0}, {4: 2, 7: 2})
    text = text_of(came, wish, "en")
    assert line_of(text, "4  40005").endswith("exception 2: it has no such address")
    assert "623" in line_of(text, "→")


def test_a_device_that_refuses_everything_gets_no_snippet() -> None:
    came, wish, _ = asking(Unit({}).answer, address="holding 3")
    text = text_of(came, wish, "zh")
    assert "异常 2：没有这个地址" in text
    assert "tags:" not in text


def test_bits_are_shown_as_bits() -> None:
    unit = Unit({number: number % 2 for number in range(20)}, functions=(1,))
    came, wish, _ = asking(unit.answer, address="coil 3")
    assert unit.asked == [(1, 1, 2, 10)]
    assert isinstance(came, Window)
    assert came.cells == {number: number % 2 for number in range(2, 12)}
    text = text_of(came, wish, "en")
    assert line_of(text, "→").split() == ["→", "3", "00004", "1"]
    assert "word_order" not in text and "int16" not in text


def test_a_string_is_shown_as_text_in_the_order_that_can_be_read() -> None:
    letters = dict(enumerate(struct.unpack(">5H", b"COIL-A1234")))
    came, wish, _ = asking(
        Unit({9: 0, **{10 + at: word for at, word in letters.items()}, 15: 0}).answer, address="40011", kind="string", count=5
    )
    text = text_of(came, wish, "en")
    assert "high_first: COIL-A1234" in text
    assert {"type: string", "length: 10"} <= {line.strip() for line in text.splitlines()}


@pytest.mark.parametrize(
    ("more", "registers"),
    [
        ({"address": "40003"}, FLOAT),
        ({"address": "4x0003", "kind": "float64"}, FLOAT),
        ({"address": "holding 0x02", "kind": "bcd32"}, FLOAT),
        ({"address": "300003", "kind": "uint8"}, FLOAT),
        ({"address": "coil 2"}, FLOAT),
        ({"address": "input 2", "kind": "string"}, FLOAT),
        ({"address": "holding 0"}, dict.fromkeys(range(10), 0)),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_snippet_is_a_file_that_a_new_plant_may_have(
    more: dict[str, Any], registers: dict[int, int], language: str, tmp_path: Path
) -> None:
    came, wish, _ = asking(Unit(registers, (1, 2, 3, 4)).answer, **more)
    text = text_of(came, wish, language)
    plant = tmp_path / "plant"
    write_starter(plant, starter_files(starter_wish_of("plant", language)))
    snippet = text[text.index("types:\n") :].replace("my_area", "hall_2")
    (plant / "devices" / "mine.yaml").write_text(snippet, encoding="utf-8")
    loaded = load(plant, DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    assert "my_device.my_tag" in [tag.name for tag in loaded.plant.devices["my_device"].tags]
    assert [str(each) for each in loaded.problems if each.file == "devices/mine.yaml"] == []


def test_the_json_says_the_same() -> None:
    came, wish, _ = asking(Unit(FLOAT).answer, address="holding 2", kind="float32")
    document = json.loads(json.dumps(document_of(came, wish, "en")))
    assert (document["target"], document["unit"], document["function"]) == ("10.0.0.5:502", 1, 3)
    assert document["cells"][1] == {"protocol": 2, "digits": "40003", "asked": True, "value": 0x4248, "exception": None}
    assert document["likely"] == {"protocol": 2, "type": "float32", "order": "ABCD", "value": "50.02", "plausible": True}
    assert len(document["readings"]) == 4


# --- no answer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "said"), [(2, "unit 2 does not answer"), (9, "exception 11"), (8, "exception 6: it is busy")])
def test_a_unit_that_cannot_be_heard_is_told_apart_from_a_device_that_is_off(unit: int, said: str) -> None:
    came, wish, _ = asking(Unit(FLOAT).answer, unit=unit)
    assert said in text_of(came, wish, "en")
    assert isinstance(came, NoAnswer) == (unit != 8), "busy is an answer"


def test_what_is_no_modbus_is_said_so_with_the_reason() -> None:
    came, wish, _ = asking(lambda *_: b"x")
    text = text_of(came, wish, "en")
    assert "no Modbus TCP (wrong_byte_count)" in text


# --- scan -----------------------------------------------------------------------------------------------------------


def test_a_scan_finds_units_and_where_their_tables_begin_with_few_reads_and_pauses() -> None:
    unit = Unit({100: 1, 101: 2}, functions=(3, 1))
    came, wish, took = asking(unit.answer, units="1-2,8,9")
    assert isinstance(came, Scan)
    assert [(each.unit, each.code) for each in came.units] == [(1, 2), (8, 6)]
    assert [(each.table, each.address, each.code) for each in came.tables] == [
        (Table.HOLDING, Address(Table.HOLDING, 100), None),
        (Table.INPUT, None, 1),
        (Table.COIL, Address(Table.COIL, 100), None),
        (Table.DISCRETE, None, 1),
    ]
    assert len(unit.asked) == 4 + 3 + 1 + 3 + 1
    assert all(count == 1 for *_, count in unit.asked)
    assert took == 1 * SECOND + len(unit.asked) * 50 * MILLISECOND, "one time-out of unit 2, and the pauses"
    text = text_of(came, wish, "en")
    assert "holding 100 (40101)" in text and "exception 1: it does not know this function" in text


def test_a_scan_in_which_all_answer_says_what_that_means() -> None:
    came, wish, _ = asking(lambda unit, function, address, count: b"\0" * (2 * count if function > 2 else 1), units="1-3")
    assert "does not look at the unit id" in text_of(came, wish, "en")
    assert "不检查单元号" in text_of(came, wish, "zh")


def test_a_scan_that_finds_nobody_says_what_to_try() -> None:
    came, wish, _ = asking(lambda *_: None, units="1-2,255")
    assert text_of(came, wish, "en").startswith(
        "10.0.0.5:502: a connection can be made, and none of the units 1-2, 255 answers"
    )


def test_a_scan_asks_no_table_more_than_a_few_times() -> None:
    asked: list[int] = []

    def refuse(unit: int, function: int, address: int, count: int) -> int:
        asked.append(function)
        return 2

    asking(refuse, units="1")
    assert len(asked) == 1 + 24


# --- the command line -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"address": "40000"}, "counts from 1"),
        ({"address": "D100"}, "is no address"),
        ({"kind": "int12"}, "float64"),
        ({"units": "1-"}, "1-16,200"),
        ({"units": "256"}, "0 to 255"),
        ({"units": "5-1"}, "1-16,200"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(wrong: dict[str, Any], said: str) -> None:
    given = {"unit": 1, "address": "holding 0", "count": None, "kind": "", "units": None} | wrong
    with pytest.raises(NotAWish) as caught:
        wish_of(HOST, **given)
    assert said in caught.value.render("en")
    assert caught.value.render("zh")


@pytest.mark.parametrize("where", ["", "a b", "host:0", "host:70000", "http://host", "::1", "[::1"])
def test_a_place_that_is_none_is_refused(where: str) -> None:
    with pytest.raises(NotAWish, match=r"probe\.no_target"):
        wish_of(where, unit=1, address="holding 0", count=None, kind="", units=None)


def test_places_are_read_with_and_without_a_port() -> None:
    assert str(parse_target("plc-3.hall", 502)) == "plc-3.hall:502"
    assert (parse_target("[fe80::1]:1502", 502).host, str(parse_target("[fe80::1]", 502))) == ("fe80::1", "[fe80::1]:502")


def test_units_are_numbers_and_spans_each_once() -> None:
    assert parse_units("3, 1-4,255") == (3, 1, 2, 4, 255)


@pytest.mark.parametrize(("kind", "count"), [("", 4), ("int16", 1), ("float32", 2), ("float64", 4), ("string", 4)])
def test_as_many_registers_are_asked_for_as_the_type_takes(kind: str, count: int) -> None:
    assert wish_of(HOST, unit=1, address="40001", count=None, kind=kind, units=None).count == count


def test_an_address_keeps_the_way_it_was_written() -> None:
    wish = wish_of(HOST, unit=1, address="4x0007", count=None, kind="", units=None)
    assert (wish.address.number, wish.address.notation) == (6, Notation.FOUR_X)


def test_a_lost_connection_is_looked_into() -> None:
    def gone(*_: int) -> None:
        raise ConnectionLost("gone")

    given = {"unit": 1, "address": "holding 0", "count": None, "kind": "", "units": None}
    wish = wish_of("127.0.0.1:1", **given)

    async def main(clock: VirtualClock) -> Window | Scan | NoAnswer:
        return await ask(MemoryLinks(clock, modbus={("127.0.0.1", 1): gone}, mqtt={}), clock, wish, timeout_s=1.0)

    came = run_virtually(main, START)
    assert "nothing listens at this port" in text_of(came, wish, "en")
