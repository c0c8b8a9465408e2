"""What the API answers, as the rows of the live tables: pure, so that every word in them can be tested without a browser.

A row is a flat mapping of texts and a few plain values. Nothing in it is markup: a table shows it as text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from edge.console.cover_words import covers_text
from edge.console.plant_time import PlantTime, milliseconds
from edge.console.quantity import FRESH_S, measured, number, quality_text, reading_value, session, state_words, with_unit
from edge.console.words import Words
from edge.model.alarm import AlarmState, Priority

Row = dict[str, Any]

#: Shape and text say the priority too: nobody has to tell red from orange.
SHAPES: Mapping[str, str] = {"critical": "◆", "high": "▲", "medium": "■", "low": "●", "journal": "○"}
#: Priorities that have a count in the head line.
COUNTED = (Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW)
_UNACKNOWLEDGED = {AlarmState.UNACK, AlarmState.RTNUN, AlarmState.LATUN}
#: Told to nobody: by a person or by design. In the order of the head line.
HIDDEN = (AlarmState.SHLVD, AlarmState.DSUPR, AlarmState.OOSRV)
#: Comparisons with a limit on one side.
SIDED = frozenset({"high", "low"})


@dataclass(frozen=True, slots=True)
class Count:
    """How many alarms of a priority are not hidden, and how many of these nobody has acknowledged."""

    all: int
    unacknowledged: int


def count_alarms(alarms: Collection[Mapping[str, Any]]) -> dict[Priority, Count]:
    """By priority, for the four that are announced."""
    states: dict[str, list[str]] = {priority: [] for priority in COUNTED}
    for alarm in alarms:
        if alarm["state"] not in HIDDEN and alarm["priority"] in states:
            states[alarm["priority"]].append(alarm["state"])
    return {
        priority: Count(len(states[priority]), sum(state in _UNACKNOWLEDGED for state in states[priority]))
        for priority in COUNTED
    }


def count_hidden(alarms: Collection[Mapping[str, Any]]) -> dict[AlarmState, int]:
    """By what hides them, for each of `HIDDEN`."""
    states = [alarm["state"] for alarm in alarms]
    return {state: states.count(state) for state in HIDDEN}


def alarm_row(alarm: Mapping[str, Any], words: Words, time: PlantTime) -> Row:
    """id: the alarm's. rank, order, number: what the columns priority, since and value sort by. can_acknowledge: the row's
    button shows. The fields that end in _key are what filters and colours go by."""
    state = AlarmState(alarm["state"])
    return {
        "id": alarm["alarm"],
        "href": alarm_path(alarm["alarm"], words),
        "rank": Priority(alarm["priority"]).rank,
        "shape": SHAPES[alarm["priority"]],
        "priority": words(f"priority.{alarm['priority']}"),
        "priority_key": alarm["priority"],
        "state": state_text(alarm, words),
        "state_key": str(state),
        "since": time.shown(alarm["raised"]),
        "order": alarm["raised"] or "",
        "area_key": alarm["area"],
        "place": words.of(alarm["area_words"]),
        "device": words.of(alarm["device_words"]),
        "device_badges": hung_mark(alarm, words),
        "what": words.of(alarm["words"]),
        "badges": badges(alarm, words),
        "value": short_value_of(alarm, words),
        "number": alarm["value"] if alarm["derived"] is None else alarm["derived"]["value"],
        "quality_key": alarm["quality"],
        "limit": limit_of(alarm, words),
        "who": who_of(alarm, words, time),
        "can_acknowledge": can_acknowledge(alarm),
    }


def alarm_path(alarm: str, words: Words) -> str:
    """The address of an alarm's page."""
    return f"/{words.language}/alarms/{quote(alarm)}"


def tag_path(tag: str, words: Words) -> str:
    """The address of a tag's page."""
    return f"/{words.language}/tags/{quote(tag, safe='')}"


