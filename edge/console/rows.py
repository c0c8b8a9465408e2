"""What the API answers, as rows that people read: pure, so that every word in a grid can be tested without a browser.

A row is a flat mapping of texts and a few plain values. Nothing in it is markup: the grid shows it as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from edge.console.words import Words
from edge.model.alarm import AlarmState, Priority
from edge.model.tag import SESSION

Row = dict[str, Any]

#: Shape and text say the priority too: nobody has to tell red from orange.
SHAPES: Mapping[str, str] = {"critical": "◆", "high": "▲", "medium": "■", "low": "●", "journal": "○"}
#: Priorities that have a count in the head line.
COUNTED = (Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW)
_UNACKNOWLEDGED = {AlarmState.UNACK, AlarmState.RTNUN, AlarmState.LATUN}
#: A good value that is no older than this is shown as fresh: two polls of the console.
FRESH_S = 2.0


@dataclass(frozen=True, slots=True)
class Count:
    """How many alarms of a priority are not shelved, and how many of these nobody has acknowledged."""

    all: int
    unacknowledged: int


@dataclass(frozen=True, slots=True)
class PlantTime:
    """The plant's clock: its zone, and what it shows now."""

    zone: str
    now: str

    def shown(self, iso: str | None) -> str:
        """`08:05:30` for today, `05-04 08:05:30` for another day, empty for None; local time of the plant."""
        if iso is None:
            return ""
        zone = ZoneInfo(self.zone)
        at = datetime.fromisoformat(iso).astimezone(zone)
        today = datetime.fromisoformat(self.now).astimezone(zone).date()
        return f"{at:%H:%M:%S}" if at.date() == today else f"{at:%m-%d %H:%M:%S}"


def count_alarms(alarms: Sequence[Mapping[str, Any]]) -> dict[Priority, Count]:
    """By priority, for the four that are announced."""
    counts = {}
    for priority in COUNTED:
        states = [a["state"] for a in alarms if a["priority"] == priority and a["state"] != AlarmState.SHLVD]
        counts[priority] = Count(len(states), sum(state in _UNACKNOWLEDGED for state in states))
    return counts


def count_shelved(alarms: Sequence[Mapping[str, Any]]) -> int:
    return sum(alarm["state"] == AlarmState.SHLVD for alarm in alarms)


def alarm_row(alarm: Mapping[str, Any], words: Words, time: PlantTime) -> Row:
    """id: the alarm's. rank, order: what the columns priority and since sort by. can_acknowledge: the row's button shows."""
    state = AlarmState(alarm["state"])
    return {
        "id": alarm["alarm"],
        "rank": Priority(alarm["priority"]).rank,
        "shape": SHAPES[alarm["priority"]],
        "priority": words(f"priority.{alarm['priority']}"),
        "priority_key": alarm["priority"],
        "state": words(f"state.{state}"),
        "state_key": str(state),
        "since": time.shown(alarm["raised"]),
        "order": alarm["raised"] or "",
        "place": words.of(alarm["area_words"]),
        "device": words.of(alarm["device_words"]),
        "what": words.of(alarm["words"]),
        "value": value_of(alarm, words),
        "quality_key": alarm["quality"],
        "limit": limit_of(alarm, words),
        "who": _who(alarm, words, time),
        "can_acknowledge": can_acknowledge(alarm),
    }


def can_acknowledge(alarm: Mapping[str, Any]) -> bool:
    """Is there an occurrence that nobody has acknowledged? Under a shelf it can wait."""
    return alarm["state"] in _UNACKNOWLEDGED


def can_reset(alarm: Mapping[str, Any]) -> bool:
    return bool(alarm["process_state"] == AlarmState.LATAK)


def value_of(alarm: Mapping[str, Any], words: Words) -> str:
    """`86 °C`; of a lost connection in words."""
    if alarm["kind"] == "comm_loss" and alarm["value"] is not None:
        return session(alarm["value"], words)
    return measured(alarm["value"], alarm["unit"], words, alarm["quality"])


def peak_of(alarm: Mapping[str, Any], words: Words) -> str:
    """Empty for a condition whose value has no extreme."""
    return measured(alarm["peak"], alarm["unit"], words) if alarm["kind"] in {"high", "low"} else ""


def limit_of(alarm: Mapping[str, Any], words: Words) -> str:
    """`≥ 80 °C`; empty for a condition that has no limit."""
    if alarm["limit"] is None or alarm["kind"] not in {"high", "low", "discrete"}:
        return ""
    return words(f"alarms.limit_{alarm['kind']}", limit=with_unit(number(alarm["limit"]), alarm["unit"]))


def tag_row(tag: Mapping[str, Any], words: Words) -> Row:
    quality = str(tag["quality"])
    if tag["tag"].endswith(f".{SESSION}") and tag["value"] is not None:
        value = session(tag["value"], words)
    else:
        value = "" if tag["value"] is None else number(tag["value"])
    return {
        "id": tag["tag"],
        "place": words.of(tag["area_words"]),
        "device": words.of(tag["device_words"]),
        "tag": words.of(tag["words"]),
        "value": value,
        "unit": tag["unit"],
        "quality": words(f"quality.{quality}"),
        "quality_key": quality,
        "age": age(tag["age_s"], words),
    }


def session(value: float, words: Words) -> str:
    return words("tags.session_up" if value else "tags.session_down")


def age(seconds: float | None, words: Words) -> str:
    """Coarser the older it is; empty when nothing came yet."""
    if seconds is None:
        return ""
    if seconds <= FRESH_S:
        return "< " + words("age.seconds", count=f"{FRESH_S:g}")
    for unit, length, below in (("seconds", 1, 120), ("minutes", 60, 120 * 60), ("hours", 3_600, 48 * 3_600)):
        if seconds < below:
            return words(f"age.{unit}", count=int(seconds // length))
    return words("age.days", count=int(seconds // 86_400))


def number(value: float) -> str:
    """At most six digits, no exponent before a million, no trailing zeros: `62.5`, `248`, `0.003`."""
    return f"{value:.6g}"


def with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text


def measured(value: float | None, unit: str, words: Words, quality: str = "good") -> str:
    """Value, unit, and the quality where it is not good: nobody takes a bad value for a good one."""
    if value is None:
        return "" if quality == "good" else words(f"quality.{quality}")
    shown = with_unit(number(value), unit)
    return shown if quality == "good" else f"{shown} ({words('quality.' + quality)})"


def actor(name: str | None, words: Words) -> str:
    return words("alarms.by_system") if name == "system" else name or ""


def _who(alarm: Mapping[str, Any], words: Words, time: PlantTime) -> str:
    if alarm["shelved_until"] is not None:
        who = actor(alarm["shelved_by_name"], words)
        return words("alarms.shelved_until", until=time.shown(alarm["shelved_until"]), who=who)
    if alarm["acked"] and alarm["acknowledged_by"] is not None:
        who = actor(alarm["acknowledged_by_name"], words)
        return words("alarms.acknowledged", who=who, at=time.shown(alarm["acknowledged_at"]))
    return ""


def difference(old: Mapping[str, Row], new: Mapping[str, Row]) -> dict[str, list[Row]]:
    """What a grid with the rows `old` needs to show `new`: add, update, remove; empty lists are left out."""
    changes = {
        "add": [row for key, row in new.items() if key not in old],
        "update": [row for key, row in new.items() if key in old and old[key] != row],
        "remove": [{"id": key} for key in old if key not in new],
    }
    return {verb: rows for verb, rows in changes.items() if rows}
