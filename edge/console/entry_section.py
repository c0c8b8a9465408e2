"""A tag without a wire: what is due, and the field in which its value is entered. Two taps and a number, on a telephone too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from nicegui import ui

from edge.client.client import ApiRefusal, Client
from edge.console.commands import Commands
from edge.console.frame import Page
from edge.console.plant_time import PlantTime
from edge.console.value_field import ValueField
from edge.console.value_view import asked_text, due_text, last_text

#: The API asks for a second word: the value is outside of what is plausible.
CONFIRM = "confirm_implausible"
SWITCH = (0.0, 1.0)


class EntrySection:
    """entry: as the API says it. entered: called when a value was taken."""

    def __init__(self, page: Page, commands: Commands, entry: Mapping[str, Any], entered: Any = None) -> None:
        words = self._words = page.words
        self._page, self._commands, self._entry, self._entered = page, commands, entry, entered
        self._due = ui.label("").classes("due")
        self._last = ui.label("").classes("why")
        if asked := asked_text(entry, words):
            ui.label(asked).classes("why")
        if not page.may_act:
            ui.label(words("panel.may_only_look")).classes("why")
            return
        with ui.element("div").classes("entry-form"):
            choices = SWITCH if entry["is_switch"] else [each["value"] for each in entry["states"]]
            self._value = ValueField(entry, words, words("entries.value"), choices)
            self._value.field.on("keydown.enter", self._enter)
            ui.button(words("entries.enter"), on_click=self._enter).props("unelevated no-caps")
            self._measured = ui.input(words("entries.measured_at")).props("outlined dense type=datetime-local stack-label")
            self._measured.set_visibility(False)
            self._earlier = ui.button(words("entries.earlier"), on_click=self._ask_when).props("flat dense no-caps")
        with ui.element("div").classes("forced-now") as self._doubt:
            self._why = ui.label("")
            ui.button(words("entries.anyway"), on_click=partial(self._enter, confirmed=True)).props("outline no-caps")
        self._doubt.set_visibility(False)

    @property
    def typed(self) -> Any:
        return self._value.field.value if self._page.may_act else None

    def show(self, entry: Mapping[str, Any], time: PlantTime) -> None:
        self._entry = entry
        self._due.set_text(due_text(entry, self._words, time))
        self._due.classes(add="is-due" if entry["is_due"] else "", remove="" if entry["is_due"] else "is-due")
        self._last.set_text(last_text(entry, self._words, time))

    def _ask_when(self) -> None:
        self._measured.set_visibility(True)
        self._earlier.set_visibility(False)
        self._measured.run_method("focus")

    async def _enter(self, *_: object, confirmed: bool = False) -> None:
        value, time = self._value.read(), self._page.time
        if value is None or time is None:
            return
        chosen = self._measured.value or ""
        measured_at = time.moment(chosen) if chosen else None
        doubted: list[str] = []

        async def ask(client: Client) -> None:
            try:
                await client.enter(self._entry["tag"], value, measured_at=measured_at, confirmed=confirmed)
            except ApiRefusal as refusal:
                if refusal.data.get("reason") == CONFIRM:
                    doubted.append(str(refusal))
                raise

        done = await self._commands.carry_out(ask, self._words("entries.entered"))
        self._why.set_text("".join(doubted))
        self._doubt.set_visibility(bool(doubted))
        if done:
            self._value.clear()
            self._measured.set_value("")
            if self._entered is not None:
                await self._entered()
