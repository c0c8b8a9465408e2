"""Page: the journal, newest first, followed as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from edge.client.client import ApiError
from edge.console.acts import NO_SHELVING, reasons_of
from edge.console.choice import Choice
from edge.console.feed import Line, News
from edge.console.frame import Frame, Page, follow
from edge.console.grid import LINK, LiveGrid
from edge.console.journal_words import journal_row
from edge.console.words import Words

#: Those that have something to say, in the order in which they are offered.
STREAMS = ("alarm", "line", "plant", "write", "delivery", "system", "config")
ROWS_A_PAGE = 200
#: Rows kept on the page; elder ones are asked for.
ROWS_MAX = 2_000
ASK_EVERY_S = 1.0


async def show_journal(page: Page) -> None:
    frame = Frame(page)
    journal = JournalPage(page)

    def show(news: News) -> None:
        frame.show(news)
        journal.take(news)

    follow(page, show)
    ui.timer(0, journal.begin, once=True)
    ui.timer(ASK_EVERY_S, journal.catch_up)


class JournalPage:
    def __init__(self, page: Page) -> None:
        words = self._words = page.words
        self._page, self._client = page, page.client()
        self._shelving: Mapping[str, Any] = NO_SHELVING
        self._newest: int | None = None
        self._eldest = 0
        with ui.element("main").classes("board") as self._root, ui.element("section").classes("journal"):
            with ui.element("div").classes("section-head"):
                ui.label(words("journal.heading")).classes("heading")
                streams = {key: words(f"journal.stream.{key}") for key in STREAMS}
                self._choice = Choice(
                    words,
                    {"stream_key": (words("journal.about"), streams)},
                    chosen=lambda: self._grid.choose(self._choice.wanted),
                    searched=self._search,
                )
                ui.element("div").classes("space")
                self._older = ui.button(words("delivery.older"), on_click=self._go_older).props("outline no-caps dense")
            self._grid = journal_grid(words)

    def _search(self, text: str) -> None:
        self._grid.search(text)

    def take(self, news: News) -> None:
        lost = news.line is Line.LOST
        self._root.classes(add="old" if lost else "", remove="" if lost else "old")

    async def begin(self) -> None:
        try:
            self._shelving = await self._client.shelving()
            rows = await self._client.journal_back(limit=ROWS_A_PAGE)
        except ApiError:
            return
        self._newest = rows[0]["sequence"] if rows else 0
        self._show(rows)

    async def catch_up(self) -> None:
        if self._page.feed.line is not Line.UP:
            return
        if self._newest is None:
            await self.begin()
            return
        try:
            rows = await self._client.journal(self._newest, ROWS_A_PAGE)
        except ApiError:
            return
        if rows:
            self._newest = rows[-1]["sequence"]
            self._show(rows)

    async def _go_older(self) -> None:
        try:
            self._show(await self._client.journal_back(self._eldest, ROWS_A_PAGE))
        except ApiError as error:
            ui.notify(str(error), type="warning", position="bottom")

    def _show(self, told: list[dict[str, Any]]) -> None:
        time = self._page.time
        if time is None:
            self._newest = None
            return
        reasons = reasons_of(self._shelving, self._words)
        rows = [journal_row(each, self._words, time, reasons) for each in told]
        known = sorted({int(key) for key in self._grid.known} | {row["sequence"] for row in rows}, reverse=True)
        self._grid.show(rows, gone=[str(sequence) for sequence in known[ROWS_MAX:]])
        self._eldest = known[-1] if known else 0
        self._older.set_enabled(self._eldest > 1 and len(known) < ROWS_MAX)


def journal_grid(words: Words) -> LiveGrid:
    def column(key: str, header: str = "", **more: Any) -> dict[str, Any]:
        return {"field": key, "headerName": words(f"journal.{header or key}"), "sortable": False, **more}

    columns = [
        {"field": "sequence", "hide": True, "sort": "desc", ":getQuickFilterText": "() => ''"},
        column("time", width=128),
        column("subject", minWidth=220, flex=3, **{":cellRenderer": LINK}),
        column("kind", "what", width=190, cellClass="kind"),
        column("who", minWidth=110, flex=1),
        column("text", minWidth=220, flex=4),
    ]
    return LiveGrid(words, columns, {}, words("journal.none"), filters=("stream_key",))
