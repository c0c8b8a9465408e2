"""The rows of the connections' table, and what the panel beside it shows of one device. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from edge.console.connection_text import device_name, figure, lag_text, meaning, rate_text, seconds, trouble_text
from edge.console.connections import Condition, DeviceState
from edge.console.plain_table import Cell
from edge.console.plant_time import PlantTime
from edge.console.quantity import span
from edge.console.rows import Row, tag_path
from edge.console.words import Words

#: Shape and word say it too: nobody has to tell the colours apart.
SHAPES: Mapping[Condition, str] = {
    Condition.LOST: "✕",
    Condition.WAITING: "…",
    Condition.BAD_TAGS: "▲",
    Condition.STALE_TAGS: "△",
    Condition.SLOW: "▼",
    Condition.REFUSED: "!",
    Condition.STRANGER: "?",
    Condition.FINE: "",
}


def connection_row(state: DeviceState, words: Words, time: PlantTime) -> Row:
    """rank, missing, lag_s: what the columns state, rate and lag sort by. missing: the part of the polls that was not made."""
    return {
        "id": state.id,
        "rank": state.rank,
        "shape": SHAPES[state.condition],
        "state": words(f"connections.condition.{state.condition}"),
        "state_key": str(state.condition),
        "device": device_name(state, words),
        "name": state.device,
        "connection": state.driver,
        "protocol_key": state.driver.partition(" ")[0],
        "rate": rate_text(state, words),
        "missing": 1 - state.achieved / state.configured if state.configured else -1.0,
        "lag": lag_text(state, words),
        "lag_s": -1.0 if state.lag_s is None else state.lag_s,
        "overruns": state.overruns if state.scans else None,
        "refused": state.refused_times or None,
        "bad": state.bad or None,
        "trouble": trouble_text(state, words, time),
    }


def device_tags_path(device: str, words: Words) -> str:
    """The address of the page that has the tags of one device."""
    return f"/{words.language}/tags/of/{quote(device, safe='')}"


def connection_facts(state: DeviceState, words: Words, time: PlantTime) -> dict[str, str]:
    """By the keys under `connections.fact`; empty texts say nothing."""
    is_stranger = state.condition is Condition.STRANGER
    return {
        "connection": state.driver,
        "since": time.shown(state.since),
        "why": state.why,
        "tags": "" if is_stranger else words("connections.bad_tags", bad=state.bad, tags=state.tags),
        "rate": rate_text(state, words),
    }


def scan_cells(state: DeviceState, words: Words) -> list[list[Cell]]:
    return [
        [
            Cell(span(scan["every_s"], words)),
            Cell(str(scan["tags"]), "figure"),
            Cell(words("connections.rate", achieved=figure(scan["achieved"]), configured=figure(scan["configured"])), "figure"),
            Cell(seconds(scan["lag_s"], words), "figure"),
            Cell(str(scan["overruns"]), "figure"),
        ]
        for scan in state.scans
    ]


def count_cells(state: DeviceState, words: Words) -> list[list[Cell]]:
    """The counts that mean something are first."""
    told = [(word, times, meaning(state, word, words)) for word, times in state.counts.items() if times]
    return [
        [Cell(word, "word"), Cell(str(times), "figure"), Cell(means)]
        for word, times, means in sorted(told, key=lambda each: not each[2])
    ]


def refused_cells(state: DeviceState, words: Words, time: PlantTime) -> list[list[Cell]]:
    return [
        [
            Cell(_key_of(each), "name", href=tag_path(each["tag"], words) if each["tag"] else ""),
            Cell(each["source"], "name"),
            Cell(cause_text(state, each["cause"], words)),
            Cell(str(each["times"]), "figure"),
            Cell(each["first"], "name"),
            Cell(time.shown(each["at"]), "figure"),
        ]
        for each in state.refused
    ]


def cause_text(state: DeviceState, cause: str, words: Words) -> str:
    """With its meaning, unless that stands among the counts."""
    means = "" if cause in state.counts else meaning(state, cause, words)
    return words("connections.cause", cause=cause, meaning=means) if means else cause


def _key_of(refused: Mapping[str, Any]) -> str:
    """The tag, without the device's name in front."""
    tag, device = str(refused["tag"] or ""), str(refused["device"])
    return tag.removeprefix(f"{device}.") or device
