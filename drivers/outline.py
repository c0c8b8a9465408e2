"""What a driver is going to ask of a device, as a table for people and programs. Pure.

Each protocol asks in its own way (requests for registers, subscriptions to topics), so each brings its own columns; what they
and the figures are called is said in `edge/texts/plan.*.yaml`. Shown by `andon plan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.config.text.finding import Phrase

#: Several texts of a cell stand in lines of their own.
Cell = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """Of one device. connection: where it is reached, as people say it. figures: by name. rows: one a request or a
    subscription, a cell for each column. scans: figures by name of each scan group, where tags are read together at a rate of
    their own. warnings: what will not go well."""

    device: str
    driver: str
    connection: str
    figures: Mapping[str, float]
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    scans: tuple[Mapping[str, float], ...] = ()
    warnings: tuple[Phrase, ...] = ()
