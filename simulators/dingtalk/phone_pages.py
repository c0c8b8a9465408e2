"""The phones over HTTP: boards and single phones as pages, what is new on them, and what persons do with them.

A page is complete as it comes, and every link and form works by itself. `pages/live.js` keeps it alive: a server-sent event
says that something changed, and the page asks for the news since it last did.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from simulators.dingtalk.phone_board import Board, read_board
from simulators.dingtalk.phone_drawing import PAGES, PhoneDrawing
from simulators.dingtalk.presses import PersonError
from simulators.dingtalk.shell import Shell

FORM_BYTES_MAX = 65_536

#: A comment line now and then shows both ends that the line is alive.
STILL_HERE_S = 15.0

NOT_STORED = {"cache-control": "no-store"}

#: A page needs nothing but what this server gives it, and what a message smuggled in could reach nobody else.
PAGE_HEADERS = NOT_STORED | {
    "content-security-policy": "default-src 'self'; img-src data:; base-uri 'none'; form-action 'self'"
}


class PhonePages:
    """default_language: of a board when its address has no `lang`."""

    def __init__(self, shell: Shell, *, default_language: str) -> None:
        self._shell = shell
        self._cloud = shell.cloud
        self._drawing = PhoneDrawing(shell.cloud)
        self._default_language = default_language
        self._files = {path.name: path for path in PAGES.iterdir() if path.suffix in (".css", ".js")}

    def routes(self) -> list[Route]:
        return [
            Route("/phones", self.board),
            Route("/phones/news", self.news),
            Route("/phones/part", self.part),
            Route("/phones/changes", self.changes),
            Route("/phones/press", self.press, methods=["POST"]),
            Route("/phones/say", self.say, methods=["POST"]),
            Route("/phones/answer", self.answer, methods=["POST"]),
            Route("/phones/ledger", self.ledger),
            Route("/phones/files/{name}", self.file),
            # Last: a user id may be any other word.
            Route("/phones/{user}", self.alone),
        ]

    async def board(self, request: Request) -> Response:
        """`/phones?people=&lang=`: several phones. An open chat counts as read."""
        if not self._cloud.organisation.persons:
            return PlainTextResponse("The organisation has no persons.")
        return self._whole(self._board_of(request.query_params))

    async def alone(self, request: Request) -> Response:
        """`/phones/USER`: one phone that fills the window."""
        user_id = request.path_params["user"]
        if self._cloud.organisation.person(user_id) is None:
            return RedirectResponse("/phones", 303)
        return self._whole(self._board_of({**request.query_params, "alone": user_id}))

    def _whole(self, board: Board) -> Response:
        self._read(board)
        return HTMLResponse(self._drawing.board(board, self._shell.now_us()), headers=PAGE_HEADERS)

    async def news(self, request: Request) -> Response:
        """JSON of what changed since `since`, in microseconds, on the board that the rest of the query describes."""
        since = request.query_params.get("since", "")
        board = self._board_of(request.query_params)
        self._read(board)
        news = self._drawing.news(board, int(since) if since.isdecimal() else 0, self._shell.now_us())
        return JSONResponse(news, headers=NOT_STORED)

    async def part(self, request: Request) -> Response:
        """HTML of one phone, `of`, on the board that the rest of the query describes."""
        board, user_id = self._board_of(request.query_params), request.query_params.get("of", "")
        if user_id not in board.people:
            return PlainTextResponse(f"{user_id} is not on this board", 404)
        self._read(board)
        return HTMLResponse(self._drawing.phone(board, user_id, self._shell.now_us()), headers=PAGE_HEADERS)

    async def changes(self, _request: Request) -> Response:
        """Server-sent events: one line whenever a phone or the ledger shows something new."""
        return StreamingResponse(self._changes(), media_type="text/event-stream", headers=NOT_STORED)

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
        """A touch of a button. A phone that still shows an older card sends what that one offered, as real ones do: it is for
        the app to answer that the card is no longer so."""

        def act(user_id: str, fields: Mapping[str, str]) -> None:
            out_track_id, shown = fields.get("out_track_id", ""), fields.get("revision", "")
            card = self._cloud.cards.find(out_track_id)
            self._cloud.press(
                user_id,
                out_track_id,
                fields.get("action", ""),
                {"choice": fields["choice"]} if fields.get("choice") else {},
                now_us=self._shell.now_us(),
                stale=card is not None and shown.isdecimal() and int(shown) < card.revision,
            )

        return await self._act(request, act)

    async def say(self, request: Request) -> Response:
        """A text into the chat `chat`."""

        def act(user_id: str, fields: Mapping[str, str]) -> None:
            self._cloud.say(user_id, fields.get("chat", ""), fields.get("text", ""), self._shell.now_us())

        return await self._act(request, act)

    async def answer(self, request: Request) -> Response:
        """What a person does with a call, a DING, a conference or a to-do."""

        def act(user_id: str, fields: Mapping[str, str]) -> None:
            kind, key, does = (fields.get(name, "") for name in ("kind", "key", "does"))
            self._cloud.answer(user_id, kind, key, does, self._shell.now_us())

        return await self._act(request, act)

    async def _act(self, request: Request, act: Callable[[str, Mapping[str, str]], Any]) -> Response:
        fields, query = await _form(request), request.query_params
        board, user_id = self._board_of(query), query.get("by", "")
        scripted = "application/json" in request.headers.get("accept", "")
        try:
            act(user_id, fields)
        except PersonError as error:
            told = self._drawing.hindrance(board, user_id, error.hindrance)
            return JSONResponse({"told": told, "problem": str(error)}, 409) if scripted else PlainTextResponse(told, 409)
        self._shell.acted()
        return JSONResponse({}) if scripted else RedirectResponse(board.address, 303)

    async def ledger(self, request: Request) -> Response:
        """`/phones/ledger?lang=&name=&subject=`: what each call did, and what it cost."""
        query, now_us = request.query_params, self._shell.now_us()
        wanted = {name: query.get(name, "") for name in ("name", "subject")}
        return HTMLResponse(self._drawing.ledger(self._board_of(query), wanted, now_us), headers=PAGE_HEADERS)

    async def file(self, request: Request) -> Response:
        path = self._files.get(request.path_params["name"])
        return FileResponse(path, headers={"cache-control": "no-cache"}) if path else PlainTextResponse("no such file", 404)

    def _board_of(self, query: Mapping[str, str]) -> Board:
        return read_board(query, self._cloud.organisation, self._default_language)

    def _read(self, board: Board) -> None:
        """What is open is being read."""
        for user_id in board.people:
            self._cloud.mark_read(user_id, board.chats.get(user_id, ""))
        self._shell.acted()


async def _form(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            return {}
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
