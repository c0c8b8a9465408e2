"""Why an alarm is what it is: the API's terms, a sentence each, those beside each other that say something now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from edge.console.words import Words


class WhyList:
    """Its lines are written over, so that a value which moves does not make the page jump."""

    def __init__(self, words: Words) -> None:
        self._words = words
        with ui.element("section").classes("sheet why-terms") as self._sheet:
            ui.label(words("alarm.why")).classes("heading")
            self._list = ui.element("ul")
        self._lines: list[ui.label] = []
        self._sheet.set_visibility(False)

    def show(self, terms: Sequence[Mapping[str, Any]]) -> None:
        while len(self._lines) < len(terms):
            with self._list, ui.element("li"):
                self._lines.append(ui.label(""))
        while len(self._lines) > len(terms):
            gone = self._lines.pop()
            assert gone.parent_slot is not None, "each line stands in its item"
            gone.parent_slot.parent.delete()
        for line, term in zip(self._lines, terms, strict=True):
            line.set_text(self._words.of(term["words"]))
        self._sheet.set_visibility(bool(terms))
