"""Writes to devices as people read them: what may be written, what became of each write. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from edge.console.plant_time import PlantTime
from edge.console.quantity import number, span, state_words, with_unit
from edge.console.words import Words

Form = Mapping[str, Any]
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

#: As `edge.response.point.WriteState` has them; the first two are open.
WRITE_STATES = ("proposed", "intended", "done", "different", "failed", "unknown", "expired", "withdrawn")
OPEN = WRITE_STATES[:2]
#: Why a write was taken back or ran out, as the response says it; other details are the device's own words.
CAUSES = frozenset({"rule", "hang_tag", "no_grant", "refused", "not confirmed"})
COLUMNS = ("asked", "point", "value", "state", "who", "reason")


def open_first(points: Iterable[Form]) -> list[tuple[Form, Form]]:
    """Every write with its point: what waits for a person, what is on its way, then the newest."""
    writes = [(point, write) for point in points for write in point["writes"]]
    writes.sort(key=lambda each: str(each[1]["asked_at"]), reverse=True)
    return sorted(writes, key=lambda each: OPEN.index(each[1]["state"]) if each[1]["state"] in OPEN else len(OPEN))


def value_text(value: float | str | None, point: Form, words: Words) -> str:
    """`150 °C`, a state in words, a text; a dash for what nobody knows."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    return state_words(value, point["states"], words) or with_unit(number(value), point["unit"])


def write_texts(point: Form, write: Form, words: Words, time: PlantTime) -> dict[str, str]:
    """By `COLUMNS`: when it was asked for, which point, from what to what, how it stands, who, and why."""
    value = value_text(write["value"], point, words)
    if write["before"] is not None:
        value = f"{value_text(write['before'], point, words)} → {value}"
    return {
        "asked": time.shown(write["asked_at"]),
        "point": " · ".join(filter(None, (words.of(point["device_words"]), words.of(point["words"])))) or point["tag"],
        "value": value,
        "state": words(f"writes.state.{write['state']}"),
        "who": _who(write, words),
        "reason": write["reason"],
    }


def means_text(point: Form, write: Form, words: Words, time: PlantTime) -> str:
    """What the state comes to: until when somebody must agree, what the device shows, why it was taken back."""
    state, detail = write["state"], write["detail"]
    shown = value_text(write["shown"], point, words)
    cause = words(f"writes.cause.{detail.replace(' ', '_')}") if detail in CAUSES else detail
    told = words(f"writes.means.{state}", due=time.shown(write["due"]), ended=time.shown(write["ended_at"]), shown=shown)
    return words("writes.because", told=told, cause=cause) if cause else told


def _who(write: Form, words: Words) -> str:
    if str(write["by"]).startswith("rule:"):
        return words("writes.by_rule", rule=write["by_name"])
    if write["confirmed_by_name"]:
        return words("writes.by_two", who=write["by_name"], second=write["confirmed_by_name"])
    return str(write["by_name"])


def allowed_text(point: Form, words: Words) -> str:
    """All that may be written: some values, or a range."""
    grant = point["grant"]
    if grant["values"]:
        return words("list_separator").join(value_text(value, point, words) for value in grant["values"])
    low, high = grant["range"]
    return with_unit(words("tag.between", low=number(low), high=number(high)), point["unit"])


def grant_texts(point: Form, words: Words) -> dict[str, str]:
    """What the grant asks for, by the keys under `grant`; empty texts say nothing."""
    grant = point["grant"]
    step, two_step, back = grant["step"], grant["two_step_s"], grant["read_back"]
    return {
        "allowed": allowed_text(point, words),
        "step": "" if step is None else with_unit(number(step), point["unit"]),
        "role": words(f"role.{grant['role']}"),
        "two_step": "" if two_step is None else words("grant.two_step_told", span=span(two_step, words)),
        "rate": words("grant.rate_told", times=grant["times"], span=span(grant["per_s"], words)),
        "read_back": words("grant.not_read_back")
        if back is None
        else words("grant.read_back_told", span=span(back["within_s"], words)),
        "rules": words("grant.rules_told") if grant["rules"] else "",
    }


def hindrances(point: Form, hang_tags: Sequence[Form], words: Words, time: PlantTime) -> list[str]:
    """Why nothing is written just now, though it is granted."""
    told = []
    if hang_tags:
        told.append(words("writes.hung", who=hang_tags[0]["by_name"]))
    if point["locked_until"] is not None:
        told.append(words("writes.locked", until=time.shown(point["locked_until"])))
    if point["held_back"]:
        told.append(words("writes.held_back"))
    return told


def parse_value(text: str, *, is_text: bool) -> float | str | None:
    """What somebody typed as a value of the tag; None: no number. A comma is refused: it stands for a point here and for
    thousands there."""
    text = text.strip()
    if not text:
        return None
    if is_text:
        return text
    value = float(text) if _NUMBER.fullmatch(text) else None
    return value if value is not None and isfinite(value) else None
