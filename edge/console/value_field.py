"""The field in which a person says a value of a tag: a number with its unit, one of some values, or a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from edge.console.quantity import number, state_words, with_unit
from edge.console.words import Words
from edge.console.write_view import parse_value


class ValueField:
    """told: `unit`, `is_text` and `states` of the tag, as the API says them. choices: the only values there are; none: any."""

    def __init__(self, told: Mapping[str, Any], words: Words, label: str, choices: Sequence[float | str] = ()) -> None:
        self._words, self._told = words, told
        self.field: ui.select | ui.input
        if choices:
            options = {value: self.shown(value) for value in choices}
            self.field = ui.select(options, label=label).props("outlined dense options-dense")
        else:
            named = words("value.in_unit", label=label, unit=told["unit"]) if told["unit"] else label
            self.field = ui.input(named).props("outlined dense maxlength=100 autocomplete=off")
            if not told["is_text"]:
                # A phone then shows its digits; a field of type=number would drop what it does not take without a word.
                self.field.props("inputmode=decimal")
        self.field.classes("value-field")

    def shown(self, value: float | str) -> str:
        if isinstance(value, str):
            return value
        return state_words(value, self._told["states"], self._words) or with_unit(number(value), self._told["unit"])

    def read(self) -> float | str | None:
        """The value; None, after pointing at the field, where there is none."""
        given = self.field.value
        value = given if isinstance(given, float | int) else parse_value(given or "", is_text=self._told["is_text"])
        if value is None:
            self.field.run_method("focus")
            ui.notify(self._words("value.first"), type="warning", position="bottom")
        return value

    def clear(self) -> None:
        self.field.set_value(None if isinstance(self.field, ui.select) else "")


def reason_field(words: Words, length: int) -> ui.input:
    return ui.input(words("act.why")).props(f"outlined dense maxlength={length} autocomplete=off").classes("wide")


def read_reason(field: ui.input, words: Words) -> str:
    """What was typed; where nothing was, the field is pointed at."""
    text = (field.value or "").strip()
    if not text:
        field.run_method("focus")
        ui.notify(words("act.why_first"), type="warning", position="bottom")
    return text
