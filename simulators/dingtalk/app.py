"""HTTP and web sockets of the stand-in: what a socket brings is handed to `Cloud`, what it answers is written back.

One port serves host api, host oapi, the stream endpoint `/connect`, the log-in page, the phones under `/phones` and the control
API under `/standin/`.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from simulators.dingtalk.cloud import UnreachableError
from simulators.dingtalk.connection import Connection
from simulators.dingtalk.control import PREFIX, Control
from simulators.dingtalk.log_in import dd_script, log_in_page
from simulators.dingtalk.phone_pages import PhonePages
from simulators.dingtalk.routes import host_of
from simulators.dingtalk.shell import Shell
from simulators.dingtalk.tickets import TicketError
from simulators.dingtalk.wire import SECOND_US, Fate, Host, Reply, Request

#: More than any call may send; keeps a stray upload out of memory.
BODY_BYTES_MAX = 1 << 20

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def build_app(shell: Shell, *, language: str) -> Starlette:
    """language: of the phone pages, when a page's address does not say."""
    control = Control(shell.cloud)
    pages = PhonePages(shell, default_language=language)

    async def control_call(http: HttpRequest) -> Response:
        request = await _read(http, Host.API)
        if request is None:
            return Response(status_code=413)
        reply = control.handle(request, shell.now_us())
        shell.acted()
        return _written(reply)

    async def api_call(http: HttpRequest) -> Response:
        request = await _read(http, host_of(http.url.path, http.headers.get("host", "")))
        if request is None:
            return Response(status_code=413)
        reply = shell.cloud.handle(request, shell.now_us())
        shell.acted()
        if reply.delay_us:
            await shell.pause(reply.delay_us / SECOND_US)
        if reply.fate is Fate.ANSWERED:
            return _written(reply)
        if reply.fate is not Fate.NEVER_ANSWERED and http.client is not None:
            shell.gate.drop(http.client.port)
        return NoAnswer()

    async def log_in(http: HttpRequest) -> Response:
        reply = log_in_page(shell.cloud, http.query_params, shell.now_us())
        shell.acted()
        return _written(reply)

    async def script(http: HttpRequest) -> Response:
        return _written(dd_script(shell.cloud, http.query_params, shell.now_us()))

    async def stream(websocket: WebSocket) -> None:
        await _serve_stream(shell, websocket)

    return Starlette(
        routes=[
            WebSocketRoute("/connect", stream),
            Route(f"{PREFIX}dd.js", script),
            Route("/oauth2/auth", log_in),
            Route(f"{PREFIX}{{path:path}}", control_call, methods=METHODS),
            *pages.routes(),
            Route("/{path:path}", api_call, methods=METHODS),
        ]
    )


class NoAnswer(Response):
    """Says nothing and waits until the caller has gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


async def _read(http: HttpRequest, host: Host) -> Request | None:
    """The call; None when its body is too long to be one."""
    body = bytearray()
    async for chunk in http.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return None
    headers = {name.lower(): value for name, value in http.headers.items()}
    return Request(http.method, http.url.path, host, dict(http.query_params), headers, bytes(body))


def _written(reply: Reply) -> Response:
    return Response(reply.body, reply.status, headers=dict(reply.headers))


async def _serve_stream(shell: Shell, websocket: WebSocket) -> None:
    """One stream connection: its frames out, the app's frames in, until one side ends it."""
    try:
        connection = shell.cloud.connect(websocket.query_params.get("ticket", ""), shell.now_us())
    except (TicketError, UnreachableError):
        await websocket.close()  # before it is accepted: the handshake is refused with HTTP 403
        return
    frame_waits = asyncio.Event()
    connection.on_frame = frame_waits.set
    shell.acted()
    await websocket.accept()
    sender = asyncio.create_task(_send_frames(connection, websocket, frame_waits), name="stream sender")
    try:
        while True:
            connection.receive(await websocket.receive_text(), shell.now_us())
            shell.acted()
    except (WebSocketDisconnect, KeyError):
        pass  # gone, or sent a binary frame, which the protocol does not know
    finally:
        connection.on_frame = None
        connection.close(shell.now_us())
        sender.cancel()
        shell.acted()


async def _send_frames(connection: Connection, websocket: WebSocket, frame_waits: asyncio.Event) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            for frame in connection.take():
                await websocket.send_text(frame)
            if connection.is_closed:
                await websocket.close()
                return
            await frame_waits.wait()
            frame_waits.clear()
