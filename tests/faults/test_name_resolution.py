"""F20 of delivery: names that do not resolve, or slowly, or to another address than before, or to one inside the plant. The
transports of the DingTalk and the webhook channel on real sockets, over a resolver of our own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from cloud_bridge.dingtalk.errors import judge_silence
from cloud_bridge.dingtalk.transport import HttpTransport
from cloud_bridge.webhook.transport import HttpPoster
from edge.model.intent import Retry, Scope
from edge.ports import Barred, NoReply
from tests.certificates import certificates

Addresses = list[str]


class OwnResolver(asyncio.SelectorEventLoop):
    """A loop that asks `answer` in the place of the system. asked: the names."""

    answer: Callable[[str], Awaitable[Addresses]]

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def getaddrinfo(self, host: Any, port: Any, **_hints: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        self.asked.append(name)
        found = await self.answer(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


def resolved_by(answer: Callable[[str], Awaitable[Addresses]], story: Callable[[OwnResolver], Awaitable[None]]) -> None:
    loop = OwnResolver()
    loop.answer = answer
    try:
        loop.run_until_complete(story(loop))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@pytest.mark.parametrize(
    "error", [socket.gaierror(socket.EAI_NONAME, "NXDOMAIN"), socket.gaierror(socket.EAI_AGAIN, "SERVFAIL")]
)
def test_a_name_that_does_not_resolve_is_a_fault_of_the_whole_channel_and_nothing_was_sent(error: OSError) -> None:
    async def refuse(_name: str) -> Addresses:
        raise error

    async def story(_loop: OwnResolver) -> None:
        transport = HttpTransport()
        with pytest.raises(NoReply) as silence:
            await transport.request("POST", "http://api.dingtalk.example/v1.0/x", json={}, timeout_s=2.0)
        assert not silence.value.sent
        judged = judge_silence(silence.value)
        assert isinstance(judged, Retry) and judged.scope is Scope.CHANNEL
        await transport.close()

    resolved_by(refuse, story)


def test_a_resolver_that_hangs_costs_the_attempt_its_deadline_and_the_loop_nothing() -> None:
    async def hang(_name: str) -> Addresses:
        await asyncio.Event().wait()
        raise AssertionError("it never answers")

    ticks: list[int] = []

    async def story(loop: OwnResolver) -> None:
        transport = HttpTransport()
        beside = [loop.call_later(hundredths / 100, ticks.append, hundredths) for hundredths in range(1, 40)]
        began = loop.time()
        with pytest.raises(NoReply) as silence:
            await transport.request("POST", "http://api.dingtalk.example/v1.0/x", json={}, timeout_s=0.5)
        assert not silence.value.sent
        assert loop.time() - began < 2.0
        assert len(ticks) == len(beside), "all that was due meanwhile was done"
        await transport.close()

    resolved_by(hang, story)


def test_each_new_connection_asks_for_the_address_again() -> None:
    """The cloud moved to another address between two attempts."""
    served: list[str] = []
    answers = ["127.0.0.1", "127.0.0.2"]

    async def answer(_name: str) -> Addresses:
        return [answers.pop(0)]

    async def serve(address: str, port: int) -> asyncio.Server:
        async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            served.append(address)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            await writer.drain()
            writer.close()

        return await asyncio.start_server(reply, sock=bound(address, port))

    async def story(_loop: OwnResolver) -> None:
        first = await serve("127.0.0.1", 0)
        port = first.sockets[0].getsockname()[1]
        second = await serve("127.0.0.2", port)
        transport = HttpTransport()
        for _ in range(2):
            reply = await transport.request("POST", f"http://api.dingtalk.example:{port}/v1.0/x", json={}, timeout_s=5.0)
            assert reply.status == 200
        assert served == ["127.0.0.1", "127.0.0.2"]
        await transport.close()
        for server in (first, second):
            server.close()
            await server.wait_closed()

    resolved_by(answer, story)


def test_a_private_answer_for_a_public_cloud_gets_nothing_because_it_cannot_prove_who_it_is(tmp_path: Path) -> None:
    """Whoever answers for the name inside the plant has no certificate for it: no token of ours ever leaves."""
    heard: list[bytes] = []

    async def answer(_name: str) -> Addresses:
        return ["127.0.0.1"]

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    async def story(_loop: OwnResolver) -> None:
        made = await certificates(tmp_path, "DNS:api.dingtalk.example")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.server, made.server_key)
        server = await asyncio.start_server(hear, sock=bound("127.0.0.1", 0), ssl=context)
        transport = HttpTransport()
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NoReply) as silence:
            await transport.request("POST", f"https://api.dingtalk.example:{port}/v1.0/x", json={"a": 1}, timeout_s=5.0)
        assert not silence.value.sent
        assert heard in ([], [b""])
        await transport.close()
        server.close()
        await server.wait_closed()

    resolved_by(answer, story)


def test_a_webhooks_name_is_judged_anew_by_what_it_leads_to_at_each_connection() -> None:
    """It led to a receiver that is allowed, and then to another machine of the plant."""
    answers = ["127.0.0.1", "10.1.2.3"]

    async def answer(_name: str) -> Addresses:
        return [answers.pop(0)]

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def story(_loop: OwnResolver) -> None:
        server = await asyncio.start_server(reply, sock=bound("127.0.0.1", 0))
        url = f"http://mes.plant.example:{server.sockets[0].getsockname()[1]}/andon"
        poster = HttpPoster((ip_network("127.0.0.0/8"),))
        assert (await poster.post(url, headers={}, body=b"", timeout_s=5.0)).status == 204
        with pytest.raises(Barred, match=r"10\.1\.2\.3"):
            await poster.post(url, headers={}, body=b"", timeout_s=5.0)
        await poster.close()
        server.close()
        await server.wait_closed()

    resolved_by(answer, story)


def bound(address: str, port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((address, port))
    return listening
