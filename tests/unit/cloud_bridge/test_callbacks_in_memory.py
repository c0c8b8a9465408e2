"""HTTP callbacks: what DingTalk has signed goes the way of a push, and nothing else gets in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from cloud_bridge.callback import Callback, CallbackReply
from cloud_bridge.dingtalk.envelope import card_signature, open_event, seal_answer, seal_of
from cloud_bridge.dingtalk.memory import MemorySocket, MemoryTransport, Peer, WireReply, WireRequest
from cloud_bridge.dingtalk.signature import sign
from edge.model.command import Acknowledge, HeardAgain, InboxRow, PersonLeft
from edge.model.errors import NotPermitted, StoreError
from edge.model.moment import HOUR, MILLISECOND, MINUTE
from edge.ports import NoReply
from tests.unit.cloud_bridge.harness import SECRETS, Bench, channel_towards, on_bench
from tests.unit.cloud_bridge.intents import START, claim, config, intent

ALARM = "CRM.ST3.MOTOR/de_temp_high"
CARD = intent().card
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SECRETS |= {"${env:CARD}": "card-secret", "${env:TOKEN}": "event-token", "${env:KEY}": KEY}
OWN = {
    "url": "https://andon.example.com",
    "card_secret": "${env:CARD}",
    "event_token": "${env:TOKEN}",
    "event_key": "${env:KEY}",
}


class Published:
    """A bench whose channel takes HTTP callbacks. registered: what it told DingTalk about its address."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.registered: list[Mapping[str, Any]] = []
        self.created: list[Mapping[str, Any]] = []

    def stamp(self, offset: int = 0) -> str:
        return str((self.bench.clock.now() + offset) // 1_000)

    async def card(self, press: Mapping[str, Any], *, offset: int = 0, secret: str = "card-secret") -> CallbackReply | None:
        stamp = self.stamp(offset)
        headers = {"x-ddpaas-signature-timestamp": stamp, "x-ddpaas-signature": card_signature(stamp, secret)}
        return await self.call("card", json.dumps(press).encode(), headers)

    async def robot(self, said: Mapping[str, Any]) -> CallbackReply | None:
        stamp = self.stamp()
        return await self.call(
            "robot", json.dumps(said).encode(), {"timestamp": stamp, "sign": sign(int(stamp), "app-secret-1")}
        )

    async def event(self, event: Mapping[str, Any], owner: str = "dingmill") -> CallbackReply | None:
        seal = seal_of("event-token", KEY, owner)
        assert seal is not None
        sealed = seal_answer(json.dumps(event), seal, timestamp=self.stamp(), nonce="n1", head=b"0" * 16)
        query = {"msg_signature": sealed["msg_signature"], "timestamp": sealed["timeStamp"], "nonce": "n1"}
        return await self.call("event", json.dumps({"encrypt": sealed["encrypt"]}).encode(), {}, query)

    async def call(
        self, kind: str, body: bytes, headers: Mapping[str, str], query: Mapping[str, str] | None = None
    ) -> CallbackReply | None:
        return await self.bench.channel.called_back(Callback(kind, query or {}, headers, body))


def pressed(user_id: str = "fitter.a", card: str = CARD) -> dict[str, Any]:
    content = {"cardPrivateData": {"actionIds": ["acknowledge"], "params": {"action": "acknowledge"}}}
    return {"type": "actionCallback", "outTrackId": card, "userId": user_id, "content": json.dumps(content)}


def published(story: Callable[[Published], Awaitable[None]], take: Any = None) -> None:
    async def main(bench: Bench) -> None:
        world = Published(bench)

        async def handle(request: WireRequest) -> WireReply:
            body = json.loads(request.body or b"{}")
            if request.url.endswith("/accessToken"):
                return WireReply(200, b'{"accessToken": "t", "expireIn": 7200}', {})
            if request.url.endswith("/callbacks/register"):
                world.registered.append(body)
                if len(world.registered) == 1:
                    return WireReply(500, b'{"code": "system.updateCallbackFailed", "message": "busy"}', {})
                return WireReply(200, b'{"success": true, "result": {}}', {})
            if request.url.endswith("/createAndDeliver"):
                world.created.append(body)
            return WireReply(200, b'{"success": true, "result": {}, "errcode": 0}', {})

        def open_socket(_url: str, _socket: MemorySocket) -> Peer:
            raise NoReply("there is no Stream mode here", sent=False)

        bench.standin.transport = MemoryTransport(handle, open_socket)
        opening: dict[str, Any] = {"chat": bench.desk.chat(), "config": config(callbacks=OWN)}
        bench.channel = channel_towards(bench.standin, bench.clock, {CARD: (ALARM, 17)}, set(), **opening)
        await bench.listen_without_stream(take)
        await bench.until(lambda: bench.channel.unheard_since is None)
        await story(world)

    with capture_logs():
        on_bench(main)


def test_the_address_is_registered_again_until_it_is_and_cards_name_it() -> None:
    async def story(world: Published) -> None:
        assert len(world.registered) == 2
        assert world.registered[1] == {
            "callbackRouteKey": "andon",
            "callbackUrl": "https://andon.example.com/api/v1/callbacks/dingtalk/card",
            "apiSecret": "card-secret",
            "forceUpdate": True,
        }
        await world.bench.channel.deliver(claim(intent()))
        assert (world.created[0]["callbackType"], world.created[0]["callbackRouteKey"]) == ("HTTP", "andon")

    published(story)


@pytest.mark.parametrize("refusals", [0, 2])
def test_a_restart_is_a_gap_since_the_last_boot_also_over_http(refusals: int) -> None:
    left = refusals

    async def main(bench: Bench) -> None:
        async def take(row: InboxRow) -> bool:
            nonlocal left
            if left:
                left -= 1
                raise StoreError("full")
            return await bench.take(row)

        channel = channel_towards(bench.standin, bench.clock, {}, set(), config=config(callbacks=OWN), heard_until=START - HOUR)
        bench.channel = channel
        await bench.listen_without_stream(take)
        await bench.until(lambda: bench.taken)
        await bench.wait(60)
        assert [row.body for row in bench.taken] == [HeardAgain("dingtalk", START - HOUR)]
        await channel.close()

    with capture_logs():
        on_bench(main)


def test_an_event_is_answered_while_dingtalk_still_waits() -> None:
    async def story(world: Published) -> None:
        began = world.bench.clock.now()
        reply = await world.event({"EventType": "user_leave_org", "userId": ["fitter.a"], "eventId": "e-1"})
        assert reply is not None
        assert reply.status == 500
        assert world.bench.clock.now() - began < 1_500 * MILLISECOND

    async def never(_row: InboxRow) -> bool:
        await asyncio.Event().wait()
        return True

    with capture_logs():
        published(story, never)


def test_a_signed_press_enters_and_is_answered_with_what_changes_on_the_card() -> None:
    async def story(world: Published) -> None:
        assert await world.card(pressed()) == CallbackReply(200, {})
        assert [(row.actor, row.body) for row in world.bench.taken] == [("fitter", Acknowledge(ALARM, 17))]
        told = await world.card(pressed("stranger"))
        assert told is not None
        assert "userPrivateData" in told.body

    published(story)


def test_a_request_that_is_sent_again_enters_once() -> None:
    async def story(world: Published) -> None:
        assert await world.card(pressed()) == await world.card(pressed()) == CallbackReply(200, {})
        assert len(world.bench.taken) == 1

    published(story)


@pytest.mark.parametrize("offset", [-6 * MINUTE, 6 * MINUTE])
def test_a_press_of_another_time_is_refused(offset: int) -> None:
    async def story(world: Published) -> None:
        answer = await world.card(pressed(), offset=offset)
        assert answer is not None
        assert (answer.status, world.bench.taken) == (403, [])

    published(story)


def test_what_is_not_signed_by_dingtalk_is_refused() -> None:
    async def story(world: Published) -> None:
        answers = [
            await world.card(pressed(), secret="guessed"),
            await world.call("card", json.dumps(pressed()).encode(), {}),
            await world.call("robot", b"{}", {"timestamp": world.stamp(), "sign": "x"}),
            await world.call("event", b'{"encrypt": "AAAA"}', {}, {"timestamp": world.stamp(), "msg_signature": "x"}),
            await world.event({"EventType": "user_leave_org"}, owner="dingother"),
            await world.card([]),  # type: ignore[arg-type]  # signed, and no press
        ]
        assert [answer.status for answer in answers if answer is not None] == [403] * 6
        assert await world.call("other", b"", {}) is None
        assert world.bench.taken == []

    published(story)


def test_an_order_by_chat_enters_and_the_callback_is_answered_with_silence() -> None:
    async def story(world: Published) -> None:
        world.bench.desk.numbers[17] = (ALARM, 3)
        said = {
            "msgId": "m1",
            "senderStaffId": "fitter.a",
            "text": {"content": "ack 17"},
            "sessionWebhook": "https://x?session=s",
        }
        assert await world.robot(said) == CallbackReply(200, {"msgtype": "empty"})
        assert [row.body for row in world.bench.taken] == [Acknowledge(ALARM, 3)]

    published(story)


def test_an_event_is_answered_sealed_and_enters_once() -> None:
    async def story(world: Published) -> None:
        event = {"EventType": "user_leave_org", "eventId": "e1", "UserId": ["fitter.a"]}
        for _ in range(2):
            answer = await world.event(event)
            assert answer is not None
            assert answer.status == 200
            seal = seal_of("event-token", KEY, "dingmill")
            assert seal is not None
            query = {
                "msg_signature": answer.body["msg_signature"],
                "timestamp": answer.body["timeStamp"],
                "nonce": answer.body["nonce"],
            }
            assert open_event(query, answer.body["encrypt"], seal, world.bench.clock.now()) == "success"
        assert [row.body for row in world.bench.taken] == [PersonLeft("fitter", "dingtalk")]
        check = await world.event({"EventType": "check_url"})
        assert check is not None
        assert check.status == 200

    published(story)


@pytest.mark.parametrize("error", [StoreError("full"), RuntimeError("a mistake")])
def test_what_is_not_taken_is_asked_for_again(error: Exception) -> None:
    async def refuse(_row: InboxRow) -> bool:
        raise error

    async def story(world: Published) -> None:
        press = await world.card(pressed())
        event = await world.event({"EventType": "user_leave_org", "eventId": "e1", "UserId": ["fitter.a"]})
        assert press is not None
        assert event is not None
        assert (press.status, event.status) == (500, 500)

    published(story, refuse)


def test_who_may_not_is_told_so_on_the_card() -> None:
    async def forbid(_row: InboxRow) -> bool:
        raise NotPermitted("viewers may not")

    async def story(world: Published) -> None:
        answer = await world.card(pressed())
        assert answer is not None
        assert "没有权限" in json.dumps(answer.body, ensure_ascii=False)

    published(story, forbid)
