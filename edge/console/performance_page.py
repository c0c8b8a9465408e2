"""Page: alarm performance. How good the alarm system is over a period, by position, and the rows behind each figure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from nicegui import ui

from edge.client.client import ApiError
from edge.console.figure_dialog import FigureDialog
from edge.console.frame import Frame, Page, follow
from edge.console.performance_chart import performance_chart
from edge.console.performance_view import (
    ALL,
    PERIODS,
    Tile,
    asked,
    figure_row,
    figures_of,
    flood_row,
    health_text,
    late_rows,
    notes,
    period_text,
    position_row,
    revised_text,
    section_of,
    sections,
    tiles,
    worst_alarms,
)
from edge.console.plain_table import PlainTable
from edge.console.words import Words
from edge.texts import render
from edge.texts.figures import GROUPS, figure_name


async def show_performance(page: Page) -> None:
    frame = Frame(page)
    performance = PerformancePage(page)
    follow(page, frame.show)
    ui.timer(0, performance.load, once=True)


class PerformancePage:
    def __init__(self, page: Page) -> None:
        words = self._words = page.words
        self._page, self._client = page, page.client()
        self._report: Mapping[str, Any] | None = None
        self._period: Mapping[str, str] = {}
        with ui.element("main").classes("performance"):
            with ui.element("div").classes("section-head"):
                ui.label(words("performance.heading")).classes("heading")
                periods = {each: words(f"performance.{each}") for each in PERIODS}
                self._choice = ui.select(periods, value=PERIODS[0], label=words("performance.period"), on_change=self.load)
                self._begin = ui.input(words("performance.from"), on_change=self.load).props("type=date stack-label")
                self._end = ui.input(words("performance.to"), on_change=self.load).props("type=date stack-label")
                self._position = ui.select({ALL: render("performance.all_positions", {}, words.language)}, value=ALL)
                self._position.props(f'label="{words("performance.position")}"').on_value_change(self._show)
                for field in (self._choice, self._begin, self._end, self._position):
                    field.props("outlined dense options-dense")
                self._span = ui.label("").classes("why")
                ui.element("div").classes("space")
                self._made_at = ui.label("").classes("why")
                ui.button(words("performance.again"), on_click=self.load).props("outline no-caps dense")
            self._told = ui.label("").classes("trend-told")
            self._body = ui.element("div").classes("performance-body")
        self._dialog = FigureDialog(page, self._client)
        self._show_dates()

    def _show_dates(self) -> None:
        for field in (self._begin, self._end):
            field.set_visibility(self._choice.value == "custom")

    async def load(self) -> None:
        self._show_dates()
        time = self._page.time
        period = None if time is None else asked(self._choice.value, self._begin.value or "", self._end.value or "", time)
        if period is None:
            return
        self._told.set_text(self._words("performance.making"))
        try:
            report = await self._client.alarm_report(**period)
        except ApiError as error:
            self._told.set_text(str(error) or self._words("performance.none"))
            return
        if self._choice.value == "custom" and period["begin"] != self._begin.value:
            return
        self._told.set_text("")
        self._report, self._period = report, period
        named = sections(report, self._words)
        self._position.set_options(named, value=self._position.value if self._position.value in named else ALL)
        self._show()

    def _show(self) -> None:
        report, time = self._report, self._page.time
        if report is None or time is None:
            return
        words = self._words
        self._span.set_text(period_text(report, words))
        self._made_at.set_text(words("performance.made_at", time=time.shown(report["made_at"])))
        section = section_of(report, self._position.value)
        self._body.clear()
        with self._body:
            self._draw_health(report, section)
            with ui.element("div").classes("tiles"):
                for tile in tiles(section, words):
                    self._draw_tile(tile)
            with ui.element("div").classes("performance-pair"):
                self._draw_chart(report, section)
                self._draw_worst(report, section)
            if section is report["total"] and len(report["positions"]) > 1:
                self._draw_positions(report)
            self._draw_floods(report, section)
            if report["late"]["rows_total"]:
                self._draw_late(report)
            with ui.element("div").classes("performance-groups"):
                for group, names in GROUPS.items():
                    self._draw_group(group, names, section)

    def _draw_health(self, report: Mapping[str, Any], section: Mapping[str, Any]) -> None:
        words, level = self._words, section["health"]
        with ui.element("div").classes(f"sheet health health-{level}"):
            name = f"performance.health.{level}" if level else "performance.no_data"
            ui.label(render(name, {}, words.language)).classes("health-name")
            with ui.element("div"):
                if level:
                    ui.label(health_text(report, section, words))
                for note in notes(report, words):
                    ui.label(note).classes("why")
                if revised := revised_text(report, words):
                    ui.label(revised).classes("revised")

    def _draw_tile(self, tile: Tile) -> None:
        with ui.element("button").classes(f"sheet tile {tile.verdict}") as button:
            button.props(f'type=button title="{self._words("performance.open")}"')
            button.on("click", partial(self._open, tile.figure))
            ui.label(tile.name).classes("tile-name")
            with ui.element("div").classes("tile-row"):
                ui.label(tile.value).classes("tile-value")
                if tile.bars:
                    with ui.element("div").classes("bars").props("aria-hidden=true"):
                        for height in tile.bars:
                            ui.element("i").style(f"height: {max(height, 4)}%")
            ui.label(tile.judged).classes("tile-judged")

    def _draw_chart(self, report: Mapping[str, Any], section: Mapping[str, Any]) -> None:
        words, whole = self._words, section is report["total"]
        with ui.element("section").classes("sheet"):
            by_10_min = whole and report["bins"] is not None
            ui.label(words("performance.by_10_min" if by_10_min else "performance.by_day")).classes("heading")
            option = performance_chart(report, section, words, report["persons"] if whole else 1)
            ui.echart(option).classes("performance-chart")

    def _draw_worst(self, report: Mapping[str, Any], section: Mapping[str, Any]) -> None:
        words = self._words
        with ui.element("section").classes("sheet worst"):
            ui.label(words("performance.worst")).classes("heading")
            found = worst_alarms(section, report, words)
            ui.label(words("performance.worst_why" if found else "performance.worst_none")).classes("why")
            most = max((share for _, _, share in found), default=1)
            for name, path, share in found:
                with ui.element("div").classes("worst-row"):
                    ui.link(name, path).classes("worst-name")
                    ui.label(words("performance.of_all", share=f"{share:.3g}")).classes("worst-share")
                    with ui.element("div").classes("worst-bar"):
                        ui.element("i").style(f"width: {100 * share / most:.0f}%")

    def _draw_positions(self, report: Mapping[str, Any]) -> None:
        words = self._words
        known = [each for each in report["positions"] if each["position"] is not None]
        names = (figure_name(name, words.language) for name in ("alarms_per_day", "peak_10_min", "time_in_flood"))
        headers = [words("performance.column_position"), words("performance.column_health"), *names]
        with ui.element("section").classes("sheet"):
            ui.label(words("performance.positions")).classes("heading")
            PlainTable(headers, "").show([position_row(each, words) for each in known])

    def _draw_floods(self, report: Mapping[str, Any], section: Mapping[str, Any]) -> None:
        words, time = self._words, self._page.time
        if time is None or section["health"] is None:
            return
        headers = [words(f"performance.column_{key}") for key in ("from", "to", "alarms", "peak", "first")]
        with ui.element("section").classes("sheet"):
            ui.label(words("performance.floods")).classes("heading")
            table = PlainTable(headers, words("performance.floods_none"))
            table.show([flood_row(each, report, words, time) for each in section["floods"]])

    def _draw_late(self, report: Mapping[str, Any]) -> None:
        words, time = self._words, self._page.time
        if time is None:
            return
        with ui.element("section").classes("sheet late"):
            ui.label(words("performance.revised")).classes("heading")
            ui.label(revised_text(report, words)).classes("why")
            headers = [words(f"performance.column_{key}") for key in ("time", "subject", "what", "recorded")]
            PlainTable(headers, "").show(list(late_rows(report, words, time)))

    def _draw_group(self, group: str, names: tuple[str, ...], section: Mapping[str, Any]) -> None:
        words, figures = self._words, figures_of(section)
        with ui.element("section").classes("sheet"):
            ui.label(render(f"performance.group.{group}", {}, words.language)).classes("heading")
            with ui.element("div").classes("plain figures"), ui.element("table"):
                _draw_headers(words)
                with ui.element("tbody"):
                    for name in names:
                        self._draw_figure(name, figures[name])

    def _draw_figure(self, name: str, figure: Mapping[str, Any]) -> None:
        with ui.element("tr"):
            with ui.element("td"), ui.element("button").classes("as-link") as button:
                button.props("type=button").on("click", partial(self._open, name))
                ui.label(figure_name(name, self._words.language))
            for cell in figure_row(figure, self._words):
                with ui.element("td").classes(cell.classes):
                    ui.label(cell.text)

    async def _open(self, figure: str) -> None:
        await self._dialog.open(figure, self._position.value, self._period)


def _draw_headers(words: Words) -> None:
    with ui.element("thead"), ui.element("tr"):
        for key in ("figure", "value", "verdict", "target", "limit", "standard"):
            with ui.element("th"):
                ui.label(words(f"performance.column_{key}"))
