"""The line above a table: what to leave out of it, and a search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nicegui import ui

from edge.console.words import Words


class Choice:
    """fields: by key, a label and what can be chosen, by its key. chosen: called when somebody chose; searched: with the
    text."""

    def __init__(
        self,
        words: Words,
        fields: Mapping[str, tuple[str, Mapping[str, str]]],
        *,
        chosen: Callable[[], object],
        searched: Callable[[str], object] | None = None,
    ) -> None:
        self._selects: dict[str, ui.select] = {}
        for key, (label, options) in fields.items():
            select = ui.select(dict(options), label=label, clearable=True, on_change=chosen).props(
                "outlined dense options-dense"
            )
            self._selects[key] = select
        if searched is not None:
            search = ui.input(words("search")).props("dense outlined clearable debounce=150")
            search.on_value_change(lambda event: searched(event.value or ""))

    @property
    def wanted(self) -> dict[str, str | None]:
        """None: any."""
        return {key: select.value for key, select in self._selects.items()}

    def offer(self, key: str, options: Mapping[str, str]) -> None:
        """What can be chosen, once it is known."""
        select = self._selects[key]
        if select.options != options:
            select.set_options(dict(options), value=select.value if select.value in options else None)


def area_choices(tags: Iterable[Mapping[str, Any]], words: Words) -> dict[str, str]:
    """The places that have something to show, by their key, in the order of their names."""
    areas = {tag["area"]: words.of(tag["area_words"]) for tag in tags}
    return dict(sorted(areas.items(), key=lambda area: area[1]))
