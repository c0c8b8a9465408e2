"""Page: how it is with the connection to each device, worst first; the chosen one beside it, with a text for a ticket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from edge.client.client import ApiError
from edge.console.choice import Choice
from edge.console.connection_rows import (
    connection_facts,
    connection_row,
    count_cells,
    device_tags_path,
    refused_cells,
    scan_cells,
)
from edge.console.connection_text import device_name, ticket
from edge.console.connections import Condition, DeviceState, device_states
from edge.console.facts import Facts
from edge.console.feed import Line, News
from edge.console.frame import Frame, Page, follow
from edge.console.grid import SHAPED, LiveGrid
from edge.console.plain_table import PlainTable
from edge.console.plant_time import PlantTime
from edge.console.words import Words

ASK_EVERY_S = 2.0
#: Browsers give the clipboard's own interface to pages over TLS alone, and plants often have none. What is marked can be copied
#: by hand in any case.
_COPY = """() => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector(".ticket"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    if (document.execCommand("copy")) emit();
}"""
_FACTS = ("connection", "since", "why", "tags", "rate")


async def show_connections(page: Page) -> None:
    frame = Frame(page)
    connections = ConnectionsPage(page)

    def show(news: News) -> None:
        frame.show(news)
        connections.take(news)

    follow(page, show)
    ui.timer(0, connections.ask, once=True)
    ui.timer(ASK_EVERY_S, connections.catch_up)


class ConnectionsPage:
    def __init__(self, page: Page) -> None:
        words = self._words = page.words
        self._page, self._client = page, page.client()
        self._states: Mapping[str, DeviceState] = {}
        self._shown: dict[str, dict[str, Any]] = {}
        with ui.element("main").classes("board") as self._root:
            with ui.element("section").classes("connections"):
                with ui.element("div").classes("section-head"):
                    ui.label(words("connections.heading")).classes("heading")
                    conditions = {str(each): words(f"connections.condition.{each}") for each in Condition}
                    self._choice = Choice(
                        words,
                        {
                            "state_key": (words("column.state"), conditions),
                            "protocol_key": (words("connections.protocol"), {}),
                        },
                        chosen=lambda: self._grid.choose(self._choice.wanted),
                        searched=self._search,
                    )
                    ui.element("div").classes("space")
                    self._told = ui.label("").classes("why").props("role=status")
                self._grid = connection_grid(words)
            self._panel = ConnectionPanel(page)
        self._grid.on_press(self._pressed)

    def _search(self, text: str) -> None:
        self._grid.search(text)

    def take(self, news: News) -> None:
        lost = news.line is Line.LOST
        self._root.classes(add="old" if lost else "", remove="" if lost else "old")

    async def catch_up(self) -> None:
        if self._page.feed.line is Line.UP:
            await self.ask()

    async def ask(self) -> None:
        try:
            told = await self._client.drivers()
        except ApiError as error:
            self._told.set_text(str(error))
            return
        words, time = self._words, self._page.time
        if time is None:
            return
        states = device_states(told, self._page.mirror.tags.values(), time.now)
        self._states = {state.id: state for state in states}
        rows = {state.id: connection_row(state, words, time) for state in states}
        changed = [row for key, row in rows.items() if self._shown.get(key) != row]
        self._grid.show(changed, gone=self._shown.keys() - rows.keys())
        self._shown = rows
        self._choice.offer("protocol_key", {row["protocol_key"]: row["protocol_key"] for row in rows.values()})
        unwell = sum(state.condition is not Condition.FINE for state in states)
        self._told.set_text(words("connections.counted", count=len(states), unwell=unwell))
        if self._panel.chosen in self._states:
            self._panel.show(self._states[self._panel.chosen], time)

    async def _pressed(self, row_id: str, _: str) -> None:
        if row_id in self._states and self._page.time is not None:
            self._panel.show(self._states[row_id], self._page.time)


class ConnectionPanel:
    """The chosen device: what its connection does, counts and refuses."""

    def __init__(self, page: Page) -> None:
        words = self._words = page.words
        self._page = page
        self.chosen = ""
        with ui.element("aside").classes("connection") as self._root:
            with ui.element("div").classes("panel-head"):
                self._state = ui.label("").classes("panel-state")
                close = ui.button(icon="close", on_click=self.close).props("flat dense round size=sm")
                close.props["aria-label"] = words("panel.close")
            self._device = ui.label("").classes("panel-what")
            self._name = ui.label("").classes("name")
            self._facts = Facts({fact: words(f"connections.fact.{fact}") for fact in _FACTS})
            self._tags = ui.link(words("connections.to_tags"), "")
            self._scans = _part(words("connections.scans"), _headers(words, "every", "tags", "rate", "lag", "overruns"))
            self._counts = _part(words("connections.counts"), _headers(words, "word", "times", "meaning"))
            refused = _headers(words, "tag", "source", "cause", "times", "first", "at")
            self._refused = _part(words("connections.refused"), refused)
            with ui.element("div").classes("section-head"):
                ui.label(words("connections.for_ticket")).classes("small-heading")
                ui.element("div").classes("space")
                copy = ui.button(words("connections.copy")).props("outline dense no-caps")
                copy.on(
                    "click",
                    lambda: ui.notify(words("connections.copied"), type="positive", position="bottom"),
                    js_handler=_COPY,
                )
            self._ticket = ui.label("").classes("ticket")
        self._root.set_visibility(False)

    def _copied(self) -> None:
        ui.notify(self._words("connections.copied"), type="positive", position="bottom")

    def close(self) -> None:
        self.chosen = ""
        self._root.set_visibility(False)

    def show(self, state: DeviceState, time: PlantTime) -> None:
        words = self._words
        self.chosen = state.id
        self._root.set_visibility(True)
        self._state.set_text(words(f"connections.condition.{state.condition}"))
        self._state.classes(replace=f"panel-state connection-{state.condition}")
        self._device.set_text(device_name(state, words))
        self._name.set_text(state.device)
        self._facts.show(connection_facts(state, words, time))
        self._tags.props["href"] = device_tags_path(state.device, words)
        self._tags.update()
        self._tags.set_visibility(state.condition is not Condition.STRANGER)
        for (box, table), cells in (
            (self._scans, scan_cells(state, words)),
            (self._counts, count_cells(state, words)),
            (self._refused, refused_cells(state, words, time)),
        ):
            box.set_visibility(bool(cells))
            table.show(cells)
        site = self._page.feed.site
        self._ticket.set_text(ticket(state, "" if site is None else site["site"], words, time))


def connection_grid(words: Words) -> LiveGrid:
    def header(key: str) -> str:
        return words(f"connections.column.{key}")

    def by(field: str) -> str:
        return f"(a, b, one, other) => (one.data.{field} ?? -1) - (other.data.{field} ?? -1)"

    figure = {"type": "rightAligned", ":getQuickFilterText": "() => ''"}
    columns: list[dict[str, Any]] = [
        {
            "field": "state",
            "headerName": words("column.state"),
            "width": 140,
            ":cellRenderer": SHAPED,
            "cellClass": "state",
            ":comparator": by("rank"),
            "sort": "asc",
            "sortIndex": 0,
        },
        {"field": "device", "headerName": words("column.device"), "minWidth": 140, "flex": 2, "sort": "asc", "sortIndex": 1},
        {"field": "trouble", "headerName": header("trouble"), "minWidth": 180, "flex": 5, "tooltipField": "trouble"},
        {"field": "rate", "headerName": header("rate"), "width": 130, ":comparator": by("missing"), **figure},
        {"field": "lag", "headerName": header("lag"), "width": 92, ":comparator": by("lag_s"), **figure},
        {"field": "overruns", "headerName": header("overruns"), "width": 92, **figure},
        {"field": "bad", "headerName": header("bad"), "width": 92, **figure},
        {"field": "refused", "headerName": header("refused"), "width": 92, **figure},
        {"field": "connection", "headerName": header("connection"), "minWidth": 170, "flex": 2, "cellClass": "name"},
        {"field": "name", "headerName": header("name"), "minWidth": 120, "flex": 1, "cellClass": "name"},
    ]
    classes = {f"connection-{each}": f"data.state_key === '{each}'" for each in Condition}
    room = {"name": 1_300, "overruns": 1_100, "refused": 1_000, "connection": 900, "lag": 820, "bad": 720, "rate": 640}
    filters = ("state_key", "protocol_key")
    return LiveGrid(words, columns, classes, words("connections.none"), filters=filters, room=room)


def _headers(words: Words, *keys: str) -> list[str]:
    return [words(f"connections.column.{key}") for key in keys]


def _part(heading: str, headers: list[str]) -> tuple[ui.element, PlainTable]:
    with ui.element("div") as box:
        ui.label(heading).classes("small-heading")
        return box, PlainTable(headers, "")
