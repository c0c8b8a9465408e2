"""What somebody is answered who asks about a machine in a chat: found by what people call it, told with what is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from edge.model.moment import MINUTE, SECOND
from edge.model.sample import Mark, Quality, Sample
from edge.model.tag import DataClass, Device, Tag
from edge.response.device_answer import Known
from edge.response.device_names import DeviceNames, Question
from tests.unit.response.conftest import MOTOR, START, Shift, mill


def fan(number: int, zh: str, en: str) -> Device:
    name = f"FAN_{number}"
    tags = tuple(
        Tag(f"{name}.{key}", name, key, unit, {"zh": zh_words, "en": en_words}, stale_after=10 * SECOND)
        for key, unit, zh_words, en_words in (
            ("temp", "°C", "温度", "temperature"),
            ("vib", "mm/s", "振动", "vibration"),
            ("running", "", "运行", "running"),
        )
    )
    tags = (
        *tags[:2],
        replace(tags[2], states={1.0: {"zh": "运行", "en": "runs"}}),
        Tag(f"{name}.session", name, "session", "", {}),
    )
    return Device(name, "fan", "modbus", "st3", {"zh": zh, "en": en}, None, tags)


FANS = {each.name: each for each in (fan(1, "1号风机", "fan 1"), fan(2, "2号风机", "fan 2"), fan(12, "12号风机", "fan 12"))}
NAMES = DeviceNames(mill(devices={**FANS, MOTOR.name: MOTOR}))


def about(text: str) -> list[tuple[str, list[str]]]:
    return [(each.device.name, [tag.key for tag in each.tags]) for each in NAMES.questions(text)]


@pytest.mark.parametrize(
    ("text", "device", "tags"),
    [
        ("FAN_2", "FAN_2", []),
        ("fan2", "FAN_2", []),
        ("how is Fan 2?", "FAN_2", []),
        ("2号风机", "FAN_2", []),
        ("2 号风机怎么样？", "FAN_2", []),
        ("12号风机", "FAN_12", []),
        ("temperature of fan 2", "FAN_2", ["temp"]),
        ("fan 2 temp", "FAN_2", ["temp"]),
        ("FAN_2.vib", "FAN_2", ["vib"]),
        ("2号风机的温度是多少", "FAN_2", ["temp"]),
        ("@Andon 2号风机 振动", "FAN_2", ["vib"]),
        ("vibration and temperature of fan 12", "FAN_12", ["temp", "vib"]),
        ("主电机温度", "CRM.ST3.MOTOR", ["de_temp"]),
        ("3号机架主电机", "CRM.ST3.MOTOR", []),
        ("crm.st3.motor", "CRM.ST3.MOTOR", []),
    ],
)
def test_a_machine_is_found_by_its_name_and_by_what_the_shop_calls_it(text: str, device: str, tags: list[str]) -> None:
    assert about(text) == [(device, tags)]


@pytest.mark.parametrize("text", ["", "hello there", "fan 3", "风机", "temperature", "22号风机", "ffan 2x", "1", "?"])
def test_what_names_no_machine_is_no_question_about_one(text: str) -> None:
    assert about(text) == []


def test_a_machine_within_the_name_of_another_is_not_meant() -> None:
    stand = replace(MOTOR, name="CRM.ST3", words={"en": "stand"}, tags=())
    names = DeviceNames(mill(devices={MOTOR.name: MOTOR, stand.name: stand}))
    assert [each.device.name for each in names.questions("CRM.ST3.MOTOR")] == ["CRM.ST3.MOTOR"]
    assert [each.device.name for each in names.questions("CRM.ST3 and CRM.ST3.MOTOR")] == ["CRM.ST3", "CRM.ST3.MOTOR"]


def test_where_several_go_by_the_same_words_the_place_tells_them_apart() -> None:
    other = replace(MOTOR, name="CRM.ST4.MOTOR", area="st4")
    policy = mill(
        devices={MOTOR.name: MOTOR, other.name: other},
        areas={"st3": {"zh": "3号机架", "en": "Stand 3"}, "st4": {"zh": "4号机架", "en": "Stand 4"}},
    )
    names = DeviceNames(policy)
    assert [each.device.name for each in names.questions("main motor")] == ["CRM.ST3.MOTOR", "CRM.ST4.MOTOR"]
    assert names.questions("stand 4 main motor") == (Question(other, ()),)


@pytest.fixture
def shift(shift_at: Any) -> Shift:
    return shift_at(mill())  # type: ignore[no-any-return]  # the fixture gives a factory


def answer(shift: Shift, text: str, language: str = "en", trail: tuple[float, ...] = ()) -> tuple[str, ...]:
    return shift.response.chat.about(text, language, Known(shift.now, shift.readings.get, lambda _tag: trail))


def test_the_state_of_a_machine_is_its_values_with_their_age(shift: Shift) -> None:
    shift.reads("de_temp", 64.2)
    shift.reads("oil", 1.5)
    shift.at(5)
    assert answer(shift, "main motor") == (
        "Stand 3 main motor (CRM.ST3.MOTOR)",
        "DE temperature: 64.2 °C · 5 s ago",
        "oil pressure: 1.5 bar · 5 s ago",
        "trip: nothing came yet",
        "no alarm is standing",
    )
    assert answer(shift, "主电机 油压", "zh") == (
        "3号机架 主电机（CRM.ST3.MOTOR）",
        "油压：1.5 bar · 5 秒前",
        "没有未结束的报警",
    )


def test_a_number_that_moved_is_drawn(shift: Shift) -> None:
    shift.reads("de_temp", 82.4)
    trail = (math.nan, 64.2, 70.0, 75.0, 82.4)
    assert "▁" in (told := answer(shift, "motor de_temp main motor", trail=trail)[1])
    assert "64.2 °C → 82.4 °C, 3 min" in told


def test_what_is_not_to_be_trusted_says_so(shift: Shift) -> None:
    shift.reads("de_temp", 70, Quality.UNCERTAIN)
    shift.reads("oil", 1.5, Quality.BAD)
    sensor = Sample(0, 9.9, Quality.BAD, shift.now, shift.now, Mark.SENSOR_FAULT)
    shift.readings["CRM.ST3.MOTOR.trip"] = sensor
    shift.readings["CRM.ST3.MOTOR.session"] = Sample(0, 0.0, Quality.GOOD, shift.now - 3 * MINUTE, shift.now)
    told = answer(shift, "main motor")
    assert told[1] == "not connected for 3 min: what follows is what it said last"
    assert told[2:5] == (
        "DE temperature: 70 °C (uncertain) · 0 s ago",
        "oil pressure: no trusted value · 0 s ago",
        "trip: sensor fault, says 9.9 · 0 s ago",
    )


def test_a_stale_value_is_called_old() -> None:
    names = mill(devices=FANS)
    shift = Shift(names)
    shift.readings["FAN_2.temp"] = Sample(0, 40.0, Quality.GOOD, START, START)
    shift.readings["FAN_2.running"] = Sample(0, 1.0, Quality.GOOD, START, START)
    shift.at(5)
    assert answer(shift, "fan 2 temp running")[1:3] == ("temperature: 40 °C · 5 s ago", "running: runs · 5 s ago")
    shift.at(60)
    assert answer(shift, "fan 2 temp")[1] == "temperature: 40 °C (old) · 1 min ago"


def test_standing_alarms_are_named_with_their_numbers_and_states() -> None:
    shift = Shift(mill(has_codes=True))
    shift.hear("raised", "oil_low", value=0.9, limit=1.2)
    told = answer(shift, "main motor oil")
    assert told[-1].startswith("1 · [MEDIUM]")
    assert told[-1].endswith("low 0.9 bar · Unacknowledged")
    shift.hear("acknowledged", "oil_low", by="li")
    assert "Unacknowledged" not in answer(shift, "main motor")[-1]


def test_red_data_stay_in_the_plant(shift_at: Any) -> None:
    red = tuple(replace(tag, data_class=DataClass.RED) if tag.key == "de_temp" else tag for tag in MOTOR.tags)
    shift = shift_at(mill(devices={MOTOR.name: replace(MOTOR, tags=red)}))
    shift.reads("de_temp", 64.25)
    told = answer(shift, "main motor temperature", trail=(1.0, 2.0, 64.25))
    assert told[1] == "DE temperature: stays in the plant, open at the station"
    assert "64" not in " ".join(told)


def test_who_names_nothing_known_gets_no_answer_and_who_names_too_much_is_asked_which() -> None:
    many = {f"M{n}": replace(MOTOR, name=f"M{n}", area=f"st{n}", tags=()) for n in range(1, 13)}
    shift = Shift(mill(devices=many, areas={f"st{n}": {"en": f"Stand {n}"} for n in range(1, 13)}))
    assert answer(shift, "nothing of that kind") == ()
    (asked,) = answer(shift, "main motor")
    assert asked.startswith("Which one? Stand 1 main motor, ")
    assert asked.endswith("...")
    assert [line for line in answer(shift, "M1 M2 M3") if "(M" in line] == [
        "Stand 1 main motor (M1)",
        "Stand 2 main motor (M2)",
        "Stand 3 main motor (M3)",
    ]


def test_a_machine_with_many_values_says_that_there_are_more() -> None:
    tags = tuple(Tag(f"M.t{n}", "M", f"t{n}", "V", {"en": f"voltage {n}"}) for n in range(30))
    shift = Shift(mill(devices={"M": replace(MOTOR, name="M", words={"en": "inverter"}, tags=tags)}))
    told = answer(shift, "inverter")
    assert len([line for line in told if line.startswith("voltage")]) == 12
    assert told[-2] == "... and 18 more: ask for one by its name, as in: inverter voltage 12"


def test_who_reads_both_languages_is_answered_in_both(shift: Shift) -> None:
    assert answer(shift, "main motor oil", "both") == (
        *answer(shift, "main motor oil", "zh"),
        *answer(shift, "main motor oil", "en"),
    )
