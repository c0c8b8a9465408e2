"""The journal and the deliveries in words, in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from edge.console.delivery_rows import PURPOSES, STATES, delivery_row
from edge.console.device_facts import device_facts
from edge.console.journal_life import passed_on_text
from edge.console.journal_words import KINDS, journal_row
from edge.console.plant_time import PlantTime
from edge.console.words import Words
from edge.console.write_words import WRITE_KINDS, write_text
from edge.model.intent import Purpose
from edge.store.outbox_sql import IntentState
from edge.texts import LANGUAGES

EN, ZH = Words("en"), Words("zh")
TIME = PlantTime("Asia/Shanghai", "2026-05-04T02:00:00.000000Z")
REASONS = {"known_fault": "known fault, waiting for parts"}
ABOUT = {
    "alarm": "CRM.ST3.MOTOR/de_temp_high",
    "kind": "high",
    "compare": "high",
    "words": {"zh": "轴承温度高", "en": "bearing hot"},
    "device_words": {"zh": "主电机", "en": "motor"},
    "area_words": {"zh": "3号机架", "en": "Stand 3"},
    "unit": "°C",
    "states": [{"value": 0.0, "words": {"zh": "否", "en": "no"}}],
}


PLACE = {"group": "drive", "rank": 1, "tie": False, "within": 1.0}
SHELVED = {"cause": "shelved", "name": "", "words": {}, "device_words": {}}
EXPLAINED = {
    "cause": "parent",
    "name": "A/b",
    "words": {"zh": "油压低", "en": "oil low"},
    "device_words": {"zh": "泵", "en": "pump"},
}
MILL = {"words": {"zh": "轧机", "en": "mill"}, "states": {"threading": {"zh": "穿带", "en": "threading"}}}


def told(kind: str, stream: str = "alarm", by_name: str | None = None, **data: Any) -> dict[str, Any]:
    return {
        "sequence": 7,
        "stream": stream,
        "kind": kind,
        "subject": ABOUT["alarm"],
        "time": "2026-05-04T00:00:30.000000Z",
        "data": data,
        "by_name": by_name,
        "recipient_name": {"person:x": "小徐"}.get(data.get("recipient", "")),
        "about": ABOUT if stream != "system" else None,
    }


@pytest.mark.parametrize(
    ("row", "zh", "en"),
    [
        (told("raised", value=84.25), ("报警", "84.25 °C"), ("Raised", "84.25 °C")),
        (told("raised", value=0.0), ("报警", "否"), ("Raised", "no")),
        (
            told("returned", value=76.0, peak=86.0),
            ("恢复", "76 °C，峰值 86 °C"),
            ("Returned", "76 °C, peak 86 °C"),
        ),
        (
            told("acknowledged", by_name="A班班长", coming=True, comment=""),
            ("已确认，正在前往", ""),
            ("Acknowledged, on the way", ""),
        ),
        (
            told("acknowledged", by_name="A班班长", coming=False, comment="seen"),
            ("已确认", "“seen”"),
            ("Acknowledged", "“seen”"),
        ),
        (told("on_my_way", by_name="A班班长"), ("正在前往", ""), ("On the way", "")),
        (told("commented", text="<b>oil</b>"), ("备注", "“<b>oil</b>”"), ("Comment", "“<b>oil</b>”")),
        (
            told("shelved", until="2026-05-04T03:00:00.000000Z", reason="known_fault"),
            ("搁置", "至 11:00:00：known fault, waiting for parts"),
            ("Shelved", "until 11:00:00: known fault, waiting for parts"),
        ),
        (
            told("shelved", until="2026-05-04T03:00:00.000000Z", reason="known_fault", one_shot=True),
            ("搁置", "仅此一次，最迟 11:00:00：known fault, waiting for parts"),
            ("Shelved", "this once, until 11:00:00 at the latest: known fault, waiting for parts"),
        ),
        (told("unshelved", cause="expired"), ("取消搁置", "搁置到期"), ("Unshelved", "its time was over")),
        (
            told("rejected", reason="still_active"),
            ("操作被拒绝", "报警条件仍然存在，消失后才能复位。"),
            ("Refused", "The condition still holds. It can be reset when it is gone."),
        ),
        (told("filtered", lasted=4.26), ("未达延时，不报警", "持续 4.3 秒"), ("Too short for an alarm", "lasted 4.3 s")),
        (
            told("unrouted", "delivery", detail="no_address", recipient="person:x"),
            ("未通知任何人", "小徐 没有此通道的地址"),
            ("Nobody told", "小徐 has no address for this channel"),
        ),
        (
            told("folded", "delivery", floods=["team:fitters#3"]) | {"positions": ["fitters"]},
            ("并入汇总", "不单独通知，并入发给“fitters”的汇总"),
            ("In a digest", "not told by itself, but in the digest for fitters"),
        ),
        (
            told("missed", "delivery", recipients=["person:x"]) | {"positions": ["小徐"]},
            ("断线期间已恢复", "期间无法通知“小徐”，并入断线汇总"),
            ("Came and went while cut off", "小徐 could not be reached while it stood; told in one digest"),
        ),
        (
            told("fell_back", "delivery", recipient="person:x", before="dingtalk", channel="apprise", detail="nothing_heard"),
            ("改用备用通道", "小徐：钉钉没有回执，同时改用 其他服务（apprise）"),
            ("Told by another channel", "小徐: DingTalk does not answer; other services (apprise), too"),
        ),
        (
            told("flood_entered", "delivery", number=3, count=11) | {"positions": ["fitters"]},
            ("报警泛滥", "十分钟内 11 条，此后合并为汇总通知"),
            ("Alarm flood", "11 in ten minutes; told in a digest from now on"),
        ),
        (
            told("flood_left", "delivery", number=3, count=40, peak=38, folded=30) | {"positions": ["fitters"]},
            ("报警泛滥结束", "共 40 条，其中 30 条并入汇总，十分钟内最多 38 条"),
            ("Alarm flood over", "40 in all, 30 of them in the digest, at most 38 in ten minutes"),
        ),
        (
            told("delivered", "delivery", recipient="person:x", purpose="reminder"),
            ("已送达", "提醒 → 小徐"),
            ("Delivered", "Reminder to 小徐"),
        ),
        (
            told("raised", value=84.25, first_out=PLACE | {"by": "plc_word"}),
            ("报警", "84.25 °C，首出报警（PLC 判定）"),
            ("Raised", "84.25 °C, first, says the PLC"),
        ),
        (told("raised", value=84.25, first_out=PLACE), ("报警", "84.25 °C，首出报警"), ("Raised", "84.25 °C, first")),
        (
            told("raised", value=84.25, first_out=PLACE | {"rank": 2, "tie": True}),
            ("报警", "84.25 °C，组内第 2 个（±1 秒，难分先后）"),
            ("Raised", "84.25 °C, no. 2 of its group (±1 s, cannot be told apart)"),
        ),
        (
            told("raised", value=84.25, suppressed=["shelved"]) | {"covers": [SHELVED]},
            ("报警", "84.25 °C，未通知（已搁置）"),
            ("Raised", "84.25 °C, told to nobody (Shelved)"),
        ),
        (told("unshelved", cause="returned"), ("取消搁置", "本次报警已恢复"), ("Unshelved", "this activation is over")),
        (told("unacknowledged", reason="left"), ("撤销确认", "“left”"), ("Unacknowledged again", "“left”")),
        (told("confirmed", comment=""), ("完工确认", ""), ("Work confirmed", "")),
        (told("confirmed", comment="belt"), ("完工确认", "“belt”"), ("Work confirmed", "“belt”")),
        (
            told("suppressed") | {"covers": [EXPLAINED]},
            ("抑制", "由“泵 油压低”引起"),
            ("Suppressed", "explained by pump oil low"),
        ),
        (
            told("released", announce=True) | {"covers": [EXPLAINED]},
            ("解除抑制", "已解除：由“泵 油压低”引起，条件仍在，重新通知"),
            ("No longer suppressed", "no longer: explained by pump oil low, still active, told again"),
        ),
        (
            told("taken_out_of_service", reason="bearing", work_order="WO-1"),
            ("停用", "工单 WO-1：bearing"),
            ("Taken out of service", "work order WO-1: bearing"),
        ),
        (told("returned_to_service", announce=False), ("恢复使用", ""), ("Back in service", "")),
        (told("realarmed", count=2), ("重复报警", "第 2 次，仍无人确认"), ("Alarms again", "no. 2, still unacknowledged")),
        (told("severer", before="low", priority="high"), ("优先级提高", "低 → 高"), ("More urgent", "Low → High")),
        (
            told("chattering", count=3, within=40.0),
            ("频繁报警", "40 秒 内 3 次，稳定前不再逐次通知"),
            ("Chattering", "3 times within 40 s; not told each time until it settles"),
        ),
        (
            told("settled", count=9, lasted=700.0),
            ("已稳定", "共 9 次，历时 11 分钟 40 秒"),
            ("Settled", "9 times in 11 min 40 s"),
        ),
        (
            told("first_out_moved", before="A/b") | {"other": EXPLAINED},
            ("首出更正", "原先首出：泵 油压低"),
            ("First-out corrected", "first before: pump oil low"),
        ),
        (
            told("first_out_moved", before="A/b", by="plc_word") | {"other": None},
            ("首出更正", "首出报警（PLC 判定），原先首出：A/b"),
            ("First-out corrected", "first, says the PLC, first before: A/b"),
        ),
        (
            told("first_out_moved", before="A/b") | {"other": None},
            ("首出更正", "原先首出：A/b"),
            ("First-out corrected", "first before: A/b"),
        ),
        (told("learning", reason="new rolls"), ("重新学习基线", "“new rolls”"), ("Learns anew", "“new rolls”")),
        (told("sums_reset", reason="new bearing"), ("累积和清零", "“new bearing”"), ("Sums returned to zero", "“new bearing”")),
        (
            told("state", "line", before=None, state="threading") | {"line": MILL},
            ("产线状态", "未知 → 穿带"),
            ("State of the line", "unknown → threading"),
        ),
        (
            told("stage_set", "plant", before="shadow", stage="live", reason="tried"),
            ("阶段变更", "影子 → 正式，“tried”"),
            ("Stage set", "shadow → live, “tried”"),
        ),
        (
            told("stage_ended", "plant", before="commissioning", stage="shadow"),
            ("试运行结束", "试运行 → 影子"),
            ("Trial over", "commissioning → shadow"),
        ),
        (
            told("maintenance_planned", "plant", devices=["A", "B"], permit="P-7", reason="rolls"),
            ("安排检修", "P-7，A，B：rolls"),
            ("Maintenance planned", "P-7, A, B: rolls"),
        ),
        (
            told("maintenance_ended", "plant", open=[{}, {}]),
            ("检修结束", "未了结 2 项"),
            ("Maintenance over", "left open: 2"),
        ),
        (told("started", "system", epoch=3, outage=None), ("网关启动", "第 3 次启动"), ("Gateway started", "start 3")),
    ],
)
def test_what_happened_is_said(row: dict[str, Any], zh: tuple[str, str], en: tuple[str, str]) -> None:
    for words, expected in ((ZH, zh), (EN, en)):
        shown = journal_row(row, words, TIME, REASONS)
        assert (shown["kind"], shown["text"]) == expected


def test_every_kind_of_event_has_a_name() -> None:
    documented = Path("edge/model/event.py").read_text(encoding="utf-8").partition('"""')[2].partition('"""')[0]
    table = documented[documented.index("\nalarm ") :]
    kinds = set(re.findall(r"^(?:\w+)? {2,}([a-z_]+)(?= {2,}|$)", table, re.MULTILINE))
    kinds |= {"delivered", "refused", "unknown", "withdrawn", "expired", "retired"}
    assert len(kinds) > 18
    assert kinds - KINDS - WRITE_KINDS == set()


def test_a_kind_that_a_newer_agent_writes_is_shown_by_its_name() -> None:
    assert journal_row(told("escalated"), EN, TIME, {})["kind"] == "escalated"


def test_a_row_leads_to_its_alarm_and_says_which_machine() -> None:
    row = journal_row(told("raised", value=1.0), ZH, TIME, {})
    assert (row["subject"], row["href"]) == ("3号机架 · 主电机 · 轴承温度高", "/zh/alarms/CRM.ST3.MOTOR/de_temp_high")


def test_a_line_goes_by_its_words() -> None:
    row = told("state", "line", before=None, state="threading") | {"line": MILL, "about": None}
    assert (journal_row(row, ZH, TIME, {})["subject"], journal_row(row, EN, TIME, {})["subject"]) == ("轧机", "mill")


DELIVERY: dict[str, Any] = {
    "sequence": 3,
    "alarm": ABOUT["alarm"],
    "priority": "high",
    "words": ABOUT["words"],
    "device_words": ABOUT["device_words"],
    "recipient_name": "A班钳工",
    "channel": "dingtalk",
    "purpose": "raised",
    "state": "delivered",
    "attempt": 1,
    "detail": "task-1",
    "wanted": "2026-05-04T00:00:30.000000Z",
    "due": "2026-05-04T00:06:00.000000Z",
    "arrived": "2026-05-04T00:00:31.400000Z",
    "late_s": 1.4,
    "is_late": False,
    "presses": [],
}


def test_a_delivery_says_when_it_arrived_how_long_that_took_and_who_answered() -> None:
    presses = [{"by_name": "A班钳工", "at": "2026-05-04T00:01:00.000000Z", "coming": True}]
    row = delivery_row(DELIVERY | {"presses": presses}, ZH, TIME)
    shown = [row[key] for key in ("wanted", "alarm", "recipient", "channel", "purpose", "state", "arrived", "late", "pressed")]
    assert shown == [
        "08:00:30",
        "轴承温度高",
        "A班钳工",
        "钉钉",
        "报警",
        "已送达",
        "08:00:31",
        "1.4 秒",
        "A班钳工 正在前往 · 08:01:00",
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"state": "refused", "detail": "user not found", "arrived": None, "late_s": None}, "refused: user not found"),
        (
            {"state": "waiting", "attempt": 2, "detail": "", "arrived": None, "late_s": None},
            "waiting, try 3 not before 08:06:00",
        ),
        (
            {"state": "waiting", "attempt": 1, "detail": "the month's quota is spent", "arrived": None, "late_s": None},
            "waiting, try 2 not before 08:06:00: the month's quota is spent",
        ),
        ({"state": "no_card", "detail": "-", "arrived": None, "late_s": None}, "nothing to send, no card there"),
        ({"state": "waiting", "attempt": 0, "arrived": None, "late_s": None}, "waiting"),
        ({"state": "unknown", "detail": "", "arrived": None, "late_s": None}, "not known whether it arrived"),
    ],
)
def test_what_did_not_arrive_says_why(change: dict[str, Any], expected: str) -> None:
    row = delivery_row(DELIVERY | change, EN, TIME)
    assert (row["state"], row["arrived"], row["late"]) == (expected, "", "")


def test_a_telephone_that_rang_is_not_called_delivered() -> None:
    row = delivery_row(DELIVERY | {"purpose": "call"}, EN, TIME)
    assert row["state"] == "rung; whether it was answered is not known"


def test_a_message_about_a_hang_tag_names_it_and_leads_to_no_alarm() -> None:
    about = {"alarm": "hang_tag:PUMP_1~3", "words": {}, "device_words": {}, "purpose": "hang_tag"}
    row = delivery_row(DELIVERY | about, EN, TIME)
    assert (row["alarm"], row["href"], row["purpose"]) == ("PUMP_1~3", "", "Hang-tag hangs for long")


@pytest.mark.parametrize(
    ("kind", "zh", "en"),
    [("hang_tag_hung", "挂牌", "Hang-tag hung"), ("hang_tag_old", "挂牌超过 12 小时", "Hang-tag hangs for long")],
)
def test_the_journal_says_which_tag_hangs_and_that_it_does_for_long(kind: str, zh: str, en: str) -> None:
    row = told(kind, stream="plant", tag="PUMP_1~3", hung_by="li", order="WO-17", phone="", reason="new bearing")
    shown = [journal_row(row, words, TIME, {}) for words in (ZH, EN)]
    assert [(each["kind"], each["text"]) for each in shown] == [
        (zh, "PUMP_1~3，WO-17，new bearing"),
        (en, "PUMP_1~3, WO-17, new bearing"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_and_purpose_of_the_outbox_has_a_name(language: str) -> None:
    assert set(STATES) == set(IntentState)
    assert set(PURPOSES) == set(Purpose)
    for state in IntentState:
        assert delivery_row(DELIVERY | {"state": str(state)}, Words(language), TIME)["state"]


def test_the_points_to_lock_out_stand_in_their_order() -> None:
    alarm = {
        "device": "CRM.ST3.MOTOR",
        "device_words": ABOUT["device_words"],
        "area_words": ABOUT["area_words"],
        "facts": {
            "place": {"zh": "传动侧"},
            "panel": "MCC-3",
            "breaker": "",
            "isolation": ["Q3.12", "F3.4"],
            "drawing": "",
            "spares": [{"part": "6330 C3", "bin": "A-12-3"}],
            "phone": "8-3107",
        },
    }
    facts = device_facts(alarm, ZH)
    assert facts["isolation"] == "1. Q3.12\n2. F3.4"
    assert facts["spares"] == "6330 C3（库位 A-12-3）"
    assert facts["breaker"] == ""


def test_a_raise_names_what_was_worked_out() -> None:
    words = {"zh": "12 分后到达 80 °C（拟合优度 0.97）", "en": "reaches 80 °C in 12 min (fit 0.97)"}
    peak = {"zh": "到达 80 °C 的时间 8 分", "en": "time to reach 80 °C 8 min"}
    derived = {"derived": {"value": words, "peak": peak}}
    raised = journal_row(told("raised", value=720.0, peak=None) | derived, EN, TIME, REASONS)
    returned = journal_row(told("returned", value=720.0, peak=480.0) | derived, ZH, TIME, REASONS)
    assert raised["text"] == "reaches 80 °C in 12 min (fit 0.97)"
    assert returned["text"] == "12 分后到达 80 °C（拟合优度 0.97），峰值 到达 80 °C 的时间 8 分"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(WRITE_KINDS))
def test_every_turn_of_a_write_has_a_name_in_both_languages(kind: str, language: str) -> None:
    shown = journal_row(told(kind, write="B1.lamp~3") | {"stream": "write"}, Words(language), TIME, {})
    assert shown["kind"] != kind
    assert "B1.lamp~3" in shown["text"]


def test_a_write_that_was_refused_says_why_in_a_sentence_and_one_taken_back_in_words() -> None:
    refused = {"kind": "rejected", "data": {"by": "li", "command": "write_point", "reason": "step_too_large", "value": 9.0}}
    assert write_text(refused, ZH) == "值 9，与当前值相差过大，超出授权的最大步长。"
    taken_back = {"kind": "withdrawn", "data": {"write": "B1.lamp~3", "cause": "refused", "by": "li"}}
    assert write_text(taken_back, EN) == "B1.lamp~3, “refused by a person”"


@pytest.mark.parametrize(
    ("data", "zh", "en"),
    [
        (
            {"cause": "hang_tag", "value": 1.0},
            "值 1，设备挂牌中，全部摘牌后写入",
            "value 1, written as soon as the last hang-tag is taken off",
        ),
        (
            {"cause": "forced_value", "value": 1.0, "alarm": "B1/high", "forced": ["B1.temp", "B1.feed"]},
            "值 1，不写入，报警 B1/high 由强制值引起（B1.temp，B1.feed）",
            "value 1, not written, alarm B1/high stands on forced values (B1.temp, B1.feed)",
        ),
        (
            {"cause": "step_too_large", "value": 1.0},
            "值 1，暂不写入，与当前值相差超出授权的最大步长",
            "value 1, not written while the step from the present value is larger than the grant allows",
        ),
        ({"cause": "of_a_newer_agent", "value": 1.0}, "值 1，“of_a_newer_agent”", "value 1, “of_a_newer_agent”"),
    ],
)
def test_a_rules_value_that_waits_says_for_what(data: dict[str, Any], zh: str, en: str) -> None:
    row = {"kind": "held_back", "data": data}
    assert (write_text(row, ZH), write_text(row, EN)) == (zh, en)


def test_a_write_says_by_which_rule_and_what_the_device_shows_instead() -> None:
    data = {"write": "B1.lamp~3", "value": 1.0, "shown": 0.0, "by": "rule:B1/high", "detail": "no"}
    assert write_text({"data": data}, EN) == "B1.lamp~3, value 1, shows 0, B1/high, “no”"


def test_an_alarms_page_says_what_the_device_made_of_the_newest_acknowledgement() -> None:
    def told(occurrence: int, end: str, detail: str = "") -> dict[str, Any]:
        return {"kind": "passed_on", "data": {"occurrence": occurrence, "end": end, "detail": detail}}

    rows = [{"kind": "returned", "data": {}}, told(2, "failed", "no right"), told(2, "unknown"), told(1, "done")]
    assert passed_on_text({"occurrence": 2, "journal": rows}, EN) == "not passed on: no right"
    assert passed_on_text({"occurrence": 1, "journal": rows}, EN) == "passed on"
    assert passed_on_text({"occurrence": 1, "journal": rows}, ZH) == "已转发给设备"
    assert passed_on_text({"occurrence": 3, "journal": rows}, EN) == ""
