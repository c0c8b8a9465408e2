"""What people have forced and where their hang-tags hang: a line above every page while there is any, all of it at a press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from edge.console.feed import Feed
from edge.console.hang_view import hang_text
from edge.console.plain_table import Cell, PlainTable
from edge.console.plant_time import PlantTime
from edge.console.rows import tag_path
from edge.console.value_view import actual_text, said_text
from edge.console.words import Words

#: So many are named in the line.
NAMED_MAX = 5
_FORCED = ("tag", "value", "until", "who", "reason")
_HUNG = ("device", "who", "order", "reason")


class PeopleBanner:
    def __init__(self, feed: Feed, words: Words) -> None:
        self._feed, self._words = feed, words
        self._forced = self._line("forced")
        self._hung = self._line("hung")
        self._time: PlantTime | None = None

    def _line(self, kind: str) -> tuple[ui.element, ui.label]:
        with ui.element("button").classes(f"banner people {kind}").on("click", self._open) as line:
            told = ui.label("")
        line.set_visibility(False)
        return line, told

    def show(self, time: PlantTime) -> None:
        words, feed, self._time = self._words, self._feed, time
        tags = self._named(each["tag"] for each in feed.forced)
        devices = self._named(each["device"] for each in feed.hang_tags)
        for (line, told), there, text in (
            (self._forced, feed.forced, words("head.forced", count=len(feed.forced), tags=tags)),
            (self._hung, feed.hang_tags, words("head.hang_tags", count=len(feed.hang_tags), devices=devices)),
        ):
            line.set_visibility(bool(there))
            told.set_text(text if there else "")

    def _named(self, names: Any) -> str:
        known = list(dict.fromkeys(names))
        return self._words("list_separator").join(known[:NAMED_MAX]) + (" …" if len(known) > NAMED_MAX else "")

    def _open(self) -> None:
        words, feed, time = self._words, self._feed, self._time
        if time is None:
            return
        with ui.dialog(value=True) as dialog, ui.card().classes("figure-dialog"):
            if feed.forced:
                ui.label(words("force.all")).classes("heading")
                ui.label(words("force.means")).classes("why")
                headers = [words(f"force.column.{column}") for column in _FORCED]
                PlainTable(headers, "").show([self._forced_cells(each, time) for each in feed.forced])
            if feed.hang_tags:
                ui.label(words("hang.heading")).classes("heading")
                ui.label(words("hang.no_lock")).classes("no-lock")
                headers = [words(f"hang.column.{column}") for column in _HUNG]
                PlainTable(headers, "").show(hung_cells(feed.hang_tags, words, time))
            ui.button(words("panel.close"), on_click=dialog.close).props("flat no-caps")
        dialog.on("hide", dialog.delete)

    def _forced_cells(self, forced: Mapping[str, Any], time: PlantTime) -> list[Cell]:
        words, tag = self._words, self._feed.mirror.tags.get(forced["tag"], {})
        name = f"{words.of(tag['device_words'])} · {words.of(tag['words'])}" if tag else forced["tag"]
        return [
            Cell(name, href=tag_path(forced["tag"], words)),
            Cell(f"{said_text(forced, tag, words)} · {actual_text(forced, tag, words)}"),
            Cell(time.shown(forced["until"])),
            Cell(forced["by_name"] or ""),
            Cell(forced["reason"]),
        ]


def hung_cells(hang_tags: Sequence[Mapping[str, Any]], words: Words, time: PlantTime) -> list[list[Cell]]:
    return [
        [Cell(each["device"]), Cell(hang_text(each, words, time)), Cell(each["order"]), Cell(each["reason"])]
        for each in hang_tags
    ]
