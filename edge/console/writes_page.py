"""Page: writes to devices, the open ones first, and the points that may be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from edge.client.client import ApiError
from edge.console.commands import Commands
from edge.console.frame import Frame, Page, follow
from edge.console.plain_table import Cell, PlainTable
from edge.console.plant_time import PlantTime
from edge.console.rows import tag_path
from edge.console.words import Words
from edge.console.write_table import WriteTable
from edge.console.write_view import grant_texts, hindrances, open_first

ASK_EVERY_S = 2.0
#: Writes shown; a point keeps its last ten, the journal has all.
SHOWN_MAX = 100
GRANT_COLUMNS = ("point", "allowed", "step", "role", "two_step", "rules", "now")


async def show_writes(page: Page) -> None:
    frame = Frame(page)
    with ui.element("main").classes("stages"):
        writes = WritesPage(page)
    follow(page, frame.show)
    ui.timer(0, writes.refresh, once=True)
    ui.timer(ASK_EVERY_S, writes.refresh)


class WritesPage:
    def __init__(self, page: Page) -> None:
        words = self._words = page.words
        self._page, self._client = page, page.client()
        with ui.element("section").classes("sheet"):
            ui.label(words("writes.heading")).classes("heading")
            ui.label(words("writes.no_safety")).classes("why")
            self._table = WriteTable(words, Commands(self._client, page.feed, words))
        with ui.element("section").classes("sheet"):
            ui.label(words("writes.granted")).classes("heading")
            headers = [words(f"grant.column.{column}") for column in GRANT_COLUMNS]
            self._granted = PlainTable(headers, words("writes.none_granted"))

    async def refresh(self) -> None:
        time = self._page.time
        if time is None:
            return
        try:
            points: Sequence[Mapping[str, Any]] = (await self._client.writes())["points"]
        except ApiError:
            return
        self._table.show(open_first(points)[:SHOWN_MAX], time)
        self._granted.show([self._grant_cells(point, self._words, time) for point in points if point["grant"] is not None])

    def _grant_cells(self, point: Mapping[str, Any], words: Words, time: PlantTime) -> list[Cell]:
        texts, device = grant_texts(point, words), point["tag"].rpartition(".")[0]
        hanging = [each for each in self._page.feed.hang_tags if each["device"] == device]
        named = " · ".join(filter(None, (words.of(point["device_words"]), words.of(point["words"]))))
        now = words("list_separator").join(hindrances(point, hanging, words, time))
        told = {**texts, "now": now}
        return [
            Cell(named or point["tag"], href=tag_path(point["tag"], words)),
            *(Cell(told[column], column) for column in GRANT_COLUMNS[1:]),
        ]
