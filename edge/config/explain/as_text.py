"""What `andon config explain` prints: each key with the value in force, and below it the stations it came by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from edge.config.explain.stations import Explained


def explanation(found: Iterable[Explained], language: str) -> str:
    """A line `KEY = value` each; below it where that is written, unless it is a default."""
    lines = []
    for each in found:
        lines.append(f"{each.key} = {each.stations[-1].text}")
        places = [str(station.place or "") for station in each.stations]
        width = max(map(len, places))
        for place, station in zip(places, each.stations, strict=True):
            lines.append(f"    {place:{width}}  {station.text}  ({station.what.render(language)})".replace("      (", "    ("))
    return "\n".join(lines)


def explanation_json(found: Iterable[Explained], language: str) -> list[Mapping[str, Any]]:
    """The same for programs. stations: the last one is in force; file, line, column are null for a default."""
    return [
        {
            "key": each.key,
            "value": each.stations[-1].text,
            "stations": [
                {
                    "value": station.text,
                    "file": station.place.file if station.place else None,
                    "line": station.place.line if station.place else None,
                    "column": station.place.column if station.place else None,
                    "what": station.what.render(language),
                }
                for station in each.stations
            ],
        }
        for each in found
    ]
