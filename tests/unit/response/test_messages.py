"""Golden texts: what people read, word for word, in both languages, for each purpose, state and kind of condition."""

from __future__ import annotations

import json
from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest

from edge.model.command import Rejection
from edge.model.intent import Intent, Purpose
from edge.model.moment import MINUTE
from edge.model.sample import Quality
from edge.response.policy import Route
from edge.texts import LANGUAGES, render

EVERYBODY = Route("all", ("team:maintenance", "group:shift"), repeat_every=5 * MINUTE, repeat_max=3)


@pytest.fixture
def shift(shift_at: Any, plant: Any) -> Any:
    return shift_at(plant([EVERYBODY]))


def page(intent: Intent) -> str:
    """The whole message, as one would copy it from a phone."""
    message = intent.message
    buttons = [f"[{button.label}{''.join(f' ({label})' for _, label in button.choices)}]" for button in message.buttons]
    lines = (f"{label}: {text}" for label, text in message.lines)
    parts = [message.headline, f"<{message.state_text}>", *lines, message.guidance, " ".join(buttons), message.footer]
    return "\n".join(part for part in parts if part)


def expect(intents: list[Intent], recipient: str, purpose: Purpose, text: str) -> None:
    found = [intent for intent in intents if (intent.recipient, intent.purpose) == (recipient, purpose)]
    assert [page(intent) for intent in found] == [dedent(text).strip()]


def test_the_raise(shift: Any) -> None:
    intents = shift.hear("raised")
    expect(
        intents,
        "person:li",
        Purpose.RAISED,
        """
        【高】3号机架 主电机 轴承温度高 84.2 °C
        <未确认>
        设备: 3号机架 主电机
        报警: 轴承温度高
        触发值: 84.2 °C
        条件: ≥ 80 °C，持续 30 秒
        报警时间: 08:00:35
        开始: 08:00:05
        事件: 17 · 2026-05-04
        降速，检查润滑。
        [确认] [我去处理]
        crm · line-2
        """,
    )
    expect(
        intents,
        "person:ann",
        Purpose.RAISED,
        """
        [HIGH] main motor bearing hot 84.2 °C
        <Unacknowledged>
        Device: Stand 3 main motor
        Alarm: bearing hot
        Trigger value: 84.2 °C
        Condition: ≥ 80 °C for 30 s
        Raised: 08:00:35
        Began: 08:00:05
        Event: 17 · 2026-05-04
        Slow down, check the lubrication.
        [Acknowledge] [On my way]
        crm · line-2
        """,
    )
    expect(
        intents,
        "group:shift",
        Purpose.RAISED,
        """
        【高】3号机架 主电机 轴承温度高 84.2 °C
        <未确认 / Unacknowledged>
        EN: [HIGH] main motor bearing hot 84.2 °C
        设备 / Device: 3号机架 主电机 / Stand 3 main motor
        报警 / Alarm: 轴承温度高 / bearing hot
        触发值 / Trigger value: 84.2 °C
        条件 / Condition: ≥ 80 °C，持续 30 秒 / ≥ 80 °C for 30 s
        报警时间 / Raised: 08:00:35
        开始 / Began: 08:00:05
        事件 / Event: 17 · 2026-05-04
        降速，检查润滑。
        Slow down, check the lubrication.
        [确认 / Acknowledge] [我去处理 / On my way]
        crm · line-2
        """,
    )


def test_the_reminder(shift: Any) -> None:
    for intent in shift.hear("raised"):
        shift.receive(intent)
    shift.at(301).reads("de_temp", 86.12345)
    intents = shift.step()
    expect(
        intents,
        "person:li",
        Purpose.REMINDER,
        """
        【高·提醒】3号机架 主电机 轴承温度高 84.2 °C
        <未确认>
        提醒: 第 1 次（最多 3 次），已有 5 分 1 秒无人确认
        设备: 3号机架 主电机
        报警: 轴承温度高
        触发值: 84.2 °C
        当前值: 86.12 °C · 08:05:36
        事件: 17 · 2026-05-04
        [确认] [我去处理]
        crm · line-2
        """,
    )
    expect(
        intents,
        "person:ann",
        Purpose.REMINDER,
        """
        [HIGH still] main… bearing hot 84.2 °C
        <Unacknowledged>
        Reminder: no. 1 of at most 3, unacknowledged for 5 min 1 s
        Device: Stand 3 main motor
        Alarm: bearing hot
        Trigger value: 84.2 °C
        Now: 86.12 °C · 08:05:36
        Event: 17 · 2026-05-04
        [Acknowledge] [On my way]
        crm · line-2
        """,
    )


