"""The card template: which variables we fill, and which of them a template file declares. Pure.

A template file is what DingTalk's card platform exports and imports: JSON whose `editorData` is JSON inside a text. There,
`variableList` names the variables, with their type and, for arrays, the fields of each element. `card_template.json` beside
this file is of that form. A variable that is missing, or of another type than what is sent, renders nothing and raises no
error (dingtalk-api 6.3), so both are worth a word before the first alarm.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

FILE_NAME = "card_template.json"

#: Types as the card platform calls them. Plain text: what we send is not made harmless for a component that renders markdown.
TEXT = "string"
ARRAY = "loopArray"


@dataclass(frozen=True, slots=True)
class Variable:
    """fields: of each element of an array."""

    type: str
    fields: Mapping[str, Variable] = field(default_factory=dict)


_TEXT = Variable(TEXT)

#: What `payloads.card_params` fills, each time all of it.
SENT: Mapping[str, Variable] = {
    "headline": _TEXT,
    "priority": _TEXT,
    "priority_text": _TEXT,
    "state": _TEXT,
    "state_text": _TEXT,
    "lines": Variable(ARRAY, {"label": _TEXT, "text": _TEXT}),
    "guidance": _TEXT,
    "footer": _TEXT,
    "buttons": Variable(ARRAY, {"action": _TEXT, "label": _TEXT, "choices": Variable(ARRAY, {"id": _TEXT, "label": _TEXT})}),
    "language": _TEXT,
}


@dataclass(frozen=True, slots=True)
class Differences:
    """missing: names that are sent and not declared; of fields, with their array in front (`lines.label`). mistyped: by name,
    the type that is declared and the one that is sent."""

    missing: tuple[str, ...] = ()
    mistyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.missing or self.mistyped)


def shipped() -> str:
    """The text of the template that comes with the product."""
    return (files(__package__) / FILE_NAME).read_text(encoding="utf-8")


def read_variables(text: str) -> Mapping[str, Variable] | None:
    """What a template file declares; None when it is no template file."""
    outer = _json(text)
    editor = _json(outer.get("editorData")) if isinstance(outer, Mapping) else None
    declared = editor.get("variableList") if isinstance(editor, Mapping) else None
    return dict(_variables(declared)) if isinstance(declared, list) else None


def differences(declared: Mapping[str, Variable], sent: Mapping[str, Variable] = SENT, within: str = "") -> Differences:
    """Of what is sent only: what else a template has is its own."""
    missing: list[str] = []
    mistyped: dict[str, tuple[str, str]] = {}
    for name, wanted in sent.items():
        found = declared.get(name)
        if found is None:
            missing.append(within + name)
        elif found.type != wanted.type:
            mistyped[within + name] = (found.type, wanted.type)
        else:
            inner = differences(found.fields, wanted.fields, f"{within}{name}.")
            missing += inner.missing
            mistyped |= inner.mistyped
    return Differences(tuple(missing), mistyped)


def _variables(rows: list[Any]) -> Iterator[tuple[str, Variable]]:
    for row in rows:
        if isinstance(row, Mapping) and isinstance(row.get("name"), str):
            fields = row.get("schema")
            yield row["name"], Variable(str(row.get("type")), dict(_variables(fields if isinstance(fields, list) else [])))


def _json(text: Any) -> Any:
    """None for what is no JSON."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
