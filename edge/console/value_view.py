"""Values of people in words: what is forced, what its device says meanwhile, what was entered and what is due. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.console.plant_time import PlantTime
from edge.console.quantity import number, quality_text, span, state_words, with_unit
from edge.console.words import Words

Form = Mapping[str, Any]


def said_text(said: Form, tag: Form, words: Words) -> str:
    """said: `value` or `text`. tag: its `states` and `unit`; one that is not known has neither."""
    if said["text"] is not None:
        return str(said["text"])
    if said["value"] is None:
        return "—"
    return state_words(said["value"], tag.get("states", ()), words) or with_unit(number(said["value"]), tag.get("unit", ""))


def forced_text(forced: Form, tag: Form, words: Words, time: PlantTime) -> str:
    value = said_text(forced, tag, words)
    told = words("force.now", value=value, who=forced["by_name"], until=time.shown(forced["until"]))
    return words("force.because", told=told, reason=forced["reason"])


def actual_text(forced: Form, tag: Form, words: Words) -> str:
    """What the device says meanwhile."""
    actual = forced["actual"]
    if actual is None:
        return words("force.actual_unknown")
    value = said_text(actual, tag, words)
    if actual["quality"] != "good":
        value = f"{value} ({quality_text(actual['quality'], '', words)})"
    return words("force.actual", value=value)


def due_text(entry: Form, words: Words, time: PlantTime) -> str:
    """`due since 08:00`, `next by 16:00`; of what is entered whenever there is one, that."""
    if entry["due_at"] is None:
        return words("entries.whenever")
    if entry["value"] is None and entry["text"] is None:
        return words("entries.never_entered")
    return words("entries.due_since" if entry["is_due"] else "entries.due_by", at=time.shown(entry["due_at"]))


def last_text(entry: Form, words: Words, time: PlantTime) -> str:
    """The newest value, by whom and of when; empty before there is one."""
    if entry["measured_at"] is None:
        return ""
    value = said_text(entry, entry, words)
    return words("entries.last", value=value, who=entry["by_name"] or "", at=time.shown(entry["measured_at"]))


def asked_text(entry: Form, words: Words) -> str:
    """What is plausible and how often it is wanted; empty where nobody says."""
    told = []
    if entry["between"] is not None:
        low, high = entry["between"]
        between = with_unit(words("tag.between", low=number(low), high=number(high)), entry["unit"])
        told.append(words("entries.plausible", between=between))
    if entry["every_s"] is not None:
        told.append(words("entries.every", span=span(entry["every_s"], words)))
    return " · ".join(told)
