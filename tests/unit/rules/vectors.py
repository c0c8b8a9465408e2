"""The published vectors (`tests/cases/vectors/`): a small plant, what happens to it, and the journal that must come of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from edge.model.alarm import Priority
from edge.model.command import InboxRow, PlantCommand, decode_body
from edge.model.event import Event
from edge.model.moment import SECOND, Moment, from_iso
from edge.model.sample import Mark, Quality, Sample
from edge.model.stage import Stage
from edge.model.tag import Tag
from rules.definition import (
    WORD_WITHIN,
    Cause,
    Chatter,
    Comparison,
    FirstOutWord,
    Kind,
    Line,
    Rule,
    Suppressor,
    Validity,
)
from rules.expression import Yields
from rules.layout import Layout, build_layout
from rules.schedule import Schedule, Window
from tests.unit.rules.vector_signals import expression_of, signal_of, span, states_of

FOLDER = Path(__file__).parents[2] / "cases" / "vectors"
SCHEMA = "vector.schema.json"
SPANS = ("stale_after", "on_delay", "off_delay", "realarm_after", "scan")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Numbers are equal that are so to as many digits: another implementation may add in another order.
DIGITS = 12
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
    first_stage: Stage
    layout: Layout
    entries: Sequence[Entry]
    journal: Sequence[Mapping[str, Any]]

    @property
    def is_of_plant(self) -> bool:
        """Whether somebody does something to many alarms at once."""
        presses = [entry.what.body for entry in self.entries if isinstance(entry.what, InboxRow)]
        return self.first_stage is not Stage.LIVE or any(isinstance(body, PlantCommand) for body in presses)


def file_of(name: str) -> dict[str, Any]:
    """As it is written; a fresh one each time."""
    written: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return written


def read(name: str) -> Vector:
    return of(name, file_of(name))


def of(name: str, read_file: Mapping[str, Any]) -> Vector:
    start = from_iso(read_file["start"])
    tags = [_tag(each) for each in read_file["tags"]]
    rules = [_rule(each) for each in read_file["rules"]]
    lines = [_line(each) for each in read_file.get("lines", ())]
    suppressors = [_suppressor(each) for each in read_file.get("suppressors", ())]
    words = [_word(each) for each in read_file.get("words", ())]
    layout = build_layout(1, tags, rules, lines, suppressors, words)
    entries = [_entry(number, each, start, layout) for number, each in enumerate(read_file["input"])]
    return Vector(name, start, Stage(read_file.get("first_stage", "live")), layout, entries, expected(read_file["journal"]))


def journal_of(events: Sequence[Event], start: Moment) -> list[Any]:
    return expected(
        [
            {
                "at": (each.time - start) / SECOND,
                str(each.stream): each.subject,
                "kind": each.kind,
                "data": _compared(each.data),
            }
            for each in events
        ]
    )


def expected(journal: Sequence[Mapping[str, Any]]) -> list[Any]:
    """A journal as it is compared."""
    comparable: list[Any] = json.loads(json.dumps(list(journal)), parse_int=_digits, parse_float=_digits)
    return comparable


def _compared(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a signal had found is for people, and each implementation's own."""
    return {name: value for name, value in data.items() if name != "facts"}


def _digits(number: str) -> float:
    return float(f"{float(number):.{DIGITS}g}")


def _tag(given: Mapping[str, Any]) -> Tag:
    device, _, key = given["name"].rpartition(".")
    stale_after = given.get("stale_after")
    return Tag(given["name"], device, key, "", {}, None if stale_after is None else span(stale_after))


def _rule(given: Mapping[str, Any]) -> Rule:
    device, _, key = given["id"].rpartition("/")
    told: dict[str, Any] = {**given, "kind": Kind(given["kind"]), "priority": Priority(given.get("priority", "medium"))}
    told |= {name: span(told[name]) for name in SPANS if name in told}
    told |= {name: tuple(told[name]) for name in ("values", "context") if name in told}
    if "chatter" in told:
        chatter = told["chatter"]
        told["chatter"] = Chatter(chatter["count"], span(chatter["within"]), span(chatter["quiet"]))
    if "signal" in told:
        told["signal"] = signal_of(told["signal"])
    if "compare" in told:
        told["compare"] = Comparison(told["compare"])
    if "validity" in told:
        told["validity"] = _validity(told["validity"])
    return Rule(key=key, device=device, device_type="", area="", words={}, **told)


def _validity(given: Mapping[str, Any]) -> Validity:
    times = given.get("times")
    windows = () if times is None else tuple(_weekly(each) for each in times["windows"])
    schedule = None if times is None else Schedule(windows, ZoneInfo(times["zone"]))
    return Validity(given.get("line", ""), tuple(given.get("states", ())), schedule, span(given.get("settle", 0)))


def _weekly(given: Mapping[str, Any]) -> Window:
    return Window(frozenset(DAYS.index(day) for day in given["days"]), _minutes(given["from"]), _minutes(given["to"]))


def _minutes(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def _line(given: Mapping[str, Any]) -> Line:
    signal = states_of(given)
    return Line(given["name"], signal.names, signal)


def _word(given: Mapping[str, Any]) -> FirstOutWord:
    members = {int(number): rule for number, rule in given["members"].items()}
    within = span(given["within"]) if "within" in given else WORD_WITHIN
    return FirstOutWord(given["group"], expression_of(given["tag"], Yields.NUMBER), members, given.get("bits", False), within)


def _suppressor(given: Mapping[str, Any]) -> Suppressor:
    sources, targets = tuple(given["sources"]), tuple(given["targets"])
    return Suppressor(Cause(given["cause"]), given["name"], sources, targets, span(given.get("hold", 0)))


def _entry(number: int, given: Mapping[str, Any], start: Moment, layout: Layout) -> Entry:
    at = start + span(given["at"])
    if "restart" in given:
        return Entry(at, Restart(span(given["restart"]["outage"])))
    if "press" in given:
        data = dict(given["data"])
        data |= {name: span(data[name]) for name in ("duration",) if name in data}
        data |= {name: start + span(data[name]) for name in ("begin", "end") if name in data}
        body = decode_body(given["press"], data)
        return Entry(at, InboxRow("api", f"m{number}", given["by"], body, at, number))
    if "tag" not in given:
        return Entry(at, None)
    mark = Mark.NONE
    for name in given.get("marks", ()):
        mark |= MARKS[name]
    value = float("nan") if given["value"] is None else float(given["value"])
    source = start + span(given.get("source_at", given["at"]))
    quality = Quality[given.get("quality", "good").upper()]
    return Entry(at, Sample(layout.slots[given["tag"]], value, quality, source, at, mark))
