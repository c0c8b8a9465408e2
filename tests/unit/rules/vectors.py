"""The published vectors (`tests/cases/vectors/`): a small plant, what happens to it, and the journal that must come of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.model.alarm import Priority
from edge.model.command import InboxRow, decode_body
from edge.model.event import Event
from edge.model.moment import SECOND, Moment, from_iso
from edge.model.sample import Mark, Quality, Sample
from edge.model.tag import Tag
from rules.definition import Cause, Chatter, Kind, Rule, Suppressor
from rules.layout import Layout, build_layout

FOLDER = Path(__file__).parents[2] / "cases" / "vectors"
SPANS = ("stale_after", "on_delay", "off_delay", "realarm_after", "scan")
MARKS = {"initial": Mark.INITIAL, "received_time_used": Mark.RECEIVED_TIME_USED, "sensor_fault": Mark.SENSOR_FAULT}


@dataclass(frozen=True)
class Restart:
    outage: int


@dataclass(frozen=True)
class Entry:
    """at: when it arrives. what: a sample, a command, a restart, or None for nothing: time only goes on."""

    at: Moment
    what: Sample | InboxRow | Restart | None


@dataclass(frozen=True)
class Vector:
    name: str
    start: Moment
    layout: Layout
    entries: Sequence[Entry]
    journal: Sequence[Mapping[str, Any]]


def read(name: str) -> Vector:
    return of(name, json.loads((FOLDER / name).read_text(encoding="utf-8")))


def of(name: str, read_file: Mapping[str, Any]) -> Vector:
    start = from_iso(read_file["start"])
    tags = [_tag(each) for each in read_file["tags"]]
    rules = [_rule(each) for each in read_file["rules"]]
    layout = build_layout(1, tags, rules, suppressors=[_suppressor(each) for each in read_file.get("suppressors", ())])
    entries = [_entry(number, each, start, layout) for number, each in enumerate(read_file["input"])]
    return Vector(name, start, layout, entries, read_file["journal"])


def journal_of(events: Sequence[Event], start: Moment) -> list[dict[str, Any]]:
    return [
        {
            "at": (each.time - start) / SECOND,
            "alarm": each.subject,
            "kind": each.kind,
            "data": json.loads(json.dumps(each.data)),
        }
        for each in events
    ]


def _tag(given: Mapping[str, Any]) -> Tag:
    device, _, key = given["name"].rpartition(".")
    stale_after = given.get("stale_after")
    return Tag(given["name"], device, key, "", {}, None if stale_after is None else _span(stale_after))


def _rule(given: Mapping[str, Any]) -> Rule:
    device, _, key = given["id"].rpartition("/")
    told: dict[str, Any] = {**given, "kind": Kind(given["kind"]), "priority": Priority(given.get("priority", "medium"))}
    told |= {name: _span(told[name]) for name in SPANS if name in told}
    if "chatter" in told:
        chatter = told["chatter"]
        told["chatter"] = Chatter(chatter["count"], _span(chatter["within"]), _span(chatter["quiet"]))
    return Rule(key=key, device=device, device_type="", area="", words={}, **told)


def _suppressor(given: Mapping[str, Any]) -> Suppressor:
    sources, targets = tuple(given["sources"]), tuple(given["targets"])
    return Suppressor(Cause(given["cause"]), given["name"], sources, targets, _span(given.get("hold", 0)))


def _entry(number: int, given: Mapping[str, Any], start: Moment, layout: Layout) -> Entry:
    at = start + _span(given["at"])
    if "restart" in given:
        return Entry(at, Restart(_span(given["restart"]["outage"])))
    if "press" in given:
        data = dict(given["data"])
        if "duration" in data:
            data["duration"] = _span(data["duration"])
        body = decode_body(given["press"], data)
        return Entry(at, InboxRow("api", f"m{number}", given["by"], body, at, number))
    if "tag" not in given:
        return Entry(at, None)
    mark = Mark.NONE
    for name in given.get("marks", ()):
        mark |= MARKS[name]
    value = float("nan") if given["value"] is None else float(given["value"])
    source = start + _span(given.get("source_at", given["at"]))
    quality = Quality[given.get("quality", "good").upper()]
    return Entry(at, Sample(layout.slots[given["tag"]], value, quality, source, at, mark))


def _span(given: float) -> int:
    return round(given * SECOND)
