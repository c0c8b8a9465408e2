"""Page: values that people enter, what is due first. Made for a telephone, for whoever walks a round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from edge.client.client import ApiError
from edge.console.commands import Commands
from edge.console.entry_section import EntrySection
from edge.console.frame import Frame, Page, follow
from edge.console.rows import tag_path

ASK_EVERY_S = 5.0
#: Of a plant that asks for more, what is due first is shown.
SHOWN_MAX = 100


async def show_entries(page: Page) -> None:
    frame = Frame(page)
    with ui.element("main").classes("stages entries"):
        entries = EntriesPage(page)
    follow(page, frame.show)
    ui.timer(0, entries.refresh, once=True)
    ui.timer(ASK_EVERY_S, entries.refresh)


class EntriesPage:
    def __init__(self, page: Page) -> None:
        self._page, self._client = page, page.client()
        self._commands = Commands(self._client, page.feed, page.words)
        self._sections: dict[str, EntrySection] = {}
        ui.label(page.words("entries.heading")).classes("heading")
        self._why = ui.label("").classes("why")
        self._root = ui.element("div").classes("entry-list")

    async def refresh(self) -> None:
        time, words = self._page.time, self._page.words
        if time is None:
            return
        try:
            entries = (await self._client.entries())[:SHOWN_MAX]
        except ApiError:
            return
        due = sum(each["is_due"] for each in entries)
        self._why.set_text(words("entries.count", count=due) if entries else words("entries.none"))
        # Nothing moves under the finger of whoever is typing.
        if [each["tag"] for each in entries] != list(self._sections) and not any(
            each.typed for each in self._sections.values()
        ):
            self._draw(entries)
        for entry in entries:
            if entry["tag"] in self._sections:
                self._sections[entry["tag"]].show(entry, time)

    def _draw(self, entries: Sequence[Mapping[str, Any]]) -> None:
        words = self._page.words
        self._root.clear()
        self._sections = {}
        with self._root:
            for entry in entries:
                with ui.element("section").classes("sheet"):
                    with ui.element("div"):
                        ui.link(words.of(entry["words"]), tag_path(entry["tag"], words)).classes("entry-what")
                        ui.label(words.of(entry["device_words"])).classes("panel-place")
                    self._sections[entry["tag"]] = EntrySection(self._page, self._commands, entry, self.refresh)
