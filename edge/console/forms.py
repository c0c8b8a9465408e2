"""The forms of the entry, as plain posts: set up, log in, log out.

Posts and not web-socket events, because only an HTTP answer can set a new cookie: the ticket is another one after each log-in,
so that nobody can be lured into a visit that somebody else has opened.
"""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from edge.client.client import ApiError, ApiRefusal, ApiUnreachable, Client
from edge.console.door import BESIDE, NAME, TICKET, TOLD
from edge.console.visits import Visits
from edge.console.words import Words
from edge.texts import LANGUAGES

#: Name, password and code are each bounded by the API, far below this.
FORM_MAX = 4_096
NAME_MAX = 64
CODE_MAX = 100


class FormTooLong(Exception):
    """More than anybody types."""


def entry_forms(visits: Visits) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.post("/{language}/log-in")
    async def log_in(request: Request, language: str) -> Response:
        return await _enter(request, language, with_code=False)

    @router.post("/{language}/set-up")
    async def set_up(request: Request, language: str) -> Response:
        return await _enter(request, language, with_code=True)

    @router.post("/{language}/log-out")
    async def log_out(request: Request, language: str) -> Response:
        visit = visits.end(request.session.pop(TICKET, None))
        if visit is not None:
            async with Client(visits.api, token=visit.token) as client:
                with suppress(ApiError):  # the token is forgotten here; it ends by itself there
                    await client.log_out()
        return _back(language)

    async def _enter(request: Request, language: str, *, with_code: bool) -> Response:
        words = Words(language if language in LANGUAGES else LANGUAGES[0])
        form: dict[str, str] = {}
        try:
            form = await _read(request)
            request.session[NAME] = form.get("name", "")[:NAME_MAX]
            async with Client(visits.api, language=words.language) as client:
                if with_code:
                    await client.set_up(form.get("code", ""), form.get("name", ""), form.get("password", ""))
                else:
                    await client.log_in(form.get("name", ""), form.get("password", ""))
                me = await client.me()
                del request.session[NAME]
                visits.end(request.session.pop(TICKET, None))
                request.session[TICKET] = visits.begin(
                    me["account"], me["actor"], frozenset(me["permissions"]), client.token or ""
                )
        except ApiRefusal as refusal:
            beside = beside_fields(refusal, words)
            request.session[BESIDE if beside else TOLD] = beside or str(refusal)
        except ApiUnreachable:
            request.session[TOLD] = words("entry.no_answer")
        except FormTooLong:
            request.session[TOLD] = words("entry.too_long")
        # The code came with the address that the terminal shows: it stays there until it is of no more use.
        return _back(words.language, form.get("code", "") if with_code and BESIDE in request.session else "")

    return router


def beside_fields(refusal: ApiRefusal, words: Words) -> dict[str, str]:
    """What is wrong with which field, in words; empty when it is not about one of them."""
    if refusal.key == "wrong_code":
        return {"code": str(refusal)}
    if refusal.key != "invalid":
        return {}
    named = str(refusal.data.get("fields", "")).split(", ")
    return {field: words(f"entry.wrong_{field}") for field in ("code", "name", "password") if field in named}


def _back(language: str, code: str = "") -> Response:
    """303, so that reloading the page never posts again. Never to an address that the request named."""
    asked = f"?code={quote(code[:CODE_MAX])}" if code else ""
    return RedirectResponse(f"/{language if language in LANGUAGES else ''}{asked}", status_code=303)


async def _read(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded form; the last one counts of several with one name."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_MAX:
            raise FormTooLong
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items()}