def state_text(alarm: Mapping[str, Any], words: Words) -> str:
    """The state as people name it; of one that is over but for the confirmation, that."""
    if alarm["state"] == AlarmState.NORM and not alarm["confirmed"]:
        return words("state.to_be_confirmed")
    return words(f"state.{alarm['state']}")


def badges(alarm: Mapping[str, Any], words: Words) -> list[str]:
    """What else must be seen at once."""
    said = []
    if alarm["chattering"]:
        said.append(words("alarms.chattering", count=alarm["chattering"]))
    if alarm["first_out"] == 1:
        said.append(words("alarms.first"))
    return said + forced_mark(alarm, words)


def forced_mark(shown: Mapping[str, Any], words: Words) -> list[str]:
    """Of an alarm or a tag: that people have forced what it shows."""
    return [words("mark.forced")] if shown.get("forced") else []


def hung_mark(shown: Mapping[str, Any], words: Words) -> list[str]:
    """Of an alarm or a tag: that hang-tags hang on its device."""
    hung = shown.get("hung", 0)
    if not hung:
        return []
    return [words("mark.hung") if hung == 1 else words("mark.hung_many", count=hung)]


def can_acknowledge(alarm: Mapping[str, Any]) -> bool:
    """Is there an occurrence that nobody has acknowledged? Under a shelf it can wait."""
    return alarm["state"] in _UNACKNOWLEDGED


def can_reset(alarm: Mapping[str, Any]) -> bool:
    return bool(alarm["process_state"] == AlarmState.LATAK)


