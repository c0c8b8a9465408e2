"""What a card says of the machine: where it is, how it is made safe, what was being made; states in words; a failed sensor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.model.alarm import Priority
from edge.model.facts import DeviceFacts, Spare
from edge.model.intent import Intent, Purpose
from edge.model.sample import Mark, Quality, Sample, value_of_text
from edge.model.tag import Device, Measure, Tag
from edge.response.policy import Policy, Route
from rules.definition import Kind, Rule

EVERYBODY = Route("all", ("team:maintenance", "group:shift"))
NAME = "CRM.ST3.MOTOR"
COIL, SPEED, MODE = "CRM.LINE.coil", f"{NAME}.speed", f"{NAME}.mode"
FACTS = DeviceFacts(
    place={"zh": "驱动侧平台", "en": "drive-side platform"},
    panel="MCC-3 / 07",
    breaker="Q12",
    isolation=("QS3", "Q12", "LOTO-7"),
    drawing="E-1203 p. 14",
    spares=(Spare("6316-C3", "A-12-3"), Spare("Pt100 A", "B-02-1")),
    phone="8812",
)
LINE = Device(
    "CRM.LINE",
    "line",
    "mqtt",
    "st3",
    {},
    None,
    (Tag(COIL, "CRM.LINE", "coil", "", {"zh": "卷号", "en": "coil"}, is_text=True),),
)
STATES = {0.0: {"zh": "停止", "en": "stopped"}, 1.0: {"zh": "点动", "en": "jog"}, 2.0: {"zh": "自动", "en": "auto"}}


@pytest.fixture
def shift(shift_at: Any, plant: Any) -> Any:
    usual: Policy = plant()
    motor = usual.devices[NAME]
    tags = tuple(replace(tag, measure=Measure(valid=(-50.0, 200.0))) if tag.key == "de_temp" else tag for tag in motor.tags)
    more = (
        Tag(SPEED, NAME, "speed", "m/min", {"zh": "速度", "en": "speed"}),
        Tag(MODE, NAME, "mode", "", {"zh": "方式", "en": "mode"}, states=STATES),
    )
    hot = usual.rules[f"{NAME}/bearing_hot"]
    rules = [
        replace(hot, context=(COIL, SPEED, MODE), safety=True),
        _rule("wire", Kind.SENSOR_FAULT, f"{NAME}.de_temp", "温度传感器故障", "temperature sensor fault", on_delay=2_000_000),
        _rule("jogging", Kind.DISCRETE, MODE, "方式不对", "wrong mode", limit=1.0),
        _rule("coil_silent", Kind.STALE, COIL, "无卷号", "no coil number", stale_after=60_000_000),
    ]
    devices = {NAME: replace(motor, tags=(*tags, *more), facts=FACTS), LINE.name: LINE}
    return shift_at(plant([EVERYBODY], devices=devices, rules={**usual.rules, **{rule.id: rule for rule in rules}}))


def _rule(key: str, kind: Kind, tag: str, zh: str, en: str, **more: Any) -> Rule:
    words = {"zh": zh, "en": en}
    return Rule(f"{NAME}/{key}", key, NAME, "main_motor", "st3", kind, tag, Priority.LOW, words, **more)


CONTEXT = {COIL: "C0511-07", SPEED: 950.0, MODE: 2.0}


def lines(intents: list[Intent], recipient: str = "person:ann", purpose: Purpose | None = None) -> dict[str, str]:
    found = [each for each in intents if each.recipient == recipient and purpose in (None, each.purpose)]
    return dict(found[0].message.lines)


def test_who_goes_there_reads_where_it_is_and_what_to_lock_out_and_where_the_spares_lie(shift: Any) -> None:
    english = lines(shift.hear("raised", context_began=CONTEXT, context=CONTEXT))
    assert [
        (label, english[label]) for label in ("Location", "Phone", "Lock out", "Breaker", "Panel", "Drawing", "Spares")
    ] == [
        ("Location", "drive-side platform"),
        ("Phone", "8812"),
        ("Lock out", "QS3 → Q12 → LOTO-7"),
        ("Breaker", "Q12"),
        ("Panel", "MCC-3 / 07"),
        ("Drawing", "E-1203 p. 14"),
        ("Spares", "6316-C3 (bin A-12-3) · Pt100 A (bin B-02-1)"),
    ]


def test_the_same_in_chinese(shift: Any) -> None:
    chinese = lines(shift.hear("raised", context_began=CONTEXT, context=CONTEXT), "person:li")
    assert chinese["位置"] == "驱动侧平台"
    assert chinese["隔离点"] == "QS3 → Q12 → LOTO-7"
    assert chinese["备件"] == "6316-C3（库位 A-12-3） · Pt100 A（库位 B-02-1）"
    assert (chinese["卷号"], chinese["速度"], chinese["方式"]) == ("C0511-07", "950 m/min", "自动")
    assert chinese["安全"] == "危及人身安全"


def test_what_matters_most_stands_first(shift: Any) -> None:
    raised = shift.hear("raised", context_began=CONTEXT, context=CONTEXT)
    assert list(lines(raised)) == [
        "Device", "Alarm", "Safety", "Trigger value", "Condition", "Location", "coil", "speed", "mode", "Phone", "Lock out",
        "Raised", "Began", "Breaker", "Panel", "Drawing", "Spares", "Event",
    ]  # fmt: skip


def test_a_context_tag_says_when_it_changed_and_that_it_was_unknown(shift: Any) -> None:
    began = {COIL: "C0511-07", SPEED: 812.4, MODE: None}
    english = lines(shift.hear("raised", context_began=began, context={COIL: "C0511-07", SPEED: 950.0, MODE: None}))
    assert (english["coil"], english["speed"], english["mode"]) == (
        "C0511-07",
        "began 812.4 m/min · raised 950 m/min",
        "unknown",
    )
    over = shift.at(60).hear("returned", context={COIL: "C0511-08", SPEED: 950.0, MODE: 0.0})
    after = lines(over, purpose=Purpose.RETURNED)
    assert after["coil"] == "C0511-07 · returned C0511-08"
    assert after["speed"] == "began 812.4 m/min · raised 950 m/min"
    assert after["mode"] == "unknown · returned stopped"


def test_who_hears_that_it_is_over_need_not_know_what_to_lock_out(shift: Any) -> None:
    shift.hear("raised", context_began=CONTEXT, context=CONTEXT)
    over = lines(shift.at(60).hear("returned", context=CONTEXT), purpose=Purpose.RETURNED)
    assert {"Location", "Lock out", "Phone", "Breaker", "Spares"}.isdisjoint(over)
    assert over["coil"] == "C0511-07"


def test_a_group_that_reads_both_languages_has_each_line_once(shift: Any) -> None:
    both = lines(shift.hear("raised", context_began=CONTEXT, context=CONTEXT), "group:shift")
    assert both["位置 / Location"] == "驱动侧平台 / drive-side platform"
    assert both["隔离点 / Lock out"] == "QS3 → Q12 → LOTO-7"
    assert both["方式 / mode"] == "自动 / auto"


def test_context_survives_a_restart_and_a_shelf(shift: Any) -> None:
    shift.hear("raised", "oil_low", value=1.05, context_began={SPEED: 10.0}, context={SPEED: 20.0})
    shift.hear("shelved", "oil_low")
    shift.restart()
    again = shift.at(60).hear("unshelved", "oil_low", value=1.05)
    assert lines(again, purpose=Purpose.RAISED)["speed"] == "began 10 m/min · raised 20 m/min"


def test_a_record_of_before_there_was_context_is_taken_up(shift: Any) -> None:
    shift.hear("raised")
    for record in shift.records.values():
        del record["context_began"], record["context"]
    shift.restart()
    assert lines(shift.at(60).hear("returned"), purpose=Purpose.RETURNED)["Returned"]


def test_a_failed_sensor_tells_what_the_device_says_and_what_would_be_believed(shift: Any) -> None:
    raised = shift.hear("raised", "wire", value=850.0, limit=None, quality="bad", priority="low")
    ann, li = (next(each for each in raised if each.recipient == who) for who in ("person:ann", "person:li"))
    english, chinese = dict(ann.message.lines), dict(li.message.lines)
    assert (english["Trigger value"], english["Condition"]) == ("says 850 °C, valid -50 to 200", "no measurement for 2 s")
    assert (chinese["触发值"], chinese["条件"]) == ("示值 850 °C，有效范围 -50～200", "非有效测量值，持续 2 秒")
    assert ann.message.headline.endswith("says 850 °C")
    assert li.message.headline.endswith("示值 850 °C")
    assert "Quality" not in english


def test_a_failed_sensor_that_says_no_number_still_names_its_range(shift: Any) -> None:
    english = lines(shift.hear("raised", "wire", value=None, limit=None, quality="bad"))
    assert english["Trigger value"] == "valid -50 to 200"


def test_while_the_sensor_fails_the_hot_bearing_s_card_says_so_instead_of_a_temperature(shift: Any) -> None:
    shift.hear("raised", context_began=CONTEXT, context=CONTEXT)
    shift.readings[f"{NAME}.de_temp"] = Sample(0, 850.0, Quality.BAD, shift.now, shift.now, Mark.SENSOR_FAULT)
    assert lines(shift.hear("acknowledged"))["Now"] == "sensor fault, says 850 °C · 08:00:35"


def test_a_state_is_told_in_the_shops_words(shift: Any) -> None:
    raised = shift.hear("raised", "jogging", value=1.0, limit=1.0)
    assert lines(raised)["Trigger value"] == "jog"
    assert lines(raised)["Condition"] == "= jog"
    assert lines(raised, "person:li")["触发值"] == "点动"
    assert {each.recipient: each.message.headline for each in raised}["person:li"] == "【低】3号机架 主电机 方式不对 点动"


def test_a_state_without_words_is_its_number(shift: Any) -> None:
    assert lines(shift.hear("raised", "jogging", value=7.0, limit=1.0))["Trigger value"] == "7"


def test_the_number_that_stands_for_a_text_is_never_shown(shift: Any) -> None:
    raised = shift.hear("raised", "coil_silent", value=value_of_text("C0511-07"), limit=None)
    assert "Trigger value" not in lines(raised)
    assert not any(char.isdigit() for char in raised[1].message.headline.removeprefix("[LOW] Stand 3"))
    shift.readings[COIL] = Sample(0, value_of_text("C0511-08"), Quality.GOOD, shift.now, shift.now, text="C0511-08")
    assert lines(shift.hear("acknowledged", "coil_silent"))["Now"].startswith("C0511-08")


def test_a_danger_to_people_has_no_shelve_button(shift: Any) -> None:
    raised = shift.hear("raised", priority="medium", context_began=CONTEXT, context=CONTEXT)
    assert [button.action for button in raised[0].message.buttons] == ["acknowledge", "on_my_way"]
    assert lines(raised)["Safety"] == "danger to people"
