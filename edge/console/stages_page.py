"""Page: stages and maintenance. Who may hears here how a plant goes live, and plans the work on its machines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from nicegui import ui

from edge.client.client import ApiError, Client
from edge.console.commands import Commands
from edge.console.frame import Frame, Page, follow
from edge.console.maintenance_section import MaintenanceSection
from edge.console.plain_table import Cell, PlainTable
from edge.console.plant_time import PlantTime
from edge.console.rows import actor, alarm_path
from edge.console.words import Words
from edge.model.stage import PLANT, Stage

ASK_EVERY_S = 5.0
HOURS = (1, 2, 4, 8, 12)
OF_AN_ALARM = "alarm"


async def show_stages(page: Page) -> None:
    frame = Frame(page)
    with ui.element("main").classes("stages"):
        stages, maintenance = StagesSection(page), MaintenanceSection(page)

    async def refresh() -> None:
        await stages.refresh()
        await maintenance.refresh()

    follow(page, frame.show)
    ui.timer(0, refresh, once=True)
    ui.timer(ASK_EVERY_S, refresh)


class StagesSection:
    """What holds, who would have been told today, and the way to another stage."""

    def __init__(self, page: Page) -> None:
        words = self._words = page.words
        self._page, self._client = page, page.client()
        self._commands = Commands(self._client, page.feed, words)
        with ui.element("section").classes("sheet"):
            ui.label(words("stages.heading")).classes("heading")
            self._now = ui.label("").classes("stage-now")
            self._means = ui.label("").classes("why")
            self._by = ui.label("").classes("why")
            headers = [words(f"stages.column_{key}") for key in ("scope", "stage", "until", "only", "by", "reason")]
            self._own = PlainTable(headers, words("stages.none_own"))
            if page.may_maintain:
                self._build_form()
            else:
                ui.label(words("stages.engineers_only")).classes("why")
        with ui.element("section").classes("sheet"):
            ui.label(words("stages.shadow_heading")).classes("heading")
            headers = [words(f"stages.column_{key}") for key in ("times", "alarm", "recipients")]
            self._shadow = PlainTable(headers, words("stages.shadow_none"))

    def _build_form(self) -> None:
        words = self._words
        with ui.element("div").classes("stage-form"):
            self._scope = ui.select({PLANT: words("stages.plant")}, value=PLANT, label=words("stages.column_scope"))
            self._scope.props("outlined dense").on_value_change(self._show_fields)
            self._alarm = ui.input(words("stages.alarm_id")).props("outlined dense maxlength=200 autocomplete=off")
            stages = {each.value: words(f"stages.{each}") for each in Stage}
            self._stage = ui.select(stages, value=Stage.LIVE.value, label=words("stages.column_stage"))
            self._stage.props("outlined dense").on_value_change(self._show_fields)
            self._only = ui.select({}, multiple=True, label=words("stages.column_only")).props("outlined dense use-chips")
            self._hours = ui.select(
                {each: words("act.hours", count=each) for each in HOURS}, value=4, label=words("act.duration")
            )
            self._hours.props("outlined dense")
            self._reason = ui.input(words("stages.column_reason")).props("outlined dense maxlength=500 autocomplete=off")
            self._reason.classes("wide")
            ui.button(words("stages.set"), on_click=self._set).props("unelevated no-caps")
        self._show_fields()

    def _show_fields(self) -> None:
        self._alarm.set_visibility(self._scope.value == OF_AN_ALARM)
        for field in (self._only, self._hours):
            field.set_visibility(self._stage.value == Stage.COMMISSIONING)

    async def refresh(self) -> None:
        time = self._page.time
        if time is None:
            return
        try:
            told, shadow = await self._client.stages(), await self._client.shadow()
        except ApiError:
            return
        plant, *own = told["stages"]
        words = self._words
        self._now.set_text(words(f"stages.{plant['stage']}"))
        self._now.classes(remove=" ".join(Stage), add=plant["stage"])
        self._means.set_text(words(f"stages.means_{plant['stage']}"))
        self._by.set_text(_set_by(plant, words, time))
        self._own.show([_own_row(each, told, words, time) for each in own])
        self._shadow.show([_shadow_row(each, shadow, words) for each in shadow["alarms"]])
        if self._page.may_maintain:
            self._offer(told)

    def _offer(self, told: Mapping[str, Any]) -> None:
        words = self._words
        scopes = {PLANT: words("stages.plant"), **{scope: words.of(named) for scope, named in told["scopes"].items()}}
        scopes[OF_AN_ALARM] = words("stages.one_alarm")
        if self._scope.options != scopes:
            self._scope.set_options(scopes, value=self._scope.value)
        if self._only.options != told["recipients"]:
            self._only.set_options(dict(told["recipients"]), value=self._only.value)

    async def _set(self) -> None:
        words = self._words
        reason = (self._reason.value or "").strip()
        if not reason:
            self._reason.run_method("focus")
            ui.notify(words("stages.reason_first"), type="warning", position="bottom")
            return
        scope = str(self._scope.value)
        if scope == OF_AN_ALARM:
            scope = (self._alarm.value or "").strip()
        stage, trial = str(self._stage.value), self._stage.value == Stage.COMMISSIONING
        ask = partial(
            Client.set_stage,
            scope=scope,
            stage=stage,
            reason=reason,
            only=tuple(self._only.value or ()) if trial else (),
            minutes=float(self._hours.value) * 60 if trial else 0,
        )
        if await self._commands.carry_out(ask, words("stages.done", stage=words(f"stages.{stage}"))):
            self._reason.set_value("")
        await self.refresh()


def _set_by(stage: Mapping[str, Any], words: Words, time: PlantTime) -> str:
    if not stage["by"]:
        return words("stages.by_configuration")
    by = words("stages.set_by", who=actor(stage["by_name"], words), reason=stage["reason"])
    return by if stage["until"] is None else f"{by} · {words('stages.until', until=time.shown(stage['until']))}"


def _own_row(stage: Mapping[str, Any], told: Mapping[str, Any], words: Words, time: PlantTime) -> list[Cell]:
    scope = stage["scope"]
    line = told["scopes"].get(scope)
    names = (told["recipients"].get(each, each) for each in stage["only"])
    return [
        Cell(scope, href=alarm_path(scope, words)) if line is None else Cell(words.of(line)),
        Cell(words(f"stages.{stage['stage']}"), "state"),
        Cell(time.shown(stage["until"])),
        Cell(words("list_separator").join(names)),
        Cell(actor(stage["by_name"], words)),
        Cell(stage["reason"]),
    ]


def _shadow_row(each: Mapping[str, Any], shadow: Mapping[str, Any], words: Words) -> list[Cell]:
    names = {recipient["recipient"]: recipient["name"] for recipient in shadow["recipients"]}
    told = words("list_separator").join(names[who] for who in each["recipients"])
    return [
        Cell(str(each["times"]), "figure"),
        Cell(each["alarm"], href=alarm_path(each["alarm"], words)),
        Cell(told or words("stages.nobody")),
    ]
