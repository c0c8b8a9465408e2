"""Page: the alarms that somebody has to look at, the chosen one beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from nicegui import ui

from edge.client.client import ApiError, ApiRefusal, Client
from edge.console.acts import NO_SHELVING
from edge.console.choice import Choice, area_choices
from edge.console.columns import ACKNOWLEDGE_COLUMN, PRIORITIES, STATES, TICK_COLUMN, WHAT_COLUMN, alarm_grid
from edge.console.commands import Commands
from edge.console.feed import Line, News
from edge.console.frame import Frame, Page, follow
from edge.console.panel import Panel
from edge.console.rows import can_acknowledge
from edge.model.alarm import Priority

#: Acknowledgements under way at once.
_AT_ONCE = 8


async def show_alarms(page: Page) -> None:
    client = page.client()
    try:
        shelving: Mapping[str, Any] = await client.shelving()
    except ApiError:
        shelving = NO_SHELVING
    frame = Frame(page)
    alarms = AlarmsPage(page, Commands(client, page.feed, page.words), shelving)

    def show(news: News) -> None:
        frame.show(news)
        alarms.show(news)

    follow(page, show)


class AlarmsPage:
    def __init__(self, page: Page, commands: Commands, shelving: Mapping[str, Any]) -> None:
        words = self._words = page.words
        self._page, self._commands = page, commands
        self._date = ""
        with ui.element("main").classes("board") as self._root:
            with ui.element("section").classes("alarms"):
                with ui.element("div").classes("section-head"):
                    ui.label(words("alarms.heading")).classes("heading")
                    self._choice = Choice(
                        words,
                        {
                            "area_key": (words("column.place"), {}),
                            "priority_key": (words("column.priority"), {key: words(f"priority.{key}") for key in PRIORITIES}),
                            "state_key": (words("column.state"), {key: words(f"state.{key}") for key in STATES}),
                        },
                        chosen=lambda: self._alarms.choose(self._choice.wanted),
                        searched=self._search,
                    )
                    if page.may_act:
                        ui.button(words("alarms.acknowledge_ticked"), on_click=self._acknowledge_ticked).props(
                            "outline no-caps dense"
                        )
                self._alarms = alarm_grid(words, may_act=page.may_act)
            self._panel = Panel(words, commands, shelving, page)
        self._alarms.on_press(self._pressed)

    def _search(self, text: str) -> None:
        self._alarms.search(text)

    def show(self, news: News) -> None:
        lost = news.line is Line.LOST
        self._root.classes(add="old" if lost else "", remove="" if lost else "old")
        time = self._page.time
        if time is None or (lost and not news.change.full):
            return
        mirror, change = self._page.mirror, news.change
        if change.full or time.date != self._date:
            # Moments of another day show their date: at midnight every row does.
            self._date = time.date
            self._choice.offer("area_key", area_choices(mirror.tags.values(), self._words))
            most_urgent_first = sorted(mirror.alarms.values(), key=_urgency)
            self._alarms.replace(self._page.rows.alarm(alarm, time, self._date) for alarm in most_urgent_first)
        else:
            known = [key for key in change.alarms | change.values if key in mirror.alarms]
            rows = [self._page.rows.alarm(mirror.alarms[key], time, self._date) for key in known]
            self._alarms.show(rows, gone=change.alarms - set(known))
        chosen = self._panel.alarm_id
        if chosen is not None and (change.full or chosen in change.alarms | change.values):
            self._panel.show(mirror.alarms.get(chosen), time)

    async def _pressed(self, alarm_id: str, column: str) -> None:
        alarm, time = self._page.mirror.alarms.get(alarm_id), self._page.time
        if alarm is None or time is None or column in {TICK_COLUMN, WHAT_COLUMN}:
            return
        if column == ACKNOWLEDGE_COLUMN and can_acknowledge(alarm):
            occurrence = alarm["occurrence"]
            done = self._words("done.acknowledged")
            await self._commands.carry_out(lambda client: client.acknowledge(alarm_id, occurrence), done)
        else:
            self._panel.open(alarm, time)

    async def _acknowledge_ticked(self) -> None:
        """All that are ticked and shown, and that nobody has acknowledged."""
        ticked = [self._page.mirror.alarms.get(key) for key in await self._alarms.ticked()]
        waiting = [(alarm["alarm"], alarm["occurrence"]) for alarm in ticked if alarm is not None and can_acknowledge(alarm)]
        if not waiting:
            ui.notify(self._words("alarms.nothing_ticked"), type="warning", position="bottom")
            return
        done = self._words("done.acknowledged_many", count=len(waiting))
        if await self._commands.carry_out(lambda client: _acknowledge_all(client, waiting), done):
            self._alarms.unselect()


async def _acknowledge_all(client: Client, waiting: list[tuple[str, int]]) -> None:
    """Raises the first refusal or silence when all were asked for. That somebody else was quicker with one is no refusal."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(alarm: str, occurrence: int) -> None:
        async with room:
            await client.acknowledge(alarm, occurrence)

    answers = await asyncio.gather(*(one(*each) for each in waiting), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, ApiRefusal) and answer.data.get("reason") == "already_acknowledged":
            continue
        if isinstance(answer, BaseException):
            raise answer


def _urgency(alarm: Mapping[str, Any]) -> tuple[int, str]:
    """What has to be on the screen first; the table sorts by the same."""
    return Priority(alarm["priority"]).rank, alarm["raised"] or ""
