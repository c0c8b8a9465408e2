"""Card templates: which variables a card has, of which type, and how they are laid out.

A template is data (`card_template.json`), as one drawn in DingTalk's card console would be; `render` knows its elements
and not its variables. Every variable arrives as a text. One of the wrong type renders nothing and raises nothing
(reference 6.3); `render` tells so in its notes, and the ledger repeats them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulators.dingtalk.calls import parse_object


@dataclass(frozen=True, slots=True)
class Template:
    template_id: str
    variables: Mapping[str, Mapping[str, Any]]
    layout: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class CardButton:
    """choices: empty, or what the phone asks before it sends the press."""

    action: str
    label: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A card as a phone draws it. elements: in order, each with `element` and what it needs; those with nothing to show
    are left out. notes: variables that rendered nothing, and why."""

    elements: tuple[Mapping[str, Any], ...]
    buttons: tuple[CardButton, ...]
    notes: tuple[str, ...]

    @property
    def badge(self) -> tuple[str, str]:
        """Text and tone of the first badge; empty texts when there is none."""
        banner = next((element for element in self.elements if element["element"] == "banner"), None)
        return (banner["badge"], banner["badge_tone"]) if banner else ("", "")

    def button(self, action: str) -> CardButton | None:
        return next((button for button in self.buttons if button.action == action), None)


def parse_template(text: str) -> Template:
    """A template from its JSON text; ValueError when it is none."""
    data = parse_object(text)
    if data is None:
        raise ValueError("a card template must be a JSON object")
    variables = {variable["name"]: variable for variable in data["variables"]}
    return Template(data["cardTemplateId"], variables, tuple(data["layout"]))


def render(template: Template, params: Mapping[str, str]) -> Rendered:
    """Lay a card out. params: the variables' texts; absent ones render nothing, silently."""
    values: dict[str, Any] = {}
    notes: list[str] = []
    for name, text in params.items():
        variable = template.variables.get(name)
        if variable is None:
            notes.append(f"{name}: the template has no such variable")
        elif text:
            try:
                values[name] = _TYPES[variable["type"]](text, variable)
            except ValueError as error:
                notes.append(f"{name}: {error}, renders nothing")
    elements = [element for spec in template.layout if (element := _ELEMENTS[spec["element"]](spec, values))]
    buttons: tuple[CardButton, ...] = ()
    for spec in template.layout:
        if spec["element"] == "buttons":
            buttons += values.get(spec["buttons"], ())
    return Rendered(tuple(elements), buttons, tuple(notes))


# Types: a variable's text -> its value, or ValueError -----------------------------------------------------------------


def _as_text(text: str, _variable: Mapping[str, Any]) -> str:
    return text


def _as_word(text: str, variable: Mapping[str, Any]) -> str:
    if text not in variable["words"]:
        raise ValueError(f"{text!r} is none of {', '.join(variable['words'])}")
    return text


def _as_rows(text: str, _variable: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    return tuple({"label": _field(item, "label"), "text": _field(item, "text")} for item in _array(text))


def _as_buttons(text: str, _variable: Mapping[str, Any]) -> tuple[CardButton, ...]:
    buttons = []
    for item in _array(text):
        raw = item.get("choices", [])
        if not isinstance(raw, list) or not all(isinstance(choice, dict) for choice in raw):
            raise ValueError("choices is not an array of objects")
        choices = tuple(Choice(_field(choice, "id"), _field(choice, "label")) for choice in raw)
        buttons.append(CardButton(_field(item, "action"), _field(item, "label"), choices))
    return tuple(buttons)


def _array(text: str) -> list[Mapping[str, Any]]:
    try:
        value = json.loads(text)
    except ValueError:
        raise ValueError("not JSON") from None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("not an array of objects")
    return value


def _field(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    if not isinstance(value, str):
        raise ValueError(f"an item without the text {key!r}")
    return value


_TYPES: Mapping[str, Callable[[str, Mapping[str, Any]], Any]] = {
    "text": _as_text,
    "word": _as_word,
    "rows": _as_rows,
    "buttons": _as_buttons,
}


# Elements: a layout row and the values -> what a phone draws, or None --------------------------------------------------


def _banner(spec: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    text = values.get(spec["text"], "")
    badge = spec["badge"]
    badge_text = values.get(badge["text"], "")
    if not text and not badge_text:
        return None
    return {
        "element": "banner",
        "text": text,
        "tone": _tone(spec["tone"], values),
        "badge": badge_text,
        "badge_tone": _tone(badge, values),
    }


def _tone(spec: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    tones: Mapping[str, str] = spec["tones"]
    return tones.get(values.get(spec["variable"], ""), "plain")


def _text_element(spec: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    text = values.get(spec["text"])
    return {"element": spec["element"], "text": text} if text else None


def _rows(spec: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    rows = values.get(spec["rows"])
    return {"element": "rows", "rows": rows} if rows else None


def _buttons(spec: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    buttons = values.get(spec["buttons"])
    return {"element": "buttons", "buttons": buttons} if buttons else None


_ELEMENTS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any] | None]] = {
    "banner": _banner,
    "title": _text_element,
    "rows": _rows,
    "note": _text_element,
    "small": _text_element,
    "buttons": _buttons,
}
