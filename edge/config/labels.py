"""Labels: what a plant says of its device types, devices and rules in words of its own (`cell: a`). Pure.

Beside them stand the properties that every rule has. Not here: what they choose (chosen.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from edge.config.text.values import Name, ShortText, refuse
from rules.definition import Rule

#: What can be asked of every rule; no label may be called so.
PROPERTIES: Mapping[str, Callable[[Rule], str]] = {
    "device": lambda rule: rule.device,
    "type": lambda rule: rule.device_type,
    "area": lambda rule: rule.area,
    "line": lambda rule: rule.line,
    "rule": lambda rule: rule.key,
    "kind": lambda rule: str(rule.kind),
    "priority": lambda rule: str(rule.priority),
}
LABELS_MAX = 16


def _no_property(given: dict[str, str]) -> dict[str, str]:
    for name in given:
        if name in PROPERTIES:
            raise refuse("config.label_reserved", label=name)
    return given


LabelsFile = Annotated[dict[Name, ShortText], Field(max_length=LABELS_MAX), AfterValidator(_no_property)]
