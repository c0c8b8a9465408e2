"""The phones as a web page: one person's chats, live cards with working buttons, a line to write, and the ledger's end.

Pages are rendered here on each request from `Cloud.phone`; a small script (`pages/phones.js`) asks again when the
server-sent event says that something changed. Without the script every link and button still works.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zlib import crc32

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from simulators.dingtalk.files import HERE
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.markdown import safe_url, to_html
from simulators.dingtalk.organisation import LANGUAGES
from simulators.dingtalk.presses import PersonError
from simulators.dingtalk.shell import Shell
from simulators.dingtalk.wire import SECOND_US

PAGES = HERE / "pages"
LEDGER_SHOWN = 24
HUES = 6
FORM_BYTES_MAX = 65_536

#: A comment line now and then shows both ends that the line is alive.
STILL_HERE_S = 15.0

#: Effects the ledger panel marks, besides every entry with an error code.
FAILURES = frozenset({Effect.NO_ANSWER, Effect.LOST, Effect.FAILED_ANSWER, Effect.LATE_ANSWER_IGNORED, Effect.CUT})


class PhonePages:
    """default_language: of the page when its address has no `lang`."""

    def __init__(self, shell: Shell, *, default_language: str) -> None:
        self._shell = shell
        self._cloud = shell.cloud
        self._default_language = default_language
        self._texts: dict[str, dict[str, Any]] = json.loads((PAGES / "texts.json").read_text(encoding="utf-8"))
        environment = Environment(loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
        environment.filters |= {
            "markdown": lambda text: Markup(to_html(text)),
            "mentions": _mentions,
            "url": safe_url,
            "initial": lambda name: name.strip()[:1].upper(),
            "hue": lambda name: crc32(name.encode()) % HUES,
            "clock": _clock,
            "seconds": lambda time_us: f"{_local(time_us):%H:%M:%S}",
        }
        self._page = environment.get_template("phones.html")

    def routes(self) -> list[Route]:
        return [
            Route("/phones", self.page),
            Route("/phones/changes", self.changes),
            Route("/phones/press", self.press, methods=["POST"]),
            Route("/phones/say", self.say, methods=["POST"]),
            *(Route(f"/phones/{name}", partial(_file, name)) for name in ("phones.css", "phones.js")),
        ]

    async def page(self, request: Request) -> Response:
        """`/phones?user=&chat=&lang=`: without a user the first person's phone. An open chat counts as read."""
        cloud, query = self._cloud, request.query_params
        persons = cloud.organisation.persons
        if not persons:
            return HTMLResponse("The organisation has no persons.")
        user_id = query.get("user", persons[0].user_id)
        conversation_id = query.get("chat", "")
        language = query.get("lang", self._default_language)
        if cloud.organisation.person(user_id) is None or language not in LANGUAGES:
            return RedirectResponse("/phones", 303)
        cloud.mark_read(user_id, conversation_id)
        self._shell.acted()
        phone = cloud.phone(user_id)
        conversation = cloud.timeline.conversation(conversation_id)

        def there(user: str, chat: str, lang: str = language) -> str:
            return f"?{urlencode({'user': user, 'chat': chat, 'lang': lang})}"

        html = self._page.render(
            t=self._texts[language],
            language=language,
            phone=phone,
            phones=[cloud.phone(person.user_id) for person in persons],
            chat=phone.chat(conversation_id),
            members=len(conversation.members) if conversation else 0,
            robot=cloud.organisation.app.name,
            names={person.user_id: person.name for person in persons},
            mentionable=[
                cloud.organisation.app.name,
                *(name for p in persons for name in (p.user_id, p.name, p.mobile) if name),
            ],
            ledger=list(cloud.ledger.entries())[: -LEDGER_SHOWN - 1 : -1],
            failures=FAILURES,
            connections=len(list(cloud.gateway.connections)),
            is_cut=cloud.faults.is_cut,
            now_us=self._shell.now_us(),
            there=there,
            here=lambda: there(user_id, conversation_id),
            in_language=lambda lang: there(user_id, conversation_id, lang),
        )
        return HTMLResponse(html, headers={"cache-control": "no-store"})

    async def changes(self, _request: Request) -> Response:
        """Server-sent events: one line whenever a phone or the ledger shows something new."""
        return StreamingResponse(self._changes(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def _changes(self) -> AsyncIterator[str]:
        async with self._shell.watch() as changed:
            yield ": connected\n\n"
            while not self._shell.stopping.is_set():
                try:
                    await asyncio.wait_for(changed.wait(), STILL_HERE_S)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                changed.clear()
                yield f"data: {self._cloud.ledger.last_sequence}\n\n"

    async def press(self, request: Request) -> Response:
        fields = await _form(request)
        params = {"choice": fields["choice"]} if fields.get("choice") else {}
        try:
            self._cloud.press(
                request.query_params.get("user", ""),
                fields.get("out_track_id", ""),
                fields.get("action", ""),
                params,
                now_us=self._shell.now_us(),
            )
        except PersonError as error:
            return JSONResponse({"problem": str(error)}, 409)
        return self._done(request)

    async def say(self, request: Request) -> Response:
        fields = await _form(request)
        query = request.query_params
        try:
            self._cloud.say(query.get("user", ""), query.get("chat", ""), fields.get("text", ""), self._shell.now_us())
        except PersonError as error:
            return JSONResponse({"problem": str(error)}, 409)
        return self._done(request)

    def _done(self, request: Request) -> Response:
        self._shell.acted()
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({})
        return RedirectResponse(f"/phones?{request.url.query}", 303)


async def _file(name: str, _request: Request) -> Response:
    return FileResponse(PAGES / name, headers={"cache-control": "no-cache"})


async def _form(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            return {}
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def _local(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us / SECOND_US).astimezone()


def _clock(time_us: int, now_us: int) -> str:
    moment = _local(time_us)
    return f"{moment:%H:%M}" if moment.date() == _local(now_us).date() else f"{moment:%m-%d %H:%M}"


def _mentions(text: str | Markup, names: Iterable[str]) -> Markup:
    """Colour each `@name`, in plain text and in rendered markdown, and leave the inside of tags alone."""
    mention = re.compile("|".join(f"@{re.escape(name)}" for name in sorted(names, key=len, reverse=True)))
    parts = re.split(r"(<[^>]*>)", str(escape(text)))
    coloured = (part if part.startswith("<") else mention.sub(r"<mark>\g<0></mark>", part) for part in parts)
    return Markup("".join(coloured))
