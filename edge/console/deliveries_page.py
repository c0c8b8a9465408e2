"""Page: who was told what, when it arrived, and who pressed; newest first, paged by the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from edge.client.client import ApiError
from edge.console.choice import Choice
from edge.console.delivery_rows import PURPOSES, STATES, delivery_row
from edge.console.feed import Line, News
from edge.console.frame import Frame, Page, follow
from edge.console.grid import LINK, LiveGrid
from edge.console.quota_view import QuotaLine, quota_lines
from edge.console.words import Words

ROWS_A_PAGE = 100
#: The newest page goes with what happens; an elder one stays as it is.
ASK_EVERY_S = 3.0
QUOTA_EVERY_S = 10.0


async def show_deliveries(page: Page) -> None:
    frame = Frame(page)
    deliveries = DeliveriesPage(page)

    def show(news: News) -> None:
        frame.show(news)
        deliveries.take(news)

    follow(page, show)
    ui.timer(0, deliveries.ask, once=True)
    ui.timer(ASK_EVERY_S, deliveries.catch_up)
    ui.timer(ASK_EVERY_S, deliveries.ask_quota)


class DeliveriesPage:
    def __init__(self, page: Page) -> None:
        words = self._words = page.words
        self._page, self._client = page, page.client()
        self._starts: list[int | None] = [None]
        self._next: int | None = None
        self._quota_shown: list[QuotaLine] = []
        with ui.element("main").classes("board") as self._root, ui.element("section").classes("deliveries"):
            with ui.element("div").classes("section-head"):
                ui.label(words("delivery.heading")).classes("heading")
                self._choice = Choice(
                    words,
                    {
                        "recipient": (words("delivery.column_recipient"), {}),
                        "purpose": (words("delivery.column_purpose"), {key: words(f"purpose.{key}") for key in PURPOSES}),
                        "state": (words("delivery.column_state"), {key: words(f"delivery.{key}") for key in STATES}),
                    },
                    chosen=self._begin_anew,
                )
                self._silent = ui.checkbox(words("delivery.silent"), on_change=self._begin_anew).props("dense")
                ui.element("div").classes("space")
                self._told = ui.label("").classes("why").props("role=status")
                self._newer = ui.button(words("delivery.newer"), on_click=self._go_newer).props("outline no-caps dense")
                self._older = ui.button(words("delivery.older"), on_click=self._go_older).props("outline no-caps dense")
            self._quota = ui.element("div").classes("quota").props("role=status")
            self._grid = delivery_grid(words)
        self._show_ways()

    def take(self, news: News) -> None:
        lost = news.line is Line.LOST
        self._root.classes(add="old" if lost else "", remove="" if lost else "old")

    async def catch_up(self) -> None:
        if len(self._starts) == 1 and self._page.feed.line is Line.UP:
            await self.ask()

    async def ask_quota(self) -> None:
        time = self._page.time
        if time is None or self._page.feed.line is not Line.UP:
            return
        try:
            told = await self._client.quota()
        except ApiError:
            return  # the line above the table says so
        lines = quota_lines(told["quotas"], self._words, time)
        if lines == self._quota_shown:
            return
        self._quota_shown = lines
        self._quota.clear()
        with self._quota:
            for line in lines:
                ui.label(line.text).classes("asks" if line.asks else "why")

    async def ask(self) -> None:
        wanted: Mapping[str, Any] = {
            **self._choice.wanted,
            "before": self._starts[-1],
            "changes_of_state": "show" if self._silent.value else "hide",
        }
        try:
            answer = await self._client.deliveries(ROWS_A_PAGE, **wanted)
        except ApiError as error:
            self._told.set_text(str(error))
            return
        time = self._page.time
        if time is None:
            return
        self._choice.offer("recipient", answer["recipients"])
        self._grid.replace(delivery_row(told, self._words, time) for told in answer["deliveries"])
        self._next = answer["next"]
        counts = answer["counts"]
        waiting = counts.get("waiting", 0) + counts.get("claimed", 0)
        self._told.set_text(self._words("delivery.counts", waiting=waiting, refused=counts.get("refused", 0)))
        self._show_ways()

    async def _begin_anew(self) -> None:
        self._starts = [None]
        await self.ask()

    async def _go_older(self) -> None:
        if self._next is not None:
            self._starts.append(self._next)
            await self.ask()

    async def _go_newer(self) -> None:
        if len(self._starts) > 1:
            self._starts.pop()
            await self.ask()

    def _show_ways(self) -> None:
        self._newer.set_enabled(len(self._starts) > 1)
        self._older.set_enabled(self._next is not None)


def delivery_grid(words: Words) -> LiveGrid:
    def column(key: str, **more: Any) -> dict[str, Any]:
        return {"field": key, "headerName": words(f"delivery.column_{key}"), "sortable": False, **more}

    columns = [
        {"field": "sequence", "hide": True, "sort": "desc", ":getQuickFilterText": "() => ''"},
        column("wanted", width=128),
        column("alarm", minWidth=160, flex=3, **{":cellRenderer": LINK}),
        column("device", minWidth=120, flex=2),
        column("recipient", minWidth=130, flex=2),
        column("channel", width=110),
        column("purpose", width=120),
        column("state", minWidth=130, flex=4, cellClass="state"),
        column("arrived", width=128),
        column("late", width=84, type="rightAligned", cellClass=["late", "ag-right-aligned-cell"]),
        column("pressed", minWidth=160, flex=2),
    ]
    classes = {
        f"told-{state}": f"data.state_key === '{state}'"
        for state in ("refused", "quarantined", "unknown", "expired", "late", "waiting")
    }
    room = {"device": 1_350, "late": 1_150}
    return LiveGrid(words, columns, classes, words("delivery.none"), room=room)
