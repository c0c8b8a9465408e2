"""From the outbox on disk to the phones of the stand-in and back: real processes, real sockets, a real database."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from zlib import crc32

import httpx
import pytest

from cloud_bridge.base import ChannelOpening
from cloud_bridge.chat_desk import NO_DESK
from cloud_bridge.delivery import Delivery
from cloud_bridge.dingtalk.channel import DingTalkChannel
from cloud_bridge.dingtalk.transport import HttpTransport
from cloud_bridge.log_in import NoLogIn
from edge.model.command import Acknowledge, ForeignPress, HeardAgain, InboxRow, PersonLeft, Receipt
from edge.model.event import Event, Stream
from edge.model.intent import Intent, Purpose
from edge.model.moment import MINUTE, SECOND
from edge.ports import ResponseCommit
from edge.runtime.clock import SteadyClock
from edge.runtime.offload import WriterThread
from edge.store.store import SqliteStore, open_store
from tests.unit.cloud_bridge.harness import DIRECTORY, ORGANISATION, SECRETS, TO_BOARD, config, intent, message

DEADLINE_S = 20.0
ROOT = Path(__file__).parents[2]
CREATE = "v1.0/card/instances/createAndDeliver"
TO_PERSON = "v1.0/robot/oToMessages/batchSend"


@dataclass
class Control:
    """The stand-in's own API, reachable while the way is cut. One process serves all tests of this file: each looks only at
    what came after its own start, and has an alarm of its own."""

    http: httpx.AsyncClient
    url: str
    alarm: str
    began_us: int = 0
    ledger_began: int = 0

    async def get(self, path: str, **query: str) -> Any:
        return (await self.http.get(f"/standin/{path}", params=query)).raise_for_status().json()

    async def post(self, path: str, **body: Any) -> Any:
        return (await self.http.post(f"/standin/{path}", json=body)).raise_for_status().json()

    async def shown(self, user_id: str) -> list[Any]:
        chats = (await self.get("phone", user_id=user_id))["chats"]
        mine = (m for chat in chats for m in chat["messages"] if m["time_us"] >= self.began_us)
        return sorted(mine, key=lambda m: m["time_us"])

    async def effects(self, name: str) -> list[str]:
        entries = (await self.get("ledger", name=name, after=str(self.ledger_began)))["entries"]
        return [entry["effect"] for entry in entries]


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The stand-in as a process; its ready line."""
    organisation = tmp_path_factory.mktemp("standin") / "organisation.json"
    organisation.write_text(json.dumps(ORGANISATION), encoding="utf-8")
    command = [sys.executable, "-m", "simulators.dingtalk", "--port", "0", "--organisation", str(organisation)]
    with Popen(command, stdout=PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@pytest.fixture
async def control(standin: dict[str, Any], request: pytest.FixtureRequest) -> AsyncIterator[Control]:
    async with httpx.AsyncClient(base_url=standin["control_url"], trust_env=False) as http:
        made = Control(http, standin["url"], f"m/{crc32(request.node.name.encode()):08x}")
        state = await made.get("state")
        made.began_us = state["now_us"]
        made.ledger_began = state["ledger"]["entries"]
        yield made
        await made.post("mend")
        await made.post("clear")


class Road:
    """Outbox, delivery, channel, inbox: what the agent wires, without its engine."""

    def __init__(self, clock: SteadyClock, store: SqliteStore, writer: WriterThread, channel: DingTalkChannel) -> None:
        self.clock = clock
        self.store = store
        self.writer = writer
        self.channel = channel
        self.delivery = Delivery(channel, store, writer, clock, lambda: None)
        self.before_commit: Callable[[InboxRow], Awaitable[None]] | None = None

    async def take(self, row: InboxRow) -> bool:
        if self.before_commit is not None:
            await self.before_commit(row)
        return (await self.writer.run(self.store.put, [row]))[0] is not None

    async def tell(self, *intents: Intent) -> None:
        commit = ResponseCommit(self.clock.now(), 0, (), intents, (), {}, ())
        await self.writer.run(self.store.commit_response, commit)
        self.delivery.wake()

    async def carry_out(self, row: InboxRow, committed: Callable[[], None]) -> Event | None:
        if not await self.take(row):
            return None
        committed()
        return Event(Stream.ALARM, "acknowledged", row.body.alarm, self.clock.now(), {})  # type: ignore[union-attr]  # an order

    async def inbox(self) -> list[InboxRow]:
        return await self.writer.run(self.store.unconsumed)

    async def receipts(self) -> list[Receipt]:
        return [row.body for row in await self.inbox() if isinstance(row.body, Receipt)]

    async def find_card(self, card: str) -> tuple[str, int] | None:
        return await self.writer.run(self.store.find_card, card)

    async def until(self, condition: Callable[[], Awaitable[Any]]) -> Any:
        async with asyncio.timeout(DEADLINE_S):
            while not (found := await condition()):
                await self.clock.sleep_until(self.clock.now() + SECOND // 50)
        return found

    async def told(self, count: int) -> list[Receipt]:
        async def enough() -> list[Receipt] | None:
            receipts = await self.receipts()
            return receipts if len(receipts) >= count else None

        receipts: list[Receipt] = await self.until(enough)
        return receipts


@asynccontextmanager
async def road_to(control: Control, folder: Path, heard_until_s_ago: int | None = None) -> AsyncIterator[Road]:
    clock, writer, transport = SteadyClock(), WriterThread("store"), HttpTransport()
    store = await writer.run(lambda: open_store(folder, site="crm", agent="line-1", now=clock.now()))

    async def find_card(card: str) -> tuple[str, int] | None:
        return await road.find_card(card)

    async def carry_out(row: InboxRow, committed: Callable[[], None]) -> Event | None:
        return await road.carry_out(row, committed)

    channel = DingTalkChannel(
        ChannelOpening(
            config=config(api_base=control.url, oapi_base=control.url),
            directory=DIRECTORY,
            clock=clock,
            transport=transport,
            secret=SECRETS.__getitem__,
            find_card=find_card,
            shelve_for=30 * MINUTE,
            late_after=1 * SECOND,
            heard_until=None if heard_until_s_ago is None else clock.now() - heard_until_s_ago * SECOND,
            chat=replace(NO_DESK, coded={17: (control.alarm, 3)}.get, carry_out=carry_out, may_see=lambda _person: True),
        )
    )
    road = Road(clock, store, writer, channel)
    tasks = [asyncio.create_task(road.delivery.run()), asyncio.create_task(channel.listen(road.take))]
    try:
        yield road
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await channel.close()
        await transport.close()
        await writer.run(store.close)
        writer.close()


@pytest.fixture
async def road(control: Control, tmp_path: Path) -> AsyncIterator[Road]:
    async with road_to(control, tmp_path / "data") as made:
        yield made


def card_of(control: Control) -> str:
    return intent(alarm=control.alarm).card


async def listening(control: Control, road: Road) -> None:
    async def connected() -> Any:
        return (await control.get("state"))["connections"]

    await road.until(connected)


async def test_a_raise_a_reminder_an_update_and_a_return_are_on_the_phone(control: Control, road: Road) -> None:
    now = road.clock.now()
    acknowledged = message(state="acknowledged", state_text="已确认")
    await road.tell(
        intent(alarm=control.alarm, created_at=now),
        intent(Purpose.REMINDER, alarm=control.alarm, created_at=now + 1),
        intent(Purpose.STATE, alarm=control.alarm, created_at=now + 2, message=acknowledged),
        intent(Purpose.RETURNED, alarm=control.alarm, created_at=now + 3),
        intent(alarm=control.alarm, address=TO_BOARD, created_at=now),
    )
    receipts = await road.told(5)
    assert {receipt.outcome for receipt in receipts} == {"delivered"}
    shown = await control.shown("fitter.a")
    (card,) = [m["card"] for m in shown if m["card"]]
    assert card["params"]["state_text"] == "已确认"
    assert len(await control.shown("lead.a")) == 1


async def test_a_press_is_on_disk_before_the_phone_has_its_answer(control: Control, road: Road) -> None:
    await road.tell(intent(alarm=control.alarm, created_at=road.clock.now()))
    await road.told(1)
    await listening(control, road)
    press_id: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    statuses: list[str] = []

    async def status() -> str:
        return str((await control.get("press", press_id=await press_id))["status"])

    async def look(_row: InboxRow) -> None:
        statuses.append(await status())

    async def is_answered() -> bool:
        return await status() == "answered"

    road.before_commit = look
    await control.post("stream/duplicate")
    pressed = await control.post("press", user_id="fitter.a", out_track_id=card_of(control), action="acknowledge")
    press_id.set_result(pressed["press_id"])
    await road.until(is_answered)
    rows = [row for row in await road.inbox() if row.for_engine]
    assert statuses[0] == "waiting"
    assert [(row.actor, row.body) for row in rows] == [("fitter", Acknowledge(control.alarm, 17))]


async def test_a_card_accepted_without_an_answer_is_shown_once(control: Control, road: Road) -> None:
    await control.post("fault", kind="close", call=CREATE)
    await road.tell(intent(alarm=control.alarm, created_at=road.clock.now()))
    (receipt,) = await road.told(1)
    assert receipt.outcome == "delivered"
    assert (await control.effects(CREATE)) == ["card created and delivered", "duplicate ignored"]
    assert len(await control.shown("fitter.a")) == 1


async def test_a_robot_message_accepted_without_an_answer_is_repeated_once_and_marked(control: Control, road: Road) -> None:
    await control.post("fault", kind="close", call=TO_PERSON)
    await road.tell(intent(Purpose.RETURNED, alarm=control.alarm, created_at=road.clock.now()))
    (receipt,) = await road.told(1)
    assert receipt.possible_repeat
    texts = [m["content"]["text"] for m in await control.shown("fitter.a")]
    assert ["可能重复" in text for text in texts] == [False, True]


async def test_after_a_cut_everything_arrives_in_order_and_marked_late(control: Control, road: Road) -> None:
    await listening(control, road)
    await control.post("cut")
    now = road.clock.now()
    both = [
        (
            intent(alarm=control.alarm, occurrence=number, created_at=now + 2 * number),
            intent(Purpose.RETURNED, alarm=control.alarm, occurrence=number, created_at=now + 2 * number + 1),
        )
        for number in (1, 2, 3)
    ]
    await road.tell(*(wanted for pair in both for wanted in pair))
    await road.clock.sleep_until(now + 3 * SECOND // 2)
    await control.post("mend")
    await road.told(6)
    shown = await control.shown("fitter.a")
    assert [m["card"]["out_track_id"] for m in shown if m["card"]] == [raised.card for raised, _ in both]
    assert [m["kind"] for m in shown] == ["card", "markdown"] * 3
    assert "迟到" in shown[0]["card"]["params"]["footer"]
    await listening(control, road)


async def test_a_token_that_ends_early_costs_one_more_call(control: Control, road: Road) -> None:
    await road.tell(intent(alarm=control.alarm, occurrence=1, created_at=road.clock.now()))
    await road.told(1)
    await control.post("token/expire")
    await road.tell(intent(alarm=control.alarm, occurrence=2, created_at=road.clock.now()))
    assert [receipt.outcome for receipt in await road.told(2)] == ["delivered", "delivered"]
    assert await control.effects("v1.0/oauth2/accessToken") == ["token issued", "token issued"]


async def test_a_stop_in_the_middle_of_a_call_is_told_once_after_the_next_start(control: Control, tmp_path: Path) -> None:
    await control.post("fault", kind="never_answer", call=CREATE)
    async with road_to(control, tmp_path / "data") as road:
        await road.tell(intent(alarm=control.alarm, created_at=road.clock.now()))

        async def arrived() -> Any:
            return await control.effects(CREATE)

        await road.until(arrived)
    async with road_to(control, tmp_path / "data") as road:
        (receipt,) = await road.told(1)
        assert receipt.outcome == "delivered"
    assert await control.effects(CREATE) == ["card created and delivered", "duplicate ignored"]
    assert len(await control.shown("fitter.a")) == 1


# --- the way back -----------------------------------------------------------------------------------------------------


async def entered(road: Road, kind: type[Any]) -> list[InboxRow]:
    async def rows() -> list[InboxRow]:
        return [row for row in await road.inbox() if isinstance(row.body, kind)]

    found: list[InboxRow] = await road.until(rows)
    return found


async def test_an_order_in_the_chat_is_on_disk_and_answered_there(control: Control, road: Road) -> None:
    await listening(control, road)
    await control.post("stream/duplicate")
    await control.post("say", user_id="fitter.a", text="确认 17")

    async def answers() -> list[str]:
        return [m["content"]["text"] for m in await control.shown("fitter.a") if m["kind"] == "markdown"]

    assert "17：已确认" in (await road.until(answers))[0]
    rows = [row for row in await road.inbox() if row.for_engine]
    assert [(row.actor, row.body) for row in rows] == [("fitter", Acknowledge(control.alarm, 3))]


async def test_a_press_on_a_card_of_another_gateway_is_on_record(control: Control, road: Road, tmp_path: Path) -> None:
    async with road_to(control, tmp_path / "other") as other:
        await other.tell(intent(alarm=control.alarm, created_at=road.clock.now()))
        await other.told(1)
    await listening(control, road)
    await control.post("press", user_id="fitter.a", out_track_id=card_of(control), action="acknowledge")
    (row,) = await entered(road, ForeignPress)
    assert (row.actor, row.body) == ("system", ForeignPress("dingtalk", card_of(control), "fitter"))


async def test_who_leaves_the_organisation_is_on_record_by_its_event(control: Control, road: Road) -> None:
    await listening(control, road)
    await control.post("leave", user_id="lead.a")
    try:
        (row,) = await entered(road, PersonLeft)
        assert row.body == PersonLeft("li", "dingtalk")
    finally:
        await control.post("come-back", user_id="lead.a")


async def test_a_code_of_the_page_inside_dingtalk_names_the_person_once(control: Control, road: Road) -> None:
    code = (await control.post("auth-code", user_id="fitter.a"))["code"]
    assert await road.channel.person_of_code(code) == "fitter"
    assert await road.channel.person_of_code(code) is NoLogIn.UNKNOWN_CODE
    stranger = (await control.post("auth-code", user_id="stranger"))["code"]
    assert await road.channel.person_of_code(stranger) is NoLogIn.UNKNOWN_PERSON


async def test_a_gap_longer_than_ten_seconds_is_on_record_when_presses_arrive_again(control: Control, tmp_path: Path) -> None:
    async with road_to(control, tmp_path / "data", heard_until_s_ago=11) as road:
        (row,) = await entered(road, HeardAgain)
        assert isinstance(row.body, HeardAgain)
        assert row.received_at - row.body.since >= 11 * SECOND
