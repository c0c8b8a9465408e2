"""A browser that leaves while its page is made."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.console.door import GoneBrowsers

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "http_version": "1.1"}


async def _ends_without_an_answer(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pass_on(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return await call_next(request)


def page_maker() -> ASGIApp:
    """As NiceGUI is built: what stands before its pages misses their answer."""
    pages = Starlette()
    pages.mount("/", _ends_without_an_answer)
    pages.add_middleware(BaseHTTPMiddleware, dispatch=_pass_on)
    return pages


async def visited(app: ASGIApp, *came: Message) -> None:
    messages = iter(came)

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        """Nobody is there to read it."""

    await app(dict(SCOPE), receive, send)


async def test_a_browser_that_leaves_while_its_page_is_made_is_no_error() -> None:
    with pytest.raises(RuntimeError, match="No response returned"):
        await visited(page_maker(), {"type": "http.request"})
    await visited(GoneBrowsers(page_maker()), {"type": "http.request"})


async def test_a_mistake_while_somebody_waits_is_reported() -> None:
    async def mistaken(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise RuntimeError("a mistake")

    with pytest.raises(RuntimeError, match="a mistake"):
        await visited(GoneBrowsers(mistaken), {"type": "http.request"})
