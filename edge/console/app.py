"""The application of the console: its pages in both languages, the forms of the entry, the door before them."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from nicegui import app as pages
from nicegui import ui
from nicegui.language import Language
from starlette.middleware.sessions import SessionMiddleware

from edge.console.accounts import show_accounts
from edge.console.alarm_page import show_alarm
from edge.console.alarms_page import show_alarms
from edge.console.connections_page import show_connections
from edge.console.deliveries_page import show_deliveries
from edge.console.door import BESIDE, LANGUAGE, NAME, TICKET, TOLD, GoneBrowsers, SameOrigin, visit_of
from edge.console.entries_page import show_entries
from edge.console.entry import show_entry
from edge.console.feed import EVERY_S
from edge.console.forms import entry_forms
from edge.console.frame import (
    ALARMS_PATH,
    CONNECTIONS_PATH,
    DELIVERIES_PATH,
    ENTRIES_PATH,
    JOURNAL_PATH,
    PERFORMANCE_PATH,
    STAGES_PATH,
    TAGS_PATH,
    USERS_PATH,
    WRITES_PATH,
    Page,
)
from edge.console.journal_page import show_journal
from edge.console.performance_page import show_performance
from edge.console.row_book import RowBook
from edge.console.stages_page import show_stages
from edge.console.tag_page import show_tag
from edge.console.tags_page import show_device_tags, show_tags
from edge.console.visits import Visits
from edge.console.words import Words
from edge.console.writes_page import show_writes
from edge.texts import LANGUAGES

STYLE = Path(__file__).with_name("console.css")
HORN = Path(__file__).with_name("horn.js")

#: What NiceGUI's own words are in, and the `lang` of the page: it decides which glyphs a browser takes for Chinese.
_BROWSER_LANGUAGE: Mapping[str, Language] = {"zh": "zh-CN", "en": "en-US"}
_OTHER = {"zh": "en", "en": "zh"}
#: A browser that was gone for no longer than this goes on with its page as it was.
RECONNECT_S = 30.0
#: A slow agent may take this long to answer before a page gives up being built.
RESPONSE_S = 25.0
VISIT_MAX_S = 7 * 24 * 3600

#: The page, and what of its address is a name: an alarm's id, a tag's.
Show = Callable[..., Awaitable[None]]
#: Addresses below the language; an alarm's id has a `/`.
_PAGES: Mapping[str, Show] = {
    ALARMS_PATH: show_alarms,
    "/alarms/{name:path}": show_alarm,
    TAGS_PATH: show_tags,
    TAGS_PATH + "/{name}": show_tag,
    TAGS_PATH + "/of/{device}": show_device_tags,
    CONNECTIONS_PATH: show_connections,
    WRITES_PATH: show_writes,
    ENTRIES_PATH: show_entries,
    DELIVERIES_PATH: show_deliveries,
    JOURNAL_PATH: show_journal,
    STAGES_PATH: show_stages,
    PERFORMANCE_PATH: show_performance,
    USERS_PATH: show_accounts,
}


def create_console(api: str, *, language: str, port: int, every_s: float = EVERY_S) -> FastAPI:
    """language: for browsers that have not chosen. port: where it will be served, so that two consoles on one machine do not
    take each other's cookies. every_s: how often the API is asked what has changed."""
    visits = Visits(api, every_s)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    async def choose_language(request: Request) -> Response:
        """An address as somebody says it to somebody else, without a language."""
        chosen = request.session.get(LANGUAGE)
        code = request.url.query if request.query_params.get("code") else ""
        path = quote(str(request.scope["path"]).rstrip("/"))
        return RedirectResponse(f"/{chosen if chosen in LANGUAGES else language}{path}" + (f"?{code}" if code else ""))

    for path in _PAGES:
        app.add_api_route(path or "/", choose_language, include_in_schema=False)
    app.include_router(entry_forms(visits))
    for one in LANGUAGES:
        rows = RowBook(Words(one))
        for path, show in _PAGES.items():
            _add_page(visits, rows, one, path, show)
    pages.add_static_file(local_file=STYLE, url_path="/console.css", max_cache_age=0)
    pages.add_static_file(local_file=HORN, url_path="/horn.js", max_cache_age=0)
    ui.add_head_html('<link rel="stylesheet" href="/console.css"><script src="/horn.js"></script>', shared=True)
    ui.run_with(
        app,
        title="Andon",
        favicon="🚨",
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=RECONNECT_S,
        show_welcome_message=False,
    )
    # Added after run_with, which would otherwise keep a file for each browser beside us; a visit is in memory alone.
    # The key is new at each start, as are the visits: a ticket of an earlier start opens nothing.
    app.add_middleware(
        SessionMiddleware,
        secret_key=secrets.token_urlsafe(32),
        session_cookie=f"andon_console_{port}",
        max_age=VISIT_MAX_S,
        same_site="lax",
    )
    app.add_middleware(SameOrigin)
    app.add_middleware(GoneBrowsers)
    return app


def _add_page(visits: Visits, rows: RowBook, language: str, path: str, show: Show) -> None:
    """A page behind the log-in; who has none gets the entry at the same address."""
    words = Words(language)

    @ui.page(
        f"/{language}{path}",
        title=words("title"),
        language=_BROWSER_LANGUAGE[language],
        response_timeout=RESPONSE_S,
    )
    async def page(request: Request) -> None:
        ui.colors(
            primary="#37546d", secondary="#5b6770", accent="#37546d", info="#37546d", warning="#8a5a00", negative="#8f1d1d"
        )
        told, name = str(request.session.pop(TOLD, "")), str(request.session.pop(NAME, ""))
        beside = dict(request.session.pop(BESIDE, {}))
        request.session[LANGUAGE] = language
        visit = visit_of(request, visits)
        if visit is not None and visit.is_over:
            visits.end(request.session.pop(TICKET, None))
            visit = None
        if visit is None:
            code = request.query_params.get("code", "")[:100]
            await show_entry(words, visits.api, _OTHER[language], told=told, beside=beside, name=name, code=code)
        else:
            below = str(request.scope["path"]).removeprefix(f"/{language}")
            opened = Page(words, visit, visits.api, below, _OTHER[language], rows)
            await show(opened, *request.path_params.values())
