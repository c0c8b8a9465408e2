"""Page: what every tag shows now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from edge.console.choice import Choice, area_choices
from edge.console.columns import AGE_COLUMN, QUALITIES, tag_grid
from edge.console.feed import Line, News
from edge.console.frame import Frame, Page, follow
from edge.console.plant_time import milliseconds

#: Values that change more often than this are shown as they are then, to spare browser and reader.
SHOW_EVERY_S = 1.0


async def show_tags(page: Page) -> None:
    _show(page, None)


async def show_device_tags(page: Page, device: str) -> None:
    _show(page, device)


def _show(page: Page, device: str | None) -> None:
    frame = Frame(page)
    tags = TagsPage(page, device)

    def show(news: News) -> None:
        frame.show(news)
        tags.take(news)

    follow(page, show)
    ui.timer(SHOW_EVERY_S, tags.show)


class TagsPage:
    """device: the one whose tags are shown; None: those of all."""

    def __init__(self, page: Page, device: str | None) -> None:
        words = page.words
        self._page, self._device = page, device
        self._moved: set[str] = set()
        with ui.element("main").classes("board") as self._root, ui.element("section").classes("tags"):
            with ui.element("div").classes("section-head"):
                ui.label(words("tags.heading") if device is None else words("tags.of", device=device)).classes("heading")
                self._choice = Choice(
                    words,
                    {
                        "area_key": (words("column.place"), {}),
                        "quality_key": (words("column.quality"), {key: words(f"quality.{key}") for key in QUALITIES}),
                    },
                    chosen=lambda: self._tags.choose(self._choice.wanted),
                    searched=self._search,
                )
            self._tags = tag_grid(words)

    def _search(self, text: str) -> None:
        self._tags.search(text)

    def take(self, news: News) -> None:
        """All of it at once; of what moves then, note what there will be to show."""
        lost = news.line is Line.LOST
        self._root.classes(add="old" if lost else "", remove="" if lost else "old")
        if self._page.time is None or (lost and not news.change.full):
            return
        self._moved |= news.change.tags
        if news.change.full:
            self._choice.offer("area_key", area_choices(self._page.mirror.tags.values(), self._page.words))
            self._tags.replace(self._page.rows.tag(tag) for tag in self._page.mirror.tags.values() if self._has(tag))
            self.show()

    def show(self) -> None:
        """What moved since the last time."""
        time, tags = self._page.time, self._page.mirror.tags
        if time is None:
            return
        moved, self._moved = self._moved, set()
        if moved:
            self._tags.show([self._page.rows.tag(tags[name]) for name in moved if name in tags and self._has(tags[name])])
        self._tags.tell_time(milliseconds(time.now), AGE_COLUMN)

    def _has(self, tag: Mapping[str, Any]) -> bool:
        return self._device in (None, tag["device"])
