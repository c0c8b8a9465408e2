"""Proof of delivery as people read it, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from edge.console.plant_time import PlantTime
from edge.console.proof_rows import COLUMNS, proof_rows
from edge.console.words import Words

NOW = "2026-05-04T00:10:00.000000Z"
TIME = PlantTime("Asia/Shanghai", NOW)


def way(**changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "recipient": "person:x",
        "recipient_name": "小徐",
        "channel": "dingtalk",
        "wanted": "2026-05-04T00:05:30.000000Z",
        "accepted": "2026-05-04T00:05:32.000000Z",
        "late_s": 2.0,
        "is_late": False,
        "state": "delivered",
        "detail": "",
        "read": None,
        "acted": [],
        "told": [],
    }
    return told | changes


def other(kind: str, **changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": kind, "recipient": "person:x", "recipient_name": "小徐", "at": NOW, "digest": None}
    return {"detail": "", "channel": "", **said} | changes


def rows(*people: Any, otherwise: Any = (), language: str = "en") -> list[list[str]]:
    proof = {"people": list(people), "otherwise": list(otherwise), "acts": []}
    return [[row[column] for column in COLUMNS] for row in proof_rows(proof, Words(language), TIME)]


def test_who_was_told_has_the_moment_the_channel_took_it_and_what_they_did() -> None:
    act = {"kind": "acknowledged", "by": "x", "by_name": "小徐", "via": "dingtalk", "at": "2026-05-04T00:06:00.000000Z"}
    assert rows(way(acted=[act])) == [["小徐", "DingTalk", "08:05:32", "2 s", "", "Acknowledged: 小徐 · 08:06:00"]]


def test_what_was_never_accepted_says_why_in_the_place_of_a_moment() -> None:
    refused = way(accepted=None, late_s=None, state="refused", detail="user not found")
    assert rows(refused) == [["小徐", "DingTalk", "refused: user not found", "", "", ""]]
    assert rows(refused | {"state": "waiting", "detail": "busy"})[0][2] == "waiting"


@pytest.mark.parametrize(("read", "said"), [(True, "read"), (False, "not yet"), (None, "")])
def test_whether_it_was_read_is_said_where_somebody_can_tell(read: bool | None, said: str) -> None:
    assert rows(way(read=read))[0][4] == said


@pytest.mark.parametrize(
    ("told", "en", "zh"),
    [
        (other("folded"), "in the digest of an alarm flood", "并入报警泛滥汇总"),
        (
            other("missed"),
            "came and went while they could not be reached; the digest is on its way",
            "无法通知期间已发生并恢复，汇总尚未送达",
        ),
        (
            other("missed", digest="2026-05-04T00:09:00.000000Z"),
            "came and went while they could not be reached; the digest was accepted 08:09:00",
            "无法通知期间已发生并恢复，汇总于 08:09:00 送达",
        ),
        (
            other("fell_back", channel="apprise", detail="nothing_heard"),
            "the channel before does not answer: told by other services (apprise), too",
            "原通道没有回执，同时改用 其他服务（apprise）",
        ),
        (
            other("unrouted", recipient="", recipient_name="", detail="no_route"),
            "not told: no route in response.yaml applies",
            "未通知：response.yaml 中没有适用的路由",
        ),
    ],
)
def test_who_was_told_otherwise_or_not_at_all_is_there_too(told: dict[str, Any], en: str, zh: str) -> None:
    assert rows(otherwise=[told])[0][2] == en
    assert rows(otherwise=[told], language="zh")[0][2] == zh
