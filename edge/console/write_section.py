"""Of one tag: what may be written to it, the form for whoever may, and its last writes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from nicegui import ui

from edge.client.client import Client
from edge.console.commands import Commands
from edge.console.facts import Facts
from edge.console.frame import Page
from edge.console.plant_time import PlantTime
from edge.console.quantity import span
from edge.console.value_field import ValueField, read_reason, reason_field
from edge.console.write_table import WriteTable
from edge.console.write_view import grant_texts, hindrances

REASON_MAX = 200
_FACTS = ("allowed", "step", "role", "two_step", "rate", "read_back", "rules")


class WriteSection:
    """point: as the API says it, with or without a grant. device: of the tag."""

    def __init__(self, page: Page, commands: Commands, point: Mapping[str, Any], device: str) -> None:
        words = self._words = page.words
        self._page, self._commands, self._point, self._device = page, commands, point, device
        with ui.element("section").classes("sheet"):
            ui.label(words("writes.one_heading")).classes("heading")
            if point["grant"] is None:
                ui.label(words("writes.no_grant")).classes("why")
            else:
                Facts({key: words(f"grant.{key}") for key in _FACTS}).show(grant_texts(point, words))
            self._hindered = ui.label("").classes("hindered")
            self._may_write = bool(point["may_write"])
            if self._may_write:
                self._build_form()
            elif point["grant"] is not None:
                ui.label(words("writes.not_your_role", role=words(f"role.{point['grant']['role']}"))).classes("why")
            self._table = WriteTable(words, commands, of_one=True)

    def _build_form(self) -> None:
        words, grant = self._words, self._point["grant"]
        if grant["two_step_s"] is not None:
            ui.label(words("writes.two_step_means", span=span(grant["two_step_s"], words))).classes("why")
        with ui.element("div").classes("stage-form"):
            self._value = ValueField(self._point, words, words("writes.column.value"), grant["values"])
            self._reason = reason_field(words, REASON_MAX)
            self._button = ui.button(words("writes.write"), on_click=self._ask).props("unelevated no-caps")

    def show(self, point: Mapping[str, Any], now: str, time: PlantTime) -> None:
        """now: what the tag shows, as it is to be read before writing."""
        self._point, self._now = point, now
        hanging = [each for each in self._page.feed.hang_tags if each["device"] == self._device]
        told = hindrances(point, hanging, self._words, time)
        self._hindered.set_text("\n".join(told))
        self._hindered.set_visibility(bool(told))
        if self._may_write:
            self._button.set_enabled(not hanging)
        self._table.show([(point, write) for write in point["writes"]], time)

    async def _ask(self) -> None:
        """Once more before it leaves: what is there, and what it becomes."""
        words = self._words
        value = self._value.read()
        if value is None or not (reason := read_reason(self._reason, words)):
            return
        shown = self._value.shown(value)
        with ui.dialog() as dialog, ui.card().classes("dialog"):
            ui.label(words("writes.sure", tag=self._point["tag"])).classes("heading")
            ui.label(f"{self._now or '—'} → {shown}").classes("from-to")
            two_step = self._point["grant"]["two_step_s"] is not None
            ui.label(words("writes.sure_second" if two_step else "writes.sure_now")).classes("why")
            with ui.element("div").classes("acts"):
                ui.button(words("writes.write"), on_click=lambda: dialog.submit(True)).props("unelevated no-caps")
                ui.button(words("users.cancel"), on_click=lambda: dialog.submit(False)).props("flat no-caps")
        sure = await dialog
        dialog.delete()
        if not sure:
            return
        ask = partial(Client.write_point, tag=self._point["tag"], value=value, reason=reason)
        if await self._commands.carry_out(ask, words("writes.waits" if two_step else "writes.taken")):
            self._value.clear()
            self._reason.set_value("")