def test_the_card_after_acknowledge_and_the_returned_notice(shift: Any) -> None:
    shift.hear("raised")
    shift.at(320).reads("de_temp", 86.12345)
    expect(
        shift.hear("acknowledged", by="li", via="dingtalk"),
        "person:li",
        Purpose.STATE,
        """
        【高】3号机架 主电机 轴承温度高 84.2 °C
        <已确认>
        设备: 3号机架 主电机
        报警: 轴承温度高
        触发值: 84.2 °C
        条件: ≥ 80 °C，持续 30 秒
        当前值: 86.12 °C · 08:05:55
        确认: 钳工师傅 · 08:05:55
        报警时间: 08:00:35
        开始: 08:00:05
        事件: 17 · 2026-05-04
        降速，检查润滑。
        [我去处理]
        crm · line-2
        """,
    )
    coming = shift.at(330).hear("on_my_way")
    assert [intent.message.state_text for intent in coming] == [
        "有人前往",
        "Somebody is on the way",
        "有人前往 / Somebody is on the way",
    ]
    assert [intent.message.buttons for intent in coming] == [(), (), ()]

    shift.at(400).hear("commented", text="pump was clogged")
    intents = shift.at(900).hear("returned")
    assert [intent.message.state_text for intent in intents if intent.recipient == "person:li"] == ["已恢复", "已恢复"]
    expect(
        intents,
        "person:ann",
        Purpose.RETURNED,
        """
        [HIGH OK] main motor bearing hot 76.9 °C
        <Returned to normal>
        Device: Stand 3 main motor
        Alarm: bearing hot
        Trigger value: 84.2 °C
        Condition: ≥ 80 °C for 30 s
        Acknowledged: 钳工师傅 · 08:05:55
        On the way: Lead B · 08:06:05
        Returned: 76.9 °C · 08:15:35
        Peak: 91.24 °C
        Lasted: 15 min 30 s
        Comment: Lead B: pump was clogged
        Raised: 08:00:35
        Began: 08:00:05
        Event: 17 · 2026-05-04
        crm · line-2
        """,
    )
    expect(
        intents,
        "person:li",
        Purpose.RETURNED,
        """
        【高·已恢复】3号机架 主电机 轴承温度高 76.9 °C
        <已恢复>
        设备: 3号机架 主电机
        报警: 轴承温度高
        触发值: 84.2 °C
        条件: ≥ 80 °C，持续 30 秒
        确认: 钳工师傅 · 08:05:55
        前往: Lead B · 08:06:05
        恢复: 76.9 °C · 08:15:35
        峰值: 91.24 °C
        持续: 15 分 30 秒
        备注: Lead B: pump was clogged
        报警时间: 08:00:35
        开始: 08:00:05
        事件: 17 · 2026-05-04
        crm · line-2
        """,
    )


def test_the_longest_card_of_a_group_that_reads_both_fits_the_kilobyte_of_a_dingtalk_variable(shift: Any) -> None:
    shift.hear("raised", quality="uncertain")
    shift.hear("acknowledged", coming=True, comment="pump was clogged, cleaned it")
    last = shift.at(900).hear("returned")[-1]
    rows = json.dumps([{"label": label, "text": text} for label, text in last.message.lines], ensure_ascii=False)
    assert last.message.language == "both"
    assert len(rows.encode()) <= 1024


def test_a_shelved_card_says_by_whom_until_when_and_why(shift: Any) -> None:
    shift.hear("raised", "oil_low", value=1.05)
    expect(
        shift.hear("shelved", "oil_low"),
        "person:ann",
        Purpose.STATE,
        """
        [MEDIUM] main… oil pressure low 1.05 bar
        <Shelved>
        Device: Stand 3 main motor
        Alarm: oil pressure low
        Trigger value: 1.05 bar
        Condition: ≤ 1.2 bar
        Shelved: Lead B · until 09:00:35 · under repair
        Raised: 08:00:35
        Event: 17 · 2026-05-04
        crm · line-2
        """,
    )


