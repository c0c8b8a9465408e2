"""One attempt of the DingTalk channel, whose answers a test has written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud_bridge.dingtalk.config import DingTalkConfig
from edge.model.intent import Claim, Intent, Outcome
from tests.unit.cloud_bridge.scripted import Script, with_channel


def attempt(
    script: Script,
    wanted: Intent,
    *,
    after_unknown: bool = False,
    receipts: Mapping[str, str] | None = None,
    given: DingTalkConfig | None = None,
) -> Outcome:
    """One attempt, by a channel that was just opened."""
    outcomes: list[Outcome] = []

    async def story(channel: Any) -> None:
        outcomes.append(await channel.deliver(Claim(wanted, 2 if after_unknown else 1, after_unknown)))

    with_channel(script, story, receipts, given)
    return outcomes[0]


def error(status: int, code: str, text: str = "说明") -> tuple[int, dict[str, Any]]:
    return status, {"code": code, "message": text, "requestid": "r1"}
