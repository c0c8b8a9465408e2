"""What the tests of the other channels share: an HTTP receiver and an SMTP server on ports of their own, and claims."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiohttp import web

from cloud_bridge.base import ChannelOpening
from edge.model.alarm import Priority
from edge.model.intent import Claim, Intent, Message, Purpose
from edge.model.moment import MINUTE, Moment, from_iso
from edge.model.person import Directory
from edge.ports import Carriers, Clock

START = from_iso("2026-05-04T00:00:00Z")

MESSAGE = Message(
    headline="[HIGH] Stand 3 main motor: bearing too hot 82.4 °C",
    lines=(("Value", "82.4 °C"), ("Limit", "≥ 80 °C for 30 s")),
    state="unacknowledged",
    state_text="Unacknowledged",
    priority=Priority.HIGH,
    priority_text="High",
    guidance="Check the oil flow.",
    footer="mill · line-1",
    language="en",
    data={"device": "CRM.ST3.MOTOR", "value": 82.4, "unit": "°C", "active": True},
)


def claim(
    number: int = 1,
    purpose: Purpose = Purpose.RAISED,
    *,
    address: Mapping[str, Any],
    message: Message = MESSAGE,
    channel: str = "webhook",
    alarm: str = "CRM.ST3.MOTOR/de_temp_high",
    attempt: int = 1,
    after_unknown: bool = False,
    decided_at: Moment = START,
    **more: Any,
) -> Claim:
    intent = Intent(
        key=f"crm/{alarm}#{number}/group:mes/{purpose}.1.0",
        channel=channel,
        purpose=purpose,
        recipient="group:mes",
        address=address,
        alarm=alarm,
        occurrence=number,
        card=f"card-{number}",
        thread=f"{alarm}|group:mes",
        priority=message.priority,
        message=message,
        created_at=decided_at,
        wanted_at=decided_at,
        **more,
    )
    return Claim(intent, attempt, after_unknown)


def opening(config: Any, clock: Clock, carriers: Carriers, secrets: Mapping[str, str] | None = None) -> ChannelOpening:
    async def find_card(card: str) -> tuple[str, int] | None:
        return None

    return ChannelOpening(
        config=config,
        directory=Directory({}, {}, {}),
        clock=clock,
        transport=None,  # type: ignore[arg-type] # these channels bring their own
        secret=dict(secrets or {}).__getitem__,
        find_card=find_card,
        shelve_for=30 * MINUTE,
        late_after=MINUTE,
        site="crm",
        agent="line-1",
        carriers=carriers,
    )


async def until(condition: Callable[[], Any], seconds: float = 8.0) -> None:
    """Return when it holds; fail when it does not in time."""
    turned = asyncio.Event()
    async with asyncio.timeout(seconds):
        while not condition():
            asyncio.get_running_loop().call_later(0.01, turned.set)
            await turned.wait()
            turned.clear()


# --- an HTTP receiver ---------------------------------------------------------------------------------------------------


@dataclass
class Receiver:
    """answers: statuses for the next requests, with headers; then 204. refuses: events whose alarm is answered with 422."""

    port: int = 0
    requests: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    cuts: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/andon"

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, body in self.requests]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.cuts:
            self.cuts -= 1
            assert request.transport is not None
            self.requests.append((dict(request.headers), body))
            request.transport.abort()
            return web.Response()
        self.requests.append((dict(request.headers), body))
        if self.answers:
            status, headers = self.answers.pop(0)
            return web.Response(status=status, headers=headers, body=b"x" * 100)
        if any(event["alarm"] in self.refuses for event in json.loads(body).get("events", ())):
            return web.Response(status=422)
        return web.Response(status=204)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/andon", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    try:
        yield made
    finally:
        await runner.cleanup()


@dataclass
class Dripping:
    """Answers each request with a byte now and then, until it is let go: then with the rest."""

    port: int = 0
    asked: int = 0
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n")
            sent = 0
            while not self.go.is_set() and sent < 999:
                writer.write(b" ")
                sent += 1
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.go.wait(), 0.2)
            writer.write(b" " * (1000 - sent))
            await writer.drain()
        writer.close()


@asynccontextmanager
async def dripping() -> AsyncIterator[Dripping]:
    made = Dripping()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.go.set()
        server.close()
        await server.wait_closed()


# --- an SMTP server -----------------------------------------------------------------------------------------------------


@dataclass
class MailServer:
    """A mail server as RFC 5321 has it, as far as one sender needs it. refuses: says 550 to these recipients."""

    port: int = 0
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 mail.plant.example ESMTP")
        to: list[str] = []
        while line := (await reader.readline()).decode().strip():
            verb = line[:4].upper()
            if verb in ("EHLO", "HELO"):
                say("250-mail.plant.example")
                say("250 8BITMIME")
            elif verb == "MAIL":
                to = []
                say("250 OK")
            elif verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                if address in self.refuses:
                    say("550 no such user here")
                else:
                    to.append(address)
                    say("250 OK")
            elif verb == "DATA":
                say("354 go on")
                text = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append((to, message_from_bytes(text[:-5], policy=policy.default)))  # type: ignore[arg-type]
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                say("250 OK")
            await writer.drain()
        writer.close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    made = MailServer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()
