"""A cloud that answers what a test wrote down for it, in turn, and keeps what it was asked; and a channel towards it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from cloud_bridge.base import ChannelOpening
from cloud_bridge.dingtalk.channel import DingTalkChannel
from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.memory import MemorySocket, MemoryTransport, Peer, WireReply, WireRequest
from edge.model.moment import MINUTE, SECOND
from edge.model.person import Directory, Person
from edge.ports import NoReply
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.unit.cloud_bridge.intents import START, config

#: An answer: a body (HTTP 200), a status with a body, or what is raised instead.
Scripted = Mapping[str, Any] | tuple[int, Mapping[str, Any]] | NoReply

NO_ANSWER = NoReply("no answer", sent=True)

DIRECTORY = Directory(
    persons={
        "fitter": Person("fitter", "甲班钳工", "zh", addresses={"dingtalk": {"user_id": "fitter.a"}}),
        "lead": Person("lead", "甲班班长", "zh", addresses={"dingtalk": {"user_id": "lead.a"}}),
        "guest": Person("guest", "访客", "zh"),
    },
    teams={},
    groups={},
)


@dataclass
class Asked:
    """One call. name: method and path."""

    name: str
    query: Mapping[str, str]
    body: Any


@dataclass
class Script:
    """answers: by method and path, in turn, the last one for ever. Every person's unionId is `union-` and the user id. takes_s:
    how long each answer takes."""

    answers: dict[str, list[Scripted]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    takes_s: float = 0.0

    def calls(self, name: str) -> list[Asked]:
        return [each for each in self.asked if each.name == name]

    @property
    def acts(self) -> list[str]:
        """What was asked, without tokens and without looking people up."""
        return [each.name for each in self.asked if "oauth2" not in each.name and "user/get" not in each.name]

    async def handle(self, request: WireRequest, clock: VirtualClock) -> WireReply:
        name = f"{request.method} {unquote(urlsplit(request.url).path)}"
        body = json.loads(request.body) if request.body else None
        self.asked.append(Asked(name, request.query, body))
        answer = self._answer(name, body)
        await clock.sleep_until(clock.now() + int(self.takes_s * SECOND))
        if isinstance(answer, NoReply):
            raise answer
        status, reply = answer if isinstance(answer, tuple) else (200, answer)
        return WireReply(status, json.dumps(reply).encode(), {})

    def _answer(self, name: str, body: Any) -> Scripted:
        scripted = self.answers.get(name)
        if scripted:
            return scripted[0] if len(scripted) == 1 else scripted.pop(0)
        if name == "POST /v1.0/oauth2/accessToken":
            return {"accessToken": "token-1", "expireIn": 7_200}
        if name == "POST /topapi/v2/user/get":
            user = body["userid"]
            return {"errcode": 0, "result": {"userid": user, "unionid": f"union-{user}", "name": user}}
        raise AssertionError(f"nobody expected {name}")


def no_sockets(url: str, _socket: MemorySocket) -> Peer:
    raise NoReply(f"no connection to {url}", sent=False)


PLANT = {
    "calls": ["app", "sms", "phone"],
    "agent_id": 1_234_567,
    "group_template_id": "tmpl-1",
    "tables": {"orders": {"base_id": "base1", "sheet": "工单", "key_column": "工单号", "operator": "lead.a"}},
    "documents": {"reviews": {"workspace_id": "ws1", "operator": "lead.a"}},
    "approvals": {
        "scrap": {"process_code": "PROC-1", "key_field": "编号"},
        "overtime": {"process_code": "PROC-2"},
    },
    "iot": "diot",
    "events": {"events": {"event_type": "ANDON", "event_name": "安灯报警", "device_column": "设备"}},
    "public_url": "https://andon.example",
}


def opening(
    script: Script, clock: VirtualClock, receipts: Mapping[str, str] | None = None, given: DingTalkConfig | None = None
) -> ChannelOpening:
    """receipts: what was delivered before, by card."""

    async def find_receipt(card: str) -> str | None:
        return (receipts or {}).get(card)

    async def find_card(_card: str) -> tuple[str, int] | None:
        return None

    async def handle(request: WireRequest) -> WireReply:
        return await script.handle(request, clock)

    return ChannelOpening(
        config=given or config(**PLANT),
        directory=DIRECTORY,
        clock=clock,
        transport=MemoryTransport(handle, no_sockets),
        secret=lambda _reference: "secret",
        find_card=find_card,
        shelve_for=30 * MINUTE,
        late_after=60 * SECOND,
        find_receipt=find_receipt,
    )


def with_channel(
    script: Script,
    story: Callable[[DingTalkChannel], Awaitable[None]],
    receipts: Mapping[str, str] | None = None,
    given: DingTalkConfig | None = None,
) -> None:
    """Tell a story on virtual time."""

    async def main(clock: VirtualClock) -> None:
        channel = DingTalkChannel(opening(script, clock, receipts, given))
        await story(channel)
        await channel.close()

    run_virtually(main, START)
