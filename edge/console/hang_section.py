"""The hang-tags of one device: which hang, hanging one, taking one off. It says that none is the physical lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from edge.client.client import Client
from edge.console.commands import Commands
from edge.console.frame import Page
from edge.console.hang_view import hang_text
from edge.console.plant_time import PlantTime
from edge.console.value_field import read_reason, reason_field
from edge.console.words import Words

TEXT_MAX = 200


class HangSection:
    """device: its name."""

    def __init__(self, page: Page, commands: Commands, device: str) -> None:
        words = self._words = page.words
        self._page, self._commands, self._device = page, commands, device
        self._shown: object = None
        with ui.element("section").classes("sheet hang-tags"):
            ui.label(words("hang.heading")).classes("heading")
            ui.label(words("hang.no_lock")).classes("no-lock")
            self._list = ui.element("div").classes("hang-list")
            if page.may_act:
                self._open = ui.button(words("hang.hang"), on_click=self._show_form).props("outline no-caps")
                with ui.element("div").classes("stage-form") as self._form:
                    self._order = _text(words, "order")
                    self._phone = _text(words, "phone").props("inputmode=tel")
                    self._reason = reason_field(words, TEXT_MAX)
                    ui.button(words("hang.hang"), on_click=self._hang).props("unelevated no-caps")
                self._form.set_visibility(False)

    def show(self, time: PlantTime) -> None:
        """By what the feed says hangs."""
        hanging = [each for each in self._page.feed.hang_tags if each["device"] == self._device]
        if (hanging, time.date) != self._shown:
            self._shown = (hanging, time.date)
            self._draw(hanging, time)

    def _draw(self, hanging: Sequence[Mapping[str, Any]], time: PlantTime) -> None:
        words = self._words
        self._list.clear()
        with self._list:
            if not hanging:
                ui.label(words("hang.none")).classes("why")
            for each in hanging:
                with ui.element("div").classes("hang-tag"):
                    ui.label(hang_text(each, words, time))
                    ui.label(words("hang.because", order=each["order"], reason=each["reason"])).classes("why")
                    if each["is_old"]:
                        ui.label(words("hang.old")).classes("hindered")
                    if each["by"] == self._page.visit.actor or self._page.may_maintain:
                        ui.button(words("hang.remove"), on_click=partial(self._remove, each)).props("outline dense no-caps")

    def _show_form(self) -> None:
        self._form.set_visibility(True)
        self._open.set_visibility(False)
        self._order.run_method("focus")

    async def _hang(self) -> None:
        words, order = self._words, (self._order.value or "").strip()
        if not order:
            self._order.run_method("focus")
            ui.notify(words("act.work_order_first"), type="warning", position="bottom")
            return
        if not (reason := read_reason(self._reason, words)):
            return
        phone = (self._phone.value or "").strip()
        ask = partial(Client.hang, device=self._device, order=order, reason=reason, phone=phone)
        if await self._commands.carry_out(ask, words("hang.hung")):
            for field in (self._order, self._phone, self._reason):
                field.set_value("")
            self._form.set_visibility(False)
            self._open.set_visibility(True)

    async def _remove(self, tag: Mapping[str, Any]) -> None:
        """One's own is taken off after a question; another person's with a reason, by who may."""
        words, own = self._words, tag["by"] == self._page.visit.actor
        with ui.dialog() as dialog, ui.card().classes("dialog"):
            ui.label(words("hang.remove_own" if own else "hang.remove_other", who=tag["by_name"])).classes("heading")
            ui.label(words("hang.remove_means")).classes("why")
            reason = reason_field(words, TEXT_MAX)
            reason.set_visibility(not own)

            def remove() -> None:
                if own or read_reason(reason, words):
                    dialog.submit(True)

            with ui.element("div").classes("acts"):
                ui.button(words("hang.remove"), on_click=remove).props("unelevated no-caps")
                ui.button(words("users.cancel"), on_click=lambda: dialog.submit(False)).props("flat no-caps")
        sure = await dialog
        said = (reason.value or "").strip()
        dialog.delete()
        if sure:
            await self._commands.carry_out(partial(Client.remove_hang_tag, tag=tag["tag"], reason=said), words("hang.removed"))


def _text(words: Words, key: str) -> ui.input:
    return ui.input(words(f"hang.{key}")).props(f"outlined dense maxlength={TEXT_MAX} autocomplete=off")
