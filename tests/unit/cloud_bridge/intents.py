"""Intents as the response writes them, for all tests of the bridge; no stand-in is behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cloud_bridge.dingtalk.config import DingTalkConfig
from edge.model.alarm import Priority
from edge.model.intent import Button, Claim, Intent, Message, Purpose
from edge.model.moment import Moment, from_iso

START = from_iso("2026-05-04T08:00:00+08:00")

TO_CHEN = {"user_id": "fitter.a"}
TO_MILL = {"group": "mill"}
TO_BOARD = {"group": "board"}
TO_CHAT = {"group": "chat"}

MESSAGE = Message(
    headline="【高】3号机架 主电机 驱动端轴承温度过高 82.4 °C",
    lines=(("触发值", "82.4 °C"), ("限值", "≥ 80 °C"), ("开始", "08:00:31"), ("事件", "CRM-17 · 5月4日")),
    state="unacknowledged",
    state_text="未确认",
    priority=Priority.HIGH,
    priority_text="高",
    guidance="检查润滑油流量；超过 90 °C 停机。",
    footer="冷轧厂 · line-1",
    language="zh",
    buttons=(
        Button("acknowledge", "确认"),
        Button("on_my_way", "我去处理"),
        Button("shelve", "搁置 30 分钟", (("repair", "检修中"), ("sensor", "传感器故障"))),
    ),
)


def config(**changes: Any) -> DingTalkConfig:
    hook = {"token": "${env:HOOK_TOKEN}", "secret": "${env:HOOK_SECRET}"}
    given: dict[str, Any] = {
        "client_id": "dingmill",
        "client_secret": "${env:APP_SECRET}",
        "card_template_id": "andon-alarm-card.schema",
        "groups": {
            "mill": {"conversation_id": "cidMill==", "webhook": hook},
            "chat": {"conversation_id": "cidMill=="},
            "board": {"webhook": hook},
        },
    }
    return DingTalkConfig.model_validate(given | changes)


def intent(
    purpose: Purpose = Purpose.RAISED,
    *,
    address: Mapping[str, Any] = TO_CHEN,
    count: int = 0,
    occurrence: int = 17,
    alarm: str = "CRM.ST3.MOTOR/de_temp_high",
    created_at: Moment = START,
    message: Message = MESSAGE,
    recipient: str = "",
    mention: tuple[str, ...] = (),
) -> Intent:
    recipient = recipient or ("person:fitter" if "user_id" in address else f"group:{address.get('group', 'incident')}")
    return Intent(
        key=f"crm/{alarm}#{occurrence}/{recipient}/{purpose}.1.{count}",
        channel="dingtalk",
        purpose=purpose,
        recipient=recipient,
        address=address,
        alarm=alarm,
        occurrence=occurrence,
        card=f"{alarm.replace('/', '-')}-{occurrence}-{recipient.replace(':', '-')}",
        thread=f"{alarm}|{recipient}",
        priority=message.priority,
        message=message,
        created_at=created_at,
        wanted_at=created_at,
        mention=mention,
    )


def claim(wanted: Intent, attempt: int = 1, *, after_unknown: bool = False) -> Claim:
    return Claim(wanted, attempt, after_unknown)


def message(**changes: Any) -> Message:
    return replace(MESSAGE, **changes)
