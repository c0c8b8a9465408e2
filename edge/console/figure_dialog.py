"""One figure opened: what it means, how it is judged, what it counted and left out, and the journal rows it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from edge.client.client import ApiError, Client
from edge.console.acts import reasons_of
from edge.console.frame import Page
from edge.console.journal_words import journal_row
from edge.console.performance_view import part_rows
from edge.console.plain_table import Cell, PlainTable
from edge.console.words import Words
from edge.texts import render
from edge.texts.figures import figure_name, judged_text, made_of_text, value_text


class FigureDialog:
    """Made once a page, and filled for each figure that is opened."""

    def __init__(self, page: Page, client: Client) -> None:
        words = self._words = page.words
        self._page, self._client = page, client
        with ui.dialog() as self._dialog, ui.card().classes("figure-dialog"):
            with ui.element("div").classes("figure-head"):
                self._name = ui.label("").classes("heading")
                ui.element("div").classes("space")
                ui.button(words("performance.close"), on_click=self._dialog.close).props("flat dense no-caps")
            with ui.element("div").classes("figure-value"):
                self._value = ui.label("").classes("tile-value")
                self._verdict = ui.label("").classes("verdict")
            self._means = ui.label("").classes("figure-means")
            self._made_of = ui.label("").classes("why")
            with ui.element("div") as self._detail:
                ui.label(words("performance.parts")).classes("small-heading")
                self._parts = PlainTable([words("performance.column_subject"), words("performance.column_value")], "")
            ui.label(words("performance.rows")).classes("small-heading")
            headers = [words(f"performance.column_{key}") for key in ("time", "subject", "what")]
            self._rows = PlainTable(headers, words("performance.rows_none"))
            self._more = ui.label("").classes("why")

    async def open(self, figure: str, position: str, period: Mapping[str, str]) -> None:
        words, language = self._words, self._words.language
        self._name.set_text(figure_name(figure, language))
        self._means.set_text(render(f"performance.means.{figure}", {}, language))
        self._value.set_text("")
        self._verdict.set_text(words("loading"))
        self._verdict.classes(replace="verdict")
        self._made_of.set_text("")
        self._detail.set_visibility(False)
        self._rows.clear()
        self._more.set_text("")
        self._dialog.open()
        try:
            told = await self._client.alarm_figure(figure, position, **period)
            shelving = await self._client.shelving()
        except ApiError as error:
            self._verdict.set_text(str(error))
            return
        self._value.set_text(value_text(told["value"], told["unit"], language))
        self._verdict.set_text(judged_text(told, language))
        self._verdict.classes(replace=f"verdict {told['verdict']}")
        self._made_of.set_text(made_of_text(told, language))
        parts = part_rows(told, words)
        self._detail.set_visibility(bool(parts))
        self._parts.show([[Cell(name), Cell(value, "figure")] for name, value in parts])
        self._rows.show(self._listed(told, reasons_of(shelving, words)))
        shown, count = len(told["rows"]), told["rows_total"]
        self._more.set_text(words("performance.rows_more", shown=shown, count=count) if count > shown else "")

    def _listed(self, told: Mapping[str, Any], reasons: Mapping[str, str]) -> list[list[Cell]]:
        time = self._page.time
        if time is None:
            return []
        rows = (journal_row(each, self._words, time, reasons) for each in told["rows"])
        return [[Cell(row["time"]), Cell(row["subject"], href=row["href"]), Cell(_what(row, self._words))] for row in rows]


def _what(row: Mapping[str, Any], words: Words) -> str:
    return " · ".join(text for text in (row["kind"], row["who"], row["text"]) if text)
