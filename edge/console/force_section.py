"""Of one tag: that it is forced, by whom and until when, with what its device says meanwhile; forcing and releasing it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from nicegui import ui

from edge.client.client import Client
from edge.console.commands import Commands
from edge.console.frame import Page
from edge.console.plant_time import PlantTime
from edge.console.quantity import span
from edge.console.value_field import ValueField, read_reason, reason_field
from edge.console.value_view import actual_text, forced_text

#: Minutes to choose from; the longest is the longest there is.
MINUTES = (10, 30, 60, 120, 240, 480)
REASON_MAX = 500
NOT_FORCIBLE = "not_forcible"


class ForceSection:
    """told: what the API says of the tag; not for one that nobody can force because it is no device's word."""

    def __init__(self, page: Page, commands: Commands, told: Mapping[str, Any]) -> None:
        words = self._words = page.words
        self._page, self._commands, self._told = page, commands, told
        with ui.element("section").classes("sheet") as self._root:
            ui.label(words("force.heading")).classes("heading")
            with ui.element("div").classes("forced-now") as self._now:
                self._text = ui.label("")
                self._actual = ui.label("").classes("why")
                if page.may_maintain:
                    ui.button(words("force.release"), on_click=self._release).props("unelevated no-caps")
            if told["never_forced"] is not None:
                ui.label(words("force.never")).classes("why")
            elif page.may_maintain:
                ui.label(words("force.means")).classes("why")
                self._build_form()
            else:
                ui.label(words("force.engineers_only")).classes("why")
        self._now.set_visibility(False)

    def _build_form(self) -> None:
        words, states = self._words, [each["value"] for each in self._told["states"]]
        with ui.element("div").classes("stage-form"):
            self._value = ValueField(self._told, words, words("force.value"), states)
            spans = {minutes: span(minutes * 60, words) for minutes in MINUTES}
            self._minutes = ui.select(spans, value=30, label=words("force.duration")).props("outlined dense")
            self._reason = reason_field(words, REASON_MAX)
            ui.button(words("force.force"), on_click=self._force).props("outline no-caps")

    def show(self, time: PlantTime) -> None:
        """By what the feed says is forced."""
        words, tag = self._words, self._told["tag"]
        forced = next((each for each in self._page.feed.forced if each["tag"] == tag), None)
        self._now.set_visibility(forced is not None)
        if forced is not None:
            self._text.set_text(forced_text(forced, self._told, words, time))
            self._actual.set_text(actual_text(forced, self._told, words))

    async def _force(self) -> None:
        value = self._value.read()
        if value is None or not (reason := read_reason(self._reason, self._words)):
            return
        ask = partial(Client.force, tag=self._told["tag"], value=value, minutes=float(self._minutes.value), reason=reason)
        if await self._commands.carry_out(ask, self._words("force.done")):
            self._value.clear()
            self._reason.set_value("")

    async def _release(self) -> None:
        await self._commands.carry_out(partial(Client.release, tag=self._told["tag"]), self._words("force.released"))
