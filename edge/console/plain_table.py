"""A table of a few dozen rows that is drawn anew when something in it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui


@dataclass(frozen=True, slots=True)
class Cell:
    """text is shown as text. classes: of the style sheet. href: makes it a link."""

    text: str
    classes: str = ""
    href: str = ""


class PlainTable:
    """headers: one a column. empty: what stands there while there are no rows."""

    def __init__(self, headers: Sequence[str], empty: str) -> None:
        self._headers, self._empty = headers, empty
        self._shown: list[list[Cell]] | None = None
        self._root = ui.element("div").classes("plain")

    def clear(self) -> None:
        """As before anything was shown."""
        self._shown = None
        self._root.clear()

    def show(self, rows: Sequence[Sequence[Cell]]) -> None:
        wanted = [list(row) for row in rows]
        if wanted == self._shown:
            return
        self._shown = wanted
        self._root.clear()
        with self._root:
            if not wanted:
                ui.label(self._empty).classes("why")
                return
            with ui.element("table"):
                with ui.element("thead"), ui.element("tr"):
                    for header in self._headers:
                        with ui.element("th"):
                            ui.label(header)
                with ui.element("tbody"):
                    for row in wanted:
                        with ui.element("tr"):
                            for cell in row:
                                _draw(cell)


def _draw(cell: Cell) -> None:
    with ui.element("td").classes(cell.classes):
        if cell.href:
            ui.link(cell.text, cell.href)
        else:
            ui.label(cell.text)
