"""A table of writes, with the buttons of the second step where the viewer may press them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from edge.client.client import Client
from edge.console.commands import Commands
from edge.console.plant_time import PlantTime
from edge.console.rows import tag_path
from edge.console.words import Words
from edge.console.write_view import COLUMNS, means_text, write_texts

Form = Mapping[str, Any]


class WriteTable:
    """of_one: all are of one point, which then has no column."""

    def __init__(self, words: Words, commands: Commands, *, of_one: bool = False) -> None:
        self._words, self._commands = words, commands
        self._columns = [column for column in COLUMNS if not (of_one and column == "point")]
        self._shown: object = None
        self._root = ui.element("div").classes("plain writes")

    def show(self, writes: Sequence[tuple[Form, Form]], time: PlantTime) -> None:
        """Each with its point. Drawn anew only when something is new: who is about to press must not miss."""
        wanted = ([(point["tag"], write) for point, write in writes], time.date)
        if wanted == self._shown:
            return
        self._shown = wanted
        words = self._words
        self._root.clear()
        with self._root:
            if not writes:
                ui.label(words("writes.none")).classes("why")
                return
            with ui.element("table").classes("stacking"):
                with ui.element("thead"), ui.element("tr"):
                    for column in self._columns:
                        with ui.element("th"):
                            ui.label(words(f"writes.column.{column}"))
                with ui.element("tbody"):
                    for point, write in writes:
                        self._draw(point, write, time)

    def _draw(self, point: Form, write: Form, time: PlantTime) -> None:
        words, texts = self._words, write_texts(point, write, self._words, time)
        with ui.element("tr").classes(f"write-{write['state']}"):
            for column in self._columns:
                with ui.element("td").classes(column):
                    if column == "point":
                        ui.link(texts["point"], tag_path(point["tag"], words))
                    else:
                        ui.label(texts[column])
                    if column == "asked":
                        ui.label(write["write"].rpartition("~")[2]).classes("soft")
                    if column == "state":
                        ui.label(means_text(point, write, words, time)).classes("means")
                        self._draw_second_step(write)

    def _draw_second_step(self, write: Form) -> None:
        words = self._words
        if not (write["may_confirm"] or write["may_refuse"]):
            return
        with ui.element("div").classes("second-step"):
            if write["may_confirm"]:
                ui.button(words("writes.confirm"), on_click=partial(self._confirm, write["write"])).props(
                    "unelevated no-caps dense"
                )
            if write["may_refuse"]:
                label = words("writes.refuse" if write["may_confirm"] else "writes.take_back")
                ui.button(label, on_click=partial(self._refuse, write["write"])).props("outline no-caps dense")

    async def _confirm(self, write: str) -> None:
        await self._commands.carry_out(partial(Client.confirm_write, write=write), self._words("writes.confirmed"))
        self._shown = None

    async def _refuse(self, write: str) -> None:
        await self._commands.carry_out(partial(Client.refuse_write, write=write), self._words("writes.refused"))
        self._shown = None