#: Alarm, value at the trigger, first line in Chinese and in English, what had to hold. A switch that is on and a session that
#: is lost show no number; of a silent tag the value is the last one before the silence, before the first sample there is none.
FIRST_LINES = """
bearing_hot | 84.2 | 【高】3号机架 主电机 轴承温度高 84.2 °C | [HIGH] main motor bearing hot 84.2 °C | ≥ 80 °C for 30 s
oil_low | 1.05 | 【中】3号机架 主电机 油压低 1.05 bar | [MEDIUM] main… oil pressure low 1.05 bar | ≤ 1.2 bar
tripped | 1 | 【紧急】3号机架 主电机 主回路跳闸 | [CRITICAL] main… main circuit tripped | None
lost | 0 | 【中】3号机架 主电机 通信中断 | [MEDIUM] main motor connection lost | for 10 s
silent | 84.2 | 【低】3号机架 主电机 温度无数据 末值 84.2 °C | [LOW] main motor …silent last 84.2 °C | no fresh data for 30 s
silent | null | 【低】3号机架 主电机 温度无数据 | [LOW] main motor temperature silent | no fresh data for 30 s
"""


@pytest.mark.parametrize("row", FIRST_LINES.strip().splitlines())
def test_the_first_line_and_the_condition_of_each_kind(shift: Any, row: str) -> None:
    alarm, value, zh, en, condition = (cell.strip() for cell in row.split(" | "))
    li, ann, _ = shift.hear("raised", alarm, value=json.loads(value))
    assert (li.message.headline, ann.message.headline) == (zh, en)
    assert str(dict(ann.message.lines).get("Condition")) == condition


@pytest.mark.parametrize(
    ("priority", "zh", "en"),
    [("critical", "紧急", "CRITICAL"), ("high", "高", "HIGH"), ("medium", "中", "MEDIUM"), ("low", "低", "LOW")],
)
def test_the_four_priorities_have_their_names(shift: Any, priority: str, zh: str, en: str) -> None:
    li, ann, both = shift.hear("raised", priority=priority)
    assert (li.message.priority_text, ann.message.priority_text, both.message.priority_text) == (zh, en, f"{zh} / {en}")
    assert li.priority == li.message.priority == priority


def labels(intent: Intent) -> list[str]:
    return [button.label for button in intent.message.buttons]


def test_shelve_asks_for_a_preset_reason_and_says_for_how_long(shift: Any) -> None:
    li, ann, both = shift.hear("raised", "oil_low")
    assert labels(li) == ["确认", "我去处理", "搁置 1 小时"]
    assert labels(ann) == ["Acknowledge", "On my way", "Shelve for 1 h"]
    assert both.message.buttons[2].label == "搁置 1 小时 / Shelve for 1 h"
    assert li.message.buttons[2].choices == (("maintenance", "检修中"), ("sensor", "传感器故障"))
    assert both.message.buttons[2].choices == (
        ("maintenance", "检修中 / under repair"),
        ("sensor", "传感器故障 / sensor faulty"),
    )


@pytest.mark.parametrize("alarm", ["tripped", "bearing_hot"])
def test_the_two_highest_priorities_cannot_be_shelved_from_a_card(shift: Any, alarm: str) -> None:
    assert labels(shift.hear("raised", alarm)[1]) == ["Acknowledge", "On my way"]


def test_without_preset_reasons_there_is_no_shelve_button(shift_at: Any, plant: Any) -> None:
    assert labels(shift_at(plant(shelve_reasons=())).hear("raised", "oil_low")[0]) == ["确认", "我去处理"]


def test_buttons_follow_the_state(shift: Any) -> None:
    def buttons(intents: list[Intent]) -> list[str]:
        return [button.action for button in intents[0].message.buttons]

    assert buttons(shift.hear("raised", "oil_low")) == ["acknowledge", "on_my_way", "shelve"]
    assert buttons(shift.hear("acknowledged", "oil_low")) == ["on_my_way", "shelve"]
    assert buttons(shift.hear("on_my_way", "oil_low")) == ["shelve"]
    assert buttons(shift.hear("shelved", "oil_low")) == []
    # Returned, but nobody has seen it: it stays on the list until somebody acknowledges.
    assert buttons(shift.hear("raised", "bearing_hot")) == ["acknowledge", "on_my_way"]
    assert buttons(shift.hear("returned", "bearing_hot")) == ["acknowledge"]
    assert buttons(shift.hear("acknowledged", "bearing_hot")) == []


