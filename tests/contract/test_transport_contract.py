"""One contract for `edge.ports.Transport`, over sockets and in memory: the channel must not notice which of them it has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import pytest
import websockets
from structlog.testing import capture_logs

from cloud_bridge.dingtalk.memory import MemorySocket, MemoryTransport, Peer, WireReply, WireRequest
from cloud_bridge.dingtalk.transport import ANSWER_BYTES_MAX, HttpTransport
from edge.model.errors import AndonError
from edge.ports import NoReply, Transport

#: path -> (status, headers, body); `/echo`, `/silent` and `/hang-up` are acted on, not looked up.
PAGES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/gone": (404, {"content-type": "application/json"}, b'{"code":"gone"}'),
    "/failed": (500, {"content-type": "application/json"}, b'{"code":"system.error"}'),
    "/page": (200, {"content-type": "text/html"}, b"<html>please log in</html>"),
    "/elsewhere": (302, {"location": "/echo"}, b""),
    "/huge": (200, {"content-type": "application/json"}, b'"' + b"x" * ANSWER_BYTES_MAX + b'"'),
    "/deep": (200, {"content-type": "application/json"}, b"[" * 50_000),
    "/chinese": (200, {"content-type": "application/json"}, '{"message":"报警"}'.encode()),
}


def echo(method: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> WireReply:
    seen = {
        "method": method,
        "query": query,
        "token": headers.get("x-acs-dingtalk-access-token"),
        "content_type": headers.get("content-type"),
        "body": body.decode(),
    }
    return WireReply(
        200, json.dumps(seen).encode(), {"Content-Type": "application/json", "Date": "Mon, 04 May 2026 00:00:00 GMT"}
    )


@dataclass
class World:
    """A transport and the cloud behind it. http, ws: where it is. closed_http, closed_ws: where nobody is."""

    transport: Transport
    http: str
    ws: str
    closed_http: str
    closed_ws: str
    arrived: list[str] = field(default_factory=list)


# --- the cloud in memory ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def in_memory() -> AsyncIterator[World]:
    arrived: list[str] = []

    async def handle(request: WireRequest) -> WireReply:
        parts = urlsplit(request.url)
        if parts.hostname != "cloud":
            raise NoReply("connection refused", sent=False)
        arrived.append(parts.path)
        if parts.path == "/echo":
            return echo(request.method, dict(request.query), dict(request.headers), request.body)
        if parts.path == "/silent":
            await asyncio.Event().wait()
        if parts.path == "/hang-up":
            raise NoReply("closed", sent=True)
        status, headers, body = PAGES[parts.path]
        return WireReply(status, body, headers)

    class Echo:
        def __init__(self, socket: MemorySocket) -> None:
            self.socket = socket

        def receive(self, text: str) -> None:
            if text == "bye":
                self.socket.end()
            else:
                self.socket.push(text)

        def close(self) -> None:
            arrived.append("closed")

    def open_socket(url: str, socket: MemorySocket) -> Peer:
        parts = urlsplit(url)
        if parts.hostname != "cloud" or parts.query != "ticket=a%2Bb":
            raise NoReply("refused", sent=False)
        return Echo(socket)

    transport = MemoryTransport(handle, open_socket)
    yield World(transport, "http://cloud", "ws://cloud", "http://nobody", "ws://nobody", arrived)
    await transport.close()


# --- the cloud behind sockets ---------------------------------------------------------------------------------------------


@asynccontextmanager
async def over_sockets() -> AsyncIterator[World]:
    arrived: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await _serve_one(reader, writer, arrived):
                continue
        finally:
            writer.close()

    async def serve_socket(connection: websockets.ServerConnection) -> None:
        async for text in connection:
            if text == "bye":
                return
            await connection.send(text)
        arrived.append("closed")

    def check(connection: websockets.ServerConnection, request: websockets.Request) -> websockets.Response | None:
        return None if request.path.endswith("?ticket=a%2Bb") else connection.respond(403, "ticket")

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    sockets = await websockets.serve(serve_socket, "127.0.0.1", 0, process_request=check)
    nobody = await asyncio.start_server(serve, "127.0.0.1", 0)
    port, ws_port, closed_port = (s.sockets[0].getsockname()[1] for s in (server, sockets, nobody))
    nobody.close()
    await nobody.wait_closed()
    transport = HttpTransport()
    local = "127.0.0.1"
    try:
        yield World(
            transport,
            f"http://{local}:{port}",
            f"ws://{local}:{ws_port}",
            f"http://{local}:{closed_port}",
            f"ws://{local}:{closed_port}",
            arrived,
        )
    finally:
        await transport.close()
        sockets.close()
        server.close()


async def _serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, arrived: list[str]) -> bool:
    """One request of HTTP/1.1; False when the connection is to be closed."""
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return False
    first, *lines = head.decode().strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    arrived.append(parts.path)
    if parts.path == "/silent":
        await reader.read()
        return False
    if parts.path == "/hang-up":
        return False
    if parts.path == "/echo":
        reply = echo(method, dict(parse_qsl(parts.query)), headers, body)
    else:
        status, page_headers, page = PAGES[parts.path]
        reply = WireReply(status, page, page_headers)
    answer = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {len(reply.body)}"]
    answer += [f"{name}: {value}" for name, value in reply.headers.items()]
    writer.write("\r\n".join([*answer, "", ""]).encode() + reply.body)
    await writer.drain()
    return True


@pytest.fixture(params=[in_memory, over_sockets])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with request.param() as made:
        yield made


# --- the contract: calls --------------------------------------------------------------------------------------------------


async def test_a_call_arrives_as_it_was_meant(world: World) -> None:
    reply = await world.transport.request(
        "PUT",
        f"{world.http}/echo",
        query={"sign": "a+b/c=", "n": "1"},
        headers={"x-acs-dingtalk-access-token": "t"},
        json={"text": "报警", "on": True},
    )
    assert reply.status == 200
    assert reply.body == {
        "method": "PUT",
        "query": {"sign": "a+b/c=", "n": "1"},
        "token": "t",
        "content_type": "application/json",
        "body": '{"text":"报警","on":true}',
    }


async def test_header_names_of_the_answer_are_in_lower_case(world: World) -> None:
    reply = await world.transport.request("POST", f"{world.http}/echo")
    assert reply.headers["date"] == "Mon, 04 May 2026 00:00:00 GMT"


@pytest.mark.parametrize(("path", "status"), [("/gone", 404), ("/failed", 500)])
async def test_a_bad_status_is_an_answer_too(world: World, path: str, status: int) -> None:
    reply = await world.transport.request("POST", world.http + path)
    assert (reply.status, type(reply.body)) == (status, dict)


@pytest.mark.parametrize("path", ["/page", "/deep", "/huge"])
async def test_what_is_no_json_or_too_long_has_no_body(world: World, path: str) -> None:
    reply = await world.transport.request("POST", world.http + path)
    assert (reply.status, reply.body) == (200, None)


async def test_a_redirect_is_not_followed(world: World) -> None:
    reply = await world.transport.request("POST", f"{world.http}/elsewhere")
    assert (reply.status, reply.headers["location"]) == (302, "/echo")
    assert world.arrived == ["/elsewhere"]


@pytest.mark.parametrize(("path", "sent"), [("/silent", True), ("/hang-up", True)])
async def test_silence_after_the_request_left_says_that_it_left(world: World, path: str, sent: bool) -> None:
    with pytest.raises(NoReply) as caught:
        await world.transport.request("POST", world.http + path, query={"access_token": "secret-1"}, timeout_s=0.3)
    assert caught.value.sent is sent
    assert "secret-1" not in str(caught.value)
    assert world.arrived == [path]


async def test_where_nobody_is_the_request_never_left(world: World) -> None:
    with pytest.raises(NoReply) as caught:
        await world.transport.request("POST", f"{world.closed_http}/echo")
    assert caught.value.sent is False


@pytest.mark.parametrize("place", ["xn--", "[::1", "mes..plant", "a" * 64, "a\nb", "x:99999", "x:port", "[v1.secret-1]", ""])
async def test_over_sockets_an_address_that_is_none_is_where_nobody_is(place: str) -> None:
    """A secret may hold anything, and is first looked at when it is used."""
    async with over_sockets() as world:
        for asked in (
            world.transport.request("GET", f"http://{place}/secret-1", timeout_s=5.0),
            world.transport.connect(f"ws://{place}/secret-1", timeout_s=5.0),
        ):
            with pytest.raises(NoReply) as caught:
                await asked
            assert caught.value.sent is False
            assert "secret-1" not in str(caught.value)


async def test_after_a_failure_the_next_call_goes_through(world: World) -> None:
    for path in ("/hang-up", "/silent"):
        with pytest.raises(NoReply):
            await world.transport.request("POST", world.http + path, timeout_s=0.3)
        assert (await world.transport.request("GET", f"{world.http}/chinese")).body == {"message": "报警"}


async def test_a_closed_transport_sends_nothing(world: World) -> None:
    await world.transport.close()
    with pytest.raises(NoReply) as caught:
        await world.transport.request("POST", f"{world.http}/echo")
    assert caught.value.sent is False
    assert world.arrived == []


# --- the contract: web sockets --------------------------------------------------------------------------------------------


async def test_frames_come_back_in_order_until_the_peer_ends(world: World) -> None:
    socket = await world.transport.connect(f"{world.ws}/connect?ticket=a%2Bb")
    for text in ("一", "two", "bye"):
        await socket.send(text)
    assert [await socket.receive(), await socket.receive()] == ["一", "two"]
    for _ in range(2):
        with pytest.raises(NoReply) as caught:
            await socket.receive()
        assert caught.value.sent is False


async def test_waiting_for_a_frame_can_be_given_up_without_losing_one(world: World) -> None:
    socket = await world.transport.connect(f"{world.ws}/connect?ticket=a%2Bb")
    waiting = asyncio.create_task(socket.receive())
    await asyncio.wait({waiting}, timeout=0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await socket.send("still here")
    assert await socket.receive() == "still here"
    await socket.close()


async def test_a_socket_closed_by_us_is_over_on_both_ends(world: World) -> None:
    socket = await world.transport.connect(f"{world.ws}/connect?ticket=a%2Bb")
    await socket.close()
    await socket.close()
    with pytest.raises(NoReply):
        await socket.receive()
    with pytest.raises(NoReply):
        await socket.send("x")
    async with asyncio.timeout(5):
        while world.arrived != ["closed"]:
            await asyncio.wait({asyncio.ensure_future(asyncio.Event().wait())}, timeout=0.01)


@pytest.mark.parametrize("where", ["wrong ticket", "nobody"])
async def test_a_refused_web_socket_never_was(world: World, where: str) -> None:
    url = f"{world.closed_ws}/connect?ticket=a%2Bb" if where == "nobody" else f"{world.ws}/connect?ticket=used"
    with pytest.raises(NoReply) as caught:
        await world.transport.connect(url, timeout_s=2)
    assert caught.value.sent is False
    assert "ticket" not in str(caught.value)


# --- sockets only ---------------------------------------------------------------------------------------------------------


async def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with over_sockets() as world:
        assert (await world.transport.request("GET", f"{world.http}/chinese")).status == 200
        socket = await world.transport.connect(f"{world.ws}/connect?ticket=a%2Bb")
        await socket.close()


async def test_a_proxy_that_does_not_answer_lets_nothing_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    async with over_sockets() as world:
        closed = world.closed_http.removeprefix("http://")
        monkeypatch.setenv("HTTPS_PROXY", f"http://{closed}")
        transport = HttpTransport()
        with pytest.raises(NoReply) as caught:
            await transport.request("POST", "https://api.dingtalk.example/v1.0", timeout_s=2)
        assert caught.value.sent is False
        with pytest.raises(NoReply):
            await transport.connect("wss://stream.dingtalk.example/connect?ticket=x", timeout_s=2)
        await transport.close()


async def test_a_proxy_that_refuses_lets_nothing_leave_though_it_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    proxy = await asyncio.start_server(refuse, "127.0.0.1", 0)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
    transport = HttpTransport()
    with pytest.raises(NoReply) as caught:
        await transport.request("POST", "https://api.dingtalk.example/v1.0", timeout_s=2)
    assert caught.value.sent is False
    await transport.close()
    proxy.close()


def test_a_proxy_that_cannot_be_used_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks9://127.0.0.1:9")
    with pytest.raises(AndonError, match="HTTPS_PROXY"):
        HttpTransport()


async def test_no_address_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with capture_logs() as logs:
        async with over_sockets() as world:
            await world.transport.request("POST", f"{world.http}/echo", query={"access_token": "secret-1"})
            socket = await world.transport.connect(f"{world.ws}/connect?ticket=a%2Bb")
            await socket.close()
    ours = [r for r in caplog.records if r.name.split(".")[0] in ("httpx", "httpcore") or r.name == "websockets.client"]
    assert [record.getMessage() for record in ours] == []
    assert logs == []
