"""What people need to know about a machine before they go there: where it stands, and how it is made safe to work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: A text in each language it was written in: {"zh": "主电机", "en": "main motor"}.
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Spare:
    """A spare part. part: its number or name in the store; bin: where in the store it lies."""

    part: str
    bin: str


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """All optional: an empty text, words or tuple says nothing. place: where it stands. panel, breaker: of its supply.
    isolation: the points to lock out, in order. drawing: number and page. phone: of the team responsible for it."""

    place: Words = field(default_factory=dict)
    panel: str = ""
    breaker: str = ""
    isolation: tuple[str, ...] = ()
    drawing: str = ""
    spares: tuple[Spare, ...] = ()
    phone: str = ""


NO_FACTS = DeviceFacts()
