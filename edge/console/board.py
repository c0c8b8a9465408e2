"""The console page: live alarms above, live tags below, the chosen alarm beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from edge.client.client import ApiError, Client
from edge.console.commands import Commands
from edge.console.feed import Line, Snapshot
from edge.console.frame import Frame, follow
from edge.console.grid import ACKNOWLEDGE_COLUMN, alarm_grid, tag_grid
from edge.console.panel import Panel
from edge.console.rows import PlantTime, alarm_row, tag_row
from edge.console.visits import Visit
from edge.console.words import Words

#: What a panel offers when the API could not be asked.
_NO_SHELVING: Mapping[str, Any] = {"reasons": [], "minutes": 30, "minutes_max": 480}


async def show_board(words: Words, api: str, visit: Visit, other_language: str) -> None:
    client = Client(api, token=visit.token, language=words.language)
    ui.context.client.on_delete(client.close)
    try:
        shelving: Mapping[str, Any] = await client.shelving()
    except ApiError:
        shelving = _NO_SHELVING
    frame = Frame(words, visit, other_language)
    board = Board(words, visit, Commands(client, visit.feed, words), shelving)

    def show(snapshot: Snapshot) -> None:
        frame.show(snapshot)
        board.show(snapshot)

    follow(visit, show)


class Board:
    def __init__(self, words: Words, visit: Visit, commands: Commands, shelving: Mapping[str, Any]) -> None:
        self._words, self._visit, self._commands = words, visit, commands
        may_act = "act" in visit.permissions
        with ui.element("main").classes("board") as self._root:
            with ui.element("div").classes("lists"):
                with ui.element("section").classes("alarms"):
                    ui.label(words("alarms.heading")).classes("heading")
                    self._alarms = alarm_grid(words, may_act=may_act)
                with ui.element("section").classes("tags"):
                    with ui.element("div").classes("section-head"):
                        ui.label(words("tags.heading")).classes("heading")
                        search = ui.input(words("tags.search")).props("dense outlined clearable")
                    self._tags = tag_grid(words)
            self._panel = Panel(words, commands, shelving, may_act=may_act, closed=self._close)
        search.on_value_change(lambda event: self._tags.search(event.value or ""))
        self._alarms.on_press(self._pressed)

    def show(self, snapshot: Snapshot) -> None:
        lost = snapshot.line is Line.LOST
        self._root.classes(add="old" if lost else "", remove="" if lost else "old")
        if snapshot.site is None or lost:
            return
        time = PlantTime(snapshot.site["time_zone"], snapshot.site["now"])
        self._alarms.show({alarm["alarm"]: alarm_row(alarm, self._words, time) for alarm in snapshot.alarms})
        self._tags.show({tag["tag"]: tag_row(tag, self._words) for tag in snapshot.tags})
        if self._panel.alarm_id is not None:
            self._panel.show(self._find(self._panel.alarm_id), time)

    def _find(self, alarm: str) -> Mapping[str, Any] | None:
        return next((known for known in self._visit.feed.snapshot.alarms if known["alarm"] == alarm), None)

    def _close(self) -> None:
        self._panel.close()
        self._alarms.unselect()
        self._make_room(narrow=False)

    def _make_room(self, *, narrow: bool) -> None:
        """Beside an open panel, on a small screen, the grids leave out what the panel says anyway."""
        self._alarms.show_columns(("limit", "who"), shown=not narrow)
        self._tags.show_columns(("id",), shown=not narrow)

    async def _pressed(self, alarm_id: str, column: str) -> None:
        alarm, site = self._find(alarm_id), self._visit.feed.snapshot.site
        if alarm is None or site is None:
            return
        if column == ACKNOWLEDGE_COLUMN and alarm["state"] != "acknowledged":
            occurrence = alarm["occurrence"]
            done = self._words("done.acknowledged")
            await self._commands.carry_out(lambda client: client.acknowledge(alarm_id, occurrence), done)
        else:
            self._make_room(narrow=True)
            self._panel.open(alarm, PlantTime(site["time_zone"], site["now"]))
