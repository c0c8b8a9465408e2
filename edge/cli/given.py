"""Values, tags and times as people write them on the command line. What cannot be followed ends the command with what is wrong
with it, before anybody is asked for a password."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from edge.cli.asked import PROBLEMS, complain
from edge.config.point import Point
from edge.config.text.finding import nearest
from edge.config.text.slips import number_meant
from edge.texts import render

if TYPE_CHECKING:
    from edge.config.plant import Plant
    from edge.model.tag import Tag

_SWITCH = {"on": 1.0, "true": 1.0, "1": 1.0, "开": 1.0, "off": 0.0, "false": 0.0, "0": 0.0, "关": 0.0}


def tag_of(name: str, plant: Plant, language: str) -> Tag:
    """The plant's tag of a name; else the command ends, with what may be meant."""
    found = plant.policy.tag(name)
    if found is None:
        near = nearest(name, [tag.name for device in plant.devices.values() for tag in device.tags])
        hint = render("config.did_you_mean", {"near": near}, language) if near is not None else ""
        complain("no_such_tag", language, tag=name, hint=hint)
        raise typer.Exit(PROBLEMS)
    return found


def value_of(text: str, tag: Tag, language: str) -> float | str:
    """As the tag wants it: a text, a number, or of a switch 1 or 0."""
    if tag.is_text:
        return text
    if is_switch(tag):
        value = _SWITCH.get(text.strip().lower())
        if value is None:
            raise typer.BadParameter(render("cli.no_switch", {"given": text, "tag": tag.name}, language), param_hint="VALUE")
        return value
    try:
        return float(text)
    except ValueError as error:
        meant = number_meant(text)
        hint = render("config.did_you_mean", {"near": meant}, language) if meant is not None else ""
        said = {"given": text, "tag": tag.name, "unit": tag.unit or "-", "hint": hint}
        raise typer.BadParameter(render("cli.no_number", said, language), param_hint="VALUE") from error


def is_switch(tag: Tag) -> bool:
    if tag.entry is not None:
        return tag.entry.is_switch
    return tag.is_plain_switch or (isinstance(tag.point, Point) and tag.point.is_switch)


def measured_at(text: str, plant: Plant, language: str) -> str:
    """In ISO 8601 with an offset. A time of day is the last one of that name: what was measured lies behind us."""
    from edge.model.moment import to_datetime
    from edge.runtime.clock import SteadyClock

    zone = ZoneInfo(plant.time_zone)
    try:
        if "T" in text or " " in text:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).isoformat()
        now = to_datetime(SteadyClock().now()).astimezone(zone)
        at = datetime.strptime(text, "%H:%M").time()
    except ValueError as error:
        raise typer.BadParameter(render("cli.no_time", {"given": text}, language), param_hint="--at") from error
    moment = datetime.combine(now.date(), at, zone)
    return (moment if moment <= now else moment - timedelta(days=1)).isoformat()
