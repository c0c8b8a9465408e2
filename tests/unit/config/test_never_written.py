"""What starts, resets or releases a machine is known by its name, in letters or in Chinese, and the page names every word."""

from __future__ import annotations

import re

import pytest

from edge.config.never_written import (
    ANYWHERE,
    CHINESE,
    HARMLESS,
    HARMLESS_CHINESE,
    HARMLESS_RST,
    RST,
    TOGETHER,
    WORDS,
    forbidden_by,
)
from edge.model.tag import Tag
from tests.unit.config.folders import ROOT

FORBIDDEN = """
motor_start MotorReset softstart2 run_cmd guard_release E_Stop estop2 restart autostart interlock_off
faultreset alarmreset tripreset RSTALL resets run run_fwd fwd jogfwd enabled unlocking release resume clear_fault ack_fault
safetystop gate_open brake_off curtain_off guard_off servo_on motor_on control_word cw controlWord ctrl_word ccw STW1 alarmrst
rst2 MotorOn motoron pump_cmd PumpRun opendoor clearfault safe_torque_off sto_off cycle_go continue power_on contactor_on
overrideSpeed energise ignition disabled trip homing drive_request
"""
FORBIDDEN_CHINESE = """
主机启动 故障复位 联锁旁路 运行 故障清除 清除故障 确认故障 故障应答 允许运行 伺服上电 伺服开 正转 反转 开车 起停 启 主轴启 启用
抱闸打开 松开抱闸 光幕关闭 上电 控制字 开门 开闸 安全解除 恢复 继续 放行 投入 开泵 起泵 合上 复归 使能
"""
ALLOWED = """
preset running_light request siren hours_run run_light run_hours runTime valve_setpoint restful_light first_lamp burst_count
strip_width triple_lamp lamp horn andon setpoint speed recipe temperature_sp counter display motor_speed drive_speed fan_level
door_lamp gate_light brake_lamp word cwt trunk goal storage reverb
"""
ALLOWED_CHINESE = "报警灯 警笛 设定温度 运行灯 电机运行指示灯 累计运行时间 线速度 配方号 电机转速设定 门灯 备用"


def tag(key: str, chinese: str = "备用", english: str = "spare") -> Tag:
    return Tag(f"D.{key}", "D", key, "", {"zh": chinese, "en": english})


@pytest.mark.parametrize("key", FORBIDDEN.split())
def test_a_name_of_letters_gives_it_away_as_the_tags_own_or_in_its_words(key: str) -> None:
    assert forbidden_by(tag(key)) is not None
    assert forbidden_by(tag("spare", english=key.replace("_", " "))) is not None


@pytest.mark.parametrize("words", FORBIDDEN_CHINESE.split())
def test_so_do_words_in_chinese(words: str) -> None:
    assert forbidden_by(tag("spare", chinese=words)) is not None


def test_what_only_looks_alike_is_left_alone() -> None:
    found = {key: forbidden_by(tag(key)) for key in ALLOWED.split()} | {
        words: forbidden_by(tag("spare", chinese=words)) for words in ALLOWED_CHINESE.split()
    }
    assert {name: word for name, word in found.items() if word is not None} == {}


def test_what_is_harmless_does_not_hide_what_is_not() -> None:
    assert forbidden_by(tag("preset_reset")) == forbidden_by(tag("presetreset")) == forbidden_by(tag("stripreset")) == "reset"
    assert forbidden_by(tag("run_light_run")) == "run"
    assert forbidden_by(tag("spare", chinese="运行灯复位")) == "复位"


def test_the_page_of_writes_names_every_word_and_no_other() -> None:
    page = (ROOT / "docs" / "writes.md").read_text(encoding="utf-8")
    section = page[page.index("## What can never be granted") : page.index("## Rules")]
    said = set(re.findall(r"\*([a-z_]+)\*", section))
    together = {word for one, other in TOGETHER for word in one | other}
    assert said == {
        *ANYWHERE,
        *HARMLESS,
        *WORDS,
        RST,
        *HARMLESS_RST,
        *together,
        "e_stop",
        "lamp",
        "light",
        "led",
        "indicator",
        "time",
        "hours",
    }
    in_chinese = {word for run in re.findall(r"[\u4e00-\u9fff、]+", section) for word in run.split("、") if word}
    assert in_chinese == {*CHINESE, *HARMLESS_CHINESE}