def test_an_alarm_that_asks_for_no_acknowledgement_has_no_button_for_it(shift: Any) -> None:
    li, *_ = shift.hear("raised", "event")
    assert (li.message.state, labels(li)) == ("acknowledged", ["我去处理", "搁置 1 小时"])


def test_a_reading_that_cannot_be_trusted_is_not_shown_as_a_value(shift: Any) -> None:
    shift.hear("raised")
    shift.reads("de_temp", 86.0, Quality.BAD)
    assert dict(shift.hear("acknowledged")[1].message.lines)["Now"] == "no trusted value"


def test_trigger_peak_and_return_keep_their_own_values(shift: Any) -> None:
    shift.hear("raised", value=84.2)
    shift.at(60).reads("de_temp", 99.0)
    lines = dict(shift.hear("returned", value=76.9, peak=101.5)[1].message.lines)
    assert (lines["Trigger value"], lines["Returned"], lines["Peak"]) == ("84.2 °C", "76.9 °C · 08:01:35", "101.5 °C")
    assert "Now" not in lines


def test_an_uncertain_trigger_says_so(shift: Any) -> None:
    assert dict(shift.hear("raised", quality="uncertain")[1].message.lines)["Quality"] == "uncertain"
    assert "Quality" not in dict(shift.hear("raised", "oil_low", quality="good")[1].message.lines)


def test_a_long_comment_is_cut_on_the_card(shift: Any) -> None:
    shift.hear("raised")
    comment = dict(shift.hear("commented", text="长" * 500)[0].message.lines)["备注"]
    assert comment == "Lead B: " + "长" * 99 + "…"


def test_an_alarm_whose_rule_has_gone_is_told_by_its_technical_names(shift: Any, plant: Any) -> None:
    for intent in shift.hear("raised"):
        shift.receive(intent)
    shift.restart(plant([EVERYBODY], rules={}))
    notice = shift.hear("returned")[-2]
    assert notice.purpose is Purpose.RETURNED
    assert notice.message.headline == "[HIGH OK] main motor bearing_hot 76.9"


def test_a_plant_that_writes_one_language_only_is_still_told(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([EVERYBODY], areas={"st3": {"zh": "3号机架"}}))
    assert shift.hear("raised")[1].message.lines[0] == ("Device", "3号机架 main motor")


def test_the_place_stays_in_the_first_line_where_it_tells_one_motor_from_another(shift_at: Any, plant: Any) -> None:
    motors = plant([EVERYBODY]).devices
    shift = shift_at(plant([EVERYBODY], devices={**motors, "CRM.ST4.MOTOR": motors["CRM.ST3.MOTOR"]}))
    assert shift.hear("raised")[1].message.headline == "[HIGH] Stand 3 main… bearing hot 84.2 °C"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", Rejection)
def test_every_rejection_has_words(language: str, reason: Rejection) -> None:
    assert render(f"response.refusal.{reason}", {"acknowledged_by": "钳工师傅"}, language)


def test_an_alarm_on_a_switch_without_words_does_not_say_yes_but_its_context_does(shift_at: Any, plant: Any) -> None:
    usual = plant([EVERYBODY])
    motor, rule = usual.devices["CRM.ST3.MOTOR"], usual.rules["CRM.ST3.MOTOR/tripped"]
    states = {0.0: {"zh": "否", "en": "no"}, 1.0: {"zh": "是", "en": "yes"}}
    tags = [replace(tag, states=states, is_plain_switch=True) if tag.key == "trip" else tag for tag in motor.tags]
    devices = {motor.name: replace(motor, tags=tuple(tags))}
    rules = {**usual.rules, rule.id: replace(rule, context=("CRM.ST3.MOTOR.trip",))}
    shift = shift_at(plant([EVERYBODY], devices=devices, rules=rules))
    message = shift.hear("raised", "tripped", value=1.0, limit=1.0, context={"CRM.ST3.MOTOR.trip": 1.0})[1].message
    assert message.headline == "[CRITICAL] main… main circuit tripped"
    assert ("trip", "yes") in message.lines
