"""What stands before every page: the same origin, closed frames, no foreign content; and the cookie with the ticket."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.console.visits import Visit, Visits

#: What the signed cookie holds: the ticket, the choice of language; for the next page what was answered, what of it stands
#: beside which field, and the name typed.
TICKET, LANGUAGE, TOLD, BESIDE, NAME = "ticket", "language", "told", "beside", "name"

_READING = {"GET", "HEAD", "OPTIONS"}
#: NiceGUI builds its pages from inline scripts and compiles templates in the browser; all of it comes from here.
_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # The first-start page may have the set-up code in its address. `no-referrer` would also take the origin from our own forms.
    "Referrer-Policy": "same-origin",
}


class SameOrigin:
    """Refuses forms and web sockets that a page of another origin opened, and closes every answer to frames."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        changes = scope["type"] == "websocket" or scope["method"] not in _READING
        if changes and _is_foreign(Headers(scope=scope)):
            await _refuse(scope, receive, send)
            return

        async def closed_to_frames(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, closed_to_frames)


class GoneBrowsers:
    """A browser that leaves while its page is made wants no answer, and that it gets none is nothing to report."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_gone = False

        async def watched() -> Message:
            nonlocal is_gone
            message = await receive()
            is_gone |= message["type"] == "http.disconnect"
            return message

        try:
            await self._app(scope, watched, send)
        except RuntimeError:
            # What makes the pages raises one where a handler ended without an answer.
            if not is_gone:
                raise


def _is_foreign(headers: Headers) -> bool:
    """Browsers send the origin with every web socket and every form; what is no browser has no cookie to steal."""
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    await send({"type": "http.response.body", "body": b"This request was sent from another site."})


def visit_of(request: Request, visits: Visits) -> Visit | None:
    return visits.find(request.session.get(TICKET))
