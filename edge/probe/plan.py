"""`andon plan`: what the gateway is going to ask of each device of a plant, for people and as JSON. Pure.

Not here: what each protocol asks (`drivers/*/outline.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pkgutil import resolve_name
from typing import Any

from drivers.base import DriverRow
from drivers.outline import Outline
from edge.model.tag import Device
from edge.probe.table import table
from edge.texts import render


def outlines_of(devices: Iterable[Device], drivers: Mapping[str, DriverRow]) -> list[Outline]:
    """By driver, then in the order of the plant. A device without tags is asked nothing and has none."""
    every = list(devices)
    found: list[Outline] = []
    for name, row in drivers.items():
        mine = [device for device in every if device.driver == name]
        if mine:
            found += resolve_name(row.outline)(mine)
    return found


def plan_text(outlines: Sequence[Outline], language: str) -> str:
    """A paragraph a device: its figures in one line, then its table."""
    return "\n\n".join(_paragraph(outline, language) for outline in outlines) or render("plan.nothing", {}, language)


def plan_document(outlines: Sequence[Outline]) -> list[dict[str, Any]]:
    """The same as plain values, for JSON."""
    return [
        {
            "device": outline.device,
            "driver": outline.driver,
            "connection": outline.connection,
            **outline.figures,
            "asked": [dict(zip(outline.columns, row, strict=True)) for row in outline.rows],
        }
        for outline in outlines
    ]


def _paragraph(outline: Outline, language: str) -> str:
    figures = [render(f"plan.figures.{name}", {"value": f"{value:g}"}, language) for name, value in outline.figures.items()]
    headings = [render(f"plan.columns.{column}", {}, language) for column in outline.columns]
    lines = table(headings, outline.rows)
    return "\n".join(
        [
            f"{outline.device}  {outline.driver} {outline.connection}",
            "  " + render("plan.between", {}, language).join(figures),
            *(f"  {line}" for line in lines),
        ]
    )
