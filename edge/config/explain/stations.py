"""What an explanation is made of: a value in force, and the stations it came by. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from edge.config.text.finding import Phrase, Place


@dataclass(frozen=True, slots=True)
class Station:
    """text: the value as written or as the product has it. place: where; None: a default of the product. what: who says so."""

    text: str
    place: Place | None
    what: Phrase


@dataclass(frozen=True, slots=True)
class Explained:
    """key: in full. stations: at least one, the last in force."""

    key: str
    stations: tuple[Station, ...]
