"""`andon plan`: what the gateway is going to ask of each device of a plant, for people and as JSON. Pure.

Not here: what each protocol asks (`drivers/*/outline.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pkgutil import resolve_name
from typing import Any

from drivers.base import DriverRow
from drivers.outline import Outline
from edge.config.text.finding import Phrase, code_of
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
    """A paragraph a device: its figures in one line, those of its scan groups, what will not go well, then its table."""
    return "\n\n".join(_paragraph(outline, language) for outline in outlines) or render("plan.nothing", {}, language)


def plan_document(outlines: Sequence[Outline]) -> list[dict[str, Any]]:
    """The same as plain values, for JSON."""
    return [
        {
            "device": outline.device,
            "driver": outline.driver,
            "connection": outline.connection,
            **outline.figures,
            **({"scans": [dict(scan) for scan in outline.scans]} if outline.scans else {}),
            **({"warnings": [_warning(each) for each in outline.warnings]} if outline.warnings else {}),
            "asked": [dict(zip(outline.columns, row, strict=True)) for row in outline.rows],
        }
        for outline in outlines
    ]


def _warning(warning: Phrase) -> dict[str, Any]:
    return {"code": code_of(warning.key), **warning.arguments}


def _paragraph(outline: Outline, language: str) -> str:
    headings = [render(f"plan.columns.{column}", {}, language) for column in outline.columns]
    lines = table(headings, outline.rows)
    return "\n".join(
        [
            f"{outline.device}  {outline.driver} {outline.connection}",
            "  " + _figures(outline.figures, language),
            *("  - " + _figures(scan, language) for scan in outline.scans),
            *("  ! " + each.render(language) for each in outline.warnings),
            *(f"  {line}" for line in lines),
        ]
    )


def _figures(figures: Mapping[str, float], language: str) -> str:
    shown = [render(f"plan.figures.{name}", {"value": f"{value:g}"}, language) for name, value in figures.items()]
    return render("plan.between", {}, language).join(shown)
