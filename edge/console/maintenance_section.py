"""Maintenance windows: which are planned or open, planning one, ending one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from edge.client.client import ApiError, Client
from edge.console.commands import Commands
from edge.console.frame import Page
from edge.console.rows import actor

#: Of what a window leaves, so many are named in a line.
LEFT_SHOWN = 5
_FIELDS = ("window", "devices", "begin", "end", "permit", "reason")


class MaintenanceSection:
    def __init__(self, page: Page) -> None:
        words = self._words = page.words
        self._page, self._client = page, page.client()
        self._commands = Commands(self._client, page.feed, words)
        self._shown: Sequence[Mapping[str, Any]] | None = None
        with ui.element("section").classes("sheet"):
            ui.label(words("maintenance.heading")).classes("heading")
            ui.label(words("maintenance.means")).classes("why")
            self._list = ui.element("div").classes("plain")
            if page.may_maintain:
                self._build_form()

    def _build_form(self) -> None:
        words = self._words
        with ui.element("div").classes("stage-form"):
            self._window = self._text("window", 64)
            self._devices = ui.select({}, multiple=True, label=words("maintenance.devices"), with_input=True)
            self._devices.props("outlined dense use-chips").classes("wide")
            self._begin = self._moment("begin")
            self._begin.props["hint"] = words("maintenance.begin_hint")
            self._end = self._moment("end")
            self._permit = self._text("permit", 200)
            self._reason = self._text("reason", 500).classes("wide")
            ui.button(words("maintenance.plan"), on_click=self._plan).props("unelevated no-caps")

    def _text(self, key: str, length: int) -> ui.input:
        return ui.input(self._words(f"maintenance.{key}")).props(f"outlined dense maxlength={length} autocomplete=off")

    def _moment(self, key: str) -> ui.input:
        return ui.input(self._words(f"maintenance.{key}")).props("outlined dense type=datetime-local stack-label")

    async def refresh(self) -> None:
        try:
            told = await self._client.maintenance()
        except ApiError:
            return
        if self._page.may_maintain:
            devices = {name: self._named(name, device) for name, device in told["devices"].items()}
            if self._devices.options != devices:
                self._devices.set_options(devices, value=self._devices.value)
        if told["windows"] != self._shown:
            self._shown = told["windows"]
            self._draw(told)

    def _named(self, name: str, device: Mapping[str, Any]) -> str:
        return f"{self._where(device)} ({name})"

    def _where(self, device: Mapping[str, Any]) -> str:
        return f"{self._words.of(device['area_words'])} · {self._words.of(device['words'])}"

    def _draw(self, told: Mapping[str, Any]) -> None:
        words = self._words
        self._list.clear()
        with self._list:
            if not told["windows"]:
                ui.label(words("maintenance.none")).classes("why")
                return
            with ui.element("table"):
                with ui.element("thead"), ui.element("tr"):
                    for key in ("window", "state", "begin", "end", "owner", "permit", "devices", "reason", "left"):
                        with ui.element("th"):
                            ui.label(words(f"maintenance.{key}"))
                    ui.element("th")
                with ui.element("tbody"):
                    for window in told["windows"]:
                        self._draw_window(window, told["devices"])

    def _draw_window(self, window: Mapping[str, Any], devices: Mapping[str, Any]) -> None:
        words, time = self._words, self._page.time
        names = [self._where(devices[name]) if name in devices else name for name in window["devices"]]
        texts = (
            window["window"],
            words("maintenance.open" if window["open"] else "maintenance.to_come"),
            "" if time is None else time.shown(window["begin"]),
            "" if time is None else time.shown(window["end"]),
            actor(window["owner_name"], words),
            window["permit"],
            words("list_separator").join(names),
            window["reason"],
        )
        with ui.element("tr"):
            for text in texts:
                with ui.element("td"):
                    ui.label(text)
            with ui.element("td"):
                for key, left in window["left"].items():
                    if left["count"]:
                        ui.label(words(f"maintenance.left_{key}", count=left["count"], names=self._left(left)))
            with ui.element("td"):
                if self._page.may_maintain:
                    press = partial(self._end_it, window["window"])
                    ui.button(words("maintenance.end_it"), on_click=press).props("outline dense no-caps")

    def _left(self, left: Mapping[str, Any]) -> str:
        """The first few by their words."""
        words, shown = self._words, left["named"][:LEFT_SHOWN]
        names = [" ".join(filter(None, (words.of(each["device_words"]), words.of(each["words"])))) for each in shown]
        return words("list_separator").join(names) + (" …" if left["count"] > len(shown) else "")

    # --- what a press does ----------------------------------------------------------------------------------------

    async def _plan(self) -> None:
        words, time = self._words, self._page.time
        wanted = {key: getattr(self, f"_{key}").value for key in _FIELDS}
        missing = next((key for key in _FIELDS if key != "begin" and not wanted[key]), None)
        if missing is not None or time is None:
            getattr(self, f"_{missing or 'window'}").run_method("focus")
            ui.notify(words("maintenance.first", field=words(f"maintenance.{missing or 'window'}")), type="warning")
            return
        ask = partial(
            Client.plan_maintenance,
            window=wanted["window"].strip(),
            devices=tuple(wanted["devices"]),
            begin=time.moment(wanted["begin"]) if wanted["begin"] else None,
            end=time.moment(wanted["end"]),
            permit=wanted["permit"],
            reason=wanted["reason"],
        )
        if await self._commands.carry_out(ask, words("maintenance.planned", window=wanted["window"])):
            for key in _FIELDS:
                getattr(self, f"_{key}").set_value([] if key == "devices" else "")
        await self.refresh()

    async def _end_it(self, window: str) -> None:
        ended = self._words("maintenance.ended", window=window)
        await self._commands.carry_out(lambda client: client.end_maintenance(window), ended)
        await self.refresh()
