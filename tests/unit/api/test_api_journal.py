"""The journal in pages, and as it is written: followers, slow ones, and those who may no longer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from edge.api import journal as journal_module
from edge.config.plant import Plant
from edge.model.event import Event, JournalRow, Stream
from tests.api_gateway import BEARING, SmallGateway, Visitor, app_of, first_admin

WITHIN_S = 5.0


def test_a_message_names_the_person_it_was_for(mill: Plant) -> None:
    person = next(iter(mill.policy.directory.persons.values()))
    event = Event(Stream.DELIVERY, "delivered", BEARING, 0, {"recipient": f"person:{person.id}", "purpose": "raised"})
    row = JournalRow(
        site=mill.site, agent=mill.agent, epoch=1, sequence=1, recorded_at=0, event=event, previous_hash="", hash=""
    )
    assert journal_module.journal_form(row, mill)["recipient_name"] == person.name


class Follower:
    """The other end of a web socket, in this process. `held`: it reads nothing until it is released."""

    def __init__(self, app: FastAPI, token: str | None, **headers: str) -> None:
        sent = {"authorization": f"Bearer {token}"} if token else {}
        self._scope = {
            "type": "websocket",
            "path": "/api/v1/journal/follow",
            "raw_path": b"/api/v1/journal/follow",
            "query_string": headers.pop("query", "").encode(),
            "headers": [(key.encode(), value.encode()) for key, value in (sent | headers).items()],
            "subprotocols": [],
            "scheme": "ws",
        }
        self._app = app
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.released = asyncio.Event()
        self.released.set()

    async def _send(self, message: dict[str, Any]) -> None:
        await self.released.wait()
        self._from_app.put_nowait(message)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Follower]:
        self._to_app.put_nowait({"type": "websocket.connect"})
        running = asyncio.create_task(self._app(self._scope, self._to_app.get, self._send))
        try:
            yield self
        finally:
            self.released.set()
            self.leave()
            await asyncio.wait_for(running, WITHIN_S)

    def leave(self) -> None:
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._from_app.get(), WITHIN_S)

    async def next_row(self, subject: str = BEARING) -> dict[str, Any]:
        """The next one about this alarm; others of the plant may speak too."""
        while True:
            row: dict[str, Any] = json.loads((await self.next())["text"])
            if row["subject"] == subject:
                return row


async def until_followed(gateway: SmallGateway, count: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while gateway.followed != count:  # noqa: ASYNC110 - the application's own task has to come to it
            await asyncio.sleep(0)  # noqa: TID251 - gives way, waits for no time


async def test_a_follower_gets_each_row_as_it_is_written(app: FastAPI, admin: Visitor, gateway: SmallGateway) -> None:
    async with Follower(app, admin.token).connected() as follower:
        assert (await follower.next())["type"] == "websocket.accept"
        await until_followed(gateway, 1)
        gateway.raise_bearing()
        row = await follower.next_row()
        assert (row["kind"], row["subject"], row["stream"]) == ("raised", BEARING, "alarm")
        await admin.post("alarms/acknowledge", {"alarm": BEARING, "occurrence": 1})
        assert (await follower.next_row())["kind"] == "acknowledged"
    await until_followed(gateway, 0)


@pytest.mark.parametrize(
    "more", [{}, {"query": "token={token}"}, {"cookie": "token={token}"}, {"origin": "https://evil.example"}]
)
async def test_a_web_socket_without_the_header_is_refused(more: dict[str, str], app: FastAPI, admin: Visitor) -> None:
    filled = {key: value.replace("{token}", admin.token or "") for key, value in more.items()}
    async with Follower(app, None, **filled).connected() as follower:
        message = await follower.next()
        assert (message["type"], message["code"]) == ("websocket.close", 1008)


async def test_a_reader_that_is_too_slow_is_cut_off_and_finds_the_rest_in_the_pages(mill: Plant) -> None:
    gateway = SmallGateway(mill, follower_rows_max=8)
    app = app_of(gateway)
    admin = await first_admin(app)
    async with Follower(app, admin.token).connected() as follower:
        assert (await follower.next())["type"] == "websocket.accept"
        await until_followed(gateway, 1)
        follower.released.clear()
        for number in range(30):
            await admin.post("alarms/comment", {"alarm": BEARING, "text": f"remark {number}"})
        follower.released.set()
        seen, message = [], await follower.next()
        while message["type"] == "websocket.send":
            seen.append(json.loads(message["text"])["sequence"])
            message = await follower.next()
        assert (message["type"], message["code"]) == ("websocket.close", 1013)
    assert seen == sorted(seen)
    pages = (await admin.get(f"journal?after={seen[-1]}")).json()
    assert len(seen) + len(pages) == 30
    gateway.store.close()


async def test_a_burst_that_fills_the_queue_while_the_reader_waits_cuts_it_off_too(mill: Plant) -> None:
    gateway = SmallGateway(mill, follower_rows_max=4)
    app = app_of(gateway)
    admin = await first_admin(app)
    async with Follower(app, admin.token).connected() as follower:
        assert (await follower.next())["type"] == "websocket.accept"
        await until_followed(gateway, 1)
        # An hour without a sample: every watched tag goes stale in one step.
        gateway.pass_time(3_600)
        types = [(await follower.next())["type"] for _ in range(2)]
        assert types[-1] == "websocket.close"
    gateway.store.close()


async def test_a_follower_that_logs_out_gets_no_more_rows(app: FastAPI, admin: Visitor, gateway: SmallGateway) -> None:
    async with Follower(app, admin.token).connected() as follower:
        assert (await follower.next())["type"] == "websocket.accept"
        await until_followed(gateway, 1)
        await admin.delete("sessions/me")
        gateway.raise_bearing()
        message = await follower.next()
        assert (message["type"], message["code"]) == ("websocket.close", 1008)


async def test_a_log_in_that_has_ended_is_noticed_without_a_row(
    app: FastAPI, admin: Visitor, gateway: SmallGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "ASK_AGAIN_S", 0.01)
    async with Follower(app, admin.token).connected() as follower:
        assert (await follower.next())["type"] == "websocket.accept"
        await until_followed(gateway, 1)
        await admin.delete("sessions/me")
        assert (await follower.next())["code"] == 1008


async def test_what_a_follower_sends_is_ignored(app: FastAPI, admin: Visitor, gateway: SmallGateway) -> None:
    async with Follower(app, admin.token).connected() as follower:
        assert (await follower.next())["type"] == "websocket.accept"
        await until_followed(gateway, 1)
        follower._to_app.put_nowait({"type": "websocket.receive", "text": "{]"})
        gateway.raise_bearing()
        assert (await follower.next_row())["kind"] == "raised"


async def test_the_journal_is_read_in_pages(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    await admin.post("alarms/acknowledge", {"alarm": BEARING, "occurrence": 1})
    rows = (await admin.get("journal")).json()
    assert [row["kind"] for row in rows if row["subject"] == BEARING] == ["raised", "acknowledged"]
    assert (await admin.get(f"journal?after={rows[-2]['sequence']}")).json() == rows[-1:]
    assert (await admin.get("journal?limit=1")).json() == rows[:1]