def with_reading(alarm: Mapping[str, Any], tag: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The alarm with what the device of a failed sensor `says`, its value stays the last good one; and whether people have
    `forced` what it shows."""
    forced = tag is not None and tag["forced"]
    if tag is None or tag["quality"] != "bad":
        return {**alarm, "says": None, "forced": forced}
    return {**alarm, "says": tag["value"] if tag["reason"] == "sensor_fault" else None, "forced": forced}


def value_of(alarm: Mapping[str, Any], words: Words) -> str:
    """`86 °C`; what was worked out of tags, with what the tag shows; a state and a lost connection in words; of a failed sensor
    what the device says, and the last good value."""
    if derived := _derived(alarm, words):
        return words("alarms.derived", derived=derived, tag=_trusted(alarm, words))
    says, value = said_of(alarm, words), alarm["value"]
    if not says or alarm["kind"] == "sensor_fault":
        return says or _trusted(alarm, words)
    if value is None:
        return words("alarms.sensor_fault", says=says)
    good = measured(value, alarm["unit"], words)
    return words("alarms.sensor_fault_last", says=says, good=words("alarms.last_good", value=good))


def short_value_of(alarm: Mapping[str, Any], words: Words) -> str:
    """As `value_of`, in a narrow column: of a failed sensor only what the device says."""
    return said_of(alarm, words) or _derived(alarm, words) or _trusted(alarm, words)


def _derived(alarm: Mapping[str, Any], words: Words) -> str:
    """What was worked out of tags, by its name; empty for a rule on the tag itself, and where the data are bad."""
    derived, quality = alarm["derived"], alarm["quality"]
    if derived is None or quality == "bad":
        return ""
    shown = words.of(derived["words"])
    return shown if quality == "good" else f"{shown} ({words(f'quality.{quality}')})"


def said_of(alarm: Mapping[str, Any], words: Words) -> str:
    """What the device of a failed sensor says; empty of one that has not failed."""
    says = alarm.get("says")
    if alarm["kind"] == "sensor_fault" and alarm["quality"] == "bad" and says is None:
        says = alarm["value"]
    return "" if says is None else words("alarms.says", value=measured(says, alarm["unit"], words))


def _trusted(alarm: Mapping[str, Any], words: Words) -> str:
    if alarm["kind"] == "comm_loss" and alarm["value"] is not None:
        return session(alarm["value"], words)
    if alarm["quality"] == "bad" and alarm["value"] is not None:
        last = state_words(alarm["value"], alarm["states"], words) or measured(alarm["value"], alarm["unit"], words)
        return words("alarms.last_good", value=last)
    if alarm["quality"] == "good" and (named := state_words(alarm["value"], alarm["states"], words)):
        return named
    return measured(alarm["value"], alarm["unit"], words, alarm["quality"])


def peak_of(alarm: Mapping[str, Any], words: Words) -> str:
    """Empty for a condition whose value has no extreme."""
    if alarm["derived"] is not None:
        return words.of(alarm["derived"]["peak"])
    return measured(alarm["peak"], alarm["unit"], words) if alarm["compare"] in SIDED else ""


def limit_of(alarm: Mapping[str, Any], words: Words) -> str:
    """`≥ 80 °C`, `mean of 10 min ≥ 80 °C`; empty for a condition that has no limit, or whose limit says nothing by itself."""
    if alarm["derived"] is not None:
        return words.of(alarm["derived"]["condition"])
    compare = alarm["compare"]
    if compare not in SIDED and alarm["kind"] != "discrete":
        return ""
    if compare == "in_set":
        limit = words("list_separator").join(_limit(value, alarm, words) for value in alarm["values"])
    elif alarm["limit"] is None:
        return ""
    else:
        limit = number(alarm["limit"]) if compare == "bit" else _limit(alarm["limit"], alarm, words)
    return words(f"alarms.limit_{compare}", limit=limit)


def _limit(value: float, alarm: Mapping[str, Any], words: Words) -> str:
    return state_words(value, alarm["states"], words) or with_unit(number(value), alarm["unit"])


def tag_row(tag: Mapping[str, Any], words: Words) -> Row:
    """number: what the column value sorts by. at: milliseconds of its source time; the browser counts the age from it, unless
    the value is fresh."""
    quality = str(tag["quality"])
    return {
        "id": tag["tag"],
        "href": tag_path(tag["tag"], words),
        "area_key": tag["area"],
        "place": words.of(tag["area_words"]),
        "device": words.of(tag["device_words"]),
        "device_badges": hung_mark(tag, words),
        "tag": words.of(tag["words"]),
        "badges": forced_mark(tag, words),
        "value": reading_value(tag, words),
        "number": tag["value"],
        "unit": tag["unit"],
        "quality": quality_text(quality, tag["reason"], words),
        "quality_key": quality,
        "at": None if tag["source_time"] is None else milliseconds(tag["source_time"]),
        "fresh": tag["age_s"] is not None and tag["age_s"] <= FRESH_S,
    }


def actor(name: str | None, words: Words) -> str:
    return words("alarms.by_system") if name == "system" else name or ""


def who_of(alarm: Mapping[str, Any], words: Words, time: PlantTime) -> str:
    """Under which order it is out of service, who shelved it and until when, what explains it, who is coming, or who has seen
    it; empty while nobody has."""
    if alarm["work_order"] is not None:
        return words("alarms.out_of_service", order=alarm["work_order"], who=actor(alarm["service_by_name"], words))
    if alarm["shelved_until"] is not None:
        who = actor(alarm["shelved_by_name"], words)
        form = "alarms.shelved_once" if alarm["one_shot"] else "alarms.shelved_until"
        return words(form, until=time.shown(alarm["shelved_until"]), who=who)
    if alarm["suppressed"]:
        return covers_text(alarm["suppressed"], words)
    if alarm["coming_by"] is not None:
        return words("alarms.coming", who=actor(alarm["coming_by_name"], words), at=time.shown(alarm["coming_at"]))
    if alarm["acked"] and alarm["acknowledged_by"] is not None:
        who = actor(alarm["acknowledged_by_name"], words)
        return words("alarms.acknowledged", who=who, at=time.shown(alarm["acknowledged_at"]))
    return ""
